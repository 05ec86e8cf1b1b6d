-- Everything that is neither a finding nor a look: outbox, timers, effects, incidents, counters, ...
CREATE TABLE item (
    pk TEXT NOT NULL,
    sk TEXT NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    expires TEXT,
    PRIMARY KEY (pk, sk)
) STRICT, WITHOUT ROWID;
