//! `ReadOnlyAccess` also reads data. What Plumbline denies itself of it, and the exceptions it cannot work without.

use std::fs;

use serde_json::{Value, json};

use super::{
    rights::statements,
    support::{Complaints, Template, holds_and_notices, list, root},
    yaml,
};

fn deny<'a>(template: &'a Template, role: &str, sid: &str) -> &'a Value {
    statements(template, role)
        .into_iter()
        .find(|s| s["Sid"] == sid && s["Effect"] == "Deny")
        .unwrap_or(&Value::Null)
}

/// What ReadOnlyAccess can read of data is denied, except what is Plumbline's own: without these exceptions the function
/// could neither be fed nor read its ledger, which no emulator shows.
fn data(template: &Template) -> Complaints {
    let mut complaints = Complaints::new();
    let denied = deny(template, "StackDriftRole", "NoData");
    let actions = list(&denied["Action"]);
    for action in [
        "s3:GetObject*",
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:PartiQLSelect",
        "dynamodb:GetRecords",
        "ssm:GetParameter*",
        "secretsmanager:GetSecretValue",
        "secretsmanager:BatchGetSecretValue",
        "logs:GetLogEvents",
        "logs:FilterLogEvents",
        "logs:StartQuery",
        "logs:GetQueryResults",
        "sqs:ReceiveMessage",
        "kinesis:GetRecords",
    ] {
        if !actions.iter().any(|a| *a == action) {
            complaints.push(format!("stack-drift may {action}"));
        }
    }
    for (what, exception) in [
        ("its table", json!({"Fn::GetAtt": ["Ledger", "Arn"]})),
        (
            "the indexes of its table",
            json!({"Fn::Sub": "${Ledger.Arn}/index/*"}),
        ),
        (
            "its queue",
            json!({"Fn::GetAtt": ["StackDriftQueue", "Arn"]}),
        ),
        ("its key", json!({"Ref": "HmacKey"})),
    ] {
        if !list(&denied["NotResource"]).contains(&&exception) {
            complaints.push(format!("stack-drift cannot read {what}"));
        }
    }
    if list(&denied["NotResource"]).len() != 4 || !denied["Resource"].is_null() {
        complaints.push("stack-drift may read data that is not its own".to_owned());
    }
    let decrypt = deny(template, "StackDriftRole", "NoDecryption");
    if decrypt["Action"] != "kms:Decrypt" || decrypt["Resource"] != "*" {
        complaints.push("stack-drift may decrypt".to_owned());
    }
    let through = &decrypt["Condition"]["StringNotLike"]["kms:ViaService"];
    let services = json!([
        {"Fn::Sub": "secretsmanager.${AWS::Region}.${AWS::URLSuffix}"},
        {"Fn::Sub": "lambda.*.${AWS::URLSuffix}"}
    ]);
    if through != &services {
        complaints
            .push("stack-drift cannot read its key or functions, or may decrypt more".to_owned());
    }
    let own =
        &decrypt["Condition"]["StringNotEquals"]["kms:EncryptionContext:aws:lambda:FunctionArn"];
    let function = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${AWS::StackName}-stack-drift";
    if own != &json!({"Fn::Sub": function}) {
        complaints
            .push("stack-drift cannot decrypt its own environment, so it cannot start".to_owned());
    }
    complaints
}

#[test]
fn stack_drift_reads_no_data_but_its_own() {
    let template = Template::deployed();
    let all = template.property("StackDriftRole", "Policies/0/PolicyDocument/Statement");
    let place = |sid: &str| {
        let index = list(all)
            .iter()
            .position(|s| s["Sid"] == sid)
            .expect("the statement");
        format!("/Resources/StackDriftRole/Properties/Policies/0/PolicyDocument/Statement/{index}")
    };
    let (no_data, no_decryption) = (place("NoData"), place("NoDecryption"));
    let mut broken = vec![
        (
            format!("{no_data}/Action/0"),
            Value::Null,
            "may s3:GetObject*",
        ),
        (
            format!("{no_data}/Effect"),
            json!("Allow"),
            "may sqs:ReceiveMessage",
        ),
        (
            format!("{no_data}/NotResource/-"),
            json!("*"),
            "data that is not its own",
        ),
        (
            format!("{no_data}/Resource"),
            json!("*"),
            "data that is not its own",
        ),
        (
            format!("{no_decryption}/Condition/StringNotLike"),
            Value::Null,
            "cannot read its key",
        ),
        (
            format!("{no_decryption}/Condition/StringNotLike/kms:ViaService/-"),
            json!("*"),
            "may decrypt more",
        ),
        (
            format!("{no_decryption}/Condition/StringNotEquals"),
            Value::Null,
            "it cannot start",
        ),
        (
            format!("{no_decryption}/Resource"),
            json!("arn:aws:kms:::key/1"),
            "may decrypt",
        ),
    ];
    for (index, words) in [
        "its table",
        "the indexes of its table",
        "its queue",
        "its key",
    ]
    .into_iter()
    .enumerate()
    {
        broken.push((format!("{no_data}/NotResource/{index}"), Value::Null, words));
    }
    let broken: Vec<(&str, Value, &str)> = broken
        .iter()
        .map(|(p, v, w)| (p.as_str(), v.clone(), *w))
        .collect();
    holds_and_notices(&template, data, &broken);
}

#[test]
fn the_read_role_of_another_account_is_denied_the_same() {
    let text = fs::read_to_string(root().join("infra/iam/read-role.yaml")).expect("the template");
    let (home, away) = (Template::deployed(), Template(yaml::parse(&text)));
    assert_eq!(
        deny(&away, "ReadRole", "NoData")["Action"],
        deny(&home, "StackDriftRole", "NoData")["Action"]
    );
    assert_eq!(
        deny(&away, "ReadRole", "NoApiKeys"),
        deny(&home, "StackDriftRole", "NoApiKeys")
    );
    for sid in ["NoData", "NoDecryption"] {
        assert_eq!(deny(&away, "ReadRole", sid)["Resource"], "*");
    }
    let trust = away.property("ReadRole", "AssumeRolePolicyDocument/Statement/0");
    assert_eq!(trust["Principal"]["AWS"], json!({"Ref": "TrustedRoleArns"}));
    assert_eq!(
        trust["Condition"],
        json!({"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}})
    );
}
