//! A look at one stack from a shell: detect, wait, confirm, collect.

use std::sync::Arc;
use std::time::Duration;

use additions::template;
use async_trait::async_trait;
use domain::look::{Gap, Look, Outcome, Reason};
use domain::ports::{Clock, PortError, PortErrorKind, Stacks};
use domain::stack::{
    Admission, Detection, DetectionId, DetectionOutcome, ResourceDrift, ResourceRow, StackId,
    StackSummary, Started, admission, at_rest, collect, deleted, in_motion, stack_resource,
};
use domain::unit::Unit;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::ages::{Ages, BACKSTOP, Waiting};
use super::hanging::Hanging;
use super::listing::{Listing, Turn};
use super::neighbours::Said;
use super::pace::Pace;

/// How many API calls of one region are under way at once. CloudFormation
/// throttles by the account and region; more only makes it throttle sooner.
const CALLS: usize = 8;

/// How many detections of one region are being asked for at once. They have
/// turns of their own, so that none waits behind the many calls of a time when
/// a lot of detections end together.
const STARTS: usize = 8;

/// How recent the last check of a stack must be for its time to say nothing of the next.
const JUST_NOW: Duration = Duration::from_secs(10);

/// The pauses before a detection that another one blocks is tried again, the last one for ever.
const CONFLICT_PAUSES: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// CloudFormation in one account and region, while a scan looks at it.
pub(crate) struct Region {
    stacks: Arc<dyn Stacks>,
    clock: Arc<dyn Clock>,
    /// The shared list of stacks.
    pub(crate) listing: Listing,
    hanging: Hanging,
    calls: Semaphore,
    starts: Semaphore,
    pace: Pace,
    ages: Ages,
    timeout: Duration,
}

/// What a look at one stack gave.
pub(crate) struct Looked {
    /// The stack.
    pub(crate) id: StackId,
    /// The look; what others may have declared is not decided in it yet.
    pub(crate) look: Look,
    /// What was learned of what stacks declare, where its resources were collected.
    pub(crate) said: Option<Said>,
    /// Nested stacks that were met in it.
    pub(crate) nested: Vec<StackId>,
}

/// What a look at one stack came to.
struct Found {
    outcome: Outcome,
    nested: Vec<StackId>,
    said: Option<Said>,
}

/// An outcome of the stack as a whole.
impl From<Outcome> for Found {
    fn from(outcome: Outcome) -> Self {
        Self {
            outcome,
            nested: Vec::new(),
            said: None,
        }
    }
}

impl Region {
    /// Lists the region's stacks.
    ///
    /// # Errors
    ///
    /// Where they could not be listed: nothing in this region can be looked at.
    pub(crate) async fn open(
        (stacks, hanging): (Arc<dyn Stacks>, Hanging),
        clock: Arc<dyn Clock>,
        timeout: Duration,
    ) -> Result<Self, PortError> {
        Ok(Self {
            listing: Listing::first(Arc::clone(&stacks)).await?,
            stacks,
            hanging,
            clock,
            calls: Semaphore::new(CALLS),
            starts: Semaphore::new(STARTS),
            pace: Pace::new(),
            ages: Ages::new(),
            timeout,
        })
    }

    /// Looks at one stack. A stack that the list does not have (`None`) went
    /// away, or belongs to nobody who may be listed.
    pub(crate) async fn look(
        &self,
        id: &StackId,
        summary: Option<&StackSummary>,
        target: &str,
    ) -> Looked {
        let started_at = self.clock.now();
        let found = match self.outcome(id, summary).await {
            Ok(found) => found,
            Err(gap) => Outcome::Unknown(stack_resource(id), gap).into(),
        };
        Looked {
            id: id.clone(),
            look: Look {
                unit: Unit::stack(id.account(), id.region(), id.name()),
                target: target.to_owned(),
                started_at,
                outcome: found.outcome,
            },
            said: found.said,
            nested: found.nested,
        }
    }

    async fn outcome(&self, id: &StackId, summary: Option<&StackSummary>) -> Result<Found, Gap> {
        let Some(summary) = summary else {
            return Err(Gap::new(
                Reason::NotFound,
                "the stack is not in the list of stacks",
            ));
        };
        if let Some(outcome) = at_rest(summary)? {
            return Ok(outcome.into());
        }
        self.pace.turn().await;
        let deadline = Instant::now() + self.timeout;
        let (detection_id, accepted_at) = match self.detect(id, deadline).await {
            Ok(accepted) => accepted,
            Err(error) => return self.refused(id, &error).await.map(Found::from),
        };
        let detection = self
            .finish(summary, (&detection_id, accepted_at), deadline)
            .await?;
        let in_turn = InTurn(self);
        let collecting = collect(
            &in_turn,
            &*self.clock,
            id,
            (&detection, additions::concerns),
        );
        let collected = timeout_at(deadline, collecting)
            .await
            .map_err(|_| self.too_late())??;
        // A stack that was deleted since its detection has no resources either,
        // and must not count as one that was put right.
        let is_empty = collected.resources.is_empty() && collected.nested.is_empty();
        if is_empty && let Some(outcome) = self.at_rest_now(id).await? {
            return Ok(outcome.into());
        }
        let mut declared = collected.declared;
        // Of types that CloudFormation cannot compare only the template says
        // what they declare; without it that stays unsaid.
        if template::needs_template(&declared)
            && let Ok(Ok(text)) = timeout_at(deadline, in_turn.template(id.reference())).await
        {
            template::fill(&mut declared, &text, id);
        }
        let live = self.hanging.of(&declared, deadline).await;
        Ok(Found {
            outcome: Outcome::Seen(collected.resources),
            nested: collected.nested,
            said: Some(Said {
                at: detection.started_at,
                declared,
                live,
            }),
        })
    }

    /// Starts a detection in the turn that it has, waiting for one that is already in progress.
    async fn detect(
        &self,
        id: &StackId,
        deadline: Instant,
    ) -> Result<(DetectionId, Instant), PortError> {
        let mut tries = 0;
        loop {
            match InTurn(self).detect(id.as_str()).await {
                Ok(started) => {
                    self.pace.accepted();
                    return Ok((started.id, Instant::now()));
                }
                Err(error) if error.kind == PortErrorKind::Conflict => {
                    let pause = CONFLICT_PAUSES[tries.min(CONFLICT_PAUSES.len() - 1)];
                    if Instant::now() + pause >= deadline {
                        return Err(error);
                    }
                    tries += 1;
                    self.clock.sleep(pause).await;
                    self.pace.turn().await;
                }
                Err(error) => {
                    // The adapter has spent its attempts on this one; the others wait.
                    if error.kind == PortErrorKind::Throttled {
                        self.pace.refused();
                    }
                    return Err(error);
                }
            }
        }
    }

    /// Waits for a detection's end. The list shows when a stack was checked
    /// last, and once it shows a change the detection itself is asked; so it is
    /// at the age at which detections were seen to have ended.
    async fn finish(
        &self,
        before: &StackSummary,
        (detection_id, accepted_at): (&DetectionId, Instant),
        deadline: Instant,
    ) -> Result<Detection, Gap> {
        let mut asked_at = accepted_at;
        let mut seen = before.drift_checked_at;
        // Checked within the same moment, the next check may bear the same time.
        // Only how often is asked hangs on this, so that our clock will do.
        let just_checked = seen.is_some_and(|at| {
            let age = self.clock.now().duration_since(at);
            age.unsigned_abs() < JUST_NOW
        });
        let mut listed_after = accepted_at;
        let mut waiting = Waiting {
            accepted_at,
            scout: self.listing.is_dear() && self.ages.takes_a_scout(),
            asked: None,
        };
        loop {
            let turn = tokio::select! {
                biased;
                () = sleep_until(deadline) => return Err(self.too_late()),
                () = self.ages.due(&waiting) => None,
                turn = self.listing.turn(listed_after) => Some(turn),
            };
            if let Some(turn) = turn {
                let told = match turn {
                    Turn::Told(told) => told,
                    Turn::Mine(turn) => self.listing.ask(turn).await,
                };
                listed_after = Instant::now();
                let age = told.asked_at.saturating_duration_since(accepted_at);
                // Without a list the detection itself is asked, each time.
                if let Ok(listed) = told.listed() {
                    let now = listed.get(&before.id).ok_or_else(deleted)?;
                    if admission(&now.status) == Admission::InMotion {
                        return Err(in_motion(&now.status));
                    }
                    let no_news = now.drift_checked_at == seen && !just_checked;
                    if no_news && asked_at.elapsed() < BACKSTOP {
                        self.ages.saw(age, false);
                        continue;
                    }
                    seen = now.drift_checked_at;
                }
            }
            let age = accepted_at.elapsed();
            let detection = InTurn(self)
                .detection(detection_id)
                .await
                .map_err(|error| error.gap())?;
            asked_at = Instant::now();
            let ended = detection.outcome != DetectionOutcome::InProgress;
            self.ages.saw(age, ended);
            if ended {
                return Ok(detection);
            }
            waiting.asked = Some(age);
        }
    }

    /// What a refused detection means: the stack's present state says whether
    /// it moved, went away, or is in a state without detection.
    async fn refused(&self, id: &StackId, error: &PortError) -> Result<Outcome, Gap> {
        if error.kind != PortErrorKind::Invalid {
            return Err(error.gap());
        }
        self.at_rest_now(id).await?.ok_or_else(|| error.gap())
    }

    /// [`at_rest`] of the stack as a new list shows it.
    async fn at_rest_now(&self, id: &StackId) -> Result<Option<Outcome>, Gap> {
        let listed = self.listing.newer_than(Instant::now()).await;
        match listed.map_err(|error| error.gap())?.get(id) {
            Some(summary) => at_rest(summary),
            None => Err(deleted()),
        }
    }

    fn too_late(&self) -> Gap {
        Gap::new(
            Reason::Timeout,
            format!(
                "the detection did not end within {} s",
                self.timeout.as_secs()
            ),
        )
    }

    async fn turn(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        // The semaphore is never closed, so a turn always comes.
        self.calls.acquire().await.ok()
    }
}

/// The region's calls, each in its turn: nobody holds a turn while it waits for something else.
struct InTurn<'r>(&'r Region);

#[async_trait]
impl Stacks for InTurn<'_> {
    async fn list(&self) -> Result<Vec<StackSummary>, PortError> {
        let _turn = self.0.turn().await;
        self.0.stacks.list().await
    }

    async fn describe(&self, stack_id: &str) -> Result<StackSummary, PortError> {
        let _turn = self.0.turn().await;
        self.0.stacks.describe(stack_id).await
    }

    async fn detect(&self, stack_id: &str) -> Result<Started, PortError> {
        // The semaphore is never closed, so a turn always comes.
        let _turn = self.0.starts.acquire().await.ok();
        self.0.stacks.detect(stack_id).await
    }

    async fn detection(&self, id: &DetectionId) -> Result<Detection, PortError> {
        let _turn = self.0.turn().await;
        self.0.stacks.detection(id).await
    }

    async fn resources(&self, stack_id: &str) -> Result<Vec<ResourceRow>, PortError> {
        let _turn = self.0.turn().await;
        self.0.stacks.resources(stack_id).await
    }

    async fn drifts(&self, stack_id: &str) -> Result<Vec<ResourceDrift>, PortError> {
        let _turn = self.0.turn().await;
        self.0.stacks.drifts(stack_id).await
    }

    async fn all_drifts(&self, stack_id: &str) -> Result<Vec<ResourceDrift>, PortError> {
        let _turn = self.0.turn().await;
        self.0.stacks.all_drifts(stack_id).await
    }

    async fn template(&self, stack_id: &str) -> Result<String, PortError> {
        let _turn = self.0.turn().await;
        self.0.stacks.template(stack_id).await
    }

    async fn detect_resource(
        &self,
        stack_id: &str,
        logical_id: &str,
    ) -> Result<ResourceDrift, PortError> {
        let _turn = self.0.turn().await;
        self.0.stacks.detect_resource(stack_id, logical_id).await
    }
}
