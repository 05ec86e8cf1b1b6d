//! CloudTrail: who called what.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::answer::Failure;
use crate::log::keep_newest;
use crate::time::{after, epoch_seconds, iso_seconds};

/// Events of one page at most.
const PAGE: usize = 50;

/// A write call as CloudTrail keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    /// `sqs.amazonaws.com`.
    pub(crate) source: String,
    pub(crate) name: String,
    /// The caller's ARN, or the service that called for itself.
    pub(crate) principal: String,
    pub(crate) console: bool,
    pub(crate) resource_type: String,
    /// The resource's physical id.
    pub(crate) resource: String,
    pub(crate) parameters: Value,
}

/// The newest write calls of an account and region, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Trail(VecDeque<Event>);

impl Trail {
    /// Adds an event at the place that its time gives it.
    pub(crate) fn add(&mut self, event: Event, keep: usize) {
        let index = self.0.partition_point(|other| other.at <= event.at);
        if index == self.0.len() {
            keep_newest(&mut self.0, event, keep);
        } else {
            self.0.insert(index, event);
            if self.0.len() > keep {
                self.0.pop_front();
            }
        }
    }

    /// LookupEvents.
    pub(crate) fn lookup(
        &self,
        ask: &Value,
        place: (&str, &str),
        shown: Shown,
    ) -> Result<Value, Failure> {
        let lookup = Lookup::read(ask)?;
        let offset = lookup.offset;
        let mut events = self.0.iter().rev().filter(|event| {
            shown.is(event.at) && lookup.is_in_time(event.at) && lookup.is_meant(event)
        });
        let page: Vec<_> = events
            .by_ref()
            .skip(offset)
            .take(lookup.page)
            .map(|event| event.json(place))
            .collect();
        let mut answer = json!({"Events": page});
        if events.next().is_some() {
            answer["NextToken"] = format!("lookup-{}", offset + page.len()).into();
        }
        Ok(answer)
    }
}

/// What of the trail has arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    pub(crate) now: Timestamp,
    pub(crate) lag: Duration,
}

impl Shown {
    fn is(self, at: Timestamp) -> bool {
        after(at, self.lag) <= self.now
    }
}

struct Lookup {
    attribute: Option<(String, String)>,
    from: Option<f64>,
    to: Option<f64>,
    page: usize,
    offset: usize,
}

const ATTRIBUTES: [&str; 8] = [
    "EventId",
    "EventName",
    "ReadOnly",
    "Username",
    "ResourceType",
    "ResourceName",
    "EventSource",
    "AccessKeyId",
];

impl Lookup {
    fn read(ask: &Value) -> Result<Self, Failure> {
        let refused = |code: &str, message: &str| Err(Failure::new(400, code, message));
        let none = Vec::new();
        let attributes = ask["LookupAttributes"].as_array().unwrap_or(&none);
        let attribute = match attributes.as_slice() {
            [] => None,
            [one] => {
                let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
                Some((text("AttributeKey"), text("AttributeValue")))
            }
            _ => {
                return refused(
                    "InvalidLookupAttributesException",
                    "You can specify only one lookup attribute.",
                );
            }
        };
        if attribute
            .as_ref()
            .is_some_and(|(key, _)| !ATTRIBUTES.contains(&key.as_str()))
        {
            return refused(
                "InvalidLookupAttributesException",
                "The lookup attribute is not valid.",
            );
        }
        let (from, to) = (ask["StartTime"].as_f64(), ask["EndTime"].as_f64());
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            return refused(
                "InvalidTimeRangeException",
                "The start time is after the end time.",
            );
        }
        let page = match &ask["MaxResults"] {
            Value::Null => PAGE,
            number => match number
                .as_u64()
                .and_then(|number| usize::try_from(number).ok())
            {
                Some(number) if (1..=PAGE).contains(&number) => number,
                _ => {
                    return refused(
                        "InvalidMaxResultsException",
                        "MaxResults must be between 1 and 50.",
                    );
                }
            },
        };
        let offset = match &ask["NextToken"] {
            Value::Null => 0,
            token => match token
                .as_str()
                .and_then(|token| token.strip_prefix("lookup-")?.parse().ok())
            {
                Some(offset) => offset,
                None => return refused("InvalidNextTokenException", "The NextToken is not valid."),
            },
        };
        Ok(Self {
            attribute,
            from,
            to,
            page,
            offset,
        })
    }

    fn is_in_time(&self, at: Timestamp) -> bool {
        let at = epoch_seconds(at);
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at <= to)
    }

    fn is_meant(&self, event: &Event) -> bool {
        let Some((key, value)) = &self.attribute else {
            return true;
        };
        match key.as_str() {
            "EventId" => event.id == *value,
            "EventName" => event.name == *value,
            "ReadOnly" => value == "false",
            "Username" => event.user() == value,
            "ResourceType" => event.resource_type == *value,
            "ResourceName" => event.resource == *value,
            "EventSource" => event.source == *value,
            _ => false,
        }
    }
}

impl Event {
    /// The name that CloudTrail shows: of a user its own, of a role that of the session.
    fn user(&self) -> &str {
        self.principal.rsplit('/').next().unwrap_or_default()
    }

    fn json(&self, place: (&str, &str)) -> Value {
        let whole = self.record(place).to_string();
        let mut event = json!({
            "EventId": self.id,
            "EventName": self.name,
            "ReadOnly": "false",
            "EventTime": epoch_seconds(self.at),
            "EventSource": self.source,
            "Username": self.user(),
            "CloudTrailEvent": whole,
            "Resources": [{"ResourceType": self.resource_type, "ResourceName": self.resource}],
        });
        if self.principal.is_empty() {
            // CloudTrail leaves the name out for a service that calls for itself.
            event.as_object_mut().map(|event| event.remove("Username"));
        }
        event
    }

    /// The record that CloudTrail gives as a JSON text.
    fn record(&self, place: (&str, &str)) -> Value {
        let (account, region) = place;
        let mut record = json!({
            "eventVersion": "1.11",
            "userIdentity": self.identity(account),
            "eventTime": iso_seconds(self.at),
            "eventSource": self.source,
            "eventName": self.name,
            "awsRegion": region,
            "sourceIPAddress": "198.51.100.7",
            "userAgent": if self.console { "AWS Internal" } else { "aws-cli/2.31.0" },
            "requestParameters": self.parameters,
            "responseElements": null,
            "requestID": self.id,
            "eventID": self.id,
            "readOnly": false,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": account,
            "eventCategory": "Management",
        });
        if self.console {
            record["sessionCredentialFromConsole"] = "true".into();
        }
        record
    }

    fn identity(&self, account: &str) -> Value {
        let arn = self.principal.as_str();
        let mut identity = Map::new();
        let mut put = |key: &str, value: Value| identity.insert(key.to_owned(), value);
        let service = arn.ends_with(".amazonaws.com");
        let role = arn.split_once(":assumed-role/").map(|(_, rest)| rest);
        put(
            "type",
            match (service, role) {
                (true, _) => "AWSService",
                (_, Some(_)) => "AssumedRole",
                _ => "IAMUser",
            }
            .into(),
        );
        if service {
            put("invokedBy", arn.into());
            return identity.into();
        }
        put("principalId", format!("AIDASANDBOX:{}", self.user()).into());
        put("arn", arn.into());
        put("accountId", account.into());
        match role.and_then(|rest| rest.split('/').next()) {
            Some(role) => {
                let issuer = json!({"type": "Role", "arn": format!("arn:aws:iam::{account}:role/{role}"),
                                    "accountId": account, "userName": role});
                put("sessionContext", json!({"sessionIssuer": issuer}));
            }
            None => {
                put("userName", self.user().into());
            }
        }
        identity.into()
    }
}
