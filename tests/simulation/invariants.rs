//! What has to hold when everything has settled.

use std::collections::{BTreeMap, BTreeSet};

use domain::baseline;
use domain::counter;
use domain::finding::{Closing, Event as Entry, Finding};
use domain::incident::{self, Incident, State as IncidentState};
use domain::ports::{Items as _, Key, Ledger as _};
use domain::testing::block_on;
use serde_json::Value;

use crate::cloud::{Cloud, Stack};
use crate::queue::POISON;
use crate::sim::{Sim, State};

/// What drifts, or is open: by stack and resource, what it is and where.
type Drift = BTreeMap<(String, String), (String, BTreeMap<String, Option<Value>>)>;

pub(crate) fn at_the_end(sim: &Sim) {
    if sim.state().broken.is_some() {
        return;
    }
    let findings = block_on(sim.store.findings()).unwrap_or_default();
    let mut state = sim.state();
    open_is_real(&mut state, &findings);
    everything_is_processed(sim, &mut state);
    counters_are_exact(sim, &mut state, &findings);
    people_are_told(sim, &mut state, &findings);
    state.all_are_named(&findings);
    no_secret_is_kept(sim, &mut state, &findings);
}

fn real(cloud: &Cloud, config: &str) -> Drift {
    let mut drift = Drift::new();
    let selects = |name: &str| {
        name.starts_with("shop-") || (name.starts_with("data-") && config.contains("data-*"))
    };
    let is_watched = |stack: &Stack| {
        let root = stack.root.as_ref().is_some_and(|it| selects(it.name()));
        selects(stack.id.name()) || root
    };
    let there = cloud.stacks.values().filter(|it| it.is_there());
    for stack in there.filter(|it| is_watched(it)) {
        for resource in stack.resources.iter().filter(|it| it.is_in_stack()) {
            let (mut change, mut places) = ("modified", BTreeMap::new());
            if let Some((what, place)) = resource.truth(cloud.is_groupless(resource)) {
                change = what;
                places.extend(place.map(|(path, value)| (path.to_owned(), value)));
            }
            let hanging = cloud.undeclared(resource, &is_watched);
            places.extend(hanging.into_iter().map(|(path, it)| (path, Some(it))));
            if change != "modified" || !places.is_empty() {
                let key = (stack.id.name().to_owned(), resource.logical_id.clone());
                drift.insert(key, (change.to_owned(), places));
            }
        }
    }
    drift
}

fn open(findings: &[Finding]) -> Drift {
    let open = findings.iter().filter(|it| it.closed.is_none());
    open.map(|finding| {
        let key = (finding.unit.name.clone(), finding.resource.name.clone());
        let place = finding.differences.iter().map(|it| {
            let value = it.actual.clone().filter(|_| !it.sensitive);
            (it.path.clone(), value)
        });
        (key, (finding.change.as_str().to_owned(), place.collect()))
    })
    .collect()
}

/// Invariant 1.
fn open_is_real(state: &mut State, findings: &[Finding]) {
    let (real, open) = (real(&state.cloud, &state.config.1), open(findings));
    if real != open {
        let missing: Vec<_> = real
            .iter()
            .filter(|it| open.get(it.0) != Some(it.1))
            .collect();
        let wrong: Vec<_> = open
            .iter()
            .filter(|it| real.get(it.0) != Some(it.1))
            .collect();
        state.breaks(format!(
            "invariant 1: after all has settled, not open though it drifts: {missing:?}; open though it does not: {wrong:?}"
        ));
    }
}

/// Invariants 11 and 12.
fn everything_is_processed(sim: &Sim, state: &mut State) {
    let waiting: Vec<String> = state
        .lines
        .iter()
        .flat_map(|(queue, line)| {
            let bodies = line.entries.values();
            bodies.map(move |it| format!("{queue}: {}", it.body))
        })
        .collect();
    if !waiting.is_empty() {
        state.breaks(format!("invariant 12: still on a queue: {waiting:?}"));
    }
    let patient = patient(sim, state);
    for partition in ["OUTBOX#", "TIMER#"] {
        let mut left = sim.store.items_in(partition);
        left.retain(|it| {
            !patient
                .iter()
                .any(|id| it.key.sk.ends_with(&format!("#settle#{id}")))
        });
        if let Some(item) = left.first() {
            let (many, key) = (left.len(), &item.key);
            state.breaks(format!(
                "invariant 12: {many} items are left, the first {} {}: {}",
                key.pk, key.sk, item.body
            ));
        }
    }
    let now = state.now;
    for item in sim.store.items_in("UNIT#") {
        let until = item.body["until"].as_str().map(str::to_owned);
        let until = until.and_then(|it| it.parse::<jiff::Timestamp>().ok());
        if item.key.sk == "LEASE" && until.is_some_and(|it| it > now) {
            state.breaks(format!("invariant 12: a lease is left: {}", item.body));
        }
    }
    let letters: Vec<_> = state.buried.clone();
    for letter in letters {
        if letter.reason.trim().is_empty() {
            state.breaks(format!(
                "invariant 12: a dead letter without reason: {}",
                letter.body
            ));
        }
        let is_refused = letter.queue.is_some() && !letter.reason.starts_with("received");
        if is_refused && letter.from != POISON {
            state.breaks(format!(
                "invariant 11: no poison, and a dead letter: {} ({})",
                letter.body, letter.reason
            ));
        }
    }
}

/// Incidents whose stack went before the look that was to confirm their end: they are given up after a day.
fn patient(sim: &Sim, state: &State) -> Vec<String> {
    let items = sim.store.items_in("INC#").into_iter();
    let incidents = items.filter_map(|it| it.read::<Incident>().ok());
    let day = jiff::SignedDuration::from_hours(24);
    let is_patient = |it: &Incident| {
        let mut stacks = state.cloud.stacks.values();
        let is_gone = !stacks.any(|stack| stack.is_there() && stack.id.name() == it.unit.name);
        let is_young = it
            .closed_at
            .is_some_and(|at| state.now.duration_since(at) < day);
        it.state == IncidentState::Settling && is_gone && is_young
    };
    incidents.filter(is_patient).map(|it| it.id).collect()
}

/// Invariant 9.
fn counters_are_exact(sim: &Sim, state: &mut State, findings: &[Finding]) {
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for finding in findings {
        let history = block_on(sim.store.history(&finding.id)).unwrap_or_default();
        let numbers: Vec<u64> = history.iter().map(|it| it.seq).collect();
        if numbers != (1..=finding.entries).collect::<Vec<u64>>() {
            state.breaks(format!(
                "invariant 9: {} says {} entries, its history has {numbers:?}",
                finding.id, finding.entries
            ));
        }
        for entry in history {
            let name = match entry.event {
                Entry::Opened | Entry::Reopened => counter::OPENED.to_owned(),
                Entry::Resolved => format!("{} {:?}", counter::CLOSED, Closing::Resolved),
                Entry::Unwatched => format!("{} {:?}", counter::CLOSED, Closing::Unwatched),
                _ => continue,
            };
            *counted.entry(name).or_default() += 1;
        }
    }
    let value = |metric: &str, labels: &[(&str, &str)]| {
        let layer = ("layer", "cloudformation");
        let labels: Vec<(&str, &str)> = std::iter::once(layer).chain(labels.to_vec()).collect();
        block_on(counter::value(&sim.store, metric, &labels)).unwrap_or_default()
    };
    let sum = |metric: &str, label: &str, values: &[&str]| -> u64 {
        values.iter().map(|it| value(metric, &[(label, it)])).sum()
    };
    let severities = ["critical", "high", "medium", "low"];
    let resolved = format!("{} {:?}", counter::CLOSED, Closing::Resolved);
    let unwatched = format!("{} {:?}", counter::CLOSED, Closing::Unwatched);
    let of = |name: &str| counted.get(name).copied().unwrap_or_default();
    let pairs = [
        (
            "findings opened",
            sum(counter::OPENED, "severity", &severities),
            of(counter::OPENED),
        ),
        (
            "findings resolved",
            value(counter::CLOSED, &[("how", "resolved")]),
            of(&resolved),
        ),
        (
            "findings unwatched",
            value(counter::CLOSED, &[("how", "unwatched")]),
            of(&unwatched),
        ),
        (
            "complete looks",
            sum(counter::DETECTION_RUNS, "outcome", &["clean", "drift"]),
            state.watched.complete,
        ),
        (
            "other looks",
            sum(counter::DETECTION_RUNS, "outcome", &["error", "uncovered"]),
            state.watched.failed,
        ),
    ];
    for (what, counter, true_count) in pairs {
        if counter != true_count {
            state.breaks(format!(
                "invariant 9: {what}: the counter says {counter}, and there were {true_count}"
            ));
        }
    }
    let twice: BTreeSet<&String> = state
        .watched
        .looks
        .iter()
        .filter(|(_, times)| **times > 1)
        .map(|(by, _)| by)
        .collect();
    if !twice.is_empty() {
        let what = format!("invariant 9: looks that were counted twice: {twice:?}");
        state.breaks(what);
    }
}

/// Invariant 10: whatever is kept. What passes by is looked at as it passes.
fn no_secret_is_kept(sim: &Sim, state: &mut State, findings: &[Finding]) {
    for item in sim.store.all_items() {
        state.outside(&format!("item {}", item.key.pk), &item.body.to_string());
    }
    for finding in findings {
        let text = serde_json::to_string(finding).unwrap_or_default();
        state.outside("a finding", &text);
    }
    let config = block_on(sim.store.get(&Key::new("CONFIG", "CURRENT")));
    if !matches!(config, Ok(Some(_))) {
        state.breaks("invariant 12: no configuration was ever put in force".to_owned());
    }
}

/// Invariant 4, as far as channels without a probe go.
fn people_are_told(sim: &Sim, state: &mut State, findings: &[Finding]) {
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for told in &state.sink {
        *times.entry(told.key.clone()).or_default() += 1;
    }
    for (key, times) in &times {
        let excuses = state.uncertain.get(key).copied().unwrap_or_default();
        if *times > 1 + excuses {
            state.breaks(format!(
                "invariant 4: {key} was told {times} times, and {excuses} times its sender could not know"
            ));
            return;
        }
    }
    let patient = patient(sim, state);
    let is_told = |key: &str| times.contains_key(key);
    for finding in findings
        .iter()
        .filter(|it| it.closed.is_none() && !it.baseline)
    {
        let incident = block_on(incident::of_finding(&sim.store, &finding.id));
        let fires = matches!(&incident, Ok(Some(it)) if it.state == IncidentState::Firing);
        if !fires {
            state.breaks(format!(
                "invariant 4: {} is open, and no incident of it fires",
                finding.id
            ));
            return;
        }
    }
    for item in sim.store.items_in("INC#") {
        if item.key.sk != "META" {
            continue;
        }
        let Ok(incident) = item.read::<Incident>() else {
            state.breaks(format!("invariant 4: {} cannot be read", item.key.pk));
            return;
        };
        if patient.contains(&incident.id) {
            continue;
        }
        let wrong = of_incident(&incident, findings, &is_told);
        if let Some(what) = wrong {
            state.breaks(format!(
                "invariant 4: incident {}: {what}: {incident:?}",
                incident.id
            ));
            return;
        }
    }
    for target in ["shop", "data"] {
        let Ok(Some(baseline)) = block_on(baseline::of(&sim.store, target)) else {
            continue;
        };
        let is_digest = |channel: &str| is_told(&format!("baseline-{target}.{channel}.digest.1"));
        if baseline.told_at.is_none() {
            state.breaks(format!(
                "invariant 4: {target}: its digest was not told: {baseline:?}"
            ));
        } else if !is_digest("log") || !is_digest("oncall") {
            state.breaks(format!(
                "invariant 4: {target}: a channel was not told its digest"
            ));
        }
    }
}

/// What is wrong with an incident, if something is.
fn of_incident(
    incident: &Incident,
    findings: &[Finding],
    is_told: &dyn Fn(&str) -> bool,
) -> Option<String> {
    if !incident.owed.is_empty() || !incident.failed.is_empty() {
        return Some("something is owed".to_owned());
    }
    let finding = findings.iter().find(|it| it.id == incident.finding)?;
    match incident.state {
        IncidentState::Settling => return Some("it settles for ever".to_owned()),
        IncidentState::Firing if finding.closed.is_some() => {
            return Some("it fires, and its finding is closed".to_owned());
        }
        _ => {}
    }
    for channel in &incident.channels {
        let told = |step: &str| {
            is_told(&format!(
                "{}.{channel}.{step}.{}",
                incident.id, incident.fired
            ))
        };
        let raised = (0..10).any(|rank| {
            let number = incident.fired * 10 + rank;
            is_told(&format!("{}.{channel}.raise.{number}", incident.id))
        });
        if !told("fire") && !raised {
            return Some(format!("{channel} was never told of it"));
        }
        if incident.state == IncidentState::Resolved && !told("resolve") {
            return Some(format!("{channel} was not told that it is over"));
        }
    }
    None
}
