//! The function on AWS.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws::{Access, Connection};
use cluster::{Eks, NoCache, Options, Way};
use domain::ports::{PortError, PortErrorKind, Source};
use equivalence::Catalogue;
use github::Location;
use github::web::Patience;
use lambda_kit::{DeadLetters, Error, Feed, SystemClock, queue_urls, variable, variable_or_empty};
use ledger::DynamoLedger;
use policy::clusters::ClusterWatch;
use policy::watch::reading_role;
use policy::{Config, InForce, Loaded};

use crate::remote::{Home, Remote};
use crate::{Deps, QUEUE, Reached, Ways};

/// How patient it is with GitHub and Argo CD: what takes longer is tried again by the queue.
const PATIENCE: Patience = Patience {
    answer: Duration::from_secs(60),
    limits: Duration::from_secs(10),
};

/// What the function works with, and how its queue is fed, by its environment.
///
/// # Errors
///
/// Where a variable is missing; names it.
pub fn deps((connection, access): (Connection, Access)) -> Result<(Deps, Feed), Error> {
    let store = Arc::new(DynamoLedger::new(&access, &variable("PLUMBLINE_TABLE")?));
    let queues = aws::queues(&access, queue_urls(&[QUEUE])?);
    let feed = Feed {
        queue: QUEUE,
        queues,
        items: store.clone(),
        dead_letters: DeadLetters::new(&access, &variable("PLUMBLINE_DEAD_LETTER_QUEUE")?),
    };
    let secrets = aws::secrets(&access);
    let remote = Remote {
        credentials: variable_or_empty("PLUMBLINE_GITHUB")?,
        patience: PATIENCE,
        secrets: Arc::clone(&secrets),
        clock: Arc::new(SystemClock),
    };
    let deps = Deps {
        store,
        config: InForce::new(),
        ways: Arc::new(Deployed { connection, remote }),
        secrets,
        hash_key: variable("PLUMBLINE_HMAC_KEY")?,
        catalogue: Catalogue::all(),
        clock: Arc::new(SystemClock),
    };
    Ok((deps, feed))
}

/// The ways from a function: EKS by its role, manifests from GitHub or Argo CD.
struct Deployed {
    connection: Connection,
    remote: Remote,
}

#[async_trait]
impl Ways for Deployed {
    async fn cluster(
        &self,
        config: &Config,
        watch: &ClusterWatch<'_>,
    ) -> Result<Reached, PortError> {
        let policy::Cluster::Eks(eks) = &watch.section.cluster else {
            return Err(not_from_here(format!(
                "target {}: a kubeconfig is a file of a laptop or of CI; name the cluster as `eks`",
                watch.target
            )));
        };
        let account = eks.account.as_ref().map(|it| it.as_str());
        let role = account.and_then(|it| reading_role(config, it));
        let region = eks.region.as_ref().map(|it| it.as_str());
        let way = Way::Eks(Box::new(Eks {
            name: eks.name.as_str().to_owned(),
            access: self.connection.access(region, role.as_ref()).await?,
        }));
        let server = cluster::connect(&way, Options::in_function(), Arc::new(NoCache)).await?;
        Ok(Reached {
            name: server.name().to_owned(),
            server: Arc::new(server),
        })
    }

    async fn source(
        &self,
        loaded: &Loaded,
        watch: &ClusterWatch<'_>,
    ) -> Result<Arc<dyn Source>, PortError> {
        let home = home(loaded)?;
        let source = self.remote.source((&loaded.config, watch), home.as_ref())?;
        source.ok_or_else(|| {
            not_from_here(format!(
                "target {}: its manifests are read from the config's repository; put the config at github://OWNER/NAME/PATH, or name github.repository in it",
                watch.target
            ))
        })
    }
}

/// The repository that the config's own paths are in: the one it came from, else the one it names.
fn home(loaded: &Loaded) -> Result<Option<Home>, PortError> {
    if loaded.file().starts_with(Location::SCHEME) {
        let location = Location::parse(loaded.file())?;
        return Ok(Some((location.repository, location.reference)));
    }
    let named = loaded.config.github.as_ref();
    Ok(named.map(|it| (it.repository.as_str().to_owned(), None)))
}

fn not_from_here(what: String) -> PortError {
    PortError::new(PortErrorKind::Invalid, "cluster-drift", what)
}
