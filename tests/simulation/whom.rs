//! Who made what a finding shows, checked against what truly happened; and how
//! severity moves with it.

use domain::attribution::Attribution;
use domain::difference::Difference;
use domain::finding::{Event as Entry, Finding};
use domain::life::{Decision, fingerprint};
use serde_json::Value;

use crate::sim::{MINUTE, State, plus};
use crate::trail::{Act, PEOPLE, Recorded};

/// A place of a finding, and who is said to have made it.
type Said<'a> = ((String, Option<Value>), Option<&'a Attribution>);

/// All that a finding shows.
fn said(finding: &Finding) -> Vec<Said<'_>> {
    if finding.change.as_str() == "deleted" {
        let place = ("deleted".to_owned(), None);
        return vec![(place, finding.attribution.as_ref())];
    }
    let differences = finding.differences.iter();
    differences
        .map(|it| {
            let value = it.actual.clone().filter(|_| !it.sensitive);
            ((it.path.clone(), value), it.attribution.as_ref())
        })
        .collect()
}

impl State {
    /// A finding was written anew.
    pub(crate) fn moved(&mut self, previous: Option<&Finding>, decision: &Decision) {
        let finding = &decision.finding;
        let known = previous.map(said).unwrap_or_default();
        for (place, by) in said(finding) {
            let Some(by) = by else { continue };
            if !known.iter().any(|it| it.0 == place && it.1 == Some(by)) {
                self.names(finding, &place, by);
            }
        }
        let Some(previous) = previous.filter(|it| it.closed.is_none() && finding.closed.is_none())
        else {
            return;
        };
        let is_kept = |path: &String| finding.differences.iter().any(|it| it.path == *path);
        let by_hand = self.cloud.by_hand.iter().map(|it| it.item.place().0);
        let is_there: Vec<String> = by_hand.filter(|it| !is_kept(it)).collect();
        let known = |it: &&Difference| is_there.contains(&it.path);
        // A look that could not read what hangs there shows less than there is.
        for _ in previous.differences.iter().filter(known) {
            self.tally
                .count("additions lost to a look that could not read them");
        }
        let shows = |it: &Finding| fingerprint(it.change, &it.differences);
        let (id, before, after) = (&finding.id, previous.severity, finding.severity);
        let is_same = shows(previous) == shows(finding) && previous.config == finding.config;
        if after < before && is_same {
            self.breaks(format!(
                "invariant 13: {id} fell from {before} to {after} by itself"
            ));
        }
        if after > before {
            *self.watched.rises.entry(id.to_string()).or_default() += 1;
        }
        let is_attributed = decision
            .history
            .iter()
            .any(|it| it.event == Entry::Attributed);
        let is_told = decision
            .also
            .iter()
            .any(|it| it.key().pk.starts_with("OUTBOX#"));
        if is_attributed && is_told && after == before {
            self.breaks(format!(
                "invariant 13: {id} is told again, and only its author is new"
            ));
        }
        if is_attributed && after > before {
            self.tally.count("severity rose by attribution");
        }
    }

    fn acts_of(&self, finding: &Finding, place: &(String, Option<Value>)) -> Vec<Act> {
        let key = (finding.unit.name.clone(), finding.resource.name.clone());
        let acts = self.acts.get(&key).into_iter().flatten();
        acts.filter(|it| it.place == *place).cloned().collect()
    }

    /// Somebody is named.
    fn names(&mut self, finding: &Finding, place: &(String, Option<Value>), by: &Attribution) {
        self.tally.count("authors named");
        let acts = self.acts_of(finding, place);
        let (id, path) = (&finding.id, &place.0);
        let is_it = |it: &Act| (it.who, it.console) == (by.who.as_str(), by.console);
        let is_late = by.at.is_some_and(|at| at > finding.last_seen);
        let is_early = by.at < finding.since && finding.since.is_some();
        if is_late || is_early {
            let (since, seen) = (finding.since, finding.last_seen);
            self.breaks(format!(
                "invariant 14: {id} {path}: {by:?} is outside of {since:?} to {seen}"
            ));
        }
        if acts.iter().any(is_it) {
            return;
        }
        // An event that is lost or late is not known yet; then it is the newest known one.
        let newest = acts.last().map(|it| &self.trail[it.call]);
        let a_moment_ago = plus(self.now, -MINUTE);
        let is_known = |it: &Recorded| it.heard_at.is_some_and(|at| at < a_moment_ago);
        if newest.is_some_and(|it| !is_known(it)) {
            self.tally
                .count("named by what was heard, and the right event was not");
            return;
        }
        let acts: Vec<_> = acts
            .iter()
            .map(|it| (it.who, &self.trail[it.call]))
            .collect();
        let what = format!(
            "invariant 14: {id} {} {path}: {by:?} is named, and it was {acts:?}; since {:?}, look {}, seen {}",
            finding.resource.name, finding.since, finding.look_started_at, finding.last_seen
        );
        self.breaks(what);
    }

    /// Nobody is missing who could be known.
    pub(crate) fn all_are_named(&mut self, findings: &[Finding]) {
        for finding in findings.iter().filter(|it| it.closed.is_none()) {
            for (place, by) in said(finding) {
                self.tally.count(match by {
                    Some(_) => "open, and by whom is known",
                    None => "open, and by whom is not known",
                });
                let act = self.acts_of(finding, &place).pop();
                if let (None, Some(act)) = (by, act) {
                    self.is_unnamed(finding, &place, &act);
                }
            }
        }
    }

    fn is_unnamed(&mut self, finding: &Finding, place: &(String, Option<Value>), act: &Act) {
        let recorded = self.trail[act.call].clone();
        let at = recorded.call.at;
        let resource = &finding.resource.id;
        let is_outside = at > finding.last_seen || finding.since.is_some_and(|it| at < it);
        let is_denied = self.unlooked.contains(resource);
        let is_doubtful = self.trail.iter().any(|it| {
            it.call.who != act.who
                && PEOPLE.iter().any(|(who, _)| *who == it.call.who)
                && it.call.resources.contains(resource)
                && it.call.at <= finding.last_seen
                && finding.since.is_none_or(|since| since <= it.call.at)
        });
        let why = match (is_outside, is_denied, is_doubtful) {
            (true, ..) => "unnamed: outside of its window",
            (_, true, _) => "unnamed: LookupEvents was denied",
            (.., true) => "unnamed: another was at it too",
            _ => {
                let what = format!(
                    "invariant 14: {} {} {}: nobody is named, and it was {recorded:?}; since {:?}, look {}, seen {}",
                    finding.id,
                    finding.resource.name,
                    place.0,
                    finding.since,
                    finding.look_started_at,
                    finding.last_seen
                );
                self.breaks(what);
                return;
            }
        };
        self.tally.count(why);
    }
}
