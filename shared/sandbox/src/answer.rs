//! What goes back to a caller.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde_json::json;

use crate::xml;

/// A refusal, before it is written in the protocol of its service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    /// Seconds after which to ask again.
    pub(crate) retry_after: Option<u64>,
    /// Where the bucket is that was asked for elsewhere.
    pub(crate) bucket_region: Option<String>,
}

impl Failure {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            retry_after: None,
            bucket_region: None,
        }
    }

    /// What the query services say of a request that makes no sense to them.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationError", message)
    }
}

/// How a service writes its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// XML, with the namespace of the service.
    Query(&'static str),
    /// XML as EC2 has it, which differs in its refusals.
    Ec2,
    /// S3's.
    S3,
    /// JSON 1.1.
    Json,
    /// JSON without a type in the body, as EKS answers.
    Rest,
    /// A code in plain text, as an incoming webhook answers.
    Plain,
    /// JSON with `ok` and `error`, as Slack's methods answer.
    Slack,
}

/// An answer, good or bad.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn new(status: u16, content_type: &'static str, body: impl Into<String>) -> Self {
        Self {
            status,
            content_type,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    pub(crate) fn refused(failure: &Failure, protocol: Protocol, request_id: &str) -> Self {
        let (status, code) = (failure.status, failure.code.as_str());
        let mut answer = match protocol {
            Protocol::Query(namespace) => {
                let ids = (namespace, request_id);
                let body = xml::refusal(status, code, &failure.message, ids);
                Self::new(status, "text/xml", body)
            }
            Protocol::Ec2 => {
                let body = xml::ec2_refusal(code, &failure.message, request_id);
                Self::new(status, "text/xml;charset=UTF-8", body)
            }
            Protocol::S3 => {
                let body = xml::s3_refusal(code, &failure.message, request_id);
                Self::new(status, "application/xml", body)
            }
            Protocol::Rest => {
                let mut answer = Self::json(status, &json!({"message": failure.message}));
                answer.headers.push(("x-amzn-errortype", code.to_owned()));
                answer
            }
            Protocol::Json => {
                let body = json!({"__type": code, "message": failure.message});
                let mut answer = Self::new(status, "application/x-amz-json-1.1", body.to_string());
                answer.headers.push(("x-amzn-errortype", code.to_owned()));
                answer
            }
            Protocol::Plain => Self::new(status, "text/html", code),
            // Slack's methods refuse with 200; only limits and failures of its own show in the status.
            Protocol::Slack => {
                let status = if status == 429 || status >= 500 {
                    status
                } else {
                    200
                };
                Self::json(status, &json!({"ok": false, "error": code}))
            }
        };
        if let Some(seconds) = failure.retry_after {
            answer.headers.push(("retry-after", seconds.to_string()));
        }
        if let Some(region) = &failure.bucket_region {
            answer.headers.push(("x-amz-bucket-region", region.clone()));
        }
        answer
    }

    pub(crate) fn into_response(self, date: &str, request_id: &str) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(Bytes::from(self.body)));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let own = [
            ("content-type", self.content_type),
            ("date", date),
            ("x-amzn-requestid", request_id),
        ];
        let headers = response.headers_mut();
        let more = self
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()));
        for (name, value) in own.into_iter().chain(more) {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}
