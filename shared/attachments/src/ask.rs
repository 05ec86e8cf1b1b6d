//! One call and its answer, in each of the ways that these services speak.

use std::fmt::{Display, Write as _};

use aws::{Access, Call, HttpResponse, Place, Service, Unanswered, bytes_of, refusal_in_json};
use domain::ports::{PortError, PortErrorKind};
use serde_json::Value;

use crate::xml::Element;

/// Characters of a resource's name in a message.
const NAME_LIMIT: usize = 200;

/// Codes for what is not there.
const ABSENT: [&str; 8] = [
    "InvalidGroup.NotFound",
    "InvalidGroupId.NotFound",
    "InvalidRouteTableID.NotFound",
    "NoSuchBucket",
    "NoSuchEntity",
    "NoSuchEntityException",
    "NotFoundException",
    "ResourceNotFoundException",
];

/// Which call about what, for the messages of its errors.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) op: &'static str,
    /// `role`, `bucket`.
    pub(crate) kind: &'static str,
    /// Its name or id.
    pub(crate) name: &'a str,
}

impl About<'_> {
    fn subject(&self) -> String {
        let name: String = self.name.escape_debug().take(NAME_LIMIT).collect();
        format!("{} {name}", self.kind)
    }

    /// The error of an answer that cannot be read.
    pub(crate) fn unreadable(&self, place: &Place, what: impl Display) -> PortError {
        place.unreadable(self.op, format!("{}: {what}", self.subject()))
    }

    /// What it means that the call has no success to give.
    pub(crate) fn failed(&self, failed: Unanswered, code: Option<&str>) -> PortError {
        let error = failed.error;
        let kind = match code {
            Some(code) if ABSENT.contains(&code) => PortErrorKind::NotFound,
            Some(code) if code.starts_with("AccessDenied") => PortErrorKind::Denied,
            _ => error.kind,
        };
        PortError {
            kind,
            detail: format!("{}: {}", self.subject(), error.detail),
            ..error
        }
    }
}

/// A call of the form that EC2 and IAM take: an answer of an element named after it.
pub(crate) async fn query(
    access: &Access,
    (service, version): (&Service, &str),
    about: About<'_>,
    parameters: &[(String, &str)],
) -> Result<Element, PortError> {
    let action = about.op.rsplit(':').next().unwrap_or_default();
    let mut body = format!("Action={action}&Version={version}");
    for (name, value) in parameters {
        // Writing to a string does not fail.
        _ = write!(body, "&{}={}", encoded(name), encoded(value));
    }
    let form = "application/x-www-form-urlencoded; charset=utf-8";
    let answer = made(
        access,
        about,
        Call {
            op: about.op,
            service,
            method: "POST",
            url: format!("{}/", access.endpoint(service)),
            headers: vec![("content-type", form.to_owned())],
            body,
            refusal: refusal_in_xml,
        },
    )
    .await?;
    let document = document(access, about, &answer)?;
    if document.name == format!("{action}Response") {
        Ok(document)
    } else {
        Err(about.unreadable(&access.place, "the answer is not the one of this call"))
    }
}

/// A call of the JSON protocol, to a target such as `TrentService.ListGrants`.
pub(crate) async fn json(
    access: &Access,
    (service, target): (&Service, &str),
    about: About<'_>,
    body: &Value,
) -> Result<Value, PortError> {
    let answer = made(
        access,
        about,
        Call {
            op: about.op,
            service,
            method: "POST",
            url: format!("{}/", access.endpoint(service)),
            headers: vec![
                ("content-type", "application/x-amz-json-1.1".to_owned()),
                ("x-amz-target", target.to_owned()),
            ],
            body: body.to_string(),
            refusal: refusal_in_json,
        },
    )
    .await?;
    object(access, about, &answer)
}

/// A `GET` of a path whose answer is JSON.
pub(crate) async fn get(
    access: &Access,
    service: &Service,
    about: About<'_>,
    path: &str,
) -> Result<Value, PortError> {
    let answer = made(
        access,
        about,
        Call {
            op: about.op,
            service,
            method: "GET",
            url: format!("{}{path}", access.endpoint(service)),
            headers: Vec::new(),
            body: String::new(),
            refusal: refusal_in_json,
        },
    )
    .await?;
    object(access, about, &answer)
}

async fn made(
    access: &Access,
    about: About<'_>,
    call: Call<'_>,
) -> Result<HttpResponse, PortError> {
    access.ask(&call).await.map_err(|failed| {
        let code = failed
            .refusal
            .as_deref()
            .and_then(|answer| (call.refusal)(answer).0);
        about.failed(failed, code.as_deref())
    })
}

/// The XML of an answer.
fn document(
    access: &Access,
    about: About<'_>,
    answer: &HttpResponse,
) -> Result<Element, PortError> {
    Element::read(&bytes_of(answer)).map_err(|damaged| about.unreadable(&access.place, damaged))
}

/// The JSON object of an answer. The parser's message would quote from it.
fn object(access: &Access, about: About<'_>, answer: &HttpResponse) -> Result<Value, PortError> {
    match serde_json::from_slice(&bytes_of(answer)) {
        Ok(Value::Object(object)) => Ok(Value::Object(object)),
        _ => Err(about.unreadable(&access.place, "the answer is not a JSON object")),
    }
}

/// Code and message, wherever in the document they stand.
pub(crate) fn refusal_in_xml(answer: &HttpResponse) -> (Option<String>, String) {
    let Ok(document) = Element::read(&bytes_of(answer)) else {
        return (None, String::new());
    };
    let error = document.find("Error").unwrap_or(&document);
    let text = |name| error.text(name).ok().flatten().map(str::to_owned);
    (text("Code"), text("Message").unwrap_or_default())
}

/// Text as it stands in a URL or form: everything but the unreserved in percent.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            // Writing to a string does not fail.
            _ => _ = write!(out, "%{byte:02X}"),
        }
    }
    out
}
