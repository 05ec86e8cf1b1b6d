//! Stacks updated from Rust.

use serde_json::{Value, json};

use super::client::Client;
use super::{operator, shop, start};
use crate::{Actor, Attachment, NewResource, NewStack, Options, Sandbox, StackUpdate, UpdateError};

fn rule(port: u16) -> Value {
    json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/8"})
}

fn group(ports: &[u16]) -> NewResource {
    let rules: Vec<_> = ports.iter().map(|port| rule(*port)).collect();
    let properties = json!({"SecurityGroupIngress": rules, "SecurityGroupEgress": []});
    NewResource::new("Group", "AWS::EC2::SecurityGroup", properties)
}

/// The records of all calls, the newest first.
fn records(client: &Client) -> Vec<Value> {
    let events = client.lookup(&json!({})).good().json();
    let events = events["Events"].as_array().unwrap().iter();
    events
        .map(|event| serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap())
        .collect()
}

fn paths(client: &Client) -> Vec<String> {
    let parameters = [("StackName", "net"), ("LogicalResourceId", "Group")];
    let row = client.call("DetectStackResourceDrift", &parameters).good();
    row.texts("PropertyPath")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_changes_template_and_live_and_its_calls_are_invoked_by_cloudformation() {
    let (sandbox, client, watch) = start().await;
    sandbox
        .create_stack(NewStack::new("net", vec![group(&[443])]))
        .unwrap();
    let before = client
        .call("DescribeStacks", &[("StackName", "net")])
        .good();
    assert_eq!(
        before.text("CreationTime").unwrap(),
        "2026-11-24T06:00:00.250Z"
    );
    assert_eq!(before.text("LastUpdatedTime"), None);
    watch.pass(60_000);
    let deployer = Actor::new("arn:aws:sts::111122223333:assumed-role/deploy/ci").in_console();
    let update = StackUpdate::by(deployer).put(group(&[443, 22]));
    sandbox.update_stack("net", update).unwrap();
    assert_eq!(paths(&client), [""; 0]);
    for action in ["DescribeStacks", "ListStacks"] {
        let stack = client.call(action, &[]).good();
        assert_eq!(
            stack.text("LastUpdatedTime").unwrap(),
            "2026-11-24T06:01:00.250Z"
        );
        assert_eq!(
            stack.text("CreationTime").unwrap(),
            "2026-11-24T06:00:00.250Z"
        );
        assert_eq!(stack.text("StackStatus").unwrap(), "UPDATE_COMPLETE");
    }
    let calls = records(&client);
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[1]["eventName"], "UpdateStack");
    assert_eq!(calls[1]["sessionCredentialFromConsole"], "true");
    assert_eq!(calls[1]["userIdentity"].get("invokedBy"), None);
    let own = &calls[0];
    assert_eq!(own["eventName"], "AuthorizeSecurityGroupIngress");
    assert_eq!(
        own["requestParameters"]["ipPermissions"]["items"][0]["fromPort"],
        22
    );
    let service = "cloudformation.amazonaws.com";
    assert_eq!(own["userIdentity"]["invokedBy"], service);
    assert_eq!(own["sourceIPAddress"], service);
    assert_eq!(
        own["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"],
        "deploy"
    );
    assert_eq!(
        own.get("sessionCredentialFromConsole"),
        None,
        "CloudFormation is no console"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_leaves_what_was_made_by_hand() {
    let (sandbox, client, _) = start().await;
    sandbox
        .create_stack(NewStack::new("net", vec![group(&[443])]))
        .unwrap();
    let ssh = Attachment::ingress("tcp", (22, 22), "0.0.0.0/0");
    sandbox.attach("net", "Group", ssh, operator()).unwrap();
    let update = StackUpdate::by(operator()).put(group(&[80]));
    sandbox.update_stack("net", update).unwrap();
    assert_eq!(paths(&client), ["/SecurityGroupIngress/1"]);
    let calls = records(&client);
    let names: Vec<_> = calls
        .iter()
        .map(|call| call["eventName"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "AuthorizeSecurityGroupIngress",
            "RevokeSecurityGroupIngress",
            "UpdateStack",
            "AuthorizeSecurityGroupIngress"
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_may_add_attachments_of_resources_that_are_there_and_take_resources_away() {
    let (sandbox, client, _) = start().await;
    sandbox
        .create_stack(NewStack::new("net", vec![group(&[])]))
        .unwrap();
    let mut properties = rule(5432);
    properties["GroupId"] = json!({"Ref": "Group"});
    let ingress = NewResource::new("Rule", "AWS::EC2::SecurityGroupIngress", properties);
    let role = NewResource::new("Role", "AWS::IAM::Role", json!({"RoleName": "app"}));
    let update = StackUpdate::by(operator()).put(ingress).put(role);
    sandbox.update_stack("net", update).unwrap();
    let id = sandbox.physical_id("net", "Group").unwrap();
    let ports = || {
        let filter = [("Filter.1.Name", "group-id"), ("Filter.1.Value.1", &*id)];
        let answer = client
            .query("ec2", "DescribeSecurityGroupRules", &filter)
            .unwrap();
        answer.good().texts("fromPort")
    };
    assert_eq!(ports(), ["5432"]);
    assert_eq!(
        records(&client)[0]["eventName"],
        "AuthorizeSecurityGroupIngress"
    );
    let made = records(&client.with(super::PLACE, "us-east-1"));
    assert_eq!(made[0]["eventName"], "CreateRole");
    assert_eq!(made[0]["requestParameters"]["roleName"], "app");
    let kept = sandbox.physical_id("net", "Rule").unwrap();
    let update = StackUpdate::by(operator()).put(group(&[1]));
    sandbox.update_stack("net", update).unwrap();
    assert_eq!(sandbox.physical_id("net", "Rule").unwrap(), kept);
    assert_eq!(
        sandbox.physical_id("net", "Group").unwrap(),
        id,
        "what stays keeps its name"
    );
    let update = StackUpdate::by(operator()).remove("Rule");
    sandbox.update_stack("net", update).unwrap();
    assert_eq!(ports(), ["1"]);
    let rows = client
        .call("ListStackResources", &[("StackName", "net")])
        .good();
    assert_eq!(rows.texts("LogicalResourceId"), ["Group", "Role"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_takes_its_time_and_one_that_cannot_be_is_refused() {
    let watch = super::Stopwatch::at("2026-11-24T06:00:00Z");
    let options = Options {
        operation_time: std::time::Duration::from_secs(10),
        ..watch.options()
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let client = Client::new(&sandbox.endpoint());
    sandbox.create_stack(shop("shop")).unwrap();
    let put = |delay: u8| {
        let queue = NewResource::new("Queue", "AWS::SQS::Queue", json!({"DelaySeconds": delay}));
        StackUpdate::by(operator()).put(queue)
    };
    let missing = StackUpdate::by(operator()).remove("Nothing");
    assert!(matches!(
        sandbox.update_stack("shop", missing),
        Err(UpdateError::Missing(_))
    ));
    let nothing = sandbox.update_stack("shop", StackUpdate::by(operator()));
    assert_eq!(nothing, Err(UpdateError::Nothing("shop".to_owned())));
    sandbox.update_stack("shop", put(9)).unwrap();
    let status = || {
        client
            .call("ListStacks", &[])
            .good()
            .text("StackStatus")
            .unwrap()
    };
    assert_eq!(status(), "UPDATE_IN_PROGRESS");
    assert!(matches!(
        sandbox.update_stack("shop", put(8)),
        Err(UpdateError::State(..))
    ));
    watch.pass(10_000);
    assert_eq!(status(), "UPDATE_COMPLETE");
    let call = &records(&client)[0];
    assert_eq!(call["eventName"], "SetQueueAttributes");
    assert_eq!(
        call["userIdentity"]["invokedBy"],
        "cloudformation.amazonaws.com"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_is_told_as_it_was_sent_until_rust_changes_it() {
    let (sandbox, client, _) = start().await;
    let told = |stack: &str| {
        let answer = client.call("GetTemplate", &[("StackName", stack)]);
        answer.good().text("TemplateBody").unwrap()
    };
    let sent = r#"{"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "AWS::Region"}}}}}"#;
    let parameters = [("StackName", "sent"), ("TemplateBody", sent)];
    client.call("CreateStack", &parameters).good();
    assert_eq!(told("sent"), sent);
    let other = NewResource::new("Other", "AWS::SNS::Topic", json!({}));
    let update = StackUpdate::by(operator()).put(other);
    sandbox.update_stack("sent", update).unwrap();
    let resources = json!({
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "eu-west-1"}},
        "Other": {"Type": "AWS::SNS::Topic", "Properties": {}},
    });
    let read: Value = serde_json::from_str(&told("sent")).unwrap();
    assert_eq!(read, json!({"Resources": resources}));
    let missing = client.call("GetTemplate", &[("StackName", "nothing")]);
    assert!(missing.refusal().2.contains("does not exist"));
}
