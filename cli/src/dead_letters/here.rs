//! The dead letters of the embedded ledger.

use std::path::Path;

use domain::work::Queue;
use jiff::Timestamp;
use local::SqliteLedger;
use local::bus::{DeadLetter, dead_letters, send_back};

use super::{Letter, body};
use crate::failure::Failure;
use crate::ledger;

/// The ledger, and the letters that were read.
pub(super) struct Here {
    ledger: SqliteLedger,
    letters: Vec<DeadLetter>,
}

impl Here {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        Ok(Self {
            ledger: ledger::existing_file(path)?,
            letters: Vec::new(),
        })
    }

    pub(super) async fn letters(&mut self) -> Result<Vec<Letter>, Failure> {
        self.letters = dead_letters(&self.ledger)
            .await
            .map_err(Failure::unusable)?;
        let letters = self.letters.iter().enumerate();
        Ok(letters
            .map(|(place, it)| Letter {
                id: it.id(),
                queue: it.function.clone(),
                source: Some(it.source.clone()),
                reason: Some(it.reason.clone()),
                at: Some(it.at),
                about: body::about(&it.body),
                body: it.body.clone(),
                place,
            })
            .collect())
    }

    /// Sends a letter back by a timer that is due at once.
    pub(super) async fn send_back(
        &self,
        letter: &Letter,
        to: Option<&str>,
    ) -> Result<String, Failure> {
        let mut buried = self
            .letters
            .get(letter.place)
            .ok_or_else(|| Failure::not_done("it is gone"))?
            .clone();
        if let Some(name) = to {
            let queue = Queue::ALL.into_iter().find(|it| it.as_str() == name);
            buried.queue = Some(queue.ok_or_else(|| {
                let names: Vec<&str> = Queue::ALL.into_iter().map(Queue::as_str).collect();
                Failure::unusable(format!("--to {name}: the queues are {}", names.join(", ")))
            })?);
        }
        send_back(&self.ledger, &buried, Timestamp::now())
            .await
            .map_err(Failure::not_done)?;
        let queue = buried.queue.map_or("-", Queue::as_str);
        Ok(format!("{queue}, with the clock's next run"))
    }
}
