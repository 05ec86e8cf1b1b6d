use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::stack::words::{DetectionId, DetectionOutcome, StackSummary, Started};

const START: i64 = 1_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn stack() -> StackId {
    StackId::parse("arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/g").unwrap()
}

fn row(logical_id: &str, drift_status: DriftStatus, checked_at: Option<i64>) -> ResourceRow {
    ResourceRow {
        logical_id: logical_id.to_owned(),
        physical_id: format!("physical-{logical_id}"),
        resource_type: "AWS::SQS::Queue".to_owned(),
        status: "CREATE_COMPLETE".to_owned(),
        drift_status,
        checked_at: checked_at.map(at),
        updated_at: Some(at(START - 500)),
    }
}

fn drift(logical_id: &str, status: DriftStatus, reason: Option<&str>) -> ResourceDrift {
    ResourceDrift {
        logical_id: logical_id.to_owned(),
        physical_id: format!("physical-{logical_id}"),
        resource_type: "AWS::SQS::Queue".to_owned(),
        status,
        checked_at: at(START),
        reason: reason.map(str::to_owned),
        expected: json!({"VisibilityTimeout": 30, "Tags": [{"Key": "a"}]}),
        actual: json!({"VisibilityTimeout": 77, "Tags": [{"Key": "a"}, {"Key": "b"}]}),
        differences: vec![PropertyDifference {
            path: "/VisibilityTimeout".to_owned(),
            kind: DifferenceKind::Changed,
            expected: Some("30".to_owned()),
            actual: Some("77".to_owned()),
        }],
    }
}

fn is_asked(resource_type: &str) -> bool {
    resource_type.starts_with("AWS::EC2::")
}

/// CloudFormation as a script: what it answers, and what it was asked.
#[derive(Default)]
struct Script {
    rows: Vec<ResourceRow>,
    drifts: Vec<ResourceDrift>,
    /// Answers of DetectStackResourceDrift, taken from the front.
    again: Mutex<Vec<Result<ResourceDrift, PortError>>>,
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl Stacks for Script {
    async fn list(&self) -> Result<Vec<StackSummary>, PortError> {
        unreachable!("collect lists no stacks")
    }
    async fn describe(&self, _: &str) -> Result<StackSummary, PortError> {
        unreachable!("collect describes no stack")
    }
    async fn detect(&self, _: &str) -> Result<Started, PortError> {
        unreachable!("collect starts no detection")
    }
    async fn detection(&self, _: &DetectionId) -> Result<Detection, PortError> {
        unreachable!("collect asks after no detection")
    }
    async fn resources(&self, _: &str) -> Result<Vec<ResourceRow>, PortError> {
        Ok(self.rows.clone())
    }
    async fn drifts(&self, _: &str) -> Result<Vec<ResourceDrift>, PortError> {
        self.asked.lock().unwrap().push("drifts".to_owned());
        Ok(self.drifts.clone())
    }
    async fn all_drifts(&self, _: &str) -> Result<Vec<ResourceDrift>, PortError> {
        self.asked.lock().unwrap().push("all drifts".to_owned());
        Ok(self.drifts.clone())
    }
    async fn template(&self, _: &str) -> Result<String, PortError> {
        unreachable!("collect reads no template")
    }
    async fn detect_resource(&self, _: &str, id: &str) -> Result<ResourceDrift, PortError> {
        let mut asked = self.asked.lock().unwrap();
        asked.push(id.to_owned());
        let mut again = self.again.lock().unwrap();
        assert!(!again.is_empty(), "asked for {id} once too often");
        again.remove(0)
    }
}

#[async_trait]
impl Clock for Script {
    fn now(&self) -> Timestamp {
        at(START)
    }
    async fn sleep(&self, _: Duration) {}
}

impl Script {
    fn try_run(&self, outcome: DetectionOutcome) -> Result<Collected, Gap> {
        let stack = stack();
        let detection = Detection {
            started_at: at(START),
            outcome,
        };
        let mut future = std::pin::pin!(collect(self, self, &stack, (&detection, is_asked)));
        match future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(collected) => collected,
            Poll::Pending => panic!("nothing here waits"),
        }
    }

    fn run(&self, outcome: DetectionOutcome) -> Collected {
        self.try_run(outcome).unwrap()
    }

    fn only(&self, outcome: DetectionOutcome) -> Verdict {
        let mut collected = self.run(outcome);
        assert_eq!(collected.resources.len(), 1);
        collected.resources.remove(0).verdict
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn reason(verdict: &Verdict) -> Option<Reason> {
    match verdict {
        Verdict::Unknown(gap) => Some(gap.reason),
        _ => None,
    }
}

fn failure(kind: PortErrorKind) -> PortError {
    PortError::new(kind, "cloudformation:DetectStackResourceDrift", "no")
}

#[test]
fn a_clean_stack_costs_no_further_call() {
    let script = Script {
        rows: vec![row("Queue", DriftStatus::InSync, Some(START))],
        ..Script::default()
    };
    assert!(matches!(
        script.only(DetectionOutcome::Complete),
        Verdict::InSync
    ));
    assert!(script.asked().is_empty());
}

#[test]
fn a_row_older_than_the_detection_is_asked_again_and_never_believed() {
    let script = Script {
        rows: vec![row("Queue", DriftStatus::InSync, Some(START - 1))],
        again: Mutex::new(vec![Err(failure(PortErrorKind::Denied))]),
        ..Script::default()
    };
    assert_eq!(
        reason(&script.only(DetectionOutcome::Complete)),
        Some(Reason::Denied)
    );
    assert_eq!(script.asked(), ["Queue"]);
}

#[test]
fn values_keep_the_type_they_have_in_the_property_trees() {
    let mut drifted = drift("Queue", DriftStatus::Modified, None);
    drifted.differences.push(PropertyDifference {
        path: "/Tags/1".to_owned(),
        kind: DifferenceKind::Added,
        expected: Some("null".to_owned()),
        actual: Some("{\"Key\":\"b\"}".to_owned()),
    });
    drifted.differences.push(PropertyDifference {
        path: "/Nowhere".to_owned(),
        kind: DifferenceKind::Changed,
        expected: Some("111122223333".to_owned()),
        actual: Some("[1]".to_owned()),
    });
    let script = Script {
        rows: vec![row("Queue", DriftStatus::Modified, Some(START))],
        drifts: vec![drifted],
        ..Script::default()
    };
    let Verdict::Modified(modified) = script.only(DetectionOutcome::Complete) else {
        panic!("not modified");
    };
    let sides: Vec<_> = modified
        .differences
        .iter()
        .map(|it| (it.path.as_str(), it.expected.clone(), it.actual.clone()))
        .collect();
    assert_eq!(
        sides,
        [
            ("/VisibilityTimeout", Some(json!(30)), Some(json!(77))),
            ("/Tags/1", None, Some(json!({"Key": "b"}))),
            ("/Nowhere", Some(json!("111122223333")), Some(json!([1]))),
        ]
    );
}

#[test]
fn a_drift_older_than_the_detection_is_asked_again() {
    let mut old = drift("Queue", DriftStatus::Modified, None);
    old.checked_at = at(START - 1);
    let script = Script {
        rows: vec![row("Queue", DriftStatus::Modified, Some(START))],
        drifts: vec![old],
        again: Mutex::new(vec![Ok(drift("Queue", DriftStatus::InSync, None))]),
        ..Script::default()
    };
    assert!(matches!(
        script.only(DetectionOutcome::Complete),
        Verdict::InSync
    ));
}

#[test]
fn a_throttled_resource_is_asked_again_twice_and_then_unknown() {
    let unknown = || drift("Queue", DriftStatus::Unknown, Some("Rate exceeded"));
    let script = Script {
        rows: vec![row("Queue", DriftStatus::Unknown, Some(START))],
        drifts: vec![unknown()],
        again: Mutex::new(vec![Ok(unknown()), Ok(unknown())]),
        ..Script::default()
    };
    assert_eq!(
        reason(&script.only(DetectionOutcome::Complete)),
        Some(Reason::Throttled)
    );
    assert_eq!(script.asked(), ["drifts", "Queue", "Queue"]);
}

#[test]
fn a_resource_that_answers_when_asked_again_is_no_longer_unknown() {
    let script = Script {
        rows: vec![row("Queue", DriftStatus::Unknown, Some(START))],
        drifts: vec![drift("Queue", DriftStatus::Unknown, Some("AccessDenied"))],
        again: Mutex::new(vec![Ok(drift("Queue", DriftStatus::Deleted, None))]),
        ..Script::default()
    };
    assert!(matches!(
        script.only(DetectionOutcome::Complete),
        Verdict::Deleted
    ));
}

#[test]
fn not_checked_is_uncovered_unless_the_detection_failed_on_it() {
    let rows = vec![row("Queue", DriftStatus::NotChecked, None)];
    let script = Script {
        rows: rows.clone(),
        ..Script::default()
    };
    assert!(matches!(
        script.only(DetectionOutcome::Complete),
        Verdict::Uncovered(_)
    ));
    assert!(script.asked().is_empty());

    let failed = Script {
        rows: rows.clone(),
        again: Mutex::new(vec![Err(failure(PortErrorKind::Timeout))]),
        ..Script::default()
    };
    let outcome = DetectionOutcome::Failed("Internal failure".to_owned());
    assert_eq!(reason(&failed.only(outcome.clone())), Some(Reason::Timeout));

    let unsupported = Script {
        rows,
        again: Mutex::new(vec![Err(PortError::new(
            PortErrorKind::Invalid,
            "cloudformation:DetectStackResourceDrift",
            "ValidationError: Drift detection is not supported for resource type",
        ))]),
        ..Script::default()
    };
    assert!(matches!(unsupported.only(outcome), Verdict::Uncovered(_)));
}

#[test]
fn what_a_failed_detection_names_is_asked_again_even_if_its_row_looks_clean() {
    let script = Script {
        rows: vec![row("Queue", DriftStatus::InSync, Some(START))],
        again: Mutex::new(vec![Err(failure(PortErrorKind::Throttled))]),
        ..Script::default()
    };
    let outcome =
        DetectionOutcome::Failed("Failed to detect drift on resources [Queue]".to_owned());
    assert_eq!(reason(&script.only(outcome)), Some(Reason::Throttled));
}

#[test]
fn asking_again_is_bounded() {
    let many = MOST_ASKED_AGAIN + 5;
    let script = Script {
        rows: (0..many)
            .map(|n| row(&format!("Q{n}"), DriftStatus::InSync, None))
            .collect(),
        again: Mutex::new(
            (0..many)
                .map(|_| Err(failure(PortErrorKind::Denied)))
                .collect(),
        ),
        ..Script::default()
    };
    let verdicts = script.run(DetectionOutcome::Complete).resources;
    let count = |wanted| {
        verdicts
            .iter()
            .filter(|it| reason(&it.verdict) == Some(wanted))
            .count()
    };
    assert_eq!(
        (count(Reason::Denied), count(Reason::Stale)),
        (MOST_ASKED_AGAIN, 5)
    );
}

#[test]
fn nested_stacks_are_followed_and_gone_resources_are_not_there() {
    let mut nested = row("Inner", DriftStatus::NotChecked, None);
    nested.resource_type = "AWS::CloudFormation::Stack".to_owned();
    nested.physical_id =
        "arn:aws:cloudformation:eu-west-1:111122223333:stack/shop-Inner/h".to_owned();
    let mut lost = nested.clone();
    lost.logical_id = "Lost".to_owned();
    lost.physical_id = String::new();
    let mut gone = row("Old", DriftStatus::NotChecked, None);
    gone.status = "DELETE_COMPLETE".to_owned();
    let collected = Script {
        rows: vec![nested, lost, gone],
        ..Script::default()
    }
    .run(DetectionOutcome::Complete);
    assert_eq!(collected.nested.len(), 1);
    assert_eq!(collected.nested[0].name(), "shop-Inner");
    assert_eq!(collected.resources.len(), 1);
    assert_eq!(
        reason(&collected.resources[0].verdict),
        Some(Reason::NotFound)
    );
}

#[test]
fn a_modified_resource_without_a_difference_is_unknown() {
    let mut empty = drift("Queue", DriftStatus::Modified, None);
    empty.differences.clear();
    let script = Script {
        rows: vec![row("Queue", DriftStatus::Modified, Some(START))],
        drifts: vec![empty.clone()],
        again: Mutex::new(vec![Ok(empty.clone()), Ok(empty)]),
        ..Script::default()
    };
    assert_eq!(
        reason(&script.only(DetectionOutcome::Complete)),
        Some(Reason::Invalid)
    );
}

#[test]
fn the_words_of_a_failed_check_give_its_reason() {
    for (words, wanted) in [
        (
            Some("Rate exceeded (Service: Lambda, Status Code: 429)"),
            Reason::Throttled,
        ),
        (
            Some("User: x is not authorized to perform: sqs:GetQueueAttributes"),
            Reason::Denied,
        ),
        (Some("AccessDeniedException"), Reason::Denied),
        (Some("Handler timed out"), Reason::Timeout),
        (Some("Internal Failure\u{1b}[31m"), Reason::Failed),
        (Some(" "), Reason::Failed),
        (None, Reason::Failed),
    ] {
        let gap = gap_of(words);
        assert_eq!(gap.reason, wanted, "{words:?}");
        assert!(!gap.detail.chars().any(char::is_control));
    }
}

#[test]
fn a_stack_that_was_changed_during_the_look_is_in_motion_as_a_whole() {
    let mut updated = row("Queue", DriftStatus::InSync, Some(START));
    updated.updated_at = Some(at(START + 1));
    let mut updating = row("Queue", DriftStatus::InSync, Some(START));
    updating.status = "UPDATE_IN_PROGRESS".to_owned();
    for moved in [updated, updating] {
        let script = Script {
            rows: vec![moved],
            ..Script::default()
        };
        let gap = script.try_run(DetectionOutcome::Complete).unwrap_err();
        assert_eq!(gap.reason, Reason::InMotion);
    }
}

#[test]
fn where_the_trees_say_something_else_the_value_is_what_the_api_says() {
    let mut moved = drift("Queue", DriftStatus::Modified, None);
    moved.expected = json!({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]});
    moved.actual = json!({"Tags": [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "9"}]});
    moved.differences = vec![PropertyDifference {
        path: "/Tags/0/Value".to_owned(),
        kind: DifferenceKind::Changed,
        expected: Some("1".to_owned()),
        actual: Some("9".to_owned()),
    }];
    let script = Script {
        rows: vec![row("Queue", DriftStatus::Modified, Some(START))],
        drifts: vec![moved],
        ..Script::default()
    };
    let Verdict::Modified(modified) = script.only(DetectionOutcome::Complete) else {
        panic!("not modified");
    };
    let only = &modified.differences[0];
    assert_eq!(
        (&only.expected, &only.actual),
        (&Some(json!("1")), &Some(json!("9")))
    );
}

#[test]
fn what_failed_does_not_become_uncovered_by_being_asked_again() {
    let rows = vec![row("Queue", DriftStatus::Unknown, Some(START))];
    let first = || {
        vec![drift(
            "Queue",
            DriftStatus::Unknown,
            Some("Internal failure"),
        )]
    };
    for answer in [
        Ok(drift(
            "Queue",
            DriftStatus::NotChecked,
            Some("Rate exceeded"),
        )),
        Ok(drift("Queue", DriftStatus::NotChecked, None)),
        Err(PortError::new(
            PortErrorKind::Invalid,
            "cloudformation:DetectStackResourceDrift",
            "ValidationError: the operation is not supported by the resource handler at this time",
        )),
    ] {
        let script = Script {
            rows: rows.clone(),
            drifts: first(),
            again: Mutex::new(vec![answer.clone(), answer.clone()]),
            ..Script::default()
        };
        assert!(
            reason(&script.only(DetectionOutcome::Complete)).is_some(),
            "{answer:?}"
        );
    }
}

#[test]
fn an_answer_about_another_resource_or_an_older_time_is_not_believed() {
    let mut older = drift("Queue", DriftStatus::InSync, None);
    older.checked_at = at(START - 1);
    for (answer, wanted) in [
        (older, Reason::Stale),
        (drift("Other", DriftStatus::InSync, None), Reason::Invalid),
    ] {
        let script = Script {
            rows: vec![row("Queue", DriftStatus::InSync, None)],
            again: Mutex::new(vec![Ok(answer.clone()), Ok(answer)]),
            ..Script::default()
        };
        assert_eq!(
            reason(&script.only(DetectionOutcome::Complete)),
            Some(wanted)
        );
    }
}

#[test]
fn a_stack_whose_resources_stay_throttled_is_not_asked_on_and_on() {
    let throttled = || Ok(drift("Q", DriftStatus::Unknown, Some("Rate exceeded")));
    let ids: Vec<String> = (0..10).map(|n| format!("Q{n}")).collect();
    let answers = ids.iter().flat_map(|id| {
        let mut answer: Result<ResourceDrift, PortError> = throttled();
        if let Ok(answer) = &mut answer {
            answer.logical_id.clone_from(id);
        }
        [answer.clone(), answer]
    });
    let script = Script {
        rows: ids
            .iter()
            .map(|id| row(id, DriftStatus::InSync, None))
            .collect(),
        again: Mutex::new(answers.collect()),
        ..Script::default()
    };
    assert_eq!(script.run(DetectionOutcome::Complete).resources.len(), 10);
    assert_eq!(script.asked().len(), 2 * MOST_THROTTLED);
}

#[test]
fn a_row_that_comes_on_two_pages_counts_once() {
    let twice = row("Queue", DriftStatus::InSync, Some(START));
    let script = Script {
        rows: vec![twice.clone(), twice],
        ..Script::default()
    };
    assert_eq!(script.run(DetectionOutcome::Complete).resources.len(), 1);
}

fn group(logical_id: &str, drift_status: DriftStatus, checked_at: i64) -> ResourceRow {
    ResourceRow {
        resource_type: "AWS::EC2::SecurityGroup".to_owned(),
        ..row(logical_id, drift_status, Some(checked_at))
    }
}

#[test]
fn what_the_stack_says_of_asked_types_comes_with_one_call_for_all() {
    let script = Script {
        rows: vec![
            group("Group", DriftStatus::InSync, START),
            row("Queue", DriftStatus::Modified, Some(START)),
        ],
        drifts: vec![
            drift("Group", DriftStatus::InSync, None),
            drift("Queue", DriftStatus::Modified, None),
        ],
        ..Script::default()
    };
    let collected = script.try_run(DetectionOutcome::Complete).unwrap();
    assert_eq!(*script.asked.lock().unwrap(), ["all drifts"]);
    let [declared] = &collected.declared[..] else {
        panic!("only the group is asked for: {:?}", collected.declared)
    };
    assert_eq!(declared.logical_id, "Group");
    assert_eq!(declared.physical_id, "physical-Group");
    assert_eq!(
        declared.expected.as_ref().unwrap()["VisibilityTimeout"],
        json!(30)
    );
    assert!(matches!(
        collected.resources[1].verdict,
        Verdict::Modified(_)
    ));
}

#[test]
fn what_was_said_before_the_look_is_not_said() {
    let old = ResourceDrift {
        checked_at: at(START - 1),
        ..drift("Group", DriftStatus::InSync, None)
    };
    let script = Script {
        rows: vec![group("Group", DriftStatus::InSync, START)],
        drifts: vec![old],
        ..Script::default()
    };
    let collected = script.try_run(DetectionOutcome::Complete).unwrap();
    assert_eq!(collected.declared[0].expected, None);
}

#[test]
fn types_that_nobody_asks_for_cost_no_call() {
    let script = Script {
        rows: vec![row("Queue", DriftStatus::InSync, Some(START))],
        ..Script::default()
    };
    let collected = script.try_run(DetectionOutcome::Complete).unwrap();
    assert!(script.asked.lock().unwrap().is_empty());
    assert!(collected.declared.is_empty());
}
