#![doc = include_str!("../README.md")]

mod answer;
mod client;
mod sign;
#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::{Address, Channels, Clock, PortError, PortErrorKind, Secret, Secrets};
use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;

use client::Way;

const SLACK: &str = "slack:post";
const WEBHOOK: &str = "webhook:post";

/// How a secret reference begins.
const SCHEMES: [&str; 4] = ["ssm-secure:", "secretsmanager:", "env:", "file:"];

/// Chat and webhooks over HTTP.
pub struct HttpChannels {
    client: reqwest::Client,
    /// For addresses of this machine.
    straight: reqwest::Client,
    secrets: Arc<dyn Secrets>,
    clock: Arc<dyn Clock>,
}

/// Where a post goes. Its address may be a secret, so it has no debug print.
struct Target {
    url: Url,
    /// What errors call it: the reference, or the host of an address that is no secret.
    name: String,
}

impl HttpChannels {
    /// Channels that trust the certificate authorities in `SSL_CERT_FILE`
    /// where that is set, else Mozilla's. Nothing is connected to yet.
    ///
    /// # Errors
    ///
    /// [`PortErrorKind::Invalid`] where `SSL_CERT_FILE` holds no certificates.
    pub fn new(secrets: Arc<dyn Secrets>, clock: Arc<dyn Clock>) -> Result<Self, PortError> {
        let own = std::env::var_os("SSL_CERT_FILE").filter(|it| !it.is_empty());
        Self::trusting(own.as_deref(), secrets, clock)
    }

    /// Channels for whoever posts to this machine alone, without TLS: what
    /// `SSL_CERT_FILE` says does not matter, so it is not read.
    ///
    /// # Errors
    ///
    /// [`PortErrorKind::Invalid`] where no HTTP client can be made.
    pub fn on_this_machine(
        secrets: Arc<dyn Secrets>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, PortError> {
        Self::trusting(None, secrets, clock)
    }

    fn trusting(
        own: Option<&OsStr>,
        secrets: Arc<dyn Secrets>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, PortError> {
        Ok(Self {
            client: client::client(own, Way::AsSet)?,
            straight: client::client(own, Way::Straight)?,
            secrets,
            clock,
        })
    }

    async fn target(&self, op: &'static str, url: &str) -> Result<Target, PortError> {
        let is_reference = SCHEMES.iter().any(|it| url.starts_with(it));
        let (text, name) = if is_reference {
            let secret = self.secrets.resolve(url).await?;
            (secret, url.to_owned())
        } else {
            (Secret::new(url), "its url".to_owned())
        };
        let invalid = |what: &str| PortError::new(PortErrorKind::Invalid, op, what);
        // A parse error would print what it read.
        let url = Url::parse(text.reveal().trim()).ok();
        let Some(url) = url.filter(|it| matches!(it.scheme(), "https" | "http")) else {
            return Err(invalid(&format!(
                "{name}: holds no http(s) address; store the whole URL there"
            )));
        };
        let Some(host) = url.host_str() else {
            return Err(invalid(&format!("{name}: its address names no host")));
        };
        let name = if is_reference { name } else { host.to_owned() };
        Ok(Target { url, name })
    }

    fn client_for(&self, url: &Url) -> &reqwest::Client {
        let host = url.host_str().unwrap_or_default();
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        let is_own = host == "localhost" || address.is_ok_and(|it| it.is_loopback());
        if is_own { &self.straight } else { &self.client }
    }

    async fn key(&self, reference: &str) -> Result<Secret, PortError> {
        let key = self.secrets.resolve(reference).await?;
        // A file ends with a line break that nobody means to be part of its key.
        let key = Secret::new(key.reveal().trim_end_matches(['\r', '\n']));
        if key.reveal().is_empty() {
            return Err(PortError::new(
                PortErrorKind::Invalid,
                WEBHOOK,
                format!("{reference}: is empty; store the key that signs bodies there"),
            ));
        }
        Ok(key)
    }

    async fn post_to_slack(&self, url: &str, body: &Value) -> Result<(), PortError> {
        let target = self.target(SLACK, url).await?;
        let request = self.client_for(&target.url).post(target.url.clone());
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string());
        let given = client::send(request, SLACK, &target.name).await?;
        given.settle(SLACK, &target.name, answer::slack_advice)
    }

    async fn post_to_webhook(
        &self,
        (url, secret): (&str, Option<&str>),
        key: &str,
        body: &Value,
    ) -> Result<(), PortError> {
        let target = self.target(WEBHOOK, url).await?;
        let text = body.to_string();
        let mut request = self
            .client_for(&target.url)
            .post(target.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", key);
        if let Some(reference) = secret {
            let signing = self.key(reference).await?;
            let timestamp = self.clock.now().as_second().to_string();
            request = request
                .header(
                    "X-Plumbline-Signature",
                    sign::signature(signing.reveal(), &timestamp, &text)?,
                )
                .header("X-Plumbline-Timestamp", timestamp);
        }
        let given = client::send(request.body(text), WEBHOOK, &target.name).await?;
        // What an endpoint says may repeat the address it was asked at.
        given.settle(WEBHOOK, &target.name, |_| None)
    }
}

#[async_trait]
impl Channels for HttpChannels {
    async fn post(
        &self,
        address: &Address,
        key: &str,
        body: &Value,
    ) -> Result<Option<String>, PortError> {
        match address {
            Address::SlackWebhook { url } => self.post_to_slack(url, body).await?,
            Address::Webhook { url, secret } => {
                self.post_to_webhook((url, secret.as_deref()), key, body)
                    .await?;
            }
        }
        // Neither gives what it took a name.
        Ok(None)
    }
}
