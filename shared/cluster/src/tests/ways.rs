//! Kubeconfigs in their forms, TLS and proxies.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::ports::{Cluster as _, PortError, PortErrorKind};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::server::{Authority, Reply, Seen, Server};
use super::{by, connected, kubeconfig, quick, web};
use crate::{ApiServer, NoCache, Options, Way, connect};

fn object(_: usize, _: &Seen) -> Reply {
    Reply::Json(200, json!({"kind": "Deployment"}))
}

/// Takes one bearer token.
fn only(token: &'static str) -> impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static {
    move |number, seen| match seen.header("authorization") {
        header if header == format!("Bearer {token}") => object(number, seen),
        _ => Reply::Json(401, super::status(401, "Unauthorized", "Unauthorized")),
    }
}

fn base64(text: &str) -> String {
    use std::fmt::Write as _;
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = String::new();
    for byte in text.bytes() {
        write!(bits, "{byte:08b}").unwrap();
    }
    let digits = bits.as_bytes().chunks(6).map(|six| {
        let six = format!("{:0<6}", std::str::from_utf8(six).unwrap());
        char::from(DIGITS[usize::from_str_radix(&six, 2).unwrap()])
    });
    let mut encoded: String = digits.collect();
    while !encoded.len().is_multiple_of(4) {
        encoded.push('=');
    }
    encoded
}

async fn reached(cluster: Value, user: Value) -> Result<(), PortError> {
    connected(cluster, user, quick())
        .await
        .get(&web())
        .await
        .map(drop)
}

async fn tried(directory: &Path, text: &str) -> Result<ApiServer, PortError> {
    let file = directory.join("config");
    std::fs::write(&file, text).unwrap();
    connect(&by(&file), quick(), Arc::new(NoCache)).await
}

/// A shell script to run as a plugin.
fn script(directory: &Path, text: &str) -> String {
    let file = directory.join("plugin.sh");
    std::fs::write(&file, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    file.to_str().unwrap().to_owned()
}

fn plugin(command: &str) -> Value {
    json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": command, "args": ["get-token", "--secret=swordfish"],
                    "env": [{"name": "PLUGIN_SAYS", "value": "hello"}], "interactiveMode": "Never", "provideClusterInfo": true}})
}

#[tokio::test]
async fn a_server_is_trusted_by_the_authority_that_the_kubeconfig_names() {
    let authority = Authority::of(&["localhost"], false);
    let server = Server::with_tls(&authority, object).await;
    let data = base64(&authority.pem);
    reached(
        json!({"server": server.url, "certificate-authority-data": data}),
        json!({}),
    )
    .await
    .unwrap();
    reached(
        json!({"server": server.url, "insecure-skip-tls-verify": true}),
        json!({}),
    )
    .await
    .unwrap();
    // A file beside the kubeconfig.
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("ca.pem"), &authority.pem).unwrap();
    let config = kubeconfig(
        json!({"server": server.url, "certificate-authority": "ca.pem"}),
        json!({}),
    );
    let cluster = tried(directory.path(), &config).await.unwrap();
    assert!(cluster.get(&web()).await.unwrap().is_some());
    assert_eq!(cluster.name(), "here");
    // Another's.
    let other = base64(&Authority::of(&["localhost"], false).pem);
    let strange = json!({"server": server.url, "certificate-authority-data": other});
    let cluster = connected(strange, json!({}), quick()).await;
    let error = cluster.get(&web()).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert!(
        error.detail.contains("check certificate-authority"),
        "{error}"
    );
    assert_eq!(
        cluster.requests(),
        1,
        "a stranger's certificate does not heal"
    );
}

#[tokio::test]
async fn a_server_may_go_by_another_name() {
    let authority = Authority::of(&["kubernetes.example.com"], false);
    let server = Server::with_tls(&authority, object).await;
    let data = base64(&authority.pem);
    let named = json!({"server": server.url, "certificate-authority-data": data, "tls-server-name": "kubernetes.example.com"});
    reached(named, json!({})).await.unwrap();
    let error = reached(
        json!({"server": server.url, "certificate-authority-data": data}),
        json!({}),
    )
    .await
    .unwrap_err();
    assert!(error.detail.contains("set tls-server-name"), "{error}");
}

#[tokio::test]
async fn a_client_is_known_by_its_certificate() {
    let authority = Authority::of(&["localhost"], true);
    let server = Server::with_tls(&authority, object).await;
    let cluster =
        json!({"server": server.url, "certificate-authority-data": base64(&authority.pem)});
    let (certificate, key) = &authority.client;
    let user =
        json!({"client-certificate-data": base64(certificate), "client-key-data": base64(key)});
    reached(cluster.clone(), user).await.unwrap();
    assert!(reached(cluster.clone(), json!({})).await.is_err());
    // The same by a plugin.
    let directory = tempfile::tempdir().unwrap();
    let given = json!({"kind": "ExecCredential", "status": {"clientCertificateData": certificate, "clientKeyData": key}});
    std::fs::write(directory.path().join("given.json"), given.to_string()).unwrap();
    let command = script(directory.path(), "cat \"$(dirname \"$0\")/given.json\"");
    reached(cluster, plugin(&command)).await.unwrap();
}

#[tokio::test]
async fn tokens_stand_in_the_kubeconfig_or_in_a_file() {
    let server = Server::start(only("swordfish")).await;
    let cluster = json!({"server": server.url});
    reached(cluster.clone(), json!({"token": "swordfish"}))
        .await
        .unwrap();
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("token"), "swordfish").unwrap();
    let config = kubeconfig(cluster.clone(), json!({"tokenFile": "token"}));
    assert!(
        tried(directory.path(), &config)
            .await
            .unwrap()
            .get(&web())
            .await
            .is_ok()
    );
    let refused = connected(cluster, json!({"token": "red-herring"}), quick()).await;
    let error = refused.get(&web()).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Denied);
    assert!(
        error.detail.contains("log in to the cluster again"),
        "{error}"
    );
    assert!(!format!("{error:?} {refused:?}").contains("red-herring"));
}

#[tokio::test]
async fn who_is_impersonated_is_told() {
    let server = Server::start(object).await;
    reached(
        json!({"server": server.url}),
        json!({"as": "jane", "as-groups": ["viewers"]}),
    )
    .await
    .unwrap();
    let seen = &server.seen()[0];
    assert_eq!(
        (
            seen.header("impersonate-user"),
            seen.header("impersonate-group")
        ),
        ("jane", "viewers")
    );
}

#[tokio::test]
async fn a_server_below_a_path_is_reached_there() {
    let server = Server::start(object).await;
    reached(
        json!({"server": format!("{}/k8s/clusters/c-1", server.url)}),
        json!({}),
    )
    .await
    .unwrap();
    assert_eq!(
        server.calls(),
        ["GET /k8s/clusters/c-1/apis/apps/v1/namespaces/shop/deployments/web"]
    );
}

#[tokio::test]
async fn a_plugin_is_run_once_told_about_the_cluster_and_again_when_its_token_is_refused() {
    let server = Server::start(|number, seen| match number {
        0 | 1 => object(number, seen),
        _ if seen.header("authorization") == "Bearer token-2" => object(number, seen),
        _ => Reply::Json(401, super::status(401, "Unauthorized", "Unauthorized")),
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let command = script(
        directory.path(),
        "cd \"$(dirname \"$0\")\"; echo \"$PLUGIN_SAYS $1\" >> runs; echo \"$KUBERNETES_EXEC_INFO\" > info\n\
         echo \"{\\\"kind\\\":\\\"ExecCredential\\\",\\\"status\\\":{\\\"token\\\":\\\"token-$(wc -l < runs)\\\"}}\"",
    );
    let cluster = connected(json!({"server": server.url}), plugin(&command), quick()).await;
    for _ in 0..4 {
        assert!(cluster.get(&web()).await.unwrap().is_some());
    }
    let runs = std::fs::read_to_string(directory.path().join("runs")).unwrap();
    assert_eq!(runs, "hello get-token\nhello get-token\n");
    let seen: Vec<_> = server
        .seen()
        .iter()
        .map(|it| it.header("authorization").to_owned())
        .collect();
    assert_eq!(
        seen,
        [
            "Bearer token-1",
            "Bearer token-1",
            "Bearer token-1",
            "Bearer token-2",
            "Bearer token-2"
        ]
    );
    let info: Value =
        serde_json::from_slice(&std::fs::read(directory.path().join("info")).unwrap()).unwrap();
    assert_eq!(info["apiVersion"], "client.authentication.k8s.io/v1");
    assert_eq!(
        info["spec"],
        json!({"interactive": false, "cluster": {"server": server.url}})
    );
}

#[tokio::test]
async fn a_plugin_that_fails_is_named_and_what_it_wrote_is_not_shown() {
    let directory = tempfile::tempdir().unwrap();
    let failing = |text: &str, limit: u64| {
        let command = script(directory.path(), text);
        let file = directory.path().join("config");
        std::fs::write(
            &file,
            kubeconfig(json!({"server": "https://localhost:1"}), plugin(&command)),
        )
        .unwrap();
        let options = Options {
            plugin_timeout: Duration::from_millis(limit),
            ..quick()
        };
        async move {
            connect(&by(&file), options, Arc::new(NoCache))
                .await
                .unwrap_err()
        }
    };
    let begun = Instant::now();
    for (text, kind, says) in [
        (
            "echo token-in-output; echo noise >&2; echo please log in >&2; exit 3",
            PortErrorKind::Denied,
            "exit status: 3: please log in",
        ),
        (
            "echo token-in-output",
            PortErrorKind::Invalid,
            "no ExecCredential",
        ),
        (
            "echo '{\"kind\":\"ExecCredential\"}'",
            PortErrorKind::Invalid,
            "has no status",
        ),
        (
            "echo '{\"status\":{\"token\":\"\"}}'",
            PortErrorKind::Invalid,
            "neither a token nor",
        ),
        (
            "exec sleep 60",
            PortErrorKind::Timeout,
            "did not end within",
        ),
    ] {
        let error = failing(text, 2000).await;
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.detail.contains(says), "{error}");
        assert!(error.detail.contains("plugin.sh"), "{error}");
        assert!(
            !error.detail.contains("token-in-output") && !error.detail.contains("swordfish"),
            "{error}"
        );
    }
    assert!(begun.elapsed() < Duration::from_secs(30));
    let mut user = plugin("no-such-plugin-anywhere");
    user["exec"]["installHint"] = json!("brew install it");
    let config = kubeconfig(json!({"server": "https://localhost:1"}), user);
    let error = tried(directory.path(), &config).await.unwrap_err();
    assert!(
        error.detail.contains("no such command; brew install it"),
        "{error}"
    );
}

#[tokio::test]
async fn a_kubeconfig_that_cannot_be_used_is_named_and_not_quoted() {
    let directory = tempfile::tempdir().unwrap();
    for (text, says) in [
        (
            "token: [swordfish\nusers: {",
            "config: not a kubeconfig (line ",
        ),
        ("users: swordfish", "not a kubeconfig"),
        ("", "no current context is set"),
        (
            &kubeconfig(json!({"server": "10.0.0.1:6443"}), json!({})),
            "must begin with https://",
        ),
        (&kubeconfig(json!({}), json!({})), "cluster url is missing"),
        (
            &kubeconfig(
                json!({"server": "https://a", "certificate-authority-data": "!"}),
                json!({}),
            ),
            "certificate authority",
        ),
        (
            &kubeconfig(
                json!({"server": "https://a", "proxy-url": "gopher://a"}),
                json!({}),
            ),
            "proxy",
        ),
        (
            &kubeconfig(
                json!({"server": "https://a"}),
                json!({"auth-provider": {"name": "gcp", "config": {"access-token": "swordfish"}}}),
            ),
            "use its exec plugin",
        ),
        (
            &kubeconfig(
                json!({"server": "https://a"}),
                json!({"client-certificate-data": "c3dvcmRmaXNo", "client-key-data": "c3dvcmRmaXNo"}),
            ),
            "identity",
        ),
    ] {
        let error = tried(directory.path(), text).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Invalid, "{error}");
        assert!(error.detail.contains(says), "{says}: {error}");
        assert!(
            !error.to_string().contains("swordfish") && !error.to_string().contains("c3dvcmRmaXNo"),
            "{error}"
        );
    }
    let way = Way::Kubeconfig {
        path: Some(directory.path().join("config")),
        context: Some("there".to_owned()),
    };
    let error = connect(&way, quick(), Arc::new(NoCache)).await.unwrap_err();
    assert!(
        error.detail.contains("no context `there`; there are here"),
        "{error}"
    );
    let error = connect(
        &by(&directory.path().join("gone")),
        quick(),
        Arc::new(NoCache),
    )
    .await
    .unwrap_err();
    assert!(error.detail.contains("gone"), "{error}");
}

#[tokio::test]
async fn the_first_of_several_files_wins() {
    let server = Server::start(only("first")).await;
    let directory = tempfile::tempdir().unwrap();
    let (one, two) = (directory.path().join("one"), directory.path().join("two"));
    let first =
        json!({"current-context": "", "users": [{"name": "u", "user": {"token": "first"}}]});
    std::fs::write(&one, first.to_string()).unwrap();
    std::fs::write(
        &two,
        kubeconfig(json!({"server": server.url}), json!({"token": "second"})),
    )
    .unwrap();
    let entry = crate::kubeconfig::read(&[one, two], None).await.unwrap();
    assert_eq!(entry.name, "here");
    let user = serde_json::to_value(&entry.config.auth_info).unwrap();
    assert_eq!(user["token"], "first");
}

#[tokio::test]
async fn who_asks_is_not_told_without_tls_to_another_machine() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config");
    for (server, told) in [
        ("http://10.0.0.1:8080", false),
        ("http://localhost:8080", true),
        ("http://[::1]:8080", true),
        ("https://10.0.0.1", true),
    ] {
        std::fs::write(
            &file,
            kubeconfig(json!({"server": server}), json!({"token": "swordfish"})),
        )
        .unwrap();
        let entry = crate::kubeconfig::read(std::slice::from_ref(&file), None)
            .await
            .unwrap();
        assert_eq!(entry.config.auth_info.token.is_some(), told, "{server}");
    }
}

#[tokio::test]
async fn a_proxy_of_the_kubeconfig_is_gone_through() {
    let authority = Authority::of(&["localhost"], false);
    let server = Server::with_tls(&authority, object).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://user:pa%40ss@{}", listener.local_addr().unwrap());
    let heads = Arc::new(std::sync::Mutex::new(Vec::new()));
    let list = Arc::clone(&heads);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = vec![0; 4096];
            let read = stream.read(&mut head).await.unwrap();
            let head = String::from_utf8_lossy(&head[..read]).into_owned();
            let target = head
                .split(' ')
                .nth(1)
                .unwrap()
                .replace("localhost", "127.0.0.1");
            list.lock().unwrap().push(head);
            let mut onward = TcpStream::connect(target).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            tokio::spawn(
                async move { tokio::io::copy_bidirectional(&mut stream, &mut onward).await },
            );
        }
    });
    let cluster = json!({"server": server.url, "certificate-authority-data": base64(&authority.pem), "proxy-url": proxy});
    reached(cluster, json!({})).await.unwrap();
    let heads = heads.lock().unwrap();
    assert_eq!(heads.len(), 1);
    assert!(heads[0].starts_with("CONNECT localhost:"), "{}", heads[0]);
    let identity = format!("proxy-authorization: Basic {}", base64("user:pa@ss"));
    assert!(
        heads[0].to_lowercase().contains(&identity.to_lowercase()),
        "{}",
        heads[0]
    );
}
