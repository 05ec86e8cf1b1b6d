//! Events of accounts that nobody said to watch.

use plumbline_tests::deploy::PLACE;
use plumbline_tests::proxy::Exchange;
use serde_json::{Value, json};

use super::support::{System, called, changed, ended};

const STRANGER: &str = "444455556666";
/// Calls that ask for something in an account.
const OUTSIDE: [&str; 6] = [
    "AssumeRole",
    "DescribeStackDriftDetectionStatus",
    "DescribeStacks",
    "DetectStackDrift",
    "DetectStackResourceDrift",
    "LookupEvents",
];

const GROUP: &str = "sg-0a1b2c3d4e5f60718";

#[test]
fn e2e_events_of_an_unknown_account_are_dropped() {
    let (system, stacks) = System::watching(&["shop-orders"]);
    let plumbline = &system.plumbline;
    let (home, _) = PLACE;
    plumbline.wait_until_quiet();

    let mut foreign = stacks[0].clone();
    foreign.id = foreign.id.replace(home, STRANGER);
    let call = |account| {
        let opened = ("ec2", "AuthorizeSecurityGroupIngress");
        called(opened, (account, "mallory"), json!({"groupId": GROUP}))
    };
    let events: [Value; 3] = [
        call(STRANGER),
        ended(&foreign.id, "624af370-311a-11e8-b6b7-500c1e4a6d01"),
        changed(
            &foreign.id,
            "Queue0",
            ("AWS::SQS::Queue", "shop-orders-orders"),
        ),
    ];
    for event in &events {
        assert_eq!(plumbline.tell_rules(event, 2), 1, "{event}");
    }
    let one = json!({"apiVersion": "plumbline/v1", "kind": "LookAtResource", "stackId": foreign.id,
        "logicalId": "Queue0", "askedAt": jiff::Timestamp::now()});
    plumbline.send("stack-drift", &one.to_string());
    plumbline.send("stack-drift", &one.to_string());
    plumbline.wait_until_quiet();
    system.once_more();

    let heard = |account: &str| {
        let of = format!("TRAIL#{account}#{GROUP}");
        plumbline.table().query(&of, "").len()
    };
    assert_eq!(heard(STRANGER), 0, "a stranger's call is kept");
    // Who may be looked at is known where the look is: what is put off until then is dropped there.
    plumbline.table().make_due("look#");
    plumbline.run_schedule("clock", 1);
    plumbline.wait_until_quiet();
    let timers = plumbline.table().timers();
    let of_stranger = timers.iter().find(|it| it.sk.contains(STRANGER));
    assert_eq!(of_stranger, None, "a stranger's stack is to be looked at");
    let asked: Vec<Exchange> = plumbline
        .calls()
        .into_iter()
        .filter(|it| OUTSIDE.contains(&it.action.as_str()) && it.body.contains(STRANGER))
        .collect();
    assert_eq!(asked, [], "a stranger's stack was asked for");
    assert_eq!(system.told(), [1, 1]);
    assert!(plumbline.count_dead_letters().is_empty());

    // The same of the own account is kept, once.
    let event = call(home);
    assert_eq!(plumbline.tell_rules(&event, 2), 1);
    plumbline.wait("the call", || (heard(home) == 1).then_some(()));
    system.once_more();
    assert_eq!(heard(home), 1);
}
