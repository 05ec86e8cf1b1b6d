//! Whose certificates are trusted.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

use domain::ports::{Channels as _, PortErrorKind};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

use super::{channels, slack};
use crate::client;

/// A server with that certificate, which answers 200 to whoever trusts it; its address.
fn server(certificate: &CertifiedKey<rcgen::KeyPair>) -> String {
    let key = PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            if stream.read(&mut [0; 4096]).is_ok() {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
                let _ = stream.write_all(answer);
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    format!("https://localhost:{port}/")
}

#[tokio::test]
async fn a_certificate_of_ones_own_is_trusted_only_where_its_file_is_given() {
    let certificate = generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let url = server(&certificate);
    let mut channels = channels(&[("env:HOOK", &url)]);
    let error = channels
        .post(&slack(), "key", &json!({}))
        .await
        .unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert!(error.detail.contains("set SSL_CERT_FILE"), "{error}");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("roots.pem");
    std::fs::write(&file, certificate.cert.pem()).unwrap();
    channels.straight = client::client(Some(file.as_os_str()), client::Way::Straight).unwrap();
    channels.post(&slack(), "key", &json!({})).await.unwrap();
}

#[test]
fn a_file_without_certificates_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("roots.pem");
    let refused = || client::client(Some(file.as_os_str()), client::Way::Straight).unwrap_err();
    assert!(refused().detail.contains("roots.pem) cannot be read"));
    std::fs::write(&file, "nothing").unwrap();
    assert!(
        refused()
            .detail
            .contains("roots.pem) has no certificate in PEM")
    );
    assert_eq!(refused().kind, PortErrorKind::Invalid);
}
