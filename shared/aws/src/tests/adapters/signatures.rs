//! The signature of what was sent, checked as AWS checks it: from the request
//! as it came, by the published rules of Signature Version 4.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::super::server::Seen;
use super::{Reply, Server, access};
use crate::objects::objects;
use crate::secrets::secrets;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// The signature that a request should have, and the one it has.
fn signatures(seen: &Seen) -> (String, String) {
    let mut lines = seen.head.lines();
    let mut first = lines.next().unwrap().split(' ');
    let (method, path) = (first.next().unwrap(), first.next().unwrap());
    let headers: BTreeMap<String, &str> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim()))
        .collect();
    let authorization = headers["authorization"];
    let part = |name: &str| {
        let (_, rest) = authorization.split_once(&format!("{name}=")).unwrap();
        rest.split(',').next().unwrap().to_owned()
    };
    let (names, scope) = (part("SignedHeaders"), part("Credential"));
    let scope: Vec<&str> = scope.split('/').skip(1).collect();
    let mut canonical = format!("{method}\n{path}\n\n");
    for name in names.split(';') {
        let _ = writeln!(canonical, "{name}:{}", headers[name]);
    }
    let _ = write!(canonical, "\n{names}\n{}", hash(&seen.form));
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{}\n{}\n{}",
        headers["x-amz-date"],
        scope.join("/"),
        hash(&canonical)
    );
    let key = scope
        .iter()
        .fold(b"AWS4not-a-real-secret".to_vec(), |key, part| {
            keyed(&key, part)
        });
    (hex(&keyed(&key, &to_sign)), part("Signature"))
}

#[tokio::test]
async fn a_request_carries_the_signature_that_aws_computes_of_it() {
    let server = Server::start(|_, _| Reply::Answer(200, "{}".to_owned())).await;
    let (_connection, access) = access(&server.url).await;
    let location = "s3://my-bucket/a dir/ü+&=/../plumbline.yaml";
    objects(&access)
        .fetch(location, Some("\"tag-1\""))
        .await
        .unwrap();
    let _ = secrets(&access).resolve("secretsmanager:x").await;
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    for seen in &seen {
        let (right, there) = signatures(seen);
        assert_eq!(right, there, "{}", seen.head);
    }
}
