//! Which objects the server refuses to keep.

mod fixed;
mod shape;

use serde_json::Value;

use crate::answer::Cause;
use crate::kinds::Kind;

/// What is wrong with a new object.
pub(crate) fn create(kind: &Kind, object: &Value) -> Vec<Cause> {
    shape::check(kind, object)
}

/// What is wrong with a changed object.
pub(crate) fn update(kind: &Kind, old: &Value, new: &Value) -> Vec<Cause> {
    let mut causes = shape::check(kind, new);
    causes.extend(fixed::check(kind, old, new));
    causes
}

fn invalid(field: &str, value: &Value, why: &str) -> Cause {
    Cause {
        field: field.to_owned(),
        reason: "FieldValueInvalid",
        message: format!("Invalid value: {value}: {why}"),
    }
}

fn required(field: &str, why: &str) -> Cause {
    let why = if why.is_empty() {
        String::new()
    } else {
        format!(": {why}")
    };
    Cause {
        field: field.to_owned(),
        reason: "FieldValueRequired",
        message: format!("Required value{why}"),
    }
}

fn forbidden(field: &str, why: &str) -> Cause {
    Cause {
        field: field.to_owned(),
        reason: "FieldValueForbidden",
        message: format!("Forbidden: {why}"),
    }
}
