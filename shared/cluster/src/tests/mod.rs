//! The adapter over real HTTP on loopback.

mod discovering;
mod dry_runs;
#[cfg(feature = "eks")]
mod entering_eks;
mod reading;
mod retrying;
mod schemas;
mod server;
mod ways;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Kind, ObjectName, PageOf};
use serde_json::{Value, json};

use crate::{ApiServer, Cache, NoCache, Options, Way, connect};

/// Limits that let a test end soon.
fn quick() -> Options {
    Options {
        initial_backoff: Duration::from_millis(1),
        max_backoff: Duration::from_millis(5),
        ..Options::default()
    }
}

/// A kubeconfig of one context, `here`.
fn kubeconfig(cluster: Value, user: Value) -> String {
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "here",
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
    });
    config.to_string()
}

/// The way by a kubeconfig file.
fn by(path: &Path) -> Way {
    Way::Kubeconfig {
        path: Some(path.to_owned()),
        context: None,
    }
}

async fn connected(cluster: Value, user: Value, options: Options) -> ApiServer {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config");
    std::fs::write(&file, kubeconfig(cluster, user)).unwrap();
    connect(&by(&file), options, Arc::new(NoCache))
        .await
        .unwrap()
}

/// A server without TLS and identities.
async fn plain(url: &str, options: Options) -> ApiServer {
    connected(json!({"server": url}), json!({}), options).await
}

async fn caching(url: &str, cache: Arc<dyn Cache>) -> ApiServer {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config");
    std::fs::write(&file, kubeconfig(json!({"server": url}), json!({}))).unwrap();
    connect(&by(&file), quick(), cache).await.unwrap()
}

fn deployments() -> Kind {
    Kind {
        group: "apps".to_owned(),
        version: "v1".to_owned(),
        name: "Deployment".to_owned(),
        plural: "deployments".to_owned(),
        namespaced: true,
        verbs: Vec::new(),
        preferred: true,
    }
}

fn web() -> ObjectName {
    ObjectName {
        kind: deployments(),
        namespace: Some("shop".to_owned()),
        name: "web".to_owned(),
    }
}

fn page_of(token: Option<&str>) -> PageOf {
    PageOf {
        kind: deployments(),
        namespace: None,
        token: token.map(str::to_owned),
    }
}

/// A refusal in the API server's words.
fn status(code: u16, reason: &str, message: &str) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message, "code": code})
}
