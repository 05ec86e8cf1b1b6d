//! One object's whole decision, as a machine of pure steps.
//!
//! [`Comparing::start`] looks at what Git says and what is there; where that
//! is not enough it asks for a dry run and goes on with its answer. No answer
//! ends anything but the object it is about.
//!
//! An object in rollout is left until it settles only where the rollout can be
//! what differs: all that differs was written by the deployer itself, and the
//! object's controller has not seen it yet. A rollout writes status and other
//! objects, never the fields that Git describes; and a cluster in which
//! controllers are behind, or do not run, must not hide anybody's edit.

mod given;
mod verdict;

use std::collections::BTreeMap;

use domain::difference::DifferenceKind;
use domain::look::{Aside, Gap, NotOurs, Reason, Verdict};
use domain::ports::{ObjectName, Refused};
use serde_json::Value;

use crate::answer::{Answer, decide};
use crate::appliers::Trust;
use crate::autoscaler::{Autoscalers, Target};
use crate::fields::{Writer, writers};
use crate::find::find;
use crate::known::{self, Around, Known};
use crate::meaning::{Meaning, compare};
use crate::normal::{LAST_APPLIED, desired, is_secret, metadata};
use crate::path::Path;
use crate::schema::Node;
use crate::shape::{Extras, Mismatch, mismatches};
use crate::trial::Trial;

/// What a decision needs to know besides the two objects.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// What the cluster says of the kind's fields.
    pub node: Node<'a>,
    /// Whom the user trusts.
    pub trust: &'a Trust,
    /// Who scales what.
    pub autoscalers: &'a Autoscalers,
}

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Nothing: this came out.
    Done(Box<Outcome>),
    /// Ask for a dry run of an apply of this, and call [`Comparing::applied`].
    Apply(Value),
    /// Ask for a dry run of a creation of this, and call [`Comparing::created`].
    Create(ObjectName, Value),
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was found out.
    pub verdict: Verdict,
    /// What was seen that is no drift. Nothing is pending in it.
    pub aside: Aside,
    /// What the server said where it would not put the object right.
    pub refusal: Option<String>,
}

/// What differs at a place.
struct Found {
    path: Path,
    kind: DifferenceKind,
    expected: Option<Value>,
    actual: Option<Value>,
}

impl Found {
    fn of(it: &Mismatch<'_>) -> Self {
        Self {
            path: it.path.clone(),
            kind: it.kind,
            expected: it.expected.cloned(),
            actual: it.actual.cloned(),
        }
    }
}

/// An object that is being compared.
pub struct Comparing {
    name: ObjectName,
    type_name: String,
    target: Target,
    desired: Value,
    live: Value,
    writers: Vec<Writer>,
    last_applied: Option<Value>,
    found: Vec<Found>,
    applied: Option<Value>,
    fresh: Option<Value>,
    trials: Vec<Trial>,
    tries: u8,
    is_potential: bool,
    refusal: Option<String>,
    aside: Aside,
}

impl Comparing {
    /// Begins with a manifest and the live object of the same name, if there is one.
    #[must_use]
    pub fn start(
        context: &Context<'_>,
        name: &ObjectName,
        manifest: &Value,
        live: Option<Value>,
    ) -> (Option<Box<Self>>, Step) {
        let Some(mut live) = live else {
            return (None, Step::done(Verdict::Deleted));
        };
        if let Some(time) = metadata(&live, "deletionTimestamp").as_str() {
            let detail = format!("it is being deleted since {time}");
            let gap = Gap::new(Reason::InMotion, detail);
            return (None, Step::done(Verdict::Unknown(gap)));
        }
        let managed = live
            .get_mut("metadata")
            .and_then(Value::as_object_mut)
            .and_then(|it| it.remove("managedFields"))
            .unwrap_or_default();
        let is_secret = is_secret(&name.kind);
        let namespace = name.namespace.as_deref();
        let last_applied = metadata(&live, "annotations")
            .get(LAST_APPLIED)
            .and_then(Value::as_str)
            .and_then(|it| serde_json::from_str::<Value>(it).ok())
            .map(|it| desired(&it, &name.kind, namespace));
        let mut comparing = Box::new(Self {
            type_name: name.kind.type_name(),
            target: Target {
                group: name.kind.group.clone(),
                kind: name.kind.name.clone(),
                namespace: namespace.unwrap_or_default().to_owned(),
                name: name.name.clone(),
            },
            desired: desired(manifest, &name.kind, namespace),
            writers: writers(&managed, context.trust, is_secret),
            name: name.clone(),
            live,
            last_applied,
            found: Vec::new(),
            applied: None,
            fresh: None,
            trials: Vec::new(),
            tries: 0,
            is_potential: false,
            refusal: None,
            aside: Aside::default(),
        });
        let step = comparing.first(context);
        (Some(comparing), step)
    }

    fn first(&mut self, context: &Context<'_>) -> Step {
        let how = (self.type_name.as_str(), Extras::WithinValues);
        let seen = mismatches(&self.desired, &self.live, context.node, how);
        let found: Vec<Found> = seen.places.iter().map(Found::of).collect();
        count(&mut self.aside, seen.same_meaning);
        self.found = found;
        self.set_aside(context);
        if self.found.is_empty() {
            return self.ownership(context);
        }
        if self.may("patch") {
            return Step::Apply(self.desired.clone());
        }
        self.is_potential = true;
        self.ownership(context)
    }

    /// Goes on with the answer to [`Step::Apply`].
    pub fn applied(&mut self, context: &Context<'_>, answer: Result<Value, Refused>) -> Step {
        let again = self.tries > 0;
        self.tries += 1;
        match decide(answer, again, is_secret(&self.name.kind)) {
            Answer::Again => return Step::Apply(self.desired.clone()),
            Answer::Gone => return Step::done(Verdict::Deleted),
            Answer::Unknown(gap) => return Step::done(Verdict::Unknown(gap)),
            Answer::Confirmed(said) => self.refusal = Some(said),
            Answer::Potential(said) => {
                self.is_potential = true;
                self.refusal = Some(said);
            }
            Answer::Result(result) => self.decide_by(context, result),
        }
        self.ownership(context)
    }

    /// The server's own result decides what differs.
    fn decide_by(&mut self, context: &Context<'_>, result: Value) {
        let how = (self.type_name.as_str(), Extras::Everywhere);
        let seen = mismatches(&result, &self.live, context.node, how);
        let found: Vec<Found> = seen
            .places
            .iter()
            .filter_map(|it| self.in_terms_of_git(it, &context.node))
            .collect();
        let before = std::mem::replace(&mut self.found, found);
        self.set_aside(context);
        if self.found.is_empty() && self.aside.not_ours.is_empty() {
            let times = u64::try_from(before.len()).unwrap_or(u64::MAX);
            count(&mut self.aside, [("server-normalised", times)]);
        }
        self.applied = Some(result);
    }

    /// A difference between what would be and what is, as one between Git and what is. What
    /// Git does not speak of is a difference only within what is one value to the server; elsewhere
    /// it follows from something else, or somebody owns it.
    fn in_terms_of_git(&self, it: &Mismatch<'_>, node: &Node<'_>) -> Option<Found> {
        let mut found = Found::of(it);
        if let Some(expected) = find(&self.desired, node, &it.path) {
            let is_same = it.actual.is_some_and(|actual| {
                it.expected.is_none() && compare(expected, actual, node) != Meaning::Different
            });
            found.kind = match it.actual {
                Some(_) => DifferenceKind::Changed,
                None => DifferenceKind::Removed,
            };
            found.expected = Some(expected.clone());
            return (!is_same).then_some(found);
        }
        if !it.inside || it.actual.is_none() {
            return None;
        }
        found.kind = DifferenceKind::Added;
        found.expected = None;
        Some(found)
    }

    /// Takes out what is known not to be drift.
    fn set_aside(&mut self, context: &Context<'_>) {
        let found = std::mem::take(&mut self.found);
        let mut left = Vec::with_capacity(found.len());
        for it in found {
            let around = self.around(context);
            let (expected, actual) = (it.expected.as_ref(), it.actual.as_ref());
            match known::of_difference(&around, &it.path, expected, actual) {
                None => left.push(it),
                Some(Known::Same(rule)) => count(&mut self.aside, [(rule, 1)]),
                Some(Known::NotOurs(rule, detail)) => {
                    not_ours(&mut self.aside, &it.path, rule, detail);
                }
            }
        }
        self.found = left;
    }

    fn around<'a>(&'a self, context: &Context<'a>) -> Around<'a> {
        Around {
            kind: &self.type_name,
            desired: &self.desired,
            target: &self.target,
            autoscalers: context.autoscalers,
            trust: context.trust,
        }
    }

    fn may(&self, verb: &str) -> bool {
        let verbs = &self.name.kind.verbs;
        verbs.is_empty() || verbs.iter().any(|it| it == verb)
    }
}

impl Step {
    fn done(verdict: Verdict) -> Self {
        Self::Done(Box::new(Outcome {
            verdict,
            aside: Aside::default(),
            refusal: None,
        }))
    }
}

/// Whether two values mean the same in every part.
fn is_same(one: &Value, other: &Value, node: Node<'_>) -> bool {
    let how = ("", Extras::Everywhere);
    mismatches(one, other, node, how).places.is_empty()
}

fn count(aside: &mut Aside, rules: impl IntoIterator<Item = (&'static str, u64)>) {
    for (rule, times) in rules.into_iter().collect::<BTreeMap<_, _>>() {
        if times > 0 {
            *aside.same_meaning.entry(rule).or_default() += times;
        }
    }
}

fn not_ours(aside: &mut Aside, path: &Path, rule: &'static str, detail: String) {
    let path = path.to_string();
    if !aside.not_ours.iter().any(|it| it.path == path) {
        aside.not_ours.push(NotOurs { path, rule, detail });
    }
}
