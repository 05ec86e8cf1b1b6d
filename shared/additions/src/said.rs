//! Reading what a template says, whatever it is.

use domain::stack::Declared;
use serde_json::{Map, Value, json};

/// What a property says that should be a text, a number or a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// Nothing.
    Nothing,
    /// This.
    Text(String),
    /// Something that only CloudFormation could resolve, and did not.
    Unclear,
}

impl Said {
    /// Reads one property.
    pub(crate) fn of(value: Option<&Value>) -> Self {
        match value {
            None | Some(Value::Null) => Said::Nothing,
            Some(Value::String(text)) if text.contains("{{resolve:") => Said::Unclear,
            Some(Value::String(text)) if text.trim().is_empty() => Said::Nothing,
            Some(Value::String(text)) => Said::Text(text.trim().to_owned()),
            Some(Value::Number(number)) => Said::Text(number.to_string()),
            Some(Value::Bool(switch)) => Said::Text(switch.to_string()),
            Some(Value::Array(_) | Value::Object(_)) => Said::Unclear,
        }
    }

    /// The text, where there is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Said::Text(text) => Some(text),
            Said::Nothing | Said::Unclear => None,
        }
    }

    /// As a field of an item; what is unclear is an empty object, so that nothing of it is kept.
    pub(crate) fn field(self) -> Option<Value> {
        match self {
            Said::Nothing => None,
            Said::Text(text) => Some(Value::from(text)),
            Said::Unclear => Some(json!({})),
        }
    }
}

/// The properties of a resource; `None` where what it declares cannot be read.
pub(crate) fn properties(declared: &Declared) -> Option<&Map<String, Value>> {
    declared.expected.as_ref().and_then(Value::as_object)
}

/// Whether an object is a function of the template that was not resolved.
pub(crate) fn is_unresolved(object: &Map<String, Value>) -> bool {
    object.len() == 1
        && object
            .keys()
            .any(|name| name == "Ref" || name.starts_with("Fn::"))
}

/// The entries of a property that is a list. Anything else stands for a list of
/// it: a single entry, or something that cannot be read as one.
pub(crate) fn entries(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(entries)) => entries.iter().collect(),
        Some(entry) => vec![entry],
    }
}
