//! One list of a region's stacks, shared by all that wait for their detection.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::{PortError, Stacks};
use domain::stack::{StackId, StackSummary};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// The stacks of a region by their ARN.
pub(crate) type Listed = Arc<BTreeMap<StackId, StackSummary>>;

/// The pauses between lists while detections run, the last one for ever.
const PAUSES: [Duration; 6] = [
    Duration::from_millis(300),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(5),
];

/// The least pause between lists for each of their pages: a list costs a call a page.
const PER_PAGE: Duration = Duration::from_millis(1_700);

/// How many stacks ListStacks gives a page, about; a list of many pages is asked for less often.
const PAGE: usize = 100;

/// Asks for the list of stacks so that any number of waiting looks cost one
/// list at a time.
pub(crate) struct Listing {
    stacks: Arc<dyn Stacks>,
    state: Mutex<State>,
}

struct State {
    listed: Listed,
    /// Why the last list failed, if it did: all that wait for it hear of it,
    /// and none of them asks the failing API once more.
    failure: Option<PortError>,
    asked_at: Instant,
    times: usize,
}

impl Listing {
    /// The first list.
    pub(crate) async fn first(stacks: Arc<dyn Stacks>) -> Result<Self, PortError> {
        let asked_at = Instant::now();
        let listed = by_id(stacks.list().await?);
        Ok(Self {
            stacks,
            state: Mutex::new(State {
                listed,
                failure: None,
                asked_at,
                times: 0,
            }),
        })
    }

    /// The list as it was last asked for.
    pub(crate) async fn last(&self) -> Listed {
        Arc::clone(&self.state.lock().await.listed)
    }

    /// A list that was asked for after `moment`, waiting its turn if need be.
    pub(crate) async fn newer_than(&self, moment: Instant) -> Result<Listed, PortError> {
        let mut state = self.state.lock().await;
        if state.asked_at <= moment {
            let pause = PAUSES[state.times.min(PAUSES.len() - 1)];
            let pages = state.listed.len() / PAGE;
            let pause = pause.max(PER_PAGE * u32::try_from(pages).unwrap_or(u32::MAX));
            sleep_until(state.asked_at.max(moment) + pause).await;
            state.asked_at = Instant::now();
            state.times += 1;
            match self.stacks.list().await {
                Ok(stacks) => {
                    state.listed = by_id(stacks);
                    state.failure = None;
                }
                Err(error) => state.failure = Some(error),
            }
        }
        match &state.failure {
            Some(error) => Err(error.clone()),
            None => Ok(Arc::clone(&state.listed)),
        }
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
