//! Reading the template, and breaking it.

use std::{fs, path::PathBuf};

use serde_json::{Map, Value};

use super::yaml;

/// The functions by their logical ids, with their folders.
pub(super) const FUNCTIONS: [(&str, &str); 8] = [
    ("DriftScan", "drift-scan"),
    ("StackDrift", "stack-drift"),
    ("ClusterDrift", "cluster-drift"),
    ("ConfigChange", "config-change"),
    ("Publish", "publish"),
    ("Clock", "clock"),
    ("Notify", "notify"),
    ("ImagePush", "image-push"),
];

/// Those that a queue feeds; the rest is fed by schedules and the stream.
pub(super) const FED_BY_QUEUE: [&str; 5] = [
    "StackDrift",
    "ClusterDrift",
    "ConfigChange",
    "Notify",
    "ImagePush",
];

/// What is wrong with a template, one sentence each.
pub(super) type Complaints = Vec<String>;

/// A rule that a template must keep.
pub(super) type Check = fn(&Template) -> Complaints;

/// The repository's root.
pub(super) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A parsed template.
#[derive(Clone, Debug)]
pub(super) struct Template(pub(super) Value);

impl Template {
    /// The template in `infra/`.
    pub(super) fn of(file: &str) -> Self {
        let path = root().join("infra").join(file);
        Self(yaml::parse(
            &fs::read_to_string(path).expect("the template"),
        ))
    }

    /// The template that `sam deploy` deploys.
    pub(super) fn deployed() -> Self {
        Self::of("template.yaml")
    }

    /// What lies at a JSON pointer; null when nothing does.
    pub(super) fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// A property of a resource by its path; null when it is not set.
    pub(super) fn property(&self, resource: &str, path: &str) -> &Value {
        self.at(&format!("/Resources/{resource}/Properties/{path}"))
    }

    /// A property of a function, with what `Globals` sets for all.
    pub(super) fn function(&self, name: &str, path: &str) -> &Value {
        match self.property(name, path) {
            Value::Null => self.at(&format!("/Globals/Function/{path}")),
            own => own,
        }
    }

    /// The logical ids of all resources of a type.
    pub(super) fn of_type(&self, kind: &str) -> Vec<&str> {
        map(self.at("/Resources"))
            .iter()
            .filter(|(_, resource)| resource["Type"] == kind)
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// This template with something else at a JSON pointer, whose parent exists; null removes it.
    pub(super) fn with(&self, pointer: &str, value: Value) -> Self {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer with a parent");
        let mut changed = self.clone();
        let place = changed
            .0
            .pointer_mut(parent)
            .unwrap_or_else(|| panic!("{parent} is not in the template"));
        match place {
            Value::Object(map) if value.is_null() => {
                drop(map.remove(key).expect("something to remove"))
            }
            Value::Object(map) => drop(map.insert(key.to_owned(), value)),
            Value::Array(list) if value.is_null() => {
                drop(list.remove(key.parse().expect("an index")))
            }
            Value::Array(list) if key == "-" => list.push(value),
            Value::Array(list) => list[key.parse::<usize>().expect("an index")] = value,
            _ => panic!("{parent} has no members"),
        }
        changed
    }
}

/// The members of an object; none when it is none.
pub(super) fn map(value: &Value) -> &Map<String, Value> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    value.as_object().unwrap_or(&NONE)
}

/// A list, or the one value that stands for a list of one.
pub(super) fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

/// The resource that `!Ref X` or `!GetAtt X.…` names.
pub(super) fn target(value: &Value) -> Option<&str> {
    value["Ref"]
        .as_str()
        .or_else(|| value["Fn::GetAtt"][0].as_str())
}

/// The check finds nothing in the template, and every broken one gets a complaint that holds the given words.
pub(super) fn holds_and_notices(template: &Template, check: Check, broken: &[(&str, Value, &str)]) {
    assert_eq!(check(template), Complaints::new());
    for (pointer, value, words) in broken {
        let complaints = check(&template.with(pointer, value.clone()));
        assert!(
            complaints.iter().any(|c| c.contains(words)),
            "with {value} at {pointer} no complaint says {words:?}, only {complaints:?}"
        );
    }
}
