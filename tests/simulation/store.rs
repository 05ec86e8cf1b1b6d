//! The ledger as a process sees it, and what each write means for the invariants.

use std::sync::Arc;

use async_trait::async_trait;
use domain::finding::{Closing, Event as Entry, Finding, HistoryEntry};
use domain::identity::FindingId;
use domain::life::Decision;
use domain::outbox;
use domain::ports::{Guard, Item, Items, Key, Ledger, PortError, Range, Write};
use domain::record::Scan;
use domain::testing::block_on;
use domain::unit::Unit;
use jiff::{SignedDuration, Timestamp};

use crate::hanging::live_key;
use crate::process::{Kind, Process};
use crate::resource::{GROUP, ROLE};
use crate::sim::{Event, Inserted, Sim, State};
use crate::trail::STRANGER;

/// The ledger, through a process.
pub(crate) struct Store(pub(crate) Arc<Process>);

impl Store {
    async fn read<T: Send>(
        &self,
        op: &'static str,
        read: impl FnOnce(&Sim) -> Result<T, PortError> + Send,
    ) -> Result<T, PortError> {
        self.0.call((op, Kind::Read), read).await
    }
}

#[async_trait]
impl Items for Store {
    async fn get(&self, key: &Key) -> Result<Option<Item>, PortError> {
        self.read("dynamodb:GetItem", |sim| block_on(sim.store.get(key)))
            .await
    }

    async fn query(&self, pk: &str, range: &Range, limit: usize) -> Result<Vec<Item>, PortError> {
        self.read("dynamodb:Query", |sim| {
            block_on(sim.store.query(pk, range, limit))
        })
        .await
    }

    async fn write(&self, writes: &[Write]) -> Result<(), PortError> {
        let act = |sim: &Sim| {
            let new = sim.inserted(writes);
            block_on(sim.store.write(writes))?;
            sim.state().written((writes, new), None);
            Ok(())
        };
        let is_record = writes.iter().any(|it| it.key().pk.starts_with("EFFECT#"));
        let kind = match writes.iter().all(is_plain) {
            true => Kind::Effect,
            false => Kind::Guarded,
        };
        let done = self.0.call(("dynamodb:Write", kind), act).await;
        if done.is_ok() && is_record {
            self.0.recorded();
        }
        done
    }
}

fn is_plain(write: &Write) -> bool {
    match write {
        Write::Put(_, guard) | Write::Delete(_, guard) => *guard == Guard::None,
        Write::Add(..) => true,
    }
}

#[async_trait]
impl Ledger for Store {
    async fn scan(&self, unit: &Unit) -> Result<Option<Scan>, PortError> {
        self.read("dynamodb:GetItem", |sim| block_on(sim.store.scan(unit)))
            .await
    }

    async fn unit_findings(&self, unit: &Unit) -> Result<Vec<Finding>, PortError> {
        self.read("dynamodb:Query", |sim| {
            block_on(sim.store.unit_findings(unit))
        })
        .await
    }

    async fn units(&self) -> Result<Vec<Unit>, PortError> {
        self.read("dynamodb:Query", |sim| block_on(sim.store.units()))
            .await
    }

    async fn finding(&self, id: &FindingId) -> Result<Option<Finding>, PortError> {
        self.read("dynamodb:GetItem", |sim| block_on(sim.store.finding(id)))
            .await
    }

    async fn ids(&self, prefix: &str, limit: usize) -> Result<Vec<FindingId>, PortError> {
        self.read("dynamodb:Query", |sim| {
            block_on(sim.store.ids(prefix, limit))
        })
        .await
    }

    async fn findings(&self) -> Result<Vec<Finding>, PortError> {
        self.read("dynamodb:Query", |sim| block_on(sim.store.findings()))
            .await
    }

    async fn history(&self, id: &FindingId) -> Result<Vec<HistoryEntry>, PortError> {
        self.read("dynamodb:Query", |sim| block_on(sim.store.history(id)))
            .await
    }

    async fn commit(&self, decision: &Decision) -> Result<(), PortError> {
        let act = |sim: &Sim| {
            let new = sim.inserted(&decision.also);
            let had_look = had_first_look(sim, decision)?;
            let previous = block_on(sim.store.finding(&decision.finding.id))?;
            block_on(sim.store.commit(decision))?;
            let mut state = sim.state();
            state.moved(previous.as_ref(), decision, self.0.asked());
            if had_look.is_none() && opens(decision) && !decision.finding.baseline {
                // Right only where this look turns out not to be whole.
                let finding = &decision.finding;
                self.0
                    .tells_alone((finding.unit.clone(), finding.look_started_at));
            }
            let resolves = |it: &HistoryEntry| it.event == Entry::Resolved;
            if decision.history.iter().any(resolves)
                && let Some(what) = self.0.closes(&decision.finding)
            {
                state.breaks(what);
            }
            state.decided(decision, had_look);
            state.written((&decision.also, new), None);
            Ok(())
        };
        self.0.call(("dynamodb:Commit", Kind::Guarded), act).await
    }

    async fn close_look(&self, scan: &Scan, also: &[Write]) -> Result<(), PortError> {
        let act = |sim: &Sim| {
            let new = sim.inserted(also);
            block_on(sim.store.close_look(scan, also))?;
            let mut state = sim.state();
            let look = (scan.unit.clone(), scan.started_at);
            if scan.generation == 1 && self.0.told_alone(&look) {
                let name = &scan.unit.name;
                state.breaks(format!(
                    "invariant 4: the first whole look of {name} was told one by one"
                ));
            }
            state.written((also, new), Some(scan));
            Ok(())
        };
        self.0
            .call(("dynamodb:CloseLook", Kind::Guarded), act)
            .await
    }
}

impl Sim {
    /// What of it the stream will tell as inserted into the outbox.
    fn inserted(&self, writes: &[Write]) -> Vec<Inserted> {
        let new = |write: &Write| {
            let Write::Put(item, _) = write else {
                return None;
            };
            let is_new = item.key.pk.starts_with("OUTBOX#")
                && block_on(self.store.get(&item.key)).ok()?.is_none();
            is_new.then(|| Inserted {
                pk: item.key.pk.clone(),
                sk: item.key.sk.clone(),
                body: item.body.to_string(),
            })
        };
        writes.iter().filter_map(new).collect()
    }
}

fn opens(decision: &Decision) -> bool {
    let opens = |it: &HistoryEntry| matches!(it.event, Entry::Opened | Entry::Reopened);
    decision.history.iter().any(opens)
}

/// Whether the finding's unit is past its baseline, as far as that can be told
/// here: `None` where an hour has passed since the first look that saw
/// something, since then it depends on whether this look is complete, and for
/// another copy of the first whole look.
fn had_first_look(sim: &Sim, decision: &Decision) -> Result<Option<bool>, PortError> {
    let unit = &decision.finding.unit;
    if let Some(scan) = block_on(sim.store.scan(unit))? {
        // Of two copies of one message both are that look: the slower one may have
        // begun to write before the other was done.
        let is_this_look = scan.started_at == decision.finding.look_started_at;
        return Ok((scan.generation > 1 || !is_this_look).then_some(true));
    }
    let first = block_on(sim.store.get(&Key::new(unit.key(), "FIRST")))?;
    let Some(first) = first else {
        return Ok(Some(false));
    };
    let age = decision.finding.last_seen.duration_since(first.read()?);
    let (hour, skew) = (SignedDuration::from_hours(1), SignedDuration::from_mins(5));
    // The clocks disagree by minutes.
    Ok((age + skew < hour).then_some(false))
}

impl State {
    /// A finding's new state was written.
    fn decided(&mut self, decision: &Decision, had_look: Option<bool>) {
        let finding = &decision.finding;
        let id = finding.id.to_string();
        for entry in &decision.history {
            self.tell(|| {
                let (name, stack) = (&finding.resource.name, &finding.unit.name);
                let baseline = if finding.baseline { ", baseline" } else { "" };
                let (event, detail) = (entry.event.as_str(), &entry.detail);
                format!("    ledger: {stack}/{name} {event}{baseline} ({id}): {detail}")
            });
            self.outside("a history", &entry.detail);
            match entry.event {
                Entry::Opened | Entry::Reopened => {
                    self.tally.count("findings opened");
                    if had_look.is_some_and(|it| it == finding.baseline) {
                        self.breaks(format!(
                            "invariant 4: {id} opened {} and {} a baseline",
                            if had_look == Some(true) {
                                "after its unit's first look"
                            } else {
                                "before its unit's first look"
                            },
                            if finding.baseline {
                                "is called"
                            } else {
                                "is not called"
                            },
                        ));
                    }
                }
                Entry::Resolved => self.tally.count("findings resolved"),
                Entry::Unwatched => self.tally.count("findings unwatched"),
                _ => {}
            }
        }
        if decision
            .history
            .iter()
            .any(|it| matches!(it.event, Entry::Resolved | Entry::Unwatched))
        {
            let now = self.now;
            self.watched.closed.insert(id.clone(), now);
        }
        match finding.closed.as_ref().map(|it| it.how) {
            None => {
                let now = self.now;
                self.watched.seen.insert(id, now);
            }
            Some(Closing::Resolved) => self.resolved(finding),
            Some(Closing::Unwatched) => {}
        }
    }

    /// A finding was closed as resolved: since it was last seen, a check must have found its resource clean.
    fn resolved(&mut self, finding: &Finding) {
        let key = (finding.unit.name.clone(), finding.resource.name.clone());
        let seen = self.watched.seen.get(finding.id.as_str()).copied();
        let seen = seen.unwrap_or(Timestamp::MIN);
        // A stack that was made anew may have no such resource any more.
        let is_there = self.cloud.has(&key, &finding.resource.kind);
        let is_clean = !is_there || self.is_clean_since((&key, &finding.resource.kind), seen);
        if !is_clean {
            let (stack, name) = key;
            self.breaks(format!(
                "invariant 2: {} ({stack}/{name}) was resolved, and no check found it clean since it was seen at {seen}",
                finding.id
            ));
        }
    }

    /// Whether a check found a resource clean since it was last seen to drift,
    /// and a read what hangs on it, where something may. (A stack that was made
    /// anew may have another type under the name of a group.)
    fn is_clean_since(&self, (key, kind): (&(String, String), &str), seen: Timestamp) -> bool {
        let is_clean = |key: &(String, String)| {
            let checks = self.cloud.checks.get(key)?;
            let last_drift = checks.iter().rev().find(|it| it.drifts && it.at <= seen);
            let since = last_drift.map_or(Timestamp::MIN, |it| it.at);
            Some(checks.iter().any(|it| !it.drifts && it.at > since))
        };
        let may_hang = [GROUP, ROLE].contains(&kind);
        is_clean(key) == Some(true) && (!may_hang || is_clean(&live_key(key)) != Some(false))
    }

    /// A call that a trail told of is kept.
    fn heard(&mut self, key: &Key) {
        let Some(rest) = key.pk.strip_prefix("TRAIL#") else {
            return;
        };
        let resource = rest.split_once('#').map_or(rest, |(_, it)| it);
        if rest.starts_with(STRANGER) {
            self.breaks("invariant 14: a call of an unknown account is kept".to_owned());
        }
        let id = key.sk.rsplit('#').next().unwrap_or_default();
        let now = self.now;
        let mut newest = self.trail.iter_mut().rev();
        if let Some(it) = newest.find(|it| it.call.id == id) {
            it.heard.entry(resource.to_owned()).or_insert(now);
        }
    }

    /// Items were written, with a complete look or without.
    fn written(&mut self, (writes, new): (&[Write], Vec<Inserted>), scan: Option<&Scan>) {
        let now = self.now;
        if let Some(scan) = scan {
            self.watched.complete += 1;
            self.tally.count("complete looks");
            self.tell(|| {
                let (unit, number, began) = (&scan.unit.name, scan.generation, scan.started_at);
                format!("    ledger: look {number} at {unit}, begun {began:.3}, is complete")
            });
        }
        for write in writes {
            self.counted(write, scan.is_some());
            self.heard(write.key());
            let place = (write.key().pk.clone(), write.key().sk.clone());
            let is_timer = place.0.starts_with("TIMER#");
            if !is_timer && !place.0.starts_with("OUTBOX#") {
                continue;
            }
            match write {
                Write::Put(item, _) if is_timer => {
                    let due = item.body["dueAt"].as_str().and_then(|it| it.parse().ok());
                    self.tell(|| format!("    ledger: timer {}", item.key.sk));
                    self.watched.pending.insert(place, due.unwrap_or(now));
                }
                Write::Put(..) => {
                    let forgotten = outbox::FORGOTTEN_AFTER_MINUTES * crate::sim::MINUTE;
                    let due = crate::sim::plus(now, forgotten);
                    self.watched.pending.insert(place, due);
                }
                Write::Delete(..) => {
                    self.watched.pending.remove(&place);
                }
                Write::Add(..) => {}
            }
        }
        if !new.is_empty() {
            self.stream(new);
        }
    }

    /// Remembers which looks were counted.
    fn counted(&mut self, write: &Write, is_complete: bool) {
        let Write::Put(item, guard) = write else {
            return;
        };
        let Some(by) = item.key.pk.strip_prefix("IDEM#look#") else {
            return;
        };
        if !is_complete && *guard == Guard::Absent {
            self.watched.failed += 1;
            self.tally.count("failed looks");
            self.tell(|| format!("    ledger: a look at {by} was not complete"));
        }
        let times = self.watched.looks.entry(by.to_owned()).or_default();
        *times += 1;
        if *times > 1 {
            self.tally.count("looks counted again");
        }
    }

    /// The stream tells of what was inserted, if it is not lost.
    fn stream(&mut self, records: Vec<Inserted>) {
        use crate::chance::Fault;
        let stopped = self.stream_stopped_until > self.now;
        if self.fault(Fault::StreamLost) || (stopped && !self.quiet) {
            self.tell(|| "    the stream tells nobody of it".to_owned());
            return;
        }
        let late = self.delays.between(50, 2 * crate::sim::SECOND);
        self.after(late, Event::Stream { records, tries: 0 });
    }
}
