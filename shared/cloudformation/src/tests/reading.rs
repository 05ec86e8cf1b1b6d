//! Answers that come, whole or strange.

use domain::difference::DifferenceKind;
use domain::ports::PortErrorKind;
use domain::stack::{DetectionId, DetectionOutcome, DriftStatus};
use serde_json::json;

use super::server::{Reply, Server};
use super::{ARN, always, answer, connect, quick};

fn stack(name: &str, extra: &str) -> String {
    format!(
        "<member><StackId>arn:aws:cloudformation:eu-west-1:111122223333:stack/{name}/guid</StackId>\
         <StackName>{name}</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime>\
         <StackStatus>CREATE_COMPLETE</StackStatus>{extra}</member>"
    )
}

fn stacks_page(rows: &str, token: Option<&str>) -> String {
    let token = token
        .map(|token| format!("<NextToken>{token}</NextToken>"))
        .unwrap_or_default();
    answer(
        "ListStacks",
        &format!("<StackSummaries>{rows}</StackSummaries>{token}"),
    )
}

fn drift(status: &str, rest: &str) -> String {
    format!(
        "<StackId>{ARN}</StackId><LogicalResourceId>Queue</LogicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType>\
         <StackResourceDriftStatus>{status}</StackResourceDriftStatus><Timestamp>2026-01-02T03:04:05.678Z</Timestamp>{rest}"
    )
}

fn drifts_page(members: &[String]) -> String {
    let rows: String = members
        .iter()
        .map(|row| format!("<member>{row}</member>"))
        .collect();
    answer(
        "DescribeStackResourceDrifts",
        &format!("<StackResourceDrifts>{rows}</StackResourceDrifts>"),
    )
}

#[tokio::test]
async fn every_page_of_stacks_is_read_and_deleted_ones_are_not_asked_for() {
    let server = Server::start(|_, form| {
        Reply::Answer(
            200,
            match form {
                form if form.contains("NextToken=two") => stacks_page(&stack("c", ""), None),
                form if form.contains("NextToken=one") => stacks_page("", Some("two")),
                _ => stacks_page(&(stack("a", "") + &stack("b", "")), Some("one")),
            },
        )
    })
    .await;
    let (connection, stacks) = connect(&server.url, quick()).await;
    let names: Vec<String> = stacks
        .list()
        .await
        .unwrap()
        .iter()
        .map(|stack| stack.id.name().to_owned())
        .collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!((connection.requests(), server.count()), (3, 3));
    for seen in server.seen() {
        assert!(
            seen.form.contains("=UPDATE_ROLLBACK_FAILED")
                && seen.form.contains("=REVIEW_IN_PROGRESS")
        );
        assert!(!seen.form.contains("=DELETE_COMPLETE"), "{}", seen.form);
    }
}

#[tokio::test]
async fn a_stack_carries_status_root_and_last_check_and_a_deleted_row_is_dropped() {
    let extra = "<RootId>arn:aws:cloudformation:eu-west-1:111122223333:stack/top/g</RootId><DriftInformation>\
        <StackDriftStatus>IN_SYNC</StackDriftStatus><LastCheckTimestamp>2026-01-02T03:04:05Z</LastCheckTimestamp></DriftInformation>";
    let gone = stack("gone", "").replace("CREATE_COMPLETE", "DELETE_COMPLETE");
    let new = stack("new", "").replace("CREATE_COMPLETE", "TELEPORT_IN_PROGRESS");
    let (_server, _connection, stacks) =
        always(200, stacks_page(&(stack("a", extra) + &gone + &new), None)).await;
    let found = stacks.list().await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].status, "CREATE_COMPLETE");
    assert_eq!(found[0].root.as_ref().unwrap().name(), "top");
    assert_eq!(
        found[0].drift_checked_at.unwrap().to_string(),
        "2026-01-02T03:04:05Z"
    );
    assert_eq!(
        (found[1].status.as_str(), &found[1].root),
        ("TELEPORT_IN_PROGRESS", &None)
    );
}

#[tokio::test]
async fn a_list_that_repeats_a_token_is_invalid_and_not_endless() {
    let server = Server::start(|number, _| {
        Reply::Answer(
            200,
            stacks_page("", Some(if number % 2 == 0 { "a" } else { "b" })),
        )
    })
    .await;
    let (_connection, stacks) = connect(&server.url, quick()).await;
    let error = stacks.list().await.unwrap_err();
    assert_eq!((error.kind, server.count()), (PortErrorKind::Invalid, 3));
    assert!(error.detail.contains("NextToken"), "{error}");
}

#[tokio::test]
async fn an_empty_token_ends_a_list() {
    let (server, _connection, stacks) = always(200, stacks_page(&stack("a", ""), Some(""))).await;
    assert_eq!((stacks.list().await.unwrap().len(), server.count()), (1, 1));
}

#[tokio::test]
async fn a_row_without_what_the_contract_needs_is_invalid_and_named() {
    let row = stack("a", "");
    let arn = "arn:aws:cloudformation:eu-west-1:111122223333:stack/a/guid";
    for (rows, field) in [
        (
            row.replace(&format!("<StackId>{arn}</StackId>"), ""),
            "StackId",
        ),
        (row.replace(arn, "shop"), "StackId"),
        (
            row.replace("<StackStatus>CREATE_COMPLETE</StackStatus>", ""),
            "StackStatus",
        ),
        (stack("a", "<RootId>top</RootId>"), "RootId"),
    ] {
        let (_server, _connection, stacks) = always(200, stacks_page(&rows, None)).await;
        let error = stacks.list().await.unwrap_err();
        assert_eq!(
            (error.kind, error.op),
            (PortErrorKind::Invalid, "cloudformation:ListStacks")
        );
        assert!(error.detail.contains(field), "{error}");
    }
}

#[tokio::test]
async fn a_resource_row_carries_its_drift_and_a_new_or_missing_status_is_unknown() {
    let row = |id: &str, drift: &str| {
        format!(
            "<member><LogicalResourceId>{id}</LogicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType>\
             <LastUpdatedTimestamp>2026-01-01T00:00:00Z</LastUpdatedTimestamp><ResourceStatus>CREATE_COMPLETE</ResourceStatus>{drift}</member>"
        )
    };
    let info = |status: &str| {
        format!(
            "<DriftInformation><StackResourceDriftStatus>{status}</StackResourceDriftStatus>\
                 <LastCheckTimestamp>2026-01-02T00:00:00Z</LastCheckTimestamp></DriftInformation>"
        )
    };
    let page = |rows: String, token: &str| {
        answer(
            "ListStackResources",
            &format!(
                "<StackResourceSummaries>{rows}</StackResourceSummaries><NextToken>{token}</NextToken>"
            ),
        )
    };
    let first = page(
        row("A", &info("IN_SYNC")) + &row("B", &info("UNKNOWN")) + &row("C", &info("BENT")),
        "t",
    );
    let second = page(
        row("D", "") + &row("E", &info("UNSUPPORTED")) + &row("F", &info("NOT_CHECKED")),
        "",
    );
    let server = Server::start(move |number, _| {
        Reply::Answer(
            200,
            if number == 0 {
                first.clone()
            } else {
                second.clone()
            },
        )
    })
    .await;
    let (_connection, stacks) = connect(&server.url, quick()).await;
    let rows = stacks.resources(ARN).await.unwrap();
    let statuses: Vec<_> = rows.iter().map(|row| row.drift_status).collect();
    use DriftStatus::{InSync, NotChecked, Unknown, Unsupported};
    assert_eq!(
        statuses,
        [InSync, Unknown, Unknown, Unknown, Unsupported, NotChecked]
    );
    assert_eq!(
        (rows[0].physical_id.as_str(), rows[0].logical_id.as_str()),
        ("", "A")
    );
    assert_eq!(
        rows[0].checked_at.unwrap().to_string(),
        "2026-01-02T00:00:00Z"
    );
    assert_eq!(rows[3].checked_at, None);
    assert!(rows[3].updated_at.is_some());
    assert!(server.seen()[1].form.contains("NextToken=t"));
}

#[tokio::test]
async fn a_drift_carries_properties_differences_and_unicode() {
    let modified = drift(
        "MODIFIED",
        "<ExpectedProperties>{\"Name\":\"größe-日本-🚀\",\"N\":1}</ExpectedProperties>\
         <ActualProperties>{\"N\":2,\"Q\":\"a &amp; &lt;b&gt;\"}</ActualProperties><PropertyDifferences>\
         <member><PropertyPath>/N</PropertyPath><ExpectedValue>1</ExpectedValue><ActualValue>2</ActualValue><DifferenceType>NOT_EQUAL</DifferenceType></member>\
         <member><PropertyPath>/Q</PropertyPath><ExpectedValue>null</ExpectedValue><ActualValue>x</ActualValue><DifferenceType>ADD</DifferenceType></member>\
         <member><PropertyPath>/Name</PropertyPath><ExpectedValue>y</ExpectedValue><DifferenceType>REMOVE</DifferenceType></member></PropertyDifferences>",
    );
    let (server, _connection, stacks) =
        always(200, drifts_page(&[modified, drift("DELETED", "")])).await;
    let drifts = stacks.drifts(ARN).await.unwrap();
    assert_eq!(drifts[0].expected, json!({"Name": "größe-日本-🚀", "N": 1}));
    assert_eq!(drifts[0].actual, json!({"N": 2, "Q": "a & <b>"}));
    assert_eq!(drifts[0].checked_at.to_string(), "2026-01-02T03:04:05.678Z");
    let sides: Vec<_> = drifts[0]
        .differences
        .iter()
        .map(|d| (d.kind, d.expected.as_deref(), d.actual.as_deref()))
        .collect();
    assert_eq!(
        sides,
        [
            (DifferenceKind::Changed, Some("1"), Some("2")),
            (DifferenceKind::Added, None, Some("x")),
            (DifferenceKind::Removed, Some("y"), None),
        ]
    );
    assert_eq!(
        (drifts[1].status, &drifts[1].expected),
        (DriftStatus::Deleted, &serde_json::Value::Null)
    );
    let form = &server.seen()[0].form;
    for part in ["MaxResults=100", "=MODIFIED", "=DELETED", "=UNKNOWN"] {
        assert!(form.contains(part), "{form}");
    }
}

#[tokio::test]
async fn properties_that_cannot_be_read_make_that_resource_alone_unknown() {
    let fine = "<ExpectedProperties>{}</ExpectedProperties><ActualProperties>{}</ActualProperties>";
    let difference = |inner: &str| {
        format!("{fine}<PropertyDifferences><member>{inner}</member></PropertyDifferences>")
    };
    for (rest, says) in [
        (
            "<ExpectedProperties>{\"hunter2\":</ExpectedProperties>".to_owned(),
            "ExpectedProperties",
        ),
        (
            "<ActualProperties>[\"hunter2\"]</ActualProperties>".to_owned(),
            "ActualProperties",
        ),
        (
            difference("<DifferenceType>ADD</DifferenceType><ActualValue>hunter2</ActualValue>"),
            "PropertyPath",
        ),
        (
            difference("<PropertyPath>/A</PropertyPath><DifferenceType>BEND</DifferenceType>"),
            "DifferenceType",
        ),
    ] {
        let other = drift("MODIFIED", fine).replace(">Queue<", ">Other<");
        let (_server, _connection, stacks) =
            always(200, drifts_page(&[drift("MODIFIED", &rest), other])).await;
        let drifts = stacks.drifts(ARN).await.unwrap();
        assert_eq!(
            (drifts[0].status, drifts[1].status),
            (DriftStatus::Unknown, DriftStatus::Modified)
        );
        let reason = drifts[0].reason.as_deref().unwrap();
        assert!(
            reason.contains(says) && reason.contains("Queue") && !reason.contains("hunter2"),
            "{reason}"
        );
        assert!(drifts[0].expected.is_null() && drifts[0].actual.is_null());
    }
}

#[tokio::test]
async fn a_drift_status_that_is_new_is_unknown_with_a_reason_and_no_timestamp_is_invalid() {
    let (_server, _connection, stacks) = always(200, drifts_page(&[drift("BENT", "")])).await;
    let found = &stacks.drifts(ARN).await.unwrap()[0];
    assert_eq!(found.status, DriftStatus::Unknown);
    assert!(
        found
            .reason
            .as_deref()
            .unwrap()
            .contains("StackResourceDriftStatus")
    );
    let untimed =
        drift("MODIFIED", "").replace("<Timestamp>2026-01-02T03:04:05.678Z</Timestamp>", "");
    let (_server, _connection, stacks) = always(200, drifts_page(&[untimed])).await;
    let error = stacks.drifts(ARN).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Invalid);
    assert!(error.detail.contains("Timestamp"), "{error}");
}

#[tokio::test]
async fn one_resource_is_checked_at_once() {
    let body = answer(
        "DetectStackResourceDrift",
        &format!(
            "<StackResourceDrift>{}</StackResourceDrift>",
            drift("IN_SYNC", "")
        ),
    );
    let (server, _connection, stacks) = always(200, body).await;
    assert_eq!(
        stacks.detect_resource(ARN, "Queue").await.unwrap().status,
        DriftStatus::InSync
    );
    assert!(server.seen()[0].form.contains("LogicalResourceId=Queue"));
    let (_server, _connection, stacks) = always(200, answer("DetectStackResourceDrift", "")).await;
    assert_eq!(
        stacks.detect_resource(ARN, "Queue").await.unwrap_err().kind,
        PortErrorKind::Invalid
    );
}

#[tokio::test]
async fn a_detection_starts_and_tells_how_it_ends() {
    let (_server, _connection, stacks) = always(
        200,
        answer(
            "DetectStackDrift",
            "<StackDriftDetectionId>d-1</StackDriftDetectionId>",
        ),
    )
    .await;
    let started = stacks.detect(ARN).await.unwrap();
    assert_eq!(started.id.0, "d-1");
    // The Date of the answer, and not this machine's clock.
    assert_eq!(started.at.unwrap().to_string(), "2026-11-24T06:00:00Z");
    let (_server, _connection, stacks) = always(200, answer("DetectStackDrift", "")).await;
    assert_eq!(
        stacks.detect(ARN).await.unwrap_err().kind,
        PortErrorKind::Invalid
    );
    let status = |status: &str| {
        answer(
            "DescribeStackDriftDetectionStatus",
            &format!(
                "<StackId>{ARN}</StackId><DetectionStatus>{status}</DetectionStatus>\
            <DetectionStatusReason>why</DetectionStatusReason><Timestamp>2026-01-02T03:04:05Z</Timestamp>"
            ),
        )
    };
    let id = DetectionId("d-1".to_owned());
    for (word, outcome) in [
        ("DETECTION_IN_PROGRESS", DetectionOutcome::InProgress),
        ("DETECTION_COMPLETE", DetectionOutcome::Complete),
        (
            "DETECTION_FAILED",
            DetectionOutcome::Failed("why".to_owned()),
        ),
    ] {
        let (_server, _connection, stacks) = always(200, status(word)).await;
        let detection = stacks.detection(&id).await.unwrap();
        assert_eq!(
            (detection.outcome, detection.started_at.to_string().as_str()),
            (outcome, "2026-01-02T03:04:05Z")
        );
    }
    let untimed =
        status("DETECTION_COMPLETE").replace("<Timestamp>2026-01-02T03:04:05Z</Timestamp>", "");
    for body in [status("DETECTION_PAUSED"), untimed] {
        let (_server, _connection, stacks) = always(200, body).await;
        assert_eq!(
            stacks.detection(&id).await.unwrap_err().kind,
            PortErrorKind::Invalid
        );
    }
}

#[tokio::test]
async fn an_answer_without_its_list_is_no_empty_list() {
    for (call, list) in [
        ("ListStacks", "StackSummaries"),
        ("ListStackResources", "StackResourceSummaries"),
    ] {
        for (body, is_list) in [
            (String::new(), false),
            (format!("<{list}></{list}>"), true),
            (format!("<{list}><item></item></{list}>"), false),
        ] {
            let page = answer(call, &body);
            let server = Server::start(move |_, _| Reply::Answer(200, page.clone())).await;
            let (_connection, stacks) = connect(&server.url, quick()).await;
            let read = match call {
                "ListStacks" => stacks.list().await.map(|it| it.len()),
                _ => stacks.resources(ARN).await.map(|it| it.len()),
            };
            match read {
                Ok(length) => assert!(is_list && length == 0, "{call}: {body}"),
                Err(error) => {
                    assert!(!is_list, "{call}: {body}: {error}");
                    assert_eq!(error.kind, PortErrorKind::Invalid, "{error}");
                }
            }
        }
    }
}

#[tokio::test]
async fn one_stack_is_described_and_what_is_not_about_one_stack_is_invalid() {
    let row = format!(
        "<member><StackId>{ARN}</StackId><StackName>shop</StackName><CreationTime>2026-11-24T05:00:00Z</CreationTime>\
         <StackStatus>UPDATE_COMPLETE</StackStatus></member>"
    );
    let stacks_of = |rows: &str| answer("DescribeStacks", &format!("<Stacks>{rows}</Stacks>"));
    let (server, _connection, stacks) = always(200, stacks_of(&row)).await;
    let stack = stacks.describe(ARN).await.unwrap();
    assert_eq!(
        (stack.id.as_str(), stack.status.as_str()),
        (ARN, "UPDATE_COMPLETE")
    );
    assert!(server.seen()[0].form.contains("Action=DescribeStacks"));
    for rows in [String::new(), row.clone() + &row] {
        let (_server, _connection, stacks) = always(200, stacks_of(&rows)).await;
        let error = stacks.describe(ARN).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Invalid, "{rows}");
    }
}
