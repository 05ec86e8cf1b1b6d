//! Who called what: CloudTrail's record, the events that tell of it, and what
//! each call truly did, which no record says.

use std::collections::BTreeMap;

use domain::ports::TrailCall;
use domain::work::Queue;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::account::REGION;
use crate::chance::Fault;
use crate::cloud::ACCOUNT;
use crate::sim::{Event, MINUTE, SECOND, State, plus};

/// Who writes, and whether in a console session.
pub(crate) const PEOPLE: [(&str, bool); 3] = [("alice", true), ("bob", false), ("carol", false)];

/// CloudFormation, through the role of a stack.
const CLOUDFORMATION: (&str, bool) = ("deployer/AWSCloudFormation", false);

/// Who that is of [`PEOPLE`], or CloudFormation (`None`).
pub(crate) fn name_of(who: Option<usize>) -> (&'static str, bool) {
    who.map_or(CLOUDFORMATION, |it| PEOPLE[it])
}

/// A call, before it is recorded.
pub(crate) struct Call {
    /// `ec2`.
    pub(crate) service: &'static str,
    pub(crate) name: &'static str,
    /// The parameters that name something, as CloudTrail writes them.
    pub(crate) parameters: Vec<(&'static str, String)>,
}

/// A recorded call.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) call: TrailCall,
    /// From when LookupEvents has it.
    pub(crate) there_at: Timestamp,
    /// When a function kept the event that told of it, by the name that it is
    /// kept under: one that was cut off kept it under some of its names.
    pub(crate) heard: BTreeMap<String, Timestamp>,
}

impl Recorded {
    /// Whether it was kept before that time where a resource's calls are asked after.
    pub(crate) fn is_heard(&self, resource: &str, before: Timestamp) -> bool {
        self.heard.get(resource).is_some_and(|at| *at < before)
    }
}

/// What somebody did to a place of a resource.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub(crate) who: &'static str,
    pub(crate) console: bool,
    /// The place, and what stands there since; `None` where that is sensitive or nothing.
    pub(crate) place: (String, Option<Value>),
    /// The call that did it, by its place in the record.
    pub(crate) call: usize,
    /// Whether it was put right since: what stands there now is of another making.
    pub(crate) is_undone: bool,
}

impl State {
    /// Somebody of [`PEOPLE`], or CloudFormation (`None`), calls something. Gives
    /// the call's place in the record.
    pub(crate) fn called(&mut self, who: Option<usize>, call: &Call) -> usize {
        let number = self.number();
        // CloudTrail tells whole seconds.
        let at = Timestamp::new(self.now.as_second(), 0).unwrap_or(self.now);
        let region = if call.service == "iam" {
            "us-east-1"
        } else {
            REGION
        };
        let (name, console) = name_of(who);
        let mut resources = Vec::new();
        for (key, value) in &call.parameters {
            // As the reader of records does it: a word alone is kept with its kind.
            let is_unique = value.starts_with("sg") || value.contains(':');
            if !is_unique {
                resources.push(format!("{}/{value}", key.trim_end_matches("Name")));
            }
            resources.push(value.clone());
        }
        let recorded = TrailCall {
            id: format!("call-{number:06}"),
            at,
            source: format!("{}.amazonaws.com", call.service),
            name: call.name.to_owned(),
            region: region.to_owned(),
            account: ACCOUNT.to_owned(),
            who: name.to_owned(),
            console,
            invoked_by: who
                .is_none()
                .then(|| "cloudformation.amazonaws.com".to_owned()),
            resources,
        };
        self.tell(|| format!("  CloudTrail: {} {} by {name}", recorded.id, call.name));
        let body = event(&recorded, call);
        let lag = self.delays.between(5 * MINUTE, 15 * MINUTE);
        self.trail.push(Recorded {
            call: recorded,
            there_at: plus(self.now, lag),
            heard: BTreeMap::new(),
        });
        self.tally.count("calls recorded");
        self.delivered(Queue::StackDrift, &body, 10 * SECOND);
        self.trail.len() - 1
    }

    /// A service tells of something by an event: late, twice, or not at all.
    pub(crate) fn delivered(&mut self, queue: Queue, body: &str, within: i64) {
        if self.fault(Fault::EventLost) {
            return;
        }
        let from = "EventBridge";
        let late = self.fault(Fault::Delay);
        let longest = if late { 40 * MINUTE } else { within };
        let twice = self.fault(Fault::Duplicate);
        for _ in 0..=usize::from(twice) {
            let wait = self.delays.between(SECOND, longest);
            let body = body.to_owned();
            self.after(wait, Event::Arrives { queue, body, from });
        }
    }

    /// A call on an account that nobody here knows.
    pub(crate) fn stranger(&mut self) {
        let call = TrailCall {
            id: format!("foreign-{}", self.number()),
            at: self.now,
            source: "ec2.amazonaws.com".to_owned(),
            name: "AuthorizeSecurityGroupIngress".to_owned(),
            region: REGION.to_owned(),
            account: STRANGER.to_owned(),
            who: "mallory".to_owned(),
            console: true,
            invoked_by: None,
            resources: Vec::new(),
        };
        let group = self.cloud.parents().first().map(|it| it.2.clone());
        let call_ = Call {
            service: "ec2",
            name: "AuthorizeSecurityGroupIngress",
            parameters: vec![("groupId", group.unwrap_or_default())],
        };
        let body = event(&call, &call_);
        self.delivered(Queue::StackDrift, &body, SECOND);
    }
}

/// An account that the configuration does not name.
pub(crate) const STRANGER: &str = "999988887777";

/// The event that tells of a call.
fn event(call: &TrailCall, of: &Call) -> String {
    let parameters: serde_json::Map<String, Value> = of
        .parameters
        .iter()
        .map(|(key, value)| ((*key).to_owned(), json!(value)))
        .collect();
    let mut identity = match call.who.split_once('/') {
        None => json!({"type": "IAMUser", "userName": call.who}),
        Some((role, session)) => json!({
            "type": "AssumedRole",
            "arn": format!("arn:aws:sts::{}:assumed-role/{role}/{session}", call.account),
        }),
    };
    if let Some(service) = &call.invoked_by {
        identity["invokedBy"] = json!(service);
    }
    let mut detail = json!({
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": call.at.to_string(),
        "eventSource": call.source,
        "eventName": call.name,
        "awsRegion": call.region,
        "requestParameters": parameters,
        "responseElements": null,
        "eventID": call.id,
        "readOnly": false,
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": call.account,
    });
    if call.console {
        detail["sessionCredentialFromConsole"] = json!("true");
    }
    json!({
        "version": "0",
        "id": format!("event-of-{}", call.id),
        "detail-type": "AWS API Call via CloudTrail",
        "source": format!("aws.{}", of.service),
        "account": call.account,
        "time": call.at.to_string(),
        "region": call.region,
        "resources": [],
        "detail": detail,
    })
    .to_string()
}
