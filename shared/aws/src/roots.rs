//! Which certificate authorities are trusted.
//!
//! Half of a function's start would be reading the system's 144 roots, of which
//! AWS uses five.

use std::ffi::OsString;
use std::fs;

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use aws_smithy_types::base64;
use domain::ports::PortError;

use crate::connection::SETTINGS;
use crate::failure::invalid;

/// The certificate authorities that AWS's endpoints chain to, in DER; the build
/// script picks them from Mozilla's list by their names.
const AWS: [&[u8]; 5] = [
    include_bytes!(concat!(env!("OUT_DIR"), "/0.der")),
    include_bytes!(concat!(env!("OUT_DIR"), "/1.der")),
    include_bytes!(concat!(env!("OUT_DIR"), "/2.der")),
    include_bytes!(concat!(env!("OUT_DIR"), "/3.der")),
    include_bytes!(concat!(env!("OUT_DIR"), "/4.der")),
];

/// Which certificate authorities are trusted. `SSL_CERT_FILE`, where it is set,
/// goes before the first two: it is for endpoints with a certificate of one's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roots {
    /// Those that AWS's own endpoints chain to, built in.
    Aws,
    /// Those of the system, read when the first connection is made.
    System,
    /// Those of [`Roots::Aws`], and `SSL_CERT_FILE` is not read: for an endpoint
    /// on this machine, without TLS, for which it does not matter.
    BuiltIn,
}

impl Roots {
    /// The TLS settings, and whether what the user set for them can be used.
    pub(crate) fn context(self) -> (TlsContext, Result<(), PortError>) {
        let own = match self {
            Roots::BuiltIn => None,
            Roots::Aws | Roots::System => {
                std::env::var_os("SSL_CERT_FILE").filter(|file| !file.is_empty())
            }
        };
        let usable = own.as_ref().map_or(Ok(()), holds_certificates);
        let store = match self {
            Roots::Aws | Roots::BuiltIn if own.is_none() => {
                AWS.iter().fold(TrustStore::empty(), |store, der| {
                    store.with_pem_certificate(pem(der))
                })
            }
            // The system's store is what reads SSL_CERT_FILE.
            _ => TrustStore::default(),
        };
        let context = TlsContext::builder()
            .with_trust_store(store)
            .build()
            .unwrap_or_default();
        (context, usable)
    }
}

/// Without any root every connection fails, and none of the errors says why.
fn holds_certificates(file: &OsString) -> Result<(), PortError> {
    let problem = match fs::read(file) {
        Ok(text) if contains(&text, b"-----BEGIN CERTIFICATE-----") => return Ok(()),
        Ok(_) => "has no certificate in PEM".to_owned(),
        Err(error) => format!("cannot be read: {error}"),
    };
    Err(invalid(
        SETTINGS,
        format!("SSL_CERT_FILE ({}) {problem}", file.display()),
    ))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|it| it == part)
}

/// The form that the HTTP client takes.
fn pem(der: &[u8]) -> String {
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        base64::encode(der)
    )
}
