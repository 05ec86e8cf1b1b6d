//! Who is told of a finding.

use domain::difference::{Change, Difference, DifferenceKind};
use domain::finding::Finding;
use domain::judge::Facts;
use domain::severity::Cause;

use super::{Outcome, Policy};
use crate::cel::Bindings;

/// Who is told of a finding, and which routes could not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routed {
    /// The channels, by name, each once, in the order in which the routes name them.
    pub channels: Vec<String>,
    /// The routes that could not be evaluated. They matched nothing.
    pub failed: Vec<FailedRoute>,
}

/// A route that could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedRoute {
    /// Its place in the file, `notify.routes[0]`.
    pub place: String,
    /// The file.
    pub file: String,
    /// Its line there.
    pub line: u64,
    /// Why, without any value.
    pub why: String,
}

impl Policy {
    /// The channels that a finding is told to: those of every route that
    /// matches it with one of its differences. Where the file has no routes,
    /// every channel is told everything.
    ///
    /// `finding.severity` and `finding.cause` are the finding's own here, not
    /// those of the difference.
    #[must_use]
    pub fn channels_for(&self, finding: &Finding) -> Routed {
        if self.routes.is_empty() {
            return Routed {
                channels: self.channels.clone(),
                failed: Vec::new(),
            };
        }
        let seen: Vec<Bindings> = match finding.differences.as_slice() {
            [] => vec![Bindings::of(&facts(finding, None))],
            differences => differences
                .iter()
                .map(|it| Bindings::of(&facts(finding, Some(it))))
                .collect(),
        };
        let mut routed = Routed::default();
        for route in &self.routes {
            let mut failure = None;
            let matched = seen.iter().any(|bindings| match route.rule.ask(bindings) {
                Outcome::Matched => true,
                Outcome::NotMatched => false,
                Outcome::Failed(why) => {
                    failure.get_or_insert(why);
                    false
                }
            });
            if matched {
                for channel in &route.to {
                    if !routed.channels.contains(channel) {
                        routed.channels.push(channel.clone());
                    }
                }
            } else if let Some(why) = failure {
                routed.failed.push(FailedRoute {
                    place: route.rule.place.clone(),
                    file: self.file.clone(),
                    line: route.rule.line,
                    why,
                });
            }
        }
        routed
    }
}

/// What a route sees of a finding with one of its differences; of one without any, what the severity rules saw.
fn facts<'f>(finding: &'f Finding, difference: Option<&'f Difference>) -> Facts<'f> {
    let kind = match finding.change {
        Change::Modified => DifferenceKind::Changed,
        Change::Deleted => DifferenceKind::Removed,
        Change::Added => DifferenceKind::Added,
    };
    Facts {
        layer: finding.identity.layer(),
        target: &finding.target,
        change: finding.change,
        severity: Some(finding.severity),
        cause: Some(finding.cause),
        resource: &finding.resource,
        path: difference.map_or("", |it| &it.path),
        kind: difference.map_or(kind, |it| it.kind),
        expected: difference.and_then(|it| it.expected.as_ref()),
        actual: difference.and_then(|it| it.actual.as_ref()),
        attribution: difference
            .and_then(|it| it.attribution.as_ref())
            .or(finding.attribution.as_ref()),
        console: finding.cause == Cause::AwsConsoleChange,
    }
}
