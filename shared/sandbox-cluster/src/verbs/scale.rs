//! The scale of a workload, which is an object of its own.

use serde_json::{Value, json};

use super::On;
use super::write::bare;
use crate::admission::only_tried;
use crate::answer::{Answer, Failure};
use crate::call::Verb;
use crate::fields::Set;
use crate::managed::{Change, Managers, Operation, Who, from_scale, to_scale, update};
use crate::object::{meta, prepare_update};
use crate::schema::{Node, Types};
use crate::state::State;

const VERSION: &str = "autoscaling/v1";

pub(super) fn answer(state: &mut State, on: On<'_>) -> Result<Answer, Failure> {
    let live = on.live_or_not_found(state)?;
    let managers = Managers::of(&live);
    let own = to_scale(&managers);
    let before = scale_of(&live);
    let after = match on.asked.call.verb {
        Verb::Update => on.body()?,
        Verb::Patch => on.patched(&before)?,
        _ => return Ok(Answer::json(200, &before)),
    };
    let replicas = match &after["spec"]["replicas"] {
        Value::Null => 0,
        replicas => replicas.as_i64().ok_or_else(|| {
            Failure::bad_request("spec.replicas: the scale has to name a whole number")
        })?,
    };
    only_tried(on.asked.user, on.asked.call, (on.kind, &on.address.name))?;
    let wanted = meta(&after, "resourceVersion");
    if !wanted.is_empty() && wanted != meta(&live, "resourceVersion") {
        return Err(Failure::modified(on.kind, &on.address.name));
    }
    let mut workload = bare(&live);
    workload["spec"]["replicas"] = replicas.into();
    let scale = scale_of(&workload);
    // Nobody owns the replicas, so nobody comes to own them: a scale is not tracked then.
    let managers = if own.0.is_empty() {
        managers
    } else {
        let who = Who::new(on.asked.call.manager(), Operation::Update, VERSION);
        let node = Types::get().named("io.k8s.api.autoscaling.v1.Scale");
        let change = Change {
            node: &node.unwrap_or(Node::Any),
            who: who.of_subresource("scale"),
            api_version: VERSION.to_owned(),
            now: on.now(),
            ignored: Set::of(&[&["status"]]),
        };
        let own = update(&change, (&before, &scale), &own);
        from_scale(&managers, &own, &on.kind.api_version())
    };
    prepare_update(on.kind, &live, &mut workload);
    let changed = on.finish_changed(state, (&live, workload), &managers)?;
    Ok(Answer::json(200, &scale_of(&changed)))
}

fn scale_of(workload: &Value) -> Value {
    let labels = workload["spec"]["selector"]["matchLabels"].as_object();
    let labels = labels.into_iter().flatten();
    let selector: Vec<String> = labels
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
        .collect();
    let from = &workload["metadata"];
    // As Go leaves out a zero, scaling to none takes the replicas from their owner for nobody.
    let spec = match workload["spec"]["replicas"].as_i64() {
        None | Some(0) => json!({}),
        Some(replicas) => json!({"replicas": replicas}),
    };
    json!({
        "kind": "Scale", "apiVersion": VERSION,
        "metadata": {"name": from["name"], "namespace": from["namespace"], "uid": from["uid"],
            "resourceVersion": from["resourceVersion"], "creationTimestamp": from["creationTimestamp"]},
        "spec": spec,
        "status": {"replicas": workload["status"]["replicas"].as_i64().unwrap_or(0), "selector": selector.join(",")},
    })
}
