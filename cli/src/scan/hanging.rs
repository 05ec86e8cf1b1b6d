//! What hangs on the resources of one account and region, each call in its turn.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use additions::{Item, Parent, live, parents};
use async_trait::async_trait;
use domain::ports::{
    Attachments, Grant, GroupRule, Holder, PortError, PortErrorKind, PublicAccessBlock, Route,
};
use domain::stack::Declared;
use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

/// How many calls of one account and region are under way at once.
const CALLS: usize = 8;

/// How many calls to IAM of one account are: it answers a few calls a second
/// for all regions together.
const OF_IAM: usize = 4;

/// What hangs on each parent, or why that could not be read.
pub(crate) type Live = BTreeMap<Parent, Result<Vec<Item>, PortError>>;

/// The turns at IAM, which an account has once for all its regions.
#[derive(Debug, Default)]
pub(crate) struct IamTurns(Mutex<BTreeMap<Option<String>, Arc<Semaphore>>>);

impl IamTurns {
    /// Those of an account as the config names it; `None` is the caller's own.
    pub(crate) fn of(&self, account: Option<&str>) -> Arc<Semaphore> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let turns = all
            .entry(account.map(str::to_owned))
            .or_insert_with(|| Arc::new(Semaphore::new(OF_IAM)));
        Arc::clone(turns)
    }
}

/// Reads what hangs on resources.
pub(crate) struct Hanging {
    port: Arc<dyn Attachments>,
    turns: Semaphore,
    iam: Arc<Semaphore>,
}

impl Hanging {
    /// Through a port, with the account's turns at IAM.
    pub(crate) fn new(port: Arc<dyn Attachments>, iam: Arc<Semaphore>) -> Self {
        Self {
            port,
            turns: Semaphore::new(CALLS),
            iam,
        }
    }

    /// What hangs on the resources of a stack, if any are of the kinds that
    /// things hang on; what is not read by the deadline is not waited for.
    pub(crate) async fn of(&self, declared: &[Declared], deadline: Instant) -> Live {
        let parents = parents(declared);
        if parents.is_empty() {
            return Live::new();
        }
        let claims = additions::declared(declared);
        let port = InTurn(self);
        match timeout_at(deadline, live(&port, &parents, &claims)).await {
            Ok(live) => live,
            Err(_) => parents
                .into_iter()
                .map(|parent| (parent, Err(too_late())))
                .collect(),
        }
    }

    async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed, so a turn always comes.
        self.turns.acquire().await.ok()
    }
}

fn too_late() -> PortError {
    PortError::new(
        PortErrorKind::Timeout,
        "look",
        "what hangs on it was not read within --timeout",
    )
}

/// The calls, each in its turn: nobody holds a turn while it waits for something else.
struct InTurn<'h>(&'h Hanging);

#[async_trait]
impl Attachments for InTurn<'_> {
    async fn security_group_rules(&self, groups: &[String]) -> Result<Vec<GroupRule>, PortError> {
        let _turn = self.0.turn().await;
        self.0.port.security_group_rules(groups).await
    }

    async fn routes(&self, tables: &[String]) -> Result<Vec<Route>, PortError> {
        let _turn = self.0.turn().await;
        self.0.port.routes(tables).await
    }

    async fn inline_policies(&self, holder: &Holder) -> Result<Vec<String>, PortError> {
        let _turn = self.0.iam.acquire().await.ok();
        self.0.port.inline_policies(holder).await
    }

    async fn attached_policies(&self, holder: &Holder) -> Result<Vec<String>, PortError> {
        let _turn = self.0.iam.acquire().await.ok();
        self.0.port.attached_policies(holder).await
    }

    async fn bucket_policy(&self, bucket: &str) -> Result<Option<Value>, PortError> {
        let _turn = self.0.turn().await;
        self.0.port.bucket_policy(bucket).await
    }

    async fn public_access_block(
        &self,
        bucket: &str,
    ) -> Result<Option<PublicAccessBlock>, PortError> {
        let _turn = self.0.turn().await;
        self.0.port.public_access_block(bucket).await
    }

    async fn key_policy(&self, key: &str) -> Result<Value, PortError> {
        let _turn = self.0.turn().await;
        self.0.port.key_policy(key).await
    }

    async fn grants(&self, key: &str) -> Result<Vec<Grant>, PortError> {
        let _turn = self.0.turn().await;
        self.0.port.grants(key).await
    }

    async fn node_groups(&self, cluster: &str) -> Result<Vec<String>, PortError> {
        let _turn = self.0.turn().await;
        self.0.port.node_groups(cluster).await
    }
}
