//! Expected against actual properties, as CloudFormation tells their differences.

use serde_json::{Map, Value};

/// How a property differs, in the API's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DifferenceKind {
    /// Only the live resource has it: ADD.
    Added,
    /// Only the template has it: REMOVE.
    Removed,
    /// Both have it, and they are not equal: NOT_EQUAL.
    Changed,
}

impl DifferenceKind {
    /// `ADD`, `REMOVE` or `NOT_EQUAL`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "ADD",
            Self::Removed => "REMOVE",
            Self::Changed => "NOT_EQUAL",
        }
    }
}

/// One property that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The API's PropertyPath, `/Tags/1/Value`.
    pub path: String,
    /// How it differs.
    pub kind: DifferenceKind,
    /// The template's value; `None` when it was added.
    pub expected: Option<Value>,
    /// The live value; `None` when it was removed.
    pub actual: Option<Value>,
}

/// A value as the API writes it beside its path.
pub(crate) fn value_text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "null".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Where two resources' properties differ. Of the top level only what the
/// template declares is compared; below that, everything.
pub(crate) fn differences(expected: &Value, actual: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    if let (Value::Object(expected), Value::Object(actual)) = (expected, actual) {
        declared(expected, actual, "", &mut found);
    }
    found
}

fn declared(
    expected: &Map<String, Value>,
    actual: &Map<String, Value>,
    path: &str,
    found: &mut Vec<Difference>,
) {
    for (key, expected) in expected {
        let path = format!("{path}/{key}");
        match actual.get(key) {
            None => found.push(removed(path, expected)),
            Some(actual) => compare(expected, actual, &path, found),
        }
    }
}

fn compare(expected: &Value, actual: &Value, path: &str, found: &mut Vec<Difference>) {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            declared(expected, actual, path, found);
            for (key, value) in actual {
                if !expected.contains_key(key) {
                    found.push(added(format!("{path}/{key}"), value));
                }
            }
        }
        (Value::Array(expected), Value::Array(actual)) => lists(expected, actual, path, found),
        _ if expected == actual => {}
        _ => found.push(Difference {
            path: path.to_owned(),
            kind: DifferenceKind::Changed,
            expected: Some(expected.clone()),
            actual: Some(actual.clone()),
        }),
    }
}

/// Lists are told apart as sets are: equal elements belong together wherever
/// they stand. Of the others, those of one `Key` or, without keys, of one place
/// are compared; what is then left was added or removed.
fn lists(expected: &[Value], actual: &[Value], path: &str, found: &mut Vec<Difference>) {
    let mut free: Vec<usize> = (0..actual.len()).collect();
    let mut take = |is: &dyn Fn(usize) -> bool| {
        let at = free.iter().position(|index| is(*index))?;
        Some(free.remove(at))
    };
    let unequal: Vec<usize> = (0..expected.len())
        .filter(|index| take(&|other| actual[other] == expected[*index]).is_none())
        .collect();
    for index in unequal {
        let here = &expected[index];
        let partner = match here.get("Key") {
            Some(key) => take(&|other| actual[other].get("Key") == Some(key)),
            None => take(&|other| other == index),
        };
        let path = format!("{path}/{index}");
        match partner {
            Some(other) => compare(here, &actual[other], &path, found),
            None => found.push(removed(path, here)),
        }
    }
    for index in free {
        found.push(added(format!("{path}/{index}"), &actual[index]));
    }
}

fn added(path: String, value: &Value) -> Difference {
    Difference {
        path,
        kind: DifferenceKind::Added,
        expected: None,
        actual: Some(value.clone()),
    }
}

fn removed(path: String, value: &Value) -> Difference {
    Difference {
        path,
        kind: DifferenceKind::Removed,
        expected: Some(value.clone()),
        actual: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(expected: Value, actual: Value) -> Vec<String> {
        differences(&expected, &actual)
            .iter()
            .map(|difference| {
                let side = |value: &Option<Value>| value_text(value.as_ref());
                let (kind, path) = (difference.kind.as_str(), &difference.path);
                format!(
                    "{kind} {path} {} -> {}",
                    side(&difference.expected),
                    side(&difference.actual)
                )
            })
            .collect()
    }

    #[test]
    fn only_declared_properties_count_at_the_top_and_everything_below() {
        assert_eq!(
            told(
                json!({"A": 1, "B": true, "Env": {"Variables": {"X": "1"}}}),
                json!({"A": 2, "Other": 9, "Env": {"Variables": {"X": "1", "Y": "2"}}}),
            ),
            [
                "NOT_EQUAL /A 1 -> 2",
                "REMOVE /B true -> null",
                "ADD /Env/Variables/Y null -> 2"
            ]
        );
    }

    #[test]
    fn lists_pair_by_equality_then_by_key_then_by_place() {
        let tag = |key: &str, value: &str| json!({"Key": key, "Value": value});
        assert_eq!(
            told(
                json!({"Tags": [tag("a", "1"), tag("b", "2"), tag("c", "3")]}),
                json!({"Tags": [tag("c", "3"), tag("d", "4"), tag("a", "9")]}),
            ),
            [
                "NOT_EQUAL /Tags/0/Value 1 -> 9",
                r#"REMOVE /Tags/1 {"Key":"b","Value":"2"} -> null"#,
                r#"ADD /Tags/1 null -> {"Key":"d","Value":"4"}"#
            ]
        );
        assert_eq!(told(json!({"L": [1, 2]}), json!({"L": [2, 1]})), [""; 0]);
        assert_eq!(
            told(json!({"L": [1, 2]}), json!({"L": [3, 2, 4]})),
            ["NOT_EQUAL /L/0 1 -> 3", "ADD /L/2 null -> 4"]
        );
        assert_eq!(
            told(
                json!({"L": [{"P": 22}]}),
                json!({"L": [{"P": 23, "D": "x"}]})
            ),
            ["NOT_EQUAL /L/0/P 22 -> 23", "ADD /L/0/D null -> x"]
        );
    }
}
