use serde_json::{Value, json};

use crate::harness::{BOTH, Lists, at, drift, rule, rules};

const TYPE: &str = "AWS::IAM::Role";

fn statement() -> Value {
    json!({
        "Sid": "Read",
        "Effect": "Allow",
        "Principal": {"AWS": ["arn:aws:iam::123456789012:root"], "Service": ["ec2.amazonaws.com"]},
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": ["arn:aws:s3:::a", "arn:aws:s3:::a/*"],
        "Condition": {"Bool": {"aws:SecureTransport": ["true"]}, "StringEquals": {"aws:PrincipalOrgID": ["o-1", "o-2"]}}
    })
}

fn policy(statements: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// The statement with one element of another value; `null` takes it away.
fn with(element: &str, value: Value) -> Value {
    let mut statement = statement();
    if value.is_null() {
        statement
            .as_object_mut()
            .and_then(|map| map.remove(element));
    } else {
        statement[element] = value;
    }
    policy(json!([statement]))
}

fn is_same(one: &Value, other: &Value) -> bool {
    let tree = |document: &Value| json!({"AssumeRolePolicyDocument": document});
    let (expected, actual) = (tree(one), tree(other));
    let by_rule = at(TYPE, "/AssumeRolePolicyDocument", &expected, &actual);
    let is_same = by_rule.is_some_and(|said| said.rule == "iam-policy");
    // The same word at every difference deep in the document.
    for lists in BOTH {
        let left = drift(TYPE, &expected, &actual, lists);
        assert_eq!(left.is_empty(), is_same, "{lists:?}: {left:?}");
    }
    is_same
}

#[test]
fn one_is_a_list_of_one_and_lists_are_sets() {
    let base = policy(json!([statement()]));
    for other in [
        policy(statement()),
        with("Action", json!(["s3:ListBucket", "s3:GetObject"])),
        with("Action", json!(["S3:listbucket", "s3:GETOBJECT"])),
        with("Resource", json!(["arn:aws:s3:::a/*", "arn:aws:s3:::a"])),
        with(
            "Principal",
            json!({"Service": "ec2.amazonaws.com", "AWS": "arn:aws:iam::123456789012:root"}),
        ),
        with(
            "Principal",
            json!({"Service": "ec2.amazonaws.com", "AWS": "123456789012"}),
        ),
        with(
            "Condition",
            json!({"StringEquals": {"aws:PrincipalOrgID": ["o-2", "o-1"]}, "Bool": {"aws:SecureTransport": true}}),
        ),
    ] {
        assert!(is_same(&base, &other), "{other}");
        assert!(is_same(&other, &base), "{other}");
    }
}

#[test]
fn everyone_has_two_spellings() {
    assert!(is_same(
        &with("Principal", json!("*")),
        &with("Principal", json!({"AWS": "*"}))
    ));
    assert!(is_same(
        &with("Principal", json!({"AWS": ["*"]})),
        &with("Principal", json!("*"))
    ));
    assert!(!is_same(
        &with("Principal", json!("*")),
        &with("Principal", json!({"Service": "*"}))
    ));
    assert!(!is_same(
        &with("Principal", json!({"AWS": "123456789012"})),
        &with("Principal", json!("*"))
    ));
}

#[test]
fn the_order_of_statements_means_nothing() {
    let other = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"});
    let one = policy(json!([statement(), other]));
    assert!(is_same(&one, &policy(json!([other, statement()]))));
    let tree = |document: &Value| json!({"AssumeRolePolicyDocument": document});
    let reordered = policy(json!([other, statement()]));
    assert_eq!(
        rule(
            TYPE,
            "/AssumeRolePolicyDocument/Statement/0/Effect",
            &tree(&one),
            &tree(&reordered)
        ),
        Some("iam-policy")
    );
}

#[test]
fn a_real_drift_in_a_policy_stays() {
    let base = policy(json!([statement()]));
    for other in [
        with("Effect", json!("Deny")),
        with("Effect", json!("allow")),
        with("Action", json!(["s3:GetObject"])),
        with(
            "Action",
            json!(["s3:GetObject", "s3:ListBucket", "s3:PutObject"]),
        ),
        with("Action", json!("*")),
        with("Resource", json!(["arn:aws:s3:::A", "arn:aws:s3:::a/*"])),
        with("Resource", json!("*")),
        with("Principal", json!("*")),
        with(
            "Principal",
            json!({"AWS": "210987654321", "Service": "ec2.amazonaws.com"}),
        ),
        with(
            "Principal",
            json!({"AWS": "arn:aws:iam::123456789012:role/r", "Service": "ec2.amazonaws.com"}),
        ),
        with(
            "Principal",
            json!({"AWS": "arn:aws-cn:iam::123456789012:root", "Service": "ec2.amazonaws.com"}),
        ),
        with("Principal", json!({"AWS": "123456789012"})),
        with("Condition", Value::Null),
        with(
            "Condition",
            json!({"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:PrincipalOrgID": ["o-1", "o-2"]}}),
        ),
        with(
            "Condition",
            json!({"Bool": {"aws:SecureTransport": "true"}, "StringLike": {"aws:PrincipalOrgID": ["o-1", "o-2"]}}),
        ),
        with(
            "Condition",
            json!({"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:PrincipalOrgID": ["o-1", "o-2", "o-3"]}}),
        ),
        with("Sid", json!("Write")),
        with("Sid", Value::Null),
        policy(json!([statement(), statement()])),
        policy(
            json!([statement(), {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]),
        ),
        policy(json!([])),
    ] {
        assert!(!is_same(&base, &other), "{other}");
        assert!(!is_same(&other, &base), "{other}");
    }
    let negated = |from: &str, to: &str| {
        let mut statement = statement();
        let map = statement.as_object_mut().unwrap();
        let value = map.remove(from).unwrap();
        map.insert(to.to_owned(), value);
        policy(json!([statement]))
    };
    for (from, to) in [
        ("Action", "NotAction"),
        ("Resource", "NotResource"),
        ("Principal", "NotPrincipal"),
    ] {
        assert!(!is_same(&base, &negated(from, to)), "{to}");
    }
}

#[test]
fn no_version_is_the_oldest_and_no_other() {
    let version = |version: Option<&str>| match version {
        Some(version) => json!({"Version": version, "Statement": [statement()]}),
        None => json!({"Statement": [statement()]}),
    };
    assert!(is_same(&version(None), &version(Some("2008-10-17"))));
    assert!(!is_same(&version(None), &version(Some("2012-10-17"))));
    assert!(!is_same(
        &version(Some("2008-10-17")),
        &version(Some("2012-10-17"))
    ));
}

#[test]
fn an_empty_sid_is_none_and_an_id_is_kept() {
    assert!(is_same(&with("Sid", json!("")), &with("Sid", Value::Null)));
    let mut named = policy(json!([statement()]));
    named["Id"] = json!("x");
    assert!(!is_same(&named, &policy(json!([statement()]))));
}

#[test]
fn documents_are_known_as_text_and_deep_in_a_resource() {
    let one = json!([{"PolicyName": "p", "PolicyDocument": policy(json!([statement()]))}]);
    let mut other = one.clone();
    other[0]["PolicyDocument"]["Statement"] = json!(statement());
    let (expected, actual) = (json!({ "Policies": one }), json!({ "Policies": other }));
    assert_eq!(
        rules("AWS::IAM::User", &expected, &actual, Lists::ByIndex),
        ["iam-policy"]
    );
    let text = json!({"KeyPolicy": policy(statement()).to_string()});
    let object = json!({"KeyPolicy": policy(json!([statement()]))});
    assert_eq!(
        rule("AWS::KMS::Key", "/KeyPolicy", &text, &object),
        Some("iam-policy")
    );
    let text = json!({"Content": policy(statement()).to_string()});
    let object = json!({"Content": policy(json!([statement()]))});
    assert_eq!(
        rule("AWS::Organizations::Policy", "/Content", &text, &object),
        Some("iam-policy")
    );
    assert_eq!(rule("AWS::X::Y", "/Content", &text, &object), None);
}

#[test]
fn what_the_grammar_does_not_know_is_not_compared() {
    let unknown = |document: &Value| {
        let mut document = document.clone();
        document["Other"] = json!(1);
        document
    };
    let (one, other) = (policy(json!([statement()])), policy(statement()));
    assert!(!is_same(&unknown(&one), &unknown(&other)));
    let odd = |action: Value| with("Action", action);
    assert!(!is_same(&odd(json!([1])), &odd(json!(1))));
    assert!(!is_same(
        &with("Effect", Value::Null),
        &policy(json!(with("Effect", Value::Null)["Statement"][0]))
    ));
    assert!(!is_same(
        &with("Extra", json!(["a"])),
        &with("Extra", json!("a"))
    ));
}

#[test]
fn no_value_of_a_policy_is_said() {
    let (one, other) = (policy(json!([statement()])), policy(statement()));
    let said = at(
        TYPE,
        "/AssumeRolePolicyDocument",
        &json!({"AssumeRolePolicyDocument": one}),
        &json!({"AssumeRolePolicyDocument": other}),
    )
    .unwrap();
    assert!(!said.detail.contains("s3") && !said.detail.contains("123456789012"));
}
