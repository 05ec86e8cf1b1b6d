//! What the looks at stacks keep beside findings, over every ledger: what stacks declare, calls that were heard, and
//! who made what.

use additions::index;
use domain::attribute::Attributed;
use domain::attribution::Attribution;
use domain::finding::Event;
use domain::heard;
use domain::life;
use domain::ports::TrailCall;
use domain::severity::Severity;
use domain::stack::{Declared, StackId};
use serde_json::{Value, json};

use super::fixture::{Store, at, comes_back, moment, sighting};

const ACCOUNT: &str = "111122223333";

fn stack(region: &str, name: &str) -> StackId {
    let arn = format!("arn:aws:cloudformation:{region}:{ACCOUNT}:stack/{name}/guid");
    StackId::parse(&arn).unwrap()
}

fn declared(resource_type: &str, physical_id: &str, expected: Option<Value>) -> Declared {
    Declared {
        logical_id: "Größe".to_owned(),
        resource_type: resource_type.to_owned(),
        physical_id: physical_id.to_owned(),
        expected,
    }
}

pub(super) async fn what_a_stack_declares_comes_back_until_it_is_gone(store: Store) {
    let ledger = store();
    let rule = json!({"GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"});
    let policy = json!({"PolicyName": "注文", "Roles": ["web", null], "Users": ["ann"]});
    let said = [
        declared("AWS::EC2::SecurityGroupIngress", "sgr-1", Some(rule)),
        declared("AWS::IAM::Policy", "p", Some(policy)),
        // Nothing is known of what this one says.
        declared("AWS::EC2::Route", "", None),
    ];
    let mut claims = additions::declared(&said);
    claims.retain(|claim| !claim.inline);
    assert!(claims.len() >= 4, "{claims:?}");
    let (here, there) = (stack("eu-west-1", "shop"), stack("eu-west-2", "shop"));
    let elsewhere = StackId::parse(&here.as_str().replace(ACCOUNT, "999988887777")).unwrap();
    for (id, second, said) in [
        (&here, 1, &said[..1]),
        (&here, 2, &said[..]),
        (&there, 3, &said[..0]),
        (&elsewhere, 4, &said[..]),
    ] {
        let write = index::put(id, at(second), said).unwrap();
        ledger.write(&[write]).await.unwrap();
    }
    let mut records = index::read(&*store(), ACCOUNT).await.unwrap();
    records.sort_by(|one, other| one.region.cmp(&other.region));
    let [first, second] = records.as_slice() else {
        panic!("{} records", records.len());
    };
    assert_eq!(
        (first.region.as_str(), first.stack.as_str()),
        ("eu-west-1", "shop")
    );
    // To the nanosecond: with a time cut short a stack would count as changed since.
    assert_eq!(first.declares.looked_at, at(2));
    assert_eq!(first.declares.claims, claims);
    assert_eq!(second.declares.claims, []);
    ledger.write(&[index::remove(&here)]).await.unwrap();
    let left = index::read(&*ledger, ACCOUNT).await.unwrap();
    assert_eq!(left, std::slice::from_ref(second));
}

pub(super) async fn a_call_that_was_heard_is_found_by_its_resource_and_time(store: Store) {
    let ledger = store();
    let call = |id: &str, second: i64| TrailCall {
        id: id.to_owned(),
        at: at(second),
        source: "ec2.amazonaws.com".to_owned(),
        name: "AuthorizeSecurityGroupIngress".to_owned(),
        region: "eu-west-1".to_owned(),
        account: ACCOUNT.to_owned(),
        who: "ops/ana.größe@example.com".to_owned(),
        console: second == 20,
        invoked_by: (second == 10).then(|| "cloudformation.amazonaws.com".to_owned()),
        resources: vec![
            "sg-1".to_owned(),
            format!("arn:aws:ec2:eu-west-1:{ACCOUNT}:security-group/sg-1"),
            "https://sqs/x#y".to_owned(),
        ],
    };
    let all = [call("a", 10), call("b", 20), call("c", 20), call("d", 30)];
    for call in &all {
        // An event comes more than once.
        for _ in 0..2 {
            ledger
                .write(&heard::keep(call, at(40)).unwrap())
                .await
                .unwrap();
        }
    }
    let found = async |account: &str, resource: &str, from: i64, to: i64| {
        let time = (at(from), at(to));
        let calls = heard::calls(&*store(), (account, resource), time).await;
        let mut calls = calls.unwrap();
        calls.sort_by(|one, other| one.id.cmp(&other.id));
        calls
    };
    for resource in &all[0].resources {
        assert_eq!(found(ACCOUNT, resource, 10, 20).await, all[..3]);
    }
    assert_eq!(found(ACCOUNT, "sg-1", 11, 29).await, all[1..3]);
    assert_eq!(found(ACCOUNT, "sg-1", 0, 9).await, []);
    assert_eq!(found(ACCOUNT, "sg-", 0, 99).await, []);
    assert_eq!(found("999988887777", "sg-1", 0, 99).await, []);
}

pub(super) async fn who_made_it_in_the_console_and_since_when_comes_back(store: Store) {
    let ledger = store();
    let mut seen = sighting("shop", "Queue");
    seen.differences[0].entry = Some("sgr-1".to_owned());
    let mut opened = life::opened(&seen, moment(0));
    opened.finding.since = Some(at(-60));
    comes_back(&*ledger, &opened).await;
    let by = |console| Attribution {
        who: "ops/ana".to_owned(),
        at: Some(at(-30).round(jiff::Unit::Second).unwrap()),
        how: "SetQueueAttributes".to_owned(),
        console,
    };
    let mut previous = opened.finding;
    for console in [true, false] {
        let mut differences = previous.differences.clone();
        differences[0].attribution = Some(by(console));
        let known = Attributed {
            differences,
            attribution: Some(by(console)),
            severity: Severity::High,
            cause: previous.cause,
            rule: "by hand".to_owned(),
        };
        let decision = life::attributed(&previous, &known, moment(1)).unwrap();
        comes_back(&*ledger, &decision).await;
        assert_eq!(decision.finding.since, Some(at(-60)));
        previous = decision.finding;
    }
    let history = ledger.history(&previous.id).await.unwrap();
    let events: Vec<_> = history.iter().map(|entry| entry.event).collect();
    assert_eq!(
        events,
        [Event::Opened, Event::Attributed, Event::Attributed]
    );
    assert!(history[1].detail.contains("ops/ana"), "{history:?}");
}
