//! Instances of stack sets: in their own account and region they are stacks like any other, and nothing is ever asked
//! of the set itself.

use domain::current::{self, Current};
use domain::handled::Handled;
use domain::ports::PortErrorKind;
use domain::stack::{DriftStatus, StackId};
use domain::testing::block_on;

use super::desk::{Desk, at};

/// CloudFormation names an instance after its set, with an id of its own behind it.
const INSTANCE: &str = "StackSet-guardrails-0c1d2e3f-4a5b-6c7d-8e9f-0a1b2c3d4e5f";

const CONFIG: &str = "apiVersion: plumbline/v1
environment: production
targets:
  - name: shops
    cloudformation: {regions: [eu-west-1], stacks: ['StackSet-guardrails-*']}
";

fn instance() -> (Desk, StackId) {
    let desk = Desk::new();
    let watching = Current {
        location: "s3://config/plumbline.yaml".to_owned(),
        text: CONFIG.to_owned(),
        hash: "decade".to_owned(),
        environment: "production".to_owned(),
        tag: "2".to_owned(),
        since: at(0),
    };
    block_on(current::take(&*desk.store, &watching)).unwrap();
    let id = desk.stack(INSTANCE, &["Trail"]);
    (desk, id)
}

#[test]
fn the_drift_of_an_instance_is_found_as_that_of_any_stack() {
    let (desk, id) = instance();
    desk.cloud.bend(&id, "Trail", DriftStatus::Modified);
    assert_eq!(desk.look_through(&id), Handled::Done);
    assert_eq!(desk.findings(&id), ["Trail open"]);
    let calls = desk.cloud.calls();
    assert!(calls.iter().all(|it| it.contains(INSTANCE)), "{calls:?}");
}

#[test]
fn an_operation_of_the_set_is_waited_for() {
    let (desk, id) = instance();
    desk.cloud.bend(&id, "Trail", DriftStatus::Modified);
    // The set updates its instances.
    desk.cloud
        .change(&id, |it| it.status = "UPDATE_IN_PROGRESS".to_owned());
    desk.cloud.refuse(PortErrorKind::Invalid);
    let (_, handled) = desk.look(&id);
    let Handled::Later { at: then, body } = handled else {
        panic!("{handled:?}")
    };
    assert_eq!(then, at(300));
    // Then the set itself detects the drift of its instances.
    desk.cloud
        .change(&id, |it| it.status = "UPDATE_COMPLETE".to_owned());
    desk.pass(300);
    desk.cloud.refuse(PortErrorKind::Conflict);
    let handled = desk.handle(&body.unwrap());
    let Handled::Later { at: then, body } = handled else {
        panic!("{handled:?}")
    };
    assert_eq!(then, at(360));
    assert_eq!((desk.runs("error"), desk.generation(&id)), (0, 0));

    desk.pass(60);
    assert_eq!(desk.handle(&body.unwrap()), Handled::Done);
    assert_eq!(desk.look_ends(&id), 1);
    assert_eq!(desk.findings(&id), ["Trail open"]);
}
