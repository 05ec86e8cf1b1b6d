//! Server-side apply, and what any other write leaves behind.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Conflicts, Managers, Owned, Who};
use crate::fields::{Comparison, Set, compare, equal, field_set, merge, remove};
use crate::schema::Node;

/// The manager whose applies take over what a client-side apply has left.
const KUBECTL: &str = "kubectl";

/// One write.
#[derive(Clone, Debug)]
pub(crate) struct Change<'a> {
    pub(crate) node: &'a Node,
    pub(crate) who: Who,
    pub(crate) api_version: String,
    pub(crate) now: String,
    /// What cannot be written this way: the status, say.
    pub(crate) ignored: Set,
}

/// Fields that nobody owns.
fn never_owned() -> Set {
    Set::of(&[
        &["apiVersion"],
        &["kind"],
        &["metadata"],
        &["metadata", "name"],
        &["metadata", "namespace"],
        &["metadata", "creationTimestamp"],
        &["metadata", "selfLink"],
        &["metadata", "uid"],
        &["metadata", "clusterName"],
        &["metadata", "generation"],
        &["metadata", "managedFields"],
        &["metadata", "resourceVersion"],
    ])
}

/// Applies a configuration to an object, whose managers are apart from it.
pub(crate) fn apply(
    change: &Change<'_>,
    (live, config): (&Value, &Value),
    managers: &Managers,
    force: bool,
) -> Result<(Value, Managers), Conflicts> {
    match apply_once(change, (live, config), managers, force) {
        Err(conflicts) if change.who.manager == KUBECTL => {
            let own = left_by_client_side(change.node, live);
            let rest = conflicts.0.into_iter().filter(|(_, path)| !own.has(path));
            let rest: Vec<_> = rest.collect();
            if rest.is_empty() {
                apply_once(change, (live, config), managers, true)
            } else {
                Err(Conflicts(rest))
            }
        }
        done => done,
    }
}

/// What the last client-side apply said and is still so.
fn left_by_client_side(node: &Node, live: &Value) -> Set {
    let last = &live["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"];
    let last = last
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok());
    let Some(last) = last else {
        return Set::default();
    };
    let found = compare(node, live, &last);
    let set = field_set(node, &last);
    let set = set.difference(&found.changed).difference(&found.added);
    set.difference(&found.removed)
}

fn apply_once(
    change: &Change<'_>,
    (live, config): (&Value, &Value),
    managers: &Managers,
    force: bool,
) -> Result<(Value, Managers), Conflicts> {
    let mut after = managers.clone();
    let merged = merge(change.node, live, config);
    let last = after.0.get(&change.who).map(|owned| owned.fields.clone());
    let set = field_set(change.node, config).difference_below(&change.ignored);
    let owned = Owned {
        fields: set,
        api_version: change.api_version.clone(),
        time: managers.0.get(&change.who).and_then(|it| it.time.clone()),
    };
    after.0.insert(change.who.clone(), owned);
    let merged = match last {
        Some(last) if !last.is_empty() => prune(change.node, &merged, &after, &last),
        _ => merged,
    };
    let found = compare(change.node, live, &merged).without(&change.ignored);
    take(change, &found, &mut after, force)?;
    if let Some(owned) = after.0.get_mut(&change.who) {
        owned.fields = owned.fields.difference(&never_owned());
    }
    after.drop_empty();
    // The time is that of the last change of the object, not of what is owned: who
    // says only what is so already has none.
    if let Some(owned) = after.0.get_mut(&change.who)
        && !equal(&merged, live)
    {
        owned.time = Some(change.now.clone());
    }
    Ok((merged, after))
}

/// Takes away what this manager no longer says and nobody else does.
fn prune(node: &Node, merged: &Value, managers: &Managers, last: &Set) -> Value {
    let last = last.with_named_fields(node);
    let all = managers.0.values();
    let owned = all.fold(Set::default(), |all, owned| all.union(&owned.fields));
    let owned = owned.with_named_fields(node);
    let merged_set = field_set(node, merged).with_named_fields(node);

    let pruned = remove(node, merged, &last);
    let pruned_set = field_set(node, &pruned).with_named_fields(node);
    let gone = merged_set.difference(&pruned_set.union(&owned));
    let pruned = remove(node, merged, &gone);
    let pruned_set = field_set(node, &pruned).with_named_fields(node);
    let gone = merged_set.difference(&pruned_set).intersection(&last);
    remove(node, merged, &gone)
}

/// Takes from the others what a write has changed or removed.
fn take(
    change: &Change<'_>,
    found: &Comparison,
    managers: &mut Managers,
    force: bool,
) -> Result<(), Conflicts> {
    let touched = found.changed.union(&found.added);
    let mut conflicts = BTreeMap::new();
    for (who, owned) in &managers.0 {
        let both = owned.fields.intersection(&touched);
        if *who != change.who && !both.is_empty() {
            conflicts.insert(who.clone(), both);
        }
    }
    if !force && !conflicts.is_empty() {
        let all = conflicts.into_iter();
        let all = all.flat_map(|(who, set)| {
            let paths = set.paths().into_iter();
            paths.map(move |path| (who.clone(), path))
        });
        return Err(Conflicts(all.collect()));
    }
    for (who, owned) in &mut managers.0 {
        if *who == change.who {
            continue;
        }
        if let Some(lost) = conflicts.get(who) {
            owned.fields = owned.fields.difference(lost);
        }
        owned.fields = owned.fields.difference(&found.removed);
    }
    managers.drop_empty();
    Ok(())
}

/// The managers after a write that is no apply.
pub(crate) fn update(
    change: &Change<'_>,
    (before, after): (&Value, &Value),
    managers: &Managers,
) -> Managers {
    let mut all = managers.clone();
    let found = compare(change.node, before, after).without(&change.ignored);
    let previous = all.0.remove(&change.who);
    // By force: a write that is no apply takes what it changes.
    let _ = take(change, &found, &mut all, true);
    let own = found.changed.union(&found.added);
    let own = own.difference(&never_owned());
    let wrote = !own.is_empty();
    let mut entry = previous.unwrap_or(Owned {
        fields: Set::default(),
        api_version: change.api_version.clone(),
        time: None,
    });
    entry.fields = entry.fields.difference(&found.removed).union(&own);
    if wrote {
        entry.time = Some(change.now.clone());
    }
    all.0.insert(change.who.clone(), entry);
    all.drop_empty();
    all
}
