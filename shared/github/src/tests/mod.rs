//! GitHub over real connections on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests: a broken assumption has to end the test where it broke"
)]

mod answers;
mod archives;
mod changes;
mod configuration;
mod credentials;
mod names;
mod server;
mod sources;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::ports::{PortError, PortErrorKind, Secret, Secrets};
use domain::testing::ManualClock;
use jiff::Timestamp;

use crate::{Github, Options, Repository};
use server::{Reply, Request, Server};

const COMMIT: &str = "1111111111111111111111111111111111111111";

fn start() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}

/// Secrets that a test has put down, and how often they were asked for.
#[derive(Default)]
struct Known {
    secrets: Mutex<BTreeMap<String, String>>,
}

#[async_trait]
impl Secrets for Known {
    async fn resolve(&self, reference: &str) -> Result<Secret, PortError> {
        let secrets = self.secrets.lock().unwrap();
        secrets.get(reference).map(Secret::new).ok_or_else(|| {
            let detail = format!("{reference}: there is none");
            PortError::new(PortErrorKind::NotFound, "secret", detail)
        })
    }
}

/// A client of a server of the test's own.
struct World {
    server: Server,
    secrets: Arc<Known>,
    clock: Arc<ManualClock>,
    github: Arc<Github>,
}

impl World {
    /// Asks with the token `hidden-token`.
    async fn new(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::with(Some("hidden-token"), Options::default(), answer).await
    }

    async fn with(
        secret: Option<&str>,
        options: Options,
        answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let server = Server::new(answer).await;
        let secrets = Arc::new(Known::default());
        if let Some(secret) = secret {
            let mut known = secrets.secrets.lock().unwrap();
            known.insert("env:GH".to_owned(), secret.to_owned());
        }
        let clock = Arc::new(ManualClock::at(start()));
        let options = Options {
            server: server.url.clone(),
            credentials: secret.map(|_| "env:GH".to_owned()),
            ..options
        };
        let github = Github::new(options, secrets.clone(), clock.clone()).unwrap();
        Self {
            server,
            secrets,
            clock,
            github: Arc::new(github),
        }
    }

    fn repository(&self) -> Repository {
        Repository::new(Arc::clone(&self.github), "org/shop").unwrap()
    }

    /// How long the client has waited.
    fn waited(&self) -> i64 {
        use domain::ports::Clock as _;
        self.clock.now().as_second() - start().as_second()
    }
}
