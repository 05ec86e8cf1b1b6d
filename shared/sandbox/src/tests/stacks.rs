//! Stacks: made, listed, changed, deleted.

use serde_json::{Value, json};

use super::client::Client;
use super::{PLACE, shop, start};
use crate::{Actor, Edit, NewStack, Options, Sandbox};

fn create(client: &Client, name: &str, template: &Value) -> String {
    let parameters = [("StackName", name), ("TemplateBody", &template.to_string())];
    client
        .call("CreateStack", &parameters)
        .good()
        .text("StackId")
        .unwrap()
}

fn names(client: &Client, parameters: &[(&str, &str)]) -> Vec<String> {
    client
        .call("ListStacks", parameters)
        .good()
        .texts("StackName")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stacks_are_listed_the_newest_first_by_the_hundred() {
    let (sandbox, client, _) = start().await;
    for index in 0..201 {
        sandbox
            .create_stack(NewStack::new(&format!("stack-{index:03}"), Vec::new()))
            .unwrap();
    }
    let (mut token, mut seen) = (String::new(), Vec::new());
    for size in [100, 100, 1] {
        let page = client.call("ListStacks", &[("NextToken", &token)]).good();
        assert_eq!(page.texts("StackName").len(), size);
        // What is made meanwhile moves no page.
        sandbox
            .create_stack(NewStack::new(&format!("new-{}", seen.len()), Vec::new()))
            .unwrap();
        seen.extend(page.texts("StackName"));
        token = page.text("NextToken").unwrap_or_default();
    }
    assert_eq!(token, "");
    let expected: Vec<_> = (0..201)
        .rev()
        .map(|index| format!("stack-{index:03}"))
        .collect();
    assert_eq!(seen, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_stack_stays_listed_and_its_name_is_free_again() {
    let (sandbox, client, _) = start().await;
    let first = sandbox.create_stack(shop("shop")).unwrap();
    client.call("DeleteStack", &[("StackName", "shop")]).good();
    client.call("DeleteStack", &[("StackName", "shop")]).good();
    let by_name = client.call("DescribeStacks", &[("StackName", "shop")]);
    assert_eq!(by_name.refusal().2, "Stack with id shop does not exist");
    let by_id = client
        .call("DescribeStacks", &[("StackName", &first)])
        .good();
    assert_eq!(by_id.text("StackStatus").unwrap(), "DELETE_COMPLETE");
    let second = sandbox.create_stack(shop("shop")).unwrap();
    assert_ne!(first, second);
    let filter = |status| names(&client, &[("StackStatusFilter.member.1", status)]).len();
    assert_eq!(
        (
            filter("CREATE_COMPLETE"),
            filter("DELETE_COMPLETE"),
            filter("UPDATE_COMPLETE")
        ),
        (1, 1, 0)
    );
    assert_eq!(
        client.call("DescribeStacks", &[]).good().texts("StackId"),
        [second]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_and_regions_share_nothing() {
    let (sandbox, client, _) = start().await;
    sandbox.create_stack(shop("shop")).unwrap();
    let mut other = shop("shop");
    other.place = Some(("222222222222".to_owned(), "eu-west-1".to_owned()));
    let id = sandbox.create_stack(other).unwrap();
    assert!(
        id.starts_with("arn:aws:cloudformation:eu-west-1:222222222222:stack/shop/"),
        "{id}"
    );
    assert_eq!(names(&client, &[]), ["shop"]);
    assert_eq!(names(&client.with(PLACE, "eu-north-1"), &[]), [""; 0]);
    assert_eq!(
        client
            .with("222222222222", "eu-west-1")
            .call("ListStacks", &[])
            .good()
            .texts("StackId"),
        [id]
    );
    assert_eq!(
        names(&client.with("AKIAEXAMPLE", "eu-west-1"), &[]),
        ["shop"],
        "the default account"
    );
    let edit = Edit::Delete;
    let error = sandbox
        .bend("shop", "Queue", edit, Actor::new("x"))
        .unwrap_err();
    assert!(error.to_string().contains("ARN"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nested_stacks_name_their_parent_and_root_and_are_resources_of_their_parent() {
    let (sandbox, client, _) = start().await;
    let root = sandbox
        .create_stack(NewStack::new("root", Vec::new()))
        .unwrap();
    let nested = |name: &str, parent: &str| NewStack {
        parent: Some(parent.to_owned()),
        ..shop(name)
    };
    let child = sandbox.create_stack(nested("root-Child", &root)).unwrap();
    let grandchild = sandbox
        .create_stack(nested("root-Child-Grand", &child))
        .unwrap();
    let list = client.call("ListStacks", &[]).good();
    assert_eq!(
        list.texts("StackId"),
        [grandchild, child.clone(), root.clone()]
    );
    assert_eq!(list.texts("ParentId"), [child.clone(), root.clone()]);
    assert_eq!(list.texts("RootId"), [root.clone(), root.clone()]);
    let rows = client
        .call("ListStackResources", &[("StackName", "root")])
        .good();
    assert_eq!(
        rows.text("ResourceType").unwrap(),
        "AWS::CloudFormation::Stack"
    );
    assert_eq!(rows.text("PhysicalResourceId").unwrap(), child);
    assert_eq!(
        rows.text("StackResourceDriftStatus").unwrap(),
        "NOT_CHECKED"
    );
    assert!(sandbox.create_stack(nested("lost", "arn:nothing")).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_is_resolved_as_it_would_be() {
    let (_sandbox, client, _) = start().await;
    let template = json!({
        "Parameters": {"Env": {"Type": "String", "Default": "test"}},
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Sub": "${Env}-orders"}}},
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Join": ["-", ["a", {"Ref": "AWS::Region"}]]}}},
            "Function": {"Type": "AWS::Lambda::Function", "Properties": {
                "FunctionName": "f", "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Environment": {"Variables": {"QUEUE": {"Ref": "Queue"}, "LITERAL": {"Fn::Sub": "${!x} ${Queue.Arn}"}}}}},
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r"}}
        }
    });
    create(&client, "shop", &template);
    client
        .call(
            "DetectStackResourceDrift",
            &[("StackName", "shop"), ("LogicalResourceId", "Topic")],
        )
        .good();
    let parameters = [("StackName", "shop"), ("LogicalResourceId", "Function")];
    let row = client.call("DetectStackResourceDrift", &parameters).good();
    let properties: Value = serde_json::from_str(&row.text("ExpectedProperties").unwrap()).unwrap();
    assert_eq!(properties["Role"], "arn:aws:iam::111122223333:role/r");
    let variables = &properties["Environment"]["Variables"];
    assert_eq!(
        variables["QUEUE"],
        "https://sqs.eu-west-1.amazonaws.com/111122223333/test-orders"
    );
    assert_eq!(
        variables["LITERAL"],
        "${x} arn:aws:sqs:eu-west-1:111122223333:test-orders"
    );
    let refused = |template: Value, name: &str| {
        let parameters = [("StackName", name), ("TemplateBody", &template.to_string())];
        client.call("CreateStack", &parameters).refusal()
    };
    let queue = json!({"Type": "AWS::SQS::Queue"});
    for (template, name, code, message) in [
        (
            json!({"Resources": {"Q": queue}}),
            "shop",
            "AlreadyExistsException",
            "already exists",
        ),
        (
            json!({"Resources": {"Q": queue}}),
            "a_b",
            "ValidationError",
            "stackName",
        ),
        (
            json!({"Resources": {}}),
            "x",
            "ValidationError",
            "At least one",
        ),
        (
            json!({"Resources": {"Q": {}}}),
            "x",
            "ValidationError",
            "Type",
        ),
        (
            json!({"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"D": {"Ref": "Nothing"}}}}}),
            "x",
            "ValidationError",
            "[Nothing]",
        ),
        (
            json!({"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"D": {"Fn::Split": []}}}}}),
            "x",
            "ValidationError",
            "Fn::Split",
        ),
    ] {
        let (status, got, text) = refused(template, name);
        assert_eq!((status, got.as_str()), (400, code), "{text}");
        assert!(text.contains(message), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_writes_only_what_the_template_changes() {
    let (sandbox, client, _) = start().await;
    let template = |timeout: u64, delay: u64| {
        let properties =
            json!({"QueueName": "q", "VisibilityTimeout": timeout, "DelaySeconds": delay});
        json!({"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": properties}}})
    };
    create(&client, "shop", &template(30, 0));
    for (path, value) in [("/VisibilityTimeout", 31), ("/DelaySeconds", 1)] {
        let edit = Edit::Set {
            path: path.to_owned(),
            value: value.into(),
        };
        sandbox
            .bend("shop", "Queue", edit, Actor::new("x"))
            .unwrap();
    }
    let update = |template: Value| {
        let parameters = [
            ("StackName", "shop"),
            ("TemplateBody", &template.to_string()),
        ];
        client.call("UpdateStack", &parameters)
    };
    assert_eq!(
        update(template(30, 0)).refusal().2,
        "No updates are to be performed."
    );
    update(template(60, 0)).good();
    let parameters = [("StackName", "shop"), ("LogicalResourceId", "Queue")];
    let row = client.call("DetectStackResourceDrift", &parameters).good();
    assert_eq!(
        row.texts("PropertyPath"),
        ["/DelaySeconds"],
        "the bend that the update did not touch"
    );
    assert_eq!(
        client
            .call("ListStacks", &[])
            .good()
            .text("StackStatus")
            .unwrap(),
        "UPDATE_COMPLETE"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_take_their_time_and_refuse_others_meanwhile() {
    let watch = super::Stopwatch::at("2026-11-24T06:00:00Z");
    let options = Options {
        operation_time: std::time::Duration::from_secs(10),
        ..watch.options()
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let client = Client::new(&sandbox.endpoint());
    let status = || {
        client
            .call("ListStacks", &[])
            .good()
            .text("StackStatus")
            .unwrap()
    };
    create(
        &client,
        "shop",
        &json!({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}),
    );
    assert_eq!(status(), "CREATE_IN_PROGRESS");
    let early = client.call("DetectStackDrift", &[("StackName", "shop")]);
    assert!(early.refusal().2.contains("CREATE_IN_PROGRESS"));
    watch.pass(10_000);
    assert_eq!(status(), "CREATE_COMPLETE");
    client.call("DeleteStack", &[("StackName", "shop")]).good();
    assert_eq!(status(), "DELETE_IN_PROGRESS");
    assert_eq!(
        client.call("DeleteStack", &[("StackName", "shop")]).status,
        400
    );
    watch.pass(10_000);
    assert_eq!(status(), "DELETE_COMPLETE");
}
