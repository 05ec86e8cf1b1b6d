//! CloudTrail: who called what.

mod event;

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::answer::Failure;
use crate::events;
use crate::log::keep_newest;
use crate::shared::Shared;
use crate::state::{State, Where};
use crate::time::{after, epoch_seconds};

pub(crate) use event::{By, Event};

/// Events of one page at most.
const PAGE: usize = 50;

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

/// Keeps a call where CloudTrail shows it, and tells EventBridge of it if it listens.
pub(crate) fn keep(shared: &Shared, state: &mut State, place: &Where, event: Event) {
    let place = trail_of(&event.source, place);
    if shared.options.trail_events {
        let id = state.uuid();
        shared.emit(events::api_call(&id, &event, (&place.0, &place.1)));
    }
    let keep = shared.options.keep_trail;
    state.place(&place).trail.add(event, keep);
}

/// Where a call shows: those of global services in one region, whatever the stack's.
fn trail_of(source: &str, place: &Where) -> Where {
    match source {
        "iam.amazonaws.com" => (place.0.clone(), "us-east-1".to_owned()),
        _ => place.clone(),
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
            "ResourceType" => event.resources.iter().any(|(kind, _)| kind == value),
            "ResourceName" => event.resources.iter().any(|(_, name)| name == value),
            "EventSource" => event.source == *value,
            _ => false,
        }
    }
}
