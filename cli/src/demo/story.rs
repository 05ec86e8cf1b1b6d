//! What happens in the demo, step by step. Each step does something and waits
//! until the system has dealt with it; time is the real one.

use std::time::{Duration, Instant};

use domain::finding::Finding;
use domain::identity::Identity;
use domain::incident::{self, Incident, State};
use domain::ports::{Ledger as _, Queues as _};
use domain::severity::Severity;
use domain::unit::Unit;
use domain::work::Queue;
use domain::{baseline, current, outbox};
use jiff::{SignedDuration, Timestamp};
use local::bus::dead_letters;
use sandbox::{Bent, World};

use super::book::{self, Book, Chapter, Line, Source};
use super::plot::{self, ACCOUNT, Act, Plot, REGION};
use super::system::System;
use crate::failure::Failure;

/// How long one step may take. It takes a second or two.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a step is asked whether it is over.
const PAUSE: Duration = Duration::from_millis(20);

/// How many resources drifted before anybody watched.
const OLD: usize = 3;

/// The demo's only target.
const TARGET: &str = "everything";

/// A story in the making.
pub(super) struct Story<'s> {
    pub(super) system: &'s System,
    pub(super) world: &'s World,
    pub(super) seed: u64,
    pub(super) book: Book,
    /// What was bent, and how bad the demo's configuration calls it; what is old has no severity.
    pub(super) bent: Vec<(Option<Severity>, Bent)>,
}

impl Story<'_> {
    /// Plays it, and hands each chapter over as it ends.
    pub(super) async fn play(
        &mut self,
        mut tell: impl FnMut(Chapter) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        tell(self.configuration().await?)?;
        let Plot { old, acts } = plot::plot(self.seed, self.world, OLD);
        tell(self.baseline(&old).await?)?;
        tell(self.drift(&acts).await?)?;
        let mut rng = fastrand::Rng::with_seed(self.seed);
        if let Some(act) = rng.choice(&acts) {
            tell(self.mended(act, &mut rng).await?)?;
            tell(self.again(act).await?)?;
        }
        tell(self.poison().await?)
    }

    async fn configuration(&mut self) -> Result<Chapter, Failure> {
        self.system.tick().await?;
        self.until("the configuration to be in force", async || {
            let current = current::in_force(&*self.system.ledger).await;
            Ok(current.map_err(Failure::unusable)?.is_some())
        })
        .await?;
        self.close("The clock takes the configuration into force", Vec::new())
            .await
    }

    /// What drifted before anybody watched is told once, as a whole.
    async fn baseline(&mut self, old: &[Act]) -> Result<Chapter, Failure> {
        let mut lines = Vec::new();
        for act in old {
            lines.push(self.bend(act, None)?);
        }
        self.look().await?;
        self.until("the digest of the baseline", async || {
            let baseline = baseline::of(&*self.system.ledger, TARGET).await;
            Ok(baseline
                .map_err(Failure::unusable)?
                .is_some_and(|it| it.told_at.is_some()))
        })
        .await?;
        self.close(
            "What drifted before anybody watched is the baseline: one digest a channel",
            lines,
        )
        .await
    }

    async fn drift(&mut self, acts: &[Act]) -> Result<Chapter, Failure> {
        let mut lines = Vec::new();
        for act in acts {
            lines.push(self.bend(act, Some(act.severity))?);
        }
        self.look().await?;
        self.close(
            "Somebody bends, the next look finds it: one message each",
            lines,
        )
        .await
    }

    /// Put back; the resolve comes after the settle time and one more clean look.
    async fn mended(&mut self, act: &Act, rng: &mut fastrand::Rng) -> Result<Chapter, Failure> {
        let actor = plot::somebody(rng);
        let who = book::person(&actor);
        let line = Line {
            at: Timestamp::now(),
            source: Source::Account,
            severity: None,
            text: format!("{who} put {}/{} back", act.stack, act.logical_id),
        };
        self.system
            .sandbox
            .mend(&act.stack, &act.logical_id, actor)
            .map_err(Failure::not_done)?;
        self.look().await?;
        let closed = self.finding(act).await?.and_then(|it| it.closed);
        let Some(closed) = closed else {
            return Err(Failure::not_done(format!(
                "{}/{} was put back, and its finding is still open",
                act.stack, act.logical_id
            )));
        };
        let settle = SignedDuration::from_secs(1);
        let settled = closed.at.checked_add(settle).map_err(Failure::unusable)?;
        let left = settled.duration_since(Timestamp::now());
        tokio::time::sleep(Duration::try_from(left).unwrap_or_default()).await;
        self.look().await?;
        self.system.tick().await?;
        self.until("the resolve", async || {
            let incident = self.incident(act).await?;
            Ok(incident.is_some_and(|it| it.state == State::Resolved && it.owed.is_empty()))
        })
        .await?;
        self.close(
            "Put back, it settles, and is resolved after one more clean look",
            vec![line],
        )
        .await
    }

    async fn again(&mut self, act: &Act) -> Result<Chapter, Failure> {
        let line = self.bend(act, Some(act.severity))?;
        self.look().await?;
        self.close("Bent again, it is the same finding", vec![line])
            .await
    }

    /// A message that nobody can read holds up nothing and is kept with its reason.
    async fn poison(&mut self) -> Result<Chapter, Failure> {
        let body =
            serde_json::json!({"apiVersion": "plumbline/v1", "kind": "Dance", "seed": self.seed});
        self.system
            .bus
            .send(Queue::StackDrift, &body.to_string(), Duration::ZERO)
            .await
            .map_err(Failure::not_done)?;
        self.until("the dead letter", async || {
            let letters = dead_letters(&*self.system.ledger).await;
            Ok(!letters.map_err(Failure::unusable)?.is_empty())
        })
        .await?;
        self.close(
            "A message that cannot be read is kept with its reason",
            Vec::new(),
        )
        .await
    }

    /// Bends something; `severity` is what is told of it, none where it is part of the baseline.
    fn bend(&mut self, act: &Act, severity: Option<Severity>) -> Result<Line, Failure> {
        let bent = self
            .system
            .sandbox
            .bend(
                &act.stack,
                &act.logical_id,
                act.edit.clone(),
                act.actor.clone(),
            )
            .map_err(Failure::not_done)?;
        let line = book::bent(&bent);
        self.bent.push((severity, bent));
        Ok(line)
    }

    /// Runs the schedule, and waits until every stack was looked at and everybody was told.
    async fn look(&self) -> Result<(), Failure> {
        let asked_at = self.system.scan().await?;
        self.until("a complete look at every stack", async || {
            for stack in &self.world.stacks {
                let unit = Unit::stack(ACCOUNT, REGION, &stack.name);
                let scan = self.system.ledger.scan(&unit).await;
                let scan = scan.map_err(Failure::unusable)?;
                if scan.is_none_or(|it| it.started_at < asked_at) {
                    return Ok(false);
                }
            }
            Ok(true)
        })
        .await?;
        self.until("everybody to be told", async || self.is_told().await)
            .await
    }

    /// Whether nothing waits on a queue or in the outbox, and no incident owes anybody anything.
    async fn is_told(&self) -> Result<bool, Failure> {
        if !self.system.bus.is_quiet() || left_in_outbox(self.system).await? > 0 {
            return Ok(false);
        }
        let ledger = &*self.system.ledger;
        for finding in ledger.findings().await.map_err(Failure::unusable)? {
            let incident = incident::of_finding(ledger, &finding.id).await;
            let incident = incident.map_err(Failure::unusable)?;
            if incident.is_some_and(|it| !it.owed.is_empty()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn finding(&self, act: &Act) -> Result<Option<Finding>, Failure> {
        let identity = Identity::stack_resource(ACCOUNT, REGION, &act.stack, &act.logical_id);
        let finding = self.system.ledger.finding(&identity.id()).await;
        finding.map_err(Failure::unusable)
    }

    async fn incident(&self, act: &Act) -> Result<Option<Incident>, Failure> {
        let identity = Identity::stack_resource(ACCOUNT, REGION, &act.stack, &act.logical_id);
        let incident = incident::of_finding(&*self.system.ledger, &identity.id()).await;
        incident.map_err(Failure::unusable)
    }

    async fn until(
        &self,
        what: &str,
        is_so: impl AsyncFn() -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let began = Instant::now();
        while !is_so().await? {
            if began.elapsed() > PATIENCE {
                return Err(Failure::not_done(format!(
                    "the demo waited {} s for {what}, and it did not come: run it again, and report seed {} if it stays away",
                    PATIENCE.as_secs(),
                    self.seed
                )));
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Ends a chapter once everything that it set going is over.
    async fn close(&mut self, title: &'static str, done: Vec<Line>) -> Result<Chapter, Failure> {
        self.until("everything to be dealt with", async || self.is_told().await)
            .await?;
        self.book.chapter(title, self.system, done).await
    }
}

/// How much is left in the outbox.
pub(super) async fn left_in_outbox(system: &System) -> Result<usize, Failure> {
    // Of any age: as of an hour from now even the newest is forgotten.
    let later = Timestamp::now()
        .checked_add(SignedDuration::from_hours(1))
        .map_err(Failure::unusable)?;
    let left = outbox::forgotten(&*system.ledger, later, 100).await;
    Ok(left.map_err(Failure::unusable)?.len())
}
