//! The ways in which a resource's properties are bent.

use serde_json::{Map, Value, json};

use super::{Difference, DifferenceKind, word};

/// One way to bend one property.
#[derive(Debug, Clone, Copy)]
pub(super) enum Edit {
    /// The number at this pointer becomes another of these.
    Number(&'static str, &'static [u64]),
    /// The text at this pointer becomes another of words.
    Text(&'static str),
    /// The text at this pointer becomes another of these.
    Choice(&'static str, &'static [&'static str]),
    /// The switch at this pointer is flipped.
    Switch(&'static str),
    /// The property at this pointer is taken away.
    Removal(&'static str),
    /// The map at this pointer gets an entry, loses one, or has one changed.
    Entry(&'static str),
    /// The tag list gets an element, loses one, or has one changed.
    Tag,
}

impl Edit {
    /// Bends `live`, and tells what a comparison with the template must show.
    pub(super) fn perform(
        self,
        live: &mut Map<String, Value>,
        rng: &mut fastrand::Rng,
    ) -> Option<Difference> {
        let mut root = Value::Object(std::mem::take(live));
        let difference = self.perform_on(&mut root, rng);
        if let Value::Object(map) = root {
            *live = map;
        }
        difference
    }

    fn perform_on(self, live: &mut Value, rng: &mut fastrand::Rng) -> Option<Difference> {
        match self {
            Self::Number(path, choices) => {
                let old = live.pointer(path)?.clone();
                let others: Vec<_> = choices
                    .iter()
                    .copied()
                    .filter(|choice| json!(choice) != old)
                    .collect();
                change(live, path, json!(others[rng.usize(..others.len())]))
            }
            Self::Text(path) => {
                let old = live.pointer(path)?.as_str()?;
                let new = format!("{old} {}", word(rng));
                change(live, path, new.into())
            }
            Self::Choice(path, choices) => {
                let old = live.pointer(path)?.clone();
                let others: Vec<_> = choices
                    .iter()
                    .copied()
                    .filter(|choice| old != *choice)
                    .collect();
                change(live, path, others[rng.usize(..others.len())].into())
            }
            Self::Switch(path) => {
                let old = live.pointer(path)?.as_bool()?;
                change(live, path, (!old).into())
            }
            Self::Removal(path) => {
                let old = live.as_object_mut()?.remove(path.trim_start_matches('/'))?;
                Some(removed(path.to_owned(), old))
            }
            Self::Entry(path) => entry(live, path, rng),
            Self::Tag => tag(live, rng),
        }
    }
}

fn entry(live: &mut Value, path: &str, rng: &mut fastrand::Rng) -> Option<Difference> {
    let map = live.pointer_mut(path)?.as_object_mut()?;
    let keys: Vec<_> = map.keys().cloned().collect();
    let chosen = keys[rng.usize(..keys.len())].clone();
    match rng.u8(0..3) {
        0 => {
            let (name, value) = (
                format!("ADDED_{}", word(rng).to_uppercase()),
                Value::from(word(rng)),
            );
            map.insert(name.clone(), value.clone());
            Some(added(format!("{path}/{name}"), value))
        }
        // The last entry stays: an empty map and a missing one are not told apart by every service.
        1 if map.len() > 1 => {
            let old = map.remove(&chosen)?;
            Some(removed(format!("{path}/{chosen}"), old))
        }
        _ => {
            let new = format!("{}-{}", map[&chosen].as_str()?, word(rng));
            change(live, &format!("{path}/{chosen}"), new.into())
        }
    }
}

fn tag(live: &mut Value, rng: &mut fastrand::Rng) -> Option<Difference> {
    let tags = live.get_mut("Tags")?;
    if tags.is_object() {
        return entry(live, "/Tags", rng);
    }
    let tags = tags.as_array_mut()?;
    let chosen = rng.usize(..tags.len());
    match rng.u8(0..3) {
        0 => {
            let element = json!({"Key": format!("added-{}", word(rng)), "Value": word(rng)});
            tags.push(element.clone());
            Some(added(format!("/Tags/{}", tags.len() - 1), element))
        }
        1 if tags.len() > 1 => {
            let old = tags.remove(chosen);
            Some(removed(format!("/Tags/{chosen}"), old))
        }
        _ => {
            let new = format!("{}-{}", tags[chosen]["Value"].as_str()?, word(rng));
            change(live, &format!("/Tags/{chosen}/Value"), new.into())
        }
    }
}

fn change(live: &mut Value, path: &str, new: Value) -> Option<Difference> {
    let slot = live.pointer_mut(path)?;
    let old = std::mem::replace(slot, new.clone());
    Some(Difference {
        path: path.to_owned(),
        kind: DifferenceKind::Changed,
        expected: Some(old),
        actual: Some(new),
    })
}

fn added(path: String, value: Value) -> Difference {
    Difference {
        path,
        kind: DifferenceKind::Added,
        expected: None,
        actual: Some(value),
    }
}

fn removed(path: String, value: Value) -> Difference {
    Difference {
        path,
        kind: DifferenceKind::Removed,
        expected: Some(value),
        actual: None,
    }
}
