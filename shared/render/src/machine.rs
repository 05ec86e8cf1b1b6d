//! Reports for other programs: the contract as it stands.

use std::fmt::Write as _;

use domain::report::FindingEntry;
use serde::Serialize;

use crate::text::acts_or_hides;

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The value is none that JSON can hold.
    #[error("the report cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The value is none that YAML can hold.
    #[error("the report cannot be written as YAML: {0}")]
    Yaml(String),
    /// The page could not be put together.
    #[error("the report cannot be written as HTML: {0}")]
    Html(#[from] askama::Error),
}

/// A contract value as indented JSON with a line break at its end.
///
/// Characters that a terminal would obey, or a reader could not see, are
/// written as `\u202e`: the same JSON, safe to look at.
///
/// # Errors
///
/// Where the value is none that JSON can hold; the contract's own types never fail.
pub fn json(value: &impl Serialize) -> Result<String, RenderError> {
    let mut text = visible(&serde_json::to_string_pretty(value)?, units);
    text.push('\n');
    Ok(text)
}

/// The same value as YAML.
///
/// Where a text holds characters that a reader could not see, all of it is
/// written in YAML's flow style, which is JSON: there they can be escapes.
///
/// # Errors
///
/// Where the value is none that YAML can hold; the contract's own types never fail.
pub fn yaml(value: &impl Serialize) -> Result<String, RenderError> {
    let text = serde_saphyr::to_string(value).map_err(|it| RenderError::Yaml(it.to_string()))?;
    if text.chars().any(|c| c != '\n' && acts_or_hides(c)) {
        let mut text = visible(&serde_json::to_string_pretty(value)?, |c| {
            // YAML knows no surrogates.
            format!("\\U{:08x}", u32::from(c))
        });
        text.push('\n');
        return Ok(text);
    }
    Ok(text)
}

/// The ids of findings, one a line.
#[must_use]
pub fn name(entries: &[FindingEntry]) -> String {
    entries.iter().fold(String::new(), |mut text, entry| {
        text.push_str(&crate::text::clean(entry.id.as_str(), false));
        text.push('\n');
        text
    })
}

/// JSON text with everything that acts or hides as an escape; such characters
/// stand in strings only.
fn visible(json: &str, escape: fn(char) -> String) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || !acts_or_hides(c) {
            text.push(c);
        } else {
            text.push_str(&escape(c));
        }
    }
    text
}

/// A character as JSON escapes it, in one or two units of UTF-16.
fn units(c: char) -> String {
    let units = c.encode_utf16(&mut [0; 2]).to_vec();
    units.iter().fold(String::new(), |mut text, unit| {
        // Writing into a string cannot fail.
        let _ = write!(text, "\\u{unit:04x}");
        text
    })
}
