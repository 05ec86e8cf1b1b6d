//! One request and its answer, in as many attempts as it takes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use domain::ports::{PortError, PortErrorKind};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::time::Instant;
use tower::ServiceExt as _;

use crate::ask::Ask;
use crate::failure::{Silence, Status, invalid, kind_of, silence};
use crate::options::Options;
use crate::token::Token;
use crate::transport::Transport;

/// Attempts where no connection comes about.
const CONNECTIONS: u32 = 3;

/// An answer of the server, whatever its status.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
    retry_after: Option<Duration>,
}

impl Answer {
    /// Whether the server only could not answer now. A 500 is a decision, unless the server asks to be asked again.
    fn is_passing(&self) -> bool {
        match self.status.as_u16() {
            429 | 502..=504 => true,
            500.. => self.retry_after.is_some(),
            _ => false,
        }
    }
}

/// The way to one API server.
pub(crate) struct Exchange {
    transport: Transport,
    token: Option<Token>,
    options: Options,
    requests: AtomicU64,
    /// What errors say of where it went: `cluster NAME at https://HOST`.
    place: String,
    /// What may help where no connection comes about.
    hint: Option<String>,
    /// What may help where the server does not know who asks.
    stranger: &'static str,
}

/// What an exchange is made from besides its transport.
pub(crate) struct Place {
    pub(crate) place: String,
    pub(crate) hint: Option<String>,
    pub(crate) stranger: &'static str,
}

impl Exchange {
    pub(crate) fn new(
        transport: Transport,
        token: Option<Token>,
        options: Options,
        place: Place,
    ) -> Self {
        Self {
            transport,
            token,
            options,
            requests: AtomicU64::new(0),
            place: place.place,
            hint: place.hint,
            stranger: place.stranger,
        }
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    /// Where it goes, for messages.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// Requests sent so far, retries included.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// The body of a success.
    pub(crate) async fn success(&self, ask: &Ask) -> Result<Bytes, PortError> {
        let answer = self.ask(ask).await?;
        if answer.status.is_success() {
            return Ok(answer.body);
        }
        let status = Status::read(answer.status, &answer.body);
        Err(self.refusal(ask, answer.status, &status))
    }

    /// What a refusal means.
    pub(crate) fn refusal(&self, ask: &Ask, status: StatusCode, said: &Status) -> PortError {
        let hint = match status.as_u16() {
            401 => self.stranger,
            _ => "",
        };
        self.about(ask, kind_of(status), &format!("{}{hint}", said.words()))
    }

    /// An error at a request.
    pub(crate) fn about(&self, ask: &Ask, kind: PortErrorKind, what: &str) -> PortError {
        PortError::new(kind, ask.op(), format!("{ask} of {}: {what}", self.place))
    }

    /// The server's answer. What only passes is waited for, within the limits of [`Options`].
    pub(crate) async fn ask(&self, ask: &Ask) -> Result<Answer, PortError> {
        let deadline = Instant::now() + self.options.deadline;
        let mut wait = self.options.initial_backoff;
        let mut unconnected = 0;
        for attempt in 1.. {
            let (failure, after) = match self.known(ask, deadline).await {
                Ok(answer) if !answer.is_passing() => return Ok(answer),
                Ok(answer) => (self.passing(ask, &answer), answer.retry_after),
                Err(silence) => {
                    unconnected += u32::from(silence.unconnected);
                    if !silence.heals || unconnected >= CONNECTIONS {
                        return Err(silence.error);
                    }
                    (silence.error, None)
                }
            };
            let jitter = wait.mul_f64(fastrand::f64());
            // Who was told the same time as a hundred others does not come back with them.
            let pause = after.unwrap_or_default() + jitter;
            if attempt >= self.options.max_attempts
                || after.is_some_and(|it| it > self.options.longest_retry_after)
                || Instant::now() + pause >= deadline
            {
                return Err(failure);
            }
            tokio::time::sleep(pause).await;
            wait = wait.saturating_mul(2).min(self.options.max_backoff);
        }
        // Not reached: the attempts have an end.
        Err(self.about(ask, PortErrorKind::Unavailable, "no attempt was left"))
    }

    fn passing(&self, ask: &Ask, answer: &Answer) -> PortError {
        let status = Status::read(answer.status, &answer.body);
        let asks = answer.retry_after.map_or_else(String::new, |it| {
            format!(" (it asks to come back after {} s)", it.as_secs())
        });
        let words = format!("HTTP {}: {}{asks}", answer.status.as_u16(), status.words());
        self.about(ask, kind_of(answer.status), &words)
    }

    /// One attempt, with an identity. A token that the server no longer takes is renewed once.
    async fn known(&self, ask: &Ask, deadline: Instant) -> Result<Answer, Silence> {
        let lasting = |error| Silence {
            error,
            unconnected: false,
            heals: false,
        };
        let Some(token) = &self.token else {
            return self.once(ask, None, deadline).await;
        };
        let header = token.header().await.map_err(lasting)?;
        let answer = self.once(ask, Some(&header), deadline).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        match token.instead_of(&header).await.map_err(lasting)? {
            Some(other) => self.once(ask, Some(&other), deadline).await,
            None => Ok(answer),
        }
    }

    async fn once(
        &self,
        ask: &Ask,
        identity: Option<&HeaderValue>,
        deadline: Instant,
    ) -> Result<Answer, Silence> {
        let limit = self
            .options
            .request_timeout
            .min(deadline.saturating_duration_since(Instant::now()));
        match tokio::time::timeout(limit, self.sent(ask, identity)).await {
            Ok(result) => result,
            Err(_) => Err(Silence {
                error: self.about(
                    ask,
                    PortErrorKind::Timeout,
                    &format!("no whole answer within {limit:?}"),
                ),
                unconnected: false,
                heals: true,
            }),
        }
    }

    async fn sent(&self, ask: &Ask, identity: Option<&HeaderValue>) -> Result<Answer, Silence> {
        let lasting = |error| Silence {
            error,
            unconnected: false,
            heals: false,
        };
        let mut request = ask
            .request()
            .map_err(|error| lasting(invalid(ask.op(), format!("{ask}: {error}"))))?;
        if let Some(header) = identity {
            request.headers_mut().insert(AUTHORIZATION, header.clone());
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        let response = self.transport.clone().oneshot(request).await;
        let response = response.map_err(|error| self.unanswered(ask, &*error))?;
        let (head, body) = response.into_parts();
        let cap = self.options.body_cap;
        let too_large = || {
            let what = format!("the answer is larger than {cap} bytes");
            lasting(self.about(ask, PortErrorKind::TooLarge, &what))
        };
        let number = |name| {
            let text = head.headers.get(name)?.to_str().ok()?;
            text.trim().parse::<u64>().ok()
        };
        if number(CONTENT_LENGTH).is_some_and(|length| length > cap as u64) {
            return Err(too_large());
        }
        let body = match Limited::new(body, cap).collect().await {
            Ok(whole) => whole.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => return Err(too_large()),
            Err(error) => return Err(self.unanswered(ask, &*error)),
        };
        let seconds = number(RETRY_AFTER).or_else(|| {
            let is_refusal = head.status.is_client_error() || head.status.is_server_error();
            is_refusal.then(|| Status::read(head.status, &body).retry_after())?
        });
        Ok(Answer {
            status: head.status,
            body,
            retry_after: seconds.map(Duration::from_secs),
        })
    }

    fn unanswered(&self, ask: &Ask, error: &(dyn std::error::Error + 'static)) -> Silence {
        let silence = silence(ask.op(), error);
        let hint = match &self.hint {
            Some(hint) if silence.unconnected => format!(" ({hint})"),
            _ => String::new(),
        };
        let what = format!("{}{hint}", silence.error.detail);
        Silence {
            error: self.about(ask, silence.error.kind, &what),
            ..silence
        }
    }
}
