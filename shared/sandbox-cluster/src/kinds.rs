//! The kinds that are served.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::schema::{Node, Types, node_of};

/// Where a kind's schema comes from.
#[derive(Clone, Debug)]
pub(crate) enum Model {
    /// The tables, under this name.
    Table(String),
    /// A CustomResourceDefinition's `openAPIV3Schema`.
    Custom(Value),
}

/// A kind of objects in one version.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) name: String,
    pub(crate) plural: String,
    pub(crate) singular: String,
    pub(crate) list_name: String,
    pub(crate) short: Vec<String>,
    pub(crate) categories: Vec<String>,
    pub(crate) namespaced: bool,
    pub(crate) status: bool,
    pub(crate) scale: bool,
    /// Whether it has a generation.
    pub(crate) counted: bool,
    /// Whether its objects are stored in this version.
    pub(crate) stored: bool,
    pub(crate) model: Model,
    node: Arc<Node>,
}

impl Kind {
    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// `v1`, `apps/v1`.
    pub(crate) fn api_version(&self) -> String {
        match self.group.as_str() {
            "" => self.version.clone(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// `deployments.apps`, as messages name it.
    pub(crate) fn resource(&self) -> String {
        qualified(&self.plural, &self.group)
    }

    /// `Deployment.apps`, as messages of refused values name it.
    pub(crate) fn qualified(&self) -> String {
        qualified(&self.name, &self.group)
    }

    pub(crate) fn is_custom(&self) -> bool {
        matches!(self.model, Model::Custom(_))
    }

    /// What of all kinds tells this one's objects apart.
    pub(crate) fn key(&self) -> (String, String) {
        (self.group.clone(), self.plural.clone())
    }

    /// Whether it is this kind of this group.
    pub(crate) fn is(&self, group: &str, name: &str) -> bool {
        self.group == group && self.name == name
    }

    /// What Go would hold before anything is set; a custom resource holds nothing.
    pub(crate) fn empty(&self) -> Value {
        let mut object = match self.model {
            Model::Table(_) => self.node.zero(),
            Model::Custom(_) => serde_json::json!({}),
        };
        object["apiVersion"] = self.api_version().into();
        object["kind"] = self.name.clone().into();
        object
    }
}

fn qualified(name: &str, group: &str) -> String {
    match group {
        "" => name.to_owned(),
        group => format!("{name}.{group}"),
    }
}

/// The kinds that every cluster has.
pub(crate) fn built_in() -> Vec<Arc<Kind>> {
    static KINDS: OnceLock<Vec<Arc<Kind>>> = OnceLock::new();
    let read = || {
        let lines = include_str!("../schemas/kinds.txt").lines();
        let lines = lines.filter(|line| !line.starts_with('#'));
        lines.filter_map(read_kind).map(Arc::new).collect()
    };
    KINDS.get_or_init(read).clone()
}

fn read_kind(line: &str) -> Option<Kind> {
    let mut words = line.split(' ');
    let api_version = words.next()?;
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let (name, plural) = (words.next()?, words.next()?);
    let flags: Vec<&str> = words.collect();
    let has = |flag: &str| flags.contains(&flag);
    let short = flags.iter().find_map(|flag| flag.strip_prefix("short="));
    let model = type_name(group, version, name);
    Some(Kind {
        node: Arc::new(Types::get().named(&model).unwrap_or(Node::Any)),
        model: Model::Table(model),
        group: group.to_owned(),
        version: version.to_owned(),
        name: name.to_owned(),
        plural: plural.to_owned(),
        singular: name.to_lowercase(),
        list_name: format!("{name}List"),
        short: short.map_or(Vec::new(), |short| {
            short.split(',').map(str::to_owned).collect()
        }),
        categories: if has("all") {
            vec!["all".to_owned()]
        } else {
            Vec::new()
        },
        namespaced: has("namespaced"),
        status: has("status"),
        scale: has("scale"),
        counted: has("counted"),
        stored: !(group == "autoscaling" && version == "v1"),
    })
}

/// The full name of a kind's type in the tables.
fn type_name(group: &str, version: &str, kind: &str) -> String {
    if group == "apiextensions.k8s.io" {
        return format!("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.{version}.{kind}");
    }
    let package = match group {
        "" => "core",
        group => group.split('.').next().unwrap_or(group),
    };
    format!("io.k8s.api.{package}.{version}.{kind}")
}

/// The kinds that a CustomResourceDefinition serves, a version each.
pub(crate) fn custom(definition: &Value) -> Vec<Arc<Kind>> {
    let spec = &definition["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let texts = |value: &Value| -> Vec<String> {
        let values = value.as_array().into_iter().flatten();
        values.map(text).collect()
    };
    let versions = spec["versions"].as_array().into_iter().flatten();
    let served = versions.filter(|version| version["served"] == true);
    let kinds = served.map(|version| {
        let names = &spec["names"];
        let schema = version["schema"]["openAPIV3Schema"].clone();
        let subresources = &version["subresources"];
        Arc::new(Kind {
            group: text(&spec["group"]),
            version: text(&version["name"]),
            name: text(&names["kind"]),
            plural: text(&names["plural"]),
            singular: text(&names["singular"]),
            list_name: text(&names["listKind"]),
            short: texts(&names["shortNames"]),
            categories: texts(&names["categories"]),
            namespaced: spec["scope"] == "Namespaced",
            status: subresources["status"].is_object(),
            scale: false,
            counted: true,
            stored: version["storage"] == true,
            node: Arc::new(node_of(&schema)),
            model: Model::Custom(schema),
        })
    });
    kinds.collect()
}

/// The kinds by how they are asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kinds {
    all: BTreeMap<(String, String, String), Arc<Kind>>,
}

impl Kinds {
    pub(crate) fn add(&mut self, kinds: Vec<Arc<Kind>>) {
        for kind in kinds {
            let at = (
                kind.group.clone(),
                kind.version.clone(),
                kind.plural.clone(),
            );
            self.all.insert(at, kind);
        }
    }

    /// Takes away what a CustomResourceDefinition served.
    pub(crate) fn remove(&mut self, group: &str, plural: &str) {
        self.all
            .retain(|(of, _, name), _| of != group || name != plural);
    }

    pub(crate) fn find(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Kind>> {
        let at = (group.to_owned(), version.to_owned(), plural.to_owned());
        self.all.get(&at).cloned()
    }

    /// The kind of an object, by what its manifest says.
    pub(crate) fn of(&self, api_version: &str, name: &str) -> Option<Arc<Kind>> {
        let mut all = self.all.values();
        all.find(|kind| kind.name == name && kind.api_version() == api_version)
            .cloned()
    }

    /// The version in which a kind's objects are stored.
    pub(crate) fn stored(&self, kind: &Kind) -> Option<Arc<Kind>> {
        let mut all = self.all.values();
        all.find(|it| it.stored && it.group == kind.group && it.plural == kind.plural)
            .cloned()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Kind>> {
        self.all.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_type_in_the_tables() {
        for kind in built_in() {
            assert!(matches!(kind.node(), Node::Named(_)), "{}", kind.name);
        }
    }
}
