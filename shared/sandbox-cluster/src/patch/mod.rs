//! Patches that are no apply.

mod json;
mod merge;
mod strategic;

pub(crate) use json::json_patch;
pub(crate) use merge::{difference, merge_patch};
pub(crate) use strategic::strategic;
