//! What is there and Git has not: who put it there, and whether that is drift.
//!
//! A dry run of an apply cannot see what another manager added, so this goes
//! over the live object beside Git's, with the managed fields in hand. A field
//! of a manager that is no applier is drift unless its value is what the server
//! itself would give; what an applier owns and Git has not is not applied yet.

use std::collections::BTreeMap;

use domain::attribution::Attribution;
use serde_json::{Map, Value};

use crate::appliers::Role;
use crate::fields::{Owners, Writer};
use crate::find::{self, find};
use crate::known::{self, Around, Known};
use crate::meaning::{Meaning, compare};
use crate::normal::{is_of_server, present};
use crate::path::{Path, Segment};
use crate::schema::Node;
use crate::shape::{Extras, is_empty_collection, mismatches, parts};

/// Something that is there and that Git has not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Addition {
    /// Where.
    pub(crate) path: Path,
    /// What.
    pub(crate) actual: Value,
    /// Who added it; `None` where nobody knows, or where an applier owns it.
    pub(crate) added_by: Option<Attribution>,
    /// Whether an applier owns it, so that Git was not applied.
    pub(crate) is_behind: bool,
    /// Whether it is a field, which can have a default, and not an entry of a map or list.
    pub(crate) is_field: bool,
    /// Whether it may be no drift, for all that could be asked.
    pub(crate) is_potential: bool,
}

/// What going over an object gave.
#[derive(Debug, Default)]
pub(crate) struct Additions {
    /// What is drift.
    pub(crate) found: Vec<Addition>,
    /// What is somebody else's: where, by which rule, whose.
    pub(crate) not_ours: Vec<(Path, &'static str, String)>,
    /// How often each rule recognised something.
    pub(crate) same_meaning: BTreeMap<&'static str, u64>,
}

/// What is gone over.
pub(crate) struct Sides<'a> {
    /// The live object.
    pub(crate) live: &'a Value,
    /// Who wrote it.
    pub(crate) writers: &'a [Writer],
    /// What client-side apply applied last, where it did.
    pub(crate) last_applied: Option<&'a Value>,
    /// What the object would be after an apply, where that was asked. What an apply takes
    /// away by itself is a consequence of something else that differs.
    pub(crate) applied: Option<&'a Value>,
    /// What the server makes of Git's object, where that was asked and answered.
    pub(crate) fresh: Option<&'a Value>,
}

/// Goes over an object.
pub(crate) fn additions<'a>(
    around: &'a Around<'a>,
    node: Node<'a>,
    sides: &'a Sides<'a>,
) -> Additions {
    let mut walk = Walk {
        around,
        root: node,
        sides,
        out: Additions::default(),
    };
    let place = Place {
        node,
        path: Path::root(),
        owners: Owners::of(sides.writers),
        fresh: sides.fresh,
    };
    walk.both(around.desired, sides.live, &place);
    walk.unowned_replicas();
    walk.out
}

struct Walk<'a> {
    around: &'a Around<'a>,
    root: Node<'a>,
    sides: &'a Sides<'a>,
    out: Additions,
}

struct Place<'a> {
    node: Node<'a>,
    path: Path,
    owners: Owners<'a>,
    fresh: Option<&'a Value>,
}

impl<'a> Place<'a> {
    fn below(&self, segment: &Segment) -> Place<'a> {
        let node = match segment {
            Segment::Key(key) => self.node.child(key),
            _ => self.node.items(),
        };
        let step = Path(vec![segment.clone()]);
        Place {
            node,
            path: self.path.then(segment.clone()),
            owners: self.owners.below(segment),
            fresh: self.fresh.and_then(|it| find(it, &self.node, &step)),
        }
    }
}

impl<'a> Walk<'a> {
    /// Both sides have a value here.
    fn both(&mut self, desired: &Value, live: &Value, place: &Place<'a>) {
        // Where nobody owns anything, nobody added anything.
        if place.owners.is_empty() && !self.is_untracked() || desired == live {
            return;
        }
        match (desired, live) {
            (Value::Object(desired), Value::Object(live)) if !place.node.is_atomic_map() => {
                self.maps(desired, live, place);
            }
            (Value::Array(desired), Value::Array(live)) => {
                let desired = find::members(desired, &place.node);
                let live = find::members(live, &place.node);
                let (Some(desired), Some(live)) = (desired, live) else {
                    return;
                };
                for (segment, value) in live {
                    let below = place.below(&segment);
                    match desired.iter().find(|(it, _)| *it == segment) {
                        Some((_, desired)) => self.both(desired, value, &below),
                        None => self.extra(value, None, &below),
                    }
                }
            }
            _ => {}
        }
    }

    fn maps(&mut self, desired: &Map<String, Value>, live: &Map<String, Value>, place: &Place<'a>) {
        let parent = match place.path.0.as_slice() {
            [] => Some(None),
            [Segment::Key(key)] => Some(Some(key.as_str())),
            _ => None,
        };
        for (key, value) in live {
            if parent.is_some_and(|it| is_of_server(it, key)) {
                continue;
            }
            if desired.get(key) == Some(value) {
                continue;
            }
            let below = place.below(&Segment::Key(key.clone()));
            let is_null = below.node.is_nullable() && desired.contains_key(key);
            match present(desired, key) {
                None if is_null => {}
                Some(desired) => self.both(desired, value, &below),
                None => self.extra(value, place.node.default_of(key), &below),
            }
        }
    }

    /// Only the live object has a value here.
    fn extra(&mut self, live: &Value, default: Option<&Value>, place: &Place<'a>) {
        let owners = &place.owners;
        let is_foreign = owners.has(Role::Foreign) || self.is_untracked();
        let is_applied = owners.has(Role::Applies)
            || owners.has(Role::Updates) && self.was_applied_last(&place.path);
        let is_owned = !owners.is_empty() || self.is_untracked();
        let is_shared = known::is_shared(self.around.kind, &place.path) && is_owned;
        let matters = is_foreign || is_applied || is_shared;
        if live.is_null() || is_empty_collection(live, &place.node) || !matters {
            return;
        }
        if is_shared {
            for (segment, value) in parts(live, &place.node) {
                self.extra(value, None, &place.below(&segment));
            }
            return;
        }
        match known::of_extra(self.around, &place.path, live) {
            Some(Known::Same(rule)) => return self.same(rule),
            Some(Known::NotOurs(rule, whose)) => {
                self.out.not_ours.push((place.path.clone(), rule, whose));
                return;
            }
            None => {}
        }
        let is_default =
            default.is_some_and(|it| compare(it, live, &place.node) != Meaning::Different);
        if is_default || self.is_given(live, place) {
            return self.same("server-default");
        }
        if let Some(fresh) = place.fresh
            && merges(fresh, live, &place.node)
        {
            // The server gives something here, and somebody put more into it.
            for (segment, value) in parts(live, &place.node) {
                let default = match &segment {
                    Segment::Key(key) => place.node.default_of(key),
                    _ => None,
                };
                self.extra(value, default, &place.below(&segment));
            }
            return;
        }
        if is_consequence(self.sides.applied, &self.root, &place.path) {
            return;
        }
        // What an applier owns, it put there, and Git has taken it out since.
        let writer = owners.newest(|role| role == Role::Foreign);
        let writer = writer.filter(|_| !is_applied);
        let is_field = is_field(&place.path, &self.root);
        self.out.found.push(Addition {
            path: place.path.clone(),
            actual: live.clone(),
            added_by: writer.map(Writer::attribution),
            is_behind: writer.is_none() && !self.is_untracked(),
            is_field,
            is_potential: is_field && self.sides.fresh.is_none(),
        });
    }

    /// Whether nobody owns anything of the object. The server writes down who changes it from its first entry
    /// on; an object that was applied with nothing but a name has none, and whoever edits it leaves none.
    fn is_untracked(&self) -> bool {
        self.sides.writers.is_empty()
    }

    /// Whether the server gives the same here by itself.
    fn is_given(&self, live: &Value, place: &Place<'a>) -> bool {
        place.fresh.is_some_and(|fresh| {
            let how = ("", Extras::Everywhere);
            mismatches(fresh, live, place.node, how).places.is_empty()
        })
    }

    fn was_applied_last(&self, path: &Path) -> bool {
        self.sides
            .last_applied
            .is_some_and(|it| find(it, &self.root, path).is_some())
    }

    /// A scale of replicas that nobody owned leaves no entry: other than the
    /// default, and with no autoscaler, somebody scaled.
    fn unowned_replicas(&mut self) {
        let path = Path::root().key("spec").key("replicas");
        let node = self.root.child("spec");
        let Some(default) = node.default_of("replicas").filter(|_| node.is_known()) else {
            return;
        };
        let is_in_git = find(self.around.desired, &self.root, &path).is_some();
        let Some(live) = find(self.sides.live, &self.root, &path).filter(|_| !is_in_git) else {
            return;
        };
        let owners = Owners::of(self.sides.writers).at(&path);
        let is_scaled = self.around.autoscalers.of(self.around.target).is_some();
        if live == default || !owners.is_empty() || is_scaled || self.sides.writers.is_empty() {
            return;
        }
        self.out.found.push(Addition {
            path,
            actual: live.clone(),
            added_by: None,
            is_behind: false,
            is_field: false,
            is_potential: self.around.autoscalers.incomplete,
        });
    }

    fn same(&mut self, rule: &'static str) {
        *self.out.same_meaning.entry(rule).or_default() += 1;
    }
}

/// Whether both are maps or lists that merge entry by entry.
fn merges(one: &Value, other: &Value, node: &Node<'_>) -> bool {
    match (one, other) {
        (Value::Object(_), Value::Object(_)) => !node.is_atomic_map(),
        (Value::Array(one), Value::Array(other)) => {
            find::members(one, node).is_some() && find::members(other, node).is_some()
        }
        _ => false,
    }
}

/// Whether an apply of what Git says takes it away by itself.
fn is_consequence(applied: Option<&Value>, node: &Node<'_>, path: &Path) -> bool {
    applied.is_some_and(|it| find(it, node, path).is_none())
}

/// Whether a place is a field: what is in a free map, a set or a keyed list was put there.
fn is_field(path: &Path, root: &Node<'_>) -> bool {
    let mut node = *root;
    let mut is_free = false;
    for segment in &path.0 {
        (node, is_free) = match segment {
            Segment::Key(key) => (node.child(key), node.is_free_map()),
            _ => (node.items(), true),
        };
    }
    !is_free
}
