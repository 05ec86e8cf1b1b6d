//! Slack: incoming webhooks, and the few methods of a bot that posts and edits.

use std::collections::{BTreeMap, VecDeque};

use http::HeaderMap;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::answer::{Answer, Failure};
use crate::form::Form;
use crate::log::keep_newest;

const BLOCKS: usize = 50;
const SECTION: usize = 3000;
const HEADER: usize = 150;
/// All text of all blocks; undocumented, but enforced.
const ALL_BLOCKS: usize = 13_200;
const KINDS: [&str; 9] = [
    "actions",
    "context",
    "divider",
    "file",
    "header",
    "image",
    "input",
    "rich_text",
    "section",
];

/// What an incoming webhook is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Webhook {
    /// Its workspace is gone: 404 `no_team`.
    NoTeam,
    /// It was revoked: 404 `no_service`.
    Revoked,
    /// Its channel is archived: 410 `channel_is_archived`.
    Archived,
}

/// A message as it stands in its channel.
#[derive(Clone, Debug, PartialEq)]
pub struct SlackMessage {
    /// When it was posted, by the sandbox's clock.
    pub at: Timestamp,
    /// The channel that was posted to; of a webhook `webhook:T…/B…`, without its secret part.
    pub channel: String,
    /// Its id; webhooks do not tell it to their caller.
    pub ts: String,
    /// The fallback text.
    pub text: String,
    /// The whole payload of its newest version.
    pub payload: Value,
    /// How often it was edited.
    pub edits: u32,
}

/// A Slack workspace.
#[derive(Debug, Default)]
pub(crate) struct Slack {
    keep: usize,
    webhooks: BTreeMap<String, Webhook>,
    messages: VecDeque<SlackMessage>,
    last: u64,
}

impl Slack {
    pub(crate) fn new(keep: usize) -> Self {
        Self {
            keep,
            ..Self::default()
        }
    }

    pub(crate) fn messages(&self) -> Vec<SlackMessage> {
        self.messages.iter().cloned().collect()
    }

    pub(crate) fn set(&mut self, path: &str, webhook: Option<Webhook>) {
        match webhook {
            Some(webhook) => self.webhooks.insert(path.to_owned(), webhook),
            None => self.webhooks.remove(path),
        };
    }

    /// `POST /slack/services/T…/B…/X…`; `path` is what comes after `services/`.
    pub(crate) fn webhook(
        &mut self,
        path: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Answer, Failure> {
        let parts: Vec<_> = path.split('/').collect();
        let [team, hook, secret] = parts[..] else {
            return Err(Failure::new(404, "no_team", ""));
        };
        if !team.starts_with('T') || !hook.starts_with('B') || secret.is_empty() {
            return Err(Failure::new(404, "no_team", ""));
        }
        match self.webhooks.get(path) {
            Some(Webhook::NoTeam) => return Err(Failure::new(404, "no_team", "")),
            Some(Webhook::Revoked) => return Err(Failure::new(404, "no_service", "")),
            Some(Webhook::Archived) => return Err(Failure::new(410, "channel_is_archived", "")),
            None => {}
        }
        let form = Form::parse(body);
        let text = form.get("payload").map(str::as_bytes).unwrap_or(body);
        let payload: Value = serde_json::from_slice(text)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| Failure::new(400, "invalid_payload", ""))?;
        valid(&payload)?;
        self.post(format!("webhook:{team}/{hook}"), payload, now);
        Ok(Answer::new(200, "text/html", "ok"))
    }

    /// `POST /slack/api/METHOD`.
    pub(crate) fn method(
        &mut self,
        method: &str,
        headers: &HeaderMap,
        ask: (&[u8], Timestamp),
    ) -> Result<Answer, Failure> {
        let (body, now) = ask;
        let bearer = headers
            .get("authorization")
            .and_then(|value| value.to_str().ok());
        match bearer.and_then(|value| value.strip_prefix("Bearer ")) {
            None => return Err(Failure::new(200, "not_authed", "")),
            Some(token) if !token.starts_with("xox") => {
                return Err(Failure::new(200, "invalid_auth", ""));
            }
            Some(_) => {}
        }
        let payload = || {
            let payload = serde_json::from_slice::<Value>(body).ok();
            payload
                .filter(Value::is_object)
                .ok_or_else(|| Failure::new(200, "invalid_json", ""))
        };
        match method {
            "auth.test" => Ok(Answer::json(
                200,
                &json!({"ok": true, "team": "Sandbox", "user": "plumbline", "team_id": "T0SANDBOX", "user_id": "U0SANDBOX", "bot_id": "B0SANDBOX"}),
            )),
            "chat.postMessage" => {
                let payload = payload()?;
                let channel = channel(&payload)?;
                valid(&payload)?;
                let ts = self.post(channel.clone(), payload.clone(), now);
                Ok(posted(&channel, &ts, &payload))
            }
            "chat.update" => {
                let payload = payload()?;
                let channel = channel(&payload)?;
                valid(&payload)?;
                let ts = payload["ts"].as_str().unwrap_or_default().to_owned();
                let mut messages = self.messages.iter_mut();
                let message = messages
                    .find(|message| message.ts == ts && message.channel == channel)
                    .ok_or_else(|| Failure::new(200, "message_not_found", ""))?;
                message.text = payload["text"].as_str().unwrap_or_default().to_owned();
                message.payload = payload.clone();
                message.edits += 1;
                Ok(posted(&channel, &ts, &payload))
            }
            _ => Err(Failure::new(200, "unknown_method", "")),
        }
    }

    fn post(&mut self, channel: String, payload: Value, now: Timestamp) -> String {
        self.last += 1;
        let ts = format!("{}.{:06}", now.as_second(), self.last);
        let message = SlackMessage {
            at: now,
            channel,
            ts: ts.clone(),
            text: payload["text"].as_str().unwrap_or_default().to_owned(),
            payload,
            edits: 0,
        };
        keep_newest(&mut self.messages, message, self.keep);
        ts
    }
}

fn posted(channel: &str, ts: &str, payload: &Value) -> Answer {
    let message = json!({"text": payload["text"], "blocks": payload["blocks"], "ts": ts, "metadata": payload["metadata"]});
    Answer::json(
        200,
        &json!({"ok": true, "channel": channel, "ts": ts, "message": message}),
    )
}

fn channel(payload: &Value) -> Result<String, Failure> {
    let channel = payload["channel"].as_str().filter(|name| !name.is_empty());
    channel
        .map(str::to_owned)
        .ok_or_else(|| Failure::new(200, "channel_not_found", ""))
}

/// What Slack refuses of a message, and what it would let pass without a fallback.
fn valid(payload: &Value) -> Result<(), Failure> {
    let refused = |code: &str| Err(Failure::new(400, code, ""));
    if payload["text"].as_str().is_none_or(str::is_empty) {
        return refused("no_text");
    }
    let blocks = match &payload["blocks"] {
        Value::Null => return Ok(()),
        Value::Array(blocks) => blocks,
        _ => return refused("invalid_blocks"),
    };
    if blocks.len() > BLOCKS || !blocks.iter().all(is_block) {
        return refused("invalid_blocks");
    }
    if blocks.iter().map(text_length).sum::<usize>() > ALL_BLOCKS {
        return refused("msg_blocks_too_long");
    }
    Ok(())
}

fn is_block(block: &Value) -> bool {
    let kind = block["type"].as_str().unwrap_or_default();
    let length = |text: &Value| text["text"].as_str().map(|text| text.chars().count());
    let fits = |text: &Value, limit: usize| {
        length(text).is_some_and(|length| (1..=limit).contains(&length))
    };
    match kind {
        "section" => {
            let fields = block["fields"].as_array();
            let text = match &block["text"] {
                Value::Null => fields.is_some(),
                text => fits(text, SECTION),
            };
            text && fields.is_none_or(|fields| {
                fields.len() <= 10 && fields.iter().all(|field| fits(field, 2000))
            })
        }
        "header" => block["text"]["type"] == "plain_text" && fits(&block["text"], HEADER),
        "context" => {
            let elements = block["elements"].as_array();
            elements.is_some_and(|elements| (1..=10).contains(&elements.len()))
        }
        kind => KINDS.contains(&kind),
    }
}

fn text_length(value: &Value) -> usize {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| match value {
                Value::String(text) if key == "text" => text.chars().count(),
                other => text_length(other),
            })
            .sum(),
        Value::Array(list) => list.iter().map(text_length).sum(),
        _ => 0,
    }
}
