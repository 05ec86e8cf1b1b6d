//! Which rule decides, and why.

use domain::judge::{Facts, Grade};
use domain::severity::{Cause, Severity};
use jiff::Timestamp;
use serde::Serialize;

use super::{Policy, Rule};
use crate::cel::Bindings;
use crate::defaults::{self, RULES};

/// What came of asking a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome", content = "why")]
pub enum Outcome {
    /// It matched.
    Matched,
    /// It did not.
    NotMatched,
    /// It could not be evaluated, and so did not match; why, without values.
    Failed(String),
}

/// One rule that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evaluated {
    /// Its place or name: `severity[0]`, `default: tags`, `ignore[0]`.
    pub rule: String,
    /// Its line in the config file; `None` for a default rule.
    pub line: Option<u64>,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// The ignore that matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IgnoredBy {
    /// Its place, `ignore[0]`.
    pub rule: String,
    /// The reason it gives.
    pub reason: String,
}

/// Why a difference has the severity and cause that it has.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The severity.
    pub severity: Severity,
    /// The cause.
    pub cause: Cause,
    /// The rule that decided.
    pub rule: String,
    /// The ignore in force that matches.
    pub ignored_by: Option<IgnoredBy>,
    /// Whether the floor holds: it is never put straight automatically, whatever its severity.
    pub floor: bool,
    /// The rules that were asked, in their order: severity rules up to the one that decided, then ignores up to the one that matched.
    pub evaluated: Vec<Evaluated>,
}

impl Policy {
    /// Explains what the rules make of a difference.
    #[must_use]
    pub fn explain(&self, facts: &Facts<'_>, now: Timestamp) -> Explanation {
        let mut evaluated = Vec::new();
        let bindings = Bindings::of(facts);
        let (severity, cause, name) = defaults::decide(facts);
        let user = self
            .severity
            .iter()
            .find(|it| ask(&it.rule, &bindings, &mut evaluated));
        let grade = match user {
            Some(user) => user.grade((severity, cause)),
            None => Grade {
                severity,
                cause,
                rule: format!("default: {name}"),
            },
        };
        // What the user's rule leaves out comes from the default rules.
        if !user.is_some_and(|it| it.severity.is_some() && it.cause == Some(grade.cause)) {
            evaluated.extend(default_rules(facts));
        }
        let bindings = Bindings::of(&Facts {
            severity: Some(grade.severity),
            cause: Some(grade.cause),
            ..facts.clone()
        });
        let ignored_by = self
            .ignore
            .iter()
            .filter(|it| it.ignore.in_force(now))
            .find(|it| ask(&it.rule, &bindings, &mut evaluated))
            .map(|it| IgnoredBy {
                rule: it.rule.place.clone(),
                reason: it.ignore.reason.to_string(),
            });
        Explanation {
            severity: grade.severity,
            cause: grade.cause,
            rule: grade.rule,
            ignored_by,
            floor: grade.cause.needs_a_person() && !self.allow_automatic.contains(&grade.cause),
            evaluated,
        }
    }
}

/// Asks a rule and writes down what came of it.
fn ask(rule: &Rule, bindings: &Bindings, evaluated: &mut Vec<Evaluated>) -> bool {
    let outcome = rule.ask(bindings);
    let matched = outcome == Outcome::Matched;
    evaluated.push(Evaluated {
        rule: rule.place.clone(),
        line: Some(rule.line),
        outcome,
    });
    matched
}

/// The default rules up to the one that recognises the difference.
fn default_rules(facts: &Facts<'_>) -> Vec<Evaluated> {
    let mut evaluated = Vec::new();
    for rule in &RULES {
        let matched = (rule.recognise)(facts).is_some();
        evaluated.push(Evaluated {
            rule: format!("default: {}", rule.name),
            line: None,
            outcome: if matched {
                Outcome::Matched
            } else {
                Outcome::NotMatched
            },
        });
        if matched {
            break;
        }
    }
    evaluated
}
