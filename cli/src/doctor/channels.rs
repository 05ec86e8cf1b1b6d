//! The secrets of channels and of GitHub: do their references lead to one?
//! What they lead to is never shown.

use std::sync::Arc;

use alerts::HttpChannels;
use aws::Connection;
use domain::ports::{Address, Channels as _, PortError, Secrets as _};
use jiff::Timestamp;
use policy::{Channel, Loaded, Reached};
use serde_json::json;

use super::{Check, within};
use crate::clock::SystemClock;
use crate::outside::LazySecrets;

/// Resolves every reference and, where asked to, posts a test message.
pub(super) async fn look(
    connection: &Arc<Connection>,
    (loaded, send): (&Loaded, bool),
) -> Vec<Check> {
    let secrets = LazySecrets(Arc::clone(connection));
    let mut checks = Vec::new();
    for (what, reference) in references(loaded) {
        let resolved = within("secret", secrets.resolve(&reference)).await;
        checks.push(match resolved {
            Ok(it) if it.reveal().trim().is_empty() => Check::fail(what, format!("{reference} is empty"), "store the secret there"),
            Ok(_) => Check::ok(what, format!("{reference} leads to a secret")),
            Err(error) => Check::fail(what, error, format!("store the secret as {reference} says, where this caller may read it; what is deployed reads it by its own role")),
        });
    }
    if send {
        checks.extend(post(connection, loaded).await);
    }
    checks
}

/// Every reference to a secret, and what it is for.
fn references(loaded: &Loaded) -> Vec<(String, String)> {
    let config = &loaded.config;
    let mut found = Vec::new();
    let github = config
        .github
        .as_ref()
        .and_then(|it| it.credentials.as_ref());
    found.extend(github.map(|it| ("github credentials".to_owned(), it.to_string())));
    for (name, channel) in &config.notify.channels {
        let mut add = |key: &str, reference: Option<String>| {
            found.extend(reference.map(|it| (format!("channel {name} {key}"), it)));
        };
        match channel {
            Channel::Pagerduty(it) => add("routingKey", Some(it.routing_key.to_string())),
            Channel::Slack(it) => {
                add("token", it.token.as_ref().map(ToString::to_string));
                add("webhook", it.webhook.as_ref().map(ToString::to_string));
            }
            Channel::Webhook(it) => {
                let url = it.url.to_string();
                let is_address = url.starts_with("https://") || url.starts_with("http://");
                add("url", (!is_address).then_some(url));
                add("secret", it.secret.as_ref().map(ToString::to_string));
            }
            Channel::Github(_) | Channel::Sns(_) | Channel::Email(_) => {}
        }
    }
    found
}

/// One test message to every channel that this version can reach.
async fn post(connection: &Arc<Connection>, loaded: &Loaded) -> Vec<Check> {
    let secrets = Arc::new(LazySecrets(Arc::clone(connection)));
    let channels = match HttpChannels::new(secrets, Arc::new(SystemClock)) {
        Ok(channels) => channels,
        Err(error) => return vec![Check::fail("test message", error, "mend SSL_CERT_FILE")],
    };
    let environment = loaded.config.environment.as_str();
    let text = format!("Plumbline ({environment}): a test message. Nothing has drifted.");
    let now = Timestamp::now();
    let mut checks = Vec::new();
    for (name, channel) in &loaded.config.notify.channels {
        let what = format!("channel {name} test message");
        let (address, body) = match channel.reached() {
            Ok(Reached::SlackWebhook(url)) => {
                let url = url.to_string();
                (Address::SlackWebhook { url }, json!({"text": text}))
            }
            Ok(Reached::Webhook(it)) => (
                Address::Webhook {
                    url: it.url.to_string(),
                    secret: it.secret.as_ref().map(ToString::to_string),
                },
                json!({"apiVersion": "plumbline/v1", "kind": "Test", "environment": environment, "time": now.to_string(), "text": text}),
            ),
            // That it comes later is said of the configuration.
            Err(_) => continue,
        };
        let key = format!("doctor-{name}-{}", now.as_second());
        let posted: Result<_, PortError> =
            within("post", channels.post(&address, &key, &body)).await;
        checks.push(match posted {
            Ok(_) => Check::ok(what, "was taken: look whether it is there"),
            Err(error) => Check::fail(what, error, "mend the address or the secret that holds it"),
        });
    }
    checks
}
