//! The client below, and one request through it.

use std::error::Error;
use std::ffi::OsStr;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use domain::ports::{PortError, PortErrorKind};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use super::{Answer, Question};

const LONGEST_CONNECT: Duration = Duration::from_secs(5);

/// How long a connection is kept. A function is frozen between events, and what
/// it kept may be dead by the next.
const KEPT: Duration = Duration::from_secs(15);

const SETTINGS: &str = "web:settings";

/// By which way a request leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// As the environment's proxy settings say.
    AsSet,
    /// Straight: no proxy can reach this machine's own addresses.
    Straight,
}

/// Why no answer came.
pub(super) struct Silence {
    pub(super) error: PortError,
    /// Whether another try may go better.
    pub(super) heals: bool,
}

/// A client that trusts the certificates in that file, or Mozilla's authorities.
pub(super) fn client(own: Option<&OsStr>, way: Way) -> Result<Client, PortError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(error.to_string()))?
        .with_root_certificates(roots(own)?)
        .with_no_client_auth();
    let builder = match way {
        Way::AsSet => Client::builder(),
        Way::Straight => Client::builder().no_proxy(),
    };
    builder
        .tls_backend_preconfigured(tls)
        .connect_timeout(LONGEST_CONNECT)
        // Followed by hand, so that no token goes along to another server.
        .redirect(Policy::none())
        .pool_idle_timeout(KEPT)
        .user_agent(concat!("plumbline/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| invalid(error.without_url().to_string()))
}

fn roots(own: Option<&OsStr>) -> Result<RootCertStore, PortError> {
    let Some(file) = own else {
        return Ok(RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        });
    };
    let named = |what: String| invalid(format!("SSL_CERT_FILE ({}) {what}", file.display()));
    let text = std::fs::read(file).map_err(|error| named(format!("cannot be read: {error}")))?;
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|error| named(format!("is damaged: {error}")))?;
        store
            .add(certificate)
            .map_err(|error| named(format!("has a certificate that cannot be used: {error}")))?;
    }
    // Without any root every connection fails, and none of the errors says why.
    if store.is_empty() {
        return Err(named("has no certificate in PEM".to_owned()));
    }
    Ok(store)
}

fn invalid(detail: String) -> PortError {
    PortError::new(PortErrorKind::Invalid, SETTINGS, detail)
}

/// Sends a request once and reads the whole of what came back.
pub(super) async fn send(
    request: RequestBuilder,
    question: &Question<'_>,
    time: Duration,
) -> Result<Answer, Silence> {
    let silent = |error: &reqwest::Error| not_answered(error, question, time);
    let mut response = request.send().await.map_err(|error| silent(&error))?;
    let too_large = || {
        let what = format!("the answer is larger than {} MiB", question.most >> 20);
        Silence {
            error: question.error(PortErrorKind::TooLarge, &what),
            heals: false,
        }
    };
    let length = response.content_length().unwrap_or_default();
    if usize::try_from(length).map_or(true, |it| it > question.most) {
        return Err(too_large());
    }
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| silent(&error))? {
        if body.len() + chunk.len() > question.most {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        status,
        headers,
        body: body.freeze(),
    })
}

/// A failure without an answer, in words that cannot hold the address.
fn not_answered(error: &reqwest::Error, question: &Question<'_>, time: Duration) -> Silence {
    let (kind, heals, what) = if error.is_timeout() {
        let what = format!("no whole answer within {} s", time.as_secs());
        // What is large is not fetched again and again.
        (PortErrorKind::Timeout, question.time.is_none(), what)
    } else if error.is_builder() {
        let what = "no request can be made of it".to_owned();
        (PortErrorKind::Invalid, false, what)
    } else if error.is_connect() {
        let (cause, heals) = cause(error).unwrap_or((String::new(), true));
        let host = question.url.host_str().unwrap_or_default();
        let what = match cause {
            cause if cause.is_empty() => format!("no connection to {host}"),
            cause => format!("no connection to {host}: {cause}"),
        };
        (PortErrorKind::Unavailable, heals, what)
    } else {
        let what = "the connection broke before the end of the answer".to_owned();
        (PortErrorKind::Unavailable, true, what)
    };
    Silence {
        error: question.error(kind, &what),
        heals,
    }
}

/// What lies at the ground of an error, where its words are known to name no
/// address, and whether it may pass.
fn cause(error: &(dyn Error + 'static)) -> Option<(String, bool)> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(tls_cause(tls));
    }
    let io = error.downcast_ref::<io::Error>();
    // What an adapter wraps as an I/O error is in there and not among its sources.
    let within = io.and_then(io::Error::get_ref).and_then(|it| cause(it));
    within
        .or_else(|| error.source().and_then(cause))
        .or_else(|| io.map(|it| (it.kind().to_string(), true)))
}

fn tls_cause(error: &rustls::Error) -> (String, bool) {
    match error {
        rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer) => (
            "its certificate is from an authority that is not trusted; set SSL_CERT_FILE for one of your own".to_owned(),
            false,
        ),
        rustls::Error::InvalidCertificate(_) => {
            ("its certificate is not valid for it".to_owned(), false)
        }
        _ => ("TLS failed".to_owned(), true),
    }
}
