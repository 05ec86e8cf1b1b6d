//! The JSON schema that editors use.

use serde_json::Value;

use crate::schema;

const EVERY_SECTION: &str = include_str!("../../tests/fixtures/every-section.yaml");

fn json(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

#[test]
fn the_committed_schema_is_the_one_of_the_types() {
    let text = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    // Not assert_eq: both sides are thousands of lines.
    assert!(
        crate::schema::TEXT == text,
        "docs/plumbline.schema.json is stale; run plumbline policy schema > docs/plumbline.schema.json"
    );
}

#[test]
fn the_schema_accepts_the_reference_and_refuses_slips() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    assert!(validator.is_valid(&json(EVERY_SECTION)));
    for (right, wrong) in [
        ("cloudformation:", "cloudformatoin:"),
        ("maxPending:", "maxpending:"),
        ("mode: observe", "mode: obsrve"),
        ("cause: manual-scaling", "cause: manual-scalling"),
        ("expires: 2027-06-30", "expires: soon"),
        ("\"ssm-secure:/plumbline/pagerduty\"", "hunter2"),
        ("inventory: {regions: [ap-southeast-1]}", "mode: enforce"),
        (
            "inventory: {regions: [ap-southeast-1]}",
            "inventory: {}\n    policy: {}",
        ),
        ("kustomize: k8s/services/kustomization.yaml, ", ""),
        (
            "eks: {name: kong-microservices-cluster, region: ap-southeast-1}",
            "eks: {}",
        ),
        ("environment: production", "environment: ''"),
    ] {
        let text = EVERY_SECTION.replacen(right, wrong, 1);
        assert_ne!(text, EVERY_SECTION, "{right}");
        assert!(!validator.is_valid(&json(&text)), "{wrong}");
    }
}

#[test]
fn every_key_is_described() {
    fn walk(schema: &Value, at: &str, bare: &mut Vec<String>) {
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                // The conditions of a `oneOf` have no keys of their own.
                if property.get("description").is_none() && property.get("not").is_none() {
                    bare.push(format!("{at}.{name}"));
                }
            }
        }
        match schema {
            Value::Object(map) => map
                .iter()
                .for_each(|(key, it)| walk(it, &format!("{at}/{key}"), bare)),
            Value::Array(items) => items.iter().for_each(|it| walk(it, at, bare)),
            _ => {}
        }
    }
    let mut bare = Vec::new();
    walk(&schema(), "", &mut bare);
    bare.retain(|it| !it.contains("/oneOf")); // a form's description stands beside its key
    assert_eq!(bare, Vec::<String>::new());
}
