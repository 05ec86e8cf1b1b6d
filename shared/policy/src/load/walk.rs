//! A tree against a schema: everything unknown, missing or of the wrong kind, in
//! one go. It understands what schemars writes for the types of this package,
//! and nothing more.

use serde_json::{Map, Value};

use super::path::Path;
use super::problem::Problems;
use super::tree::{Is, Node};
use crate::scalar::complaint;
use crate::suggest::{Hint, nearest};

/// Walks a tree along a schema. Gives the tree as JSON without the unknown keys,
/// so that what is left can still be turned into its type.
pub(super) fn walk(schema: &Value, root: &Node, problems: &mut Problems) -> Value {
    Walk {
        root: schema,
        problems,
    }
    .node(schema, root, &Path::root())
}

struct Walk<'s, 'p> {
    root: &'s Value,
    problems: &'p mut Problems,
}

impl<'s> Walk<'s, '_> {
    fn node(&mut self, schema: &'s Value, node: &Node, path: &Path) -> Value {
        let schema = self.resolved(schema);
        let is_null = matches!(node.is, Is::Scalar(Value::Null));
        if let Some(branches) = list(schema, "anyOf") {
            // An optional value is the value or null; the other unions are told apart by their keys.
            let values: Vec<&'s Value> = branches.iter().filter(|it| !allows_null(it)).collect();
            return match values[..] {
                [value] if !is_null => self.node(value, node, path),
                [_] => Value::Null,
                _ => self.branch(branches, node, path),
            };
        }
        if is_null && allows_null(schema) {
            return Value::Null;
        }
        if let Some(names) = self.names(schema) {
            return self.one_of(&names, node, path);
        }
        if schema.get("properties").is_none()
            && let Some(branches) = list(schema, "oneOf")
        {
            return self.branch(branches, node, path);
        }
        match kind(schema) {
            Some("object") => self.object(schema, node, path),
            Some("array") => self.array(schema, node, path),
            Some(scalar) => self.scalar((schema, scalar), node, path),
            None => node.to_json(),
        }
    }

    fn resolved(&self, mut schema: &'s Value) -> &'s Value {
        while let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            match reference
                .strip_prefix('#')
                .and_then(|it| self.root.pointer(it))
            {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    /// The names of an enumeration, however schemars wrote it.
    fn names(&self, schema: &'s Value) -> Option<Vec<&'s str>> {
        if let Some(names) = list(schema, "enum") {
            return Some(names.iter().filter_map(Value::as_str).collect());
        }
        if let Some(name) = schema.get("const").and_then(Value::as_str) {
            return Some(vec![name]);
        }
        let branches = list(schema, "oneOf")?;
        let mut names = Vec::new();
        for branch in branches {
            names.extend(self.names(branch)?);
        }
        Some(names)
    }

    fn one_of(&mut self, names: &[&str], node: &Node, path: &Path) -> Value {
        match &node.is {
            Is::Scalar(Value::String(text)) if names.contains(&text.as_str()) => {}
            Is::Scalar(Value::String(text)) => {
                let hint = nearest(text, names.iter().copied());
                self.problems
                    .at(node.at, path, format!("unknown value {text:?}{hint}"));
            }
            _ => {
                let message = format!(
                    "expected one of {}, found {}",
                    names.join(", "),
                    found(node)
                );
                self.problems.at(node.at, path, message);
            }
        }
        node.to_json()
    }

    /// One of several forms, told apart by their keys.
    fn branch(&mut self, branches: &'s [Value], node: &Node, path: &Path) -> Value {
        let forms: Vec<&'s Value> = branches
            .iter()
            .map(|branch| self.resolved(branch))
            .collect();
        // A form's first required key is what it is called by.
        let called: Vec<&str> = forms
            .iter()
            .filter_map(|form| list(form, "required")?.first()?.as_str())
            .collect();
        let Is::Map(entries) = &node.is else {
            let message = format!(
                "expected a mapping with one of {}, found {}",
                called.join(", "),
                found(node)
            );
            self.problems.at(node.at, path, message);
            return node.to_json();
        };
        let fits = |form: &Value| {
            let known = form.get("properties");
            entries
                .iter()
                .filter(|(_, key, _)| known.is_some_and(|it| it.get(key).is_some()))
                .count()
        };
        let most = forms
            .iter()
            .map(|form| fits(form))
            .max()
            .unwrap_or_default();
        let best: Vec<&'s Value> = forms
            .iter()
            .copied()
            .filter(|form| fits(form) == most)
            .collect();
        match (&best[..], most, &entries[..]) {
            ([form], 1.., _) => self.object(form, node, path),
            (_, 0, [(at, key, _)]) => {
                let hint = nearest(key, called.iter().copied());
                self.problems
                    .at(*at, &path.key(key), format!("unknown key{hint}"));
                node.to_json()
            }
            _ => {
                self.problems.at(
                    node.at,
                    path,
                    format!("needs exactly one of {}", called.join(", ")),
                );
                node.to_json()
            }
        }
    }

    fn object(&mut self, schema: &'s Value, node: &Node, path: &Path) -> Value {
        let Is::Map(entries) = &node.is else {
            self.problems.at(
                node.at,
                path,
                format!("expected a mapping, found {}", found(node)),
            );
            return node.to_json();
        };
        let known = schema.get("properties").and_then(Value::as_object);
        let names = || known.into_iter().flatten().map(|(name, _)| name.as_str());
        let others = schema
            .get("additionalProperties")
            .filter(|it| it.is_object());
        let mut cleaned = Map::new();
        let mut meant = Vec::new();
        for (position, (at, key, value)) in entries.iter().enumerate() {
            let path = path.key(key);
            if let Some((first, ..)) = entries[..position].iter().find(|(_, name, _)| name == key) {
                self.problems.at(
                    *at,
                    &path,
                    format!("is there twice; the first is in line {}", first.line),
                );
                continue;
            }
            match known.and_then(|it| it.get(key)).or(others) {
                Some(schema) => {
                    let value = self.node(schema, value, &path);
                    cleaned.insert(key.clone(), value);
                }
                None => {
                    let hint = nearest(key, names());
                    self.problems.at(*at, &path, format!("unknown key{hint}"));
                    if let Hint::DidYouMean(name) = hint {
                        meant.push(name);
                    }
                }
            }
        }
        for name in list(schema, "required")
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            if !entries.iter().any(|(_, key, _)| key == name) && !meant.iter().any(|it| it == name)
            {
                self.problems
                    .at(node.at, path, format!("{name:?} is missing"));
            }
        }
        Value::Object(cleaned)
    }

    fn array(&mut self, schema: &'s Value, node: &Node, path: &Path) -> Value {
        let Is::List(items) = &node.is else {
            let fix = match &node.is {
                Is::Scalar(Value::Null) => "; write [] or leave the key out",
                Is::Scalar(_) => "; put it in [ ]",
                _ => "",
            };
            self.problems.at(
                node.at,
                path,
                format!("expected a list, found {}{fix}", found(node)),
            );
            return node.to_json();
        };
        let least = schema
            .get("minItems")
            .and_then(Value::as_u64)
            .unwrap_or_default();
        if (items.len() as u64) < least {
            self.problems
                .at(node.at, path, "is empty; it needs at least one entry");
        }
        let Some(of) = schema.get("items") else {
            return node.to_json();
        };
        items
            .iter()
            .enumerate()
            .map(|(index, item)| self.node(of, item, &path.index(index)))
            .collect()
    }

    fn scalar(&mut self, (schema, kind): (&Value, &str), node: &Node, path: &Path) -> Value {
        let json = node.to_json();
        let (fits, wanted) = match kind {
            "string" => (json.is_string(), "text"),
            "boolean" => (json.is_boolean(), "true or false"),
            "integer" => (json.is_u64() || json.is_i64(), "a whole number"),
            _ => (json.is_number(), "a number"),
        };
        if !fits {
            let fix = if kind == "string" && (json.is_number() || json.is_boolean()) {
                "; put it in quotes"
            } else {
                ""
            };
            self.problems.at(
                node.at,
                path,
                format!("expected {wanted}, found {}{fix}", found(node)),
            );
            return json;
        }
        let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
        if let Some(number) = json.as_f64() {
            if let Some(least) = bound("minimum").filter(|least| number < *least) {
                self.problems
                    .at(node.at, path, format!("is less than {least}"));
            }
            if let Some(most) = bound("maximum").filter(|most| number > *most) {
                self.problems
                    .at(node.at, path, format!("is more than {most}"));
            }
        }
        let format = schema.get("format").and_then(Value::as_str);
        if let (Some(check), Some(text)) = (format.and_then(complaint), json.as_str()) {
            match check(text) {
                Ok(None) => {}
                Ok(Some(warning)) => self.problems.warn(node.at, path, warning),
                Err(message) => self.problems.at(node.at, path, message),
            }
        }
        json
    }
}

fn list<'s>(schema: &'s Value, keyword: &str) -> Option<&'s [Value]> {
    schema.get(keyword)?.as_array().map(Vec::as_slice)
}

/// A schema's type; of an optional one (`["string", "null"]`) the type that is not null.
fn kind(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null"),
        _ => None,
    }
}

fn allows_null(schema: &Value) -> bool {
    match schema.get("type") {
        Some(Value::String(kind)) => kind == "null",
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "null"),
        _ => false,
    }
}

/// What a node is, in a word. Never its value: it may be a secret that was put into the wrong place.
fn found(node: &Node) -> &'static str {
    match &node.is {
        Is::Scalar(Value::Null) => "nothing",
        Is::Scalar(Value::Bool(_)) => "true or false",
        Is::Scalar(Value::Number(_)) => "a number",
        Is::Scalar(_) => "text",
        Is::List(_) => "a list",
        Is::Map(_) => "a mapping",
    }
}
