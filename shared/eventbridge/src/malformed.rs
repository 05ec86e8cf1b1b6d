//! What is wrong with an event, and where.

use serde_json::Error;

/// Why a body is no event that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {what}")]
pub struct Malformed {
    /// Where, as a JSON path: `detail.image-digest`; `body` for the whole.
    pub path: String,
    /// What is wrong there, without the value.
    pub what: String,
}

impl Malformed {
    /// That `what` is wrong at `path`.
    #[must_use]
    pub fn at(path: &str, what: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            what: what.into(),
        }
    }

    /// What is no JSON has no paths.
    pub(crate) fn no_json(error: &Error) -> Self {
        let what = if error.is_eof() {
            "the JSON ends too early".to_owned()
        } else {
            let (line, column) = (error.line(), error.column());
            format!("no JSON at line {line}, column {column}")
        };
        Self::at("body", what)
    }

    /// Where and what under `base`, without the value: the parser's own words quote it.
    pub(crate) fn explain(base: &str, error: &serde_path_to_error::Error<Error>) -> Self {
        let text = error.inner().to_string();
        let within = error.path().to_string();
        let mut path = vec![base, if within == "." { "" } else { &within }];
        let what = if let Some(missing) = text.strip_prefix("missing field `") {
            path.push(missing.trim_end_matches('`'));
            "is missing".to_owned()
        } else if let Some((_, expected)) = text.rsplit_once(", expected ") {
            // The parser names the type of ours that it wanted.
            let is_ours = expected.starts_with("struct ");
            format!("is not {}", if is_ours { "an object" } else { expected })
        } else {
            "cannot be read".to_owned()
        };
        path.retain(|it| !it.is_empty());
        let path = if path.is_empty() {
            "body".to_owned()
        } else {
            path.join(".")
        };
        Self { path, what }
    }
}
