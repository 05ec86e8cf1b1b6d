//! A ledger in memory that can be cut off, or interfered with, between any two writes.

use std::collections::{BTreeMap, VecDeque};
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;

use crate::finding::{Finding, HistoryEntry};
use crate::identity::FindingId;
use crate::life::Decision;
use crate::ports::{Ledger, PortError, PortErrorKind, Write};
use crate::record::Scan;
use crate::unit::Unit;

/// Runs a future that never waits for anything.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(done) = future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            return done;
        }
    }
}

/// All that the ledger holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct State {
    pub(crate) findings: BTreeMap<FindingId, Finding>,
    pub(crate) history: BTreeMap<FindingId, Vec<HistoryEntry>>,
    pub(crate) scans: BTreeMap<Unit, Scan>,
}

/// What somebody else writes just before one of our writes.
pub(crate) enum Meanwhile {
    Finding(Box<Decision>),
    Look(Box<Scan>),
}

/// The double.
#[derive(Default)]
pub(crate) struct Double {
    state: Mutex<State>,
    /// How many writes are left before the process dies; `None` for no end.
    pub(crate) left: Mutex<Option<usize>>,
    /// One of these comes before each write, as long as there are any.
    pub(crate) meanwhile: Mutex<VecDeque<Meanwhile>>,
    /// How many writes were tried.
    pub(crate) tried: Mutex<usize>,
}

impl Double {
    pub(crate) fn state(&self) -> State {
        self.state.lock().unwrap().clone()
    }

    /// A ledger with that content.
    pub(crate) fn with(state: State) -> Self {
        Self {
            state: Mutex::new(state),
            ..Self::default()
        }
    }

    fn write(
        &self,
        ours: impl FnOnce(&mut State) -> Result<(), PortError>,
    ) -> Result<(), PortError> {
        *self.tried.lock().unwrap() += 1;
        if let Some(left) = self.left.lock().unwrap().as_mut() {
            *left = left
                .checked_sub(1)
                .ok_or_else(|| PortError::new(PortErrorKind::Unavailable, "double", "cut off"))?;
        }
        let mut state = self.state.lock().unwrap();
        match self.meanwhile.lock().unwrap().pop_front() {
            Some(Meanwhile::Finding(decision)) => commit(&mut state, &decision)?,
            Some(Meanwhile::Look(scan)) => close_look(&mut state, &scan)?,
            None => {}
        }
        ours(&mut state)
    }
}

fn conflict() -> PortError {
    PortError::new(PortErrorKind::Conflict, "double", "somebody was faster")
}

fn commit(state: &mut State, decision: &Decision) -> Result<(), PortError> {
    let finding = &decision.finding;
    let stored = state.findings.get(&finding.id).map_or(0, |it| it.version);
    if finding.version != stored + 1 {
        return Err(conflict());
    }
    let history = state.history.entry(finding.id.clone()).or_default();
    history.extend(decision.history.iter().cloned());
    state.findings.insert(finding.id.clone(), finding.clone());
    Ok(())
}

fn close_look(state: &mut State, scan: &Scan) -> Result<(), PortError> {
    let stored = state.scans.get(&scan.unit).map_or(0, |it| it.generation);
    if scan.generation != stored + 1 {
        return Err(conflict());
    }
    state.scans.insert(scan.unit.clone(), scan.clone());
    Ok(())
}

#[async_trait]
impl Ledger for Double {
    async fn scan(&self, unit: &Unit) -> Result<Option<Scan>, PortError> {
        Ok(self.state().scans.remove(unit))
    }

    async fn unit_findings(&self, unit: &Unit) -> Result<Vec<Finding>, PortError> {
        let all = self.state().findings.into_values();
        Ok(all.filter(|it| it.unit == *unit).collect())
    }

    async fn units(&self) -> Result<Vec<Unit>, PortError> {
        let state = self.state();
        let mut units: Vec<Unit> = state.scans.into_keys().collect();
        units.extend(state.findings.into_values().map(|it| it.unit));
        units.sort();
        units.dedup();
        Ok(units)
    }

    async fn finding(&self, id: &FindingId) -> Result<Option<Finding>, PortError> {
        Ok(self.state().findings.remove(id))
    }

    async fn ids(&self, prefix: &str, limit: usize) -> Result<Vec<FindingId>, PortError> {
        let ids = self.state().findings.into_keys();
        Ok(ids
            .filter(|it| it.as_str().starts_with(prefix))
            .take(limit)
            .collect())
    }

    async fn findings(&self) -> Result<Vec<Finding>, PortError> {
        Ok(self.state().findings.into_values().collect())
    }

    async fn history(&self, id: &FindingId) -> Result<Vec<HistoryEntry>, PortError> {
        Ok(self.state().history.remove(id).unwrap_or_default())
    }

    async fn commit(&self, decision: &Decision) -> Result<(), PortError> {
        self.write(|state| commit(state, decision))
    }

    async fn close_look(&self, scan: &Scan, _also: &[Write]) -> Result<(), PortError> {
        self.write(|state| close_look(state, scan))
    }
}
