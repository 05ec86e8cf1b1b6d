//! Questions to the rules outside of a look: for the user's tests of them, and
//! for comparing two policies.

use std::collections::BTreeSet;

use domain::judge::{Facts, Notices, Rules as _};
use jiff::Timestamp;

use super::{Outcome, Policy, Rule};
use crate::cel::Bindings;

impl Policy {
    /// The channels that a finding of this one difference is told to, sorted.
    /// Severity and cause of the facts are the finding's own.
    pub(crate) fn told(&self, facts: &Facts<'_>) -> BTreeSet<&str> {
        if self.routes.is_empty() {
            return self.channels.iter().map(String::as_str).collect();
        }
        let bindings = Bindings::of(facts);
        self.routes
            .iter()
            .filter(|it| it.rule.ask(&bindings) == Outcome::Matched)
            .flat_map(|it| it.to.iter().map(String::as_str))
            .collect()
    }

    /// Whether a sensitive value of the difference is shown.
    pub(crate) fn shows(&self, facts: &Facts<'_>) -> bool {
        self.show(facts, &mut Notices::default())
    }

    /// Whether an ignore in force at `now` matches the difference.
    pub(crate) fn ignores(&self, facts: &Facts<'_>, now: Timestamp) -> bool {
        self.ignore(facts, now, &mut Notices::default()).is_some()
    }

    /// Every condition of the file that compiled.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &::cel::IdedExpr> {
        let severity = self.severity.iter().map(|it| &it.rule);
        let ignore = self.ignore.iter().map(|it| &it.rule);
        let routes = self.routes.iter().map(|it| &it.rule);
        severity
            .chain(ignore)
            .chain(routes)
            .chain(&self.show)
            .filter_map(expression)
    }
}

fn expression(rule: &Rule) -> Option<&::cel::IdedExpr> {
    let compiled = rule.when.as_ref().ok()?;
    Some(compiled.program()?.expression())
}
