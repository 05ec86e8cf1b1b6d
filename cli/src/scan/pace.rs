//! How fast detections are started in one account and region.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::slot::{BACK_OFF, DETECTIONS_PER_SECOND};
use tokio::time::{Instant, sleep};

/// The fewest detections a second, however often one is refused.
const LEAST: f64 = 0.5;

/// How much may be started at once after a rest: what the pace gives in this
/// time. Half a second, so that calls which overtake each other on their way
/// are not refused where the other side counts by the second.
const AT_ONCE: Duration = Duration::from_millis(500);

/// What a refusal leaves of the pace.
const SLOWER: f64 = 0.5;

/// What the pace gains in a second in which detections are accepted, in detections a second.
const FASTER: f64 = 1.0;

/// The turns of detections, so that as few as can be are refused.
///
/// The pace begins at what the deployed functions keep to as well, is halved by
/// a refusal and grows again while detections are accepted, up to where it
/// began. An account that may allow more is not tried for it: AWS publishes no
/// limit, and one refusal makes the SDK slow down every call of the client,
/// which costs more than the haste would bring.
pub(crate) struct Pace {
    state: Mutex<State>,
    /// Whose turn is next: first come, first served.
    queue: tokio::sync::Mutex<()>,
}

struct State {
    per_second: f64,
    /// When the turns that were given are used up, at this pace.
    used_up_at: Instant,
    /// When a refusal was last heeded: those on their way at that time tell nothing new.
    slowed_at: Option<Instant>,
}

impl Pace {
    /// The pace of an account and region of which nothing is known.
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                per_second: f64::from(DETECTIONS_PER_SECOND),
                used_up_at: Instant::now(),
                slowed_at: None,
            }),
            queue: tokio::sync::Mutex::new(()),
        }
    }

    /// Waits until one more detection may be started.
    pub(crate) async fn turn(&self) {
        let _next = self.queue.lock().await;
        // A refusal meanwhile moves the turn away, so it is looked at again after each wait.
        while let Some(wait) = self.take() {
            sleep(wait).await;
        }
    }

    /// A detection was accepted.
    pub(crate) fn accepted(&self) {
        let mut state = self.state();
        let faster = state.per_second + FASTER / state.per_second;
        state.per_second = faster.min(f64::from(DETECTIONS_PER_SECOND));
    }

    /// A detection was refused for asking too often: nobody asks for a while, and then slower.
    pub(crate) fn refused(&self) {
        let now = Instant::now();
        let mut state = self.state();
        let pause = BACK_OFF.unsigned_abs();
        if state.slowed_at.is_some_and(|at| now < at + pause) {
            return;
        }
        state.slowed_at = Some(now);
        state.per_second = (state.per_second * SLOWER).max(LEAST);
        state.used_up_at = state.used_up_at.max(now + pause + AT_ONCE);
    }

    /// Takes a turn if there is one; else how long to wait for it.
    fn take(&self) -> Option<Duration> {
        let now = Instant::now();
        let mut state = self.state();
        let wait = state.used_up_at.saturating_duration_since(now + AT_ONCE);
        if wait > Duration::ZERO {
            return Some(wait);
        }
        let interval = Duration::from_secs_f64(1.0 / state.per_second);
        state.used_up_at = state.used_up_at.max(now) + interval;
        None
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn turns(pace: &Pace, count: usize) -> Duration {
        let began = Instant::now();
        for _ in 0..count {
            pace.turn().await;
        }
        began.elapsed()
    }

    fn about(took: Duration, millis: u64) {
        let off = took.abs_diff(Duration::from_millis(millis));
        assert!(off < Duration::from_millis(20), "{took:?}, not {millis} ms");
    }

    #[tokio::test(start_paused = true)]
    async fn half_a_seconds_worth_comes_at_once_and_the_rest_at_the_pace_of_the_deployed_functions()
    {
        let pace = Pace::new();
        assert_eq!(DETECTIONS_PER_SECOND, 20);
        about(turns(&pace, 11).await, 0);
        about(turns(&pace, 20).await, 1_000);
        // After a rest, too, however long.
        sleep(Duration::from_secs(60)).await;
        about(turns(&pace, 11).await, 0);
        about(turns(&pace, 1).await, 50);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_halves_the_pace_after_a_pause_for_all_that_wait() {
        let pace = Pace::new();
        turns(&pace, 11).await;
        let waiting = turns(&pace, 1);
        let refusing = async { pace.refused() };
        let (took, ()) = futures_util::future::join(waiting, refusing).await;
        about(took, 2_000);
        about(turns(&pace, 10).await, 1_000);
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_of_one_time_count_once() {
        let pace = Pace::new();
        for _ in 0..8 {
            pace.refused();
        }
        turns(&pace, 10).await;
        about(turns(&pace, 10).await, 1_000);
    }

    #[tokio::test(start_paused = true)]
    async fn refused_again_and_again_it_goes_on_however_slowly() {
        let pace = Pace::new();
        for _ in 0..20 {
            pace.refused();
            turns(&pace, 1).await;
        }
        turns(&pace, 2).await;
        about(turns(&pace, 1).await, 2_000);
    }

    #[tokio::test(start_paused = true)]
    async fn accepted_it_grows_again_no_further_than_where_it_began() {
        let pace = Pace::new();
        pace.refused();
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(8) {
            turns(&pace, 1).await;
            pace.accepted();
        }
        let took = turns(&pace, 16).await;
        assert!(took > Duration::from_millis(900), "{took:?}");
        for _ in 0..1_000 {
            pace.accepted();
        }
        turns(&pace, 1).await;
        about(turns(&pace, 20).await, 1_000);
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_first_has_the_first_turn() {
        let pace = Pace::new();
        turns(&pace, 11).await;
        let wait = pace.take().unwrap();
        let order = Mutex::new(Vec::new());
        // Comes in the very moment in which there is a turn again, and is asked first.
        let late = async {
            sleep(wait).await;
            pace.turn().await;
            order.lock().unwrap().push("late");
        };
        let early = async {
            pace.turn().await;
            order.lock().unwrap().push("early");
        };
        futures_util::future::join(late, early).await;
        assert_eq!(order.into_inner().unwrap(), ["early", "late"]);
    }
}
