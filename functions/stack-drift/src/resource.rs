//! A look at one resource of a stack, because AWS Config saw it change.

use domain::handled::Handled;
use domain::identity::Identity;
use domain::lease;
use domain::life::{Moment, Telling};
use domain::look::{Look, Outcome, Verdict};
use domain::ports::{PortError, PortErrorKind};
use domain::record::record_resource;
use domain::slot::{self, Limit};
use domain::stack::{Admission, StackId, admission, look_at_resource};
use domain::work::Work;
use jiff::{SignedDuration, Timestamp};

use crate::around::Around;
use crate::look::{EARLY, IN_MOTION_PAUSE, OUTAGE_PAUSE, after};
use crate::{Deps, unit_of, written};

/// How often a look at one resource is tried; the schedule looks at it in any case.
const MOST_ATTEMPTS: u32 = 12;

/// How long a resource is left alone of which another stack may declare something.
const OPEN_PAUSE: SignedDuration = SignedDuration::from_mins(2);

/// How often it is.
const MOST_WAITS: u32 = 4;

/// A look at one resource that is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) id: StackId,
    pub(crate) logical_id: String,
    pub(crate) asked_at: Timestamp,
    pub(crate) attempt: u32,
}

impl Wanted {
    /// To be tried again at that time, as long as there are attempts left.
    fn again(&self, at: Timestamp, why: &str) -> Handled {
        if self.attempt + 1 >= MOST_ATTEMPTS {
            return Handled::Drop(format!("left to the schedule: {why}"));
        }
        let work = Work::LookAtResource {
            stack_id: self.id.as_str().to_owned(),
            logical_id: self.logical_id.clone(),
            asked_at: self.asked_at,
            attempt: self.attempt + 1,
        };
        Handled::Later {
            at,
            body: Some(work.body()),
        }
    }
}

/// Looks at one resource, unless a look at its stack that began since it changed will do.
pub(crate) async fn look(deps: &Deps, wanted: &Wanted) -> Result<Handled, PortError> {
    let store = &*deps.store;
    let config = deps.config.read(store).await?;
    let id = &wanted.id;
    let unit = unit_of(id);
    if !crate::knows(deps, &config, (id.account(), id.region())).await? {
        return Ok(Handled::Drop(format!(
            "account {} is not in the configuration",
            id.account()
        )));
    }
    let Some(last) = store.scan(&unit).await? else {
        return Ok(Handled::Drop("the stack's first look sees it".to_owned()));
    };
    if last.started_at >= wanted.asked_at {
        return Ok(Handled::Drop("the stack was looked at since".to_owned()));
    }
    let known = Some(last.target.as_str());
    let Some(target) = crate::selecting(deps, &config, (&unit, known)).await? else {
        return Ok(Handled::Drop("no target watches the stack".to_owned()));
    };
    let now = deps.clock.now();
    if let Some(held) = lease::held(store, &unit).await?
        && held.until > now
    {
        return Ok(match held.look_started_at >= wanted.asked_at {
            true => Handled::Drop("a look at the stack is under way".to_owned()),
            false => wanted.again(after(now, OPEN_PAUSE), "the stack is being looked at"),
        });
    }
    let slots = slot::reserve(store, Limit::detections(id.account(), id.region()), 1, now).await?;
    if slots.at(0).duration_since(now) > EARLY {
        return Ok(wanted.again(slots.at(0), "no slot was free"));
    }
    let stacks = deps.stacks(&config, id).await?;
    let stack = match stacks.describe(id.reference()).await {
        Ok(stack) => stack,
        Err(error) => return Ok(refused(wanted, &error, now)),
    };
    if admission(&stack.status) != Admission::Detectable {
        return Ok(wanted.again(after(now, IN_MOTION_PAUSE), "the stack is in motion"));
    }
    let seen = look_at_resource(&*stacks, id, &wanted.logical_id, additions::concerns).await;
    let (observed, declared) = match seen {
        Ok(seen) => seen,
        Err(error) => return Ok(refused(wanted, &error, now)),
    };
    let mut resources = [observed];
    let around = Around {
        deps,
        config: &config,
        id,
        is_whole: false,
        may_wait: wanted.attempt + 1 < MOST_WAITS,
    };
    around.complete(&mut resources, declared.as_slice()).await?;
    let [observed] = resources;
    let gap = match &observed.verdict {
        Verdict::Unknown(gap) => Some(gap.clone()),
        Verdict::Modified(modified) => modified.unread.clone(),
        _ => None,
    };
    let look = Look {
        unit,
        target,
        started_at: now,
        outcome: Outcome::Seen(vec![observed]),
    };
    let judged = written::judge(deps, &config, look).await?;
    let moment = Moment {
        now: deps.clock.now(),
        look_started_at: now,
        config: &config.hash,
        environment: config.environment(),
        telling: Telling::Everybody,
    };
    let finding =
        Identity::stack_resource(id.account(), id.region(), id.name(), &wanted.logical_id);
    record_resource(store, &judged, (&finding.id(), moment)).await?;
    Ok(match gap {
        Some(gap) => wanted.again(after(deps.clock.now(), OPEN_PAUSE), &gap.detail),
        None => Handled::Done,
    })
}

/// What becomes of a look whose call was refused.
fn refused(wanted: &Wanted, error: &PortError, now: Timestamp) -> Handled {
    match error.kind {
        PortErrorKind::Throttled | PortErrorKind::Unavailable | PortErrorKind::Timeout => {
            wanted.again(after(now, OUTAGE_PAUSE), &error.to_string())
        }
        PortErrorKind::Conflict => wanted.again(after(now, OPEN_PAUSE), &error.to_string()),
        // Gone, or of a type without drift support: the schedule says so with the whole stack.
        _ => Handled::Drop(error.to_string()),
    }
}
