//! Asking after a detection: the call takes the detection's id, which is no resource to IAM, so a right to it that
//! names resources is none.

use serde_json::json;

use super::{
    rights::statements,
    support::{Complaints, Template, holds_and_notices, list},
};

const CALL: &str = "cloudformation:DescribeStackDriftDetectionStatus";

fn complaints(template: &Template, role: &str) -> Complaints {
    let anywhere = statements(template, role).into_iter().any(|it| {
        it["Effect"] == "Allow"
            && it["Condition"].is_null()
            && list(&it["Action"]).contains(&&json!(CALL))
            && list(&it["Resource"]) == [&json!("*")]
    });
    if anywhere {
        return Complaints::new();
    }
    vec![format!("{role} may ask after no detection")]
}

fn here(template: &Template) -> Complaints {
    complaints(template, "StackDriftRole")
}

fn away(template: &Template) -> Complaints {
    complaints(template, "ReadRole")
}

#[test]
fn a_detection_may_be_asked_after_whatever_resource_the_right_could_name() {
    for (template, check, role) in [
        (
            Template::deployed(),
            here as fn(&Template) -> Complaints,
            "StackDriftRole",
        ),
        (Template::of("iam/read-role.yaml"), away, "ReadRole"),
    ] {
        let all = list(template.property(role, "Policies/0/PolicyDocument/Statement"));
        let index = all.iter().position(|it| it["Sid"] == "List");
        let place = format!(
            "/Resources/{role}/Properties/Policies/0/PolicyDocument/Statement/{}",
            index.unwrap_or_else(|| panic!("{role} has no statement List"))
        );
        let words = "may ask after no detection";
        holds_and_notices(
            &template,
            check,
            &[
                (
                    &format!("{place}/Resource"),
                    json!({"Fn::Sub": "arn:${AWS::Partition}:cloudformation:*:${AWS::AccountId}:stack/*"}),
                    words,
                ),
                (
                    &format!("{place}/Action"),
                    json!("cloudformation:ListStacks"),
                    words,
                ),
                (
                    &format!("{place}/Condition"),
                    json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
                    words,
                ),
            ],
        );
    }
}
