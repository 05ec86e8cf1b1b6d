//! Ways to bend a resource of a kind.

use serde_json::{Value, json};

use super::word;
use crate::bend::Edit;

/// One way to bend one property.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bending {
    /// The number becomes another of these.
    Number(&'static str, &'static [u64]),
    /// The text becomes another of these.
    Choice(&'static str, &'static [&'static str]),
    /// The text gets a word at its end.
    Words(&'static str),
    /// The switch is flipped.
    Flip(&'static str),
    /// The value goes away.
    Remove(&'static str),
    /// The list gets this element, given as JSON.
    Element(&'static str, &'static str),
    /// The map gets an entry, or one of its values changes.
    Entry(&'static str),
    /// A tag is added, changed or removed.
    Tag,
    /// The resource goes away.
    Gone,
}

impl Bending {
    /// The edit of a resource with these properties; `None` where it does not apply.
    pub(super) fn edit(self, properties: &Value, rng: &mut fastrand::Rng) -> Option<Edit> {
        let set = |path: &str, value: Value| Edit::Set {
            path: path.to_owned(),
            value,
        };
        match self {
            Self::Number(path, choices) => {
                let old = properties.pointer(path)?;
                let others: Vec<_> = choices.iter().filter(|choice| *old != **choice).collect();
                Some(set(path, (*rng.choice(others)?).into()))
            }
            Self::Choice(path, choices) => {
                let old = properties.pointer(path)?;
                let others: Vec<_> = choices.iter().filter(|choice| *old != **choice).collect();
                Some(set(path, (*rng.choice(others)?).into()))
            }
            Self::Words(path) => {
                let old = properties.pointer(path)?.as_str()?;
                Some(set(path, format!("{old} {}", word(rng)).into()))
            }
            Self::Flip(path) => {
                let old = properties.pointer(path)?.as_bool()?;
                Some(set(path, (!old).into()))
            }
            Self::Remove(path) => properties.pointer(path).map(|_| Edit::Remove {
                path: path.to_owned(),
            }),
            Self::Element(path, element) => Some(Edit::Add {
                path: path.to_owned(),
                value: serde_json::from_str(element).ok()?,
            }),
            Self::Entry(path) => {
                let map = properties.pointer(path)?.as_object()?;
                let key = match rng.bool() {
                    true => rng.choice(map.keys())?.clone(),
                    false => format!("ADDED_{}", word(rng).to_uppercase()),
                };
                let value = format!("by-hand-{}", word(rng));
                Some(set(&format!("{path}/{key}"), value.into()))
            }
            Self::Tag => {
                let tags = properties["Tags"]
                    .as_array()
                    .filter(|tags| !tags.is_empty())?;
                let index = rng.usize(..tags.len());
                Some(match rng.u8(0..3) {
                    0 => Edit::Add {
                        path: "/Tags".to_owned(),
                        value: json!({"Key": format!("by-hand-{}", word(rng)), "Value": word(rng)}),
                    },
                    1 => Edit::Remove {
                        path: format!("/Tags/{index}"),
                    },
                    _ => {
                        let value = format!("by-hand-{}", word(rng));
                        set(&format!("/Tags/{index}/Value"), value.into())
                    }
                })
            }
            Self::Gone => Some(Edit::Delete),
        }
    }
}
