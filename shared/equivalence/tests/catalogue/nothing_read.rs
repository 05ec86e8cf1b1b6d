use domain::judge::SuppressionKind;
use serde_json::{Value, json};

use crate::harness::{BOTH, at, drift, rule, rules};

const TYPE: &str = "AWS::CodeStarNotifications::NotificationRule";

fn stated() -> Value {
    json!({
        "Name": "n", "DetailType": "FULL", "Resource": "arn:aws:codebuild:eu-central-1:111122223333:project/p",
        "EventTypeIds": ["codebuild-project-build-state-failed"], "Targets": [{"TargetType": "SNS", "TargetAddress": "t"}],
    })
}

#[test]
fn a_resource_of_which_nothing_was_read_is_ignored_and_not_in_sync() {
    for lists in BOTH {
        assert_eq!(
            rules(TYPE, &stated(), &json!({}), lists),
            ["nothing-read"; 5]
        );
    }
    let said = at(TYPE, "/Targets", &stated(), &json!({})).unwrap();
    assert_eq!(said.kind, SuppressionKind::NotOurs);
    assert_eq!(said.rule, "nothing-read");
    assert_eq!(
        rule(TYPE, "/Name", &stated(), &json!({})),
        Some("nothing-read")
    );
}

#[test]
fn a_real_drift_where_anything_was_read_stays() {
    for read in [
        json!({"Name": "n"}),
        json!({"Status": "DISABLED"}),
        json!({"Tags": {}}),
        json!({"Other": null}),
    ] {
        for lists in BOTH {
            assert!(!drift(TYPE, &stated(), &read, lists).is_empty(), "{read}");
        }
        assert_eq!(rule(TYPE, "/Targets", &stated(), &read), None, "{read}");
    }
    // Reality was not asked, or did not answer with properties.
    assert_eq!(rule(TYPE, "/Targets", &stated(), &Value::Null), None);
}

#[test]
fn a_type_that_may_really_lose_all_its_properties_is_drift() {
    let bucket = json!({"PublicAccessBlockConfiguration": {"BlockPublicAcls": true}});
    let path = "/PublicAccessBlockConfiguration";
    assert_eq!(rule("AWS::S3::Bucket", path, &bucket, &json!({})), None);
    let role = json!({"ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]});
    assert_eq!(
        rule("AWS::IAM::Role", "/ManagedPolicyArns", &role, &json!({})),
        None
    );
    let mut partial = stated();
    partial.as_object_mut().unwrap().remove("Resource");
    assert_eq!(rule(TYPE, "/Targets", &partial, &json!({})), None);
}
