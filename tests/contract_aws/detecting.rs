//! Detections and what they leave.

use domain::ports::PortErrorKind::{Conflict, Invalid, NotFound};
use domain::stack::{DetectionId, DetectionOutcome, DriftStatus};
use serde_json::json;

use super::account::{Account, Bend, REGION, queue};

pub(super) async fn a_detection_gives_an_id_and_a_date_and_ends_complete(account: &Account) {
    let id = account.queue("orders");
    let (started, outcome) = account.detect(&id).await;
    assert_eq!(outcome, DetectionOutcome::Complete);
    let detection = account.stacks.detection(&started.id).await.unwrap();
    let by_date = started.at.expect("a Date header");
    // The header has whole seconds, and the emulator writes it when it answers.
    let apart = detection.started_at.duration_since(by_date).as_secs_f64();
    assert!(apart.abs() < 2.0, "{apart} s");
    let again = account.detect("orders").await.0;
    assert_ne!(again.id, started.id);
}

pub(super) async fn resources_are_not_checked_before_a_detection_and_in_sync_after_it(
    account: &Account,
) {
    account.queue("orders");
    let before = account.stacks.resources("orders").await.unwrap();
    assert_eq!(
        (before[0].drift_status, before[0].checked_at),
        (DriftStatus::NotChecked, None)
    );
    let (started, _) = account.detect("orders").await;
    let detection = account.stacks.detection(&started.id).await.unwrap();
    let after = account.stacks.resources("orders").await.unwrap();
    assert_eq!(after.len(), 1);
    let row = &after[0];
    assert_eq!(
        (row.logical_id.as_str(), row.resource_type.as_str()),
        ("Queue", "AWS::SQS::Queue")
    );
    assert!(
        row.physical_id.ends_with("/orders-queue"),
        "{}",
        row.physical_id
    );
    assert_eq!(
        (row.status.as_str(), row.drift_status),
        ("CREATE_COMPLETE", DriftStatus::InSync)
    );
    assert!(
        row.checked_at.unwrap() >= detection.started_at,
        "a row is not older than its detection"
    );
    assert_eq!(
        account.stacks.drifts("orders").await.unwrap().len(),
        0,
        "nothing drifted"
    );
}

pub(super) async fn a_list_knows_when_drift_was_last_checked(account: &Account) {
    account.queue("orders");
    let (started, _) = account.detect("orders").await;
    let detection = account.stacks.detection(&started.id).await.unwrap();
    let list = account.stacks.list().await.unwrap();
    assert!(list[0].drift_checked_at.unwrap() >= detection.started_at);
    let described = account.stacks.describe("orders").await.unwrap();
    assert_eq!(described.drift_checked_at, list[0].drift_checked_at);
}

pub(super) async fn results_stay_until_the_next_detection(account: &Account) {
    account.queue("orders");
    account.bend("orders", Bend::Attribute("VisibilityTimeout", 77));
    account.detect("orders").await;
    let first = account.stacks.drifts("orders").await.unwrap();
    account.bend("orders", Bend::Attribute("VisibilityTimeout", 30));
    let still = account.stacks.drifts("orders").await.unwrap();
    assert_eq!(still[0].status, DriftStatus::Modified);
    assert_eq!(still[0].checked_at, first[0].checked_at);
    account.detect("orders").await;
    assert_eq!(account.stacks.drifts("orders").await.unwrap().len(), 0);
    let row = &account.stacks.resources("orders").await.unwrap()[0];
    assert!(row.checked_at.unwrap() >= first[0].checked_at);
}

pub(super) async fn what_is_not_there_is_not_found(account: &Account) {
    account.queue("orders");
    let stacks = &account.stacks;
    let missing = format!("arn:aws:cloudformation:{REGION}:000000000000:stack/missing/0a1b");
    for name in ["missing", &missing] {
        assert_eq!(
            stacks.detect(name).await.unwrap_err().kind,
            NotFound,
            "detect {name}"
        );
        assert_eq!(
            stacks.resources(name).await.unwrap_err().kind,
            NotFound,
            "resources {name}"
        );
        assert_eq!(
            stacks.drifts(name).await.unwrap_err().kind,
            NotFound,
            "drifts {name}"
        );
        let alone = stacks.detect_resource(name, "Queue").await;
        assert_eq!(alone.unwrap_err().kind, NotFound, "detect_resource {name}");
    }
    let alone = stacks.detect_resource("orders", "Nothing").await;
    assert_eq!(alone.unwrap_err().kind, NotFound);
    let id = DetectionId("0a1b2c3d-0000-4000-8000-000000000000".to_owned());
    assert_eq!(stacks.detection(&id).await.unwrap_err().kind, NotFound);
}

pub(super) async fn a_resource_alone_is_checked_at_once(account: &Account) {
    account.queue("orders");
    let straight = account
        .stacks
        .detect_resource("orders", "Queue")
        .await
        .unwrap();
    assert_eq!(straight.status, DriftStatus::InSync);
    account.bend("orders", Bend::Attribute("VisibilityTimeout", 77));
    let bent = account
        .stacks
        .detect_resource("orders", "Queue")
        .await
        .unwrap();
    assert_eq!(
        (bent.logical_id.as_str(), bent.status),
        ("Queue", DriftStatus::Modified)
    );
    assert!(bent.checked_at >= straight.checked_at);
    assert_eq!(super::account::told(&bent)[0].0, "/VisibilityTimeout");
    // The stack's rows know it too.
    let row = &account.stacks.resources("orders").await.unwrap()[0];
    assert_eq!(
        (row.drift_status, row.checked_at),
        (DriftStatus::Modified, Some(bent.checked_at))
    );
}

pub(super) async fn a_type_without_drift_support_is_not_checked_and_refused_alone(
    account: &Account,
) {
    let handle = json!({"Type": "AWS::CloudFormation::WaitConditionHandle"});
    account.create("orders", &[("Queue", queue("orders")), ("Handle", handle)]);
    let (_, outcome) = account.detect("orders").await;
    assert_eq!(outcome, DetectionOutcome::Complete, "it fails no detection");
    let rows = account.stacks.resources("orders").await.unwrap();
    let row = rows.iter().find(|row| row.logical_id == "Handle").unwrap();
    assert_eq!(
        (row.drift_status, row.checked_at),
        (DriftStatus::NotChecked, None)
    );
    let alone = account.stacks.detect_resource("orders", "Handle").await;
    assert_eq!(alone.unwrap_err().kind, Invalid);
}

pub(super) async fn a_second_detection_is_a_conflict_until_the_first_has_ended(account: &Account) {
    let id = account.queue("orders");
    account.queue("other");
    account.stacks.detect(&id).await.unwrap();
    let second = account.stacks.detect("orders").await.unwrap_err();
    assert_eq!(second.kind, Conflict, "{second}");
    account.detect("other").await;
    tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    account.detect("orders").await;
}

pub(super) async fn a_stack_in_motion_is_refused(account: &Account) {
    account.queue("orders");
    account
        .sandbox()
        .set_stack_status("orders", "UPDATE_IN_PROGRESS")
        .unwrap();
    assert_eq!(
        account.stacks.detect("orders").await.unwrap_err().kind,
        Invalid
    );
    assert_eq!(
        account.stacks.describe("orders").await.unwrap().status,
        "UPDATE_IN_PROGRESS"
    );
}

pub(super) async fn a_check_that_fails_is_unknown_and_named_in_the_reason(account: &Account) {
    account.queue("orders");
    account
        .sandbox()
        .faults()
        .fail_check("orders", "Queue", "AccessDenied", Some(1));
    let (_, outcome) = account.detect("orders").await;
    let DetectionOutcome::Failed(reason) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(reason.contains(r#""Resource":"Queue""#), "{reason}");
    let drifts = account.stacks.drifts("orders").await.unwrap();
    assert_eq!(
        (drifts[0].status, drifts[0].reason.as_deref()),
        (DriftStatus::Unknown, Some("AccessDenied"))
    );
}

pub(super) async fn a_role_sees_the_stacks_of_its_own_account(account: &Account) {
    let template = json!({"Resources": {"Queue": queue("there")}});
    account
        .aws
        .account("222222222222")
        .create_stack("there", &template);
    let role = domain::ports::Role {
        arn: "arn:aws:iam::222222222222:role/plumbline-read".to_owned(),
        external_id: Some("x".to_owned()),
    };
    let connection = account.connection("test").await;
    let port = cloudformation::stacks(&connection, None, Some(&role))
        .await
        .unwrap();
    let list = port.list().await.unwrap();
    assert_eq!((list.len(), list[0].id.name()), (1, "there"));
    let principal = account
        .sandbox()
        .requests()
        .last()
        .unwrap()
        .principal
        .clone();
    assert!(
        principal.ends_with("assumed-role/plumbline-read/plumbline"),
        "{principal}"
    );
}
