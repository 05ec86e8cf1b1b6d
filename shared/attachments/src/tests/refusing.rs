//! What the services' refusals mean, and which endpoints are asked.

use std::process::Command;
use std::sync::Arc;

use aws::{Connection, Options};
use domain::ports::PortErrorKind::{Denied, Invalid, NotFound, Throttled, Unavailable};
use domain::ports::{Attachments, Evidence, Holder, PortError};

use super::{always, ids};
use crate::AwsEvidence;
use crate::tests::server::{Reply, Server};

fn ec2(code: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<Response><Errors><Error><Code>{code}</Code><Message>what it said</Message></Error>\
         </Errors><RequestID>r</RequestID></Response>"
    )
}

fn iam(code: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>what it said</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    )
}

fn s3(code: &str) -> String {
    format!("<Error><Code>{code}</Code><Message>what it said</Message></Error>")
}

fn json(code: &str) -> String {
    format!("{{\"__type\":\"com.amazonaws.x#{code}\",\"message\":\"what it said\"}}")
}

async fn ask(port: &dyn Attachments, service: &str) -> PortError {
    let role = Holder::Role("r".to_owned());
    match service {
        "ec2" => port.security_group_rules(&ids(&["sg-1"])).await.err(),
        "iam" => port.inline_policies(&role).await.err(),
        "s3" => port.bucket_policy("my-bucket").await.err(),
        "kms" => port.grants("k").await.err(),
        _ => port.node_groups("c").await.err(),
    }
    .unwrap()
}

#[tokio::test]
async fn every_services_refusals_have_their_kinds_and_say_about_what() {
    let cases = [
        ("ec2", 503, ec2("RequestLimitExceeded"), Throttled),
        ("ec2", 400, ec2("EC2ThrottledException"), Throttled),
        ("ec2", 403, ec2("UnauthorizedOperation"), Denied),
        ("ec2", 400, ec2("InvalidGroup.NotFound"), NotFound),
        ("ec2", 400, ec2("InvalidParameterValue"), Invalid),
        ("iam", 400, iam("Throttling"), Throttled),
        ("iam", 403, iam("AccessDenied"), Denied),
        ("iam", 404, iam("NoSuchEntity"), NotFound),
        ("iam", 500, iam("ServiceFailure"), Unavailable),
        ("s3", 503, s3("SlowDown"), Throttled),
        ("s3", 403, s3("AccessDenied"), Denied),
        ("s3", 400, s3("AccessDeniedForDependency"), Denied),
        ("kms", 400, json("ThrottlingException"), Throttled),
        ("kms", 400, json("AccessDeniedException"), Denied),
        ("kms", 400, json("NotFoundException"), NotFound),
        ("eks", 429, json("TooManyRequestsException"), Throttled),
        ("eks", 403, json("AccessDeniedException"), Denied),
        ("eks", 404, json("ResourceNotFoundException"), NotFound),
    ];
    for (service, status, body, kind) in cases {
        let (server, port) = always(Reply::new(status, body.clone())).await;
        let error = ask(&*port, service).await;
        assert_eq!(error.kind, kind, "{service}: {error}");
        assert!(
            error.detail.contains("what it said") && error.detail.contains("region"),
            "{error}"
        );
        assert!(error.op.starts_with(service), "{error}");
        assert!(!error.detail.contains("AKIDEXAMPLE"), "{error}");
        let again = matches!(kind, Throttled | Unavailable);
        assert_eq!(server.seen().len(), if again { 3 } else { 1 }, "{error}");
    }
}

#[tokio::test]
async fn a_code_in_the_header_is_read_and_a_body_without_one_is_not_quoted() {
    let reply = Reply {
        headers: "x-amzn-errortype: ResourceNotFoundException:http://internal/\r\n".to_owned(),
        ..Reply::new(404, "{\"message\":\"No cluster found\"}")
    };
    let (_server, port) = always(reply).await;
    let error = port.node_groups("c").await.unwrap_err();
    assert_eq!(error.kind, NotFound);
    assert!(error.detail.contains("No cluster found"), "{error}");
    let (_server, port) = always(Reply::new(403, "<html>hunter2</html>")).await;
    let error = ask(&*port, "s3").await;
    assert_eq!(error.kind, Denied);
    assert!(!error.detail.contains("hunter2"), "{error}");
}

#[tokio::test]
async fn a_service_has_its_own_endpoint_where_one_is_set() {
    if let Ok(services) = std::env::var("IN_CHILD") {
        let connection = Connection::from_env(Options::in_function()).await;
        let evidence = AwsEvidence(Arc::new(connection));
        let port = evidence.attachments(None, None).await.unwrap();
        for service in services.split(' ') {
            // The server there refuses; whoever else is asked says something else.
            let error = ask(&*port, service).await;
            assert!(error.detail.contains("from the one set"), "{error}");
        }
        return;
    }
    let refusal = "<Error><Code>AccessDenied</Code><Message>from the one set</Message></Error>";
    let xml = Server::start(move |_, _| Reply::new(403, refusal)).await;
    let json = Server::start(|_, _| {
        Reply::new(
            400,
            "{\"__type\":\"AccessDeniedException\",\"message\":\"from the one set\"}",
        )
    })
    .await;
    let own = |name: &str| format!("AWS_ENDPOINT_URL_{name}");
    let names = ["EC2", "IAM", "S3", "KMS", "EKS"].map(own);
    let nowhere = "http://127.0.0.1:1".to_owned();
    let one_by_one: Vec<(&str, String)> = vec![
        ("AWS_ENDPOINT_URL", nowhere),
        (&names[0], xml.url.clone()),
        (&names[1], xml.url.clone()),
        (&names[2], xml.url.clone()),
        (&names[3], json.url.clone()),
        (&names[4], json.url.clone()),
    ];
    let for_all = vec![("AWS_ENDPOINT_URL", xml.url.clone())];
    for (services, variables) in [("ec2 iam s3 kms eks", one_by_one), ("ec2 iam s3", for_all)] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([
                "--exact",
                "tests::refusing::a_service_has_its_own_endpoint_where_one_is_set",
            ])
            .env_clear()
            .envs([
                ("AWS_CONFIG_FILE", "/nonexistent"),
                ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"),
                ("AWS_REGION", "eu-west-1"),
                ("AWS_ACCESS_KEY_ID", "AKIDENV"),
                ("AWS_SECRET_ACCESS_KEY", "s"),
                ("IN_CHILD", services),
            ])
            .envs(variables);
        let output = tokio::task::spawn_blocking(move || command.output())
            .await
            .unwrap()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{text}"
        );
    }
}
