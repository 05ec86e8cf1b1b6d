//! What may be shown of a message's body. It may be anything: only what is
//! known to hold names and ids is shown.

use serde_json::{Map, Value, json};

/// Keys of an event's envelope that say where it came from and hold no content.
const ENVELOPE: [&str; 7] = [
    "id",
    "detail-type",
    "source",
    "account",
    "region",
    "time",
    "resources",
];

/// Keys of Plumbline's own messages.
const OWN: [&str; 15] = [
    "apiVersion",
    "kind",
    "id",
    "time",
    "environment",
    "subject",
    "version",
    "stackId",
    "target",
    "askedAt",
    "notBefore",
    "attempt",
    "detectionId",
    "incident",
    "audience",
];

/// What the message is about, in a few words.
pub(super) fn about(body: &str) -> String {
    let Some(body) = object(body) else {
        return format!("{} bytes that are no message", body.len());
    };
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let kind = text("kind").or_else(|| text("detail-type"));
    let subject = ["subject", "stackId", "incident", "target"]
        .into_iter()
        .find_map(text)
        .or_else(|| body.get("resources")?.get(0)?.as_str());
    let words: Vec<&str> = kind.into_iter().chain(subject.map(short)).collect();
    if words.is_empty() {
        return "a message of no known kind".to_owned();
    }
    words.join(" ").chars().take(80).collect()
}

/// The name in a stack's ARN; any other text as it is.
fn short(subject: &str) -> &str {
    subject
        .split_once(":stack/")
        .and_then(|(_, rest)| rest.split('/').next())
        .unwrap_or(subject)
}

/// The body without what may be content.
pub(super) fn shown(body: &str) -> Value {
    let Some(object) = object(body) else {
        return json!(format!(
            "{} bytes that are no message; --raw shows them",
            body.len()
        ));
    };
    let known: &[&str] = if object.contains_key("apiVersion") {
        &OWN
    } else {
        &ENVELOPE
    };
    let hidden = "not shown; --raw shows it";
    object
        .into_iter()
        .map(|(key, value)| {
            let is_known = known.contains(&key.as_str());
            (
                key,
                if is_known && is_name(&value) {
                    value
                } else {
                    hidden.into()
                },
            )
        })
        .collect()
}

/// Whether a value can be a name, a number or a list of names; what is nested may hold anything.
fn is_name(value: &Value) -> bool {
    match value {
        Value::Object(_) => false,
        Value::Array(list) => list.iter().all(|it| it.is_string()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

fn object(body: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "hunter2-hunter2";

    #[test]
    fn what_is_not_known_to_be_a_name_is_not_shown() {
        let bodies = [
            json!({"apiVersion": "plumbline/v1", "kind": "Dance", "password": SECRET}).to_string(),
            json!({"detail-type": "x", "source": "s", "detail": {"configuration": SECRET}})
                .to_string(),
            json!({"apiVersion": "plumbline/v1", "kind": "Dance", "subject": {"password": SECRET}})
                .to_string(),
            json!({"detail-type": "x", "resources": [{"token": SECRET}]}).to_string(),
            json!({"anything": SECRET}).to_string(),
            json!([SECRET]).to_string(),
            SECRET.to_owned(),
        ];
        for body in bodies {
            let told = format!("{} {}", about(&body), shown(&body));
            assert!(!told.contains(SECRET), "{told}");
        }
    }

    #[test]
    fn a_message_says_what_it_is_about() {
        let look = json!({"apiVersion": "plumbline/v1", "kind": "LookAtStack",
            "stackId": "arn:aws:cloudformation:eu-west-1:1:stack/shop/uuid", "target": "t"});
        assert_eq!(about(&look.to_string()), "LookAtStack shop");
        assert_eq!(shown(&look.to_string()), look);
        let told = json!({"apiVersion": "plumbline/v1", "kind": "FindingOpened", "subject": "f-1"});
        assert_eq!(about(&told.to_string()), "FindingOpened f-1");
        let event = json!({"detail-type": "ECR Image Action", "resources": []});
        assert_eq!(about(&event.to_string()), "ECR Image Action");
        assert_eq!(about("not JSON"), "8 bytes that are no message");
        assert_eq!(about("{}"), "a message of no known kind");
    }
}
