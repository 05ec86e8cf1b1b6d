//! Slack and the webhook sink.

use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::start;
use crate::{Effect, Fault, Webhook};

const HOOK: &str = "/slack/services/T1/B1/Xsecret";

fn send(client: &Client, payload: &Value) -> (u16, String) {
    let answer = client.post(
        HOOK,
        &[("content-type", "application/json")],
        payload.to_string().as_bytes(),
    );
    let answer = answer.unwrap();
    (answer.status, answer.body)
}

fn method(client: &Client, name: &str, payload: &Value) -> Answer {
    let headers = [
        ("authorization", "Bearer xoxb-1"),
        ("content-type", "application/json"),
    ];
    client
        .post(
            &format!("/slack/api/{name}"),
            &headers,
            payload.to_string().as_bytes(),
        )
        .unwrap()
}

fn section(length: usize) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": "x".repeat(length)}})
}

fn header(length: usize) -> Value {
    json!({"type": "header", "text": {"type": "plain_text", "text": "x".repeat(length)}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_takes_what_slack_takes_and_refuses_the_rest() {
    let (sandbox, client, _) = start().await;
    let blocks = |blocks: Vec<Value>| json!({"text": "t", "blocks": blocks});
    let divider = json!({"type": "divider"});
    for (payload, answer) in [
        (json!({"text": "t"}), (200, "ok")),
        (
            blocks(vec![header(150), section(3000), divider.clone()]),
            (200, "ok"),
        ),
        (blocks(vec![divider.clone(); 50]), (200, "ok")),
        (blocks(vec![divider.clone(); 51]), (400, "invalid_blocks")),
        (blocks(vec![section(3001)]), (400, "invalid_blocks")),
        (blocks(vec![section(0)]), (400, "invalid_blocks")),
        (blocks(vec![header(151)]), (400, "invalid_blocks")),
        (
            blocks(vec![json!({"type": "poem"})]),
            (400, "invalid_blocks"),
        ),
        (blocks(vec![section(3000); 5]), (400, "msg_blocks_too_long")),
        (json!({"text": "t", "blocks": "x"}), (400, "invalid_blocks")),
        (json!({"blocks": [divider]}), (400, "no_text")),
        (json!({"text": ""}), (400, "no_text")),
        (json!("text"), (400, "invalid_payload")),
    ] {
        let (status, body) = send(&client, &payload);
        assert_eq!((status, body.as_str()), answer, "{payload:.60}");
    }
    let broken = client.post(HOOK, &[], b"{\"text\":").unwrap();
    assert_eq!(
        (broken.status, broken.body.as_str()),
        (400, "invalid_payload")
    );
    let form = client
        .post(HOOK, &[], b"payload=%7B%22text%22%3A%22by+form%22%7D")
        .unwrap();
    assert_eq!(form.status, 200);
    let messages = sandbox.slack_messages();
    assert_eq!(messages.len(), 4, "what was refused was not posted");
    assert_eq!(
        (messages[3].text.as_str(), messages[3].channel.as_str()),
        ("by form", "webhook:T1/B1")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_is_gone_or_asked_too_often_says_so() {
    let (sandbox, client, _) = start().await;
    let payload = json!({"text": "t"});
    for (state, answer) in [
        (Webhook::NoTeam, (404, "no_team")),
        (Webhook::Revoked, (404, "no_service")),
        (Webhook::Archived, (410, "channel_is_archived")),
    ] {
        sandbox.set_webhook("T1/B1/Xsecret", Some(state));
        let (status, body) = send(&client, &payload);
        assert_eq!((status, body.as_str()), answer);
    }
    sandbox.set_webhook("T1/B1/Xsecret", None);
    sandbox
        .faults()
        .add(Fault::on("slack:webhook", Effect::Throttle).times(1));
    let answer = client.post(HOOK, &[], b"{}").unwrap();
    assert_eq!(
        (answer.status, answer.retry_after.as_deref()),
        (429, Some("1"))
    );
    assert_eq!(send(&client, &payload).0, 200);
    let nowhere = client.post("/slack/services/T1/B1", &[], b"{}").unwrap();
    assert_eq!((nowhere.status, nowhere.body.as_str()), (404, "no_team"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_posts_and_edits_its_own_message() {
    let (sandbox, client, _) = start().await;
    assert_eq!(method(&client, "auth.test", &json!({})).json()["ok"], true);
    let posted = method(
        &client,
        "chat.postMessage",
        &json!({"channel": "C1", "text": "firing"}),
    )
    .json();
    assert_eq!(posted["ok"], true);
    let edit = |ts: &Value| {
        method(
            &client,
            "chat.update",
            &json!({"channel": "C1", "ts": ts, "text": "resolved"}),
        )
        .json()
    };
    assert_eq!(edit(&posted["ts"])["ok"], true);
    assert_eq!(edit(&json!("1.0"))["error"], "message_not_found");
    let messages = sandbox.slack_messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(
        (messages[0].text.as_str(), messages[0].edits),
        ("resolved", 1)
    );
    sandbox
        .faults()
        .add(Fault::on("slack:chat.update", Effect::Throttle).times(1));
    let limited = method(&client, "chat.update", &json!({}));
    assert_eq!(
        (limited.status, limited.retry_after.as_deref()),
        (429, Some("1"))
    );
    assert_eq!(limited.json()["error"], "ratelimited");
    let refused = |name: &str, payload: Value| {
        let answer = method(&client, name, &payload);
        (
            answer.status,
            answer.json()["error"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(
        refused("chat.postMessage", json!({"text": "x"})),
        (200, "channel_not_found".to_owned())
    );
    let long = json!({"channel": "C1", "text": "x", "blocks": [section(3001)]});
    assert_eq!(
        refused("chat.postMessage", long),
        (200, "invalid_blocks".to_owned())
    );
    assert_eq!(
        refused("chat.shout", json!({})),
        (200, "unknown_method".to_owned())
    );
    let nobody = client
        .post("/slack/api/auth.test", &[], b"")
        .unwrap()
        .json();
    assert_eq!(nobody["error"], "not_authed");
    let wrong = client
        .post(
            "/slack/api/auth.test",
            &[("authorization", "Bearer nope")],
            b"",
        )
        .unwrap();
    assert_eq!(wrong.json()["error"], "invalid_auth");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sink_keeps_headers_and_the_raw_body_and_answers_as_told() {
    let (sandbox, client, _) = start().await;
    sandbox.answer_hook("ops", &[500, 429]);
    let post = |path: &str, body: &[u8]| {
        client
            .post(path, &[("x-signature", "v1=abc")], body)
            .unwrap()
            .status
    };
    let statuses: Vec<_> = (0..3).map(|_| post("/hook/ops", b"\xff\x00raw")).collect();
    assert_eq!(statuses, [500, 429, 200]);
    assert_eq!(post("/hook/other", b""), 200);
    let deliveries = sandbox.hook_deliveries("ops");
    assert_eq!(deliveries.len(), 3);
    assert_eq!(deliveries[0].body, b"\xff\x00raw");
    assert_eq!(deliveries[0].header("x-signature"), Some("v1=abc"));
    assert_eq!((deliveries[0].status, deliveries[2].status), (500, 200));
    assert_eq!(sandbox.hook_deliveries("nobody"), []);
}
