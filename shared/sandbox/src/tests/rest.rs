//! S3, KMS and EKS.

use serde_json::json;

use super::{PLACE, operator, start};
use crate::{Attachment, Edit, NewResource, NewStack};

fn bucket(name: &str, properties: serde_json::Value) -> NewStack {
    let mut properties = properties;
    properties["BucketName"] = name.into();
    NewStack::new(
        name,
        vec![NewResource::new("Bucket", "AWS::S3::Bucket", properties)],
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_buckets_policy_is_the_one_of_a_stack_until_somebody_puts_another() {
    let (sandbox, client, _) = start().await;
    sandbox.create_stack(bucket("plain", json!({}))).unwrap();
    let document = |sid: &str| json!({"Version": "2012-10-17", "Statement": [{"Sid": sid}]});
    let policy = || client.get("s3", "/plain?policy");
    let refused = |answer: super::client::Answer| (answer.status, answer.text("Code").unwrap());
    assert_eq!(refused(policy()), (404, "NoSuchBucketPolicy".to_owned()));
    let open = Attachment::BucketPolicy {
        document: document("hand"),
    };
    let attached = sandbox
        .attach("plain", "Bucket", open.clone(), operator())
        .unwrap();
    assert!(!attached.is_seen);
    assert_eq!(policy().good().json(), document("hand"));
    assert!(
        sandbox
            .attach("plain", "Bucket", open.clone(), operator())
            .is_err()
    );
    sandbox
        .detach("plain", "Bucket", &open, operator())
        .unwrap();
    assert_eq!(policy().status, 404);

    let declared = json!({"Bucket": "plain", "PolicyDocument": document("stack")});
    let row = NewResource::new("Policy", "AWS::S3::BucketPolicy", declared);
    sandbox
        .create_stack(NewStack::new("other", vec![row]))
        .unwrap();
    assert_eq!(policy().good().json(), document("stack"));
    let attached = sandbox
        .attach("plain", "Bucket", open.clone(), operator())
        .unwrap();
    assert!(
        attached.is_seen,
        "it takes the place of a policy that a stack declares"
    );
    assert_eq!(policy().good().json(), document("hand"));
    let parameters = [("StackName", "other"), ("LogicalResourceId", "Policy")];
    let row = client.call("DetectStackResourceDrift", &parameters).good();
    assert_eq!(
        row.texts("PropertyPath"),
        ["/PolicyDocument/Statement/0/Sid"]
    );
    sandbox
        .detach("plain", "Bucket", &open, operator())
        .unwrap();
    assert_eq!(policy().good().json(), document("stack"));
    sandbox
        .bend("other", "Policy", Edit::Delete, operator())
        .unwrap();
    assert_eq!(policy().status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_buckets_public_access_is_blocked_unless_somebody_takes_that_away() {
    let (sandbox, client, _) = start().await;
    sandbox.create_stack(bucket("plain", json!({}))).unwrap();
    let own = json!({"PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "RestrictPublicBuckets": "true"}});
    sandbox.create_stack(bucket("own", own)).unwrap();
    let block = |name: &str| client.get("s3", &format!("/{name}?publicAccessBlock"));
    let values = |name: &str| {
        let answer = block(name).good();
        crate::live::BLOCKS
            .map(|tag| answer.text(tag).unwrap())
            .join(" ")
    };
    assert_eq!(values("plain"), "true true true true");
    assert_eq!(values("own"), "true false false true");
    for (name, is_seen) in [("plain", false), ("own", true)] {
        let none = Attachment::NoPublicAccessBlock;
        let attached = sandbox
            .attach(name, "Bucket", none.clone(), operator())
            .unwrap();
        assert_eq!(
            (attached.is_seen, attached.event_name.as_str()),
            (is_seen, "DeleteBucketPublicAccessBlock")
        );
        let answer = block(name);
        let code = answer.text("Code").unwrap();
        assert_eq!(
            (answer.status, code.as_str()),
            (404, "NoSuchPublicAccessBlockConfiguration")
        );
        assert!(
            sandbox
                .attach(name, "Bucket", none.clone(), operator())
                .is_err()
        );
        let mended = sandbox.detach(name, "Bucket", &none, operator()).unwrap();
        assert_eq!(mended.event_name, "PutBucketPublicAccessBlock");
        assert_eq!(block(name).status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn buckets_are_the_whole_worlds_and_only_the_own_ones_of_the_region_are_told() {
    let (sandbox, client, _) = start().await;
    sandbox.create_stack(bucket("here", json!({}))).unwrap();
    let code = |client: &super::client::Client, path: &str| {
        let answer = client.get("s3", path);
        (answer.status, answer.text("Code").unwrap_or_default())
    };
    let is = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(code(&client, "/nothing?policy"), is(404, "NoSuchBucket"));
    let north = client.with(PLACE, "eu-north-1");
    assert_eq!(code(&north, "/here?policy"), is(301, "PermanentRedirect"));
    let foreign = client.with("222222222222", "eu-west-1");
    assert_eq!(code(&foreign, "/here?policy="), is(403, "AccessDenied"));
    assert_eq!(code(&client, "/here?acl"), is(501, "NotImplemented"));
    assert_eq!(sandbox.count("s3:GetBucketPolicy"), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keys_policy_is_its_templates_or_kmss_own() {
    let (sandbox, client, _) = start().await;
    let policy = json!({"Version": "2012-10-17", "Statement": []});
    let rows = vec![
        NewResource::new("Own", "AWS::KMS::Key", json!({"KeyPolicy": policy})),
        NewResource::new("Plain", "AWS::KMS::Key", json!({})),
    ];
    sandbox.create_stack(NewStack::new("keys", rows)).unwrap();
    let id = |row: &str| sandbox.physical_id("keys", row).unwrap();
    let text = |key: &str| {
        let ask = json!({"KeyId": key, "PolicyName": "default"});
        let answer = client.kms("GetKeyPolicy", &ask).good().json();
        serde_json::from_str::<serde_json::Value>(answer["Policy"].as_str().unwrap()).unwrap()
    };
    assert_eq!(text(&id("Own")), policy);
    let arn = format!("arn:aws:kms:eu-west-1:{PLACE}:key/{}", id("Own"));
    assert_eq!(text(&arn), policy);
    let root = &text(&id("Plain"))["Statement"][0]["Principal"]["AWS"];
    assert_eq!(*root, format!("arn:aws:iam::{PLACE}:root"));
    for (ask, code) in [
        (json!({"KeyId": "nothing"}), "NotFoundException"),
        (
            json!({"KeyId": id("Own"), "PolicyName": "other"}),
            "NotFoundException",
        ),
        (
            json!({"KeyId": arn.replace("eu-west-1", "eu-north-1")}),
            "NotFoundException",
        ),
        (json!({}), "ValidationException"),
    ] {
        let answer = client.kms("GetKeyPolicy", &ask);
        assert_eq!((answer.status, answer.error.as_str()), (400, code), "{ask}");
    }
    assert_eq!(
        client.kms("Decrypt", &json!({"KeyId": id("Own")})).error,
        "UnknownOperationException"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grants_are_paged_with_all_that_was_said_of_them() {
    let (sandbox, client, _) = start().await;
    let key = NewResource::new("Key", "AWS::KMS::Key", json!({}));
    sandbox
        .create_stack(NewStack::new("keys", vec![key]))
        .unwrap();
    let id = sandbox.physical_id("keys", "Key").unwrap();
    let role = format!("arn:aws:iam::{PLACE}:role/app");
    let full = Attachment::Grant {
        name: Some("by-hand".to_owned()),
        grantee: role.clone(),
        retiring: Some("dynamodb.eu-west-1.amazonaws.com".to_owned()),
        operations: vec!["Decrypt".to_owned()],
    };
    let attached = sandbox.attach("keys", "Key", full, operator()).unwrap();
    assert_eq!(attached.id.len(), 64);
    for index in 0..4 {
        let grant = Attachment::grant(&format!("{role}{index}"), &["Encrypt"]);
        sandbox.attach("keys", "Key", grant, operator()).unwrap();
    }
    let mut ask = json!({"KeyId": id, "Limit": 2});
    let mut seen = Vec::new();
    for truncated in [true, true, false] {
        let page = client.kms("ListGrants", &ask).good().json();
        assert_eq!(page["Truncated"], truncated);
        seen.extend(page["Grants"].as_array().unwrap().clone());
        ask["Marker"] = page["NextMarker"].clone();
    }
    assert_eq!(seen.len(), 5);
    let expected = json!({"KeyId": format!("arn:aws:kms:eu-west-1:{PLACE}:key/{id}"), "GrantId": attached.id, "Name": "by-hand",
        "CreationDate": 1_795_500_000.25, "GranteePrincipal": role, "RetiringPrincipal": "dynamodb.eu-west-1.amazonaws.com",
        "IssuingAccount": format!("arn:aws:iam::{PLACE}:root"), "Operations": ["Decrypt"]});
    assert_eq!(seen[0], expected);
    assert_eq!(seen[1].get("RetiringPrincipal"), None);
    for (more, code) in [
        (json!({"Limit": 0}), "ValidationException"),
        (json!({"Marker": "x"}), "InvalidMarkerException"),
    ] {
        let mut ask = json!({"KeyId": id});
        ask.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        assert_eq!(client.kms("ListGrants", &ask).error, code);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_groups_are_those_of_stacks_and_those_by_hand_in_pages() {
    let (sandbox, client, _) = start().await;
    let cluster = NewResource::new("Cluster", "AWS::EKS::Cluster", json!({"Name": "prod"}));
    let declared = json!({"ClusterName": {"Ref": "Cluster"}, "NodegroupName": "b-stack"});
    let group = NewResource::new("Nodes", "AWS::EKS::Nodegroup", declared);
    sandbox
        .create_stack(NewStack::new("eks", vec![group, cluster]))
        .unwrap();
    assert_eq!(sandbox.physical_id("eks", "Nodes").unwrap(), "prod/b-stack");
    for name in ["c-hand", "a-hand"] {
        let group = Attachment::nodegroup(name);
        sandbox.attach("eks", "Cluster", group, operator()).unwrap();
    }
    let all = client
        .get("eks", "/clusters/prod/node-groups")
        .good()
        .json();
    assert_eq!(
        all,
        json!({"nodegroups": ["a-hand", "b-stack", "c-hand"], "nextToken": null})
    );
    let page = client
        .get("eks", "/clusters/prod/node-groups?maxResults=2")
        .good()
        .json();
    let token = page["nextToken"].as_str().unwrap();
    let path = format!("/clusters/prod/node-groups?maxResults=2&nextToken={token}");
    assert_eq!(
        client.get("eks", &path).good().json()["nodegroups"],
        json!(["c-hand"])
    );
    let missing = client.get("eks", "/clusters/test/node-groups");
    assert_eq!(
        (missing.status, missing.error.as_str()),
        (404, "ResourceNotFoundException")
    );
    assert_eq!(
        missing.json()["message"],
        "No cluster found for name: test."
    );
    for path in [
        "/clusters/prod/node-groups?maxResults=0",
        "/clusters/prod/node-groups?nextToken=x",
        "/clusters",
    ] {
        let answer = client.get("eks", path);
        assert_eq!(
            (answer.status, answer.error.as_str()),
            (400, "InvalidParameterException"),
            "{path}"
        );
    }
}
