//! What is said of an object in the end: its differences, and who made each.

use domain::attribution::Attribution;
use domain::difference::{DifferenceKind, RawDifference};
use domain::look::{Gap, Modified, Reason, Verdict};
use domain::severity::Cause;

use super::{Comparing, Context, Found, Outcome, Step, count, is_same, not_ours};
use crate::appliers::Role;
use crate::fields::Owners;
use crate::find::{find, node_at};
use crate::normal::metadata;
use crate::ownership::{Addition, Additions};

impl Comparing {
    pub(super) fn finish(&mut self, context: &Context<'_>, additions: Additions) -> Step {
        count(&mut self.aside, additions.same_meaning);
        for (path, rule, detail) in additions.not_ours {
            not_ours(&mut self.aside, &path, rule, detail);
        }
        let mut differences: Vec<RawDifference> = std::mem::take(&mut self.found)
            .into_iter()
            .map(|it| self.difference(context, it))
            .collect();
        let added = additions.found.into_iter();
        let is_known = |path: &str| differences.iter().any(|it| it.path == path);
        let added: Vec<RawDifference> = added
            .map(of_addition)
            .filter(|it| !is_known(&it.path))
            .collect();
        differences.extend(added);
        differences.sort_by(|one, other| one.path.cmp(&other.path));
        let verdict = if differences.is_empty() {
            Verdict::InSync
        } else if let Some(gap) = self.in_rollout(&differences) {
            Verdict::Unknown(gap)
        } else {
            Verdict::Modified(Modified {
                differences,
                expected: std::mem::take(&mut self.desired),
                actual: std::mem::take(&mut self.live),
                unread: None,
            })
        };
        let is_drift = matches!(verdict, Verdict::Modified(_));
        Step::Done(Box::new(Outcome {
            verdict,
            aside: std::mem::take(&mut self.aside),
            refusal: self.refusal.take().filter(|_| is_drift),
        }))
    }

    fn difference(&self, context: &Context<'_>, it: Found) -> RawDifference {
        let (attribution, cause) = self.told(context, &it);
        let is_scale = it.path.is(&["spec", "replicas"]);
        RawDifference {
            path: it.path.to_string(),
            kind: it.kind,
            expected: it.expected,
            actual: it.actual,
            entry: None,
            potential: self.is_potential || is_scale && context.autoscalers.incomplete,
            attribution,
            cause,
        }
    }

    /// Who made a difference, or that Git was not applied. A removed key leaves no trace.
    fn told(&self, context: &Context<'_>, it: &Found) -> (Option<Attribution>, Option<Cause>) {
        let last = self.last_applied.as_ref();
        let last = last.map(|object| find(object, &context.node, &it.path));
        if it.kind == DifferenceKind::Removed {
            let never_was = last.is_some_and(|it| it.is_none());
            return (None, never_was.then_some(Cause::NotApplied));
        }
        let owners = Owners::of(&self.writers).at(&it.path);
        // Whoever changes a value takes it from all others: what an applier owns still, it wrote.
        let whole = owners.whole();
        let is_applied = whole.has(Role::Applies) || whole.has(Role::Updates);
        let is_other = |role| matches!(role, Role::Foreign | Role::Controller);
        let writer = owners.newest(is_other).filter(|_| !is_applied);
        if let Some(writer) = writer {
            return (Some(writer.attribution()), None);
        }
        let was_applied_so = last.flatten().is_some_and(|last| {
            it.expected
                .as_ref()
                .is_some_and(|expected| is_same(expected, last, node_at(&context.node, &it.path)))
        });
        // Beside what could not be confirmed, a default may be all that is there.
        let is_open = self.is_potential && it.kind == DifferenceKind::Added;
        let is_behind = is_applied && !was_applied_so && !is_open;
        (None, is_behind.then_some(Cause::NotApplied))
    }

    /// The gap of an object that its deployer wrote and its controller has not seen yet.
    fn in_rollout(&self, differences: &[RawDifference]) -> Option<Gap> {
        let seen = self.live.pointer("/status/observedGeneration")?.as_i64()?;
        let now = metadata(&self.live, "generation").as_i64()?;
        let is_deployers = |it: &RawDifference| it.cause == Some(Cause::NotApplied);
        (seen < now && differences.iter().all(is_deployers)).then(|| {
            let detail =
                format!("generation {now} was written, and {seen} is what its controller saw");
            Gap::new(Reason::InMotion, detail)
        })
    }
}

fn of_addition(it: Addition) -> RawDifference {
    let cause = it.is_behind.then_some(Cause::NotApplied);
    RawDifference {
        path: it.path.to_string(),
        kind: DifferenceKind::Added,
        expected: None,
        actual: Some(it.actual),
        entry: None,
        potential: it.is_potential,
        attribution: it.added_by,
        cause,
    }
}
