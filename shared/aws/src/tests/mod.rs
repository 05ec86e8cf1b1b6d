//! Over real HTTP on loopback.

#[cfg(any(
    feature = "objects",
    feature = "queues",
    feature = "secrets",
    feature = "topic"
))]
mod adapters;
mod connecting;
mod failing;
mod server;
mod tls;

use std::process::Command;
use std::time::Duration;

use aws_config::{BehaviorVersion, ConfigLoader, Region};
use aws_credential_types::Credentials;

use crate::{Connection, Options};

/// The account that [`identity`] names.
const ACCOUNT: &str = "111122223333";

/// Short waits, so that a test of many attempts takes no time.
fn quick() -> Options {
    Options {
        initial_backoff: Duration::from_millis(1),
        max_backoff: Duration::from_millis(2),
        ..Options::default()
    }
}

fn loader(url: &str) -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new(
            "AKIDEXAMPLE",
            "not-a-real-secret",
            None,
            None,
            "test",
        ))
        .endpoint_url(url)
}

async fn connect(url: &str, options: Options) -> Connection {
    Connection::load(loader(url), options).await
}

/// A whole answer of a call of STS.
fn answer(call: &str, result: &str) -> String {
    format!(
        "<{call}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{call}Result>{result}</{call}Result>\
         <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{call}Response>"
    )
}

fn identity() -> String {
    let of = format!("<Account>{ACCOUNT}</Account>");
    answer("GetCallerIdentity", &of)
}

fn refusal(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    )
}

/// Runs this same test in a process with these variables and nothing else of AWS.
fn in_environment(test: &str, variables: &[(&str, &str)]) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("tests::{test}")])
        .env_clear()
        .envs([
            ("AWS_CONFIG_FILE", "/nonexistent"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("IN_CHILD", "1"),
        ])
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    // A name that matches no test would succeed too.
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{variables:?}: {text}"
    );
}

/// The same, with a region and keys.
fn in_account(test: &str, variables: &[(&str, &str)]) {
    let keys = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDENV"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
    ];
    in_environment(test, &[&keys, variables].concat());
}

fn is_child() -> bool {
    std::env::var_os("IN_CHILD").is_some()
}
