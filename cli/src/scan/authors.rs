//! Who bent what a scan sees: CloudTrail is asked while the scan goes on.
//!
//! Each account and region of CloudTrail is asked one thing at a time and no
//! faster than it allows, the most urgent finding first. What was not asked
//! shortly after the last look is left to the next scan.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use attachments::AwsEvidence;
use cloudtrail::Question;
use domain::attribute;
use domain::difference::Difference;
use domain::finding::{Event, Finding};
use domain::judge::{Notices, Rules};
use domain::life::{self, Moment};
use domain::ports::{Evidence as _, PortError, PortErrorKind, Trail, TrailCall};
use domain::record::commit_with;
use domain::slot::{BACK_OFF, LOOKUPS_PER_SECOND};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};
use policy::watch::reading_role;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};

use super::Desk;

/// How long a scan goes on for the sake of authors after its last look.
const AFTER: Duration = Duration::from_secs(20);

/// How long after a change its author is asked for: the record lags, and what
/// is not in it after an hour will not be.
const RECENT: SignedDuration = SignedDuration::from_hours(1);

/// How often in a row one place may refuse for being asked too often.
const MOST_REFUSALS: u32 = 3;

/// An account and the region in which its calls are recorded.
type At = (String, String);

type Asking<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// What came of asking.
#[derive(Debug, Default)]
pub(crate) struct Authors {
    /// The findings whose author became known, as they stand now.
    pub(crate) found: Vec<Finding>,
    /// What a person should know, in sentences.
    pub(crate) remarks: Vec<String>,
}

/// Whether CloudTrail is asked about a finding: its author is not known, and
/// what it shows is new in this scan or of the last hour.
///
/// # Errors
///
/// Whatever the ledger answers.
pub(crate) async fn is_asked(
    desk: &Desk,
    finding: &Finding,
    now: Timestamp,
) -> Result<bool, PortError> {
    if finding.closed.is_some() || !finding.lacks_author() {
        return Ok(false);
    }
    let history = desk.ledger.history(&finding.id).await?;
    let changed = history
        .iter()
        .rev()
        .find(|it| matches!(it.event, Event::Opened | Event::Reopened | Event::Changed));
    Ok(changed.is_some_and(|it| now.duration_since(it.at) <= RECENT))
}

/// Asks about findings as they come, until there are no more.
///
/// # Errors
///
/// Whatever the ledger answers. What CloudTrail refuses is a remark.
pub(crate) async fn ask(
    desk: &Desk,
    rules: &dyn Rules,
    mut findings: UnboundedReceiver<Finding>,
) -> Result<Authors, PortError> {
    let mut queues: BTreeMap<At, Queue> = BTreeMap::new();
    let mut asking: FuturesUnordered<Asking<'_>> = FuturesUnordered::new();
    let mut authors = Authors::default();
    let mut deadline = None;
    loop {
        for (at, queue) in &mut queues {
            if let Some((finding, trail)) = queue.next() {
                asking.push(Box::pin(answer(
                    desk,
                    at.clone(),
                    (finding, trail),
                    queue.free_at,
                )));
            }
        }
        if deadline.is_some() && asking.is_empty() {
            break;
        }
        tokio::select! {
            biased;
            () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => break,
            Some(answer) = asking.next(), if !asking.is_empty() => {
                let queue = queues.entry(answer.at.clone()).or_default();
                if let Some((finding, calls)) = queue.back(answer)
                    && let Some(finding) = tell(desk, rules, (finding, &calls)).await?
                {
                    authors.found.push(finding);
                }
            }
            finding = findings.recv(), if deadline.is_none() => match finding {
                Some(finding) => {
                    let question = Question::of(&finding);
                    let calls = question.heard(&*desk.ledger).await?;
                    let at = (question.account, question.region);
                    match tell(desk, rules, (finding.clone(), &calls)).await? {
                        Some(told) if !told.lacks_author() => authors.found.push(told),
                        told => {
                            authors.found.extend(told.clone());
                            let finding = told.unwrap_or(finding);
                            queues.entry(at).or_default().waiting.push(finding);
                        }
                    }
                }
                None => deadline = Some(Instant::now() + AFTER),
            },
        }
    }
    for ((account, region), queue) in queues {
        authors.remarks.extend(queue.remark(&account, &region));
    }
    Ok(authors)
}

/// What is still to be asked of one place.
#[derive(Default)]
struct Queue {
    waiting: Vec<Finding>,
    trail: Option<Arc<dyn Trail>>,
    /// Whether a question is under way.
    is_busy: bool,
    /// When the next question may be asked.
    free_at: Option<Instant>,
    refusals: u32,
    /// Why nothing more is asked here.
    failure: Option<PortError>,
}

impl Queue {
    /// The next to be asked about: the most severe, and of those the first that came.
    fn next(&mut self) -> Option<(Finding, Option<Arc<dyn Trail>>)> {
        if self.is_busy || self.failure.is_some() || self.waiting.is_empty() {
            return None;
        }
        let first = (0..self.waiting.len())
            .min_by_key(|&place| (Reverse(self.waiting[place].severity), place))?;
        self.is_busy = true;
        Some((self.waiting.remove(first), self.trail.clone()))
    }

    /// A question came back; what it is about and its calls, where it was answered.
    fn back(&mut self, answer: Answer) -> Option<(Finding, Vec<TrailCall>)> {
        self.is_busy = false;
        self.trail = answer.trail.or(self.trail.take());
        self.free_at = Some(answer.free_at);
        match answer.calls {
            Ok(calls) => {
                self.refusals = 0;
                Some((answer.finding, calls))
            }
            Err(error) if error.kind == PortErrorKind::Throttled => {
                self.refusals += 1;
                self.free_at = Some(Instant::now() + BACK_OFF.unsigned_abs());
                self.waiting.push(answer.finding);
                if self.refusals >= MOST_REFUSALS {
                    self.failure = Some(error);
                }
                None
            }
            Err(error) => {
                self.failure = Some(error);
                self.waiting.push(answer.finding);
                None
            }
        }
    }

    fn remark(&self, account: &str, region: &str) -> Option<String> {
        // One that was under way when time was up is in no queue any more.
        let left = self.waiting.len() + usize::from(self.is_busy);
        match &self.failure {
            Some(error) => Some(format!(
                "CloudTrail of account {account} in {region} did not say who made {left} finding(s): {error}"
            )),
            None if left > 0 => Some(format!(
                "CloudTrail of account {account} in {region} was not asked who made {left} finding(s): \
                 it takes {LOOKUPS_PER_SECOND} questions a second; the next scan within the hour goes on"
            )),
            None => None,
        }
    }
}

/// What came of one question.
struct Answer {
    at: At,
    finding: Finding,
    calls: Result<Vec<TrailCall>, PortError>,
    trail: Option<Arc<dyn Trail>>,
    free_at: Instant,
}

/// Asks about one finding, under each of the names that its resource may be recorded by.
async fn answer(
    desk: &Desk,
    at: At,
    (finding, trail): (Finding, Option<Arc<dyn Trail>>),
    free_at: Option<Instant>,
) -> Answer {
    let mut free_at = free_at.unwrap_or_else(Instant::now);
    let opened = match trail {
        Some(trail) => Ok(trail),
        None => {
            let role = reading_role(&desk.loaded.config, &at.0);
            let evidence = AwsEvidence(Arc::clone(&desk.connection));
            evidence.trail(Some(&at.1), role.as_ref()).await
        }
    };
    let (calls, trail) = match opened {
        Err(error) => (Err(error), None),
        Ok(trail) => {
            let Question {
                names,
                window: (from, to),
                ..
            } = Question::of(&finding);
            let mut calls = Ok(Vec::new());
            for name in names {
                sleep_until(free_at).await;
                free_at = Instant::now() + Duration::from_secs(1) / LOOKUPS_PER_SECOND;
                calls = trail.calls(&name, from, to).await;
                if !matches!(&calls, Ok(calls) if calls.is_empty()) {
                    break;
                }
            }
            (calls, Some(trail))
        }
    };
    Answer {
        at,
        finding,
        calls,
        trail,
        free_at,
    }
}

/// Writes down whom the calls name; the finding as it stands then, if they name anybody.
async fn tell(
    desk: &Desk,
    rules: &dyn Rules,
    (finding, calls): (Finding, &[TrailCall]),
) -> Result<Option<Finding>, PortError> {
    if calls.is_empty() {
        return Ok(None);
    }
    let question = Question::of(&finding);
    let moment = Moment {
        now: desk.clock.now(),
        look_started_at: finding.look_started_at,
        config: &desk.loaded.hash,
        environment: desk.loaded.config.environment.as_str(),
        telling: desk.telling,
    };
    let decided = commit_with(&*desk.ledger, &finding.id, |previous| {
        let previous = previous?;
        let who = |difference: Option<&Difference>| question.whom(calls, (previous, difference));
        let mut notices = Notices::default();
        let found = attribute::finding(previous, rules, &who, &mut notices)?;
        life::attributed(previous, &found, moment)
    })
    .await?;
    Ok(decided.filter(|it| it.version != finding.version))
}
