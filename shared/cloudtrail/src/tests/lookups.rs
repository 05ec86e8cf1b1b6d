//! `LookupEvents` over real HTTP.

use std::time::{Duration, Instant};

use domain::ports::PortErrorKind::{Denied, Invalid, Throttled};
use serde_json::{Value, json};

use super::at;
use super::server::{Reply, Server};
use crate::{Found, Turns, lookup, trail};

/// An event as `LookupEvents` gives it.
fn event(id: &str, second: i64, read_only: bool) -> Value {
    let record = json!({
        "eventVersion": "1.11", "eventID": id, "eventTime": at(second).to_string(),
        "eventSource": "ec2.amazonaws.com", "eventName": "AuthorizeSecurityGroupIngress",
        "awsRegion": "eu-west-1", "recipientAccountId": "111122223333", "readOnly": read_only,
        "userIdentity": {"type": "IAMUser", "userName": "alice"},
        "requestParameters": {"groupId": "sg-1"},
    });
    json!({"EventId": id, "EventName": "AuthorizeSecurityGroupIngress", "CloudTrailEvent": record.to_string()})
}

fn page(events: &[Value], token: Option<&str>) -> String {
    json!({"Events": events, "NextToken": token}).to_string()
}

async fn found(server: &Server) -> Result<Found, domain::ports::PortError> {
    let access = server.connection().await.access(None, None).await.unwrap();
    lookup((&access, &Turns::default()), "sg-1", (at(0), at(100))).await
}

fn ids(found: &Found) -> Vec<&str> {
    found.calls.iter().map(|call| call.id.as_str()).collect()
}

#[tokio::test]
async fn writes_of_all_pages_are_given_the_newest_first() {
    let server = Server::start(|number, _| {
        let body = match number {
            0 => page(&[event("c", 30, false), event("read", 25, true)], Some("t")),
            _ => page(&[event("b", 20, false), event("a", 10, false)], None),
        };
        Reply::new(200, body)
    })
    .await;
    let read = found(&server).await.unwrap();
    assert_eq!((ids(&read), read.cut), (vec!["c", "b", "a"], false));
    let seen = server.seen();
    let body = |number: usize| serde_json::from_str::<Value>(&seen[number].body).unwrap();
    assert_eq!(
        body(0),
        json!({
            "LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": "sg-1"}],
            "StartTime": at(0).as_second(), "EndTime": at(100).as_second(), "MaxResults": 50,
        })
    );
    assert_eq!(body(1)["NextToken"], "t");
    assert!(
        seen[0]
            .head
            .contains("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents")
    );
    assert!(seen[0].head.contains("/eu-west-1/cloudtrail/aws4_request"));
}

#[tokio::test]
async fn what_lies_outside_the_time_is_left_out_whatever_the_server_says() {
    let server = Server::start(|_, _| {
        let events = [
            event("after", 101, false),
            event("in", 50, false),
            event("before", -1, false),
        ];
        Reply::new(200, page(&events, None))
    })
    .await;
    assert_eq!(ids(&found(&server).await.unwrap()), ["in"]);
}

#[tokio::test]
async fn five_pages_are_read_and_more_is_said_to_be_cut() {
    for (pages, cut) in [(5, false), (6, true)] {
        let server = Server::start(move |number, _| {
            let token = format!("t{number}");
            let token = (number + 1 < pages).then_some(token.as_str());
            Reply::new(200, page(&[event(&number.to_string(), 50, false)], token))
        })
        .await;
        let read = found(&server).await.unwrap();
        assert_eq!((read.calls.len(), read.cut), (5, cut));
        assert_eq!(server.seen().len(), 5);
    }
}

#[tokio::test]
async fn no_page_is_asked_for_sooner_than_half_a_second_after_the_one_before_whichever_question_it_is_of()
 {
    let server = Server::start(|number, _| {
        let token = (number == 0).then_some("more");
        Reply::new(200, page(&[], token))
    })
    .await;
    let connection = server.connection().await;
    let port = trail(&connection, None, None).await.unwrap();
    let began = Instant::now();
    port.calls("sg-1", at(0), at(100)).await.unwrap();
    let two_pages = began.elapsed();
    port.calls("sg-2", at(0), at(100)).await.unwrap();
    let three = began.elapsed();
    assert_eq!(server.seen().len(), 3);
    let half = Duration::from_millis(500);
    assert!(two_pages >= half && two_pages < 2 * half, "{two_pages:?}");
    assert!(three >= 2 * half && three < 3 * half, "{three:?}");
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_an_error_and_no_empty_list() {
    let half = json!({"CloudTrailEvent": "{\"hunter2\":"});
    let nothing = json!({"CloudTrailEvent": "{\"hunter2\":1}"});
    for body in [
        String::new(),
        "[]".to_owned(),
        "{}".to_owned(),
        json!({"Events": "hunter2"}).to_string(),
        page(&[json!({})], None),
        page(&[half], None),
        page(&[nothing], None),
        page(&[], Some("again")),
    ] {
        let server = Server::start(move |_, _| Reply::new(200, body.clone())).await;
        let error = found(&server).await.unwrap_err();
        assert_eq!((error.kind, error.op), (Invalid, "cloudtrail:LookupEvents"));
        assert!(
            error.detail.contains("eu-west-1") && !error.detail.contains("hunter2"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn refusals_have_their_kinds_and_name_the_resource() {
    for (code, kind) in [
        ("ThrottlingException", Throttled),
        ("AccessDeniedException", Denied),
        ("InvalidTimeRangeException", Invalid),
    ] {
        let body = json!({"__type": code, "message": "what it said"}).to_string();
        let server = Server::start(move |_, _| Reply::new(400, body.clone())).await;
        let connection = server.connection().await;
        let port = trail(&connection, None, None).await.unwrap();
        let error = port.calls("sg-1", at(0), at(100)).await.unwrap_err();
        assert_eq!(error.kind, kind);
        assert!(
            error.detail.contains("sg-1: ") && error.detail.contains("what it said"),
            "{error}"
        );
    }
}
