//! Regions, roles, credentials, settings.

use aws_config::{BehaviorVersion, Region};
use domain::ports::PortErrorKind::{Denied, Invalid, Throttled, Unavailable};
use domain::ports::{PortError, Role};

use super::server::{Reply, Server};
use super::{answer, connect, identity, in_environment, is_child, loader, quick, refusal};
use crate::Connection;

/// What STS says of who asks, through a role.
async fn through_role(connection: &Connection, region: Option<&str>) -> Result<(), PortError> {
    let access = connection.access(region, Some(&role())).await?;
    let sts = aws_sdk_sts::Client::new(&access.config);
    let identity = sts.get_caller_identity().send().await;
    identity
        .map(drop)
        .map_err(|error| access.place.error("sts:GetCallerIdentity", &error))
}

fn assumed() -> String {
    answer(
        "AssumeRole",
        "<Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
         <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>",
    )
}

fn role() -> Role {
    Role {
        arn: "arn:aws:iam::222222222222:role/plumbline-read".to_owned(),
        external_id: Some("x-1".to_owned()),
    }
}

#[tokio::test]
async fn a_role_is_assumed_once_for_all_regions_and_counted() {
    let server = Server::start(|_, form| {
        Reply::Answer(
            200,
            if form.contains("Action=AssumeRole") {
                assumed()
            } else {
                identity()
            },
        )
    })
    .await;
    let connection = connect(&server.url, quick()).await;
    let (one, two) = tokio::join!(
        through_role(&connection, Some("eu-north-1")),
        through_role(&connection, Some("eu-south-1"))
    );
    assert!(one.is_ok() && two.is_ok());
    let seen = server.seen();
    assert_eq!((connection.requests(), seen.len()), (3, 3));
    let (sts, lists): (Vec<_>, Vec<_>) = seen
        .iter()
        .partition(|seen| seen.form.contains("Action=AssumeRole"));
    assert_eq!(sts.len(), 1);
    for part in [
        "RoleSessionName=plumbline",
        "ExternalId=x-1",
        "role%2Fplumbline-read",
    ] {
        assert!(sts[0].form.contains(part), "{}", sts[0].form);
    }
    assert!(sts[0].head.contains("/eu-west-1/sts/"), "{}", sts[0].head);
    assert!(
        lists
            .iter()
            .all(|seen| seen.head.contains("Credential=ASIAROLE"))
    );
    for region in ["eu-north-1", "eu-south-1"] {
        assert!(
            lists
                .iter()
                .any(|seen| seen.head.contains(&format!("/{region}/sts/")))
        );
    }
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_is_denied_with_what_sts_said() {
    let play = |code: &'static str, status: u16| {
        move |_: usize, form: &str| match form.contains("Action=AssumeRole") {
            true => Reply::Answer(status, refusal(code, "not you")),
            false => Reply::Answer(200, identity()),
        }
    };
    for (code, status, kind) in [
        ("AccessDenied", 403, Denied),
        ("ExpiredToken", 403, Denied),
        ("Throttling", 400, Throttled),
    ] {
        let server = Server::start(play(code, status)).await;
        let connection = connect(&server.url, quick()).await;
        let error = through_role(&connection, None).await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(
            error.detail.contains(code) && error.detail.contains("credentials"),
            "{error}"
        );
        assert_eq!(connection.requests(), server.count());
    }
    let server = Server::start(|_, _| Reply::Close).await;
    let connection = connect(&server.url, quick()).await;
    let error = through_role(&connection, None).await.unwrap_err();
    assert_eq!(error.kind, Unavailable, "{error}");
}

#[tokio::test]
async fn what_cannot_be_a_region_is_refused_before_any_request() {
    let server = Server::start(|_, _| Reply::Answer(200, identity())).await;
    let connection = connect(&server.url, quick()).await;
    assert_eq!(connection.default_region().as_deref(), Some("eu-west-1"));
    for region in [
        "",
        "EU-WEST-1",
        "eu west",
        "x.example.com/",
        &"a".repeat(64),
    ] {
        let error = connection.access(Some(region), None).await.err().unwrap();
        assert_eq!(error.kind, Invalid, "{region}");
    }
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn without_credentials_the_error_says_how_to_give_them() {
    if !is_child() {
        return in_environment(
            "connecting::without_credentials_the_error_says_how_to_give_them",
            &[("AWS_REGION", "eu-west-1")],
        );
    }
    let connection = Connection::from_env(quick()).await;
    let error = connection.account(None).await.unwrap_err();
    assert_eq!(error.kind, Denied);
    assert!(error.detail.contains("AWS_PROFILE"), "{error}");
    assert_eq!(connection.requests(), 0);
}

#[tokio::test]
async fn a_metadata_service_that_refuses_or_hangs_is_no_credentials_within_seconds() {
    let name =
        "connecting::a_metadata_service_that_refuses_or_hangs_is_no_credentials_within_seconds";
    if !is_child() {
        let refusing = Server::start(|_, _| Reply::Answer(403, String::new())).await;
        let hanging = Server::start(|_, _| Reply::Hang).await;
        for url in [
            refusing.url.clone(),
            hanging.url.clone(),
            "http://127.0.0.1:1".to_owned(),
        ] {
            let child = tokio::task::spawn_blocking(move || {
                in_environment(
                    name,
                    &[
                        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str()),
                        ("AWS_EC2_METADATA_DISABLED", "false"),
                        ("AWS_REGION", "eu-west-1"),
                    ],
                );
            });
            child.await.unwrap();
        }
        assert!(refusing.count() > 0 && hanging.count() > 0);
        return;
    }
    let start = std::time::Instant::now();
    let connection = Connection::from_env(quick()).await;
    let error = connection.account(None).await.unwrap_err();
    assert_eq!(error.kind, Denied, "{error}");
    assert!(error.detail.contains("AWS_PROFILE"), "{error}");
    assert!(
        start.elapsed() < std::time::Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn without_a_region_the_error_says_how_to_give_one() {
    if !is_child() {
        return in_environment(
            "connecting::without_a_region_the_error_says_how_to_give_one",
            &[],
        );
    }
    let connection = Connection::from_env(quick()).await;
    let error = connection.access(None, None).await.err().unwrap();
    assert_eq!(error.kind, Invalid);
    assert!(error.detail.contains("AWS_REGION"), "{error}");
    assert!(connection.access(Some("eu-west-1"), None).await.is_ok());
}

#[tokio::test]
async fn endpoint_attempts_and_keys_come_from_the_environment() {
    if !is_child() {
        let server = Server::start(|_, _| Reply::Answer(400, refusal("Throttling", "slow"))).await;
        let (url, name) = (
            server.url.clone(),
            "connecting::endpoint_attempts_and_keys_come_from_the_environment",
        );
        let child = tokio::task::spawn_blocking(move || {
            in_environment(
                name,
                &[
                    ("AWS_ENDPOINT_URL", url.as_str()),
                    ("AWS_MAX_ATTEMPTS", "2"),
                    ("AWS_RETRY_MODE", "legacy"),
                    ("AWS_ACCESS_KEY_ID", "AKIDENV"),
                    ("AWS_SECRET_ACCESS_KEY", "s"),
                    ("AWS_REGION", "eu-central-1"),
                    ("HTTP_PROXY", "http://127.0.0.1:1"),
                ],
            );
        });
        child.await.unwrap();
        assert_eq!(server.count(), 2);
        assert!(
            server.seen()[0].head.contains("AKIDENV")
                && server.seen()[0].head.contains("/eu-central-1/")
        );
        return;
    }
    let connection = Connection::from_env(quick()).await;
    assert_eq!(connection.default_region().as_deref(), Some("eu-central-1"));
    assert_eq!(connection.account(None).await.unwrap_err().kind, Throttled);
    assert_eq!(connection.requests(), 2);
}

#[tokio::test]
async fn a_retry_setting_that_makes_no_sense_is_named_and_does_not_panic() {
    let name = "connecting::a_retry_setting_that_makes_no_sense_is_named_and_does_not_panic";
    if !is_child() {
        in_environment(
            name,
            &[("AWS_MAX_ATTEMPTS", "many"), ("AWS_REGION", "eu-west-1")],
        );
        in_environment(
            name,
            &[("AWS_MAX_ATTEMPTS", "0"), ("AWS_REGION", "eu-west-1")],
        );
        in_environment(
            name,
            &[("AWS_RETRY_MODE", "often"), ("AWS_REGION", "eu-west-1")],
        );
        return;
    }
    let connection = Connection::from_env(quick()).await;
    let error = connection.access(None, None).await.err().unwrap();
    assert_eq!(error.kind, Invalid);
    assert!(
        error.detail.contains("AWS_MAX_ATTEMPTS") || error.detail.contains("AWS_RETRY_MODE"),
        "{error}"
    );
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_used() {
    let name = "connecting::a_proxy_of_the_environment_is_used";
    if !is_child() {
        let proxy = Server::start(|_, _| Reply::Answer(200, identity())).await;
        let url = proxy.url.clone();
        let child = tokio::task::spawn_blocking(move || {
            in_environment(name, &[("HTTP_PROXY", url.as_str())])
        });
        child.await.unwrap();
        assert!(
            proxy.seen()[0]
                .head
                .starts_with("POST http://sts.example.invalid/")
        );
        return;
    }
    let connection = Connection::load(loader("http://sts.example.invalid"), quick()).await;
    assert!(connection.account(None).await.is_ok());
}

#[tokio::test]
async fn an_endpoint_that_is_no_url_is_an_error_and_no_panic() {
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-west-1"))
        .credentials_provider(aws_credential_types::Credentials::new(
            "a", "b", None, None, "test",
        ))
        .endpoint_url("not a url");
    let connection = Connection::load(loader, quick()).await;
    let error = connection.account(None).await.unwrap_err();
    assert!(matches!(error.kind, Invalid | Unavailable), "{error}");
}
