//! One object on its way through the server.

mod defaults;
mod hooks;
mod hpa;
mod prepare;
pub(crate) mod quantity;
mod tidy;

use serde_json::Value;

pub(crate) use defaults::fill;
pub(crate) use hpa::convert;
pub(crate) use prepare::{Birth, fold, give_template_generation, prepare_create, prepare_update};
pub(crate) use tidy::tidy;

/// A field of an object's metadata, as text.
pub(crate) fn meta<'a>(object: &'a Value, name: &str) -> &'a str {
    object["metadata"][name].as_str().unwrap_or_default()
}
