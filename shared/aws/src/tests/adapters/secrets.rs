//! Secrets by reference.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use domain::ports::PortErrorKind::{
    self, Denied, Invalid, NotFound, Throttled, Timeout, Unavailable,
};
use domain::ports::Secrets;
use serde_json::json;

use super::{Reply, Server, access, always, in_account, is_child, loader, quick};
use crate::secrets::{AwsSecrets, secrets};
use crate::{Connection, Options};

fn secret(text: &str) -> String {
    json!({"Name": "x", "SecretString": text}).to_string()
}

fn parameter(kind: &str, text: &str) -> String {
    json!({"Parameter": {"Name": "x", "Type": kind, "Value": text}}).to_string()
}

#[tokio::test]
async fn a_secret_is_asked_for_once_signed_and_kept_and_its_keys_are_one_call() {
    let (server, access) = always(
        200,
        secret(r#"{"id":"7","key":"hunter2","nested":{"a":1}}"#),
    )
    .await;
    let port = secrets(&access);
    for (reference, text) in [
        ("secretsmanager:plumbline/hmac#key", "hunter2"),
        ("secretsmanager:plumbline/hmac#id", "7"),
        ("secretsmanager:plumbline/hmac#nested", r#"{"a":1}"#),
        (
            "secretsmanager:plumbline/hmac",
            r#"{"id":"7","key":"hunter2","nested":{"a":1}}"#,
        ),
    ] {
        assert_eq!(
            port.resolve(reference).await.unwrap().reveal(),
            text,
            "{reference}"
        );
    }
    assert_eq!(server.count(), 1);
    let seen = &server.seen()[0];
    assert_eq!(seen.form, r#"{"SecretId":"plumbline/hmac"}"#);
    let head = seen.head.to_lowercase();
    assert!(head.starts_with("post / http/1.1"), "{head}");
    assert!(
        head.contains("x-amz-target: secretsmanager.getsecretvalue"),
        "{head}"
    );
    assert!(
        head.contains("akidexample/") && head.contains("/eu-west-1/secretsmanager/aws4_request"),
        "{head}"
    );
}

#[tokio::test]
async fn a_parameter_is_decrypted_and_must_be_a_secure_string() {
    let (server, access) = always(200, parameter("SecureString", "hunter2")).await;
    let port = secrets(&access);
    assert_eq!(
        port.resolve("ssm-secure:/plumbline/slack")
            .await
            .unwrap()
            .reveal(),
        "hunter2"
    );
    assert_eq!(
        server.seen()[0].form,
        r#"{"Name":"/plumbline/slack","WithDecryption":true}"#
    );
    assert!(server.seen()[0].head.contains("/eu-west-1/ssm/"));
    let (_server, access) = always(200, parameter("String", "hunter2")).await;
    let error = secrets(&access).resolve("ssm-secure:/x").await.unwrap_err();
    assert_eq!(error.kind, Invalid);
    assert!(
        error.detail.contains("SecureString") && !error.detail.contains("hunter2"),
        "{error}"
    );
}

#[tokio::test]
async fn a_rotated_secret_comes_after_its_time_and_a_failure_is_not_kept() {
    let server = Server::start(|number, _| match number {
        0 => Reply::Answer(
            400,
            json!({"__type": "AccessDeniedException", "Message": "no"}).to_string(),
        ),
        1 => Reply::Answer(200, secret("old")),
        _ => Reply::Answer(200, secret("new")),
    })
    .await;
    let (_connection, access) = access(&server.url).await;
    let port = AwsSecrets {
        access,
        lifetime: Duration::from_millis(300),
        known: Mutex::new(HashMap::new()),
    };
    assert_eq!(
        port.resolve("secretsmanager:x").await.unwrap_err().kind,
        Denied
    );
    assert_eq!(
        port.resolve("secretsmanager:x").await.unwrap().reveal(),
        "old"
    );
    assert_eq!(
        port.resolve("secretsmanager:x").await.unwrap().reveal(),
        "old"
    );
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert_eq!(
        port.resolve("secretsmanager:x").await.unwrap().reveal(),
        "new"
    );
}

#[tokio::test]
async fn every_refusal_has_its_kind_and_passing_ones_are_tried_again() {
    let cases: [(u16, &str, PortErrorKind, u64); 8] = [
        (400, "ResourceNotFoundException", NotFound, 1),
        (400, "com.amazonaws.ssm#ParameterNotFound", NotFound, 1),
        (400, "AccessDeniedException", Denied, 1),
        (400, "DecryptionFailure", Denied, 1),
        (400, "ThrottlingException", Throttled, 4),
        (500, "InternalServiceError", Unavailable, 4),
        (400, "ValidationException", Invalid, 1),
        (503, "", Unavailable, 4),
    ];
    for (status, code, kind, count) in cases {
        let body = json!({"__type": code, "message": "what it said"}).to_string();
        let (server, access) =
            always(status, if code.is_empty() { String::new() } else { body }).await;
        let error = secrets(&access).resolve("ssm-secure:/x").await.unwrap_err();
        assert_eq!(
            (error.kind, server.count()),
            (kind, count),
            "{status} {code}: {error}"
        );
        assert_eq!(error.op, "ssm:GetParameter");
    }
}

#[tokio::test]
async fn silence_ends_in_time_and_a_closed_connection_is_tried_again() {
    let server = Server::start(|_, _| Reply::Hang).await;
    let options = Options {
        attempt_timeout: Duration::from_millis(200),
        operation_timeout: Duration::from_millis(500),
        ..quick()
    };
    let connection = Connection::load(loader(&server.url), options).await;
    let port = secrets(&connection.access(None, None).await.unwrap());
    let start = std::time::Instant::now();
    let error = port.resolve("secretsmanager:x").await.unwrap_err();
    assert_eq!(error.kind, Timeout, "{error}");
    assert!(
        start.elapsed() < Duration::from_secs(5) && error.detail.contains("200ms"),
        "{error}"
    );
    let server = Server::start(|number, _| match number {
        0 => Reply::Close,
        _ => Reply::Answer(200, secret("hunter2")),
    })
    .await;
    let (connection, access) = access(&server.url).await;
    assert!(secrets(&access).resolve("secretsmanager:x").await.is_ok());
    assert_eq!(connection.requests(), 2);
}

#[tokio::test]
async fn no_answer_of_a_service_is_ever_quoted() {
    for body in [
        "hunter2".to_owned(),
        json!({"SecretBinary": "aHVudGVyMg=="}).to_string(),
        secret(r#"{"other":"hunter2"}"#),
        secret("hunter2"),
        secret(""),
    ] {
        let (_server, access) = always(200, body.clone()).await;
        let port = secrets(&access);
        let error = port.resolve("secretsmanager:x#key").await.unwrap_err();
        assert_eq!(error.kind, Invalid, "{body}");
        assert!(
            !error.detail.contains("hunter2") && !error.detail.contains("aHVu"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn variables_and_files_are_read_and_a_literal_secret_is_refused_unquoted() {
    let name =
        "adapters::secrets::variables_and_files_are_read_and_a_literal_secret_is_refused_unquoted";
    if !is_child() {
        return in_account(name, &[("OWN_SECRET", "hunter2"), ("EMPTY", "")]);
    }
    let (server, access) = always(200, "").await;
    let port: std::sync::Arc<dyn Secrets> = secrets(&access);
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("key"), "hunter2\n").unwrap();
    std::fs::write(path("empty"), "\n").unwrap();
    assert_eq!(
        port.resolve("env:OWN_SECRET").await.unwrap().reveal(),
        "hunter2"
    );
    let file = format!("file:{}", path("key"));
    assert_eq!(port.resolve(&file).await.unwrap().reveal(), "hunter2");
    for (reference, kind) in [
        ("env:EMPTY".to_owned(), NotFound),
        ("env:MISSING".to_owned(), NotFound),
        (format!("file:{}", path("missing")), NotFound),
        (format!("file:{}", path("empty")), Invalid),
        ("hunter2".to_owned(), Invalid),
        ("https://hooks.example.com/hunter2".to_owned(), Invalid),
        ("ssm-secure:".to_owned(), Invalid),
        (String::new(), Invalid),
    ] {
        let error = port.resolve(&reference).await.unwrap_err();
        assert_eq!(error.kind, kind, "{reference}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn an_endpoint_of_one_service_goes_before_that_of_all() {
    let name = "adapters::secrets::an_endpoint_of_one_service_goes_before_that_of_all";
    if !is_child() {
        let ssm =
            Server::start(|_, _| Reply::Answer(200, parameter("SecureString", "of ssm"))).await;
        let all = Server::start(|_, _| Reply::Answer(200, secret("of all"))).await;
        let (one, other) = (format!("{}/", ssm.url), all.url.clone());
        tokio::task::spawn_blocking(move || {
            in_account(
                name,
                &[("AWS_ENDPOINT_URL_SSM", &one), ("AWS_ENDPOINT_URL", &other)],
            );
        })
        .await
        .unwrap();
        assert_eq!((ssm.count(), all.count()), (1, 1));
        assert!(ssm.seen()[0].head.starts_with("POST / HTTP"));
        return;
    }
    let connection = Connection::from_env(quick()).await;
    let port = secrets(&connection.access(None, None).await.unwrap());
    assert_eq!(
        port.resolve("ssm-secure:x").await.unwrap().reveal(),
        "of ssm"
    );
    assert_eq!(
        port.resolve("secretsmanager:x").await.unwrap().reveal(),
        "of all"
    );
}
