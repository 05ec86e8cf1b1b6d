//! A process that runs handlers: each call of a port is a step at which it can
//! be overtaken by others, fail, or die.

use std::future::pending;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use domain::finding::Finding;
use domain::ports::{Clock, PortError, PortErrorKind};
use domain::stack::StackId;
use domain::unit::Unit;
use domain::work::Work;
use jiff::{SignedDuration, Timestamp};

use crate::chance::Fault;
use crate::sim::{Sim, State};

/// One process of a function.
pub(crate) struct Process {
    pub(crate) sim: Arc<Sim>,
    pub(crate) name: &'static str,
    run: Mutex<Run>,
}

#[derive(Default)]
struct Run {
    /// What its clock is ahead of the true time.
    skew: SignedDuration,
    is_dead: bool,
    /// How long it sleeps before its next step.
    sleeps: Duration,
    /// The effect that it posted and has not recorded.
    unrecorded: Option<String>,
    /// The resource that its present message alone is about: stack and logical id.
    resource: Option<(String, String)>,
    /// Whether something that it asked around a stack was not answered.
    has_missed: bool,
    /// When it took its present message up, and when CloudTrail answered it.
    asked: Asked,
    /// The look whose findings it told one by one with its present message,
    /// though their unit had no whole look before.
    told_alone: Option<(Unit, Timestamp)>,
}

/// The most that the clock of a process is off, in milliseconds.
pub(crate) const CLOCKS_DIFFER: i64 = 20_000;

/// From when on a message knows no more of who called what than it knows by then.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    /// When it was taken up: what was heard before that, it knows.
    pub(crate) taken_up: Timestamp,
    /// When CloudTrail answered it.
    pub(crate) looked_up: Option<Timestamp>,
}

/// What a call is to a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It reads.
    Read,
    /// It writes under a guard.
    Guarded,
    /// It has an effect elsewhere.
    Effect,
    /// The other side counts it.
    Limited,
}

impl Process {
    pub(crate) fn new(sim: &Arc<Sim>, name: &'static str) -> Arc<Self> {
        Arc::new(Self {
            sim: Arc::clone(sim),
            name,
            run: Mutex::default(),
        })
    }

    fn run(&self) -> MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new invocation begins, with a clock that may be off by a while.
    pub(crate) fn begins(&self) {
        let mut state = self.sim.state();
        let skew = match state.fault(Fault::Skew) {
            true => state.delays.between(-CLOCKS_DIFFER, CLOCKS_DIFFER),
            false => 0,
        };
        *self.run() = Run {
            skew: SignedDuration::from_millis(skew),
            ..Run::default()
        };
    }

    /// It posted an effect: whatever goes wrong until that is recorded may bring it once more.
    pub(crate) fn posts(&self, key: &str) {
        self.run().unrecorded = Some(key.to_owned());
    }

    /// It recorded its effect.
    pub(crate) fn recorded(&self) {
        self.run().unrecorded = None;
    }

    /// It takes up a message.
    pub(crate) fn takes_up(&self, body: &str) {
        let resource = match serde_json::from_str(body).map(|it| Work::read(&it)) {
            Ok(Some(Ok(Work::LookAtResource {
                stack_id,
                logical_id,
                ..
            }))) => StackId::parse(&stack_id).map(|it| (it.name().to_owned(), logical_id)),
            _ => None,
        };
        let taken_up = self.sim.state().now;
        let mut run = self.run();
        run.resource = resource;
        run.has_missed = false;
        run.told_alone = None;
        run.asked = Asked {
            taken_up,
            looked_up: None,
        };
    }

    /// CloudTrail answered it.
    pub(crate) fn looked_up(&self, at: Timestamp) {
        self.run().asked.looked_up = Some(at);
    }

    /// What its present message can know of who called what.
    pub(crate) fn asked(&self) -> Asked {
        self.run().asked
    }

    /// It tells a finding by itself though its unit had no whole look yet.
    pub(crate) fn tells_alone(&self, look: (Unit, Timestamp)) {
        self.run().told_alone = Some(look);
    }

    /// Whether it told so with its present message. Tried again, a look reads
    /// everything anew: it may be whole though the first try was not, and was
    /// right to tell.
    pub(crate) fn told_alone(&self, look: &(Unit, Timestamp)) -> bool {
        self.run().told_alone.as_ref() == Some(look)
    }

    /// Something that it asked around a stack was not answered.
    pub(crate) fn missed(&self) {
        self.run().has_missed = true;
    }

    /// It closes a finding; what is wrong with that, where its message is about one resource alone.
    pub(crate) fn closes(&self, finding: &Finding) -> Option<String> {
        let run = self.run();
        let (stack, name) = run.resource.as_ref()?;
        let is_its = *stack == finding.unit.name && *name == finding.resource.name;
        let why = match (is_its, run.has_missed) {
            (false, _) => "that is about another resource",
            (_, true) => "that was not whole",
            _ => return None,
        };
        let id = &finding.id;
        Some(format!(
            "invariant 2: {id} was closed by a look at {stack}/{name} {why}"
        ))
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.run().is_dead
    }

    /// How long until its next step, by its own doing.
    pub(crate) fn sleeps(&self) -> Duration {
        std::mem::take(&mut self.run().sleeps)
    }

    /// One call of a port.
    pub(crate) async fn call<T>(
        &self,
        call: (&'static str, Kind),
        act: impl FnOnce(&Sim) -> Result<T, PortError> + Send,
    ) -> Result<T, PortError> {
        Yield(false).await;
        match self.try_to(call, act) {
            Some(result) => result,
            None => pending().await,
        }
    }

    /// The call, as it goes; `None` where the process died at it.
    fn try_to<T>(
        &self,
        (op, kind): (&'static str, Kind),
        act: impl FnOnce(&Sim) -> Result<T, PortError>,
    ) -> Option<Result<T, PortError>> {
        if self.is_dead() {
            return None;
        }
        let fault = self.sim.state().fault_of(kind);
        let Some(fault) = fault else {
            let result = act(&self.sim);
            if let Err(error) = &result {
                let mut state = self.sim.state();
                state.tell(|| format!("    {}: {op} answers {error}", self.name));
            }
            return Some(result);
        };
        let is_done = matches!(fault, Fault::CrashAfter | Fault::AnswerLost) || self.is_half(fault);
        if is_done && let Err(error) = act(&self.sim) {
            return Some(Err(error));
        }
        let mut state = self.sim.state();
        let when = if is_done { "after" } else { "before" };
        state.tell(|| format!("    {}: {op} {fault:?} ({when} its effect)", self.name));
        if let Some(key) = &self.run().unrecorded {
            *state.uncertain.entry(key.clone()).or_default() += 1;
        }
        drop(state);
        if matches!(fault, Fault::CrashBefore | Fault::CrashAfter) {
            self.run().is_dead = true;
            return None;
        }
        Some(Err(PortError::new(self.error(fault), op, "made to fail")))
    }

    /// A conflict that is none may come before or after the effect.
    fn is_half(&self, fault: Fault) -> bool {
        fault == Fault::FalseConflict && self.sim.state().either()
    }

    fn error(&self, fault: Fault) -> PortErrorKind {
        match fault {
            Fault::Throttled => PortErrorKind::Throttled,
            Fault::FalseConflict => PortErrorKind::Conflict,
            Fault::AnswerLost => PortErrorKind::Timeout,
            _ => PortErrorKind::Unavailable,
        }
    }

    /// The time by this process's clock.
    fn time(&self) -> Timestamp {
        let now = self.sim.state().now;
        now.checked_add(self.run().skew).unwrap_or(now)
    }
}

impl State {
    /// The fault of a call, if it has one.
    fn fault_of(&mut self, kind: Kind) -> Option<Fault> {
        let of_kind: &[Fault] = match kind {
            Kind::Read => &[Fault::CrashBefore, Fault::Refused],
            Kind::Guarded => &[
                Fault::CrashBefore,
                Fault::CrashAfter,
                Fault::Refused,
                Fault::AnswerLost,
                Fault::FalseConflict,
            ],
            Kind::Effect => &[
                Fault::CrashBefore,
                Fault::CrashAfter,
                Fault::Refused,
                Fault::AnswerLost,
            ],
            Kind::Limited => &[
                Fault::CrashBefore,
                Fault::CrashAfter,
                Fault::Refused,
                Fault::AnswerLost,
                Fault::Throttled,
            ],
        };
        of_kind.iter().copied().find(|fault| self.fault(*fault))
    }
}

#[async_trait]
impl Clock for Process {
    fn now(&self) -> Timestamp {
        self.time()
    }

    async fn sleep(&self, duration: Duration) {
        self.run().sleeps = duration;
        Yield(false).await;
    }
}

/// Gives way to whatever else is due.
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        // For whoever polls several calls at once and only those that woke it.
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
