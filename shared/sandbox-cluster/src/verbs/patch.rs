//! PATCH.

use serde_json::{Value, json};

use super::write::{bare, with_object};
use super::{On, allowed};
use crate::answer::{Answer, Failure};
use crate::call::Verb;
use crate::fields::check;
use crate::managed::{Managers, Operation, Who, apply, update};
use crate::object::meta;
use crate::patch::{json_patch, merge_patch, strategic};
use crate::state::State;

pub(super) fn patch(state: &mut State, on: On<'_>) -> Result<Answer, Failure> {
    if on.asked.call.is_apply() {
        return server_side(state, on);
    }
    let live = on.live_or_not_found(state)?;
    let patched = on.patched(&live)?;
    let mut patched = patched;
    on.check_body(&mut patched)?;
    let decoded = on.decode(&patched)?;
    let managers = on.managers_after(&live, &decoded.object, &live);
    let changed = on.finish_update(state, (&live, decoded.object), &managers)?;
    Ok(with_object(200, &changed, &decoded.warnings))
}

impl On<'_> {
    /// What a patch that is no apply makes of a value.
    pub(super) fn patched(self, value: &Value) -> Result<Value, Failure> {
        let patch = self.body()?;
        let content_type = self.asked.call.content_type.split(';').next();
        match content_type.unwrap_or_default().trim() {
            "application/merge-patch+json" => Ok(merge_patch(value, &patch)),
            "application/json-patch+json" => json_patch(value, &patch).map_err(|_| {
                // The real server does not say which test failed either.
                let message = "the server rejected our request due to an error in our request";
                Failure::new(422, "Invalid", message)
            }),
            "application/strategic-merge-patch+json" if !self.kind.is_custom() => {
                Ok(strategic(self.kind.node(), value, &patch))
            }
            _ => {
                let message = "415: Unsupported Media Type";
                Err(Failure::new(415, "UnsupportedMediaType", message))
            }
        }
    }

    /// The configuration of an apply, which has to be of its type.
    pub(super) fn configuration(self) -> Result<Value, Failure> {
        if self.asked.call.query("fieldManager").is_empty() {
            let message = "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch";
            return Err(Failure::new(422, "Invalid", message));
        }
        let mut config = self.body()?;
        self.check_body(&mut config)?;
        if !config["metadata"]["managedFields"].is_null() {
            return Err(Failure::bad_request("metadata.managedFields must be nil"));
        }
        let wrong = check(self.kind.node(), &config);
        if wrong.is_empty() {
            return Ok(config);
        }
        let wrong = match wrong.as_slice() {
            [one] => one.clone(),
            all => format!("errors:\n  {}", all.join("\n  ")),
        };
        // The real server fails here, and does not refuse.
        Err(Failure::internal(format!(
            "failed to create typed patch object ({}): {wrong}",
            self.named(&config)
        )))
    }

    /// Object and kind as failures of an apply name them.
    pub(super) fn named(self, object: &Value) -> String {
        let (kind, namespace) = (self.kind, meta(object, "namespace"));
        let group_version = format!("{}/{}", kind.group, kind.version);
        let name = &self.address.name;
        format!("{namespace}/{name}; {group_version}, Kind={}", kind.name)
    }

    pub(super) fn by_force(self) -> bool {
        matches!(self.asked.call.query("force"), "true" | "1")
    }
}

/// Whoever owned fields before there were managers.
const BEFORE: &str = "before-first-apply";

fn server_side(state: &mut State, on: On<'_>) -> Result<Answer, Failure> {
    let config = on.configuration()?;
    let live = on.live(state);
    if live.is_none() {
        allowed(on.asked, Verb::Create, &on.kind.plural)?;
    }
    let (before, mut managers) = match &live {
        Some(live) => (bare(live), Managers::of(live)),
        None => {
            let mut empty = on.kind.empty();
            empty["metadata"]["name"] = on.address.name.clone().into();
            (empty, Managers::default())
        }
    };
    let version = meta(&config, "resourceVersion");
    if !version.is_empty() && version != meta(&before, "resourceVersion") {
        return Err(Failure::modified(on.kind, &on.address.name));
    }
    if managers.0.is_empty() && live.is_some() {
        let who = Who::new(BEFORE, Operation::Update, &on.kind.api_version());
        let change = on.change(who, on.ignored());
        managers = update(&change, (&on.kind.empty(), &before), &managers);
    }
    let change = on.change(on.who(Operation::Apply), on.ignored());
    let applied = apply(&change, (&before, &config), &managers, on.by_force());
    let (mut object, managers) = applied.map_err(|conflicts| conflict(&conflicts))?;
    // An apply that makes an object must not name a version of it, and one that changes it has named it above.
    if let Some(meta) = object["metadata"].as_object_mut() {
        meta.remove("resourceVersion");
    }
    let mut object = on.decode(&object)?.object;
    let Some(live) = live else {
        let created = on.finish_create(state, object, &managers)?;
        return Ok(with_object(201, &created, &[]));
    };
    keep_last_applied(on, &live, &config, &mut object);
    let changed = on.finish_update(state, (&live, object), &managers)?;
    Ok(with_object(200, &changed, &[]))
}

fn conflict(conflicts: &crate::managed::Conflicts) -> Failure {
    let causes: Vec<Value> = conflicts
        .0
        .iter()
        .map(|(who, path)| {
            json!({"reason": "FieldManagerConflict", "message": format!("conflict with {who}"),
                "field": crate::fields::written(path)})
        })
        .collect();
    let mut failure = Failure::new(409, "Conflict", conflicts.message());
    failure.details = json!({"causes": causes});
    failure
}

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// kubectl's applies bring the annotation of its client-side ones up to date.
fn keep_last_applied(on: On<'_>, live: &Value, config: &Value, object: &mut Value) {
    let had = !live["metadata"]["annotations"][LAST_APPLIED].is_null();
    if on.asked.call.manager() == "kubectl" && had {
        let mut last = config.clone();
        let notes = last["metadata"].get_mut("annotations");
        if let Some(notes) = notes.and_then(Value::as_object_mut) {
            notes.remove(LAST_APPLIED);
        }
        object["metadata"]["annotations"][LAST_APPLIED] = format!("{last}\n").into();
    }
}
