//! HTTP to servers that hold manifests: bounded in time and size, patient with
//! limits, and silent about secrets.

mod client;
mod limits;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::conceal;
use domain::ports::{Clock, PortError, PortErrorKind, Secret};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION,
};
use reqwest::{Client, Method, Url};

use client::{Silence, Way};

/// How often a server is tried that fails or is silent.
const ATTEMPTS: u32 = 3;

/// The wait before the second try; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The redirects that are followed.
const MOST_REDIRECTS: usize = 5;

/// Characters that words of a server's have at most in an error.
const LONGEST_WORDS: usize = 300;

/// How patient a client is.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How long one request may take, its answer included.
    pub answer: Duration,
    /// How long it waits in all, per question, for a limit to pass. A server
    /// that asks for more has throttled it.
    pub limits: Duration,
}

impl Default for Patience {
    /// Twenty seconds each.
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(20),
            limits: Duration::from_secs(20),
        }
    }
}

/// A client of HTTP servers.
pub struct Web {
    client: Client,
    /// For addresses of this machine.
    straight: Client,
    clock: Arc<dyn Clock>,
    patience: Patience,
}

/// A question.
#[derive(Clone)]
pub struct Question<'a> {
    /// The call, `github:GetCommit`.
    pub op: &'static str,
    /// What errors call the place that is asked for.
    pub about: &'a str,
    /// The address.
    pub url: Url,
    /// What is put in `Authorization`; goes to no other server than the one asked.
    pub authorization: Option<Secret>,
    /// Further headers; they may go to another server too.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// JSON, posted; without one the question is a GET.
    pub body: Option<String>,
    /// Whether redirects are followed.
    pub follow: bool,
    /// How long one request may take in place of the client's own time.
    pub time: Option<Duration>,
    /// The most bytes that an answer may have.
    pub most: usize,
}

impl<'a> Question<'a> {
    /// A GET of JSON of at most 4 MiB, redirects followed.
    #[must_use]
    pub fn get(op: &'static str, about: &'a str, url: Url) -> Self {
        Self {
            op,
            about,
            url,
            authorization: None,
            headers: vec![(ACCEPT, HeaderValue::from_static("application/json"))],
            body: None,
            follow: true,
            time: None,
            most: 4 << 20,
        }
    }

    /// An error about it.
    #[must_use]
    pub fn error(&self, kind: PortErrorKind, what: &str) -> PortError {
        PortError::new(kind, self.op, format!("{}: {what}", self.about))
    }
}

/// An answer: a status that is no server's failure, no limit and no redirect that is followed.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// A header's text; empty where there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.and_then(|it| it.to_str().ok()).unwrap_or_default()
    }

    /// The server's own words for a refusal, its `message`, in a form that may be shown.
    #[must_use]
    pub fn words(&self) -> String {
        let body: Option<serde_json::Value> = serde_json::from_slice(&self.body).ok();
        let message = body.as_ref().and_then(|it| it.get("message")?.as_str());
        let one_line: String = message
            .unwrap_or_default()
            .chars()
            .map(|it| if it.is_control() { ' ' } else { it })
            .take(LONGEST_WORDS)
            .collect();
        conceal::text(one_line.trim())
    }
}

impl Web {
    /// A client that trusts the certificate authorities in `SSL_CERT_FILE`
    /// where that is set, else Mozilla's. Nothing is connected to yet.
    ///
    /// # Errors
    ///
    /// [`PortErrorKind::Invalid`] where `SSL_CERT_FILE` holds no certificates.
    pub fn new(clock: Arc<dyn Clock>, patience: Patience) -> Result<Self, PortError> {
        let own = std::env::var_os("SSL_CERT_FILE").filter(|it| !it.is_empty());
        Ok(Self {
            client: client::client(own.as_deref(), Way::AsSet)?,
            straight: client::client(own.as_deref(), Way::Straight)?,
            clock,
            patience,
        })
    }

    /// Time.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Asks until there is an answer: a server that fails or is silent up to
    /// three times, one that throttles for as long as the patience lasts.
    ///
    /// # Errors
    ///
    /// [`PortErrorKind::Throttled`] where a limit lasts longer than the
    /// patience, [`PortErrorKind::TooLarge`] for an answer above the question's
    /// size, [`PortErrorKind::Unavailable`] and [`PortErrorKind::Timeout`] for
    /// servers that fail or are silent, [`PortErrorKind::Invalid`] for redirects
    /// that cannot be followed. Refusals are answers.
    pub async fn ask(&self, question: &Question<'_>) -> Result<Answer, PortError> {
        let mut question = question.clone();
        let (mut tries, mut redirects) = (1, 0);
        let mut patience = self.patience.limits;
        loop {
            let error = match self.once(&question).await {
                Ok(answer) => {
                    if let Some(limit) = limits::read(&answer, self.clock.now()) {
                        let Some(left) = patience.checked_sub(limit.wait) else {
                            return Err(
                                question.error(PortErrorKind::Throttled, &limit.said(&answer))
                            );
                        };
                        patience = left;
                        self.clock.sleep(limit.wait).await;
                        continue;
                    }
                    match answer.status {
                        301 | 302 | 303 | 307 | 308 if question.follow => {
                            redirects += 1;
                            redirect(&mut question, &answer, redirects)?;
                            continue;
                        }
                        408 => question.error(PortErrorKind::Timeout, "answered 408"),
                        500.. => {
                            let what = match answer.words() {
                                words if words.is_empty() => format!("answered {}", answer.status),
                                words => format!("answered {} ({words})", answer.status),
                            };
                            question.error(PortErrorKind::Unavailable, &what)
                        }
                        _ => return Ok(answer),
                    }
                }
                Err(silence) if silence.heals => silence.error,
                Err(silence) => return Err(silence.error),
            };
            if tries == ATTEMPTS {
                let detail = format!("{} ({tries} tries)", error.detail);
                return Err(PortError { detail, ..error });
            }
            self.clock.sleep(FIRST_WAIT * 2_u32.pow(tries - 1)).await;
            tries += 1;
        }
    }

    /// One request and its whole answer.
    async fn once(&self, question: &Question<'_>) -> Result<Answer, Silence> {
        let client = if is_of_this_machine(&question.url) {
            &self.straight
        } else {
            &self.client
        };
        let method = match question.body {
            Some(_) => Method::POST,
            None => Method::GET,
        };
        let time = question.time.unwrap_or(self.patience.answer);
        let mut request = client
            .request(method, question.url.clone())
            .timeout(time)
            .headers(question.headers.iter().cloned().collect());
        if let Some(secret) = &question.authorization {
            let Ok(mut value) = HeaderValue::try_from(secret.reveal()) else {
                let what =
                    "the token holds characters that no token has; store the token alone there";
                return Err(Silence {
                    error: question.error(PortErrorKind::Invalid, what),
                    heals: false,
                });
            };
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        if let Some(body) = &question.body {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        client::send(request, question, time).await
    }
}

/// Turns a question to where an answer leads. What an address carries beside
/// its host may be a secret, so no error shows it.
pub(crate) fn redirect(
    question: &mut Question<'_>,
    answer: &Answer,
    count: usize,
) -> Result<(), PortError> {
    let invalid = |what: &str| Err(question.error(PortErrorKind::Invalid, what));
    if count > MOST_REDIRECTS {
        return invalid("is redirected again and again; check the server's address");
    }
    let text = answer.header(LOCATION.as_str());
    let Ok(next) = question.url.join(text) else {
        return invalid("is redirected to nowhere; check the server's address");
    };
    let is_secure = next.scheme() == "https";
    if !is_secure && (next.scheme() != "http" || question.url.scheme() == "https") {
        return invalid("is redirected to an address without TLS, which is not followed");
    }
    if question.body.is_some() && !matches!(answer.status, 307 | 308) {
        return invalid("is redirected, which a post does not follow; check the server's address");
    }
    if next.origin() != question.url.origin() {
        question.authorization = None;
    }
    question.url = next;
    Ok(())
}

/// No proxy can reach this machine's own addresses.
fn is_of_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|it| it.is_loopback())
}

/// A server's address as a user writes it, without a slash at its end.
///
/// # Errors
///
/// [`PortErrorKind::Invalid`] where it is no http(s) address, or carries a
/// user, a query or a fragment.
pub fn address(op: &'static str, text: &str) -> Result<String, PortError> {
    let url = Url::parse(text.trim()).ok().filter(|it| {
        matches!(it.scheme(), "https" | "http")
            && it.host_str().is_some()
            && it.username().is_empty()
            && it.password().is_none()
            && it.query().is_none()
            && it.fragment().is_none()
    });
    url.map(|it| it.as_str().trim_end_matches('/').to_owned())
        .ok_or_else(|| {
            // A password may stand in it, so it is not quoted.
            let what = "the server's address is none; write https://HOST, or https://HOST/PATH";
            PortError::new(PortErrorKind::Invalid, op, what)
        })
}

/// A text as one segment of an address or as a value of its query: everything
/// but the unreserved in percent, slashes too.
#[must_use]
pub fn encoded(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    out
}
