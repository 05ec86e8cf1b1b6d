//! Who did it: asked of CloudTrail while a scan goes on, kept in the ledger, and shown wherever a finding is.

use std::time::Duration;

use sandbox::{Actor, Edit, Effect, Fault, NewStack, Rate};
use serde_json::{Value, json};

use crate::additions::{Account, HERE, REGION, alice, resource, ssh};
use crate::support::{Scan, Workshop, id, text};

const GROUP: &str = "AWS::EC2::SecurityGroup";
const QUEUE: &str = "AWS::SQS::Queue";

/// A group with port 22 open, a queue that waits longer and a topic that is gone, each by somebody else.
fn bent() -> Account {
    let account = Account::start();
    account.put("net", vec![resource("Web", GROUP, json!({}))]);
    account.put(
        "shop",
        vec![
            resource(
                "Queue",
                QUEUE,
                json!({"QueueName": "orders", "VisibilityTimeout": 30}),
            ),
            resource("News", "AWS::SNS::Topic", json!({"TopicName": "news"})),
        ],
    );
    account.by_hand("net", "Web", ssh());
    let wait = Edit::Set {
        path: "/VisibilityTimeout".to_owned(),
        value: json!(60),
    };
    let bob = Actor::new("arn:aws:sts::000000000000:assumed-role/deploy/bob");
    account.sandbox.bend("shop", "Queue", wait, bob).unwrap();
    let carol = Actor::new("arn:aws:iam::000000000000:user/carol").in_console();
    account
        .sandbox
        .bend("shop", "News", Edit::Delete, carol)
        .unwrap();
    account
}

#[track_caller]
fn finding<'s>(scan: &'s Scan, name: &str) -> &'s Value {
    let mut findings = scan.list("findings").iter();
    findings
        .find(|it| it["resource"]["name"] == name)
        .unwrap_or_else(|| panic!("{name} in {:#}", scan.report))
}

/// Who, how, and whether in the console.
fn who(attribution: &Value) -> (String, String, bool) {
    let console = attribution["console"].as_bool().unwrap_or_default();
    (
        text(&attribution["who"]),
        text(&attribution["how"]),
        console,
    )
}

fn known(who: &str, how: &str, console: bool) -> (String, String, bool) {
    (who.to_owned(), how.to_owned(), console)
}

fn lookups(account: &Account) -> u64 {
    account.sandbox.count("cloudtrail:LookupEvents")
}

#[test]
fn each_finding_has_its_author_and_the_next_scan_knows_it_without_asking() {
    let account = bent();
    let workshop = account.workshop();
    let first = workshop.scan(&[]);
    assert_eq!(first.code, 1, "{:?}", first.ran);
    let asked = lookups(&account);
    assert!((3..=4).contains(&asked), "once for each name: {asked}");
    let second = workshop.scan(&[]);
    assert_eq!(lookups(&account), asked, "what is known is not asked again");
    for scan in [&first, &second] {
        let web = finding(scan, "Web");
        assert_eq!(
            who(&web["differences"][0]["attribution"]),
            known("alice", "AuthorizeSecurityGroupIngress", true)
        );
        assert!(web["attribution"].is_null(), "{web:#}");
        let queue = &finding(scan, "Queue")["differences"][0];
        assert_eq!(
            who(&queue["attribution"]),
            known("deploy/bob", "SetQueueAttributes", false)
        );
        let at = text(&queue["attribution"]["at"]);
        assert!(at.ends_with('Z') && at.len() == 20, "{at}");
        let news = finding(scan, "News");
        assert_eq!(
            who(&news["attribution"]),
            known("carol", "DeleteTopic", true)
        );
        assert_eq!(news["severity"], "critical", "deleted in the console");
    }
    assert!(!first.ran.stderr.contains("CloudTrail"), "{:?}", first.ran);
}

#[test]
fn the_author_stands_in_every_output_and_in_the_history() {
    let account = bent();
    let workshop = account.workshop();
    for format in ["table", "wide", "markdown", "sarif", "yaml"] {
        let ran = workshop.run(&["scan", "-o", format]);
        for word in [
            "alice",
            "deploy/bob",
            "carol",
            "AuthorizeSecurityGroupIngress",
            "console",
        ] {
            assert!(ran.stdout.contains(word), "{word} in {format}: {ran:?}");
        }
    }
    let report = workshop.path("report.html");
    workshop.run(&["report", "--html", report.to_str().unwrap()]);
    let html = std::fs::read_to_string(report).unwrap();
    let findings = workshop.findings(false);
    let web = findings.iter().find(|it| it["resource"]["name"] == "Web");
    let web = id(web.unwrap());
    let shown = workshop.run(&["findings", "show", &web]).stdout;
    let explained = workshop.run(&["explain", &web]).stdout;
    for text in [&html, &shown, &explained] {
        for word in [
            "alice",
            "AuthorizeSecurityGroupIngress",
            "console",
            "attributed",
        ] {
            assert!(text.contains(word), "{word} in {text}");
        }
    }
}

#[test]
fn without_attribution_nobody_is_asked() {
    let account = bent();
    let workshop = account.workshop();
    let scan = workshop.scan(&["--no-attribution"]);
    assert_eq!((scan.code, lookups(&account)), (1, 0));
    assert!(finding(&scan, "News")["attribution"].is_null());
    let help = workshop.run(&["scan", "--help"]).stdout;
    assert!(help.contains("--no-attribution"), "{help}");
    let later = workshop.scan(&[]);
    assert_eq!(
        who(&finding(&later, "News")["attribution"]).0,
        "carol",
        "it is still new enough to be asked about"
    );
}

#[test]
fn a_trail_that_may_not_be_asked_is_one_notice_and_nothing_else() {
    let account = bent();
    let denied = Fault::on("cloudtrail:LookupEvents", Effect::Deny);
    account.sandbox.faults().add(denied);
    let scan = account.workshop().scan(&[]);
    assert_eq!((scan.code, scan.list("unknown").len()), (1, 0));
    assert_eq!(lookups(&account), 1, "asked once in its place");
    let stderr = &scan.ran.stderr;
    assert_eq!(
        stderr.matches("CloudTrail of account").count(),
        1,
        "{stderr}"
    );
    assert!(
        stderr.contains(HERE) && stderr.contains(REGION) && stderr.contains("3 finding(s)"),
        "{stderr}"
    );
}

#[test]
fn a_trail_is_asked_twice_a_second_and_no_longer_than_a_scan_may_wait() {
    const MANY: usize = 60;
    let account = Account::start();
    let queue = |index: usize| {
        resource(
            &format!("Queue{index}"),
            QUEUE,
            json!({"QueueName": format!("q-{index}"), "VisibilityTimeout": 30}),
        )
    };
    account.put("shop", (0..MANY).map(queue).collect());
    account.put("net", vec![resource("Web", GROUP, json!({}))]);
    for index in 0..MANY {
        let wait = Edit::Set {
            path: "/VisibilityTimeout".to_owned(),
            value: json!(60),
        };
        let id = format!("Queue{index}");
        account.sandbox.bend("shop", &id, wait, alice()).unwrap();
    }
    account.by_hand("net", "Web", ssh());
    let scan = account.workshop().scan(&[]);
    assert!(
        scan.ran.took < Duration::from_secs(26),
        "{:?}",
        scan.ran.took
    );
    let refused: u64 = account
        .sandbox
        .counts()
        .iter()
        .filter(|((call, status), _)| call == "cloudtrail:LookupEvents" && *status != 200)
        .map(|(_, count)| count)
        .sum();
    assert_eq!(refused, 0, "never faster than it takes");
    let left = MANY + 1 - usize::try_from(lookups(&account)).unwrap();
    assert!((18..30).contains(&left), "{left}");
    let stderr = &scan.ran.stderr;
    assert!(stderr.contains("was not asked who made"), "{stderr}");
    let web = &finding(&scan, "Web")["differences"][0];
    assert_eq!(who(&web["attribution"]).0, "alice", "the most severe first");
}

/// So many stacks between the first and the last that their detections take seconds.
fn crowd(account: &Account) {
    for index in 0..60 {
        let queue = resource(
            "Queue",
            QUEUE,
            json!({"QueueName": format!("q-{index}"), "VisibilityTimeout": 30}),
        );
        account.put(&format!("shop-{index:02}"), vec![queue]);
    }
}

#[test]
fn what_waits_for_other_stacks_is_asked_about_while_they_are_looked_at() {
    let account = Account::start();
    account.put("aaa", vec![resource("Web", GROUP, json!({}))]);
    crowd(&account);
    account.by_hand("aaa", "Web", ssh());
    let scan = account.workshop().scan(&[]);
    let web = &finding(&scan, "Web")["differences"][0];
    assert_eq!(who(&web["attribution"]).0, "alice");
    assert_eq!(lookups(&account), 1);
    let requests = account.sandbox.requests();
    let times = |call: &str| -> Vec<jiff::Timestamp> {
        let made = requests.iter().filter(|it| it.call == call);
        made.map(|it| it.at).collect()
    };
    let asked = times("cloudtrail:LookupEvents")[0];
    let last = *times("cloudformation:DetectStackDrift").last().unwrap();
    assert!(asked < last, "{asked}, the last detection began {last}");
}

#[test]
fn what_another_stack_declares_has_no_author_and_is_not_asked_about_once_that_is_known() {
    let account = Account::start();
    account.put("aaa", vec![resource("Web", GROUP, json!({}))]);
    let group = Value::from(account.sandbox.physical_id("aaa", "Web").unwrap());
    let rule = json!({"GroupId": group, "IpProtocol": "tcp", "FromPort": 9090, "ToPort": 9090, "CidrIp": "10.0.0.0/8"});
    let rule = resource("Metrics", "AWS::EC2::SecurityGroupIngress", rule);
    account.put("zzz", vec![rule]);
    crowd(&account);
    let workshop = account.workshop();
    let first = workshop.scan(&[]);
    assert_eq!((first.code, first.list("findings").len()), (0, 0));
    assert!(!first.ran.stderr.contains("CloudTrail"), "{:?}", first.ran);
    assert_eq!(
        lookups(&account),
        1,
        "while nobody had said that it is theirs"
    );
    assert_eq!(workshop.scan(&[]).code, 0);
    assert_eq!(lookups(&account), 1, "the ledger knows who declares it");
}

#[test]
fn what_its_own_stack_did_has_no_author_and_what_was_straight_at_the_last_look_only_later_ones() {
    let account = Account::start();
    account.put(
        "shop",
        vec![resource(
            "Queue",
            QUEUE,
            json!({"QueueName": "orders", "VisibilityTimeout": 30}),
        )],
    );
    let set = |value: u64| Edit::Set {
        path: "/VisibilityTimeout".to_owned(),
        value: json!(value),
    };
    let bend = |value: u64, by: &str| {
        let by = Actor::new(&format!("arn:aws:iam::000000000000:user/{by}"));
        account
            .sandbox
            .bend("shop", "Queue", set(value), by)
            .unwrap();
    };
    bend(60, "early");
    bend(30, "mender");
    let workshop = account.workshop();
    assert_eq!(workshop.scan(&[]).code, 0);
    assert_eq!(lookups(&account), 0, "nothing drifts");
    // Made, as it seems, before that look, which saw it straight.
    let early = Actor::new("arn:aws:iam::000000000000:user/before");
    let before = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(30);
    account
        .sandbox
        .bend("shop", "Queue", set(90), early.at(before))
        .unwrap();
    let scan = workshop.scan(&[]);
    let queue = &finding(&scan, "Queue")["differences"][0];
    assert!(
        queue["attribution"].is_null(),
        "nobody is guessed: {queue:#}"
    );
}

#[test]
fn a_role_is_asked_about_where_iam_keeps_its_calls() {
    let account = Account::start();
    let role = resource(
        "Role",
        "AWS::IAM::Role",
        json!({"RoleName": "app", "MaxSessionDuration": 3600}),
    );
    let stack = NewStack {
        place: Some((HERE.to_owned(), "eu-west-1".to_owned())),
        ..NewStack::new("app", vec![role])
    };
    account.sandbox.create_stack(stack).unwrap();
    account.by_hand("app", "Role", sandbox::Attachment::inline("extra"));
    // None in the stack's own region.
    let refused = Fault::on("cloudtrail:LookupEvents", Effect::Deny).place(HERE, "eu-west-1");
    account.sandbox.faults().add(refused);
    let fast = Rate {
        per_second: 100.0,
        burst: 100,
    };
    account.sandbox.limit("cloudtrail:LookupEvents", Some(fast));
    let workshop: Workshop = account.workshop();
    workshop.watch(&["eu-west-1"], &["*"]);
    let scan = workshop.scan(&[]);
    let role = &finding(&scan, "Role")["differences"][0];
    assert_eq!(
        who(&role["attribution"]),
        known("alice", "PutRolePolicy", true)
    );
}
