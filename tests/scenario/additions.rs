//! What hangs on resources and no stack declares: each of the closed list by hand and by a stack, across stacks, accounts
//! and regions, and where it cannot be read.

mod pairs;

use std::collections::BTreeSet;
use std::sync::mpsc;
use std::time::Duration;

use sandbox::{
    Actor, Attachment, Edit, Effect, Fault, NewResource, NewStack, Options, Rate, Sandbox, World,
};
use serde_json::{Value, json};

use crate::support::{Scan, Workshop, address, text};
use pairs::pairs;

/// The sandbox's own account.
pub(crate) const HERE: &str = "000000000000";

/// Where the sandbox's stacks are.
pub(crate) const REGION: &str = "us-east-1";

/// A sandbox on a thread of its own, which ends with this.
pub(crate) struct Account {
    pub(crate) sandbox: Sandbox,
    _running: mpsc::Sender<()>,
}

impl Account {
    pub(crate) fn start() -> Self {
        let (give, take) = mpsc::channel();
        let (running, ended) = mpsc::channel::<()>();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().unwrap();
            let started = runtime.block_on(Sandbox::start(Options::default()));
            give.send(started.unwrap()).unwrap();
            runtime.block_on(async {
                while ended.try_recv() != Err(mpsc::TryRecvError::Disconnected) {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            });
        });
        Self {
            sandbox: take.recv().unwrap(),
            _running: running,
        }
    }

    pub(crate) fn workshop(&self) -> Workshop {
        let workshop = Workshop::new(&self.sandbox.endpoint());
        workshop.watch(&[REGION], &["*"]);
        workshop
    }

    pub(crate) fn put(&self, name: &str, resources: Vec<NewResource>) {
        let stack = NewStack::new(name, resources);
        self.sandbox.create_stack(stack).unwrap();
    }

    #[track_caller]
    pub(crate) fn by_hand(&self, stack: &str, id: &str, what: Attachment) {
        self.sandbox.attach(stack, id, what, alice()).unwrap();
    }

    /// Calls of services that only what hangs on resources is asked of.
    pub(crate) fn live_calls(&self) -> u64 {
        let counts = self.sandbox.counts();
        let is_live = |call: &str| {
            ["ec2:", "iam:", "s3:", "kms:", "eks:"]
                .iter()
                .any(|service| call.starts_with(service))
        };
        let live = counts.iter().filter(|((call, _), _)| is_live(call));
        live.map(|(_, count)| count).sum()
    }
}

pub(crate) fn alice() -> Actor {
    Actor::new("arn:aws:iam::000000000000:user/alice").in_console()
}

pub(crate) fn resource(id: &str, kind: &str, properties: Value) -> NewResource {
    NewResource::new(id, kind, properties)
}

pub(crate) fn ssh() -> Attachment {
    Attachment::ingress("tcp", (22, 22), "0.0.0.0/0")
}

/// A scan that asks nobody who it was, which would only take its time.
#[track_caller]
fn scan(workshop: &Workshop) -> Scan {
    workshop.scan(&["--no-attribution"])
}

/// Every difference of every finding: stack, logical id, path, whether it is potential.
fn differences(scan: &Scan) -> Vec<(String, String, String, bool)> {
    let mut all: Vec<_> = scan
        .list("findings")
        .iter()
        .flat_map(|finding| {
            let (stack, id) = address(finding);
            let differences = finding["differences"].as_array().unwrap();
            differences.iter().map(move |it| {
                assert_eq!(it["kind"], "added", "{it}");
                let is_potential = it["potential"].as_bool().unwrap();
                (stack.clone(), id.clone(), text(&it["path"]), is_potential)
            })
        })
        .collect();
    all.sort();
    all
}

#[track_caller]
fn assert_added(scan: &Scan, expected: &[(&str, &str, &str, bool)]) {
    let found = differences(scan);
    let found: Vec<_> = found
        .iter()
        .map(|(stack, id, path, potential)| (&**stack, &**id, &**path, *potential))
        .collect();
    assert_eq!(found, expected, "{:#}", scan.report);
}

fn rule(group: &Value, port: u16, from: &str) -> Value {
    json!({"GroupId": group, "IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": from})
}

const INGRESS: &str = "AWS::EC2::SecurityGroupIngress";
const GROUP: &str = "AWS::EC2::SecurityGroup";
const SSH: &str =
    r#"/SecurityGroupIngress[IpProtocol=tcp,FromPort=22,ToPort=22,CidrIp="0.0.0.0/0"]"#;

/// A group in one stack, and rules of its own in two.
fn two_stacks(account: &Account) {
    let reference = json!({"Ref": "Web"});
    account.put(
        "net",
        vec![
            resource("Web", GROUP, json!({"GroupDescription": "web"})),
            resource("Https", INGRESS, rule(&reference, 443, "0.0.0.0/0")),
        ],
    );
    let group = Value::from(account.sandbox.physical_id("net", "Web").unwrap());
    account.put(
        "apps",
        vec![resource(
            "Metrics",
            INGRESS,
            rule(&group, 9090, "10.0.0.0/8"),
        )],
    );
}

const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

#[test]
fn port_22_opened_by_hand_beside_the_rules_of_two_stacks_is_one_critical_finding() {
    let account = Account::start();
    two_stacks(&account);
    let workshop = account.workshop();
    let straight = scan(&workshop);
    assert_eq!(straight.code, 0, "{:#}", straight.report);
    account.by_hand("net", "Web", ssh());
    let bent = scan(&workshop);
    assert_eq!(bent.code, 1, "{:?}", bent.ran);
    assert_added(&bent, &[("net", "Web", SSH, false)]);
    let finding = &bent.list("findings")[0];
    assert_eq!(
        (&finding["severity"], &finding["cause"], &finding["change"]),
        (
            &json!("critical"),
            &json!("security-group-rule"),
            &json!("modified")
        )
    );
    let actual = &finding["differences"][0]["actual"];
    assert_eq!(
        (
            &actual["FromPort"],
            finding["differences"][0].get("expected")
        ),
        (&json!(22), None)
    );
    assert_eq!((bent.count("drifted"), bent.count("potential")), (1, 0));
    account
        .sandbox
        .detach("net", "Web", &ssh(), alice())
        .unwrap();
    assert_eq!(scan(&workshop).code, 0, "and gone again it closes");
    let closed = workshop.findings(true);
    assert_eq!(
        (closed.len(), &closed[0]["status"]),
        (1, &json!("resolved"))
    );
}

#[test]
fn port_22_opened_by_the_groups_own_stack_or_by_another_is_none() {
    let account = Account::start();
    two_stacks(&account);
    let reference = json!({"Ref": "Web"});
    account.put(
        "own",
        vec![
            resource("Web", GROUP, json!({"GroupDescription": "own"})),
            resource("Ssh", INGRESS, rule(&reference, 22, "0.0.0.0/0")),
        ],
    );
    let group = Value::from(account.sandbox.physical_id("net", "Web").unwrap());
    account.put(
        "bastion",
        vec![resource("Ssh", INGRESS, rule(&group, 22, "0.0.0.0/0"))],
    );
    let scan = scan(&account.workshop());
    assert_eq!(scan.code, 0, "{:#}", scan.report);
    assert_eq!(scan.count("inSync"), 6, "{:#}", scan.report["summary"]);
}

#[test]
fn ten_things_of_the_closed_list_are_findings_by_hand_and_none_by_a_stack() {
    let account = Account::start();
    let mut expected = Vec::new();
    for pair in pairs("hand") {
        let stack = format!("hand-{}", pair.name);
        account.put(&stack, vec![pair.parent]);
        account.by_hand(&stack, "It", pair.by_hand);
        expected.push((stack, pair.path, pair.is_potential));
    }
    assert_eq!(expected.len(), 10);
    expected.sort();
    for pair in pairs("own") {
        let stack = format!("own-{}", pair.name);
        account.put(&stack, vec![pair.parent, pair.declared]);
    }
    let scan = scan(&account.workshop());
    assert_eq!(scan.code, 1, "{:#}", scan.report);
    let expected: Vec<_> = expected
        .iter()
        .map(|(stack, path, is_potential)| (stack.as_str(), "It", *path, *is_potential))
        .collect();
    assert_added(&scan, &expected);
    for finding in scan.list("findings") {
        assert_eq!(finding["severity"], "critical", "{finding:#}");
    }
}

#[test]
fn a_grant_by_hand_is_told_and_a_block_that_an_old_bucket_may_never_have_had_is_not() {
    let account = Account::start();
    let policy = json!({"Statement": []});
    account.put(
        "data",
        vec![
            resource("Key", "AWS::KMS::Key", json!({"KeyPolicy": policy})),
            resource("Bucket", "AWS::S3::Bucket", json!({"BucketName": "data"})),
        ],
    );
    let workshop = account.workshop();
    account.by_hand("data", "Bucket", Attachment::NoPublicAccessBlock);
    let old = scan(&workshop);
    assert_eq!(old.code, 0, "{:#}", old.report);
    let partner = Attachment::grant("arn:aws:iam::999999999999:role/partner", &["Decrypt"]);
    account.by_hand("data", "Key", partner);
    let found = differences(&scan(&workshop));
    let [(stack, id, path, is_potential)] = &found[..] else {
        panic!("one: {found:?}");
    };
    assert_eq!(
        (stack.as_str(), id.as_str(), *is_potential),
        ("data", "Key", false)
    );
    assert!(path.starts_with("/Grants[GrantId="), "{path}");
}

#[test]
fn what_may_not_be_read_is_unknown_and_beside_drift_that_is_seen_it_is_said() {
    let account = Account::start();
    two_stacks(&account);
    let inline =
        json!([{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "10.0.0.0/8"}]);
    account.put(
        "bent",
        vec![resource(
            "Web",
            GROUP,
            json!({"GroupDescription": "x", "SecurityGroupIngress": inline}),
        )],
    );
    let edit = Edit::Set {
        path: "/SecurityGroupIngress/0/CidrIp".to_owned(),
        value: json!("0.0.0.0/0"),
    };
    account.sandbox.bend("bent", "Web", edit, alice()).unwrap();
    let denied = Fault::on("ec2:DescribeSecurityGroupRules", Effect::Deny);
    account.sandbox.faults().add(denied);
    let workshop = account.workshop();
    let ran = workshop.run(&["scan", "--no-attribution", "-o", "json"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let unknown: Vec<_> = report["unknown"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (address(it), text(&it["reason"])))
        .collect();
    let of = |stack: &str| ((stack.to_owned(), "Web".to_owned()), "denied".to_owned());
    assert_eq!(unknown, [of("bent"), of("net")], "{report:#}");
    // The one that drifts is counted once, as that.
    let summary = &report["summary"];
    assert_eq!(
        (
            &summary["drifted"],
            &summary["unknown"],
            &summary["resources"]
        ),
        (&json!(1), &json!(1), &json!(4)),
        "{summary}"
    );
    let table = workshop.run(&["scan", "--no-attribution"]);
    assert!(
        table
            .stdout
            .contains("1 drifted resource could be looked at only in part (denied)"),
        "{table:?}"
    );
}

#[test]
fn stacks_without_security_types_cost_no_call_more() {
    let account = Account::start();
    for index in 0..5 {
        let queue = resource("Queue", "AWS::SQS::Queue", json!({"DelaySeconds": 1}));
        account.put(&format!("plain-{index}"), vec![queue]);
    }
    let workshop = account.workshop();
    assert_eq!(scan(&workshop).code, 0);
    assert_eq!(account.live_calls(), 0);
    assert_eq!(
        account
            .sandbox
            .count("cloudformation:DescribeStackResourceDrifts"),
        0
    );
    account.put("net", vec![resource("Web", GROUP, json!({}))]);
    let before = account.sandbox.counts().values().sum::<u64>();
    let with = scan(&workshop);
    assert_eq!(with.code, 0);
    assert_eq!(
        account.live_calls(),
        1,
        "one more for all groups of the stack"
    );
    assert_eq!(
        account
            .sandbox
            .count("cloudformation:DescribeStackResourceDrifts"),
        1
    );
    let made = account.sandbox.counts().values().sum::<u64>() - before;
    assert_eq!(with.count("requests"), made, "the report counts them too");
}

/// Targets by name, over stacks of a region.
fn targets(list: &[(&str, &str, &str)]) -> String {
    let targets: Vec<Value> = list
        .iter()
        .map(|(name, region, stacks)| {
            json!({"name": name, "cloudformation": {"regions": [region], "stacks": [stacks]}})
        })
        .collect();
    json!({"apiVersion": "plumbline/v1", "environment": "test", "targets": targets}).to_string()
}

#[test]
fn what_a_target_that_is_not_looked_at_declares_the_ledger_knows() {
    let account = Account::start();
    two_stacks(&account);
    let workshop = account.workshop();
    workshop.configure(&targets(&[
        ("net", REGION, "net"),
        ("apps", REGION, "apps"),
    ]));
    let metrics =
        r#"/SecurityGroupIngress[IpProtocol=tcp,FromPort=9090,ToPort=9090,CidrIp="10.0.0.0/8"]"#;
    let potential = ("net", "Web", metrics, true);
    for ledger in [&["--ledger", "none"][..], &[]] {
        let arguments = [&["net", "--no-attribution"], ledger].concat();
        let alone = workshop.scan(&arguments);
        assert_eq!(alone.code, 2, "what the other declares is not known yet");
        assert_added(&alone, &[potential]);
    }
    assert_eq!(scan(&workshop).code, 0, "looked at together it is known");
    let alone = workshop.scan(&["net", "--no-attribution"]);
    assert_eq!(alone.code, 0, "{:#}", alone.report);
    account.by_hand("net", "Web", ssh());
    let alone = workshop.scan(&["net", "--no-attribution"]);
    assert_added(&alone, &[("net", "Web", SSH, false)]);
    let blind = workshop.scan(&["net", "--no-attribution", "--ledger", "none"]);
    assert_eq!(blind.code, 2);
    assert_added(&blind, &[("net", "Web", SSH, true), potential]);
    // Gone, it declares nothing any more.
    workshop.configure(&targets(&[
        ("net", REGION, "net"),
        ("apps", REGION, "nothing*"),
    ]));
    let alone = workshop.scan(&["net", "--no-attribution"]);
    assert_added(
        &alone,
        &[("net", "Web", SSH, false), ("net", "Web", metrics, false)],
    );
}

#[test]
fn a_stack_whose_look_failed_may_have_declared_it() {
    let account = Account::start();
    two_stacks(&account);
    let workshop = account.workshop();
    account.by_hand("net", "Web", ssh());
    let refused = Fault::on("cloudformation:ListStackResources", Effect::Deny).stack("apps");
    account.sandbox.faults().add(refused);
    let scan = scan(&workshop);
    assert_eq!(scan.code, 2);
    assert_eq!(scan.unknown().len(), 1);
    let found = differences(&scan);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|it| it.3), "{found:?}");
}

#[test]
fn a_policy_that_another_region_attaches_to_a_role_is_none_and_one_by_hand_is_told() {
    let account = Account::start();
    account.put(
        "app",
        vec![resource(
            "Role",
            "AWS::IAM::Role",
            json!({"RoleName": "app"}),
        )],
    );
    let far = NewStack {
        place: Some((HERE.to_owned(), "eu-west-1".to_owned())),
        ..NewStack::new(
            "far",
            vec![resource(
                "Policy",
                "AWS::IAM::RolePolicy",
                json!({"PolicyName": "far", "RoleName": "app", "PolicyDocument": {}}),
            )],
        )
    };
    account.sandbox.create_stack(far).unwrap();
    account.by_hand("app", "Role", Attachment::managed(ADMIN));
    let workshop = account.workshop();
    workshop.watch(&[REGION, "eu-west-1"], &["*"]);
    let admin = format!(r#"/ManagedPolicyArns[="{ADMIN}"]"#);
    assert_added(&scan(&workshop), &[("app", "Role", &admin, false)]);
    // A target that is not selected is asked for its list alone, and its stacks are in the ledger.
    workshop.configure(&targets(&[("app", REGION, "*"), ("far", "eu-west-1", "*")]));
    let alone = workshop.scan(&["app", "--no-attribution"]);
    assert_added(&alone, &[("app", "Role", &admin, false)]);
    let blind = workshop.scan(&["app", "--no-attribution", "--ledger", "none"]);
    let far = ("app", "Role", "/Policies[PolicyName=far]", true);
    assert_added(&blind, &[("app", "Role", &admin, true), far]);
}

#[test]
fn a_world_of_three_accounts_and_two_regions_under_limits_is_found_exactly() {
    let account = Account::start();
    let places = ["111111111111", "222222222222", "333333333333"]
        .iter()
        .flat_map(|account| [(*account, REGION), (*account, "eu-west-1")]);
    for (index, (id, region)) in places.enumerate() {
        let world = World::generate(index as u64, 8).with_attachments();
        for mut stack in world.stacks {
            stack.place = Some((id.to_owned(), region.to_owned()));
            // IAM's names are the whole account's.
            stack.name = format!("{}-{region}", stack.name);
            for it in &mut stack.resources {
                rename(&mut it.properties, region);
            }
            account.sandbox.create_stack(stack).unwrap();
        }
    }
    let attached = account.sandbox.attach_some(7, 30);
    assert_eq!(attached.len(), 30);
    let rate = |per_second: f64, burst| Some(Rate { per_second, burst });
    account
        .sandbox
        .limit("cloudformation:DetectStackDrift", rate(20.0, 20));
    account.sandbox.limit("ec2:*", rate(20.0, 20));
    account.sandbox.limit("iam:*", rate(20.0, 20));
    let accounts = ["111111111111", "222222222222", "333333333333"];
    let read = |id: &&str| json!({"id": id, "read": format!("arn:aws:iam::{id}:role/plumbline-read"), "externalId": "x"});
    for id in accounts {
        let role = format!("arn:aws:iam::{id}:role/plumbline-read");
        account.sandbox.trust(&role, Some("x"));
    }
    let workshop = account.workshop();
    workshop.configure(
        &json!({"apiVersion": "plumbline/v1", "environment": "test",
            "accounts": accounts.iter().map(read).collect::<Vec<_>>(),
            "targets": [{"name": "all", "cloudformation": {"stacks": ["*"], "accounts": accounts,
                "regions": [REGION, "eu-west-1"]}}]})
        .to_string(),
    );
    let scan = scan(&workshop);
    assert_eq!(
        scan.list("unknown").len(),
        0,
        "{:#}",
        scan.report["unknown"]
    );
    let found: BTreeSet<(String, String)> = scan
        .list("findings")
        .iter()
        .map(|it| (text(&it["resource"]["id"]), text(&it["resource"]["name"])))
        .collect();
    let hung: BTreeSet<(String, String)> = attached
        .iter()
        .map(|it| {
            // Of a policy that a stack declares CloudFormation itself tells what became of it.
            let is_policy = it.is_seen && matches!(it.attachment, Attachment::BucketPolicy { .. });
            let suffix = if is_policy { "Policy" } else { "" };
            (it.physical_id.clone(), format!("{}{suffix}", it.logical_id))
        })
        .collect();
    assert_eq!(found, hung);
    assert_eq!(scan.list("findings").len(), 30, "each of them once");
    assert_eq!(scan.count("units"), 48);
}

/// Puts a region behind the name of a role and whatever refers to it.
fn rename(properties: &mut Value, region: &str) {
    if let Some(name) = properties.get_mut("RoleName").filter(|it| it.is_string()) {
        *name = Value::from(format!("{}-{region}", text(name)));
    }
}
