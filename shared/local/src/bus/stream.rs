//! The ledger with a stream of what is new in its outbox, as the deployed
//! table has one: `publish` hears of a message as soon as it is written.

use std::sync::Arc;

use async_trait::async_trait;
use domain::finding::{Finding, HistoryEntry};
use domain::identity::FindingId;
use domain::life::Decision;
use domain::ports::{Item, Items, Key, Ledger, PortError, Range, Store, Write};
use domain::record::Scan;
use domain::unit::Unit;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How the partitions of the outbox begin.
const OUTBOX: &str = "OUTBOX#";

/// A ledger whose outbox tells what it gets.
pub struct Streamed {
    store: Arc<dyn Store>,
    sender: UnboundedSender<Item>,
}

/// What is new in the outbox, in the order of its writing.
#[derive(Debug)]
pub struct Changes(UnboundedReceiver<Item>);

impl Changes {
    /// The next item; `None` once the ledger is gone.
    pub async fn next(&mut self) -> Option<Item> {
        self.0.recv().await
    }
}

impl Streamed {
    /// The ledger, and the stream of its outbox from now on. What other
    /// processes write shows in no stream of this one; `clock` finds it.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> (Self, Changes) {
        let (sender, receiver) = unbounded_channel();
        (Self { store, sender }, Changes(receiver))
    }

    /// Tells of writes that were done.
    fn tell(&self, writes: &[Write]) {
        for write in writes {
            if let Write::Put(item, _) = write
                && item.key.pk.starts_with(OUTBOX)
            {
                // Where nobody listens any more, the item stays for the clock.
                let _ = self.sender.send(item.clone());
            }
        }
    }
}

#[async_trait]
impl Items for Streamed {
    async fn get(&self, key: &Key) -> Result<Option<Item>, PortError> {
        self.store.get(key).await
    }

    async fn query(&self, pk: &str, range: &Range, limit: usize) -> Result<Vec<Item>, PortError> {
        self.store.query(pk, range, limit).await
    }

    async fn write(&self, writes: &[Write]) -> Result<(), PortError> {
        self.store.write(writes).await?;
        self.tell(writes);
        Ok(())
    }
}

#[async_trait]
impl Ledger for Streamed {
    async fn scan(&self, unit: &Unit) -> Result<Option<Scan>, PortError> {
        self.store.scan(unit).await
    }

    async fn unit_findings(&self, unit: &Unit) -> Result<Vec<Finding>, PortError> {
        self.store.unit_findings(unit).await
    }

    async fn units(&self) -> Result<Vec<Unit>, PortError> {
        self.store.units().await
    }

    async fn finding(&self, id: &FindingId) -> Result<Option<Finding>, PortError> {
        self.store.finding(id).await
    }

    async fn ids(&self, prefix: &str, limit: usize) -> Result<Vec<FindingId>, PortError> {
        self.store.ids(prefix, limit).await
    }

    async fn findings(&self) -> Result<Vec<Finding>, PortError> {
        self.store.findings().await
    }

    async fn history(&self, id: &FindingId) -> Result<Vec<HistoryEntry>, PortError> {
        self.store.history(id).await
    }

    async fn commit(&self, decision: &Decision) -> Result<(), PortError> {
        self.store.commit(decision).await?;
        self.tell(&decision.also);
        Ok(())
    }

    async fn close_look(&self, scan: &Scan, also: &[Write]) -> Result<(), PortError> {
        self.store.close_look(scan, also).await?;
        self.tell(also);
        Ok(())
    }
}
