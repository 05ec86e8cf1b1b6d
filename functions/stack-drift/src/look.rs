//! The beginning of a look: a detection is started, or it is said why not.

use additions::index;
use domain::handled::Handled;
use domain::lease::{self, HOLDS, Lease, Taken};
use domain::look::{Gap, Look, Outcome, Reason};
use domain::ports::{PortError, PortErrorKind, Stacks};
use domain::slot::{self, Limit};
use domain::stack::{StackId, Started, at_rest, stack_resource};
use domain::work::Work;
use domain::{baseline, gone, timer};
use jiff::{SignedDuration, Timestamp};
use policy::InForceConfig;

use crate::{Deps, unit_of, written};

/// How long after its start a detection whose completion event was lost is asked after.
const BACKSTOP: SignedDuration = SignedDuration::from_mins(5);

/// How long a look waits for another one, or for another detection.
const CONFLICT_PAUSE: SignedDuration = SignedDuration::from_secs(60);

/// How long a stack that is being changed is left alone.
pub(crate) const IN_MOTION_PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// How long a look waits for AWS to answer again.
pub(crate) const OUTAGE_PAUSE: SignedDuration = SignedDuration::from_mins(2);

/// How often a look is tried before the stack stays unknown until the next schedule.
pub(crate) const MOST_ATTEMPTS: u32 = 12;

/// How early a message may come before its slot: queues count whole seconds.
pub(crate) const EARLY: SignedDuration = SignedDuration::from_secs(1);

/// A look that is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) id: StackId,
    pub(crate) target: String,
    pub(crate) asked_at: Timestamp,
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) attempt: u32,
}

impl Wanted {
    fn work(&self, not_before: Option<Timestamp>, attempt: u32) -> Work {
        Work::LookAtStack {
            stack_id: self.id.as_str().to_owned(),
            target: self.target.clone(),
            asked_at: self.asked_at,
            not_before,
            attempt,
        }
    }

    /// The same for a repeated message, another one for another look.
    fn holder(&self) -> String {
        format!("look#{}#{}", self.id, self.asked_at)
    }

    fn limit(&self) -> Limit<'_> {
        Limit::detections(self.id.account(), self.id.region())
    }

    /// To be tried again at that time, as long as there are attempts left.
    fn again(&self, at: Timestamp, not_before: Option<Timestamp>) -> Option<Handled> {
        (self.attempt + 1 < MOST_ATTEMPTS).then(|| Handled::Later {
            at,
            body: Some(self.work(not_before, self.attempt + 1).body()),
        })
    }
}

/// Starts a detection for a wanted look, unless one that began since it was asked for will do.
pub(crate) async fn look(deps: &Deps, wanted: &Wanted) -> Result<Handled, PortError> {
    let config = deps.config.read(&*deps.store).await?;
    let unit = unit_of(&wanted.id);
    let known = Some(wanted.target.as_str());
    if crate::selecting(deps, &config, (&unit, known))
        .await?
        .as_deref()
        != known
    {
        return Ok(Handled::Drop(format!(
            "target {} does not select it any more",
            wanted.target
        )));
    }
    // Asked after that: whose account this is may take a call.
    if !crate::knows(deps, &config, (wanted.id.account(), wanted.id.region())).await? {
        return Ok(Handled::Drop(format!(
            "account {} is not in the configuration",
            wanted.id.account()
        )));
    }
    let last = deps.store.scan(&unit).await?;
    if last.is_some_and(|it| it.started_at >= wanted.asked_at) {
        return Ok(Handled::Drop(
            "it was looked at since this was asked for".to_owned(),
        ));
    }
    if written::is_written(deps, &wanted.holder()).await? {
        return Ok(Handled::Drop("it was answered".to_owned()));
    }
    let now = deps.clock.now();
    let slot = match wanted.not_before {
        Some(slot) => slot,
        None => slot::reserve(&*deps.store, wanted.limit(), 1, now)
            .await?
            .at(0),
    };
    if slot.duration_since(now) > EARLY {
        return Ok(Handled::Later {
            at: slot,
            body: Some(wanted.work(Some(slot), wanted.attempt).body()),
        });
    }
    let lease = Lease {
        holder: wanted.holder(),
        target: wanted.target.clone(),
        asked_at: wanted.asked_at,
        look_started_at: now,
        detection: None,
        accepted_at: None,
        attempt: wanted.attempt,
        until: after(now, HOLDS),
    };
    if let Taken::Busy(held) = lease::take(&*deps.store, &unit, &lease).await? {
        let will_do = held.holder == lease.holder || held.look_started_at >= wanted.asked_at;
        return Ok(if will_do {
            Handled::Drop("a look at it is under way".to_owned())
        } else {
            // Not counted as an attempt: the other look ends, by its lease at the latest.
            Handled::Later {
                at: after(now, CONFLICT_PAUSE),
                body: Some(wanted.work(None, wanted.attempt).body()),
            }
        });
    }
    let stacks = deps.stacks(&config, &wanted.id).await?;
    match stacks.detect(wanted.id.reference()).await {
        Ok(started) => accepted(deps, wanted, (lease, started)).await,
        Err(error) => {
            let refused = Refused {
                deps,
                config: &config,
                wanted,
                lease: &lease,
                stacks: &*stacks,
            };
            refused.because(error, now).await
        }
    }
}

/// The detection runs: what its end needs is noted, and a timer stands behind its event.
async fn accepted(
    deps: &Deps,
    wanted: &Wanted,
    (lease, started): (Lease, Started),
) -> Result<Handled, PortError> {
    let work = Work::CollectStack {
        stack_id: wanted.id.as_str().to_owned(),
        detection_id: Some(started.id.0.clone()),
    };
    let backstop = timer::put(after(deps.clock.now(), BACKSTOP), &work)?;
    let noted = Lease {
        detection: Some(started.id.0),
        accepted_at: started.at,
        ..lease
    };
    lease::note(&*deps.store, &unit_of(&wanted.id), &noted, &[backstop]).await?;
    Ok(Handled::Done)
}

/// A detection that was refused.
struct Refused<'a> {
    deps: &'a Deps,
    config: &'a InForceConfig,
    wanted: &'a Wanted,
    lease: &'a Lease,
    stacks: &'a dyn Stacks,
}

impl Refused<'_> {
    async fn because(&self, error: PortError, now: Timestamp) -> Result<Handled, PortError> {
        let store = &*self.deps.store;
        match error.kind {
            PortErrorKind::Throttled => {
                slot::back_off(store, self.wanted.limit(), now).await?;
                let slots = slot::reserve(store, self.wanted.limit(), 1, now).await?;
                let slot = slots.at(0);
                self.later((slot, Some(slot)), error.gap()).await
            }
            // Somebody else's detection, or one of ours that was cut off before it was noted. Its own
            // end brings a look too, but it may have begun before this one was asked for.
            PortErrorKind::Conflict => {
                self.later((after(now, CONFLICT_PAUSE), None), error.gap())
                    .await
            }
            PortErrorKind::Unavailable | PortErrorKind::Timeout => {
                self.later((after(now, OUTAGE_PAUSE), None), error.gap())
                    .await
            }
            PortErrorKind::Invalid | PortErrorKind::NotFound => self.as_it_stands(error, now).await,
            PortErrorKind::Denied | PortErrorKind::TooLarge => self.unknown(error.gap()).await,
        }
    }

    /// The stack's present state says whether it moves, went away, or is in a state without detection.
    async fn as_it_stands(&self, error: PortError, now: Timestamp) -> Result<Handled, PortError> {
        let stack = match self.stacks.describe(self.wanted.id.reference()).await {
            Ok(stack) if stack.status != "DELETE_COMPLETE" => stack,
            Ok(_) => return self.gone().await,
            Err(gone) if gone.kind == PortErrorKind::NotFound => return self.gone().await,
            Err(error) => {
                return self
                    .later((after(now, OUTAGE_PAUSE), None), error.gap())
                    .await;
            }
        };
        match at_rest(&stack) {
            Ok(Some(outcome)) => self.write(outcome).await,
            Ok(None) => self.unknown(error.gap()).await,
            Err(gap) => {
                debug_assert_eq!(gap.reason, Reason::InMotion);
                self.later((after(now, IN_MOTION_PAUSE), None), gap).await
            }
        }
    }

    /// A stack that is gone has no look; the schedule closes what is left of it.
    async fn gone(&self) -> Result<Handled, PortError> {
        let unit = unit_of(&self.wanted.id);
        gone::remember(&*self.deps.store, &unit, self.deps.clock.now()).await?;
        let waits = baseline::had_look(&self.wanted.target, &unit);
        let forgotten = index::remove(&self.wanted.id);
        self.deps.store.write(&[waits, forgotten]).await?;
        self.release().await?;
        Ok(Handled::Drop("the stack was deleted".to_owned()))
    }

    /// Later, as long as there are attempts left; else it stays unknown for now.
    async fn later(
        &self,
        (at, not_before): (Timestamp, Option<Timestamp>),
        gap: Gap,
    ) -> Result<Handled, PortError> {
        match self.wanted.again(at, not_before) {
            Some(later) => {
                self.release().await?;
                Ok(later)
            }
            None => self.unknown(gap).await,
        }
    }

    async fn unknown(&self, gap: Gap) -> Result<Handled, PortError> {
        self.write(Outcome::Unknown(stack_resource(&self.wanted.id), gap))
            .await
    }

    /// Writes a look that ended before it began.
    async fn write(&self, outcome: Outcome) -> Result<Handled, PortError> {
        let look = Look {
            unit: unit_of(&self.wanted.id),
            target: self.wanted.target.clone(),
            started_at: self.lease.look_started_at,
            outcome,
        };
        let judged = written::judge(self.deps, self.config, look).await?;
        written::write(self.deps, self.config, (&judged, &self.lease.holder)).await?;
        self.release().await?;
        Ok(Handled::Done)
    }

    async fn release(&self) -> Result<(), PortError> {
        let unit = unit_of(&self.wanted.id);
        lease::give_back(&*self.deps.store, &unit, &self.lease.holder).await
    }
}

pub(crate) fn after(now: Timestamp, pause: SignedDuration) -> Timestamp {
    now.checked_add(pause).unwrap_or(Timestamp::MAX)
}
