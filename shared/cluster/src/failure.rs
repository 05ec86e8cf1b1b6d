//! What a refusal, or silence, means to a port.

use std::error::Error;

use bytes::Bytes;
use domain::conceal;
use domain::ports::{PortError, PortErrorKind};
use http::StatusCode;
use hyper_util::client::legacy;
use serde::Deserialize;

/// Characters that a text of the server's has at most.
const LONGEST: usize = 1000;

/// An error about a request, an answer or a setting that makes no sense.
pub(crate) fn invalid(op: &'static str, detail: impl Into<String>) -> PortError {
    PortError::new(PortErrorKind::Invalid, op, detail)
}

/// The server's own words on a refusal: a `Status` object.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Status {
    #[serde(default)]
    kind: String,
    /// `Invalid`, `NotFound`; empty where the answer is no `Status`.
    #[serde(default)]
    pub(crate) reason: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    #[serde(default)]
    name: String,
    #[serde(default)]
    retry_after_seconds: Option<u64>,
}

impl Status {
    /// Reads a refusal's body. Proxies, load balancers and the server's own front answer with something else.
    pub(crate) fn read(status: StatusCode, body: &Bytes) -> Self {
        if let Ok(read) = serde_json::from_slice::<Self>(body)
            && read.kind == "Status"
        {
            return read;
        }
        Self {
            message: no_status(status, body),
            ..Self::default()
        }
    }

    /// Which object it is about; empty where it is about none.
    pub(crate) fn object(&self) -> &str {
        self.details.as_ref().map_or("", |it| &it.name)
    }

    /// After how many seconds to ask again, if it says so.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        self.details.as_ref()?.retry_after_seconds
    }

    /// What it said, on one line and free of what looks like a secret.
    pub(crate) fn words(&self) -> String {
        foreign(&self.message)
    }
}

/// What can be said of an answer that is not the API server's. A page of HTML says nothing.
fn no_status(status: StatusCode, body: &Bytes) -> String {
    let line = std::str::from_utf8(body)
        .ok()
        .map(str::trim)
        .filter(|text| !text.is_empty() && text.len() <= 200 && !text.contains(['<', '\n', '{']));
    line.map_or_else(
        || format!("HTTP {status}, and not in the words of a Kubernetes API server"),
        str::to_owned,
    )
}

/// The kind of failure that a status is.
pub(crate) fn kind_of(status: StatusCode) -> PortErrorKind {
    match status.as_u16() {
        401 | 403 => PortErrorKind::Denied,
        404 => PortErrorKind::NotFound,
        408 | 504 => PortErrorKind::Timeout,
        // 410: a page's token, or a version, that the server no longer remembers.
        409 | 410 => PortErrorKind::Conflict,
        413 => PortErrorKind::TooLarge,
        429 => PortErrorKind::Throttled,
        500.. => PortErrorKind::Unavailable,
        _ => PortErrorKind::Invalid,
    }
}

/// Why no answer came.
pub(crate) struct Silence {
    pub(crate) error: PortError,
    /// Whether not even a connection came about.
    pub(crate) unconnected: bool,
    /// Whether another attempt may go better.
    pub(crate) heals: bool,
}

/// What the client says of an exchange without an answer.
pub(crate) fn silence(op: &'static str, error: &(dyn Error + 'static)) -> Silence {
    let unconnected = chain(error)
        .filter_map(|link| link.downcast_ref::<legacy::Error>())
        .any(legacy::Error::is_connect);
    let text = causes(error);
    let untrusted = text.contains("invalid peer certificate");
    let late = chain(error).any(|link| {
        let io = link.downcast_ref::<std::io::Error>();
        link.is::<tower::timeout::error::Elapsed>()
            || io.is_some_and(|it| it.kind() == std::io::ErrorKind::TimedOut)
    });
    let kind = if late {
        PortErrorKind::Timeout
    } else {
        PortErrorKind::Unavailable
    };
    let what = if late {
        "no connection in time".to_owned()
    } else if unconnected {
        format!("no connection: {text}")
    } else {
        format!("no whole answer: {text}")
    };
    let hint = match () {
        () if text.contains("UnknownIssuer") || text.contains("BadSignature") => {
            " (the server's certificate is not of the authority that the kubeconfig names: check certificate-authority)"
        }
        () if text.contains("NotValidForName") || text.contains("not valid for name") => {
            " (check the server's address, or set tls-server-name)"
        }
        () if text.contains("CertificateRequired") || text.contains("AccessDenied") => {
            " (the server wants a client certificate)"
        }
        () => "",
    };
    Silence {
        error: PortError::new(kind, op, clean(&format!("{what}{hint}"))),
        unconnected,
        heals: !untrusted,
    }
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&link| link.source())
}

/// The messages of a chain of errors, each once.
pub(crate) fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    for link in chain(error) {
        let message = link.to_string();
        if !text.contains(&message) {
            text.push_str(if text.is_empty() { "" } else { ": " });
            text.push_str(&message);
        }
    }
    text
}

/// Words of somebody else's as [`clean`] gives them, and without what looks like a secret.
pub(crate) fn foreign(text: &str) -> String {
    clean(&conceal::text(&clean(text)))
}

/// One line of at most [`LONGEST`] characters, without control characters.
pub(crate) fn clean(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| {
            !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        })
        .collect();
    match line.char_indices().nth(LONGEST) {
        None => line,
        Some(_) => line.chars().take(LONGEST - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_read_in_the_servers_words_or_in_few() {
        let read = |status: u16, body: &'static str| {
            let status = StatusCode::from_u16(status).unwrap();
            Status::read(status, &Bytes::from_static(body.as_bytes()))
        };
        let of_server = read(
            404,
            r#"{"kind":"Status","reason":"NotFound","message":"pods \"a\" not found","details":{"name":"a"}}"#,
        );
        assert_eq!(
            (of_server.reason.as_str(), of_server.object()),
            ("NotFound", "a")
        );
        assert_eq!(of_server.words(), "pods \"a\" not found");
        assert_eq!(
            read(404, "404 page not found\n").words(),
            "404 page not found"
        );
        for foreign in ["<html>gone</html>", "", "{\"error\":\"x\"}"] {
            let words = read(502, foreign).words();
            assert!(words.starts_with("HTTP 502"), "{words}");
        }
    }

    #[test]
    fn each_status_has_its_kind() {
        for (status, kind) in [
            (400, PortErrorKind::Invalid),
            (401, PortErrorKind::Denied),
            (403, PortErrorKind::Denied),
            (404, PortErrorKind::NotFound),
            (409, PortErrorKind::Conflict),
            (410, PortErrorKind::Conflict),
            (413, PortErrorKind::TooLarge),
            (422, PortErrorKind::Invalid),
            (429, PortErrorKind::Throttled),
            (500, PortErrorKind::Unavailable),
            (503, PortErrorKind::Unavailable),
            (504, PortErrorKind::Timeout),
            (302, PortErrorKind::Invalid),
        ] {
            assert_eq!(
                kind_of(StatusCode::from_u16(status).unwrap()),
                kind,
                "{status}"
            );
        }
    }

    #[test]
    fn a_text_is_one_line_without_secrets() {
        let text = foreign("password=hunter2secret\nsecond\u{202e} line");
        assert!(
            !text.contains("hunter2secret") && !text.contains('\n'),
            "{text}"
        );
        assert_eq!(clean(&"x".repeat(5000)).chars().count(), LONGEST);
    }
}
