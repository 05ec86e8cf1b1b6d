//! A policy document in a form in which equal documents are equal.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::spelling::{Spelling, normal};

/// The version that a document has which names none.
const OLDEST: &str = "2008-10-17";

/// A policy document.
#[derive(PartialEq)]
pub(crate) struct Policy {
    version: String,
    id: Option<String>,
    /// Sorted: statements are judged together, in no order.
    statements: Vec<Statement>,
}

/// One statement. Lists of names are sets.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Statement {
    sid: Option<String>,
    effect: String,
    /// By element: `Action`, `NotAction`, `Resource`, `NotResource`.
    names: BTreeMap<String, BTreeSet<String>>,
    /// By element (`Principal`, `NotPrincipal`), then by kind of principal.
    principals: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    /// By operator, then by key.
    conditions: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

impl Policy {
    /// Reads a document; `None` where it is none, or has an element that the grammar does not know.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let mut map = value.as_object()?.clone();
        let version = match map.remove("Version") {
            None => OLDEST.to_owned(),
            Some(version) => version.as_str()?.to_owned(),
        };
        let id = match map.remove("Id") {
            None => None,
            Some(id) => Some(id.as_str()?.to_owned()),
        };
        let mut statements = match map.remove("Statement")? {
            Value::Array(items) => items
                .iter()
                .map(Statement::read)
                .collect::<Option<Vec<Statement>>>()?,
            one => vec![Statement::read(&one)?],
        };
        statements.sort_unstable();
        map.is_empty().then_some(Self {
            version,
            id,
            statements,
        })
    }

    /// The document with its condition keys in lower case; `None` where a
    /// condition then says one key twice.
    pub(crate) fn fold_condition_keys(mut self) -> Option<Self> {
        for statement in &mut self.statements {
            for keys in statement.conditions.values_mut() {
                let count = keys.len();
                *keys = std::mem::take(keys)
                    .into_iter()
                    .map(|(key, values)| (folded(&key), values))
                    .collect();
                if keys.len() != count {
                    return None;
                }
            }
        }
        self.statements.sort_unstable();
        Some(self)
    }
}

/// The key in lower case up to where it names something that has a case: a tag,
/// a part of an encryption context, a path of an identity provider.
fn folded(key: &str) -> String {
    let name = key.find('/').or_else(|| {
        let service = key.find(':')? + 1;
        Some(service + key.get(service..)?.find(':')?)
    });
    let (key, name) = key.split_at(name.unwrap_or(key.len()));
    format!("{}{name}", key.to_ascii_lowercase())
}

impl Statement {
    fn read(value: &Value) -> Option<Self> {
        let mut statement = Self {
            sid: None,
            effect: String::new(),
            names: BTreeMap::new(),
            principals: BTreeMap::new(),
            conditions: BTreeMap::new(),
        };
        for (element, value) in value.as_object()? {
            match element.as_str() {
                "Sid" => {
                    statement.sid = Some(value.as_str()?.to_owned()).filter(|sid| !sid.is_empty());
                }
                "Effect" => value.as_str()?.clone_into(&mut statement.effect),
                "Action" | "NotAction" => {
                    let actions = texts(value)?.into_iter();
                    let actions = actions.map(|action| action.to_ascii_lowercase()).collect();
                    statement.names.insert(element.clone(), actions);
                }
                "Resource" | "NotResource" => {
                    statement.names.insert(element.clone(), texts(value)?);
                }
                "Principal" | "NotPrincipal" => {
                    let principals = principals(value)?;
                    statement.principals.insert(element.clone(), principals);
                }
                "Condition" => {
                    for (operator, keys) in value.as_object()? {
                        let keys = sets(keys.as_object()?, scalars)?;
                        statement.conditions.insert(operator.clone(), keys);
                    }
                }
                _ => return None,
            }
        }
        matches!(statement.effect.as_str(), "Allow" | "Deny").then_some(statement)
    }
}

fn principals(value: &Value) -> Option<BTreeMap<String, BTreeSet<String>>> {
    if value.as_str() == Some("*") {
        let everyone = BTreeSet::from(["*".to_owned()]);
        return Some(BTreeMap::from([("AWS".to_owned(), everyone)]));
    }
    let mut principals = sets(value.as_object()?, texts)?;
    if let Some(accounts) = principals.remove("AWS") {
        let accounts = accounts.into_iter().map(account).collect();
        principals.insert("AWS".to_owned(), accounts);
    }
    Some(principals)
}

/// An account's id as the ARN of its root, which means the same.
fn account(principal: String) -> String {
    let is_id = principal.len() == 12 && principal.bytes().all(|byte| byte.is_ascii_digit());
    if is_id {
        format!("arn:aws:iam::{principal}:root")
    } else {
        principal
    }
}

fn sets(
    map: &Map<String, Value>,
    read: impl Fn(&Value) -> Option<BTreeSet<String>>,
) -> Option<BTreeMap<String, BTreeSet<String>>> {
    map.iter()
        .map(|(key, value)| Some((key.clone(), read(value)?)))
        .collect()
}

/// A text or a list of texts.
fn texts(value: &Value) -> Option<BTreeSet<String>> {
    set(value, |item| item.as_str().map(str::to_owned))
}

/// A scalar or a list of scalars, as text.
fn scalars(value: &Value) -> Option<BTreeSet<String>> {
    set(value, |item| match item {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => normal(item, Spelling::Json),
        _ => None,
    })
}

fn set(value: &Value, read: impl Fn(&Value) -> Option<String>) -> Option<BTreeSet<String>> {
    match value {
        Value::Array(items) => items.iter().map(read).collect(),
        one => read(one).map(|one| BTreeSet::from([one])),
    }
}
