//! The ledger in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::json;

use super::faults::{Faults, lock};
use crate::finding::{Finding, HistoryEntry};
use crate::identity::FindingId;
use crate::life::Decision;
use crate::ports::{Guard, Item, Items, Key, Ledger, PortError, PortErrorKind, Range, Write};
use crate::record::Scan;
use crate::unit::Unit;

/// The most that one transaction of the deployed ledger holds.
const MOST_WRITES: usize = 100;

/// The whole ledger in memory: findings, looks and items, every write guarded
/// as in the real ones.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
    faults: Arc<Faults>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct State {
    findings: BTreeMap<FindingId, Finding>,
    history: BTreeMap<FindingId, Vec<HistoryEntry>>,
    scans: BTreeMap<Unit, Scan>,
    items: BTreeMap<Key, Item>,
}

impl MemoryStore {
    /// An empty ledger.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty ledger whose calls fail as planned there.
    #[must_use]
    pub fn with(faults: Arc<Faults>) -> Self {
        Self {
            faults,
            ..Self::default()
        }
    }

    /// Where its calls fail.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Puts a finding there as it is, past every guard.
    pub fn put_finding(&self, finding: Finding) {
        lock(&self.state)
            .findings
            .insert(finding.id.clone(), finding);
    }

    /// Puts a look there as it is, past every guard.
    pub fn put_scan(&self, scan: Scan) {
        lock(&self.state).scans.insert(scan.unit.clone(), scan);
    }

    /// Empties it; not a call.
    pub fn clear(&self) {
        *lock(&self.state) = State::default();
    }

    /// Every item, in the order of the keys; not a call.
    #[must_use]
    pub fn all_items(&self) -> Vec<Item> {
        lock(&self.state).items.values().cloned().collect()
    }

    /// The items whose partition begins so (`OUTBOX#`, `TIMER#`), in order; not a call.
    #[must_use]
    pub fn items_in(&self, partition: &str) -> Vec<Item> {
        self.all_items()
            .into_iter()
            .filter(|it| it.key.pk.starts_with(partition))
            .collect()
    }

    /// A write; it changes the state only where all of its guards hold.
    fn change(
        &self,
        op: &'static str,
        act: impl FnOnce(&mut State) -> Result<(), PortError>,
    ) -> Result<(), PortError> {
        self.faults.call(op, || act(&mut lock(&self.state)))
    }

    fn see<T>(&self, op: &'static str, look: impl FnOnce(&State) -> T) -> Result<T, PortError> {
        self.faults.call(op, || Ok(look(&lock(&self.state))))
    }
}

impl State {
    /// Whether all of the writes can be done; each is of another item, so none depends on one before it.
    fn allows(&self, writes: &[Write]) -> Result<(), PortError> {
        let keys: BTreeSet<&Key> = writes.iter().map(Write::key).collect();
        if keys.len() != writes.len() {
            return Err(invalid("two writes of one item in one transaction"));
        }
        for write in writes {
            match write {
                Write::Put(Item { key, .. }, guard) | Write::Delete(key, guard) => {
                    self.keep(key, *guard)?;
                }
                Write::Add(..) => {}
            }
        }
        Ok(())
    }

    /// Does what [`State::allows`].
    fn apply(&mut self, writes: &[Write]) {
        for write in writes {
            match write {
                Write::Put(item, _) => {
                    self.items.insert(item.key.clone(), item.clone());
                }
                Write::Delete(key, _) => {
                    self.items.remove(key);
                }
                Write::Add(key, by) => {
                    let stored = self.items.get(key);
                    let before = stored.and_then(|it| it.body["n"].as_u64()).unwrap_or(0);
                    let item = Item {
                        key: key.clone(),
                        version: 1,
                        body: json!({ "n": before + by }),
                        expires: None,
                    };
                    self.items.insert(key.clone(), item);
                }
            }
        }
    }

    fn keep(&self, key: &Key, guard: Guard) -> Result<(), PortError> {
        let stored = self.items.get(key).map(|it| it.version);
        let holds = match guard {
            Guard::None => true,
            Guard::Absent => stored.is_none(),
            Guard::Version(version) => stored == Some(version),
        };
        if holds {
            return Ok(());
        }
        Err(conflict(format!(
            "{} {} is not as it was when it was decided on",
            key.pk, key.sk
        )))
    }

    fn commit(&mut self, decision: &Decision) -> Result<(), PortError> {
        let finding = &decision.finding;
        let stored = self.findings.get(&finding.id);
        let (version, entries) = stored.map_or((0, 0), |it| (it.version, it.entries));
        if finding.version != version + 1 {
            return Err(conflict(format!(
                "version {} of {} does not follow version {version}",
                finding.version, finding.id
            )));
        }
        let last = entries + decision.history.len() as u64;
        let follows = (entries + 1..).zip(&decision.history);
        if finding.entries != last || follows.clone().any(|(seq, it)| it.seq != seq) {
            return Err(invalid("the history does not continue the stored one"));
        }
        self.allows(&decision.also)?;
        let history = self.history.entry(finding.id.clone()).or_default();
        history.extend(decision.history.iter().cloned());
        self.findings.insert(finding.id.clone(), finding.clone());
        self.apply(&decision.also);
        Ok(())
    }

    fn close_look(&mut self, scan: &Scan, also: &[Write]) -> Result<(), PortError> {
        let stored = self.scans.get(&scan.unit).map_or(0, |it| it.generation);
        if scan.generation != stored + 1 {
            return Err(conflict(format!(
                "look {} at {} does not follow look {stored}",
                scan.generation, scan.unit
            )));
        }
        self.allows(also)?;
        self.scans.insert(scan.unit.clone(), scan.clone());
        self.apply(also);
        Ok(())
    }
}

fn conflict(detail: String) -> PortError {
    PortError::new(PortErrorKind::Conflict, "ledger:write", detail)
}

fn invalid(detail: &str) -> PortError {
    PortError::new(PortErrorKind::Invalid, "ledger:write", detail)
}

/// Refuses what the deployed ledger could not write at once.
fn fits(writes: usize) -> Result<(), PortError> {
    if writes > MOST_WRITES {
        return Err(invalid("more than 100 writes at once"));
    }
    Ok(())
}

#[async_trait]
impl Items for MemoryStore {
    async fn get(&self, key: &Key) -> Result<Option<Item>, PortError> {
        self.see("ledger:get", |state| state.items.get(key).cloned())
    }

    async fn query(&self, pk: &str, range: &Range, limit: usize) -> Result<Vec<Item>, PortError> {
        let is_wanted = |item: &&Item| {
            let place = &item.key.sk;
            item.key.pk == pk
                && match range {
                    Range::All => true,
                    Range::Prefix(prefix) => place.starts_with(prefix.as_str()),
                    Range::UpTo(last) => place <= last,
                }
        };
        let first = match range {
            Range::Prefix(prefix) => prefix.as_str(),
            Range::All | Range::UpTo(_) => "",
        };
        self.see("ledger:query", |state| {
            let items = state.items.range(Key::new(pk, first)..);
            let items = items.map(|(_, item)| item).take_while(is_wanted);
            items.take(limit).cloned().collect()
        })
    }

    async fn write(&self, writes: &[Write]) -> Result<(), PortError> {
        fits(writes.len())?;
        self.change("ledger:write", |state| {
            state.allows(writes)?;
            state.apply(writes);
            Ok(())
        })
    }
}

#[async_trait]
impl Ledger for MemoryStore {
    async fn scan(&self, unit: &Unit) -> Result<Option<Scan>, PortError> {
        self.see("ledger:scan", |state| state.scans.get(unit).cloned())
    }

    async fn unit_findings(&self, unit: &Unit) -> Result<Vec<Finding>, PortError> {
        self.see("ledger:unit_findings", |state| {
            let all = state.findings.values();
            all.filter(|it| it.unit == *unit).cloned().collect()
        })
    }

    async fn units(&self) -> Result<Vec<Unit>, PortError> {
        self.see("ledger:units", |state| {
            let seen = state.scans.keys();
            let found = state.findings.values().map(|it| &it.unit);
            let units: BTreeSet<&Unit> = seen.chain(found).collect();
            units.into_iter().cloned().collect()
        })
    }

    async fn finding(&self, id: &FindingId) -> Result<Option<Finding>, PortError> {
        self.see("ledger:finding", |state| state.findings.get(id).cloned())
    }

    async fn ids(&self, prefix: &str, limit: usize) -> Result<Vec<FindingId>, PortError> {
        self.see("ledger:ids", |state| {
            let ids = state.findings.keys();
            let ids = ids.filter(|it| it.as_str().starts_with(prefix));
            ids.take(limit).cloned().collect()
        })
    }

    async fn findings(&self) -> Result<Vec<Finding>, PortError> {
        self.see("ledger:findings", |state| {
            state.findings.values().cloned().collect()
        })
    }

    async fn history(&self, id: &FindingId) -> Result<Vec<HistoryEntry>, PortError> {
        self.see("ledger:history", |state| {
            state.history.get(id).cloned().unwrap_or_default()
        })
    }

    async fn commit(&self, decision: &Decision) -> Result<(), PortError> {
        fits(1 + decision.history.len() + decision.also.len())?;
        self.change("ledger:commit", |state| state.commit(decision))
    }

    async fn close_look(&self, scan: &Scan, also: &[Write]) -> Result<(), PortError> {
        fits(1 + also.len())?;
        self.change("ledger:close_look", |state| state.close_look(scan, also))
    }
}
