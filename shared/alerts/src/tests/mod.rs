//! The channels over real connections on loopback.

mod answers;
mod secrecy;
mod server;
mod signing;
mod tls;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::{Address, PortError, PortErrorKind, Secret, Secrets};
use domain::testing::ManualClock;
use jiff::Timestamp;

use crate::{HttpChannels, client};

/// Secrets that a test has put down.
#[derive(Default)]
struct Known(BTreeMap<String, String>);

#[async_trait]
impl Secrets for Known {
    async fn resolve(&self, reference: &str) -> Result<Secret, PortError> {
        let found = self.0.get(reference);
        found.map(Secret::new).ok_or_else(|| {
            let detail = format!("{reference}: there is none");
            PortError::new(PortErrorKind::NotFound, "secret", detail)
        })
    }
}

fn channels(secrets: &[(&str, &str)]) -> HttpChannels {
    let pairs = secrets.iter();
    let secrets = pairs.map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let now = Timestamp::from_second(1_790_000_000).unwrap();
    HttpChannels {
        client: client::client(None, client::Way::AsSet).unwrap(),
        straight: client::client(None, client::Way::Straight).unwrap(),
        secrets: Arc::new(Known(secrets.collect())),
        clock: Arc::new(ManualClock::at(now)),
    }
}

fn slack() -> Address {
    Address::SlackWebhook {
        url: "env:HOOK".to_owned(),
    }
}

fn webhook(url: &str, secret: Option<&str>) -> Address {
    Address::Webhook {
        url: url.to_owned(),
        secret: secret.map(str::to_owned),
    }
}

#[test]
fn this_machine_is_reached_straight_and_everything_else_as_the_environment_says() {
    let channels = channels(&[]);
    let is_straight = |url: &str| {
        let url = reqwest::Url::parse(url).unwrap();
        std::ptr::eq(channels.client_for(&url), &channels.straight)
    };
    for own in [
        "http://127.0.0.1:9/a",
        "http://localhost/a",
        "http://[::1]:9/a",
        "https://127.8.8.8/",
    ] {
        assert!(is_straight(own), "{own}");
    }
    for other in [
        "https://hooks.example.com/a",
        "http://10.0.0.1/",
        "http://localhost.example.com/",
    ] {
        assert!(!is_straight(other), "{other}");
    }
}
