//! What EventBridge tells of write calls and of changed resources, where it is asked to.

use serde_json::{Value, json};

use super::{PLACE, operator, shop};
use crate::{Attachment, Edit, Events, NewResource, NewStack, Options, Sandbox, StackUpdate};

const OPEN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

async fn begin(trail: bool, config: bool) -> (Sandbox, Events) {
    let watch = super::Stopwatch::at("2026-11-24T06:00:00.250Z");
    let options = Options {
        trail_events: trail,
        config_events: config,
        ..watch.options()
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    sandbox.create_stack(shop("shop")).unwrap();
    let tags = json!([{"Key": "team", "Value": "a"}]);
    let rows = vec![
        NewResource::new("Group", "AWS::EC2::SecurityGroup", json!({"Tags": tags})),
        NewResource::new("Role", "AWS::IAM::Role", json!({"RoleName": "app"})),
    ];
    sandbox.create_stack(NewStack::new("net", rows)).unwrap();
    let events = sandbox.events();
    (sandbox, events)
}

fn all(events: &mut Events) -> Vec<Value> {
    std::iter::from_fn(|| events.try_next()).collect()
}

fn bend(sandbox: &Sandbox, path: &str, value: Value) {
    let path = path.to_owned();
    sandbox
        .bend("shop", "Queue", Edit::Set { path, value }, operator())
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_told_unless_it_is_asked_for() {
    let (sandbox, mut events) = begin(false, false).await;
    bend(&sandbox, "/DelaySeconds", json!(9));
    sandbox
        .attach("net", "Role", Attachment::managed(OPEN), operator())
        .unwrap();
    assert_eq!(all(&mut events), [json!(null); 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_write_call_is_told_with_its_record_global_ones_from_one_region() {
    let (sandbox, mut events) = begin(true, false).await;
    bend(&sandbox, "/DelaySeconds", json!(9));
    sandbox
        .attach("net", "Role", Attachment::managed(OPEN), operator())
        .unwrap();
    let told = all(&mut events);
    assert_eq!(told.len(), 2);
    let (queue, role) = (&told[0], &told[1]);
    assert_eq!(queue["detail-type"], "AWS API Call via CloudTrail");
    assert_eq!(queue["source"], "aws.sqs");
    assert_eq!(
        (&queue["account"], &queue["region"]),
        (&json!(PLACE), &json!("eu-west-1"))
    );
    assert_eq!(queue["time"], "2026-11-24T06:00:00Z");
    assert_eq!(queue["detail"]["eventName"], "SetQueueAttributes");
    assert_eq!(
        queue["detail"]["requestParameters"],
        json!({"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/shop-orders", "delaySeconds": 9})
    );
    assert_eq!(
        (&role["source"], &role["region"]),
        (&json!("aws.iam"), &json!("us-east-1"))
    );
    assert_eq!(role["detail"]["eventName"], "AttachRolePolicy");
    assert_eq!(role["detail"]["awsRegion"], "us-east-1");
    let update = StackUpdate::by(operator()).remove("Group");
    sandbox.update_stack("net", update).unwrap();
    let names: Vec<_> = all(&mut events)
        .iter()
        .map(|it| it["detail"]["eventName"].clone())
        .collect();
    assert_eq!(names, ["UpdateStack", "DeleteSecurityGroup"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn config_tells_of_a_bent_a_mended_and_a_deleted_resource_with_the_stacks_tags() {
    let (sandbox, mut events) = begin(false, true).await;
    bend(&sandbox, "/DelaySeconds", json!(9));
    sandbox
        .bend("shop", "Topic", Edit::Delete, operator())
        .unwrap();
    sandbox.mend("shop", "Queue", operator()).unwrap();
    let update = StackUpdate::by(operator()).remove("Queue");
    sandbox
        .bend("shop", "Custom", Edit::Delete, operator())
        .unwrap();
    sandbox.update_stack("shop", update).unwrap();
    let told = all(&mut events);
    assert_eq!(
        told.len(),
        3,
        "types without support are not told: {told:?}"
    );
    let item = &told[0]["detail"]["configurationItem"];
    assert_eq!(told[0]["detail-type"], "Config Configuration Item Change");
    assert_eq!(told[0]["source"], "aws.config");
    assert_eq!(
        told[0]["detail"]["messageType"],
        "ConfigurationItemChangeNotification"
    );
    assert_eq!(
        told[0]["detail"]["configurationItemDiff"],
        json!({"changeType": "UPDATE", "changedProperties": {
            "Configuration.DelaySeconds": {"previousValue": 5, "updatedValue": 9, "changeType": "UPDATE"}}})
    );
    let tags = &item["tags"];
    assert_eq!(tags["team"], "a");
    assert_eq!(tags["aws:cloudformation:logical-id"], "Queue");
    assert_eq!(tags["aws:cloudformation:stack-name"], "shop");
    assert!(
        tags["aws:cloudformation:stack-id"]
            .as_str()
            .unwrap()
            .contains(":stack/shop/")
    );
    assert_eq!(item["resourceType"], "AWS::SQS::Queue");
    assert_eq!(
        item["resourceId"],
        "https://sqs.eu-west-1.amazonaws.com/111122223333/shop-orders"
    );
    assert_eq!(
        item["ARN"],
        "arn:aws:sqs:eu-west-1:111122223333:shop-orders"
    );
    assert_eq!(item["configurationItemStatus"], "OK");
    let gone = &told[1]["detail"];
    assert_eq!(
        gone["configurationItem"]["configurationItemStatus"],
        "ResourceDeleted"
    );
    assert_eq!(gone["configurationItem"]["configuration"], Value::Null);
    assert_eq!(gone["configurationItemDiff"]["changeType"], "DELETE");
    assert_eq!(
        told[2]["detail"]["configurationItem"]["configuration"]["DelaySeconds"],
        5
    );
    assert_ne!(told[0]["id"], told[1]["id"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn config_tells_of_the_resource_that_something_was_hung_on() {
    let (sandbox, mut events) = begin(false, true).await;
    let ssh = Attachment::ingress("tcp", (22, 22), "0.0.0.0/0");
    sandbox
        .attach("net", "Group", ssh.clone(), operator())
        .unwrap();
    sandbox.detach("net", "Group", &ssh, operator()).unwrap();
    sandbox
        .attach("net", "Role", Attachment::inline("hand"), operator())
        .unwrap();
    let group = sandbox.physical_id("net", "Group").unwrap();
    let rule = json!({"GroupId": group, "IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIp": "10.0.0.0/8"});
    let rule = NewResource::new("Rule", "AWS::EC2::SecurityGroupIngress", rule);
    sandbox
        .create_stack(NewStack::new("other", vec![rule]))
        .unwrap();
    sandbox
        .bend("other", "Rule", Edit::Delete, operator())
        .unwrap();
    let told = all(&mut events);
    let items: Vec<_> = told
        .iter()
        .map(|event| {
            let diff = &event["detail"]["configurationItemDiff"]["changedProperties"];
            let (path, change) = diff.as_object().unwrap().iter().next().unwrap();
            let item = &event["detail"]["configurationItem"];
            let id = &item["tags"]["aws:cloudformation:logical-id"];
            format!(
                "{} {path} {}",
                id.as_str().unwrap(),
                change["changeType"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        items,
        [
            "Group Configuration.IpPermissions.0 CREATE",
            "Group Configuration.IpPermissions.0 DELETE",
            "Role Configuration.RolePolicyList.0 CREATE",
            "Group Configuration.IpPermissions.0 DELETE",
        ]
    );
    let role = &told[2];
    assert_eq!(
        (
            &role["region"],
            &role["detail"]["configurationItem"]["awsRegion"]
        ),
        (&json!("us-east-1"), &json!("global"))
    );
    assert!(
        role["detail"]["configurationItem"]["resourceId"]
            .as_str()
            .unwrap()
            .starts_with("AROA")
    );
    assert_eq!(role["detail"]["configurationItem"]["resourceName"], "app");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn config_tells_of_attachments_that_it_records_as_themselves() {
    let (sandbox, mut events) = begin(false, true).await;
    let policy = json!({"ManagedPolicyName": "team", "Roles": ["app"], "Description": "a"});
    let policy = NewResource::new("Managed", "AWS::IAM::ManagedPolicy", policy);
    sandbox
        .create_stack(NewStack::new("other", vec![policy]))
        .unwrap();
    let path = "/Description".to_owned();
    let value = json!("b");
    sandbox
        .bend("other", "Managed", Edit::Set { path, value }, operator())
        .unwrap();
    let told = all(&mut events);
    assert_eq!(told.len(), 1, "{told:?}");
    let item = &told[0]["detail"]["configurationItem"];
    assert_eq!(item["resourceType"], "AWS::IAM::ManagedPolicy");
    assert_eq!(item["ARN"], "arn:aws:iam::111122223333:policy/team");
}
