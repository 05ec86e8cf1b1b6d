//! Who asks: Apps, tokens, nobody.

use jiff::SignedDuration;
use rustls::SignatureScheme;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use super::*;
use crate::app::base64;

/// An RSA key made for these tests alone, in PKCS#1.
const KEY: &str = include_str!("key.base64");

fn pem(kind: &str, body: &str) -> String {
    format!(
        "-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n",
        body.trim()
    )
}

fn pkcs1() -> String {
    pem("RSA PRIVATE KEY", KEY)
}

fn der() -> Vec<u8> {
    match PrivateKeyDer::from_pem_slice(pkcs1().as_bytes()).unwrap() {
        PrivateKeyDer::Pkcs1(der) => der.secret_pkcs1_der().to_vec(),
        _ => panic!("the test's key is no PKCS#1"),
    }
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let mut out = vec![tag, 0x82, length[0], length[1]];
    if content.len() < 128 {
        out = vec![tag, length[1]];
    }
    out.extend_from_slice(content);
    out
}

/// The same key as PKCS#8.
fn pkcs8() -> String {
    const RSA: [u8; 15] = [
        0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0,
    ];
    let content = [&[2, 1, 0], &RSA[..], &tlv(4, &der())].concat();
    let mut text = base64(&tlv(0x30, &content))
        .replace('-', "+")
        .replace('_', "/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    pem("PRIVATE KEY", &text)
}

/// The public half: its modulus and exponent come after the version.
fn public_key() -> Vec<u8> {
    let der = der();
    let modulus = usize::from(u16::from_be_bytes([der[9], der[10]])) + 4;
    let exponent = usize::from(der[7 + modulus + 1]) + 2;
    tlv(0x30, &der[7..7 + modulus + exponent])
}

fn decoded(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for byte in text.bytes() {
        let digit = DIGITS.iter().position(|it| *it == byte).unwrap();
        bits = bits << 6 | u32::try_from(digit).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 255).unwrap());
        }
    }
    bytes
}

fn app(key: &str) -> String {
    json!({"appId": 12345, "installationId": "678", "privateKey": key}).to_string()
}

/// A server that hands out `hidden-1`, `hidden-2` …, an hour each, and takes the newest alone.
fn handing_out(refused: &'static [&'static str]) -> impl Fn(&Request) -> Reply + Send + Sync {
    let count = Mutex::new(0);
    move |request| {
        if request.path.starts_with("/app/") {
            let mut count = count.lock().unwrap();
            *count += 1;
            let end = start() + SignedDuration::from_hours(*count);
            let body = json!({"token": format!("hidden-{count}"), "expires_at": end.to_string()});
            return Reply::new(201, body.to_string());
        }
        let token = request.header("authorization");
        if refused.iter().any(|it| token == format!("Bearer {it}")) {
            return Reply::new(401, r#"{"message":"Bad credentials"}"#);
        }
        Reply::new(200, COMMIT)
    }
}

#[tokio::test]
async fn an_app_proves_itself_with_its_key_and_asks_for_no_more_than_reading() {
    for key in [pkcs1(), pkcs8(), pkcs1().replace('\n', "\\n")] {
        let world = World::with(Some(&app(&key)), Options::default(), handing_out(&[])).await;
        let commit = world.repository().commit(Some("main")).await.unwrap();
        assert_eq!(commit, COMMIT);
        let requests = world.server.requests();
        assert_eq!(requests.len(), 2);
        let exchange = &requests[0];
        assert_eq!(exchange.method, "POST");
        assert_eq!(exchange.path, "/app/installations/678/access_tokens");
        let body: Value = serde_json::from_str(&exchange.body).unwrap();
        assert_eq!(body, json!({"permissions": {"contents": "read"}}));
        assert_eq!(requests[1].header("authorization"), "Bearer hidden-1");
        assert_eq!(requests[1].header("x-github-api-version"), "2022-11-28");
        assert!(requests[1].header("user-agent").starts_with("plumbline/"));

        let jwt = exchange.header("authorization").strip_prefix("Bearer ");
        let (signed, signature) = jwt.unwrap().rsplit_once('.').unwrap();
        let algorithms = rustls::crypto::ring::default_provider();
        let algorithms = algorithms.signature_verification_algorithms.mapping;
        let rsa = |it: &&(SignatureScheme, _)| it.0 == SignatureScheme::RSA_PKCS1_SHA256;
        let algorithm = algorithms.iter().find(rsa).unwrap().1[0];
        let verify = |text: &str| {
            algorithm.verify_signature(&public_key(), text.as_bytes(), &decoded(signature))
        };
        assert!(verify(signed).is_ok());
        assert!(verify(&format!("{signed}x")).is_err());
        let (head, claims) = signed.split_once('.').unwrap();
        let head: Value = serde_json::from_slice(&decoded(head)).unwrap();
        assert_eq!(head, json!({"alg": "RS256", "typ": "JWT"}));
        let claims: Value = serde_json::from_slice(&decoded(claims)).unwrap();
        let now = start().as_second();
        assert_eq!(claims["iss"], json!(12345));
        assert_eq!(claims["iat"], json!(now - 60));
        let end = claims["exp"].as_i64().unwrap();
        assert!(end > now && end - (now - 60) <= 600, "{claims}");
    }
}

#[tokio::test]
async fn a_token_is_fetched_once_and_anew_five_minutes_before_its_end() {
    let world = World::with(Some(&app(&pkcs1())), Options::default(), handing_out(&[])).await;
    let repository = world.repository();
    for (minutes, exchanges) in [(0, 1), (30, 1), (24, 1), (2, 2), (30, 2)] {
        world.clock.advance(SignedDuration::from_mins(minutes));
        repository.commit(None).await.unwrap();
        let paths = world.server.paths();
        let count = paths.iter().filter(|it| it.starts_with("/app/")).count();
        assert_eq!(count, exchanges, "{minutes} minutes later");
    }
    let last = world.server.requests().pop().unwrap();
    assert_eq!(last.header("authorization"), "Bearer hidden-2");
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once() {
    let secret = app(&pkcs1());
    let world = World::with(
        Some(&secret),
        Options::default(),
        handing_out(&["hidden-1"]),
    )
    .await;
    assert!(world.repository().commit(None).await.is_ok());
    assert_eq!(world.server.requests().len(), 4);

    let refused = &["hidden-1", "hidden-2", "hidden-3"];
    let world = World::with(Some(&secret), Options::default(), handing_out(refused)).await;
    let error = world.repository().commit(None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Denied);
    assert!(error.detail.contains("env:GH is not valid"), "{error}");
    assert_eq!(world.server.requests().len(), 4);
}

#[tokio::test]
async fn a_token_that_is_refused_and_cannot_be_renewed_is_not_tried_again() {
    let world = World::with(
        Some("hidden-1\n"),
        Options::default(),
        handing_out(&["hidden-1"]),
    )
    .await;
    let error = world.repository().commit(None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Denied);
    assert_eq!(world.server.requests().len(), 1);
}

#[tokio::test]
async fn a_token_that_was_replaced_is_taken_at_once() {
    let world = World::new(|_| Reply::new(200, COMMIT)).await;
    let repository = world.repository();
    repository.commit(None).await.unwrap();
    let next = ("env:GH".to_owned(), "hidden-other".to_owned());
    world.secrets.secrets.lock().unwrap().extend([next]);
    repository.commit(None).await.unwrap();
    let last = world.server.requests().pop().unwrap();
    assert_eq!(last.header("authorization"), "Bearer hidden-other");
}

#[tokio::test]
async fn nobody_sends_no_token_and_hears_that_credentials_may_help() {
    let world = World::with(None, Options::default(), |_| {
        Reply::new(404, r#"{"message":"Not Found"}"#)
    })
    .await;
    let error = world.repository().commit(None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::NotFound);
    assert!(error.detail.contains("give credentials"), "{error}");
    assert_eq!(world.server.requests()[0].header("authorization"), "");
}

#[tokio::test]
async fn what_is_no_credential_is_named_and_not_quoted() {
    let hidden = "hidden-part";
    let cases = [
        ("  ".to_owned(), "is empty"),
        (format!("{{\"appId\": 1, \"{hidden}"), "damaged JSON"),
        (
            json!({"appId": 1, "privateKey": hidden}).to_string(),
            "no installationId",
        ),
        (
            json!({"installationId": 1, "privateKey": hidden}).to_string(),
            "no appId",
        ),
        (
            json!({"appId": 1, "installationId": 2}).to_string(),
            "no privateKey",
        ),
        (
            json!({"appId": 1, "installationId": "../x", "privateKey": hidden}).to_string(),
            "no number",
        ),
        (
            json!({"appId": "a b", "installationId": 2, "privateKey": hidden}).to_string(),
            "neither",
        ),
        (app(hidden), "no RSA key"),
        (app(&pem("EC PRIVATE KEY", KEY)), "no RSA key"),
        (format!("{hidden}\nsecond line"), "no token has"),
    ];
    for (secret, what) in cases {
        let world = World::with(Some(&secret), Options::default(), |_| {
            Reply::new(200, COMMIT)
        })
        .await;
        let error = world.repository().commit(None).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Invalid, "{what}");
        assert!(error.detail.contains(what), "{what}: {error}");
        let shown = format!(
            "{error} {error:?} {:?} {:?}",
            world.github,
            world.repository()
        );
        assert!(!shown.contains(hidden), "{shown}");
        assert!(world.server.requests().is_empty());
    }
}

#[tokio::test]
async fn what_github_says_of_an_app_leads_to_what_to_do() {
    for (status, what) in [
        (401, "this machine's clock"),
        (403, "suspended"),
        (404, "check installationId"),
        (422, "Contents: read"),
    ] {
        let world = World::with(Some(&app(&pkcs1())), Options::default(), move |_| {
            Reply::new(status, r#"{"message":"its own words"}"#)
        })
        .await;
        let error = world.repository().commit(None).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Denied, "{status}");
        let said = &error.detail;
        assert!(said.contains("env:GH") && said.contains(what), "{error}");
        assert!(said.contains("(its own words)"), "{error}");
    }
}
