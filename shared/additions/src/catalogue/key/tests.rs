use super::*;
use crate::harness::{ACCOUNT, found, said, unsaid};
use crate::testing::MemoryAttachments;

fn declared_key(expected: Value) -> Declared {
    said("AWS::KMS::Key", "k-1", expected)
}

fn default_policy() -> Value {
    json!({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [{
        "Sid": "Enable IAM User Permissions", "Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Action": "kms:*", "Resource": "*"
    }]})
}

fn with(policy: Value, grants: &[Grant]) -> MemoryAttachments {
    let port = MemoryAttachments::new();
    port.set_key_policy("k-1", policy);
    for grant in grants {
        port.add_grant("k-1", grant.clone());
    }
    port
}

fn grant(grantee: &str, retiring: Option<&str>, issuer: Option<&str>) -> Grant {
    Grant {
        id: "g1".to_owned(),
        grantee: grantee.to_owned(),
        retiring: retiring.map(str::to_owned),
        issuer: issuer.map(str::to_owned),
        operations: vec!["Decrypt".to_owned()],
        ..Grant::default()
    }
}

#[test]
fn a_policy_that_is_not_declared_is_kms_s_default_or_an_addition() {
    let stack = [declared_key(json!({}))];
    assert!(found(&with(default_policy(), &[]), &stack).is_empty());
    let changes: [(&str, Value); 5] = [
        (
            "/Statement/0/Principal",
            json!({"AWS": "arn:aws:iam::999999999999:root"}),
        ),
        ("/Statement/0/Principal", json!("*")),
        ("/Statement/0/Action", json!("*")),
        ("/Statement/0/Principal/Service", json!("x")),
        ("/Statement/0/NotAction", json!("x")),
    ];
    for (path, value) in changes {
        let mut policy = default_policy();
        let (container, name) = path.rsplit_once('/').unwrap();
        policy.pointer_mut(container).unwrap()[name] = value;
        assert_eq!(
            found(&with(policy, &[]), &stack),
            ["k-1 /KeyPolicy"],
            "{path}"
        );
    }
    let mut two = default_policy();
    two["Statement"]
        .as_array_mut()
        .unwrap()
        .push(json!({"Effect": "Allow"}));
    assert_eq!(found(&with(two.clone(), &[]), &stack), ["k-1 /KeyPolicy"]);
    assert_eq!(
        found(&with(two, &[]), &[unsaid("AWS::KMS::Key", "k-1")]),
        ["k-1 /KeyPolicy ?"]
    );
}

#[test]
fn a_declared_policy_is_cloudformation_s_to_compare_and_not_asked_for() {
    let port = with(json!({"Statement": []}), &[]);
    let stack = [declared_key(json!({"KeyPolicy": {"Statement": ["x"]}}))];
    assert!(found(&port, &stack).is_empty());
    assert_eq!(
        port.calls().into_iter().collect::<Vec<_>>(),
        [("kms:ListGrants", 1)]
    );
}

#[test]
fn a_grant_is_an_addition_unless_a_service_made_it_for_itself() {
    let mine = format!("arn:aws:iam::{ACCOUNT}:role/web");
    let session =
        |account: &str, name: &str| format!("arn:aws:sts::{account}:assumed-role/{name}/i-1");
    let root = format!("arn:aws:iam::{ACCOUNT}:root");
    let linked = format!(
        "arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    );
    let infrastructure = session(ACCOUNT, "aws:ec2-infrastructure");
    for own in [
        grant("rds.amazonaws.com", None, Some(&root)),
        grant("dynamodb.eu-west-1.amazonaws.com", None, None),
        grant("kms.cn-north-1.amazonaws.com.cn", None, None),
        grant(&mine, Some("lambda.eu-west-1.amazonaws.com"), None),
        grant(&session(ACCOUNT, "web"), Some("lambda.amazonaws.com"), None),
        grant(&infrastructure, None, Some(&root)),
        grant(&mine, None, Some(&linked)),
        grant(&mine, None, Some("backup.amazonaws.com")),
    ] {
        let port = with(default_policy(), std::slice::from_ref(&own));
        assert!(
            found(&port, &[declared_key(json!({}))]).is_empty(),
            "{own:?}"
        );
    }
    let elsewhere = session("999999999999", "aws:ec2-infrastructure");
    let looks_like = format!("arn:aws:iam::{ACCOUNT}:role/x.amazonaws.com");
    let foreign = linked.replace(ACCOUNT, "999999999999");
    for added in [
        grant(&mine, None, Some(&root)),
        grant(&mine, Some(&root), None),
        grant(&looks_like, Some(&looks_like), Some(&root)),
        grant(&elsewhere, None, None),
        grant(&session(ACCOUNT, "web"), None, None),
        grant(&mine, None, Some(&foreign)),
        // To whom a linked role gives it is told by its maker, not by the name of whom it is given to.
        grant(&linked, None, Some(&root)),
        grant(&elsewhere, Some("lambda.eu-west-1.amazonaws.com"), None),
        grant("", None, None),
        grant(".amazonaws.com", None, None),
        grant("arn:aws:iam::999999999999:user/x.amazonaws.com", None, None),
    ] {
        let port = with(default_policy(), std::slice::from_ref(&added));
        assert_eq!(
            found(&port, &[declared_key(json!({"KeyPolicy": {}}))]),
            ["k-1 /Grants[GrantId=g1]"],
            "{added:?}"
        );
    }
}
