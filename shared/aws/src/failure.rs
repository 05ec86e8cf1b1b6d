//! The one table from the SDK's failures to the ports'.

use std::error::Error;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use domain::ports::{PortError, PortErrorKind};

use crate::http::{BodyTooLarge, NoAnswer};

/// Characters a detail has at most.
const DETAIL_LIMIT: usize = 500;

const NO_CREDENTIALS: &str = if cfg!(feature = "laptop") {
    "no AWS credentials found: run `aws sso login` or `aws login`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and \
     AWS_SECRET_ACCESS_KEY; in AWS, give the machine or function a role"
} else {
    "no AWS credentials found: give the machine or function a role, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and \
     AWS_SECRET_ACCESS_KEY"
};

/// What to do where nothing gave credentials, and which profile was asked for them.
fn no_credentials() -> String {
    match std::env::var("AWS_PROFILE") {
        Ok(profile) if !profile.is_empty() => {
            format!(
                "{NO_CREDENTIALS} (AWS_PROFILE is {profile:?}: is it in the AWS config files, and does it give any?)"
            )
        }
        _ => NO_CREDENTIALS.to_owned(),
    }
}

/// What the error codes of the services mean, and what helps.
const CODES: [(PortErrorKind, &[&str], &str); 8] = [
    (
        PortErrorKind::Throttled,
        &[
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "RequestThrottled",
            "RequestThrottledException",
            "RequestLimitExceeded",
            "TooManyRequests",
            "TooManyRequestsException",
            "BandwidthLimitExceeded",
            "EC2ThrottledException",
            "SlowDown",
            "PriorRequestNotComplete",
        ],
        "",
    ),
    (
        PortErrorKind::Denied,
        &[
            "AccessDenied",
            "AccessDeniedException",
            "UnauthorizedOperation",
            "NotAuthorized",
            "UnauthorizedException",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "InvalidIdentityToken",
            "InvalidIdentityTokenException",
            "IDPRejectedClaim",
        ],
        "",
    ),
    (
        PortErrorKind::Denied,
        &[
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "AuthFailure",
            "InvalidAccessKeyId",
            "OptInRequired",
        ],
        "the keys are wrong or inactive, or the region is not enabled for the account",
    ),
    (
        PortErrorKind::Denied,
        &["ExpiredToken", "ExpiredTokenException"],
        "the credentials have expired: log in again",
    ),
    (
        PortErrorKind::Denied,
        &[
            "SignatureDoesNotMatch",
            "InvalidSignatureException",
            "IncompleteSignature",
            "RequestExpired",
        ],
        "check the secret key and this machine's clock",
    ),
    (
        PortErrorKind::Unavailable,
        &[
            "ServiceUnavailable",
            "ServiceUnavailableException",
            "InternalFailure",
            "InternalError",
            "InternalServerError",
            "InternalServiceError",
            "IDPCommunicationError",
        ],
        "",
    ),
    (
        PortErrorKind::Timeout,
        &["RequestTimeout", "RequestTimeoutException"],
        "",
    ),
    (PortErrorKind::NotFound, &["ResourceNotFoundException"], ""),
];

/// An answer that an adapter's own check refuses. It quotes nothing of the answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(
    /// What is wrong with the answer.
    pub String,
);

/// An error about a request or an answer that makes no sense.
#[must_use]
pub fn invalid(op: &'static str, detail: impl Into<String>) -> PortError {
    PortError::new(PortErrorKind::Invalid, op, detail)
}

/// Where a call is made and how long it may take; for messages.
#[derive(Clone, Debug)]
pub struct Place {
    pub(crate) region: String,
    pub(crate) attempt: Duration,
    pub(crate) operation: Duration,
}

impl Place {
    /// The region that calls go to.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// An error about an answer that cannot be read; `detail` quotes nothing of it.
    #[must_use]
    pub fn unreadable(&self, op: &'static str, detail: impl std::fmt::Display) -> PortError {
        invalid(op, clean(&format!("{detail} (region {})", self.region)))
    }

    /// What a failed call means to a port.
    #[must_use]
    pub fn error<E>(&self, op: &'static str, error: &SdkError<E, HttpResponse>) -> PortError
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        self.error_with(op, error, |_, _| None)
    }

    /// What a failed call means to a port, where a service has meanings of its
    /// own: `own(code, message)` goes before the table that all services share.
    #[must_use]
    pub fn error_with<E>(
        &self,
        op: &'static str,
        error: &SdkError<E, HttpResponse>,
        own: impl Fn(&str, &str) -> Option<PortErrorKind>,
    ) -> PortError
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let (kind, detail) = match error {
            SdkError::ServiceError(answer) => {
                let meta = answer.err().meta();
                let message = meta.message().unwrap_or_default();
                let (kind, detail) = service(answer.raw().status().as_u16(), meta.code(), message);
                let own = meta.code().and_then(|code| own(code, message));
                (own.unwrap_or(kind), detail)
            }
            SdkError::TimeoutError(_) => (PortErrorKind::Timeout, self.waited()),
            other => without_answer(other, self),
        };
        PortError::new(kind, op, clean(&detail))
    }

    /// What the other side's refusal of a call means that no SDK client made.
    #[cfg(feature = "signed")]
    pub(crate) fn refusal(
        &self,
        op: &'static str,
        status: u16,
        (code, message): (Option<&str>, &str),
    ) -> PortError {
        let (kind, detail) = service(status, code, message);
        PortError::new(
            kind,
            op,
            clean(&format!("{detail} (region {})", self.region)),
        )
    }

    /// What it means that no answer came to a call that no SDK client made.
    #[cfg(feature = "signed")]
    pub(crate) fn silence(&self, op: &'static str, error: &(dyn Error + 'static)) -> PortError {
        let (kind, detail) = without_answer(error, self);
        PortError::new(kind, op, clean(&detail))
    }

    /// The time of a call, or of one attempt of it, is up.
    #[cfg(feature = "signed")]
    pub(crate) fn too_late(&self, op: &'static str) -> PortError {
        PortError::new(PortErrorKind::Timeout, op, self.waited())
    }

    fn waited(&self) -> String {
        format!(
            "no answer within {:?} ({:?} an attempt) from region {}",
            self.operation, self.attempt, self.region
        )
    }
}

/// A failure that the other side reported, by its code, else by the HTTP status.
fn service(status: u16, code: Option<&str>, message: &str) -> (PortErrorKind, String) {
    let Some(code) = code else {
        let detail = if (200..300).contains(&status) {
            format!("the answer (HTTP {status}) is not the one of this call")
        } else {
            format!("HTTP {status} without an error code")
        };
        return (of_status(status), detail);
    };
    let text = if message.is_empty() {
        code.to_owned()
    } else {
        format!("{code}: {message}")
    };
    if let Some((kind, _, hint)) = CODES.iter().find(|(_, codes, _)| codes.contains(&code)) {
        let detail = if hint.is_empty() {
            text
        } else {
            format!("{text} ({hint})")
        };
        return (*kind, detail);
    }
    (of_status(status), text)
}

fn of_status(status: u16) -> PortErrorKind {
    match status {
        401 | 403 => PortErrorKind::Denied,
        408 => PortErrorKind::Timeout,
        429 => PortErrorKind::Throttled,
        500.. => PortErrorKind::Unavailable,
        _ => PortErrorKind::Invalid,
    }
}

/// A failure before or instead of an answer: it is told by what lies in its chain.
fn without_answer(error: &(dyn Error + 'static), place: &Place) -> (PortErrorKind, String) {
    if let Some(too_large) = find::<BodyTooLarge>(error) {
        return (PortErrorKind::TooLarge, too_large.to_string());
    }
    if let Some(refused) = find::<Refused>(error) {
        return (PortErrorKind::Invalid, refused.to_string());
    }
    if let Some(credentials) = find::<CredentialsError>(error) {
        return without_credentials(credentials, place);
    }
    if let Some(no_answer) = find::<NoAnswer>(error) {
        return (PortErrorKind::Unavailable, unreachable(no_answer, place));
    }
    let kind = match causes(error) {
        text if text.contains("timed out") => PortErrorKind::Timeout,
        _ => PortErrorKind::Invalid,
    };
    (kind, format!("{} (region {})", causes(error), place.region))
}

/// No credentials, with what the provider that should give them said.
fn without_credentials(error: &CredentialsError, place: &Place) -> (PortErrorKind, String) {
    if let CredentialsError::CredentialsNotLoaded(_) = error {
        return (PortErrorKind::Denied, no_credentials());
    }
    if let Some(meta) = find::<ErrorMetadata>(error)
        && let Some(code) = meta.code()
    {
        // The status is lost in the chain; a refusal without a known code is a refusal.
        let (kind, detail) = service(403, Some(code), meta.message().unwrap_or_default());
        return (kind, format!("credentials: {detail}"));
    }
    let text = causes(error);
    // The metadata service is asked last, so whatever it says, nothing before it had credentials.
    if text.contains("IMDS") {
        return (
            PortErrorKind::Denied,
            format!("{} ({text})", no_credentials()),
        );
    }
    if let Some(no_answer) = find::<NoAnswer>(error) {
        return (
            PortErrorKind::Unavailable,
            format!("credentials: {}", unreachable(no_answer, place)),
        );
    }
    let kind = if text.contains("timed out") {
        PortErrorKind::Timeout
    } else {
        PortErrorKind::Denied
    };
    (kind, format!("credentials: {text}"))
}

fn unreachable(error: &NoAnswer, place: &Place) -> String {
    format!(
        "{} (check that region `{}` exists, the endpoint and the network)",
        causes(error),
        place.region
    )
}

fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).find_map(|link| link.downcast_ref::<T>())
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&link| link.source())
}

/// The messages of a chain of errors, each once.
fn causes(error: &(dyn Error + 'static)) -> String {
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

/// One line of at most [`DETAIL_LIMIT`] characters, without control characters.
fn clean(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| {
            !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        })
        .collect();
    match line.char_indices().nth(DETAIL_LIMIT) {
        None => line,
        Some(_) => line.chars().take(DETAIL_LIMIT - 1).chain(['…']).collect(),
    }
}
