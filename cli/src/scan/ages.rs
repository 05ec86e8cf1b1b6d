//! How long detections take, learned from those that were seen to run or to have ended.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// How long after it was last asked after a running detection is asked after
/// again, should no list show its end.
pub(crate) const BACKSTOP: Duration = Duration::from_secs(15);

/// The age at which a scout is asked after for the first time; then at twice that, and so on.
const FIRST: Duration = Duration::from_millis(300);

/// How many detections are scouts: enough that one slow stack does not stand for all.
const SCOUTS: usize = 3;

/// How many observations count, the last ones: what detections took minutes ago says little.
const OBSERVED: usize = 200;

/// Of so many detections of an age, one may still run for the age to be worth
/// asking at: each that does costs a call for nothing.
const ONE_RUNS_OF: usize = 50;

/// The ages at which detections of one account and region were seen, and when
/// the next ones should have ended.
///
/// A detection that should have ended is asked after directly: that call is
/// due anyway once it has, while a list of many pages, which would say so for
/// many at once, is dear.
pub(crate) struct Ages {
    observed: Mutex<VecDeque<Observed>>,
    /// The age at which a detection should have ended; `None` while nothing tells.
    ended_by: watch::Sender<Option<Duration>>,
    scouts: Mutex<usize>,
}

#[derive(Clone, Copy)]
struct Observed {
    age: Duration,
    ended: bool,
}

/// One detection that is waited for.
pub(crate) struct Waiting {
    /// When it was accepted.
    pub(crate) accepted_at: Instant,
    /// Whether it is asked after although nothing tells how long detections take.
    pub(crate) scout: bool,
    /// The age at which it was last asked after directly, in vain.
    pub(crate) asked: Option<Duration>,
}

impl Waiting {
    /// The age at which it is asked after directly, where `ended_by` is when detections should have ended.
    fn next(&self, ended_by: Option<Duration>) -> Option<Duration> {
        match (self.asked, ended_by) {
            (Some(asked), Some(ended_by)) if asked < ended_by => Some(ended_by),
            // It takes longer than others do: less and less often.
            (Some(asked), _) => Some(asked + asked.clamp(FIRST, BACKSTOP)),
            (None, Some(ended_by)) => Some(ended_by),
            (None, None) => self.scout.then_some(FIRST),
        }
    }
}

impl Ages {
    /// Where nothing was seen yet.
    pub(crate) fn new() -> Self {
        Self {
            observed: Mutex::new(VecDeque::with_capacity(OBSERVED)),
            ended_by: watch::Sender::new(None),
            scouts: Mutex::new(SCOUTS),
        }
    }

    /// Whether the next detection is a scout. There are a few of them, as long as nothing is known.
    pub(crate) fn takes_a_scout(&self) -> bool {
        if self.ended_by.borrow().is_some() {
            return false;
        }
        let mut left = self.scouts.lock().unwrap_or_else(PoisonError::into_inner);
        let is_one = *left > 0;
        *left = left.saturating_sub(1);
        is_one
    }

    /// A detection of that age was seen, and whether it had ended.
    pub(crate) fn saw(&self, age: Duration, ended: bool) {
        let ended_by = {
            let mut observed = self.observed.lock().unwrap_or_else(PoisonError::into_inner);
            if observed.len() == OBSERVED {
                observed.pop_front();
            }
            observed.push_back(Observed { age, ended });
            ended_by(&observed)
        };
        self.ended_by.send_if_modified(|known| {
            let is_new = *known != ended_by;
            *known = ended_by;
            is_new
        });
    }

    /// Waits until a detection should be asked after directly; for ever where nothing says when.
    pub(crate) async fn due(&self, waiting: &Waiting) {
        let mut known = self.ended_by.subscribe();
        loop {
            let age = waiting.next(*known.borrow_and_update());
            let at = age.map(|age| waiting.accepted_at + age);
            tokio::select! {
                biased;
                () = at_or_never(at) => return,
                // The sender is our own, so it never goes away.
                _ = known.changed() => {}
            }
        }
    }
}

async fn at_or_never(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// The least age at which a detection had ended, and of those as old or older
/// hardly any still ran.
fn ended_by(observed: &VecDeque<Observed>) -> Option<Duration> {
    let mut oldest_first: Vec<Observed> = observed.iter().copied().collect();
    // Of the same age those that ran come first, so that they count.
    oldest_first.sort_by_key(|it| (std::cmp::Reverse(it.age), it.ended));
    let (mut running, mut least) = (0, None);
    for (index, it) in oldest_first.iter().enumerate() {
        running += usize::from(!it.ended);
        if it.ended && running * ONE_RUNS_OF <= index + 1 {
            least = Some(it.age);
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// The ages at which a detection is asked after, each time in vain.
    fn asked_at(scout: bool, ended_by: Option<Duration>, times: usize) -> Vec<Duration> {
        let mut waiting = Waiting {
            accepted_at: Instant::now(),
            scout,
            asked: None,
        };
        let mut ages = Vec::new();
        for _ in 0..times {
            let Some(age) = waiting.next(ended_by) else {
                break;
            };
            ages.push(age);
            waiting.asked = Some(age);
        }
        ages
    }

    fn known(ages: &Ages) -> Option<Duration> {
        *ages.ended_by.borrow()
    }

    #[test]
    fn detections_should_have_ended_at_the_least_age_at_which_others_had() {
        let ages = Ages::new();
        assert_eq!(known(&ages), None);
        for (age, ended) in [(300, false), (1_900, false), (2_400, true), (2_100, true)] {
            ages.saw(ms(age), ended);
        }
        assert_eq!(known(&ages), Some(ms(2_100)));
        ages.saw(ms(2_100), false);
        assert_eq!(known(&ages), Some(ms(2_400)), "some of that age still run");
        ages.saw(ms(5_000), false);
        assert_eq!(
            known(&ages),
            None,
            "some run longer than any that had ended"
        );
    }

    #[test]
    fn one_straggler_in_fifty_holds_nothing_up_and_two_do() {
        let ages = Ages::new();
        for age in 0..50 {
            ages.saw(ms(2_000 + age), true);
        }
        ages.saw(ms(60_000), false);
        assert_eq!(known(&ages), Some(ms(2_000)));
        ages.saw(ms(60_000), false);
        assert_eq!(known(&ages), None);
    }

    #[test]
    fn what_was_seen_long_ago_does_not_count() {
        let ages = Ages::new();
        ages.saw(ms(60_000), false);
        for _ in 0..OBSERVED {
            ages.saw(ms(2_000), true);
        }
        ages.saw(ms(3_000), true);
        assert_eq!(known(&ages), Some(ms(2_000)));
        for _ in 0..OBSERVED {
            ages.saw(ms(30_000), true);
        }
        assert_eq!(known(&ages), Some(ms(30_000)));
    }

    #[test]
    fn only_a_few_are_scouts_and_none_once_something_is_known() {
        let ages = Ages::new();
        assert!(ages.takes_a_scout());
        ages.saw(ms(2_400), true);
        assert!(!ages.takes_a_scout());
        let ages = Ages::new();
        assert_eq!((0..100).filter(|_| ages.takes_a_scout()).count(), SCOUTS);
    }

    #[test]
    fn a_detection_is_asked_after_when_it_should_have_ended_and_then_less_and_less_often() {
        assert!(asked_at(false, None, 9).is_empty());
        assert_eq!(
            asked_at(true, None, 5),
            [ms(300), ms(600), ms(1_200), ms(2_400), ms(4_800)]
        );
        let found = asked_at(false, Some(ms(7_000)), 5);
        assert_eq!(
            found,
            [ms(7_000), ms(14_000), ms(28_000), ms(43_000), ms(58_000)]
        );
        // Asked too early, it waits for the age at which others end.
        let early = Waiting {
            accepted_at: Instant::now(),
            scout: true,
            asked: Some(ms(300)),
        };
        assert_eq!(early.next(Some(ms(2_000))), Some(ms(2_000)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_learned_while_one_waits_counts_for_it_at_once() {
        let ages = Ages::new();
        let waiting = Waiting {
            accepted_at: Instant::now(),
            scout: false,
            asked: None,
        };
        let learning = async {
            sleep_until(waiting.accepted_at + ms(5_000)).await;
            ages.saw(ms(2_000), true);
        };
        futures_util::future::join(ages.due(&waiting), learning).await;
        assert_eq!(waiting.accepted_at.elapsed(), ms(5_000));
    }
}
