//! Reads the tables of types, whose form `schemas/meta.txt` explains.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Field, Items, ListRule, Node, Scalar, Struct};

const TABLES: [&str; 7] = [
    include_str!("../../schemas/meta.txt"),
    include_str!("../../schemas/core.txt"),
    include_str!("../../schemas/pod.txt"),
    include_str!("../../schemas/volume.txt"),
    include_str!("../../schemas/workloads.txt"),
    include_str!("../../schemas/network.txt"),
    include_str!("../../schemas/control.txt"),
];

/// Every type, in the order of the tables.
pub(super) fn read() -> Vec<Struct> {
    let names = names();
    let mut types = Vec::with_capacity(names.full.len());
    let mut package = "";
    for line in lines() {
        if let Some(name) = line.strip_prefix("= ") {
            package = name;
        } else if let Some(field) = line.strip_prefix("  ") {
            let own: Option<&mut Struct> = types.last_mut();
            if let (Some(own), Some((name, field))) = (own, read_field(field, package, &names)) {
                own.fields.insert(name, field);
            }
        } else {
            let (name, atomic) = match line.strip_suffix(" @") {
                Some(name) => (name, true),
                None => (line, false),
            };
            types.push(Struct {
                name: format!("{package}.{name}"),
                atomic,
                ..Struct::default()
            });
        }
    }
    types
}

fn lines() -> impl Iterator<Item = &'static str> {
    let lines = TABLES.iter().flat_map(|table| table.lines());
    lines
        .map(str::trim_end)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Where which type is.
struct Names {
    full: BTreeMap<String, usize>,
    short: BTreeMap<&'static str, usize>,
}

fn names() -> Names {
    let mut names = Names {
        full: BTreeMap::new(),
        short: BTreeMap::new(),
    };
    let mut package = "";
    for line in lines() {
        if let Some(name) = line.strip_prefix("= ") {
            package = name;
        } else if !line.starts_with(' ') {
            let name = line.strip_suffix(" @").unwrap_or(line);
            let at = names.full.len();
            names.full.insert(format!("{package}.{name}"), at);
            names.short.entry(name).or_insert(at);
        }
    }
    names
}

fn read_field(line: &str, package: &str, names: &Names) -> Option<(String, Field)> {
    let mut words = line.split(' ');
    let name = words.next()?;
    let mut field = Field {
        node: read_type(words.next()?, package, names),
        required: false,
        always: false,
        pointer: false,
        retain: false,
        default: None,
        own_default: None,
    };
    let mut rule = ListRule::Atomic;
    let mut merge = None;
    while let Some(word) = words.next() {
        match word {
            "!" => field.required = true,
            "*" => field.pointer = true,
            "z" => field.always = true,
            "keep" => field.retain = true,
            "set" => {
                rule = ListRule::Set;
                merge = Some(String::new());
            }
            "by" => {
                let keys = words.next().unwrap_or_default().split(',');
                let keys: Vec<String> = keys.map(str::to_owned).collect();
                merge = keys.first().cloned();
                rule = ListRule::Keyed(keys);
            }
            "merge" => merge = words.next().map(str::to_owned),
            _ => {
                if let Some(default) = word.strip_prefix('=') {
                    field.default = Some(default.into());
                } else if let Some(default) = word.strip_prefix('~') {
                    field.own_default = serde_json::from_str::<Value>(default).ok();
                }
            }
        }
    }
    if let Node::List(items) = &mut field.node {
        items.rule = rule;
        items.merge = merge;
    }
    Some((name.to_owned(), field))
}

fn read_type(word: &str, package: &str, names: &Names) -> Node {
    if let Some(inner) = inside(word, '[', ']') {
        return Node::List(Box::new(Items {
            node: read_type(inner, package, names),
            rule: ListRule::Atomic,
            merge: None,
        }));
    }
    let (word, atomic) = match word.strip_suffix("}@") {
        Some(_) => (&word[..word.len() - 1], true),
        None => (word, false),
    };
    if let Some(inner) = inside(word, '{', '}') {
        return Node::Map {
            values: Box::new(read_type(inner, package, names)),
            atomic,
        };
    }
    let scalar = match word {
        "str" => Scalar::String,
        "int32" => Scalar::Int32,
        "int64" => Scalar::Int64,
        "float" => Scalar::Float,
        "bool" => Scalar::Bool,
        "bytes" => Scalar::Bytes,
        "time" => Scalar::Time,
        "microtime" => Scalar::MicroTime,
        "quantity" => Scalar::Quantity,
        "int-or-string" => Scalar::IntOrString,
        "any" => return Node::Any,
        "json" => return Node::Raw,
        name => {
            let own = names.full.get(&format!("{package}.{name}"));
            // A name that no table has is anything, which a test forbids.
            return match own.or_else(|| names.short.get(name)) {
                Some(at) => Node::Named(*at),
                None => Node::Any,
            };
        }
    };
    Node::Scalar(scalar)
}

fn inside(word: &str, open: char, close: char) -> Option<&str> {
    word.strip_prefix(open)?.strip_suffix(close)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_tables_is_a_type_a_flag_or_a_known_name() {
        let names = names();
        let mut package = "";
        for line in lines() {
            if let Some(name) = line.strip_prefix("= ") {
                package = name;
            }
            let Some(field) = line.strip_prefix("  ") else {
                continue;
            };
            let word = field.split(' ').nth(1).unwrap();
            let inner = word.trim_matches(['[', ']', '{', '}', '@']);
            let node = read_type(inner, package, &names);
            assert!(!matches!(node, Node::Any) || inner == "any", "{line}");
            if let Some((_, default)) = field.split_once('~') {
                assert!(serde_json::from_str::<Value>(default).is_ok(), "{line}");
            }
        }
    }

    #[test]
    fn a_type_has_its_package_s_namesake_before_another_s() {
        let types = read();
        let find = |name: &str| types.iter().find(|it| it.name == name).unwrap();
        let slice = find("io.k8s.api.discovery.v1.EndpointSlice");
        let Node::List(items) = &slice.fields["ports"].node else {
            panic!("a list");
        };
        let Node::Named(at) = items.node else {
            panic!("a type");
        };
        assert_eq!(types[at].name, "io.k8s.api.discovery.v1.EndpointPort");
    }

    #[test]
    fn a_line_tells_keys_defaults_and_flags() {
        let types = read();
        let find = |name: &str| types.iter().find(|it| it.name == name).unwrap();
        let port = &find("io.k8s.api.core.v1.ContainerPort").fields["protocol"];
        assert_eq!(port.default, Some("TCP".into()));
        let container = find("io.k8s.api.core.v1.Container");
        assert!(container.fields["name"].required && container.fields["resources"].always);
        let Node::List(items) = &container.fields["ports"].node else {
            panic!("a list");
        };
        let keys = ["containerPort".to_owned(), "protocol".to_owned()];
        assert_eq!(items.rule, ListRule::Keyed(keys.to_vec()));
        assert_eq!(items.merge.as_deref(), Some("containerPort"));
    }
}
