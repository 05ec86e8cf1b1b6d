//! What the server gives by itself: questions to it, and what its answers clear.

use domain::difference::DifferenceKind;
use domain::ports::Refused;
use serde_json::Value;

use super::{Comparing, Context, Step, count, is_same};
use crate::find::{find, find_mut, node_at};
use crate::ownership::{Addition, Additions, Sides, additions};
use crate::trial::Trial;

impl Comparing {
    /// What somebody added, or a question to the server on which that hangs.
    pub(super) fn ownership(&mut self, context: &Context<'_>) -> Step {
        let additions = self.additions(context);
        let is_refused = self.refusal.is_some() && !self.found.is_empty();
        if (!additions.found.is_empty() || is_refused) && self.may("create") {
            return self.ask(&self.desired.clone());
        }
        self.finish(context, additions)
    }

    fn ask(&mut self, object: &Value) -> Step {
        let trial = Trial::of(object, &self.name);
        let step = Step::Create(trial.name.clone(), trial.object.clone());
        self.trials.push(trial);
        step
    }

    fn additions(&self, context: &Context<'_>) -> Additions {
        let sides = Sides {
            live: &self.live,
            writers: &self.writers,
            last_applied: self.last_applied.as_ref(),
            applied: self.applied.as_ref(),
            fresh: self.fresh.as_ref(),
        };
        additions(&self.around(context), context.node, &sides)
    }

    /// Goes on with the answer to [`Step::Create`]. A refusal leaves open what hung on it.
    pub fn created(&mut self, context: &Context<'_>, answer: Result<Value, Refused>) -> Step {
        let is_second = self.trials.len() > 1;
        let result = match (answer, self.trials.last()) {
            (Ok(result), Some(trial)) => Some(trial.restore(result)),
            _ => None,
        };
        if is_second {
            return self.finish_beside(context, result);
        }
        if let Some(fresh) = result {
            self.clear(context, &fresh);
            self.fresh = Some(fresh);
        }
        let additions = self.additions(context);
        // Some defaults follow from what differs: what Git's image or type gets is not what this one gets.
        let moved = self.as_changed(context).filter(|_| self.fresh.is_some());
        match moved {
            Some(moved) if additions.found.iter().any(|it| it.is_field) => self.ask(&moved),
            _ => self.finish(context, additions),
        }
    }

    /// Takes out what the server makes of Git's object by itself. Only without a result of the
    /// apply: that knows better.
    fn clear(&mut self, context: &Context<'_>, fresh: &Value) {
        if self.applied.is_some() {
            return;
        }
        let before = self.found.len();
        self.found.retain(|it| {
            let given = find(fresh, &context.node, &it.path);
            let node = node_at(&context.node, &it.path);
            !matches!((given, &it.actual), (Some(given), Some(actual)) if is_same(given, actual, node))
        });
        let same = u64::try_from(before - self.found.len()).unwrap_or(u64::MAX);
        count(&mut self.aside, [("server-normalised", same)]);
    }

    /// Git's object with the changed values as they are; `None` where no value was changed.
    fn as_changed(&self, context: &Context<'_>) -> Option<Value> {
        let mut object = self.desired.clone();
        let mut is_changed = false;
        for it in &self.found {
            let slot = find_mut(&mut object, &context.node, &it.path);
            if let (DifferenceKind::Changed, Some(slot), Some(actual)) = (it.kind, slot, &it.actual)
            {
                *slot = actual.clone();
                is_changed = true;
            }
        }
        is_changed.then_some(object)
    }

    fn finish_beside(&mut self, context: &Context<'_>, moved: Option<Value>) -> Step {
        let mut additions = self.additions(context);
        if let Some(moved) = moved {
            let is_given = |it: &Addition| {
                let node = node_at(&context.node, &it.path);
                find(&moved, &context.node, &it.path)
                    .is_some_and(|given| is_same(given, &it.actual, node))
            };
            let before = additions.found.len();
            additions.found.retain(|it| !is_given(it));
            let same = u64::try_from(before - additions.found.len()).unwrap_or(u64::MAX);
            count(&mut self.aside, [("server-default", same)]);
        }
        self.finish(context, additions)
    }
}
