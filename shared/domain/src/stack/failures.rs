//! Which resources a failed detection failed on.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::words::DetectionOutcome;
use crate::conceal;

/// What a detection's reason says about its failures. The reason is either
/// JSON, `{"Summary", "Failures": [{"Resource", "FailureReason"}]}`, or a
/// sentence with the logical ids in brackets, or anything else.
#[derive(Debug, Default)]
pub(super) struct Failures {
    named: BTreeMap<String, String>,
    /// The reason as a whole, where the detection failed and names nothing.
    unnamed: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reason {
    #[serde(default)]
    failures: Vec<Failure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Failure {
    resource: String,
    #[serde(default)]
    failure_reason: String,
}

impl Failures {
    /// Reads the failures of a detection. A name that is no resource of the
    /// stack (`is_resource`) names nothing: it may be the stack's own.
    pub(super) fn of(outcome: &DetectionOutcome, is_resource: impl Fn(&str) -> bool) -> Self {
        let DetectionOutcome::Failed(reason) = outcome else {
            return Self::default();
        };
        let mut named = json_failures(reason).unwrap_or_else(|| bracketed(reason));
        named.retain(|id, _| is_resource(id));
        // A reason may quote the value that it is about.
        for reason in named.values_mut() {
            *reason = conceal::text(reason);
        }
        let unnamed = named.is_empty().then(|| conceal::text(reason));
        Self { named, unnamed }
    }

    /// Why the detection failed on this resource, if it says so.
    pub(super) fn named(&self, logical_id: &str) -> Option<&str> {
        self.named.get(logical_id).map(String::as_str)
    }

    /// Why the detection may have failed on this resource: it is named, or the
    /// detection failed and names nothing.
    pub(super) fn concerns(&self, logical_id: &str) -> Option<&str> {
        self.named(logical_id).or(self.unnamed.as_deref())
    }
}

fn json_failures(reason: &str) -> Option<BTreeMap<String, String>> {
    let reason: Reason = serde_json::from_str(reason).ok()?;
    Some(
        reason
            .failures
            .into_iter()
            .map(|it| (it.resource, it.failure_reason))
            .collect(),
    )
}

/// The logical ids in the first pair of brackets, each with the whole sentence as its reason.
fn bracketed(reason: &str) -> BTreeMap<String, String> {
    let inside = reason
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']'))
        .map_or("", |(inside, _)| inside);
    inside
        .split(',')
        .map(str::trim)
        .filter(|id| !id.is_empty() && id.chars().all(char::is_alphanumeric))
        .map(|id| (id.to_owned(), reason.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn failed(reason: &str) -> Failures {
        Failures::of(&DetectionOutcome::Failed(reason.to_owned()), |id| {
            ["Queue", "Topic"].contains(&id)
        })
    }

    #[test]
    fn a_json_reason_names_each_resource_with_its_own_words() {
        let failures = failed(
            r#"{"Summary":"2 failed","Failures":[{"Resource":"Queue","FailureReason":"Rate exceeded"},{"Resource":"Topic"}]}"#,
        );
        assert_eq!(failures.named("Queue"), Some("Rate exceeded"));
        assert_eq!(failures.named("Topic"), Some(""));
        assert_eq!(failures.concerns("Other"), None);
    }

    #[test]
    fn a_sentence_names_resources_in_brackets() {
        let failures = failed("Failed to detect drift on resources [Queue, Topic]");
        assert!(failures.named("Queue").is_some() && failures.named("Topic").is_some());
        assert_eq!(failures.concerns("Other"), None);
    }

    #[test]
    fn a_reason_that_names_nothing_concerns_everything() {
        for reason in [
            "",
            "Internal failure",
            "{\"Summary\":\"x\"}",
            "[]",
            "[a b]",
            "Drift detection failed on stack [shop]: internal error",
            r#"{"Failures":[{"Resource":"Ghost","FailureReason":"gone"}]}"#,
        ] {
            assert!(failed(reason).concerns("Any").is_some(), "{reason}");
            assert!(failed(reason).named("Any").is_none(), "{reason}");
        }
    }

    #[test]
    fn a_secret_that_a_reason_quotes_is_hidden_and_the_rest_is_not() {
        let words = "Value 'hunter2' at 'masterUserPassword' failed to satisfy constraint";
        let hidden = "Value '[hidden]' at 'masterUserPassword' failed to satisfy constraint";
        let named = json!({"Failures": [{"Resource": "Queue", "FailureReason": words}]});
        let named = failed(&named.to_string());
        assert_eq!(named.named("Queue"), Some(hidden));
        assert_eq!(failed(words).concerns("Any"), Some(hidden));
    }

    #[test]
    fn a_complete_detection_concerns_nothing() {
        assert_eq!(
            Failures::of(&DetectionOutcome::Complete, |_| true).concerns("Any"),
            None
        );
    }
}
