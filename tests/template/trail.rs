//! What CloudTrail tells by itself: the calls that change security settings, and no others.

use serde_json::{Value, json};

use super::support::{Complaints, Template, holds_and_notices, list};

/// The closed list of types whose additions are looked for, with the calls that change what hangs on them.
const CALLS: [(&str, &[&str]); 9] = [
    (
        "aws.ec2",
        &[
            "AuthorizeSecurityGroupEgress",
            "AuthorizeSecurityGroupIngress",
            "CreateRoute",
            "DeleteRoute",
            "ModifySecurityGroupRules",
            "ReplaceRoute",
            "RevokeSecurityGroupEgress",
            "RevokeSecurityGroupIngress",
            "UpdateSecurityGroupRuleDescriptionsEgress",
            "UpdateSecurityGroupRuleDescriptionsIngress",
        ],
    ),
    (
        "aws.iam",
        &[
            "AttachRolePolicy",
            "DeleteRolePermissionsBoundary",
            "DeleteRolePolicy",
            "DetachRolePolicy",
            "PutRolePermissionsBoundary",
            "PutRolePolicy",
            "UpdateAssumeRolePolicy",
        ],
    ),
    (
        "aws.iam",
        &[
            "AddUserToGroup",
            "AttachUserPolicy",
            "DeleteUserPermissionsBoundary",
            "DeleteUserPolicy",
            "DetachUserPolicy",
            "PutUserPermissionsBoundary",
            "PutUserPolicy",
            "RemoveUserFromGroup",
        ],
    ),
    (
        "aws.iam",
        &[
            "AttachGroupPolicy",
            "DeleteGroupPolicy",
            "DetachGroupPolicy",
            "PutGroupPolicy",
        ],
    ),
    (
        "aws.iam",
        &[
            "CreatePolicyVersion",
            "DeletePolicyVersion",
            "SetDefaultPolicyVersion",
        ],
    ),
    (
        "aws.s3",
        &[
            "DeleteBucketPolicy",
            "DeleteBucketPublicAccessBlock",
            "PutBucketAcl",
            "PutBucketPolicy",
            "PutBucketPublicAccessBlock",
        ],
    ),
    ("aws.kms", &["PutKeyPolicy"]),
    ("aws.kms", &["CreateGrant", "RetireGrant", "RevokeGrant"]),
    (
        "aws.eks",
        &[
            "CreateNodegroup",
            "DeleteNodegroup",
            "UpdateNodegroupConfig",
            "UpdateNodegroupVersion",
        ],
    ),
];

/// Characters of a pattern that EventBridge takes.
const PATTERN: usize = 2048;

fn trail(template: &Template) -> Complaints {
    let mut complaints = Complaints::new();
    let pattern = template.property("TrailRule", "EventPattern");
    let detail = &pattern["detail"];
    let ways = list(&detail["$or"]);
    let mut named: Vec<&str> = ways
        .iter()
        .flat_map(|way| list(&way["eventName"]))
        .filter_map(Value::as_str)
        .collect();
    for (source, calls) in CALLS {
        if !list(&pattern["source"]).iter().any(|it| *it == source) {
            complaints.push(format!("nothing is heard of {source}"));
        }
        for call in calls {
            if !named.contains(call) {
                complaints.push(format!("nobody hears of {call}"));
            }
        }
    }
    named.retain(|name| !CALLS.iter().any(|(_, calls)| calls.contains(name)));
    for name in named {
        complaints.push(format!("{name} changes nothing that is looked for"));
    }
    if pattern["detail-type"] != json!(["AWS API Call via CloudTrail"]) {
        complaints.push("stack-drift takes no other events of CloudTrail".to_owned());
    }
    for (field, wanted) in [
        ("readOnly", json!([false])),
        ("errorCode", json!([{"exists": false}])),
    ] {
        if detail[field] != wanted {
            complaints.push(format!("calls that changed nothing are heard of: {field}"));
        }
    }
    for way in &ways {
        let is_of_grants = list(&way["eventName"])
            .iter()
            .any(|it| *it == "CreateGrant");
        let people = json!({"invokedBy": [{"exists": false}]});
        if is_of_grants && way["userIdentity"] != people {
            complaints.push("the grants that services make are heard of".to_owned());
        }
        // Without CloudFormation's own, somebody is blamed for what it has set since.
        if !is_of_grants && !way["userIdentity"].is_null() {
            complaints.push("CloudFormation's own calls are not heard of".to_owned());
        }
    }
    if !detail["userIdentity"].is_null() {
        complaints.push("CloudFormation's own calls are not heard of".to_owned());
    }
    if pattern.to_string().len() > PATTERN {
        complaints.push(format!("the pattern is longer than {PATTERN} characters"));
    }
    if template.property("TrailRule", "State")
        != &json!({"Fn::If": ["HearsTrail", "ENABLED", "DISABLED"]})
        || template.at("/Conditions/HearsTrail")
            != &json!({"Fn::Equals": [{"Ref": "TrailEvents"}, "on"]})
        || template.at("/Parameters/TrailEvents/Default") != "on"
    {
        complaints.push("the rule cannot be switched off, or is off by itself".to_owned());
    }
    complaints
}

#[test]
fn a_trail_tells_of_every_call_that_changes_security_settings() {
    let pattern = "/Resources/TrailRule/Properties/EventPattern";
    for file in ["template.yaml", "forwarder.yaml"] {
        holds_and_notices(
            &Template::of(file),
            trail,
            &[
                (
                    &format!("{pattern}/source/3"),
                    Value::Null,
                    "nothing is heard of aws.kms",
                ),
                (
                    &format!("{pattern}/detail/$or/0/eventName/1"),
                    Value::Null,
                    "nobody hears of AuthorizeSecurityGroupIngress",
                ),
                (
                    &format!("{pattern}/detail/$or/0/eventName/-"),
                    json!("RunInstances"),
                    "RunInstances changes nothing",
                ),
                (
                    &format!("{pattern}/detail-type/-"),
                    json!("AWS Console Sign In via CloudTrail"),
                    "takes no other events",
                ),
                (
                    &format!("{pattern}/detail/readOnly"),
                    Value::Null,
                    "heard of: readOnly",
                ),
                (
                    &format!("{pattern}/detail/errorCode"),
                    Value::Null,
                    "heard of: errorCode",
                ),
                (
                    &format!("{pattern}/detail/$or/1/userIdentity"),
                    Value::Null,
                    "that services make",
                ),
                (
                    &format!("{pattern}/detail/$or/0/userIdentity"),
                    json!({"invokedBy": [{"exists": false}]}),
                    "CloudFormation's own",
                ),
                (
                    &format!("{pattern}/detail/userIdentity"),
                    json!({"invokedBy": [{"exists": false}]}),
                    "CloudFormation's own",
                ),
                (
                    &format!("{pattern}/detail/$or/0/eventName/-"),
                    json!("A".repeat(PATTERN)),
                    "the pattern is longer",
                ),
                (
                    "/Resources/TrailRule/Properties/State",
                    json!("ENABLED"),
                    "cannot be switched off",
                ),
                (
                    "/Parameters/TrailEvents/Default",
                    json!("off"),
                    "off by itself",
                ),
            ],
        );
    }
}
