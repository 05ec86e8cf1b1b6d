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
