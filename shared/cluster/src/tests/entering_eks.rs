//! The way into EKS, with AWS and the cluster played by one server.

use std::sync::Arc;

use aws::Connection;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use domain::ports::{Cluster as _, PortError, PortErrorKind, Role};
use serde_json::{Value, json};

use super::server::{Authority, Reply, Seen, Server};
use super::{quick, status, web};
use crate::{ApiServer, Eks, NoCache, Way, connect};

async fn connection(url: &str) -> Connection {
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-west-1"))
        .endpoint_url(url)
        .credentials_provider(Credentials::new(
            "AKIDEXAMPLE",
            "swordfish",
            None,
            None,
            "test",
        ));
    let options = aws::Options {
        max_attempts: 1,
        ..aws::Options::default()
    };
    Connection::load(loader, options).await
}

async fn entered(url: &str, name: &str) -> Result<ApiServer, PortError> {
    let access = connection(url).await.access(None, None).await?;
    let eks = Eks {
        name: name.to_owned(),
        access,
    };
    connect(&Way::Eks(Box::new(eks)), quick(), Arc::new(NoCache)).await
}

/// AWS, which knows one cluster.
async fn aws_with(cluster: Value) -> Server {
    Server::start(move |_, seen| match seen.target.as_str() {
        "/clusters/shop" => Reply::Json(200, json!({"cluster": cluster})),
        _ => Reply::Json(404, json!({"__type": "ResourceNotFoundException", "message": "No cluster found for name: other."})),
    })
    .await
}

fn described(endpoint: &str) -> Value {
    json!({"name": "shop", "status": "ACTIVE", "endpoint": endpoint, "resourcesVpcConfig": {"endpointPublicAccess": true, "publicAccessCidrs": ["0.0.0.0/0"]}})
}

fn token_of(seen: &Seen) -> String {
    seen.header("authorization")
        .strip_prefix("Bearer k8s-aws-v1.")
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_cluster_is_found_by_name_and_entered_with_a_signed_token() {
    let authority = Authority::of(&["localhost"], false);
    let cluster = Server::with_tls(&authority, |_, _| {
        Reply::Json(200, json!({"kind": "Deployment"}))
    })
    .await;
    let mut about = described(&cluster.url);
    about["certificateAuthority"] =
        json!({"data": aws_smithy_types::base64::encode(&authority.pem)});
    let aws = aws_with(about).await;
    let server = entered(&aws.url, "shop").await.unwrap();
    assert_eq!(server.name(), "shop");
    for _ in 0..3 {
        assert!(server.get(&web()).await.unwrap().is_some());
    }
    assert_eq!(aws.calls(), ["GET /clusters/shop"]);
    assert!(
        aws.seen()[0]
            .header("authorization")
            .contains("/eu-west-1/eks/aws4_request")
    );
    let tokens: Vec<_> = cluster.seen().iter().map(token_of).collect();
    assert_eq!(tokens.len(), 3);
    assert!(
        tokens.iter().all(|it| *it == tokens[0]),
        "a token serves as long as it holds"
    );
    let printed = format!("{server:?}");
    assert!(
        !printed.contains(&tokens[0]) && !printed.contains("swordfish"),
        "{printed}"
    );
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_and_the_request_made_once_more() {
    let cluster = Server::start(|number, _| match number {
        0 => Reply::Json(401, status(401, "Unauthorized", "Unauthorized")),
        _ => Reply::Json(200, json!({"kind": "Deployment"})),
    })
    .await;
    let aws = aws_with(described(&cluster.url)).await;
    let server = entered(&aws.url, "shop").await.unwrap();
    assert!(server.get(&web()).await.unwrap().is_some());
    assert_eq!(server.requests(), 2);
    let cluster =
        Server::start(|_, _| Reply::Json(401, status(401, "Unauthorized", "Unauthorized"))).await;
    let aws = aws_with(described(&cluster.url)).await;
    let server = entered(&aws.url, "shop").await.unwrap();
    let error = server.get(&web()).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Denied);
    assert!(error.detail.contains("access entry"), "{error}");
    assert!(!error.detail.contains("k8s-aws-v1"), "{error}");
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn a_private_endpoint_is_told_where_no_connection_comes_about() {
    let mut about = described("http://127.0.0.1:1");
    about["resourcesVpcConfig"] =
        json!({"endpointPublicAccess": false, "endpointPrivateAccess": true});
    let aws = aws_with(about).await;
    let server = entered(&aws.url, "shop").await.unwrap();
    let error = server.get(&web()).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert!(error.detail.contains("its endpoint is private"), "{error}");
}

#[tokio::test]
async fn a_cluster_that_cannot_be_entered_says_why() {
    let aws = aws_with(json!({"name": "shop", "status": "CREATING"})).await;
    let error = entered(&aws.url, "shop").await.unwrap_err();
    assert!(
        error
            .detail
            .contains("cluster shop (region eu-west-1): it has no endpoint; it is CREATING"),
        "{error}"
    );
    let error = entered(&aws.url, "other").await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::NotFound, "{error}");
    assert!(error.detail.contains("cluster other"), "{error}");
    let error = entered(&aws.url, "../other").await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Invalid);
    let aws = aws_with(described("http://10.0.0.1")).await;
    let error = entered(&aws.url, "shop").await.unwrap_err();
    assert!(error.detail.contains("no token is sent there"), "{error}");
    let mut about = described("https://localhost:1");
    about["certificateAuthority"] = json!({"data": "bm90IGEgY2VydGlmaWNhdGU="});
    let aws = aws_with(about).await;
    let error = entered(&aws.url, "shop").await.unwrap_err();
    assert!(error.detail.contains("certificateAuthority"), "{error}");
}

#[tokio::test]
async fn a_role_signs_the_token() {
    let cluster = Server::start(|_, _| Reply::Json(200, json!({"kind": "Deployment"}))).await;
    let about = described(&cluster.url);
    let aws = Server::start(move |_, seen| match seen.method.as_str() {
        "POST" => Reply::Text(
            200,
            "text/xml",
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
             <SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
                .to_owned(),
        ),
        _ => Reply::Json(200, json!({"cluster": about})),
    })
    .await;
    let role = Role {
        arn: "arn:aws:iam::222222222222:role/plumbline-read".to_owned(),
        external_id: Some("x-1".to_owned()),
    };
    let access = connection(&aws.url)
        .await
        .access(None, Some(&role))
        .await
        .unwrap();
    let eks = Eks {
        name: "shop".to_owned(),
        access,
    };
    let server = connect(&Way::Eks(Box::new(eks)), quick(), Arc::new(NoCache))
        .await
        .unwrap();
    assert!(server.get(&web()).await.unwrap().is_some());
    let mut token = token_of(&cluster.seen()[0])
        .replace('-', "+")
        .replace('_', "/");
    while !token.len().is_multiple_of(4) {
        token.push('=');
    }
    let url = String::from_utf8(aws_smithy_types::base64::decode(token).unwrap()).unwrap();
    assert!(
        url.contains("X-Amz-Credential=ASIAROLE%2F") && url.contains("X-Amz-Security-Token=t"),
        "{url}"
    );
    assert!(
        aws.seen()
            .iter()
            .any(|it| it.body.contains("ExternalId=x-1"))
    );
}
