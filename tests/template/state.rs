//! What is kept survives, is encrypted, and is nobody else's; and somebody is told when Plumbline is unwell.

use serde_json::{Value, json};

use super::support::{Complaints, FED_BY_QUEUE, FUNCTIONS, Template, holds_and_notices, target};

/// The ledger: the design's keys, a way back, and no KMS key, which stack-drift may not decrypt with.
fn kept(template: &Template) -> Complaints {
    let mut complaints = Complaints::new();
    let keys = |hash: &str, range: &str| json!([{"AttributeName": hash, "KeyType": "HASH"}, {"AttributeName": range, "KeyType": "RANGE"}]);
    for (path, wanted, words) in [
        ("KeySchema", keys("PK", "SK"), "the table's keys"),
        (
            "GlobalSecondaryIndexes/0/IndexName",
            json!("GSI1"),
            "the index's name",
        ),
        (
            "GlobalSecondaryIndexes/0/KeySchema",
            keys("GSI1PK", "GSI1SK"),
            "the index's keys",
        ),
        ("BillingMode", json!("PAY_PER_REQUEST"), "on-demand"),
        (
            "TimeToLiveSpecification",
            json!({"AttributeName": "expires", "Enabled": true}),
            "expiry",
        ),
        (
            "PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled",
            json!(true),
            "point-in-time recovery",
        ),
        (
            "DeletionProtectionEnabled",
            json!(true),
            "deletion protection",
        ),
        ("SSESpecification", Value::Null, "DynamoDB's own key"),
    ] {
        if template.property("Ledger", path) != &wanted {
            complaints.push(format!("the ledger without {words}"));
        }
    }
    for resource in ["Ledger", "HmacKey", "Storage"] {
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
            if template.at(&format!("/Resources/{resource}/{policy}")) != "Retain" {
                complaints.push(format!("{resource} is lost with the stack: {policy}"));
            }
        }
    }
    let secret = template.property("HmacKey", "GenerateSecretString");
    // Hexadecimal digits, four bits each.
    if secret["PasswordLength"]
        .as_u64()
        .is_none_or(|digits| digits * 4 < 256)
        || secret["ExcludeCharacters"] != "ghijklmnopqrstuvwxyz"
    {
        complaints.push("the HMAC key is short, or not hexadecimal".to_owned());
    }
    let access = template.property("Storage", "PublicAccessBlockConfiguration");
    let closed = [
        "BlockPublicAcls",
        "BlockPublicPolicy",
        "IgnorePublicAcls",
        "RestrictPublicBuckets",
    ]
    .iter()
    .all(|b| access[*b] == true);
    let tls = template.property("StoragePolicy", "PolicyDocument/Statement/0");
    if !closed
        || tls["Effect"] != "Deny"
        || tls["Condition"] != json!({"Bool": {"aws:SecureTransport": "false"}})
    {
        complaints.push("the storage is open, or read without TLS".to_owned());
    }
    if template.property("Storage", "BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/SSEAlgorithm") != "AES256" {
        complaints.push("the storage needs a KMS key".to_owned());
    }
    complaints
}

#[test]
fn what_is_kept_survives_the_stack() {
    let template = Template::deployed();
    let ledger = "/Resources/Ledger/Properties";
    holds_and_notices(
        &template,
        kept,
        &[
            (
                &format!("{ledger}/KeySchema/0/AttributeName"),
                json!("pk"),
                "the table's keys",
            ),
            (
                &format!("{ledger}/GlobalSecondaryIndexes/0/IndexName"),
                json!("gsi1"),
                "the index's name",
            ),
            (
                &format!("{ledger}/GlobalSecondaryIndexes/0/KeySchema/1"),
                Value::Null,
                "the index's keys",
            ),
            (
                &format!("{ledger}/BillingMode"),
                json!("PROVISIONED"),
                "on-demand",
            ),
            (
                &format!("{ledger}/TimeToLiveSpecification/AttributeName"),
                json!("ttl"),
                "expiry",
            ),
            (
                &format!("{ledger}/PointInTimeRecoverySpecification"),
                Value::Null,
                "point-in-time recovery",
            ),
            (
                &format!("{ledger}/DeletionProtectionEnabled"),
                json!(false),
                "deletion protection",
            ),
            (
                &format!("{ledger}/SSESpecification"),
                json!({"SSEEnabled": true}),
                "DynamoDB's own key",
            ),
            (
                "/Resources/HmacKey/DeletionPolicy",
                Value::Null,
                "HmacKey is lost with the stack",
            ),
            (
                "/Resources/Ledger/UpdateReplacePolicy",
                json!("Delete"),
                "Ledger is lost with the stack",
            ),
            (
                "/Resources/HmacKey/Properties/GenerateSecretString/PasswordLength",
                json!(32),
                "the HMAC key is short",
            ),
            (
                "/Resources/Storage/Properties/PublicAccessBlockConfiguration/BlockPublicAcls",
                json!(false),
                "the storage is open",
            ),
            (
                "/Resources/StoragePolicy/Properties/PolicyDocument/Statement/0",
                Value::Null,
                "read without TLS",
            ),
            (
                "/Resources/Storage/Properties/BucketEncryption",
                Value::Null,
                "the storage needs a KMS key",
            ),
        ],
    );
}

/// Every way of being unwell has an alarm, and every alarm is a member of one of the four that tell somebody.
fn alarms(template: &Template) -> Complaints {
    let mut complaints = Complaints::new();
    let alarms = template.of_type("AWS::CloudWatch::Alarm");
    let watched = |metric: &str, resource: &str| {
        alarms.iter().any(|alarm| {
            template.property(alarm, "MetricName") == metric
                && target(template.property(alarm, "Dimensions/0/Value")) == Some(resource)
        })
    };
    let mut needed: Vec<(&str, String)> = Vec::new();
    for (function, _) in FUNCTIONS {
        needed.push((
            "ApproximateNumberOfMessagesVisible",
            format!("{function}DeadLetters"),
        ));
        needed.push(("Errors", function.to_owned()));
    }
    needed.extend(FED_BY_QUEUE.map(|f| ("ApproximateAgeOfOldestMessage", format!("{f}Queue"))));
    needed.push(("IteratorAge", "Publish".to_owned()));
    for function in ["DriftScan", "Clock"] {
        needed.push(("Throttles", function.to_owned()));
        needed.push(("Invocations", function.to_owned()));
    }
    for (metric, resource) in &needed {
        if !watched(metric, resource) {
            complaints.push(format!("nobody is told of {metric} of {resource}"));
        }
    }
    let composites = template.of_type("AWS::CloudWatch::CompositeAlarm");
    let rules: String = composites
        .iter()
        .filter_map(|c| template.property(c, "AlarmRule/Fn::Sub").as_str())
        .collect::<Vec<_>>()
        .join(" OR ");
    if composites.len() != 4 {
        complaints.push(format!("{} composite alarms", composites.len()));
    }
    for composite in &composites {
        if target(template.property(composite, "AlarmActions/0")) != Some("AlarmTopicArn") {
            complaints.push(format!("{composite} tells nobody"));
        }
    }
    for alarm in &alarms {
        if rules.matches(&format!("ALARM(\"${{{alarm}}}\")")).count() != 1 {
            complaints.push(format!("{alarm} is not a member of one composite alarm"));
        }
        let silence = template.property(alarm, "MetricName") == "Invocations";
        let missing = if silence { "breaching" } else { "notBreaching" };
        if template.property(alarm, "TreatMissingData") != missing {
            complaints.push(format!(
                "{alarm} takes missing data for {}",
                if silence { "health" } else { "trouble" }
            ));
        }
    }
    complaints
}

#[test]
fn somebody_is_told_of_every_way_of_being_unwell() {
    let template = Template::deployed();
    holds_and_notices(
        &template,
        alarms,
        &[
            (
                "/Resources/PublishDeadLettersFound",
                Value::Null,
                "ApproximateNumberOfMessagesVisible of PublishDeadLetters",
            ),
            (
                "/Resources/NotifyBehind/Properties/Dimensions/0/Value",
                json!({"Fn::GetAtt": ["ClockDeadLetters", "QueueName"]}),
                "ApproximateAgeOfOldestMessage of NotifyQueue",
            ),
            (
                "/Resources/PublishBehind",
                Value::Null,
                "IteratorAge of Publish",
            ),
            (
                "/Resources/ClockSilent/Properties/TreatMissingData",
                json!("notBreaching"),
                "ClockSilent takes missing data for health",
            ),
            (
                "/Resources/ClockFails/Properties/TreatMissingData",
                json!("breaching"),
                "ClockFails takes missing data for trouble",
            ),
            ("/Resources/Silent", Value::Null, "3 composite alarms"),
            (
                "/Resources/Silent/Properties/AlarmRule",
                json!({"Fn::Sub": "ALARM(\"${ClockSilent}\")"}),
                "DriftScanSilent is not a member",
            ),
            (
                "/Resources/Stuck/Properties/AlarmActions",
                Value::Null,
                "Stuck tells nobody",
            ),
        ],
    );
}

/// CloudWatch looks back seven days at most.
#[test]
fn silence_is_two_scans_missed_whatever_the_period() {
    let template = Template::deployed();
    for hours in template
        .at("/Parameters/ScanEveryHours/AllowedValues")
        .as_array()
        .expect("the periods")
    {
        let hours: u64 = hours
            .as_str()
            .and_then(|h| h.parse().ok())
            .expect("a number of hours");
        let entry = template.at(&format!("/Mappings/ScanEveryHours/{hours}"));
        let plural = if hours == 1 { "" } else { "s" };
        assert_eq!(
            entry,
            &json!({"Rate": format!("rate({hours} hour{plural})"), "SilentHours": 2 * hours + 1})
        );
        assert!(entry["SilentHours"].as_u64().is_some_and(|h| h <= 7 * 24));
    }
    assert_eq!(template.property("DriftScanSilent", "Period"), 3600);
    assert_eq!(template.at("/Parameters/ScanEveryHours/Default"), "6");
}
