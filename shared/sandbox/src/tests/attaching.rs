//! What is hung on resources by hand: what CloudFormation and CloudTrail tell of it.

use serde_json::{Value, json};

use super::client::Client;
use super::{PLACE, operator, start};
use crate::{AttachError, Attachment, Edit, NewResource, NewStack, Sandbox};

const OPEN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// One resource of every type that things hang on; the group and the role declare lists.
fn estate() -> NewStack {
    let inline =
        json!([{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}]);
    NewStack::new(
        "net",
        vec![
            NewResource::new(
                "Group",
                "AWS::EC2::SecurityGroup",
                json!({"SecurityGroupIngress": inline}),
            ),
            NewResource::new("Bare", "AWS::EC2::SecurityGroup", json!({})),
            NewResource::new(
                "Role",
                "AWS::IAM::Role",
                json!({"RoleName": "app", "ManagedPolicyArns": []}),
            ),
            NewResource::new("Bucket", "AWS::S3::Bucket", json!({"BucketName": "data"})),
            NewResource::new("Key", "AWS::KMS::Key", json!({})),
            NewResource::new("Table", "AWS::EC2::RouteTable", json!({})),
            NewResource::new("Cluster", "AWS::EKS::Cluster", json!({"Name": "prod"})),
        ],
    )
}

fn ssh() -> Attachment {
    Attachment::ingress("tcp", (22, 22), "0.0.0.0/0")
}

fn drift(client: &Client, id: &str) -> Vec<String> {
    let parameters = [("StackName", "net"), ("LogicalResourceId", id)];
    let row = client.call("DetectStackResourceDrift", &parameters).good();
    let kinds = row.texts("DifferenceType").into_iter();
    let paths = row.texts("PropertyPath");
    kinds
        .zip(paths)
        .map(|(kind, path)| format!("{kind} {path}"))
        .collect()
}

/// The newest call on a resource: what LookupEvents tells, and the record.
fn call(client: &Client, name: &str) -> (Value, Value) {
    let ask =
        json!({"LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": name}]});
    let events = client.lookup(&ask).good().json();
    let event = events["Events"][0].clone();
    let record = serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap();
    (event, record)
}

async fn begin() -> (Sandbox, Client) {
    let (sandbox, client, _) = start().await;
    sandbox.limit("cloudtrail:LookupEvents", None);
    sandbox.create_stack(estate()).unwrap();
    (sandbox, client)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cloudformation_sees_only_what_goes_into_a_list_that_a_template_declares() {
    let (sandbox, client) = begin().await;
    let attach = |id: &str, what: Attachment| sandbox.attach("net", id, what, operator()).unwrap();
    assert!(attach("Group", ssh()).is_seen);
    assert!(attach("Role", Attachment::managed(OPEN)).is_seen);
    for (id, what) in [
        ("Group", Attachment::egress("tcp", (25, 25), "0.0.0.0/0")),
        ("Bare", ssh()),
        ("Role", Attachment::inline("hand")),
        (
            "Bucket",
            Attachment::BucketPolicy {
                document: json!({}),
            },
        ),
        ("Bucket", Attachment::NoPublicAccessBlock),
        (
            "Key",
            Attachment::grant("arn:aws:iam::1:role/x", &["Decrypt"]),
        ),
        ("Table", Attachment::route("0.0.0.0/0", "igw-1")),
        ("Cluster", Attachment::nodegroup("hand")),
    ] {
        assert!(!attach(id, what.clone()).is_seen, "{what:?}");
    }
    let group = sandbox.physical_id("net", "Group").unwrap();
    let rule = json!({"GroupId": group, "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "CidrIp": "10.0.0.0/8"});
    let rule = NewResource::new("Rule", "AWS::EC2::SecurityGroupIngress", rule);
    sandbox
        .create_stack(NewStack::new("other", vec![rule]))
        .unwrap();
    assert_eq!(drift(&client, "Group"), ["ADD /SecurityGroupIngress/1"]);
    assert_eq!(drift(&client, "Role"), ["ADD /ManagedPolicyArns/0"]);
    for id in ["Bare", "Bucket", "Key", "Table", "Cluster"] {
        assert_eq!(drift(&client, id), [""; 0], "{id}");
    }
    sandbox.detach("net", "Group", &ssh(), operator()).unwrap();
    assert_eq!(drift(&client, "Group"), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_attachment_leaves_its_true_call() {
    let (sandbox, client) = begin().await;
    let global = client.with(PLACE, "us-east-1");
    let id = |row: &str| sandbox.physical_id("net", row).unwrap();
    let key = format!("arn:aws:kms:eu-west-1:{PLACE}:key/{}", id("Key"));
    let policy = Attachment::BucketPolicy {
        document: json!({"Statement": []}),
    };
    let permission = json!({"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "groups": {}, "ipv6Ranges": {}, "prefixListIds": {},
                            "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}});
    let grant = Attachment::grant("arn:aws:iam::1:role/x", &["Decrypt"]);
    let group = id("Group");
    for (row, name, what, calls, parameters) in [
        (
            "Group",
            group.as_str(),
            ssh(),
            [
                "AuthorizeSecurityGroupIngress",
                "RevokeSecurityGroupIngress",
            ],
            json!({"groupId": group, "ipPermissions": {"items": [permission]}}),
        ),
        (
            "Role",
            "app",
            Attachment::managed(OPEN),
            ["AttachRolePolicy", "DetachRolePolicy"],
            json!({"roleName": "app", "policyArn": OPEN}),
        ),
        (
            "Role",
            "app",
            Attachment::inline("hand"),
            ["PutRolePolicy", "DeleteRolePolicy"],
            json!({"roleName": "app", "policyName": "hand", "policyDocument": crate::attach::property::open_document().to_string()}),
        ),
        (
            "Bucket",
            "data",
            policy,
            ["PutBucketPolicy", "DeleteBucketPolicy"],
            json!({"bucketName": "data", "Host": "data.s3.eu-west-1.amazonaws.com", "policy": "", "bucketPolicy": {"Statement": []}}),
        ),
        (
            "Bucket",
            "data",
            Attachment::NoPublicAccessBlock,
            [
                "DeleteBucketPublicAccessBlock",
                "PutBucketPublicAccessBlock",
            ],
            json!({"bucketName": "data", "Host": "data.s3.eu-west-1.amazonaws.com", "publicAccessBlock": ""}),
        ),
        (
            "Key",
            key.as_str(),
            grant,
            ["CreateGrant", "RevokeGrant"],
            json!({"keyId": id("Key"), "granteePrincipal": "arn:aws:iam::1:role/x", "operations": ["Decrypt"]}),
        ),
        (
            "Table",
            &id("Table"),
            Attachment::route("0.0.0.0/0", "igw-1"),
            ["CreateRoute", "DeleteRoute"],
            json!({"routeTableId": id("Table"), "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}),
        ),
        (
            "Cluster",
            "prod",
            Attachment::nodegroup("hand"),
            ["CreateNodegroup", "DeleteNodegroup"],
            json!({"name": "prod", "nodegroupName": "hand"}),
        ),
    ] {
        let client = if row == "Role" { &global } else { &client };
        let attached = sandbox
            .attach("net", row, what.clone(), operator())
            .unwrap();
        assert_eq!(attached.event_name, calls[0]);
        let (event, record) = call(client, name);
        assert_eq!(event["EventName"], calls[0]);
        assert_eq!(record["requestParameters"], parameters, "{}", calls[0]);
        assert_eq!(record["userIdentity"]["userName"], "operator");
        assert_eq!(record["userIdentity"].get("invokedBy"), None);
        if !attached.id.is_empty() {
            assert!(
                record["responseElements"]
                    .to_string()
                    .contains(&attached.id)
            );
        }
        sandbox.detach("net", row, &what, operator()).unwrap();
        assert_eq!(call(client, name).0["EventName"], calls[1]);
    }
    let (_, record) = call(&client, &key);
    assert_eq!(
        record["resources"],
        json!([{"accountId": PLACE, "type": "AWS::KMS::Key", "ARN": key}])
    );
    let (event, _) = call(&global, OPEN);
    assert_eq!(
        event["Resources"],
        json!([{"ResourceType": "AWS::IAM::Role", "ResourceName": "app"},
               {"ResourceType": "AWS::IAM::Policy", "ResourceName": OPEN}])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bending_a_list_or_an_attachment_is_the_call_on_what_it_hangs_on() {
    let (sandbox, client) = begin().await;
    let group = sandbox.physical_id("net", "Group").unwrap();
    let path = || "/SecurityGroupIngress".to_owned();
    let value = json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"});
    let add = Edit::Add {
        path: path(),
        value,
    };
    let added = sandbox.bend("net", "Group", add, operator()).unwrap();
    assert_eq!(added.event_name, "AuthorizeSecurityGroupIngress");
    let (_, record) = call(&client, &group);
    assert_eq!(record["requestParameters"]["groupId"], group);
    assert_eq!(
        record["requestParameters"]["ipPermissions"]["items"][0]["fromPort"],
        22
    );
    let remove = Edit::Remove {
        path: format!("{}/0", path()),
    };
    let removed = sandbox.bend("net", "Group", remove, operator()).unwrap();
    assert_eq!(removed.event_name, "RevokeSecurityGroupIngress");
    let (_, record) = call(&client, &group);
    assert_eq!(
        record["requestParameters"]["ipPermissions"]["items"][0]["fromPort"],
        443
    );
    let rule = json!({"GroupId": group, "IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIp": "10.0.0.0/8"});
    let rule = NewResource::new("Rule", "AWS::EC2::SecurityGroupIngress", rule);
    sandbox
        .create_stack(NewStack::new("other", vec![rule]))
        .unwrap();
    let gone = sandbox
        .bend("other", "Rule", Edit::Delete, operator())
        .unwrap();
    assert_eq!(gone.event_name, "RevokeSecurityGroupIngress");
    sandbox.mend("other", "Rule", operator()).unwrap();
    assert_eq!(
        call(&client, &group).0["EventName"],
        "AuthorizeSecurityGroupIngress"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_hang_there_or_does_already_or_does_not_is_refused() {
    let (sandbox, _) = begin().await;
    let attach = |id: &str, what: Attachment| sandbox.attach("net", id, what, operator());
    let misfit = attach("Role", ssh()).unwrap_err();
    assert_eq!(
        misfit,
        AttachError::Misfit("Role".to_owned(), "AWS::IAM::Role".to_owned())
    );
    assert!(matches!(
        attach("Nothing", ssh()),
        Err(AttachError::Resource(_))
    ));
    attach("Bare", ssh()).unwrap();
    let same = Attachment::ingress("6", (22, 22), "1.2.3.4/0");
    assert_eq!(
        attach("Bare", same),
        Err(AttachError::Exists("Bare".to_owned()))
    );
    let declared = Attachment::ingress("tcp", (443, 443), "10.0.0.0/8");
    assert_eq!(
        attach("Group", declared.clone()),
        Err(AttachError::Exists("Group".to_owned()))
    );
    let absent = sandbox.detach("net", "Group", &declared, operator());
    assert_eq!(
        absent,
        Err(AttachError::Absent("Group".to_owned())),
        "a stack declares it"
    );
    sandbox
        .bend("net", "Bare", Edit::Delete, operator())
        .unwrap();
    let gone = attach("Bare", Attachment::egress("tcp", (1, 1), "::/0")).unwrap_err();
    assert!(gone.to_string().contains("is gone"), "{gone}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resources_that_are_in_sync_are_told_with_their_properties_in_pages() {
    let (sandbox, client, watch) = start().await;
    let queues = (0..120).map(|index| {
        let properties = json!({"DelaySeconds": index});
        NewResource::new(&format!("Queue{index}"), "AWS::SQS::Queue", properties)
    });
    sandbox
        .create_stack(NewStack::new("big", queues.collect()))
        .unwrap();
    client
        .call("DetectStackDrift", &[("StackName", "big")])
        .good();
    watch.pass(30_000);
    let ask = |more: &[(&str, &str)]| {
        let mut parameters = vec![("StackName", "big")];
        parameters.extend(more);
        client
            .call("DescribeStackResourceDrifts", &parameters)
            .good()
    };
    let filter = ("StackResourceDriftStatusFilters.member.1", "IN_SYNC");
    let first = ask(&[filter, ("MaxResults", "100")]);
    assert_eq!(first.texts("ExpectedProperties").len(), 100);
    assert_eq!(
        first.texts("ExpectedProperties"),
        first.texts("ActualProperties")
    );
    assert_eq!(
        first.text("ExpectedProperties").unwrap(),
        r#"{"DelaySeconds":0}"#
    );
    let token = first.text("NextToken").unwrap();
    assert_eq!(
        ask(&[filter, ("NextToken", &token)])
            .texts("ActualProperties")
            .len(),
        20
    );
    assert_eq!(ask(&[]).texts("ActualProperties").len(), 100);
    let bad = [("StackName", "big"), ("MaxResults", "101")];
    assert_eq!(
        client.call("DescribeStackResourceDrifts", &bad).refusal().1,
        "ValidationError"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_detection_that_sees_other_stacks_tells_their_attachments_as_additions() {
    let watch = super::Stopwatch::at("2026-11-24T06:00:00Z");
    let options = crate::Options {
        sees_other_stacks: true,
        ..watch.options()
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let client = Client::new(&sandbox.endpoint());
    sandbox.create_stack(estate()).unwrap();
    let rule = |row: &str, port: u16| {
        let group = sandbox.physical_id("net", row).unwrap();
        let rule = json!({"GroupId": group, "IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/8"});
        NewResource::new(
            &format!("{row}Rule"),
            "AWS::EC2::SecurityGroupIngress",
            rule,
        )
    };
    let rows = vec![rule("Group", 1), rule("Bare", 2)];
    sandbox.create_stack(NewStack::new("other", rows)).unwrap();
    let own = crate::StackUpdate::by(operator()).put(rule("Group", 3));
    sandbox.update_stack("net", own).unwrap();
    assert_eq!(drift(&client, "Group"), ["ADD /SecurityGroupIngress/1"]);
    assert_eq!(
        drift(&client, "Bare"),
        [""; 0],
        "its template declares no list"
    );
    client
        .call("DetectStackDrift", &[("StackName", "net")])
        .good();
    watch.pass(30_000);
    let rows = client
        .call("DescribeStackResourceDrifts", &[("StackName", "net")])
        .good();
    assert_eq!(rows.texts("PropertyPath"), ["/SecurityGroupIngress/1"]);
    assert_eq!(
        client
            .call("ListStacks", &[])
            .good()
            .texts("StackDriftStatus")[1],
        "DRIFTED"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_hung_by_hand_goes_with_what_it_hung_on() {
    let (sandbox, client) = begin().await;
    let hang = || {
        let policy = Attachment::inline("hand");
        sandbox.attach("net", "Role", policy, operator()).unwrap();
    };
    let held = || {
        let parameters = [("RoleName", "app")];
        let answer = client
            .query("iam", "ListRolePolicies", &parameters)
            .unwrap();
        answer.good().texts("member")
    };
    hang();
    client.call("DeleteStack", &[("StackName", "net")]).good();
    sandbox.create_stack(estate()).unwrap();
    assert_eq!(held(), [""; 0]);
    hang();
    let update = crate::StackUpdate::by(operator()).remove("Role");
    sandbox.update_stack("net", update).unwrap();
    let role = NewResource::new("Role", "AWS::IAM::Role", json!({"RoleName": "app"}));
    let update = crate::StackUpdate::by(operator()).put(role);
    sandbox.update_stack("net", update).unwrap();
    assert_eq!(held(), [""; 0]);
}
