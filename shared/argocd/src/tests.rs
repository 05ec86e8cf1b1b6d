#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests: a broken assumption has to end the test where it broke"
)]

use std::sync::Mutex;

use domain::testing::ManualClock;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

struct Known;

#[async_trait]
impl Secrets for Known {
    async fn resolve(&self, reference: &str) -> Result<Secret, PortError> {
        assert_eq!(reference, "env:ARGOCD");
        Ok(Secret::new("hidden-token\n"))
    }
}

/// A server that answers everything alike, and the heads of what it was asked.
struct Server {
    url: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn answering(status: u16, headers: &str, body: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/argo/", listener.local_addr().unwrap());
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = Arc::clone(&heads);
        let answer = format!(
            "HTTP/1.1 {status} Word\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).await.unwrap();
                    head.push(char::from(byte[0]));
                }
                kept.lock().unwrap().push(head.to_lowercase());
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { url, heads }
    }

    fn application(&self, namespace: Option<&str>) -> Rendered {
        let application = Application {
            server: self.url.clone(),
            token: "env:ARGOCD".to_owned(),
            name: "microservices".to_owned(),
            namespace: namespace.map(str::to_owned),
        };
        let clock = Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH));
        Rendered::new(application, Patience::default(), Arc::new(Known), clock).unwrap()
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn object(kind: &str, name: &str) -> serde_json::Value {
    json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "shop"}})
}

fn answer(manifests: &[String]) -> String {
    json!({"manifests": manifests, "revision": "abc", "namespace": "shop"}).to_string()
}

#[tokio::test]
async fn an_applications_manifests_are_read_at_a_revision() {
    let mut service = object("Service", "web");
    service["metadata"]["annotations"] = json!({"text": "a\n---\nb: \u{e9}\\ \"\t"});
    let pretty = serde_json::to_string_pretty(&object("ConfigMap", "settings")).unwrap();
    let body = answer(&[service.to_string(), pretty]);
    let server = Server::answering(200, "", body).await;
    let read = server
        .application(Some("argocd"))
        .read(Some("v1&x=/y"))
        .await
        .unwrap();
    assert_eq!(read.revision.as_deref(), Some("abc"));
    assert_eq!(read.objects.len(), 2, "{:?}", read.unreadable);
    assert_eq!(read.objects[0].object, service);
    let place = &read.objects[1].place;
    assert_eq!(
        (place.file.as_str(), place.document),
        ("argocd application microservices", 2)
    );
    let heads = server.heads();
    assert!(
        heads[0].starts_with(
            "get /argo/api/v1/applications/microservices/manifests?revision=v1%26x%3d%2fy&appnamespace=argocd http"
        ),
        "{heads:?}"
    );
    assert!(heads[0].contains("authorization: bearer hidden-token\r\n"));
    assert_eq!(
        server.application(None).ahead_since("abc").await.unwrap(),
        None
    );
}

#[tokio::test]
async fn a_secret_whose_content_is_hidden_is_not_compared() {
    let mut hidden = object("Secret", "database");
    hidden["data"] = json!({"password": "++++++++", "user": "++++++++++"});
    let mut empty = object("Secret", "empty");
    empty["data"] = json!({});
    let mut custom = hidden.clone();
    custom["apiVersion"] = json!("example.com/v1");
    let body = answer(&[hidden.to_string(), empty.to_string(), custom.to_string()]);
    let server = Server::answering(200, "", body).await;
    let read = server.application(None).read(None).await.unwrap();
    let documents: Vec<usize> = read.objects.iter().map(|it| it.place.document).collect();
    assert_eq!(documents, [2, 3]);
    assert_eq!(read.unreadable.len(), 1);
    let problem = &read.unreadable[0].problem;
    assert!(
        problem.contains("Secret shop/database is hidden"),
        "{problem}"
    );
    assert!(!problem.contains('+'), "{problem}");
}

#[tokio::test]
async fn a_manifest_that_is_no_json_keeps_no_other_from_being_read() {
    let body = answer(&[
        "a: [\n---\n".to_owned(),
        object("Service", "web").to_string(),
    ]);
    let server = Server::answering(200, "", body).await;
    let read = server.application(None).read(None).await.unwrap();
    assert_eq!(read.objects.len(), 1);
    assert_eq!(read.objects[0].place.document, 2);
    let documents: Vec<usize> = read.unreadable.iter().map(|it| it.place.document).collect();
    assert_eq!(documents, [1]);
}

#[tokio::test]
async fn a_refusal_says_what_to_do_and_no_token() {
    let location = "location: https://other.example.com/hidden\r\n";
    for (status, headers, kind, what) in [
        (401, "", PortErrorKind::Denied, "token of env:ARGOCD"),
        (403, "", PortErrorKind::Denied, "check name and namespace"),
        (404, "", PortErrorKind::NotFound, "no such application"),
        (307, location, PortErrorKind::Invalid, "not followed"),
        (400, "", PortErrorKind::Invalid, "answered 400"),
    ] {
        let body = json!({"message": "its own words"}).to_string();
        let server = Server::answering(status, headers, body).await;
        let error = server.application(None).read(None).await.unwrap_err();
        assert_eq!(error.kind, kind, "{status}");
        let said = &error.detail;
        assert!(
            said.starts_with("argocd application microservices: "),
            "{said}"
        );
        assert!(
            said.contains(what) && said.contains("its own words"),
            "{said}"
        );
        assert!(!said.contains("hidden"), "{said}");
        assert_eq!(server.heads().len(), 1);
    }
}

#[tokio::test]
async fn a_render_that_fails_is_told_in_the_servers_words() {
    let body = json!({"message": "error generating manifests"}).to_string();
    let server = Server::answering(500, "", body).await;
    let error = server.application(None).read(None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert!(
        error.detail.contains("error generating manifests"),
        "{error}"
    );
    assert_eq!(server.heads().len(), 3);
}

#[tokio::test]
async fn an_answer_without_manifests_is_no_empty_source() {
    for body in ["<html>", "{}", "[]", r#"{"manifests":null}"#] {
        let server = Server::answering(200, "", body.to_owned()).await;
        let error = server.application(None).read(None).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Invalid, "{body}");
    }
}

#[test]
fn a_name_that_would_lead_elsewhere_is_refused() {
    for name in ["", "..", "a/b", "a?b", "A", "-a", "a%2f"] {
        let application = Application {
            server: "https://argocd.example.com".to_owned(),
            token: "env:ARGOCD".to_owned(),
            name: name.to_owned(),
            namespace: None,
        };
        let clock = Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH));
        let made = Rendered::new(application, Patience::default(), Arc::new(Known), clock);
        assert_eq!(made.unwrap_err().kind, PortErrorKind::Invalid, "{name}");
    }
}
