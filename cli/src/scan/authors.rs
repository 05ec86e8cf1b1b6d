//! Who bent what a scan sees: CloudTrail is asked while the scan goes on.
//!
//! Each account and region of CloudTrail is asked one thing at a time, the most
//! urgent finding first; its port keeps to what it allows. A look that waits for
//! what other stacks declare says already what it may come to, and that is asked
//! about while nothing else is. What was not asked shortly after the last look
//! is left to the next scan.

mod queue;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use attachments::AwsEvidence;
use cloudtrail::Question;
use domain::attribute;
use domain::difference::Difference;
use domain::finding::{Event, Finding};
use domain::identity::FindingId;
use domain::judge::{Notices, Rules, Sighting};
use domain::layer::Layer;
use domain::life::{self, Moment};
use domain::ports::{Evidence as _, PortError, Trail, TrailCall};
use domain::record::commit_with;
use domain::severity::Severity;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};
use policy::watch::reading_role;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};

use super::Desk;
use queue::Queue;

/// How long a scan goes on for the sake of authors after its last look.
const AFTER: Duration = Duration::from_secs(20);

/// How long after a change its author is asked for: the record lags, and what
/// is not in it after an hour will not be.
const RECENT: SignedDuration = SignedDuration::from_hours(1);

/// An account and the region in which its calls are recorded.
type At = (String, String);

type Asking<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// What is asked about.
pub(crate) enum Wanted {
    /// A finding whose author is not known.
    Found(Box<Finding>),
    /// What may become one.
    Foreseen(Foreseen),
}

/// What will be a finding if no other stack declares it.
pub(crate) struct Foreseen {
    id: FindingId,
    severity: Severity,
    question: Question,
}

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
    let is_asked = finding.unit.layer == Layer::CloudFormation;
    if !is_asked || finding.closed.is_some() || !finding.lacks_author() {
        return Ok(false);
    }
    let history = desk.ledger.history(&finding.id).await?;
    let changed = history
        .iter()
        .rev()
        .find(|it| matches!(it.event, Event::Opened | Event::Reopened | Event::Changed));
    Ok(changed.is_some_and(|it| now.duration_since(it.at) <= RECENT))
}

/// What CloudTrail is asked about for a look that waits for the looks at other
/// stacks: what will be findings if none of those declares it. Unless it is
/// known already, asking can go on meanwhile.
///
/// # Errors
///
/// Whatever the ledger answers.
pub(crate) async fn foreseen(
    desk: &Desk,
    sightings: &[Sighting],
    now: Timestamp,
) -> Result<Vec<Foreseen>, PortError> {
    let Some(first) = sightings.first() else {
        return Ok(Vec::new());
    };
    let last = desk.ledger.scan(&first.unit).await?;
    let last = last.map(|it| it.started_at);
    let mut all = Vec::new();
    for sighting in sightings {
        let id = sighting.identity.id();
        let stored = desk.ledger.finding(&id).await?;
        let open = stored.filter(|it| it.closed.is_none());
        if let Some(open) = &open
            && shows_nothing_new(sighting, open)
            && !is_asked(desk, open, now).await?
        {
            continue;
        }
        let older = open.filter(Finding::lacks_author);
        let since = older.map_or(last, |it| it.since);
        let question = Question::about(&sighting.resource, (since, now));
        if question.heard(&*desk.ledger).await?.is_empty() {
            all.push(Foreseen {
                id,
                severity: sighting.severity,
                question,
            });
        }
    }
    Ok(all)
}

fn shows_nothing_new(sighting: &Sighting, open: &Finding) -> bool {
    let is_known = |it: &Difference| open.differences.iter().any(|known| known.is_same(it));
    open.change == sighting.change && sighting.differences.iter().all(is_known)
}

/// Asks about findings as they come, until there are no more.
///
/// # Errors
///
/// Whatever the ledger answers. What CloudTrail refuses is a remark.
pub(crate) async fn ask(
    desk: &Desk,
    rules: &dyn Rules,
    mut wanted: UnboundedReceiver<Wanted>,
) -> Result<Authors, PortError> {
    let mut queues: BTreeMap<At, Queue> = BTreeMap::new();
    let mut asking: FuturesUnordered<Asking<'_>> = FuturesUnordered::new();
    let mut authors = Authors::default();
    let mut deadline = None;
    loop {
        for (at, queue) in &mut queues {
            if let Some(next) = queue.next() {
                asking.push(Box::pin(answer(desk, at.clone(), next, queue.free_at)));
            }
        }
        if deadline.is_some() && !queues.values().any(Queue::is_owed) {
            break;
        }
        let told = tokio::select! {
            biased;
            () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => break,
            Some(answer) = asking.next(), if !asking.is_empty() => {
                let queue = queues.entry(answer.at).or_default();
                queue.back(answer.calls, answer.trail)
            }
            wanted = wanted.recv(), if deadline.is_none() => match wanted {
                Some(Wanted::Foreseen(foreseen)) => {
                    let question = &foreseen.question;
                    let at = (question.account.clone(), question.region.clone());
                    queues.entry(at).or_default().foresee(foreseen);
                    None
                }
                Some(Wanted::Found(finding)) => {
                    let question = Question::of(&finding);
                    let calls = question.heard(&*desk.ledger).await?;
                    let told = tell(desk, rules, ((*finding).clone(), &calls)).await?;
                    authors.found.extend(told.clone());
                    let finding = told.unwrap_or(*finding);
                    if finding.lacks_author() {
                        let at = (question.account.clone(), question.region.clone());
                        queues.entry(at).or_default().take(finding, question)
                    } else {
                        None
                    }
                }
                None => {
                    queues.values_mut().for_each(Queue::close);
                    deadline = Some(Instant::now() + AFTER);
                    None
                }
            },
        };
        if let Some((finding, calls)) = told
            && let Some(finding) = tell(desk, rules, (finding, &calls)).await?
        {
            authors.found.push(finding);
        }
    }
    for ((account, region), queue) in queues {
        authors.remarks.extend(queue.remark(&account, &region));
    }
    Ok(authors)
}

/// What came of one question.
struct Answer {
    at: At,
    calls: Result<Vec<TrailCall>, PortError>,
    trail: Option<Arc<dyn Trail>>,
}

/// Asks one question, under each of the names that the resource may be recorded by.
async fn answer(
    desk: &Desk,
    at: At,
    (question, trail): (Question, Option<Arc<dyn Trail>>),
    free_at: Option<Instant>,
) -> Answer {
    if let Some(free_at) = free_at {
        sleep_until(free_at).await;
    }
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
            let (from, to) = question.window;
            let mut calls = Ok(Vec::new());
            for name in question.names {
                calls = trail.calls(&name, from, to).await;
                if !matches!(&calls, Ok(calls) if calls.is_empty()) {
                    break;
                }
            }
            (calls, Some(trail))
        }
    };
    Answer { at, calls, trail }
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
