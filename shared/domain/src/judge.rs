//! From what was seen to what is reported: which differences are drift, how bad
//! they are, and what may be shown of them.
//!
//! The rules themselves come from outside ([`Equivalences`] is the catalogue of
//! known non-differences, [`Rules`] the user's policy over the default rules);
//! this module fixes the order in which they speak and how resources are counted.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::attribution::Attribution;
use crate::conceal::{self, HashKey, shorten};
use crate::difference::{Change, Difference, DifferenceKind, RawDifference};
use crate::identity::Identity;
use crate::layer::Layer;
use crate::look::{Aside, Gap, Look, Modified, Observed, Outcome, Pending, Uncovered, Verdict};
use crate::resource::Resource;
use crate::sensitive;
use crate::severity::{Cause, Severity};
use crate::unit::Unit;

/// One difference with all that is known around it, as the catalogue sees it.
/// The values are plain; nothing of them may go into a [`Suppression`].
pub struct Comparison<'a> {
    /// The layer it was seen in.
    pub layer: Layer,
    /// The resource type.
    pub resource_type: &'a str,
    /// The difference.
    pub difference: &'a RawDifference,
    /// All that code says of the resource.
    pub expected: &'a Value,
    /// All that is there.
    pub actual: &'a Value,
}

/// The catalogue's word that a difference is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The rule's name.
    pub rule: &'static str,
    /// Whether the two sides mean the same, or the difference is somebody else's to make.
    pub kind: SuppressionKind,
    /// What the rule recognised, without values.
    pub detail: String,
}

/// The two kinds of catalogue rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SuppressionKind {
    /// Both sides mean the same: counted, and in sync.
    SameMeaning,
    /// Somebody who may made the change: listed as ignored.
    NotOurs,
}

/// The catalogue of known non-differences.
pub trait Equivalences: Send + Sync {
    /// The first rule that recognises the difference, if one does.
    fn recognise(&self, comparison: &Comparison<'_>) -> Option<Suppression>;
}

/// What the user's rules see. The values are already concealed where they are
/// sensitive, so no rule and no error of a rule can leak one.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The layer.
    pub layer: Layer,
    /// The config file's target.
    pub target: &'a str,
    /// What happened to the resource.
    pub change: Change,
    /// The severity decided so far; `None` while it is being decided.
    pub severity: Option<Severity>,
    /// The cause decided so far; `None` while it is being decided.
    pub cause: Option<Cause>,
    /// The resource.
    pub resource: &'a Resource,
    /// The difference's path; `""` for a deleted or added resource.
    pub path: &'a str,
    /// The difference's kind; `removed` for a deleted, `added` for an added resource.
    pub kind: DifferenceKind,
    /// The expected value, concealed where sensitive.
    pub expected: Option<&'a Value>,
    /// The actual value, concealed where sensitive.
    pub actual: Option<&'a Value>,
    /// Who made it, where that was recorded.
    pub attribution: Option<&'a Attribution>,
    /// Whether it was made in a console session.
    pub console: bool,
}

/// What decided a severity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grade {
    /// How urgent.
    pub severity: Severity,
    /// What kind of change.
    pub cause: Cause,
    /// The rule that decided, `severity[0]` or `default: tags`.
    pub rule: String,
}

/// An ignore of the config file that matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoreMatch {
    /// Its place in the file, `ignore[0]`.
    pub rule: String,
    /// The reason it gives.
    pub reason: String,
}

/// The user's policy over the default rules.
pub trait Rules: Send + Sync {
    /// The severity and cause of one difference: the first rule that matches, the user's own first.
    fn grade(&self, facts: &Facts<'_>, notices: &mut Notices) -> Grade;

    /// The first ignore in force at `now` that matches.
    fn ignore(
        &self,
        facts: &Facts<'_>,
        now: Timestamp,
        notices: &mut Notices,
    ) -> Option<IgnoreMatch>;

    /// Whether a value that is sensitive by default may be shown.
    fn show(&self, facts: &Facts<'_>, notices: &mut Notices) -> bool;
}

/// What judging came across besides differences; collected over a whole run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// The rules that matched at least once, `ignore[0]`.
    pub matched: BTreeSet<String>,
    /// The rules that could not be evaluated, with why, once each.
    pub failed: BTreeMap<String, String>,
}

/// One resource that drifted, judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// What makes it that finding.
    pub identity: Identity,
    /// The unit it was seen in.
    pub unit: Unit,
    /// The target that led there.
    pub target: String,
    /// The resource.
    pub resource: Resource,
    /// What happened to it.
    pub change: Change,
    /// The highest severity of its differences.
    pub severity: Severity,
    /// The cause of the difference that decided the severity.
    pub cause: Cause,
    /// The rule that decided the severity.
    pub rule: String,
    /// The differences, sorted by path; empty for a deleted or added resource.
    pub differences: Vec<Difference>,
    /// Who made an added resource, where that was recorded.
    pub attribution: Option<Attribution>,
    /// Whether something of it could not be read, so that there may be more.
    pub is_partial: bool,
}

/// An entry of the report's `ignored` list.
#[derive(Clone, Debug, PartialEq)]
pub struct IgnoredDifference {
    /// The resource.
    pub resource: Resource,
    /// The path of the ignored difference; `None` where the resource as a whole is ignored.
    pub path: Option<String>,
    /// The catalogue rule, or the ignore's place in the file.
    pub rule: String,
    /// What the rule recognised, or the reason the ignore gives.
    pub detail: String,
}

/// A look, judged.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The unit.
    pub unit: Unit,
    /// The target that led there.
    pub target: String,
    /// When the look began.
    pub started_at: Timestamp,
    /// Whether nothing in it is unknown or uncovered as a whole: only then may it close findings.
    pub complete: bool,
    /// The resources that drifted.
    pub sightings: Vec<Sighting>,
    /// What was suppressed as not ours or by the user.
    pub ignored: Vec<IgnoredDifference>,
    /// What should have been compared and was not.
    pub unknown: Vec<(Resource, Gap)>,
    /// What cannot be compared by nature.
    pub uncovered: Vec<(Resource, Uncovered)>,
    /// Where Git is ahead of what was deployed.
    pub pending: Vec<(Resource, Pending)>,
    /// Resources counted by what they came to, each once.
    pub counts: Counts,
    /// How often each same-meaning rule spoke.
    pub equivalences: BTreeMap<String, u64>,
}

/// How many resources came to what; each is counted exactly once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Expected and actual agree, or mean the same.
    pub in_sync: u64,
    /// At least one difference is drift.
    pub drifted: u64,
    /// All differences are suppressed, at least one as ignored.
    pub ignored: u64,
    /// Git is ahead of what was deployed.
    pub pending: u64,
    /// Should have been compared and was not.
    pub unknown: u64,
    /// Cannot be compared by nature.
    pub uncovered: u64,
}

impl Counts {
    fn add(&mut self, standing: Standing) {
        let count = match standing {
            Standing::InSync => &mut self.in_sync,
            Standing::Ignored => &mut self.ignored,
            Standing::Pending => &mut self.pending,
            Standing::Uncovered => &mut self.uncovered,
            Standing::Unknown => &mut self.unknown,
            Standing::Drifted => &mut self.drifted,
        };
        *count += 1;
    }
}

/// What a resource counts as, the strongest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    InSync,
    Ignored,
    Pending,
    Uncovered,
    Unknown,
    Drifted,
}

/// The rules and the key that judge a look.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    /// The catalogue of known non-differences.
    pub catalogue: &'a dyn Equivalences,
    /// The user's policy over the default rules.
    pub rules: &'a dyn Rules,
    /// The key of the ledger's hashes.
    pub key: &'a HashKey,
    /// Now; an ignore past its date is not in force.
    pub now: Timestamp,
}

impl Judge<'_> {
    /// Judges a look. Pure but for `notices`, which only grow.
    pub fn judge(&self, look: Look, notices: &mut Notices) -> Judged {
        let mut judged = Judged {
            unit: look.unit,
            target: look.target,
            started_at: look.started_at,
            complete: false,
            sightings: Vec::new(),
            ignored: Vec::new(),
            unknown: Vec::new(),
            uncovered: Vec::new(),
            pending: Vec::new(),
            counts: Counts::default(),
            equivalences: BTreeMap::new(),
        };
        match look.outcome {
            Outcome::Unknown(resource, gap) => {
                judged.unknown.push((resource, gap));
                judged.counts.add(Standing::Unknown);
            }
            Outcome::Uncovered(resource, uncovered) => {
                judged.uncovered.push((resource, uncovered));
                judged.counts.add(Standing::Uncovered);
            }
            Outcome::Seen(resources) => {
                // What was seen of one resource in two layers stands together, and counts once.
                let mut last: Option<(Resource, Standing)> = None;
                for observed in resources {
                    let resource = observed.resource.clone();
                    let mut standing = self.judge_resource(observed, &mut judged, notices);
                    if let Some((before, counted)) = last.take() {
                        if before == resource {
                            standing = standing.max(counted);
                        } else {
                            judged.counts.add(counted);
                        }
                    }
                    last = Some((resource, standing));
                }
                if let Some((_, counted)) = last {
                    judged.counts.add(counted);
                }
                judged.complete = judged.unknown.is_empty();
            }
        }
        // They are somebody else's words, and may quote what they failed on.
        for (_, gap) in &mut judged.unknown {
            gap.detail = conceal::text(&gap.detail);
        }
        judged
    }

    fn judge_resource(
        &self,
        observed: Observed,
        judged: &mut Judged,
        notices: &mut Notices,
    ) -> Standing {
        let Observed {
            resource,
            identity,
            verdict,
            aside,
        } = observed;
        let beside = self.note_aside(&resource, aside, judged);
        let standing = match verdict {
            Verdict::InSync => Standing::InSync,
            Verdict::Unknown(gap) => {
                judged.unknown.push((resource, gap));
                Standing::Unknown
            }
            Verdict::Uncovered(uncovered) => {
                judged.uncovered.push((resource, uncovered));
                Standing::Uncovered
            }
            Verdict::Deleted => {
                let whole = (Change::Deleted, None);
                self.judge_whole((resource, identity), whole, judged, notices)
            }
            Verdict::Added(who) => {
                self.judge_whole((resource, identity), (Change::Added, who), judged, notices)
            }
            Verdict::Modified(modified) => {
                self.judge_modified((resource, identity), modified, judged, notices)
            }
        };
        standing.max(beside)
    }

    /// Writes down what is no drift, and what a resource with nothing else counts as.
    fn note_aside(&self, resource: &Resource, aside: Aside, judged: &mut Judged) -> Standing {
        let mut standing = Standing::InSync;
        for (rule, times) in aside.same_meaning {
            *judged.equivalences.entry(rule.to_owned()).or_default() += times;
        }
        for it in aside.not_ours {
            standing = standing.max(Standing::Ignored);
            judged.ignored.push(IgnoredDifference {
                resource: resource.clone(),
                path: Some(sensitive::shown_path(&it.path, self.key)),
                rule: it.rule.to_owned(),
                detail: it.detail,
            });
        }
        for mut it in aside.pending {
            standing = standing.max(Standing::Pending);
            it.path = it.path.map(|path| sensitive::shown_path(&path, self.key));
            judged.pending.push((resource.clone(), it));
        }
        standing
    }

    fn judge_whole(
        &self,
        (resource, identity): (Resource, Identity),
        (change, attribution): (Change, Option<Attribution>),
        judged: &mut Judged,
        notices: &mut Notices,
    ) -> Standing {
        let mut facts = Facts {
            layer: identity.layer(),
            target: &judged.target,
            change,
            severity: None,
            cause: None,
            resource: &resource,
            path: "",
            kind: if change == Change::Deleted {
                DifferenceKind::Removed
            } else {
                DifferenceKind::Added
            },
            expected: None,
            actual: None,
            attribution: attribution.as_ref(),
            console: attribution.as_ref().is_some_and(|it| it.console),
        };
        let grade = self.rules.grade(&facts, notices);
        facts.severity = Some(grade.severity);
        facts.cause = Some(grade.cause);
        if let Some(ignore) = self.rules.ignore(&facts, self.now, notices) {
            judged.ignored.push(IgnoredDifference {
                resource,
                path: None,
                rule: ignore.rule,
                detail: ignore.reason,
            });
            return Standing::Ignored;
        }
        judged.sightings.push(Sighting {
            identity,
            unit: judged.unit.clone(),
            target: judged.target.clone(),
            resource,
            change,
            severity: grade.severity,
            cause: grade.cause,
            rule: grade.rule,
            differences: Vec::new(),
            attribution,
            is_partial: false,
        });
        Standing::Drifted
    }

    fn judge_modified(
        &self,
        (resource, identity): (Resource, Identity),
        modified: Modified,
        judged: &mut Judged,
        notices: &mut Notices,
    ) -> Standing {
        let mut graded: Vec<(Difference, String)> = Vec::new();
        let mut ignored_any = false;
        let unread = modified.unread.clone();
        for mut raw in modified.differences {
            let comparison = Comparison {
                layer: identity.layer(),
                resource_type: &resource.kind,
                difference: &raw,
                expected: &modified.expected,
                actual: &modified.actual,
            };
            if let Some(suppression) = self.catalogue.recognise(&comparison) {
                match suppression.kind {
                    SuppressionKind::SameMeaning => {
                        *judged
                            .equivalences
                            .entry(suppression.rule.to_owned())
                            .or_default() += 1;
                    }
                    SuppressionKind::NotOurs => {
                        ignored_any = true;
                        judged.ignored.push(IgnoredDifference {
                            resource: resource.clone(),
                            path: Some(sensitive::shown_path(&raw.path, self.key)),
                            rule: suppression.rule.to_owned(),
                            detail: suppression.detail,
                        });
                    }
                }
                continue;
            }
            let sensitive =
                sensitive::is_sensitive(&resource.kind, &raw, &modified.expected, &modified.actual);
            raw.path = sensitive::shown_path(&raw.path, self.key);
            let found = (identity.layer(), &resource);
            match self.judge_difference(found, (raw, sensitive), judged, notices) {
                Ok(difference) => graded.push(difference),
                Err(ignored) => {
                    ignored_any = true;
                    judged.ignored.push(*ignored);
                }
            }
        }
        graded.sort_by(|(a, _), (b, _)| (&a.path, a.kind).cmp(&(&b.path, b.kind)));
        // The first of the most severe differences speaks for the finding.
        let Some((worst, rule)) = graded
            .iter()
            .rev()
            .max_by_key(|(difference, _)| difference.severity)
        else {
            return match unread {
                Some(gap) => {
                    judged.unknown.push((resource, gap));
                    Standing::Unknown
                }
                None if ignored_any => Standing::Ignored,
                None => Standing::InSync,
            };
        };
        let is_partial = unread.is_some();
        // It is counted as drifted; that there may be more is said beside.
        if let Some(gap) = unread {
            judged.unknown.push((resource.clone(), gap));
        }
        let (severity, cause, rule) = (worst.severity, worst.cause, rule.clone());
        judged.sightings.push(Sighting {
            identity,
            unit: judged.unit.clone(),
            target: judged.target.clone(),
            resource,
            change: Change::Modified,
            severity,
            cause,
            rule,
            differences: graded
                .into_iter()
                .map(|(difference, _)| difference)
                .collect(),
            attribution: None,
            is_partial,
        });
        Standing::Drifted
    }

    /// One difference that the catalogue does not know: concealed, graded, and ignored if the user says so.
    fn judge_difference(
        &self,
        (layer, resource): (Layer, &Resource),
        (raw, sensitive): (RawDifference, bool),
        judged: &Judged,
        notices: &mut Notices,
    ) -> Result<(Difference, String), Box<IgnoredDifference>> {
        let hidden = |value: &Option<Value>| value.as_ref().map(|value| self.key.conceal(value));
        let (mut expected, mut actual) = if sensitive {
            (hidden(&raw.expected), hidden(&raw.actual))
        } else {
            (raw.expected.clone(), raw.actual.clone())
        };
        let mut facts = Facts {
            layer,
            target: &judged.target,
            change: Change::Modified,
            severity: None,
            cause: raw.cause,
            resource,
            path: &raw.path,
            kind: raw.kind,
            expected: expected.as_ref(),
            actual: actual.as_ref(),
            attribution: raw.attribution.as_ref(),
            console: raw.attribution.as_ref().is_some_and(|it| it.console),
        };
        let grade = self.rules.grade(&facts, notices);
        facts.severity = Some(grade.severity);
        facts.cause = Some(grade.cause);
        if let Some(ignore) = self.rules.ignore(&facts, self.now, notices) {
            return Err(Box::new(IgnoredDifference {
                resource: resource.clone(),
                path: Some(raw.path),
                rule: ignore.rule,
                detail: ignore.reason,
            }));
        }
        let shown = sensitive && self.rules.show(&facts, notices);
        if shown {
            (expected, actual) = (raw.expected, raw.actual);
        }
        let difference = Difference {
            entry: raw.entry,
            path: raw.path,
            kind: raw.kind,
            expected: expected.map(shorten),
            actual: actual.map(shorten),
            sensitive: sensitive && !shown,
            potential: raw.potential,
            severity: grade.severity,
            cause: grade.cause,
            attribution: raw.attribution,
        };
        Ok((difference, grade.rule))
    }
}

#[cfg(test)]
mod tests;
