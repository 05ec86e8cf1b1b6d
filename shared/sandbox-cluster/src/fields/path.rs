//! One step of a path, as `fieldsV1` writes it.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// A step from a value to one inside of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    /// A field or a map's key.
    Field(String),
    /// The item of a list with these fields; the values are JSON.
    Key(BTreeMap<String, String>),
    /// The item of a list with this value, which is JSON.
    Value(String),
}

/// Steps from the object on.
pub(crate) type Path = Vec<Step>;

impl Step {
    pub(crate) fn field(name: &str) -> Self {
        Self::Field(name.to_owned())
    }

    /// `f:spec`, `k:{"name":"app"}`, `v:"x"`.
    pub(crate) fn write(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Key(keys) => {
                let keys = keys
                    .iter()
                    .map(|(name, value)| format!("{}:{value}", Value::from(name.as_str())));
                format!("k:{{{}}}", keys.collect::<Vec<_>>().join(","))
            }
            Self::Value(value) => format!("v:{value}"),
        }
    }

    /// The reverse of `write`; `None` for what is no step.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (letter, rest) = text.split_once(':')?;
        match letter {
            "f" => Some(Self::field(rest)),
            "k" => {
                let keys: BTreeMap<String, Value> = serde_json::from_str(rest).ok()?;
                let keys = keys.into_iter();
                Some(Self::Key(
                    keys.map(|(name, value)| (name, value.to_string()))
                        .collect(),
                ))
            }
            "v" => Some(Self::Value(
                serde_json::from_str::<Value>(rest).ok()?.to_string(),
            )),
            _ => None,
        }
    }
}

/// As messages write it: `.spec`, `[name="app"]`, `[="x"]`.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Key(keys) => {
                let keys = keys.iter().map(|(name, value)| format!("{name}={value}"));
                write!(f, "[{}]", keys.collect::<Vec<_>>().join(","))
            }
            Self::Value(value) => write!(f, "[={value}]"),
        }
    }
}

/// A path as messages write it.
pub(crate) fn written(path: &[Step]) -> String {
    path.iter().map(Step::to_string).collect()
}
