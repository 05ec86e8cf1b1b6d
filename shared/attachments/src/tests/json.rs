//! Keys and clusters: what answers in JSON.

use std::sync::Arc;

use domain::ports::{Evidence, Grant, PortErrorKind};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{always, assert_unreadable, pages};
use crate::AwsEvidence;
use crate::tests::server::{Reply, Server};

fn grant(id: &str) -> Value {
    json!({
        "KeyId": "arn:aws:kms:eu-west-1:111122223333:key/k", "GrantId": id, "Name": "",
        "GranteePrincipal": "arn:aws:iam::111122223333:role/app",
        "IssuingAccount": "arn:aws:iam::111122223333:root", "Operations": ["Decrypt"],
        "CreationDate": 1.7e9,
    })
}

#[tokio::test]
async fn grants_are_read_over_all_pages() {
    let mut second = grant("g2");
    second["Name"] = json!("mine");
    second["GranteePrincipal"] = Value::Null;
    second["GranteeServicePrincipal"] = json!("rds.amazonaws.com");
    second["RetiringPrincipal"] = json!("arn:aws:iam::111122223333:user/bob");
    let (server, port) = pages(vec![
        json!({"Grants": [grant("g1")], "Truncated": true, "NextMarker": "m"}).to_string(),
        json!({"Grants": [second], "Truncated": false}).to_string(),
    ])
    .await;
    let read = port.grants("key-1").await.unwrap();
    assert_eq!(
        read[0],
        Grant {
            id: "g1".to_owned(),
            name: None,
            grantee: "arn:aws:iam::111122223333:role/app".to_owned(),
            retiring: None,
            issuer: Some("arn:aws:iam::111122223333:root".to_owned()),
            operations: vec!["Decrypt".to_owned()],
        }
    );
    assert_eq!(read[1].grantee, "rds.amazonaws.com");
    assert_eq!(read[1].name.as_deref(), Some("mine"));
    assert!(read[1].retiring.is_some());
    let seen = server.seen();
    assert!(seen[0].head.contains("TrentService.ListGrants"));
    assert!(seen[0].head.contains("/eu-west-1/kms/aws4_request"));
    let body = |number: usize| serde_json::from_str::<Value>(&seen[number].body).unwrap();
    assert_eq!(body(0), json!({"KeyId": "key-1", "Limit": 100}));
    assert_eq!(body(1)["Marker"], "m");
}

#[tokio::test]
async fn grants_that_are_not_whole_are_an_error() {
    let without = |name: &str| {
        let mut grant = grant("g");
        grant[name] = Value::Null;
        json!({"Grants": [grant]}).to_string()
    };
    for body in [
        String::new(),
        "[]".to_owned(),
        "{}".to_owned(),
        "{\"Grants\":[".to_owned(),
        json!({"Grants": {}}).to_string(),
        json!({"Grants": [], "Truncated": true}).to_string(),
        json!({"Grants": [], "Truncated": "hunter2"}).to_string(),
        json!({"Grants": [], "Truncated": true, "NextMarker": "again"}).to_string(),
        without("GrantId"),
        without("GranteePrincipal"),
        without("Operations"),
    ] {
        let (_server, port) = always(Reply::new(200, body)).await;
        assert_unreadable(port.grants("key-1").await, "kms:ListGrants", "key key-1");
    }
}

#[tokio::test]
async fn a_keys_policy_is_read_and_never_quoted() {
    let body = json!({"Policy": "{\"Statement\":[]}", "PolicyName": "default"}).to_string();
    let (server, port) = always(Reply::new(200, body)).await;
    let policy = port.key_policy("key-1").await.unwrap();
    assert_eq!(policy, json!({"Statement": []}));
    let seen = server.seen();
    assert!(seen[0].head.contains("TrentService.GetKeyPolicy"));
    let body: Value = serde_json::from_str(&seen[0].body).unwrap();
    assert_eq!(body, json!({"KeyId": "key-1", "PolicyName": "default"}));
    for body in [
        "{}".to_owned(),
        "hunter2".to_owned(),
        json!({"Policy": "hunter2"}).to_string(),
        json!({"Policy": "\"hunter2\""}).to_string(),
        json!({"Policy": {}}).to_string(),
    ] {
        let (_server, port) = always(Reply::new(200, body)).await;
        assert_unreadable(
            port.key_policy("key-1").await,
            "kms:GetKeyPolicy",
            "key key-1",
        );
    }
}

#[tokio::test]
async fn node_groups_are_read_over_all_pages() {
    let (server, port) = pages(vec![
        json!({"nodegroups": ["one"], "nextToken": "a b&c"}).to_string(),
        json!({"nodegroups": ["two"], "nextToken": null}).to_string(),
    ])
    .await;
    assert_eq!(
        port.node_groups("my-cluster").await.unwrap(),
        ["one", "two"]
    );
    let seen = server.seen();
    let line = |number: usize| seen[number].head.lines().next().unwrap().to_owned();
    assert_eq!(
        line(0),
        "GET /clusters/my-cluster/node-groups?maxResults=100 HTTP/1.1"
    );
    assert_eq!(
        line(1),
        "GET /clusters/my-cluster/node-groups?maxResults=100&nextToken=a%20b%26c HTTP/1.1"
    );
    assert!(seen[0].head.contains("/eu-west-1/eks/aws4_request"));
}

#[tokio::test]
async fn node_groups_that_are_not_whole_are_an_error() {
    for body in [
        "",
        "{}",
        "{\"nodegroups\":[\"\"]}",
        "{\"nodegroups\":[1]}",
        "{\"nodegroups\":[],\"nextToken\":\"again\"}",
    ] {
        let (_server, port) = always(Reply::new(200, body)).await;
        let result = port.node_groups("c").await;
        assert_unreadable(result, "eks:ListNodegroups", "cluster c");
    }
    let (server, port) = always(Reply::new(200, "{\"nodegroups\":[]}")).await;
    for name in ["", "..", "a/b", "a?b"] {
        let error = port.node_groups(name).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Invalid);
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn the_evidence_asks_the_trail_of_the_region_it_is_given() {
    let server = Server::start(|_, _| Reply::new(200, "{\"Events\":[]}")).await;
    let evidence = AwsEvidence(Arc::new(server.connection().await));
    let trail = evidence.trail(Some("ap-south-1"), None).await.unwrap();
    let (from, to) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
    assert_eq!(trail.calls("sg-1", from, to).await.unwrap(), []);
    assert!(
        server.seen()[0]
            .head
            .contains("/ap-south-1/cloudtrail/aws4_request")
    );
}
