//! What is still to be asked of the CloudTrail of one account and region.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use cloudtrail::Question;
use domain::finding::Finding;
use domain::identity::FindingId;
use domain::ports::{PortError, PortErrorKind, Trail, TrailCall};
use domain::severity::Severity;
use domain::slot::{BACK_OFF, LOOKUPS_PER_SECOND};
use tokio::time::Instant;

use super::Foreseen;

/// How often in a row one place may refuse for being asked too often.
const MOST_REFUSALS: u32 = 3;

/// A finding whose author is not known, with what CloudTrail said of it.
pub(super) type Told = (Finding, Vec<TrailCall>);

/// Something that is asked about.
#[derive(Debug)]
struct Wanted {
    id: FindingId,
    severity: Severity,
    question: Question,
    /// The finding itself; `None` while a look only foresees it.
    finding: Option<Finding>,
}

/// What is asked of one place, one thing at a time.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Vec<Wanted>,
    /// What is asked about at the moment.
    asked: Option<Wanted>,
    /// What was answered about findings that are only foreseen.
    answered: BTreeMap<FindingId, (Question, Vec<TrailCall>)>,
    trail: Option<Arc<dyn Trail>>,
    /// When asking may go on after a refusal.
    pub(super) free_at: Option<Instant>,
    refusals: u32,
    /// Why nothing more is asked here.
    failure: Option<PortError>,
}

impl Queue {
    /// Takes what may become a finding.
    pub(super) fn foresee(&mut self, foreseen: Foreseen) {
        let Foreseen {
            id,
            severity,
            question,
        } = foreseen;
        self.waiting.push(Wanted {
            id,
            severity,
            question,
            finding: None,
        });
    }

    /// Takes a finding; gives it back where it was foreseen and CloudTrail has already said what it knows.
    pub(super) fn take(&mut self, finding: Finding, question: Question) -> Option<Told> {
        if let Some((earlier, calls)) = self.answered.remove(&finding.id)
            && earlier.answers(&question)
        {
            return Some((finding, calls));
        }
        let foreseen = self.asked.iter_mut().chain(&mut self.waiting);
        let mut foreseen = foreseen.filter(|it| it.finding.is_none() && it.id == finding.id);
        match foreseen.find(|it| it.question.answers(&question)) {
            Some(wanted) => {
                wanted.severity = finding.severity;
                wanted.finding = Some(finding);
            }
            None => self.waiting.push(Wanted {
                id: finding.id.clone(),
                severity: finding.severity,
                question,
                finding: Some(finding),
            }),
        }
        None
    }

    /// Nothing more will be found: what was only foreseen is none.
    pub(super) fn close(&mut self) {
        self.waiting.retain(|it| it.finding.is_some());
    }

    /// Whether somebody waits for an answer from here, and there may be one.
    pub(super) fn is_owed(&self) -> bool {
        let mut open = self.asked.iter().chain(&self.waiting);
        self.failure.is_none() && open.any(|it| it.finding.is_some())
    }

    /// The next to be asked about, if there is something and nothing is under way: findings before what is only
    /// foreseen, the most severe first, and of those the first that came.
    pub(super) fn next(&mut self) -> Option<(Question, Option<Arc<dyn Trail>>)> {
        if self.asked.is_some() || self.failure.is_some() {
            return None;
        }
        let first = (0..self.waiting.len()).min_by_key(|&place| {
            let it = &self.waiting[place];
            (it.finding.is_none(), Reverse(it.severity), place)
        })?;
        let wanted = self.waiting.remove(first);
        let question = wanted.question.clone();
        self.asked = Some(wanted);
        Some((question, self.trail.clone()))
    }

    /// A question came back; the finding that it is about and its calls, where it was answered.
    pub(super) fn back(
        &mut self,
        calls: Result<Vec<TrailCall>, PortError>,
        trail: Option<Arc<dyn Trail>>,
    ) -> Option<Told> {
        self.trail = trail.or(self.trail.take());
        let wanted = self.asked.take()?;
        match calls {
            Ok(calls) => {
                self.refusals = 0;
                let Some(finding) = wanted.finding else {
                    self.answered.insert(wanted.id, (wanted.question, calls));
                    return None;
                };
                return Some((finding, calls));
            }
            Err(error) if error.kind == PortErrorKind::Throttled => {
                self.refusals += 1;
                self.free_at = Some(Instant::now() + BACK_OFF.unsigned_abs());
                if self.refusals >= MOST_REFUSALS {
                    self.failure = Some(error);
                }
            }
            Err(error) => self.failure = Some(error),
        }
        self.waiting.push(wanted);
        None
    }

    /// What a person should know of what was not asked.
    pub(super) fn remark(&self, account: &str, region: &str) -> Option<String> {
        // One that was under way when time was up was not answered either.
        let open = self.asked.iter().chain(&self.waiting);
        let left = open.filter(|it| it.finding.is_some()).count();
        match &self.failure {
            _ if left == 0 => None,
            Some(error) => Some(format!(
                "CloudTrail of account {account} in {region} did not say who made {left} finding(s): {error}"
            )),
            None => Some(format!(
                "CloudTrail of account {account} in {region} was not asked who made {left} finding(s): \
                 it takes {LOOKUPS_PER_SECOND} questions a second; the next scan within the hour goes on"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::testing::finding;
    use domain::unit::Unit;
    use jiff::Timestamp;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(NOW + second).unwrap()
    }

    fn found(name: &str, severity: Severity) -> Finding {
        let unit = Unit::stack("111122223333", "eu-west-1", "shop");
        let mut finding = finding(&unit, name, at(0));
        finding.resource.id = name.to_owned();
        finding.severity = severity;
        finding
    }

    fn question(finding: &Finding) -> Question {
        Question::of(finding)
    }

    fn foreseen(finding: &Finding) -> Foreseen {
        Foreseen {
            id: finding.id.clone(),
            severity: finding.severity,
            question: question(finding),
        }
    }

    fn take(queue: &mut Queue, finding: &Finding) -> Option<Told> {
        queue.take(finding.clone(), question(finding))
    }

    fn next(queue: &mut Queue) -> Option<String> {
        let (question, _) = queue.next()?;
        question.names.into_iter().next()
    }

    #[test]
    fn findings_come_before_what_is_only_foreseen_and_the_most_severe_first() {
        let mut queue = Queue::default();
        queue.foresee(foreseen(&found("foreseen", Severity::Critical)));
        for (name, severity) in [("low", Severity::Low), ("high", Severity::High)] {
            assert_eq!(take(&mut queue, &found(name, severity)), None);
        }
        for name in ["high", "low", "foreseen"] {
            assert_eq!(next(&mut queue).as_deref(), Some(name));
            assert_eq!(next(&mut queue), None, "one at a time");
            queue.back(Ok(Vec::new()), None);
        }
    }

    #[test]
    fn what_was_foreseen_is_asked_once_however_early_or_late_the_finding_comes() {
        let web = found("web", Severity::High);
        let told = Some((web.clone(), Vec::new()));
        // The answer is there before the finding is.
        let mut queue = Queue::default();
        queue.foresee(foreseen(&web));
        assert_eq!(next(&mut queue).as_deref(), Some("web"));
        assert_eq!(queue.back(Ok(Vec::new()), None), None);
        assert_eq!(take(&mut queue, &web), told);
        // While it is asked, and before.
        for is_asked in [true, false] {
            let mut queue = Queue::default();
            queue.foresee(foreseen(&web));
            if is_asked {
                next(&mut queue);
            }
            assert_eq!(take(&mut queue, &web), None);
            if !is_asked {
                next(&mut queue);
            }
            assert!(queue.is_owed());
            assert_eq!(queue.back(Ok(Vec::new()), None), told);
            assert_eq!(next(&mut queue), None);
        }
    }

    #[test]
    fn a_finding_that_is_older_than_was_foreseen_is_asked_about_anew() {
        let mut web = found("web", Severity::High);
        web.since = Some(at(-50));
        let mut queue = Queue::default();
        queue.foresee(foreseen(&web));
        next(&mut queue);
        queue.back(Ok(Vec::new()), None);
        web.since = Some(at(-100));
        assert_eq!(take(&mut queue, &web), None);
        assert_eq!(next(&mut queue).as_deref(), Some("web"));
    }

    #[test]
    fn nobody_waits_for_what_was_foreseen_and_did_not_come() {
        let mut queue = Queue::default();
        for name in ["web", "door"] {
            queue.foresee(foreseen(&found(name, Severity::High)));
        }
        next(&mut queue);
        assert!(!queue.is_owed());
        queue.close();
        assert_eq!(queue.remark("1", "r"), None);
        queue.back(Ok(Vec::new()), None);
        assert_eq!(next(&mut queue), None);
    }
}
