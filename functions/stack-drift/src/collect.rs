//! The end of a look: from a finished detection to the ledger.

use std::sync::Arc;
use std::time::Duration;

use additions::{index, template};
use async_trait::async_trait;
use domain::handled::Handled;
use domain::judge::Judged;
use domain::lease::{self, Lease};
use domain::look::{Gap, Look, Observed, Outcome, Reason};
use domain::ports::{Clock, PortError, PortErrorKind, Stacks};
use domain::slot::{self, Limit};
use domain::stack::{
    Collected, Declared, Detection, DetectionId, DetectionOutcome, ResourceRow, StackId,
    collect_rows, moved, stack_resource,
};
use domain::unit::Unit;
use domain::work::Work;
use domain::{baseline, gone, nest, timer};
use jiff::{SignedDuration, Timestamp};
use policy::InForceConfig;

use crate::around::Around;
use crate::event::Ended;
use crate::look::{MOST_ATTEMPTS, after};
use crate::{Deps, unit_of, written};

/// How long the API may lag behind the event of a detection's end.
const LAG: SignedDuration = SignedDuration::from_secs(30);

/// How long until a detection that still runs is asked after again.
const STILL_RUNNING_PAUSE: SignedDuration = SignedDuration::from_mins(2);

/// How long after a look that was not complete the stack is looked at again.
const INCOMPLETE_PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// How often what may be declared by another stack is left to a later look.
/// Then it is told as potential.
const MOST_WAITS: u32 = 4;

/// A detection that has ended, and the look that it is part of.
struct Finished<'a> {
    id: &'a StackId,
    detection: &'a str,
    /// The look's lease; `None` where somebody else started the detection.
    lease: Option<Lease>,
    target: String,
}

/// A detection has ended, as its event says.
pub(crate) async fn ended(deps: &Deps, event: &Ended) -> Result<Handled, PortError> {
    let Some(config) = deps.config.read_if_any(&*deps.store).await? else {
        return Ok(Handled::Drop("no configuration is in force yet".to_owned()));
    };
    let id = &event.stack;
    let unit = unit_of(id);
    if !crate::knows(deps, &config, (id.account(), id.region())).await? {
        return Ok(Handled::Drop(format!(
            "account {} is not in the configuration",
            id.account()
        )));
    }
    let lease = lease::held(&*deps.store, &unit).await?;
    let ours = lease.filter(|it| it.detection.as_deref() == Some(event.detection.as_str()));
    if written::is_written(deps, &event.detection).await? {
        return over(deps, &unit, ours.as_ref()).await;
    }
    let Some(target) = target(deps, &config, (&unit, ours.as_ref())).await? else {
        return Ok(Handled::Drop("no target watches the stack".to_owned()));
    };
    let stacks = deps.stacks(&config, id).await?;
    let accepted_at = ours.as_ref().and_then(|it| it.accepted_at);
    let detection = match accepted_at.filter(|_| event.is_complete) {
        Some(started_at) => Detection {
            started_at,
            outcome: DetectionOutcome::Complete,
        },
        // Why it failed, or when it began, only the API knows.
        None => match stacks
            .detection(&DetectionId(event.detection.clone()))
            .await
        {
            Ok(detection) => detection,
            Err(error) if is_passing(&error) => return Ok(error.into()),
            Err(error) => {
                return match &ours {
                    Some(lease) => give_up(deps, &config, (id, lease, error.gap())).await,
                    // An event alone proves nothing: whoever may write to the queue can make one up.
                    None => Ok(Handled::Drop(error.to_string())),
                };
            }
        },
    };
    if detection.outcome == DetectionOutcome::InProgress {
        // The API may lag behind its own event.
        return Ok(Handled::Later {
            at: after(deps.clock.now(), LAG),
            body: None,
        });
    }
    let finished = Finished {
        id,
        detection: &event.detection,
        lease: ours,
        target,
    };
    finish(deps, &config, (finished, stacks, detection)).await
}

/// The time of a detection is over, whether its event came or not.
pub(crate) async fn backstop(
    deps: &Deps,
    id: &StackId,
    detection_id: Option<&str>,
) -> Result<Handled, PortError> {
    let config = deps.config.read(&*deps.store).await?;
    let unit = unit_of(id);
    let Some(detection_id) = detection_id else {
        return Ok(Handled::Drop("no detection is named".to_owned()));
    };
    let lease = lease::held(&*deps.store, &unit).await?;
    let Some(lease) = lease.filter(|it| it.detection.as_deref() == Some(detection_id)) else {
        return Ok(Handled::Drop("the look is over".to_owned()));
    };
    if written::is_written(deps, detection_id).await? {
        return over(deps, &unit, Some(&lease)).await;
    }
    let now = deps.clock.now();
    let stacks = deps.stacks(&config, id).await?;
    let detection = match stacks
        .detection(&DetectionId(detection_id.to_owned()))
        .await
    {
        Ok(detection) => detection,
        Err(error) if is_passing(&error) && now < lease.until => {
            return Ok(later(now));
        }
        Err(error) => return give_up(deps, &config, (id, &lease, error.gap())).await,
    };
    if detection.outcome == DetectionOutcome::InProgress {
        if now < lease.until {
            return Ok(later(now));
        }
        let gap = Gap::new(
            Reason::Timeout,
            format!("the detection runs since {}", lease.look_started_at),
        );
        return give_up(deps, &config, (id, &lease, gap)).await;
    }
    let finished = Finished {
        id,
        detection: detection_id,
        target: lease.target.clone(),
        lease: Some(lease),
    };
    finish(deps, &config, (finished, stacks, detection)).await
}

fn later(now: Timestamp) -> Handled {
    Handled::Later {
        at: after(now, STILL_RUNNING_PAUSE),
        body: None,
    }
}

fn is_passing(error: &PortError) -> bool {
    matches!(
        error.kind,
        PortErrorKind::Throttled | PortErrorKind::Unavailable | PortErrorKind::Timeout
    )
}

/// The look was written; whoever wrote it may have been cut off before the lease went.
async fn over(deps: &Deps, unit: &Unit, lease: Option<&Lease>) -> Result<Handled, PortError> {
    if let Some(lease) = lease {
        lease::release(&*deps.store, unit, &lease.holder).await?;
    }
    Ok(Handled::Drop("the detection was collected".to_owned()))
}

/// The target that a look belongs to: that of its lease, of the last look, or one that selects the stack.
async fn target(
    deps: &Deps,
    config: &InForceConfig,
    (unit, lease): (&Unit, Option<&Lease>),
) -> Result<Option<String>, PortError> {
    let last = deps.store.scan(unit).await?.map(|it| it.target);
    let known = lease.map(|it| it.target.clone()).or(last);
    crate::selecting(deps, config, (unit, known.as_deref())).await
}

async fn give_up(
    deps: &Deps,
    config: &InForceConfig,
    (id, lease, gap): (&StackId, &Lease, Gap),
) -> Result<Handled, PortError> {
    let look = Look {
        unit: unit_of(id),
        target: lease.target.clone(),
        started_at: lease.look_started_at,
        outcome: Outcome::Unknown(stack_resource(id), gap),
    };
    let judged = written::judge(deps, config, look).await?;
    let by = lease.detection.as_deref().unwrap_or(&lease.holder);
    written::write(deps, config, (&judged, by)).await?;
    lease::release(&*deps.store, &unit_of(id), &lease.holder).await?;
    Ok(Handled::Done)
}

/// Collects what the detection found, writes it, and has nested stacks looked at.
async fn finish(
    deps: &Deps,
    config: &InForceConfig,
    (finished, stacks, detection): (Finished<'_>, Arc<dyn Stacks>, Detection),
) -> Result<Handled, PortError> {
    let id = finished.id;
    let (outcome, nested) = match finished
        .collected(&*stacks, detection.clone(), deps)
        .await?
    {
        Ok(collected) if collected.resources.is_empty() && collected.nested.is_empty() => {
            // A stack that was deleted since has no resources either, and must not count as put right.
            match stacks.describe(id.reference()).await {
                Ok(stack) if stack.status != "DELETE_COMPLETE" => {
                    (Outcome::Seen(Vec::new()), Vec::new())
                }
                Ok(_) => return finished.gone(deps).await,
                Err(error) if error.kind == PortErrorKind::NotFound => {
                    return finished.gone(deps).await;
                }
                Err(error) => (
                    Outcome::Unknown(stack_resource(id), error.gap()),
                    Vec::new(),
                ),
            }
        }
        Ok(collected) => {
            let resources = finished
                .with_around(deps, config, (&*stacks, &detection, &collected))
                .await?;
            (Outcome::Seen(resources), collected.nested)
        }
        Err(gap) => (Outcome::Unknown(stack_resource(id), gap), Vec::new()),
    };
    finished.follow(deps, &detection, &nested).await?;
    let look = Look {
        unit: unit_of(id),
        target: finished.target.clone(),
        started_at: finished.began_at(&detection),
        outcome,
    };
    let judged = written::judge(deps, config, look).await?;
    finished.look_again(deps, &judged).await?;
    written::write(deps, config, (&judged, finished.detection)).await?;
    if let Some(lease) = &finished.lease {
        lease::release(&*deps.store, &unit_of(id), &lease.holder).await?;
    }
    Ok(Handled::Done)
}

impl Finished<'_> {
    /// When the look began: by our clock where it is ours, else by the API's.
    fn began_at(&self, detection: &Detection) -> Timestamp {
        self.lease
            .as_ref()
            .map_or(detection.started_at, |it| it.look_started_at)
    }

    async fn collected(
        &self,
        stacks: &dyn Stacks,
        detection: Detection,
        deps: &Deps,
    ) -> Result<Result<Collected, Gap>, PortError> {
        let rows = match stacks.resources(self.id.reference()).await {
            Ok(rows) => rows,
            Err(error) => return Ok(Err(error.gap())),
        };
        let detection = match self.exact(stacks, detection, &rows).await {
            Ok(detection) => detection,
            Err(error) => return Ok(Err(error.gap())),
        };
        let clock = Unwaiting(Arc::clone(&deps.clock));
        Ok(collect_rows(
            stacks,
            &clock,
            self.id,
            (&detection, rows, additions::concerns),
        )
        .await)
    }

    /// The detection with its exact start. The time of its acceptance is in
    /// whole seconds: only where a row is older than that, or was changed since
    /// then as it seems, does the API have to say when it began.
    async fn exact(
        &self,
        stacks: &dyn Stacks,
        detection: Detection,
        rows: &[ResourceRow],
    ) -> Result<Detection, PortError> {
        let started_at = detection.started_at;
        let is_estimated = self.lease.as_ref().and_then(|it| it.accepted_at) == Some(started_at);
        let is_in_doubt = |row: &ResourceRow| {
            row.checked_at.is_some_and(|at| at < started_at) || moved(row, started_at)
        };
        if is_estimated && rows.iter().any(is_in_doubt) {
            return stacks
                .detection(&DetectionId(self.detection.to_owned()))
                .await;
        }
        Ok(detection)
    }

    /// What was collected, with what hangs on it undeclared. What the stack
    /// declares itself is remembered for the looks at others.
    async fn with_around(
        &self,
        deps: &Deps,
        config: &InForceConfig,
        (stacks, detection, collected): (&dyn Stacks, &Detection, &Collected),
    ) -> Result<Vec<Observed>, PortError> {
        let declared = declared(stacks, self.id, &collected.declared).await;
        // By the API's clock, as the time of the stack's last change is.
        let declares = index::put(self.id, detection.started_at, &declared)?;
        deps.store.write(&[declares]).await?;
        let around = Around {
            deps,
            config,
            id: self.id,
            is_whole: true,
            may_wait: self
                .lease
                .as_ref()
                // After somebody else's detection, the next look tells it.
                .is_none_or(|it| it.attempt + 1 < MOST_WAITS),
        };
        let mut resources = collected.resources.clone();
        around.complete(&mut resources, &declared).await?;
        Ok(resources)
    }

    /// Has the nested stacks looked at, as part of the same run.
    async fn follow(
        &self,
        deps: &Deps,
        detection: &Detection,
        nested: &[StackId],
    ) -> Result<(), PortError> {
        let store = &*deps.store;
        let now = deps.clock.now();
        let limit = Limit::detections(self.id.account(), self.id.region());
        let asked_at = self
            .lease
            .as_ref()
            .map_or(detection.started_at, |it| it.asked_at);
        let outer = unit_of(self.id);
        let mut unlooked = Vec::new();
        for inner in nested {
            let unit = unit_of(inner);
            let mut writes = vec![nest::remember(&unit, &outer)?];
            let last = store.scan(&unit).await?;
            if last.is_none() {
                writes.push(baseline::wait_for(&self.target, &unit)?);
            }
            store.write(&writes).await?;
            if last.is_none_or(|it| it.started_at < asked_at) {
                unlooked.push(inner);
            }
        }
        if unlooked.is_empty() {
            return Ok(());
        }
        let slots = slot::reserve(store, limit, unlooked.len(), now).await?;
        for (index, inner) in unlooked.into_iter().enumerate() {
            let work = Work::LookAtStack {
                stack_id: inner.as_str().to_owned(),
                target: self.target.clone(),
                asked_at,
                not_before: Some(slots.at(index)),
                attempt: 0,
            };
            timer::ask_at((store, &*deps.queues), slots.at(index), &work, now).await?;
        }
        Ok(())
    }

    /// A look that was not complete is tried again soon, a few times.
    async fn look_again(&self, deps: &Deps, judged: &Judged) -> Result<(), PortError> {
        let Some(lease) = &self.lease else {
            return Ok(());
        };
        let may_pass = |reason| {
            !matches!(
                reason,
                Reason::Denied | Reason::Invalid | Reason::TooLarge | Reason::NoSuchKind
            )
        };
        let is_worth_it = judged.unknown.iter().any(|(_, gap)| may_pass(gap.reason));
        if lease.attempt + 1 >= MOST_ATTEMPTS || !is_worth_it {
            return Ok(());
        }
        let work = Work::LookAtStack {
            stack_id: self.id.as_str().to_owned(),
            target: self.target.clone(),
            asked_at: lease.look_started_at,
            not_before: None,
            attempt: lease.attempt + 1,
        };
        // By this look's own beginning, so that a repeated message asks for the same.
        let at = after(lease.look_started_at, INCOMPLETE_PAUSE);
        deps.store.write(&[timer::put(at, &work)?]).await
    }

    async fn gone(&self, deps: &Deps) -> Result<Handled, PortError> {
        let unit = unit_of(self.id);
        gone::remember(&*deps.store, &unit, deps.clock.now()).await?;
        let waits = baseline::had_look(&self.target, &unit);
        deps.store.write(&[waits, index::remove(self.id)]).await?;
        if let Some(lease) = &self.lease {
            lease::release(&*deps.store, &unit_of(self.id), &lease.holder).await?;
        }
        Ok(Handled::Drop("the stack was deleted".to_owned()))
    }
}

/// What the stack says of its resources; of those that CloudFormation cannot
/// compare, its template says it. Without that they stay unsaid.
async fn declared(stacks: &dyn Stacks, id: &StackId, said: &[Declared]) -> Vec<Declared> {
    let mut declared = said.to_vec();
    if template::needs_template(&declared) {
        match stacks.template(id.reference()).await {
            Ok(text) => template::fill(&mut declared, &text, id),
            Err(error) => tracing::warn!(stack = id.name(), %error, "the template was not read"),
        }
    }
    declared
}

/// Time without waiting: a function that waits is paid for, and a resource that
/// stays throttled is looked at again by the next look.
struct Unwaiting(Arc<dyn Clock>);

#[async_trait]
impl Clock for Unwaiting {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep(&self, _: Duration) {}
}
