//! Sets of fields, and how objects are compared and merged by them.

mod compare;
mod merge;
mod path;
mod remove;
mod set;
mod walk;

pub(crate) use compare::{Comparison, compare, equal};
pub(crate) use merge::merge;
pub(crate) use path::{Path, Step, written};
pub(crate) use remove::remove;
pub(crate) use set::Set;
pub(crate) use walk::{check, field_set, mismatch};
