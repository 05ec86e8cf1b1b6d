//! What a region's CloudTrail kept.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws::{Access, Call, Connection, Service, bytes_of, refusal_in_json};
use domain::ports::{PortError, Role, Trail, TrailCall};
use domain::slot::LOOKUPS_PER_SECOND;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use crate::record::read;

const OP: &str = "cloudtrail:LookupEvents";
const CLOUDTRAIL: Service = Service {
    name: "cloudtrail",
    id: "CloudTrail",
};
const TARGET: &str = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";

/// Events of a page; the most that the API allows.
const PAGE: u32 = 50;

/// Pages of one question. The API takes two calls a second of an account and
/// region, and the newest calls, which matter most, come first.
const MOST_PAGES: usize = 5;

/// Characters of a resource's name in a message.
const NAME_LIMIT: usize = 200;

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The write calls, the newest first.
    pub calls: Vec<TrailCall>,
    /// Whether there are older ones than were read.
    pub cut: bool,
}

/// When the next page may be asked for, of one account and region: each takes a
/// turn, whichever question it belongs to.
#[derive(Debug, Default)]
pub struct Turns(Mutex<Option<Instant>>);

impl Turns {
    async fn turn(&self) {
        let mut free_at = self.0.lock().await;
        if let Some(at) = *free_at {
            sleep_until(at).await;
        }
        *free_at = Some(Instant::now() + Duration::from_secs(1) / LOOKUPS_PER_SECOND);
    }
}

/// The write calls that a region's CloudTrail keeps (default: the connection's
/// own region), with the caller's own rights or through a role. The region of a
/// resource's calls is [`crate::region_of`]. What is asked of it at once is
/// asked in turn, as often as CloudTrail allows.
///
/// # Errors
/// Those of [`Connection::access`]; nothing is asked of AWS yet.
pub async fn trail(
    connection: &Connection,
    region: Option<&str>,
    role: Option<&Role>,
) -> Result<Arc<dyn Trail>, PortError> {
    let access = connection.access(region, role).await?;
    Ok(Arc::new(AwsTrail {
        access,
        turns: Turns::default(),
    }))
}

struct AwsTrail {
    access: Access,
    turns: Turns,
}

#[async_trait]
impl Trail for AwsTrail {
    async fn calls(
        &self,
        resource: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<TrailCall>, PortError> {
        // Cut, it still holds the newest calls whole, and the newest decides.
        let found = lookup((&self.access, &self.turns), resource, (from, to)).await?;
        Ok(found.calls)
    }
}

/// The write calls that name a resource, from the first time to the second, each page in its turn.
///
/// # Errors
/// What a refusal means; [`domain::ports::PortErrorKind::Invalid`] where an
/// answer or a record in it cannot be read.
pub async fn lookup(
    (access, turns): (&Access, &Turns),
    resource: &str,
    (from, to): (Timestamp, Timestamp),
) -> Result<Found, PortError> {
    let name: String = resource.escape_debug().take(NAME_LIMIT).collect();
    let unreadable = |what: &str| access.place.unreadable(OP, format!("{name}: {what}"));
    let mut body = json!({
        "LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": resource}],
        "StartTime": from.as_second(),
        // The API takes whole seconds; a part of one at the end would be left out.
        "EndTime": to.as_second() + i64::from(to.subsec_nanosecond() > 0),
        "MaxResults": PAGE,
    });
    let mut tokens: Vec<String> = Vec::new();
    let mut calls = Vec::new();
    loop {
        turns.turn().await;
        let page = ask(access, &body).await.map_err(|error| PortError {
            detail: format!("{name}: {}", error.detail),
            ..error
        })?;
        let events = page["Events"]
            .as_array()
            .ok_or_else(|| unreadable("the answer has no Events"))?;
        for event in events {
            // The parser's message would quote from the record.
            let record: Value = event["CloudTrailEvent"]
                .as_str()
                .and_then(|text| serde_json::from_str(text).ok())
                .ok_or_else(|| unreadable("an event has no CloudTrailEvent in JSON"))?;
            let call = read(&record).map_err(|error| unreadable(&error.to_string()))?;
            calls.extend(call.filter(|call| from <= call.at && call.at <= to));
        }
        let token = page["NextToken"].as_str().filter(|token| !token.is_empty());
        let cut = match token {
            None => false,
            Some(token) if tokens.iter().any(|seen| seen == token) => {
                return Err(unreadable(
                    "the answer repeats a NextToken, so the list never ends",
                ));
            }
            Some(_) if tokens.len() + 1 == MOST_PAGES => true,
            Some(token) => {
                body["NextToken"] = json!(token);
                tokens.push(token.to_owned());
                continue;
            }
        };
        calls.sort_by_key(|call: &TrailCall| std::cmp::Reverse(call.at));
        return Ok(Found { calls, cut });
    }
}

async fn ask(access: &Access, body: &Value) -> Result<Value, PortError> {
    let call = Call {
        op: OP,
        service: &CLOUDTRAIL,
        method: "POST",
        url: format!("{}/", access.endpoint(&CLOUDTRAIL)),
        headers: vec![
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target", TARGET.to_owned()),
        ],
        body: body.to_string(),
        refusal: refusal_in_json,
    };
    let answer = access.call(&call).await?;
    match serde_json::from_slice(&bytes_of(&answer)) {
        Ok(Value::Object(object)) => Ok(Value::Object(object)),
        _ => Err(access
            .place
            .unreadable(OP, "the answer is not a JSON object")),
    }
}
