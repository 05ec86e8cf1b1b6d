-- What the ledger knows about itself: the fingerprint of its key.
CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row per finding. `body` is the whole state; the other columns repeat what is asked for.
CREATE TABLE finding (
    id TEXT NOT NULL PRIMARY KEY,
    layer TEXT NOT NULL,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    unit TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    entries INTEGER NOT NULL CHECK (entries >= 0),
    -- 1 while it is not closed.
    open INTEGER NOT NULL CHECK (open IN (0, 1)),
    -- 1 where a value is stored as a keyed hash: such a finding needs the key it was written with.
    hashed INTEGER NOT NULL CHECK (hashed IN (0, 1)),
    body TEXT NOT NULL
) STRICT;

CREATE INDEX finding_unit ON finding (layer, account, region, unit, id);
CREATE INDEX finding_open ON finding (layer, account, region, unit, id) WHERE open = 1;
CREATE INDEX finding_hashed ON finding (id) WHERE hashed = 1;

-- The last complete look at each unit.
CREATE TABLE scan (
    layer TEXT NOT NULL,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    unit TEXT NOT NULL,
    generation INTEGER NOT NULL CHECK (generation > 0),
    body TEXT NOT NULL,
    PRIMARY KEY (layer, account, region, unit)
) STRICT;

-- What happened to each finding. Nothing is ever changed, removed or left out.
CREATE TABLE history (
    finding TEXT NOT NULL REFERENCES finding (id),
    seq INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (finding, seq)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER history_grows_by_one BEFORE INSERT ON history
WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM history WHERE finding = NEW.finding)
BEGIN
    SELECT RAISE(ABORT, 'history is append only');
END;

CREATE TRIGGER history_is_not_changed BEFORE UPDATE ON history
BEGIN
    SELECT RAISE(ABORT, 'history is append only');
END;

CREATE TRIGGER history_is_not_removed BEFORE DELETE ON history
BEGIN
    SELECT RAISE(ABORT, 'history is append only');
END;
