//! What CloudFormation says of a stack as a whole, against what it says of each resource.

use domain::handled::Handled;
use domain::stack::DriftStatus;

use super::desk::{Desk, ended};

#[test]
fn an_event_that_calls_the_stack_in_sync_hides_no_drift() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["A", "B"]);
    desk.cloud.bend(&id, "A", DriftStatus::Modified);
    desk.look(&id);
    let detection = desk.lease_detection(&id).unwrap();
    let event = ended(&id, &detection, "DETECTION_COMPLETE");
    let in_sync = event
        .replace("\"DRIFTED\"", "\"IN_SYNC\"")
        .replace("resource-count\":1", "resource-count\":0");
    assert!(in_sync.contains("IN_SYNC") && in_sync.contains("count\":0"));
    assert_eq!(desk.handle(&in_sync), Handled::Done);
    assert_eq!(desk.findings(&id), ["A open"]);
    assert_eq!((desk.runs("drift"), desk.runs("clean")), (1, 0));
}

#[test]
fn an_event_that_calls_the_stack_drifted_makes_none() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["A", "B"]);
    desk.look(&id);
    let detection = desk.lease_detection(&id).unwrap();
    let event = ended(&id, &detection, "DETECTION_COMPLETE");
    assert!(event.contains("\"DRIFTED\""));
    assert_eq!(desk.handle(&event), Handled::Done);
    assert!(desk.findings(&id).is_empty());
    assert_eq!((desk.runs("drift"), desk.runs("clean")), (0, 1));
}
