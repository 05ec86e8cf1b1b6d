//! Tests of the package as a whole.

mod bad_input;
mod file;
mod grading;
mod later;
mod loosened;
mod properties;
mod routing;
mod schema_file;
mod user_tests;

use jiff::Timestamp;

use crate::{Config, ConfigErrors, Loaded};

/// The day on which the tests take place.
fn now() -> Timestamp {
    "2026-11-24T06:00:00Z".parse().unwrap()
}

fn parse(text: &str) -> Result<Loaded, ConfigErrors> {
    Config::parse(text, "plumbline.yaml", now())
}

/// A file with the least that is needed, and `more`.
fn with(more: &str) -> String {
    format!("apiVersion: plumbline/v1\nenvironment: test\n{more}")
}
