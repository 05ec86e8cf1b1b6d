//! How the time of an invocation is shared among its records.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// Kept for answering Lambda: what is not answered in time counts as not done.
const ANSWER: Duration = Duration::from_millis(300);

/// Kept for what follows a handler: a delayed message, a dead letter.
const FOLLOW_UP: Duration = Duration::from_millis(700);

/// Less than this is not worth beginning a record with.
const LEAST: Duration = Duration::from_millis(500);

/// The longest that Lambda lets an invocation take.
const LONGEST: Duration = Duration::from_secs(900);

/// The end of an invocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    /// The end that Lambda names. One that was over before the invocation came
    /// says nothing (local runtimes give such): then it is the longest there is.
    pub(crate) fn at(time: SystemTime) -> Self {
        let left = time.duration_since(SystemTime::now()).unwrap_or(LONGEST);
        Self(Instant::now() + left)
    }

    /// Until when the next of so many records may take; `None` where there is no time for it.
    /// What one record does not use is there for the others.
    pub(crate) fn share(self, records: usize) -> Option<Instant> {
        let now = Instant::now();
        let left = self
            .0
            .checked_duration_since(now)?
            .checked_sub(ANSWER + FOLLOW_UP)?;
        let records = u32::try_from(records).unwrap_or(u32::MAX).max(1);
        let share = (left / records).max(LEAST);
        (left >= LEAST).then(|| now + share)
    }

    /// Until when everything must be done but the answer.
    pub(crate) fn last(self) -> Instant {
        self.0.checked_sub(ANSWER).unwrap_or(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A deadline after that many milliseconds, and what it gives the next of so many records.
    fn share(millis: u64, records: usize) -> Option<Duration> {
        let now = Instant::now();
        let deadline = Deadline(now + Duration::from_millis(millis));
        deadline.share(records).map(|until| until - now)
    }

    #[test]
    fn a_deadline_that_was_over_from_the_beginning_says_nothing() {
        let over = Deadline::at(SystemTime::UNIX_EPOCH + Duration::from_secs(600));
        assert!(over.share(10).is_some());
        let ahead = Deadline::at(SystemTime::now() + Duration::from_millis(100));
        assert_eq!(ahead.share(1), None);
    }

    #[test]
    fn records_share_what_is_left_after_the_answer_and_what_follows() {
        let near = |share: Option<Duration>, millis: u64| {
            let off = share.unwrap().abs_diff(Duration::from_millis(millis));
            assert!(off < Duration::from_millis(100), "{share:?} for {millis}");
        };
        near(share(11_000, 1), 10_000);
        near(share(11_000, 10), 1000);
        // A share too small to begin with is made large enough, at the cost of the last ones.
        near(share(2000, 10), 500);
    }

    #[test]
    fn no_record_is_begun_that_would_run_into_the_time_for_the_answer() {
        assert_eq!(share(1400, 1), None);
        assert_eq!(share(800, 1), None);
        assert_eq!(share(0, 1), None);
        assert!(share(1700, 1).is_some());
    }
}
