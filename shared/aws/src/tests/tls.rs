//! Which certificates are trusted, over real TLS.

use std::path::PathBuf;
use std::sync::Arc;

use domain::ports::PortErrorKind::{Invalid, Unavailable};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{in_account, is_child, quick};
use crate::{Connection, Options, Roots};

const IDENTITY: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account>\
                        </GetCallerIdentityResult></GetCallerIdentityResponse>";

/// A server with a certificate that it has signed itself: its URL, and the certificate in PEM.
async fn server() -> (String, String) {
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(pair.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![pair.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "https://localhost:{}",
        listener.local_addr().unwrap().port()
    );
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let _ = stream.read(&mut [0; 8192]).await;
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{IDENTITY}",
                    IDENTITY.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    (url, pair.cert.pem())
}

fn options() -> Options {
    let roots = match std::env::var("ROOTS").as_deref() {
        Ok("aws") => Roots::Aws,
        _ => Roots::System,
    };
    Options {
        roots,
        max_attempts: 1,
        ..quick()
    }
}

#[tokio::test]
async fn a_certificate_of_ones_own_is_trusted_by_ssl_cert_file_with_either_roots() {
    let name = "tls::a_certificate_of_ones_own_is_trusted_by_ssl_cert_file_with_either_roots";
    if !is_child() {
        let (url, pem) = server().await;
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("own.pem");
        std::fs::write(&file, pem).unwrap();
        let file = file.to_str().unwrap().to_owned();
        return tokio::task::spawn_blocking(move || {
            for roots in ["aws", "system"] {
                let endpoint = ("AWS_ENDPOINT_URL", url.as_str());
                in_account(
                    name,
                    &[endpoint, ("ROOTS", roots), ("SSL_CERT_FILE", &file)],
                );
            }
        })
        .await
        .unwrap();
    }
    let connection = Connection::from_env(options()).await;
    assert_eq!(connection.account(None).await.unwrap(), "111122223333");
}

/// The system's roots are put in place by a directory, as a distribution may.
#[tokio::test]
async fn what_the_system_trusts_a_function_does_not() {
    let name = "tls::what_the_system_trusts_a_function_does_not";
    if !is_child() {
        let (url, pem) = server().await;
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("0123abcd.0"), pem).unwrap();
        let at: PathBuf = directory.path().to_owned();
        tokio::task::spawn_blocking(move || {
            for roots in ["aws", "system"] {
                let variables = [
                    ("AWS_ENDPOINT_URL", url.as_str()),
                    ("ROOTS", roots),
                    ("SSL_CERT_DIR", at.to_str().unwrap()),
                ];
                in_account(name, &variables);
            }
        })
        .await
        .unwrap();
        return;
    }
    let options = options();
    let account = Connection::from_env(options).await.account(None).await;
    match options.roots {
        Roots::System => assert_eq!(account.unwrap(), "111122223333"),
        Roots::Aws | Roots::BuiltIn => {
            let error = account.unwrap_err();
            assert_eq!(error.kind, Unavailable, "{error}");
            assert!(error.detail.contains("UnknownIssuer"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_file_without_certificates_is_named_before_any_call() {
    let name = "tls::a_file_without_certificates_is_named_before_any_call";
    if !is_child() {
        let directory = tempfile::tempdir().unwrap();
        let empty = directory.path().join("empty.pem");
        std::fs::write(&empty, "no certificate").unwrap();
        for file in [empty.to_str().unwrap(), "/nonexistent.pem"] {
            in_account(name, &[("SSL_CERT_FILE", file), ("ROOTS", "aws")]);
        }
        return;
    }
    let connection = Connection::from_env(options()).await;
    let error = connection.access(None, None).await.unwrap_err();
    assert_eq!(error.kind, Invalid);
    assert!(error.detail.contains("SSL_CERT_FILE ("), "{error}");
    assert_eq!(connection.account(None).await.unwrap_err().kind, Invalid);
    assert_eq!(connection.requests(), 0);
}
