//! The default severity rules: which change is how bad where the user's own
//! rules say nothing. The first that recognises a difference decides.

mod content;
mod marks;
mod origin;
mod scaling;
mod security;
mod world;

#[cfg(test)]
mod tests;

use domain::judge::Facts;
use domain::severity::{Cause, Severity};

pub(crate) use security::samples;

/// One default rule.
pub(crate) struct DefaultRule {
    /// Its name, as findings give it after `default: `.
    pub(crate) name: &'static str,
    /// The severity it gives.
    pub(crate) severity: Severity,
    /// The cause of a difference that it recognises.
    pub(crate) recognise: fn(&Facts<'_>) -> Option<Cause>,
}

const fn rule(
    name: &'static str,
    severity: Severity,
    recognise: fn(&Facts<'_>) -> Option<Cause>,
) -> DefaultRule {
    DefaultRule {
        name,
        severity,
        recognise,
    }
}

/// The rules in their order, which is part of the contract: what opens something
/// to the world or changes who may do what comes before anything milder.
pub(crate) const RULES: [DefaultRule; 14] = [
    rule("opened-to-the-world", Severity::Critical, world::opened),
    rule(
        "recorder-stopped",
        Severity::Critical,
        security::recorder_stopped,
    ),
    rule("security", Severity::Critical, security::security),
    rule("not-applied", Severity::Medium, origin::not_applied),
    rule("tags", Severity::Low, marks::tags_or_labels),
    rule("secret-content", Severity::High, content::secret),
    rule("image", Severity::High, content::image),
    rule("capacity", Severity::Medium, scaling::capacity),
    rule("config-map-data", Severity::Medium, content::config_map),
    rule("manual-edit", Severity::High, origin::manual_edit),
    rule(
        "console-session",
        Severity::Critical,
        origin::console_session,
    ),
    rule("deleted", Severity::Medium, origin::deleted),
    rule("added", Severity::Medium, origin::added),
    rule("property", Severity::Medium, property),
];

fn property(_: &Facts<'_>) -> Option<Cause> {
    Some(Cause::PropertyChange)
}

/// What the default rules say of a difference: severity, cause, and the rule.
pub(crate) fn decide(facts: &Facts<'_>) -> (Severity, Cause, &'static str) {
    RULES
        .iter()
        .find_map(|rule| (rule.recognise)(facts).map(|cause| (rule.severity, cause, rule.name)))
        .unwrap_or((Severity::Medium, Cause::PropertyChange, "property"))
}

/// The segments of a path, unescaped and without selectors:
/// `/spec/containers[name=app]/image` is `spec`, `containers`, `image`.
/// A slash inside a selector separates nothing.
pub(crate) fn segments(path: &str) -> Vec<String> {
    let mut segments = Vec::new();
    let mut current: Option<String> = None;
    let mut selector = false;
    let mut quoted = false;
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        match c {
            // Inside a quoted selector value a backslash hides the next character.
            '\\' if quoted => {
                chars.next();
            }
            '"' if selector => quoted = !quoted,
            ']' if selector && !quoted => selector = false,
            _ if selector => {}
            '[' => selector = true,
            '/' => segments.extend(current.replace(String::new())),
            _ => current.get_or_insert_default().push(c),
        }
    }
    segments.extend(current);
    segments
        .into_iter()
        .map(|segment| segment.replace("~1", "/").replace("~0", "~"))
        .collect()
}

/// Whether the layer holds objects of a Kubernetes cluster.
pub(crate) fn is_kubernetes(facts: &Facts<'_>) -> bool {
    use domain::layer::Layer;
    matches!(facts.layer, Layer::Kubernetes | Layer::Configuration)
}
