//! Who owns which fields of an object.

mod apply;
mod scale;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use crate::fields::{Path, Set, written};

pub(crate) use apply::{Change, apply, update};
pub(crate) use scale::{from_scale, to_scale};

/// How a manager writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// By server-side apply.
    Apply,
    /// By anything else.
    Update,
}

impl Operation {
    fn as_str(self) -> &'static str {
        match self {
            Self::Apply => "Apply",
            Self::Update => "Update",
        }
    }
}

/// Whose an entry of `managedFields` is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Who {
    pub(crate) manager: String,
    pub(crate) operation: Operation,
    /// Empty for those who apply: they have one entry, whatever version they use.
    pub(crate) api_version: String,
    pub(crate) subresource: String,
}

impl Who {
    pub(crate) fn new(manager: &str, operation: Operation, api_version: &str) -> Self {
        Self {
            manager: manager.to_owned(),
            operation,
            api_version: match operation {
                Operation::Apply => String::new(),
                Operation::Update => api_version.to_owned(),
            },
            subresource: String::new(),
        }
    }

    pub(crate) fn of_subresource(mut self, subresource: &str) -> Self {
        subresource.clone_into(&mut self.subresource);
        self
    }
}

/// As messages of conflicts name one.
impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.manager)?;
        if !self.subresource.is_empty() {
            write!(f, " with subresource {:?}", self.subresource)?;
        }
        match self.operation {
            Operation::Apply => Ok(()),
            Operation::Update => write!(f, " using {}", self.api_version),
        }
    }
}

/// What one owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owned {
    pub(crate) fields: Set,
    pub(crate) api_version: String,
    /// When it last changed; entries of a scale have none.
    pub(crate) time: Option<String>,
}

/// The entries of one object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Managers(pub(crate) BTreeMap<Who, Owned>);

impl Managers {
    /// Reads an object's entries; what is no entry is left out.
    pub(crate) fn of(object: &Value) -> Self {
        let entries = object["metadata"]["managedFields"].as_array();
        let entries = entries.into_iter().flatten();
        Self(entries.filter_map(read_entry).collect())
    }

    /// As `managedFields` holds them, in the server's order.
    pub(crate) fn write(&self) -> Value {
        let mut entries: Vec<(&Who, &Owned)> = self.0.iter().collect();
        entries.sort_by_key(|(who, owned)| {
            let whose = (&who.manager, &owned.api_version, &who.subresource);
            (who.operation, &owned.time, whose)
        });
        let write = |(who, owned): &(&Who, &Owned)| {
            let mut entry = json!({
                "manager": who.manager,
                "operation": who.operation.as_str(),
                "apiVersion": owned.api_version,
                "fieldsType": "FieldsV1",
                "fieldsV1": owned.fields.write(),
            });
            if let Some(time) = &owned.time {
                entry["time"] = time.clone().into();
            }
            if !who.subresource.is_empty() {
                entry["subresource"] = who.subresource.clone().into();
            }
            entry
        };
        entries.iter().map(write).collect()
    }

    /// Writes the entries into an object.
    pub(crate) fn put(&self, object: &mut Value) {
        let Some(meta) = object["metadata"].as_object_mut() else {
            return;
        };
        if self.0.is_empty() {
            meta.remove("managedFields");
        } else {
            meta.insert("managedFields".to_owned(), self.write());
        }
    }

    /// Whether both say the same, whenever they said it.
    pub(crate) fn same_fields(&self, other: &Self) -> bool {
        let entries = |of: &Self| {
            let mut entries: Vec<String> =
                of.0.iter()
                    .map(|(who, owned)| {
                        let fields = owned.fields.write();
                        let (name, part) = (&who.manager, &who.subresource);
                        format!(
                            "{name} {:?} {} {part} {fields}",
                            who.operation, owned.api_version
                        )
                    })
                    .collect();
            entries.sort_unstable();
            entries
        };
        entries(self) == entries(other)
    }

    fn drop_empty(&mut self) {
        self.0.retain(|_, owned| !owned.fields.is_empty());
    }
}

fn read_entry(entry: &Value) -> Option<(Who, Owned)> {
    let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    let operation = match entry["operation"].as_str()? {
        "Apply" => Operation::Apply,
        "Update" => Operation::Update,
        _ => return None,
    };
    let who = Who::new(&text("manager"), operation, &text("apiVersion"));
    let owned = Owned {
        fields: Set::read(&entry["fieldsV1"]),
        api_version: text("apiVersion"),
        time: entry["time"].as_str().map(str::to_owned),
    };
    Some((who.of_subresource(&text("subresource")), owned))
}

/// The fields that others own and an apply would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflicts(pub(crate) Vec<(Who, Path)>);

impl Conflicts {
    pub(crate) fn message(&self) -> String {
        if let [(who, path)] = self.0.as_slice() {
            let path = written(path);
            return format!("Apply failed with 1 conflict: conflict with {who}: {path}");
        }
        let mut by_manager: BTreeMap<&Who, Vec<String>> = BTreeMap::new();
        for (who, path) in &self.0 {
            by_manager.entry(who).or_default().push(written(path));
        }
        let mut lines = Vec::new();
        for (who, paths) in by_manager {
            lines.push(format!("conflicts with {who}:"));
            lines.extend(paths.iter().map(|path| format!("- {path}")));
        }
        let count = self.0.len();
        format!("Apply failed with {count} conflicts: {}", lines.join("\n"))
    }
}
