//! One call as CloudTrail keeps and tells it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::bend::Actor;
use crate::time::{epoch_seconds, iso_seconds};
use crate::types;

/// A write call as CloudTrail keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    pub(crate) by: By,
    /// `sqs.amazonaws.com`.
    pub(crate) source: String,
    pub(crate) name: String,
    /// Types and physical ids of what it is about.
    pub(crate) resources: Vec<(String, String)>,
    pub(crate) parameters: Value,
    pub(crate) response: Value,
}

/// Who makes a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct By {
    /// The caller's ARN, or the service that called for itself.
    pub(crate) principal: String,
    pub(crate) console: bool,
    /// The service that makes the call for the caller.
    pub(crate) invoked_by: Option<String>,
}

impl From<&Actor> for By {
    fn from(actor: &Actor) -> Self {
        Self {
            principal: actor.principal.clone(),
            console: actor.console,
            invoked_by: None,
        }
    }
}

impl By {
    /// Somebody with this ARN, by the API.
    pub(crate) fn caller(principal: &str) -> Self {
        Self::from(&Actor::new(principal))
    }

    /// The same by way of CloudFormation, which is no console.
    pub(crate) fn through_cloudformation(&self) -> Self {
        Self {
            console: false,
            invoked_by: Some("cloudformation.amazonaws.com".to_owned()),
            ..self.clone()
        }
    }
}

impl Event {
    /// The name that CloudTrail shows: of a user its own, of a role that of the session.
    pub(super) fn user(&self) -> &str {
        self.by.principal.rsplit('/').next().unwrap_or_default()
    }

    pub(super) fn json(&self, place: (&str, &str)) -> Value {
        let resources = self.resources.iter();
        let resources: Vec<_> = resources
            .map(|(kind, name)| json!({"ResourceType": kind, "ResourceName": name}))
            .collect();
        let whole = self.record(place).to_string();
        let mut event = json!({
            "EventId": self.id,
            "EventName": self.name,
            "ReadOnly": "false",
            "EventTime": epoch_seconds(self.at),
            "EventSource": self.source,
            "Username": self.user(),
            "CloudTrailEvent": whole,
            "Resources": resources,
        });
        if self.by.principal.is_empty() {
            // CloudTrail leaves the name out for a service that calls for itself.
            event.as_object_mut().map(|event| event.remove("Username"));
        }
        event
    }

    /// The record that CloudTrail gives as a JSON text, and EventBridge as the detail.
    pub(crate) fn record(&self, place: (&str, &str)) -> Value {
        let (account, region) = place;
        let mut record = json!({
            "eventVersion": "1.11",
            "userIdentity": self.identity(account),
            "eventTime": iso_seconds(self.at),
            "eventSource": self.source,
            "eventName": self.name,
            "awsRegion": region,
            "sourceIPAddress": "198.51.100.7",
            "userAgent": if self.by.console { "AWS Internal" } else { "aws-cli/2.31.0" },
            "requestParameters": self.parameters,
            "responseElements": self.response,
            "requestID": self.id,
            "eventID": self.id,
            "readOnly": false,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": account,
            "eventCategory": "Management",
        });
        if let Some(service) = &self.by.invoked_by {
            record["sourceIPAddress"] = service.as_str().into();
            record["userAgent"] = service.as_str().into();
        }
        // These services name what a call is about beside its parameters.
        if matches!(
            self.source.as_str(),
            "kms.amazonaws.com" | "s3.amazonaws.com"
        ) {
            let resources = self.resources.iter().map(|(kind, name)| {
                json!({"accountId": account, "type": kind, "ARN": types::arn_of(kind, name, place)})
            });
            record["resources"] = resources.collect();
        }
        if self.by.console {
            record["sessionCredentialFromConsole"] = "true".into();
        }
        record
    }

    fn identity(&self, account: &str) -> Value {
        let arn = self.by.principal.as_str();
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
        if let Some(service) = &self.by.invoked_by {
            identity.insert("invokedBy".to_owned(), service.as_str().into());
        }
        identity.into()
    }
}
