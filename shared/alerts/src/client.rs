//! The HTTP client, and one request through it.

use std::error::Error;
use std::ffi::OsStr;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::{PortError, PortErrorKind};
use reqwest::header::RETRY_AFTER;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::answer::Given;

/// How long one post may take in all; a claim of an effect holds far longer.
const LONGEST: Duration = Duration::from_secs(10);

const LONGEST_CONNECT: Duration = Duration::from_secs(5);

/// As much of an answer is read at most: it says one word.
const LONGEST_ANSWER: usize = 64 * 1024;

const SETTINGS: &str = "channels:settings";

/// By which way a post leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// As the environment's proxy settings say.
    AsSet,
    /// Straight: no proxy can reach this machine's own addresses.
    Straight,
}

/// A client that trusts the certificates in that file, or Mozilla's authorities.
pub(crate) fn client(own: Option<&OsStr>, way: Way) -> Result<Client, PortError> {
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
        .timeout(LONGEST)
        .connect_timeout(LONGEST_CONNECT)
        // A post that follows a redirect may end as a GET somewhere else.
        .redirect(Policy::none())
        // A function is frozen between events: a kept connection may be dead by
        // the next, and whether a post on it arrived could not be told.
        .pool_max_idle_per_host(0)
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

/// Sends a request once and reads what came back, as much of it as matters.
pub(crate) async fn send(
    request: RequestBuilder,
    op: &'static str,
    name: &str,
) -> Result<Given, PortError> {
    let mut response = request
        .send()
        .await
        .map_err(|error| not_answered(&error, op, name))?;
    let status = response.status().as_u16();
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|it| it.to_str().ok())
        .map(str::to_owned);
    let mut body = Vec::new();
    // The status has decided; an answer that breaks off takes nothing away from it.
    while body.len() < LONGEST_ANSWER
        && let Ok(Some(chunk)) = response.chunk().await
    {
        let left = LONGEST_ANSWER - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(left)]);
    }
    Ok(Given {
        status,
        retry_after,
        body,
    })
}

/// A failure without an answer, in words that cannot hold the address.
fn not_answered(error: &reqwest::Error, op: &'static str, name: &str) -> PortError {
    let (kind, what) = if error.is_timeout() {
        let what = format!("no answer within {} s", LONGEST.as_secs());
        (PortErrorKind::Timeout, what)
    } else if error.is_builder() {
        (
            PortErrorKind::Invalid,
            "no request can be made of it".to_owned(),
        )
    } else if error.is_connect() {
        let what = match cause(error) {
            Some(cause) => format!("no connection: {cause}"),
            None => "no connection".to_owned(),
        };
        (PortErrorKind::Unavailable, what)
    } else {
        let what = "the connection broke before an answer".to_owned();
        (PortErrorKind::Unavailable, what)
    };
    PortError::new(kind, op, format!("{name}: {what}"))
}

/// What lies at the ground of an error, where its words are known to name no address.
fn cause(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(tls_cause(tls));
    }
    let io = error.downcast_ref::<io::Error>();
    // What an adapter wraps as an I/O error is in there and not among its sources.
    let within = io.and_then(io::Error::get_ref).and_then(|it| cause(it));
    within
        .or_else(|| error.source().and_then(cause))
        .or_else(|| io.map(|it| it.kind().to_string()))
}

fn tls_cause(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer) => {
            "its certificate is from an authority that is not trusted; set SSL_CERT_FILE for one of your own".to_owned()
        }
        rustls::Error::InvalidCertificate(_) => "its certificate is not valid for it".to_owned(),
        _ => "TLS failed".to_owned(),
    }
}
