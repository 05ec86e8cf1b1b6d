//! Where calls fail.

use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::ports::{PortError, PortErrorKind};

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call fails before anything was done; later calls go well.
    Refused,
    /// What the call asked for was done, its answer is lost; later calls go well.
    AnswerLost,
    /// The process dies before the call: nothing that comes after is done.
    DeadBefore,
    /// The process dies after the call was done: nothing that comes after is done.
    DeadAfter,
}

impl Fault {
    /// Every way to fail.
    pub const ALL: [Self; 4] = [
        Fault::Refused,
        Fault::AnswerLost,
        Fault::DeadBefore,
        Fault::DeadAfter,
    ];
}

/// Counts the calls of all doubles that share it, and makes one of them fail.
#[derive(Debug, Default)]
pub struct Faults {
    plan: Mutex<Plan>,
}

#[derive(Debug, Default)]
struct Plan {
    calls: usize,
    at: Option<(usize, Fault)>,
    is_dead: bool,
}

impl Faults {
    /// Makes the call number `call` (from 0, counted from now on) fail.
    pub fn fail_at(&self, call: usize, fault: Fault) {
        *lock(&self.plan) = Plan {
            at: Some((call, fault)),
            ..Plan::default()
        };
    }

    /// From now on every call goes well; the count starts anew.
    pub fn end(&self) {
        *lock(&self.plan) = Plan::default();
    }

    /// How many calls there were since the last [`Faults::fail_at`] or [`Faults::end`].
    #[must_use]
    pub fn calls(&self) -> usize {
        lock(&self.plan).calls
    }

    /// A call: does it, or fails as planned.
    ///
    /// # Errors
    ///
    /// What the call gives, or the planned failure ([`PortErrorKind::Unavailable`]).
    pub fn call<T>(
        &self,
        op: &'static str,
        act: impl FnOnce() -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        let fault = {
            let mut plan = lock(&self.plan);
            let number = plan.calls;
            plan.calls += 1;
            let fault = plan
                .at
                .filter(|(at, _)| *at == number)
                .map(|(_, fault)| fault);
            if plan.is_dead {
                Some(Fault::DeadBefore)
            } else {
                plan.is_dead = matches!(fault, Some(Fault::DeadBefore | Fault::DeadAfter));
                fault
            }
        };
        let failed = |detail| PortError::new(PortErrorKind::Unavailable, op, detail);
        match fault {
            None => act(),
            Some(Fault::Refused | Fault::DeadBefore) => Err(failed("planned to fail")),
            Some(Fault::AnswerLost | Fault::DeadAfter) => {
                act()?;
                Err(failed("done, but planned to lose its answer"))
            }
        }
    }
}

/// A double's state, also after a test that shares it has panicked.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a future that never waits for anything outside: all that the doubles make.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(done) = future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            return done;
        }
    }
}
