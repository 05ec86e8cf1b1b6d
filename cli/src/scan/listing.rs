//! One list of a region's stacks, shared by all that wait for their detection.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::{PortError, Stacks};
use domain::stack::{StackId, StackSummary};
use tokio::sync::{Mutex, MutexGuard, watch};
use tokio::time::{Instant, sleep_until};

/// The stacks of a region by their ARN.
pub(crate) type Listed = Arc<BTreeMap<StackId, StackSummary>>;

/// Of the time since the first list, so much is the pause until the next one:
/// that a detection has ended shows no later than a third of its time after.
const PART: u32 = 3;

/// The least and the longest pause between lists while detections run.
const PAUSES: (Duration, Duration) = (Duration::from_millis(300), Duration::from_secs(5));

/// The least pause between lists for each of their pages: a list costs a call a page.
const PER_PAGE: Duration = Duration::from_millis(1_700);

/// How many stacks ListStacks gives a page, about; a list of many pages is asked for less often.
const PAGE: usize = 100;

/// Asks for the list of stacks so that any number of waiting looks cost one
/// list at a time.
pub(crate) struct Listing {
    stacks: Arc<dyn Stacks>,
    told: watch::Sender<Told>,
    /// Who asks next.
    turn: Mutex<()>,
}

/// What the last list said.
#[derive(Clone)]
pub(crate) struct Told {
    listed: Listed,
    /// Why the last list failed, if it did: all that wait for it hear of it,
    /// and none of them asks the failing API once more.
    failure: Option<PortError>,
    /// When it was asked for.
    pub(crate) asked_at: Instant,
    /// When the first list was.
    since: Instant,
}

impl Told {
    /// The list.
    ///
    /// # Errors
    ///
    /// Why it failed.
    pub(crate) fn listed(self) -> Result<Listed, PortError> {
        match self.failure {
            Some(error) => Err(error),
            None => Ok(self.listed),
        }
    }

    /// When a list newer than `moment` is asked for, by whoever waits for one.
    fn next_at(&self, moment: Instant) -> Instant {
        let passed = self.asked_at.saturating_duration_since(self.since);
        let pause = (passed / PART).clamp(PAUSES.0, PAUSES.1);
        let pages = u32::try_from(self.listed.len() / PAGE).unwrap_or(u32::MAX);
        self.asked_at.max(moment) + pause.max(PER_PAGE.saturating_mul(pages))
    }
}

/// What came of waiting for a list.
pub(crate) enum Turn<'l> {
    /// Somebody else asked for it.
    Told(Told),
    /// It is the waiting one's turn to ask for it, with [`Listing::ask`].
    Mine(MutexGuard<'l, ()>),
}

impl Listing {
    /// The first list.
    pub(crate) async fn first(stacks: Arc<dyn Stacks>) -> Result<Self, PortError> {
        let asked_at = Instant::now();
        let listed = by_id(stacks.list().await?);
        Ok(Self {
            stacks,
            told: watch::Sender::new(Told {
                listed,
                failure: None,
                asked_at,
                since: asked_at,
            }),
            turn: Mutex::new(()),
        })
    }

    /// The list as it was last asked for.
    pub(crate) fn last(&self) -> Listed {
        Arc::clone(&self.told.borrow().listed)
    }

    /// Whether a list costs more calls than asking after one detection.
    pub(crate) fn is_dear(&self) -> bool {
        self.told.borrow().listed.len() > PAGE
    }

    /// A list that was asked for after `moment`, waiting its turn if need be.
    pub(crate) async fn newer_than(&self, moment: Instant) -> Result<Listed, PortError> {
        let told = match self.turn(moment).await {
            Turn::Told(told) => told,
            Turn::Mine(turn) => self.ask(turn).await,
        };
        told.listed()
    }

    /// Waits for a list that was asked for after `moment`, or for the turn to
    /// ask for it. Who stops waiting keeps nobody from it, and stops no list
    /// half-way.
    pub(crate) async fn turn(&self, moment: Instant) -> Turn<'_> {
        let mut news = self.told.subscribe();
        loop {
            let next_at = {
                let told = news.borrow_and_update();
                if told.asked_at > moment {
                    return Turn::Told(told.clone());
                }
                told.next_at(moment)
            };
            let turn = async {
                sleep_until(next_at).await;
                self.turn.lock().await
            };
            tokio::select! {
                biased;
                // The sender is our own, so it never goes away.
                _ = news.changed() => {}
                turn = turn => return Turn::Mine(turn),
            }
        }
    }

    /// Asks for a list and tells all that wait for one.
    pub(crate) async fn ask(&self, turn: MutexGuard<'_, ()>) -> Told {
        let asked_at = Instant::now();
        let answer = self.stacks.list().await.map(by_id);
        self.told.send_modify(|told| {
            told.asked_at = asked_at;
            match answer {
                Ok(listed) => {
                    told.listed = listed;
                    told.failure = None;
                }
                Err(error) => told.failure = Some(error),
            }
        });
        drop(turn);
        self.told.borrow().clone()
    }
}

fn by_id(stacks: Vec<StackSummary>) -> Listed {
    Arc::new(
        stacks
            .into_iter()
            // The API remembers deleted stacks for 90 days.
            .filter(|stack| stack.status != "DELETE_COMPLETE")
            .map(|stack| (stack.id.clone(), stack))
            .collect(),
    )
}
