//! Which stacks a scan looks at: nested ones, several regions, globs, another account.

use plumbline_tests::{
    aws::Aws,
    proxy::{Fault, Rule, rewrite::edit_entry},
};

use super::*;
use crate::support::ACCOUNT;

/// Puts a template where a nested stack can have it, and gives its URL.
fn put_template(aws: &Aws, (endpoint, name): (&str, &str), template: &Value) -> String {
    let call = |path: &str, body: &str| aws.rest("s3", ("PUT", path), body).good();
    call("/templates", "");
    call(&format!("/templates/{name}"), &template.to_string());
    format!("{endpoint}/templates/{name}")
}

/// A parent with a queue of its own and a nested stack with another, each bent.
fn nested(bench: &Bench) -> String {
    let queue = |name: &str| json!({"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name, "VisibilityTimeout": 30}});
    let endpoint = bench.emulator.endpoint();
    let inner = json!({"Resources": {"Queue": queue("inner-queue")}});
    let url = put_template(&bench.aws, (&endpoint, "inner.json"), &inner);
    bench.aws.create_stack(
        "parent",
        &json!({"Resources": {"Queue": queue("outer-queue"),
            "Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}}}),
    );
    for name in ["inner-queue", "outer-queue"] {
        bench
            .aws
            .set_queue_attributes(name, json!({"VisibilityTimeout": 70}).as_object().unwrap());
    }
    bench.shop.watch(&[REGION], &["parent"]);
    let list = bench.aws.cloudformation(LIST, &[]).good().body;
    let names = xml::list(&list, "StackSummaries")
        .into_iter()
        .filter_map(|stack| xml::text(stack, "StackName"));
    names
        .into_iter()
        .find(|name| name.starts_with("parent-"))
        .expect("the nested stack is in the list")
}

#[test]
fn a_nested_stack_is_followed_and_its_row_in_the_parent_is_no_resource() {
    let bench = Bench::new();
    let child = nested(&bench);
    let scan = bench.scan([], &[]);
    scan.assert_unknown(&[]);
    scan.assert_drift(&[queue("parent"), queue(&child)]);
    assert_eq!(
        (scan.code, scan.count("units"), scan.count("resources")),
        (1, 2, 2)
    );
}

#[test]
fn a_nested_stack_that_is_not_in_the_list_is_unknown_not_found() {
    let bench = Bench::new();
    let child = nested(&bench);
    let name = child.clone();
    let unlisted = Fault::rewrite(move |body| {
        let stacks = xml::list(body, "StackSummaries");
        match stacks.into_iter().find(|stack| stack.contains(&name)) {
            Some(stack) => body.replacen(&format!("<member>{stack}</member>"), "", 1),
            None => body.to_owned(),
        }
    });
    let scan = bench.scan([Rule::new(unlisted).action(LIST)], &[]);
    scan.assert_unknown(&[(&child, &child, "not-found")]);
    scan.assert_drift(&[queue("parent")]);
    assert_eq!(scan.code, 2);
}

#[test]
fn a_nested_stack_that_the_list_calls_nested_is_looked_at_once() {
    let bench = Bench::new();
    let child = nested(&bench);
    let list = bench.aws.cloudformation(LIST, &[]).good().body;
    let parent = xml::list(&list, "StackSummaries")
        .into_iter()
        .filter(|stack| xml::text(stack, "StackName").as_deref() == Some("parent"))
        .find_map(|stack| xml::text(stack, "StackId"))
        .expect("the parent's ARN");
    // The emulator's list leaves out what AWS gives.
    let family = edit_entry("StackName", &child, move |stack| {
        with_elements(stack, &[("ParentId", &parent), ("RootId", &parent)])
    });
    let scan = bench.scan([Rule::new(family).action(LIST)], &[]);
    scan.assert_unknown(&[]);
    scan.assert_drift(&[queue("parent"), queue(&child)]);
    assert_eq!((scan.count("units"), bench.proxy.count(DETECT)), (2, 2));
}

#[test]
fn a_nested_stack_whose_parent_cannot_be_looked_at_keeps_its_findings() {
    let bench = Bench::new();
    let child = nested(&bench);
    bench.scan([], &[]);
    let mine = |list: &[Value]| {
        list.iter()
            .filter(|it| address(it).0.starts_with("parent"))
            .count()
    };
    assert_eq!(mine(&bench.shop.findings(false)), 2);
    let denied = Rule::new(Fault::AccessDenied)
        .action(DETECT)
        .containing(":stack/parent/");
    let scan = bench.scan([denied], &[]);
    scan.assert_unknown(&[("parent", "parent", "denied")]);
    assert_eq!(scan.code, 2);
    // The way to the nested stack leads over its parent, which was not seen.
    let open = bench.shop.findings(false);
    assert!(
        open.iter().any(|finding| address(finding).0 == child),
        "{open:#?}"
    );
    assert_eq!(mine(&open), 2);
}

#[test]
fn one_target_looks_at_all_its_regions() {
    let bench = Bench::new();
    let west = "eu-west-1";
    let there = bench.aws.region(west);
    there.create_stack("alpha", &template("alpha"));
    there.set_topic_display_name("alpha-topic", "loud");
    bench.shop.watch(&[REGION, west], &["alpha"]);
    let scan = bench.scan([], &[]);
    assert_eq!(
        (scan.code, scan.count("units"), scan.count("resources")),
        (1, 2, 8)
    );
    let mut found: Vec<_> = scan
        .list("findings")
        .iter()
        .map(|finding| {
            (
                text(&finding["resource"]["region"]),
                address(finding).1,
                text(&finding["id"]),
            )
        })
        .collect();
    found.sort();
    let places: Vec<_> = found
        .iter()
        .map(|(region, name, _)| (region.as_str(), name.as_str()))
        .collect();
    assert_eq!(
        places,
        [(west, "Topic"), (REGION, "Queue"), (REGION, "Topic")]
    );
    assert_ne!(found[0].2, found[2].2, "the region is part of the identity");

    // One region that cannot be listed says nothing of the other.
    let before = bench.shop.findings(true);
    let scan = bench.scan([Rule::new(Fault::AccessDenied).action(LIST).nth(1)], &[]);
    scan.assert_unknown(&[("*", "*", "denied")]);
    let unlisted = &scan.list("unknown")[0]["resource"]["region"];
    let seen = scan.list("findings");
    assert!(
        !seen.is_empty()
            && seen
                .iter()
                .all(|finding| finding["resource"]["region"] != *unlisted)
    );
    assert_eq!((scan.code, scan.count("units")), (2, 1));
    let its = |list: &[Value]| -> Vec<Value> {
        list.iter()
            .filter(|finding| finding["resource"]["region"] == *unlisted)
            .cloned()
            .collect()
    };
    assert_eq!(its(&bench.shop.findings(true)), its(&before));
}

#[test]
fn a_target_that_matches_no_stack_is_incomplete_and_counts_nothing() {
    let bench = Bench::new();
    bench.shop.watch(&[REGION], &["Alpha", "nothing-*"]);
    let scan = bench.scan([], &[]);
    scan.assert_unknown(&[("-", "-", "matched-nothing")]);
    assert!(scan.list("unknown")[0]["resource"].is_null());
    assert!(detail(&scan).contains("nothing-*"), "{}", detail(&scan));
    assert_eq!(
        (scan.code, scan.count("resources"), scan.count("unknown")),
        (2, 0, 0)
    );
}

#[test]
fn a_glob_that_matches_no_stack_beside_one_that_does_is_a_note() {
    let bench = Bench::new();
    bench.shop.watch(&[REGION], &["gamma", "nothing-*"]);
    let scan = bench.scan([], &[]);
    scan.assert_unknown(&[]);
    assert_eq!(scan.code, 0);
    assert!(scan.ran.stderr.contains("nothing-*"), "{}", scan.ran.stderr);
}

#[test]
fn an_account_that_is_not_the_callers_is_denied_and_not_looked_at() {
    let bench = Bench::new();
    let of_account = |account: &str| {
        let stacks = json!({"regions": [REGION], "stacks": ["alpha", "beta", "gamma"], "accounts": [account]});
        let targets = json!([{"name": "stacks", "cloudformation": stacks}]);
        // JSON is YAML.
        json!({"apiVersion": "plumbline/v1", "environment": "test", "accounts": [{"id": account}],
            "targets": targets})
        .to_string()
    };
    bench.shop.configure(&of_account("222222222222"));
    let scan = bench.scan([], &[]);
    scan.assert_unknown(&[("*", "*", "denied")]);
    scan.assert_drift(&[]);
    assert_eq!(scan.code, 2);
    for account in [ACCOUNT, "222222222222"] {
        assert!(detail(&scan).contains(account), "{}", detail(&scan));
    }
    // The findings so far are of an account that nobody watches any more.
    for finding in bench.shop.findings(true) {
        assert_eq!(finding["status"], "unwatched", "{finding}");
    }
    assert_eq!(bench.proxy.count(DETECT), 0);
    // Naming the caller's own account is no other thing than naming none.
    bench.shop.configure(&of_account(ACCOUNT));
    bench.recovers();
}

#[test]
fn credentials_of_another_account_close_nothing() {
    let bench = Bench::new();
    let stacks =
        json!({"regions": [REGION], "stacks": ["alpha", "beta", "gamma"], "accounts": [ACCOUNT]});
    let config = json!({"apiVersion": "plumbline/v1", "environment": "test", "accounts": [{"id": ACCOUNT}],
        "targets": [{"name": "stacks", "cloudformation": stacks}]});
    bench.shop.configure(&config.to_string());
    bench.exact([], &[]);
    // The emulator takes an access key of twelve digits for the account. That one is empty.
    let mut elsewhere = bench;
    elsewhere.shop = elsewhere.shop.with("AWS_ACCESS_KEY_ID", "222222222222");
    let scan = elsewhere.scan([], &[]);
    scan.assert_unknown(&[("*", "*", "denied")]);
    assert_eq!(scan.code, 2);
    assert_same(
        &elsewhere.shop.findings(false),
        &[queue("alpha"), topic("alpha"), parameter("beta")],
    );
}

#[test]
fn two_places_that_turn_out_to_be_one_are_looked_at_once() {
    let bench = Bench::new();
    let all = json!(["alpha", "beta", "gamma"]);
    let config = json!({"apiVersion": "plumbline/v1", "environment": "test", "accounts": [{"id": ACCOUNT}],
    "targets": [
        {"name": "named", "cloudformation": {"regions": [REGION], "stacks": all, "accounts": [ACCOUNT]}},
        {"name": "unnamed", "cloudformation": {"stacks": all}},
        {"name": "region", "cloudformation": {"regions": [REGION], "stacks": all}},
    ]});
    bench.shop.configure(&config.to_string());
    bench.exact([], &[]);
    assert_eq!(bench.proxy.count(DETECT), 3);
}
