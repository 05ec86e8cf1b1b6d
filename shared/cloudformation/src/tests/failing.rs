//! Answers that do not come, or say no.

use aws::Options;
use domain::ports::PortErrorKind::{
    Conflict, Denied, Invalid, NotFound, Throttled, Timeout, Unavailable,
};
use domain::ports::{PortError, PortErrorKind};

use super::server::{Reply, Server};
use super::{ARN, always, answer, connect, quick, refusal};

fn page(rows: &str) -> String {
    answer(
        "ListStacks",
        &format!("<StackSummaries>{rows}</StackSummaries>"),
    )
}

/// What `list` says of a server that always plays the same, and how often it was asked.
async fn failed(
    play: impl Fn() -> Reply + Send + Sync + 'static,
    options: Options,
) -> (PortError, u64) {
    let server = Server::start(move |_, _| play()).await;
    let (connection, stacks) = connect(&server.url, options).await;
    let error = stacks.list().await.unwrap_err();
    assert_eq!(connection.requests(), server.count());
    (error, server.count())
}

#[tokio::test]
async fn every_refusal_has_its_kind_and_keeps_code_and_message() {
    let cases: [(u16, &str, &str, PortErrorKind); 20] = [
        (400, "Throttling", "Rate exceeded", Throttled),
        (400, "ThrottlingException", "Rate exceeded", Throttled),
        (503, "RequestLimitExceeded", "slow", Throttled),
        (429, "TooManyRequestsException", "slow", Throttled),
        (403, "AccessDenied", "User is not authorized", Denied),
        (400, "UnauthorizedOperation", "no", Denied),
        (403, "InvalidClientTokenId", "bad token", Denied),
        (403, "ExpiredToken", "old", Denied),
        (403, "SignatureDoesNotMatch", "bad", Denied),
        (403, "SomethingNew", "no", Denied),
        (429, "SomethingNew", "slow", Throttled),
        (
            400,
            "ValidationError",
            "Stack with id shop does not exist",
            NotFound,
        ),
        (
            400,
            "ValidationError",
            "Drift detection is already in progress for stack x",
            Conflict,
        ),
        (
            400,
            "ValidationError",
            "Stack is in DELETE_FAILED state",
            Invalid,
        ),
        (400, "SomethingNew", "what", Invalid),
        (500, "InternalFailure", "oops", Unavailable),
        (503, "ServiceUnavailable", "later", Unavailable),
        (502, "SomethingNew", "oops", Unavailable),
        (400, "RequestTimeout", "slow", Timeout),
        (400, "OptInRequired", "subscribe", Denied),
    ];
    for (status, code, message, kind) in cases {
        let (_server, _connection, stacks) = always(status, refusal(code, message)).await;
        let error = stacks.detect(ARN).await.unwrap_err();
        assert_eq!(error.kind, kind, "{status} {code} {message}");
        assert_eq!(error.op, "cloudformation:DetectStackDrift");
        assert!(
            error.detail.starts_with(&format!("{code}: {message}")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn damaged_xml_is_invalid_and_never_a_shorter_list() {
    let row = format!(
        "<member><StackId>{ARN}</StackId><StackStatus>CREATE_COMPLETE</StackStatus></member>"
    );
    let whole = page(&(row.clone() + &row));
    let (_server, _connection, stacks) = always(200, whole.clone()).await;
    assert_eq!(stacks.list().await.unwrap().len(), 2);
    let between = whole.rfind("<member>").unwrap();
    let (first, rest) = whole.split_at(between);
    for body in [
        first.to_owned(),
        format!("{first}<mem"),
        format!("{first}<1>{rest}"),
        format!("{first}</Wrong>{rest}"),
        format!("{first}</StackSummaries></ListStacksResult>"),
        String::new(),
        "{}".to_owned(),
    ] {
        let sent = body.clone();
        let (error, count) = failed(move || Reply::Answer(200, sent.clone()), quick()).await;
        assert_eq!((error.kind, count), (Invalid, 1), "{body}: {error}");
        assert!(error.detail.contains("well-formed"), "{error}");
    }
    let (error, _) = failed(
        || Reply::Answer(200, "<html>hunter2</html>".to_owned()),
        quick(),
    )
    .await;
    assert!(
        error.kind == Invalid && !error.detail.contains("hunter2"),
        "{error}"
    );
}
