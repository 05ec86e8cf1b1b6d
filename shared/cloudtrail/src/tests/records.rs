//! What is read of a record.

use domain::ports::TrailCall;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::read;

/// A call as CloudTrail writes it: made by a person from an identity provider, in the console.
fn record() -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": "AROAEXAMPLE:alice@example.com",
            "arn": "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0a1b2c3d4e5f6a7b/alice@example.com",
            "accountId": "111122223333",
            "accessKeyId": "ASIAHUNTER2",
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role", "principalId": "AROAEXAMPLE",
                    "arn": "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0a1b2c3d4e5f6a7b",
                    "accountId": "111122223333", "userName": "AWSReservedSSO_Admin_0a1b2c3d4e5f6a7b",
                },
                "attributes": {"creationDate": "2026-11-24T09:00:00Z", "mfaAuthenticated": "false"},
            },
        },
        "eventTime": "2026-11-24T10:00:00Z",
        "eventSource": "ec2.amazonaws.com",
        "eventName": "AuthorizeSecurityGroupIngress",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.1",
        "userAgent": "Mozilla/5.0",
        "requestParameters": {
            "groupId": "sg-0a1b2c3d4e5f6a7b8",
            "ipPermissions": {"items": [{"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "groups": {},
                "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0", "description": "hunter2"}]}}]},
        },
        "responseElements": {
            "requestId": "11111111-2222-3333-4444-555555555555", "_return": true,
            "securityGroupRuleSet": {"items": [{"groupOwnerId": "111122223333", "groupId": "sg-0a1b2c3d4e5f6a7b8",
                "securityGroupRuleId": "sgr-0123456789abcdef0", "isEgress": false, "fromPort": 22}]},
        },
        "requestID": "11111111-2222-3333-4444-555555555555",
        "eventID": "99999999-2222-3333-4444-555555555555",
        "readOnly": false,
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": "111122223333",
        "eventCategory": "Management",
        "sessionCredentialFromConsole": "true",
    })
}

fn with(changes: &[(&str, Value)]) -> Value {
    let mut record = record();
    for (pointer, value) in changes {
        match record.pointer_mut(pointer) {
            Some(place) => *place = value.clone(),
            None => record[&pointer[1..]] = value.clone(),
        }
    }
    record
}

fn without(name: &str) -> Value {
    let mut record = record();
    record.as_object_mut().unwrap().remove(name);
    record
}

fn call_of(record: &Value) -> TrailCall {
    read(record).unwrap().unwrap()
}

#[test]
fn a_call_is_read_with_who_when_and_what_it_names_and_without_a_value() {
    let call = call_of(&record());
    assert_eq!(
        call,
        TrailCall {
            id: "99999999-2222-3333-4444-555555555555".to_owned(),
            at: "2026-11-24T10:00:00Z".parse::<Timestamp>().unwrap(),
            source: "ec2.amazonaws.com".to_owned(),
            name: "AuthorizeSecurityGroupIngress".to_owned(),
            region: "eu-west-1".to_owned(),
            account: "111122223333".to_owned(),
            who: "AWSReservedSSO_Admin_0a1b2c3d4e5f6a7b/alice@example.com".to_owned(),
            console: true,
            invoked_by: None,
            resources: vec![
                "sg-0a1b2c3d4e5f6a7b8".to_owned(),
                "sgr-0123456789abcdef0".to_owned()
            ],
        }
    );
}

#[test]
fn reads_failures_sign_ins_and_insights_are_none() {
    for record in [
        with(&[("/readOnly", json!(true))]),
        with(&[("/readOnly", json!("true"))]),
        with(&[("/errorCode", json!("Client.UnauthorizedOperation"))]),
        with(&[("/errorCode", json!("Client.DryRunOperation"))]),
        with(&[("/errorMessage", json!("no"))]),
        with(&[("/eventType", json!("AwsConsoleSignIn"))]),
        with(&[("/eventType", json!("AwsCloudTrailInsight"))]),
        with(&[("/eventCategory", json!("Insight"))]),
    ] {
        assert_eq!(read(&record), Ok(None));
    }
    let mut old = without("readOnly");
    for name in ["DescribeSecurityGroups", "GetBucketPolicy", "BatchGetImage"] {
        old["eventName"] = json!(name);
        assert_eq!(read(&old), Ok(None), "{name}");
    }
    for name in ["CreateTags", "Getaway", "CheckoutLicense"] {
        old["eventName"] = json!(name);
        assert!(read(&old).unwrap().is_some(), "{name}");
    }
    let nulls = with(&[("/errorCode", Value::Null), ("/readOnly", json!("false"))]);
    assert!(read(&nulls).unwrap().is_some());
}

#[test]
fn a_record_without_what_every_record_has_is_malformed_and_not_quoted() {
    for name in [
        "eventName",
        "eventTime",
        "eventSource",
        "awsRegion",
        "eventID",
    ] {
        let error = read(&without(name)).unwrap_err().to_string();
        assert!(
            error.contains(name) && !error.contains("HUNTER2"),
            "{error}"
        );
    }
    let mut nobody = without("recipientAccountId");
    assert_eq!(call_of(&nobody).account, "111122223333");
    nobody["userIdentity"] = json!({});
    assert!(read(&nobody).is_err());
    assert!(read(&json!([])).is_err());
    assert!(read(&with(&[("/eventTime", json!("yesterday"))])).is_err());
    assert!(read(&with(&[("/eventName", json!("a\nb"))])).is_err());
}

#[test]
fn everybody_has_the_name_that_tells_them() {
    let cases = [
        (json!({"type": "IAMUser", "userName": "alice"}), "alice"),
        (json!({"type": "Root", "userName": "the-alias"}), "root"),
        (
            json!({"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/deploy/run-1"}),
            "deploy/run-1",
        ),
        (
            json!({"type": "AssumedRole", "principalId": "AROA:i-1",
                "sessionContext": {"sessionIssuer": {"userName": "node"}}}),
            "node/i-1",
        ),
        (
            json!({"type": "FederatedUser", "arn": "arn:aws:sts::1:federated-user/bob",
                "sessionContext": {"sessionIssuer": {"userName": "broker"}}}),
            "bob",
        ),
        (
            json!({"type": "AWSService", "invokedBy": "autoscaling.amazonaws.com"}),
            "autoscaling.amazonaws.com",
        ),
        (
            json!({"type": "AWSAccount", "accountId": "999900001111", "principalId": "AROA:carol"}),
            "999900001111/carol",
        ),
        (
            json!({"type": "AWSAccount", "accountId": "999900001111"}),
            "999900001111",
        ),
        (
            json!({"type": "IdentityCenterUser", "onBehalfOf": {"userId": "u-1"}}),
            "u-1",
        ),
        (json!({"type": "WebIdentityUser", "userName": "sub"}), "sub"),
        (json!({"type": "Unknown"}), "ec2.amazonaws.com"),
        (json!(null), "ec2.amazonaws.com"),
        (
            json!({"type": "IAMUser", "userName": "al\u{202e}ice\n"}),
            "alice",
        ),
    ];
    for (identity, who) in cases {
        let record = with(&[("/userIdentity", identity)]);
        assert_eq!(call_of(&record).who, who, "{record}");
    }
    let long = json!({"type": "IAMUser", "userName": "x".repeat(999)});
    assert_eq!(call_of(&with(&[("/userIdentity", long)])).who.len(), 256);
}

#[test]
fn a_console_session_is_told_by_its_marks() {
    let plain = with(&[("/sessionCredentialFromConsole", Value::Null)]);
    assert!(!call_of(&plain).console);
    let mut says_no = plain.clone();
    says_no["sessionCredentialFromConsole"] = json!("false");
    assert!(!call_of(&says_no).console);
    for (pointer, value) in [
        ("/eventType", "AwsConsoleAction"),
        ("/userAgent", "console.amazonaws.com"),
        ("/userAgent", "console.ec2.amazonaws.com"),
        ("/userAgent", "signin.amazonaws.com"),
        (
            "/userAgent",
            "[S3Console/0.4, aws-internal/3 aws-sdk-java/1.11]",
        ),
        (
            "/userAgent",
            "aws-internal/3 aws-sdk-java/1.11 AWSLambdaConsole/1.0",
        ),
    ] {
        let mut record = plain.clone();
        *record.pointer_mut(pointer).unwrap() = json!(value);
        assert!(call_of(&record).console, "{value}");
    }
    // In older records the console stands where services do.
    let mut old = plain.clone();
    old["userIdentity"]["invokedBy"] = json!("signin.amazonaws.com");
    assert_eq!(
        (call_of(&old).console, call_of(&old).invoked_by),
        (true, None)
    );
    for agent in ["aws-cli/2.13", "my-console.example.com", "console.evil.com"] {
        let mut record = plain.clone();
        record["userAgent"] = json!(agent);
        assert!(!call_of(&record).console, "{agent}");
    }
}

#[test]
fn a_service_that_calls_for_somebody_is_told_and_is_no_console_session() {
    for pointer in ["/userIdentity/invokedBy", "/sourceIPAddress"] {
        let mut record = record();
        let value = json!("cloudformation.amazonaws.com");
        match pointer {
            "/sourceIPAddress" => record["sourceIPAddress"] = value,
            _ => record["userIdentity"]["invokedBy"] = value,
        }
        let call = call_of(&record);
        let by = call.invoked_by.as_deref();
        assert_eq!(by, Some("cloudformation.amazonaws.com"));
        // Whoever pressed "update stack" did not change the resource by hand.
        assert!(!call.console);
        assert!(call.who.ends_with("/alice@example.com"));
    }
    assert_eq!(call_of(&record()).invoked_by, None);
    let internal = with(&[("/sourceIPAddress", json!("AWS Internal"))]);
    assert_eq!(
        call_of(&internal).invoked_by.as_deref(),
        Some("AWS Internal")
    );
}

#[test]
fn a_service_event_is_read_though_nobody_made_it() {
    let record = json!({
        "eventVersion": "1.05", "eventTime": "2026-11-24T10:00:00Z", "eventSource": "kms.amazonaws.com",
        "eventName": "RotateKey", "awsRegion": "eu-west-1", "sourceIPAddress": "AWS Internal",
        "userAgent": "AWS Internal", "requestParameters": null, "responseElements": null,
        "userIdentity": {"accountId": "111122223333", "invokedBy": "AWS Internal"},
        "eventID": "e", "readOnly": false, "eventType": "AwsServiceEvent", "recipientAccountId": "111122223333",
        "resources": [{"ARN": "arn:aws:kms:eu-west-1:111122223333:key/k-1", "accountId": "111122223333",
            "type": "AWS::KMS::Key"}],
        "serviceEventDetails": {"keyId": "k-1"},
    });
    let call = call_of(&record);
    assert_eq!(call.who, "AWS Internal");
    assert_eq!(
        call.resources,
        [
            "arn:aws:kms:eu-west-1:111122223333:key/k-1",
            "key/k-1",
            "k-1",
        ]
    );
}

#[test]
fn the_account_is_that_of_the_resources() {
    let of = |resources: Value| call_of(&with(&[("/resources", resources)])).account;
    let resource = |account: &str| json!({"ARN": "arn:aws:s3:::b", "accountId": account});
    assert_eq!(of(json!([resource("999900001111")])), "999900001111");
    let both = json!([
        resource("999900001111"),
        {"ARN": "arn:x"},
        resource("444455556666"),
        resource("999900001111"),
    ]);
    assert_eq!(of(both), "111122223333");
    let twice = json!([resource("999900001111"), resource("999900001111")]);
    assert_eq!(of(twice), "999900001111");
}

#[test]
fn names_are_taken_from_the_keys_of_names_with_their_kinds() {
    let parameters = json!({
        "roleName": "deploy", "policyName": "deploy", "PolicyArn": "arn:aws:iam::aws:policy/X",
        "dBInstanceIdentifier": "db", "instancesSet": {"items": [{"instanceId": "i-0a1b2c3d4e5f"}]},
        "GroupIds": ["sg-0a1b2c3d", "sg-1a1b2c3d"], "bucketName": "b", "cluster": "c", "name": "n",
        "queueUrl": "https://sqs.eu-west-1.amazonaws.com/1/q",
    });
    let record = with(&[
        ("/requestParameters", parameters),
        ("/responseElements", Value::Null),
    ]);
    assert_eq!(
        call_of(&record).resources,
        [
            "sg-0a1b2c3d",
            "sg-1a1b2c3d",
            "arn:aws:iam::aws:policy/X",
            "bucket/b",
            "b",
            "cluster/c",
            "c",
            "dBInstance/db",
            "db",
            "i-0a1b2c3d4e5f",
            "n",
            "policy/deploy",
            "deploy",
            "https://sqs.eu-west-1.amazonaws.com/1/q",
            "role/deploy",
        ]
    );
}

#[test]
fn no_value_credential_or_document_is_taken() {
    let parameters = json!({
        "policyDocument": "{\"Statement\":[]}", "masterUserPassword": "hunter2", "value": "hunter2",
        "accessKeyId": "AKIAHUNTER2", "externalId": "hunter2", "password": "hunter2",
        "environment": {"variables": [{"name": "DB_HOST", "value": "hunter2"}]},
        "attributeName": "{\"hunter2\":1}", "topicArn": format!("arn:{}", "x".repeat(509)), "secretName": "HIDDEN_DUE_TO_SECURITY_REASONS",
        "userDataId": "x".repeat(513), "aName": "two\nlines", "bName": "", "cName": 5, "dName": {"a": "hunter2"},
        "Id": "***",
    });
    let record = with(&[
        ("/requestParameters", parameters),
        (
            "/responseElements",
            json!({"accessKey": {"secretAccessKey": "hunter2", "accessKeyId": "AKIAHUNTER2"},
                "requestId": "r"}),
        ),
    ]);
    assert_eq!(call_of(&record).resources, Vec::<String>::new());
}

#[test]
fn names_are_at_most_fifty_each_once_and_not_longer_than_names_are() {
    let many: Vec<String> = (0..80)
        .map(|number| format!("sg-0000000{number:02}"))
        .collect();
    let record = with(&[(
        "/requestParameters",
        json!({"groupIds": many, "groupId": many[0]}),
    )]);
    let names = call_of(&record).resources;
    assert_eq!(names.len(), 50);
    let mut once = names.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), 50);
    // A word that was taken without its kind would name whatever is called so.
    let many: Vec<String> = (0..49)
        .map(|number| format!("sg-0000000{number:02}"))
        .collect();
    let parameters = json!({"groupIds": many, "roleName": "deploy"});
    let record = with(&[
        ("/requestParameters", parameters),
        ("/responseElements", Value::Null),
    ]);
    let names = call_of(&record).resources;
    assert_eq!(names.last().map(String::as_str), Some("role/deploy"));
    let long = "x".repeat(500);
    let record = with(&[
        (
            "/requestParameters",
            json!({"topicArn": format!("arn:{long}"), "aVeryLongKindName": format!("{long}")}),
        ),
        ("/responseElements", Value::Null),
    ]);
    assert_eq!(call_of(&record).resources.len(), 1);
}
