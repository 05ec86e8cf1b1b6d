//! Who made what a finding shows, checked against what truly happened; and how
//! severity moves with it.

use std::collections::BTreeMap;

use domain::attribution::Attribution;
use domain::difference::Difference;
use domain::finding::{Event as Entry, Finding};
use domain::life::{Decision, fingerprint};
use domain::ports::TrailCall;
use jiff::Timestamp;
use serde_json::Value;

use crate::chance::Fault;
use crate::process::{Asked, CLOCKS_DIFFER};
use crate::resource::INGRESS;
use crate::sim::{MINUTE, SECOND, State, plus};
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

fn shown_key(id: &str, (path, value): &(String, Option<Value>)) -> (String, String, String) {
    let value = value.as_ref().map_or(String::new(), Value::to_string);
    (id.to_owned(), path.clone(), value)
}

impl State {
    /// A finding was written anew, by a message that could know so much.
    pub(crate) fn moved(&mut self, previous: Option<&Finding>, decision: &Decision, asked: Asked) {
        let finding = &decision.finding;
        self.shows(finding);
        let known = previous.map(said).unwrap_or_default();
        for (place, by) in said(finding) {
            let Some(by) = by else { continue };
            if !known.iter().any(|it| it.0 == place && it.1 == Some(by)) {
                self.names(finding, &place, (by, asked));
            }
        }
        let Some(previous) = previous.filter(|it| it.closed.is_none() && finding.closed.is_none())
        else {
            return;
        };
        self.keeps_what_is_there(previous, finding);
        self.keeps_its_severity(previous, finding);
        let (id, before, after) = (&finding.id, previous.severity, finding.severity);
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

    /// Remembers which looks saw a finding, and since when it shows what it shows.
    fn shows(&mut self, finding: &Finding) {
        let id = finding.id.to_string();
        let before = std::mem::take(&mut self.watched.shown);
        let (old, others) = before.into_iter().partition(|(key, _)| key.0 == id);
        let old: BTreeMap<_, _> = old;
        self.watched.shown = others;
        if finding.closed.is_some() {
            return;
        }
        for (place, _) in said(finding) {
            let key = shown_key(&id, &place);
            let since = old.get(&key).copied().unwrap_or(finding.last_seen);
            self.watched.shown.insert(key, since);
        }
        let look = (finding.look_started_at, finding.last_seen);
        self.watched.looks_at.entry(id).or_default().push(look);
    }

    /// What was added by hand and is still there is not lost to a look that could not read it.
    fn keeps_what_is_there(&mut self, previous: &Finding, finding: &Finding) {
        let is_lost = |it: &&Difference| finding.differences.iter().all(|new| new.path != it.path);
        let mut lost = previous.differences.iter().filter(is_lost);
        let mut by_hand = self.cloud.by_hand.iter().map(|it| it.item.place().0);
        let is_there = lost.find(|it| by_hand.any(|path| path == it.path));
        if let Some(it) = is_there {
            let (id, path) = (&finding.id, &it.path);
            self.breaks(format!(
                "invariant 2: {id} shows {path} no more, which is still there"
            ));
        }
    }

    /// Under the same configuration severity falls only with what was so severe:
    /// neither what is shown unchanged falls, nor the finding below it.
    fn keeps_its_severity(&mut self, previous: &Finding, finding: &Finding) {
        if previous.config != finding.config {
            return;
        }
        let id = &finding.id;
        let mut what = None;
        for old in &previous.differences {
            let Some(new) = finding.differences.iter().find(|it| it.is_same(old)) else {
                continue;
            };
            if new.severity < old.severity {
                let (path, from, to) = (&old.path, old.severity, new.severity);
                what = Some(format!("{id} {path} fell from {from} to {to} by itself"));
            }
        }
        let shows = |it: &Finding| fingerprint(it.change, &it.differences);
        let is_same = shows(previous) == shows(finding);
        let worst = finding.differences.iter().map(|it| it.severity).max();
        let least = match is_same {
            true => worst.max(Some(previous.severity)),
            false => worst,
        };
        let (from, to) = (previous.severity, finding.severity);
        if least.is_some_and(|least| to < least) {
            what = Some(format!("{id} fell from {from} to {to} by itself"));
        }
        if let Some(what) = what {
            self.breaks(format!("invariant 13: {what}"));
        }
    }

    fn acts_of(&self, finding: &Finding, place: &(String, Option<Value>)) -> Vec<Act> {
        let key = (finding.unit.name.clone(), finding.resource.name.clone());
        let acts = self.acts.get(&key).into_iter().flatten();
        acts.filter(|it| it.place == *place).cloned().collect()
    }

    /// Somebody is named.
    fn names(
        &mut self,
        finding: &Finding,
        place: &(String, Option<Value>),
        (by, asked): (&Attribution, Asked),
    ) {
        self.tally.count("authors named");
        let (id, path, resource) = (&finding.id, &place.0, &finding.resource.id);
        let is_late = by.at.is_some_and(|at| at > finding.last_seen);
        let is_early = by.at < finding.since && finding.since.is_some();
        if is_late || is_early {
            let (since, seen) = (finding.since, finding.last_seen);
            self.breaks(format!(
                "invariant 14: {id} {path}: {by:?} is outside of {since:?} to {seen}"
            ));
        }
        let now = plus(self.now, 1);
        let is_known = |it: &Recorded, before| {
            let is_recorded = asked.looked_up.is_some_and(|at| it.there_at <= at);
            is_recorded || it.is_heard(resource, before)
        };
        let is_that = |it: &&Recorded| {
            let call = &it.call;
            let (who, how, console) = (&call.who, &call.name, call.console);
            (who, how, console, Some(call.at)) == (&by.who, &by.how, by.console, by.at)
                && call.resources.contains(resource)
        };
        if !self
            .trail
            .iter()
            .any(|it| is_that(&it) && is_known(it, now))
        {
            self.breaks(format!(
                "invariant 14: {id} {path}: {by:?} is named by a call that nobody knows of"
            ));
        }
        let mut acts = self.acts_of(finding, place);
        acts.retain(|it| self.trail[it.call].call.at <= finding.last_seen);
        let newest = acts.last().map(|it| &self.trail[it.call]);
        // The record cannot order what happened in one second.
        let is_newest =
            |it: &&Act| newest.is_some_and(|newest| self.trail[it.call].call.at == newest.call.at);
        let is_it = |it: &Act| (it.who, it.console) == (by.who.as_str(), by.console);
        if acts.iter().filter(is_newest).any(is_it) {
            return;
        }
        // Its event is lost or late, and CloudTrail was not asked or has no record of
        // it yet: then the newest call is named that is known.
        if newest.is_some_and(|it| !is_known(it, asked.taken_up)) {
            self.tally
                .count("named by what was heard, and the right event was not");
            return;
        }
        if self.is_at_the_edge_of_a_look(finding, place, by) {
            self.tally
                .count("named at the edge of a look, and the clocks differ");
            return;
        }
        let acts: Vec<_> = acts
            .iter()
            .map(|it| (it.who, &self.trail[it.call]))
            .collect();
        let what = format!(
            "invariant 14: {id} {} {path}: {by:?} is named, and it was {acts:?}; since {:?}, look {}, seen {}, {asked:?}",
            finding.resource.name, finding.since, finding.look_started_at, finding.last_seen
        );
        self.breaks(what);
    }

    /// Nobody is missing who could be known.
    pub(crate) fn all_are_named(&mut self, findings: &[Finding]) {
        for finding in findings.iter().filter(|it| it.closed.is_none()) {
            for (place, by) in said(finding) {
                // What was done again after it was first shown made nothing that is asked about.
                let mut acts = self.acts_of(finding, &place);
                let key = shown_key(finding.id.as_str(), &place);
                let shown = self.watched.shown.get(&key).copied();
                acts.retain(|it| {
                    let at = self.trail[it.call].call.at;
                    !it.is_undone && shown.is_none_or(|shown| at <= shown)
                });
                let is_somebody = |it: &Act| PEOPLE.iter().any(|(who, _)| *who == it.who);
                let act = acts.pop().filter(is_somebody);
                self.tally.count(match (by, &act) {
                    (Some(_), _) => "open, and by whom is known",
                    (None, Some(_)) => "open, and by whom is not known",
                    (None, None) => "open, and nobody did it",
                });
                if let (None, Some(act)) = (by, act) {
                    self.is_unnamed(finding, &place, &act);
                }
            }
        }
    }

    fn is_unnamed(&mut self, finding: &Finding, place: &(String, Option<Value>), act: &Act) {
        let recorded = &self.trail[act.call];
        let is_before = finding.since.is_some_and(|since| recorded.call.at < since);
        let why = if is_before && self.was_of_its_stack(finding, recorded) {
            "unnamed: it was of a stack that was watched"
        } else if is_before && self.is_as_clocks_differ(finding, recorded) {
            "unnamed: the clocks differ"
        } else if self.is_denied_to(finding, recorded) {
            "unnamed: LookupEvents was denied"
        } else if self.is_doubtful(finding, place, act) {
            "unnamed: another was at it too"
        } else {
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
        };
        self.tally.count(why);
    }

    /// Whether the look that did not show it can have begun before a call, though
    /// its clock says later: one of ours, or CloudFormation's.
    fn is_as_clocks_differ(&self, finding: &Finding, recorded: &Recorded) -> bool {
        let since = finding.since.unwrap_or(Timestamp::MIN);
        plus(recorded.call.at, self.clocks_differ()) >= since
    }

    /// Whether the look that saw it went on, by the true time, when somebody was at
    /// it: the named call, which that look did not see, or the one that it saw.
    fn is_at_the_edge_of_a_look(
        &self,
        finding: &Finding,
        place: &(String, Option<Value>),
        by: &Attribution,
    ) -> bool {
        let most = self.clocks_differ();
        let (began, seen) = (finding.look_started_at, finding.last_seen);
        let is_near = |at: Timestamp, edge| plus(edge, -most) <= at && at <= plus(edge, most);
        let acts = self.acts_of(finding, place);
        let mut seen_acts = acts.iter().map(|it| self.trail[it.call].call.at);
        most > 0
            && (by.at.is_some_and(|at| is_near(at, began)) || seen_acts.any(|at| is_near(at, seen)))
    }

    /// How much clocks differ in this world at most, in milliseconds: ours, or
    /// CloudFormation's. The record tells whole seconds.
    fn clocks_differ(&self) -> i64 {
        let theirs = i64::try_from(self.cloud.skew.abs().as_millis()).unwrap_or(0);
        match self.rates.of_kind(Fault::Skew) {
            0 => 0,
            _ => theirs.max(CLOCKS_DIFFER) + SECOND,
        }
    }

    /// Whether a call was about a rule that is a resource of a stack, which it
    /// drifted from: it shows on the group only since that stack is not watched.
    fn was_of_its_stack(&self, finding: &Finding, recorded: &Recorded) -> bool {
        let resources = self.cloud.stacks.values().flat_map(|it| &it.resources);
        let mut rules = resources.filter(|it| it.kind == INGRESS);
        rules.any(|it| {
            it.physical_id != finding.resource.id
                && recorded.call.resources.contains(&it.physical_id)
        })
    }

    /// Whether CloudTrail had a call's record when it could not be asked, and no
    /// event had told of it either.
    fn is_denied_to(&self, finding: &Finding, recorded: &Recorded) -> bool {
        let resource = &finding.resource.id;
        let mut denied = self.unlooked.get(resource).into_iter().flatten();
        denied
            .any(|at| *at >= recorded.there_at && !recorded.is_heard(resource, plus(*at, -MINUTE)))
    }

    /// Whether somebody else's call may have done it as well, as far as the record
    /// tells: one of the same kind on the same things. It matters where one of both
    /// came while a look went on, which may have seen it or not, and for an entry
    /// without an id, since the call may have been about another.
    fn is_doubtful(&self, finding: &Finding, place: &(String, Option<Value>), act: &Act) -> bool {
        let one = &self.trail[act.call].call;
        let looks = self.watched.looks_at.get(finding.id.as_str());
        let is_in_a_look = |it: &TrailCall| {
            let mut looks = looks.into_iter().flatten();
            looks.any(|(began, seen)| *began <= it.at && it.at <= *seen)
        };
        let is_number = |it: &str| it.parse::<usize>().is_ok();
        let is_some_entry = place.0.split('/').any(is_number);
        self.trail.iter().map(|it| &it.call).any(|other| {
            other.who != one.who
                && PEOPLE.iter().any(|(who, _)| *who == other.who)
                && (other.name == one.name || is_some_entry && other.name.starts_with("Modify"))
                && one.resources.iter().all(|it| other.resources.contains(it))
                && other.at <= finding.last_seen
                && finding.since.is_none_or(|since| since <= other.at)
                && (is_some_entry || is_in_a_look(one) || is_in_a_look(other))
        })
    }
}
