//! What a rule sees of a difference.

use std::collections::HashMap;
use std::sync::Arc;

use cel::objects::{Key, Map};
use cel::{Context, Value};
use domain::conceal::canonical;
use domain::judge::Facts;
use serde_json::Value as Json;

use super::LARGEST_VALUE;

/// The variables and their fields, exactly as the config file's reference lists them.
pub(crate) const VARIABLES: [(&str, &[&str]); 4] = [
    (
        "finding",
        &["layer", "target", "change", "severity", "cause"],
    ),
    (
        "resource",
        &[
            "type",
            "id",
            "name",
            "account",
            "region",
            "stack",
            "cluster",
            "namespace",
        ],
    ),
    ("difference", &["path", "kind", "expected", "actual"]),
    ("attribution", &["who", "how", "console"]),
];

/// The facts as CEL values; made once per difference and asked by every rule.
pub(crate) struct Bindings(Vec<(&'static str, Value)>);

impl Bindings {
    pub(crate) fn of(facts: &Facts<'_>) -> Self {
        let text = |text: &str| Value::from(text);
        let or_empty = |value: &Option<String>| Value::from(value.as_deref().unwrap_or_default());
        let resource = facts.resource;
        let finding = vec![
            ("layer", text(facts.layer.as_str())),
            ("target", text(facts.target)),
            ("change", text(facts.change.as_str())),
            (
                "severity",
                text(facts.severity.map_or("", |it| it.as_str())),
            ),
            ("cause", text(facts.cause.map_or("", |it| it.as_str()))),
        ];
        let resource = vec![
            ("type", text(&resource.kind)),
            ("id", text(&resource.id)),
            ("name", text(&resource.name)),
            ("account", or_empty(&resource.account)),
            ("region", or_empty(&resource.region)),
            ("stack", or_empty(&resource.stack)),
            ("cluster", or_empty(&resource.cluster)),
            ("namespace", or_empty(&resource.namespace)),
        ];
        let mut difference = vec![
            ("path", text(facts.path)),
            ("kind", text(facts.kind.as_str())),
        ];
        for (name, value) in [("expected", facts.expected), ("actual", facts.actual)] {
            match value {
                None => difference.push((name, Value::Null)),
                Some(value) if is_small(value) => difference.push((name, converted(value))),
                Some(_) => {}
            }
        }
        let (who, how) = facts
            .attribution
            .map_or(("", ""), |it| (it.who.as_str(), it.how.as_str()));
        let attribution = vec![
            ("who", text(who)),
            ("how", text(how)),
            ("console", Value::Bool(facts.console)),
        ];
        Self(vec![
            ("finding", record(finding)),
            ("resource", record(resource)),
            ("difference", record(difference)),
            ("attribution", record(attribution)),
        ])
    }

    pub(super) fn bind(&self, context: &mut Context<'_, '_>) {
        for (name, value) in &self.0 {
            context.add_variable_from_value(*name, value.clone());
        }
    }
}

fn is_small(value: &Json) -> bool {
    match value {
        Json::String(text) => text.len() <= LARGEST_VALUE,
        Json::Array(_) | Json::Object(_) => canonical(value).len() <= LARGEST_VALUE,
        _ => true,
    }
}

fn record(fields: Vec<(&str, Value)>) -> Value {
    let map: HashMap<Key, Value> = fields
        .into_iter()
        .map(|(name, value)| (Key::from(name), value))
        .collect();
    Value::Map(Map { map: Arc::new(map) })
}

/// Whole numbers are `int` in CEL, so that `difference.actual == 2` holds.
fn converted(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(it) => Value::Bool(*it),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(int), _) => Value::Int(int),
            (None, Some(uint)) => Value::UInt(uint),
            (None, None) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::List(Arc::new(items.iter().map(converted).collect())),
        Json::Object(map) => record(
            map.iter()
                .map(|(name, value)| (name.as_str(), converted(value)))
                .collect(),
        ),
    }
}
