//! Who made what findings show.

use domain::finding::Finding;
use domain::handled::Handled;
use domain::ports::{Ledger as _, PortErrorKind, TrailCall};
use domain::severity::Severity;
use domain::stack::StackId;
use domain::testing::block_on;
use domain::work::Work;
use jiff::SignedDuration;
use serde_json::json;

use super::around::{GROUP, group, ssh};
use super::desk::{ACCOUNT, Desk, REGION, unit};

/// A group that was opened a minute before the look that saw it; the timer that asks who did it.
fn opened(desk: &Desk) -> (StackId, Work) {
    let id = group(desk);
    desk.look_through(&id);
    desk.pass(3600);
    desk.attachments.add_rule(ssh());
    desk.pass(60);
    desk.look_through(&id);
    (id, asking(desk))
}

/// The work of the timer that asks.
fn asking(desk: &Desk) -> Work {
    let asks = |body: &str| {
        let work = Work::read(&serde_json::from_str(body).unwrap())
            .unwrap()
            .unwrap();
        matches!(work, Work::Attribute { .. }).then_some(work)
    };
    let found: Vec<Work> = desk
        .timers()
        .iter()
        .filter_map(|it| asks(&it.body))
        .collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

fn call(desk: &Desk, console: bool) -> TrailCall {
    TrailCall {
        id: "event-1".to_owned(),
        at: desk.now() - SignedDuration::from_secs(60),
        source: "ec2.amazonaws.com".to_owned(),
        name: "AuthorizeSecurityGroupIngress".to_owned(),
        region: REGION.to_owned(),
        account: ACCOUNT.to_owned(),
        who: "ops/alice".to_owned(),
        console,
        invoked_by: None,
        resources: vec![GROUP.to_owned()],
    }
}

fn finding(desk: &Desk, id: &StackId) -> Finding {
    let mut found = block_on(desk.store.unit_findings(&unit(id))).unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

fn author(desk: &Desk, id: &StackId) -> Option<String> {
    let difference = &finding(desk, id).differences[0];
    let who = difference.attribution.as_ref()?;
    Some(format!("{} by {}", who.how, who.who))
}

/// A trail's event as EventBridge sends it.
fn event(desk: &Desk, account: &str) -> String {
    json!({
        "version": "0", "id": "e", "source": "aws.ec2", "account": account, "region": REGION,
        "detail-type": "AWS API Call via CloudTrail", "time": "2026-09-21T00:00:00Z", "resources": [],
        "detail": {
            "eventVersion": "1.11", "eventID": "event-1", "eventSource": "ec2.amazonaws.com",
            "eventName": "AuthorizeSecurityGroupIngress", "awsRegion": REGION, "readOnly": false,
            "eventTime": format!("{:.0}", desk.now() - SignedDuration::from_secs(60)),
            "eventType": "AwsApiCall", "recipientAccountId": account,
            "userIdentity": {"type": "IAMUser", "userName": "alice", "accountId": account,
                             "arn": format!("arn:aws:iam::{account}:user/alice")},
            "requestParameters": {"groupId": GROUP, "ipPermissions": {"items": [{"fromPort": 22}]}}
        }
    })
    .to_string()
}

#[test]
fn a_call_that_the_trail_told_of_names_its_maker_without_asking_cloudtrail() {
    let desk = Desk::new();
    let (id, work) = opened(&desk);
    let heard = event(&desk, ACCOUNT);
    for _ in 0..2 {
        assert_eq!(desk.handle(&heard), Handled::Done);
    }
    assert_eq!(desk.handle(&work.body()), Handled::Done);
    assert_eq!(
        author(&desk, &id).as_deref(),
        Some("AuthorizeSecurityGroupIngress by alice")
    );
    assert!(desk.trail.asked().is_empty());
    let version = finding(&desk, &id).version;
    assert!(matches!(desk.handle(&work.body()), Handled::Drop(_)));
    assert_eq!(finding(&desk, &id).version, version);
}

#[test]
fn calls_in_accounts_that_nobody_knows_are_dropped() {
    let desk = Desk::new();
    opened(&desk);
    assert!(matches!(
        desk.handle(&event(&desk, "999988887777")),
        Handled::Drop(_)
    ));
}

#[test]
fn cloudtrail_is_asked_after_six_and_sixteen_minutes_and_then_no_more() {
    let desk = Desk::new();
    let (id, work) = opened(&desk);
    let seen_at = finding(&desk, &id).last_seen;
    assert_eq!(desk.handle(&work.body()), Handled::Done);
    assert!(
        desk.trail.asked().is_empty(),
        "its record cannot be there yet"
    );
    let due: Vec<i64> = desk
        .timers()
        .iter()
        .filter(|it| it.body.contains("\"attempt\":1"))
        .map(|it| it.due_at.duration_since(seen_at).as_mins())
        .collect();
    assert_eq!(due, [6]);
    let next = |attempt| Work::Attribute {
        finding: finding(&desk, &id).id.to_string(),
        attempt,
        not_before: None,
    };
    desk.pass(360);
    assert_eq!(desk.handle(&next(1).body()), Handled::Done);
    assert_eq!(desk.trail.asked(), [GROUP]);
    assert_eq!(author(&desk, &id), None);
    let due: Vec<i64> = desk
        .timers()
        .iter()
        .filter(|it| it.body.contains("\"attempt\":2"))
        .map(|it| it.due_at.duration_since(seen_at).as_mins())
        .collect();
    assert_eq!(due, [16]);
    desk.trail.keep(TrailCall {
        at: seen_at - SignedDuration::from_secs(60),
        ..call(&desk, false)
    });
    desk.pass(600);
    assert_eq!(desk.handle(&next(2).body()), Handled::Done);
    assert_eq!(
        author(&desk, &id).as_deref(),
        Some("AuthorizeSecurityGroupIngress by ops/alice")
    );
    assert!(
        !desk
            .timers()
            .iter()
            .any(|it| it.body.contains("\"attempt\":3"))
    );
}

#[test]
fn what_was_called_before_the_last_clean_look_is_no_maker() {
    let desk = Desk::new();
    let (id, work) = opened(&desk);
    desk.trail.keep(TrailCall {
        at: desk.now() - SignedDuration::from_secs(4_000),
        ..call(&desk, false)
    });
    let Work::Attribute { finding, .. } = work else {
        panic!("{work:?}")
    };
    desk.pass(360);
    let asked = Work::Attribute {
        finding,
        attempt: 1,
        not_before: None,
    };
    desk.handle(&asked.body());
    assert_eq!(author(&desk, &id), None);
}

#[test]
fn a_console_session_raises_a_finding_and_tells_of_it_once() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["Queue"]);
    desk.look_through(&id);
    desk.pass(3600);
    desk.cloud
        .bend(&id, "Queue", domain::stack::DriftStatus::Modified);
    desk.pass(60);
    desk.look_through(&id);
    assert_eq!(finding(&desk, &id).severity, Severity::Medium);
    let work = asking(&desk);
    let call = TrailCall {
        source: "sqs.amazonaws.com".to_owned(),
        name: "SetQueueAttributes".to_owned(),
        resources: vec!["physical-Queue".to_owned()],
        ..call(&desk, true)
    };
    for write in domain::heard::keep(&call, desk.now()).unwrap() {
        block_on(domain::ports::Items::write(&*desk.store, &[write])).unwrap();
    }
    for _ in 0..2 {
        desk.handle(&work.body());
        assert_eq!(finding(&desk, &id).severity, Severity::Critical);
        assert_eq!(
            desk.outbox(),
            ["BaselineTaken", "FindingChanged", "FindingOpened"]
        );
    }
    // A later look knows it still.
    desk.pass(3600);
    desk.look_through(&id);
    assert_eq!(finding(&desk, &id).severity, Severity::Critical);
    assert!(author(&desk, &id).is_some());
    assert_eq!(
        desk.outbox(),
        ["BaselineTaken", "FindingChanged", "FindingOpened"]
    );
}

#[test]
fn a_throttled_question_is_asked_again_and_a_denied_one_leaves_it_unknown() {
    let desk = Desk::new();
    let (id, _) = opened(&desk);
    let work = Work::Attribute {
        finding: finding(&desk, &id).id.to_string(),
        attempt: 1,
        not_before: None,
    };
    desk.trail.refuse(Some(PortErrorKind::Throttled));
    desk.pass(360);
    assert!(matches!(
        desk.handle(&work.body()),
        Handled::Retry { .. } | Handled::Later { .. }
    ));
    desk.trail.refuse(Some(PortErrorKind::Denied));
    desk.pass(60);
    assert_eq!(desk.handle(&work.body()), Handled::Done);
    assert_eq!(author(&desk, &id), None);
    assert_eq!(desk.findings(&id), ["Group open"]);
}
