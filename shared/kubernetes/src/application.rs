//! What an Argo CD Application says of itself: which revision was deployed, and whether it is at it.

use serde_json::Value;

/// The type of Applications.
pub const API_VERSION: &str = "argoproj.io/v1alpha1";

/// What an Application is at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deployed {
    /// These revisions were applied last as a whole, one a source, in the order of the sources.
    At(Vec<String>),
    /// An operation runs right now: since when, as the Application says it.
    InMotion(String),
    /// Nothing was ever applied as a whole.
    Never,
}

/// A source of an Application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The repository's address.
    pub repository: String,
    /// The folder in it; empty where it is a chart of a chart repository.
    pub path: String,
    /// What it follows: a branch, a tag, a range of versions; empty for the default branch.
    pub target: String,
}

/// An Application, as far as it matters to a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// What it is at.
    pub deployed: Deployed,
    /// Its sources.
    pub sources: Vec<Source>,
    /// The namespace of objects that name none.
    pub namespace: Option<String>,
}

impl Application {
    /// Reads an Application object.
    #[must_use]
    pub fn read(object: &Value) -> Self {
        let namespace = object.pointer("/spec/destination/namespace");
        let namespace = namespace.and_then(Value::as_str);
        Self {
            deployed: deployed(object),
            sources: sources(object),
            namespace: namespace.filter(|it| !it.is_empty()).map(str::to_owned),
        }
    }
}

fn deployed(object: &Value) -> Deployed {
    let state = object.pointer("/status/operationState");
    let part = |pointer: &str| state.and_then(|it| it.pointer(pointer));
    let phase = part("/phase").and_then(Value::as_str).unwrap_or_default();
    if matches!(phase, "Running" | "Terminating") {
        let since = part("/startedAt").and_then(Value::as_str);
        let since = since.unwrap_or("a moment ago");
        return Deployed::InMotion(since.to_owned());
    }
    let is_part = part("/operation/sync/resources")
        .and_then(Value::as_array)
        .is_some_and(|it| !it.is_empty());
    let is_dry = part("/operation/sync/dryRun") == Some(&Value::Bool(true));
    // A sync of some resources, or of none, deploys no revision; the history knows only whole ones.
    if phase == "Succeeded" && !is_part && !is_dry {
        let revisions = part("/syncResult").map(revisions).unwrap_or_default();
        if !revisions.is_empty() {
            return Deployed::At(revisions);
        }
    }
    let history = object.pointer("/status/history").and_then(Value::as_array);
    let last = history.and_then(|it| it.last()).map(revisions);
    match last {
        Some(revisions) if !revisions.is_empty() => Deployed::At(revisions),
        _ => Deployed::Never,
    }
}

/// `revisions` where there are several sources, else `revision`.
fn revisions(result: &Value) -> Vec<String> {
    let several = result.get("revisions").and_then(Value::as_array);
    let several: Vec<String> = several
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    if !several.is_empty() {
        return several;
    }
    let one = result.get("revision").and_then(Value::as_str);
    one.filter(|it| !it.is_empty())
        .map(str::to_owned)
        .into_iter()
        .collect()
}

fn sources(object: &Value) -> Vec<Source> {
    let several = object.pointer("/spec/sources").and_then(Value::as_array);
    let one = object.pointer("/spec/source");
    let read = |source: &Value| {
        let text = |key: &str| source.get(key).and_then(Value::as_str).unwrap_or_default();
        Source {
            repository: text("repoURL").to_owned(),
            path: text("path").to_owned(),
            target: text("targetRevision").to_owned(),
        }
    };
    match several {
        Some(several) if !several.is_empty() => several.iter().map(read).collect(),
        _ => one.map(read).into_iter().collect(),
    }
}
