//! What of an object may be shown.

use domain::conceal::HashKey;
use domain::difference::{DifferenceKind, RawDifference};
use domain::sensitive::is_sensitive;
use kubernetes::Path;
use serde_json::{Map, Value};

use super::place::{Step, locate};

/// How much of a keyed hash is shown: enough to tell two values apart.
const SHOWN: usize = "v1:".len() + 12;

/// What decides what of an object is hidden.
#[derive(Clone, Copy)]
pub(super) struct Hiding<'a> {
    /// The object's type, `v1/Secret`.
    pub(super) kind: &'a str,
    /// The key of the hashes that stand for what is hidden.
    pub(super) key: &'a HashKey,
    /// Paths at which something is hidden: all, where nothing in it looks like it.
    pub(super) hidden: &'a [Path],
    /// Paths at which all is shown, since the configuration says so.
    pub(super) shown: &'a [Path],
}

impl Hiding<'_> {
    /// The object with a keyed hash in the place of every sensitive value: equal
    /// values have equal hashes, so that a change shows.
    pub(super) fn apply(&self, object: &Value) -> Value {
        let places = |paths: &[Path]| -> Vec<Vec<Step>> {
            let found = paths.iter().filter_map(|path| locate(object, path));
            found.collect()
        };
        let walk = Walk {
            hiding: self,
            object,
            hidden: places(self.hidden),
            shown: places(self.shown),
        };
        let mut place = (Vec::new(), String::new());
        walk.node(object, &mut place).0
    }

    fn mask(&self, value: &Value) -> Value {
        let hash = self.key.hash(value);
        Value::from(format!("(hidden {})", hash.get(..SHOWN).unwrap_or(&hash)))
    }
}

struct Walk<'a> {
    hiding: &'a Hiding<'a>,
    object: &'a Value,
    hidden: Vec<Vec<Step>>,
    shown: Vec<Vec<Step>>,
}

impl Walk<'_> {
    /// A node as it is shown, and whether anything of it is hidden.
    fn node(&self, value: &Value, place: &mut (Vec<Step>, String)) -> (Value, bool) {
        if self.shown.contains(&place.0) {
            return (value.clone(), false);
        }
        let (shown, is_hidden) = match value {
            Value::Object(map) => {
                let mut any = false;
                let mut shown = Map::new();
                for (key, member) in map {
                    let step = (Step::Key(key.clone()), escaped(key));
                    let (member, hidden) = self.below(member, place, step);
                    any |= hidden;
                    shown.insert(key.clone(), member);
                }
                (Value::Object(shown), any)
            }
            Value::Array(items) => {
                let mut any = false;
                let mut shown = Vec::with_capacity(items.len());
                for (at, item) in items.iter().enumerate() {
                    let step = (Step::Index(at), at.to_string());
                    let (item, hidden) = self.below(item, place, step);
                    any |= hidden;
                    shown.push(item);
                }
                (Value::Array(shown), any)
            }
            scalar => (scalar.clone(), false),
        };
        // What is sensitive only as a whole (a key that is a secret itself) goes as a whole. The
        // object's own root is no value of anything.
        let is_root = place.0.is_empty();
        let has_shown = || self.shown.iter().any(|it| it.starts_with(&place.0));
        let goes = || {
            self.hidden.contains(&place.0)
                || !is_root && !has_shown() && self.is_sensitive(value, &place.1)
        };
        if !is_hidden && goes() {
            (self.hiding.mask(value), true)
        } else {
            (shown, is_hidden)
        }
    }

    fn below(
        &self,
        value: &Value,
        place: &mut (Vec<Step>, String),
        (step, name): (Step, String),
    ) -> (Value, bool) {
        let length = place.1.len();
        place.0.push(step);
        place.1.push('/');
        place.1.push_str(&name);
        let shown = self.node(value, place);
        place.0.pop();
        place.1.truncate(length);
        shown
    }

    fn is_sensitive(&self, value: &Value, pointer: &str) -> bool {
        let difference = RawDifference {
            path: pointer.to_owned(),
            kind: DifferenceKind::Added,
            expected: None,
            actual: Some(value.clone()),
            entry: None,
            potential: false,
            attribution: None,
            cause: None,
        };
        is_sensitive(self.hiding.kind, &difference, self.object, self.object)
    }
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
