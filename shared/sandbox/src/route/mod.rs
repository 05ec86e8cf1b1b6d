//! From a request to the service that it is for.

use bytes::Bytes;
use http::request::Parts;
use jiff::Timestamp;
use serde_json::Value;

use crate::answer::{Answer, Failure, Protocol};
use crate::faults::{Effect, Target, denied, throttled};
use crate::form::Form;
use crate::services::{self, Kind};
use crate::shared::Shared;
use crate::state::Where;
use crate::sts::Caller;
use crate::trail::Shown;
use crate::{cloudformation, lock, sts, xml};

const TRAIL_PREFIX: &str = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.";

/// A request, understood.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) service: Service,
    /// `DetectStackDrift`; the rest of the path outside AWS.
    pub(crate) operation: String,
    pub(crate) form: Form,
    pub(crate) place: Where,
    pub(crate) principal: String,
    pub(crate) stack: Option<String>,
    /// The names and ids that it asks after, outside CloudFormation.
    named: Vec<String>,
    parts: Parts,
    body: Bytes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    CloudFormation,
    CloudTrail,
    Sts,
    /// One that tells what hangs on resources.
    Other(Kind),
    SlackWebhook,
    SlackMethod,
    Hook,
    Unknown,
}

impl Service {
    pub(crate) fn protocol(self) -> Protocol {
        match self {
            Self::CloudFormation => Protocol::Query(cloudformation::NAMESPACE),
            Self::Sts => Protocol::Query(sts::NAMESPACE),
            Self::Other(Kind::Ec2) => Protocol::Ec2,
            Self::Other(Kind::Iam) => Protocol::Query(services::IAM),
            Self::Other(Kind::S3) => Protocol::S3,
            Self::Other(Kind::Eks) => Protocol::Rest,
            Self::CloudTrail | Self::Other(Kind::Kms) => Protocol::Json,
            Self::SlackMethod => Protocol::Slack,
            Self::SlackWebhook | Self::Hook | Self::Unknown => Protocol::Plain,
        }
    }
}

impl Call {
    pub(crate) fn read(shared: &Shared, parts: Parts, body: Bytes) -> Self {
        let path = parts.uri.path().to_owned();
        let mut call = Self {
            service: Service::Unknown,
            operation: path.clone(),
            form: Form::default(),
            place: (String::new(), String::new()),
            principal: String::new(),
            stack: None,
            named: Vec::new(),
            parts,
            body,
        };
        let outside = [
            ("/slack/services/", Service::SlackWebhook),
            ("/slack/api/", Service::SlackMethod),
            ("/hook/", Service::Hook),
        ];
        for (prefix, service) in outside {
            if let Some(rest) = path.strip_prefix(prefix) {
                call.service = service;
                call.operation = rest.to_owned();
                return call;
            }
        }
        if let Some((key, region, service)) = call.scope() {
            let caller = lock(&shared.sessions).caller(&key, &shared.options.account);
            call.aws(shared, (&service, region), caller);
        }
        call
    }

    fn aws(&mut self, shared: &Shared, scope: (&str, String), caller: Caller) {
        let (service, region) = scope;
        self.place = (caller.account, region);
        self.principal = caller.arn;
        let target = self.header("x-amz-target").unwrap_or_default();
        if let Some(operation) = target.strip_prefix(TRAIL_PREFIX) {
            self.operation = operation.to_owned();
            self.service = Service::CloudTrail;
            return;
        }
        let kind = Kind::of(service);
        self.service = match (service, kind) {
            ("cloudformation", _) => Service::CloudFormation,
            ("sts", _) => Service::Sts,
            (_, Some(kind)) => Service::Other(kind),
            _ => return,
        };
        if let Some(kind) = kind {
            self.other(kind);
            return;
        }
        self.form = Form::parse(&self.body);
        self.operation = self.form.get("Action").unwrap_or_default().to_owned();
        if self.service == Service::CloudFormation {
            self.stack = cloudformation::stack_named(&lock(&shared.state), &self.place, &self.form);
        }
    }

    /// Reads a call of a service that tells what hangs on resources.
    fn other(&mut self, kind: Kind) {
        let target = self.header("x-amz-target").unwrap_or_default();
        let (path, query) = (
            self.parts.uri.path(),
            self.parts.uri.query().unwrap_or_default(),
        );
        self.operation = match kind {
            Kind::Ec2 | Kind::Iam => {
                self.form = Form::parse(&self.body);
                self.form.get("Action").unwrap_or_default().to_owned()
            }
            Kind::Kms => target.rsplit('.').next().unwrap_or_default().to_owned(),
            Kind::S3 | Kind::Eks => kind.operation(self.method(), path, query),
        };
        self.named = kind.named(&self.form, &self.body, path);
    }

    /// Access key, region and service of the credential that signed the request.
    fn scope(&self) -> Option<(String, String, String)> {
        let (_, rest) = self.header("authorization")?.split_once("Credential=")?;
        let scope = rest.split([',', ' ']).next()?;
        let mut parts = scope.split('/');
        let key = parts.next()?;
        let _date = parts.next()?;
        Some((
            key.to_owned(),
            parts.next()?.to_owned(),
            parts.next()?.to_owned(),
        ))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn method(&self) -> &str {
        self.parts.method.as_str()
    }

    /// How the log and faults name it. Webhook paths are secrets.
    pub(crate) fn name(&self) -> String {
        let operation = &self.operation;
        match self.service {
            Service::CloudFormation => format!("cloudformation:{operation}"),
            Service::CloudTrail => format!("cloudtrail:{operation}"),
            Service::Sts => format!("sts:{operation}"),
            Service::Other(kind) => format!("{}:{operation}", kind.name()),
            Service::SlackWebhook => "slack:webhook".to_owned(),
            Service::SlackMethod => format!("slack:{operation}"),
            Service::Hook => format!("hook:{operation}"),
            Service::Unknown => "unknown".to_owned(),
        }
    }

    /// The fault that this request meets.
    pub(crate) fn fault(&self, shared: &Shared) -> Option<Effect> {
        let resources: Vec<_> = self
            .form
            .get("LogicalResourceId")
            .into_iter()
            .chain(self.named.iter().map(String::as_str))
            .collect();
        shared.faults.meet(&Target {
            call: &self.name(),
            place: (&self.place.0, &self.place.1),
            stack: self.stack.as_deref(),
            resources: &resources,
        })
    }

    /// The refusal that an effect is, if it is one.
    pub(crate) fn refusal(&self, effect: &Effect) -> Option<Failure> {
        let protocol = self.service.protocol();
        match effect {
            Effect::Throttle => Some(throttled(protocol)),
            Effect::Deny => Some(denied(protocol, &self.principal, &self.name())),
            Effect::Refuse(status, code, message) => Some(Failure::new(*status, code, message)),
            Effect::Delay(_) | Effect::Drop | Effect::LoseAnswer | Effect::Hang => None,
        }
    }

    /// Answers within the limits.
    pub(crate) fn answer(
        &self,
        shared: &Shared,
        now: Timestamp,
        id: &str,
    ) -> Result<Answer, Failure> {
        let place = (self.place.0.as_str(), self.place.1.as_str());
        if !lock(&shared.throttle).take(&self.name(), place, now) {
            return Err(throttled(self.service.protocol()));
        }
        match self.service {
            Service::CloudFormation => {
                let ask = cloudformation::Ask {
                    shared,
                    form: &self.form,
                    place: &self.place,
                    principal: &self.principal,
                    now,
                };
                let result = cloudformation::answer(&self.operation, &ask)?;
                Ok(self.xml(&result, cloudformation::NAMESPACE, id))
            }
            Service::Sts => {
                let result = self.sts(shared, now)?;
                Ok(self.xml(&result, sts::NAMESPACE, id))
            }
            Service::CloudTrail => self.trail(shared, now),
            Service::Other(kind) => kind.answer(&services::Ask {
                state: &lock(&shared.state),
                place: &self.place,
                operation: &self.operation,
                form: &self.form,
                body: &self.body,
                path: self.parts.uri.path(),
                query: self.parts.uri.query().unwrap_or_default(),
                request_id: id,
            }),
            Service::SlackWebhook => lock(&shared.slack).webhook(&self.operation, &self.body, now),
            Service::SlackMethod => {
                let ask = (self.body.as_ref(), now);
                lock(&shared.slack).method(&self.operation, &self.parts.headers, ask)
            }
            Service::Hook => {
                let content = (self.body.as_ref(), now);
                Ok(lock(&shared.hooks).take(&self.operation, &self.parts.headers, content))
            }
            Service::Unknown if self.principal.is_empty() => {
                Err(Failure::new(404, "the sandbox serves nothing here", ""))
            }
            Service::Unknown => Err(Failure::new(
                501,
                "the sandbox does not serve this service",
                "",
            )),
        }
    }

    fn xml(&self, result: &str, namespace: &str, id: &str) -> Answer {
        Answer::new(
            200,
            "text/xml",
            xml::answer(&self.operation, namespace, result, id),
        )
    }

    fn sts(&self, shared: &Shared, now: Timestamp) -> Result<String, Failure> {
        match self.operation.as_str() {
            "GetCallerIdentity" => {
                let caller = Caller {
                    account: self.place.0.clone(),
                    arn: self.principal.clone(),
                };
                Ok(sts::identity(&caller))
            }
            "AssumeRole" => lock(&shared.sessions).assume(&self.form, (&self.principal, now)),
            other => Err(Failure::new(
                400,
                "InvalidAction",
                format!("Could not find operation {other}"),
            )),
        }
    }

    fn trail(&self, shared: &Shared, now: Timestamp) -> Result<Answer, Failure> {
        if self.operation != "LookupEvents" {
            return Err(Failure::new(400, "UnknownOperationException", ""));
        }
        let ask: Value = serde_json::from_slice(&self.body)
            .map_err(|_| Failure::new(400, "SerializationException", "not JSON"))?;
        let shown = Shown {
            now,
            lag: shared.options.trail_lag,
        };
        let mut state = lock(&shared.state);
        let place = (self.place.0.as_str(), self.place.1.as_str());
        let events = state.place(&self.place).trail.lookup(&ask, place, shown)?;
        Ok(Answer::new(
            200,
            "application/x-amz-json-1.1",
            events.to_string(),
        ))
    }
}
