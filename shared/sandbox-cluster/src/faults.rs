//! Failures on purpose.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::answer::Failure;
use crate::lock;

/// What a fault does to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Refused as asked too often, 429, to be asked again after so many seconds.
    Throttle(u64),
    /// Refused with this status, reason and message: 503, `ServiceUnavailable`.
    Refuse(u16, String, String),
    /// Refused as a conflict, 409, even if the apply is by force.
    Conflict,
    /// The token of a list's next page has expired, 410.
    Expire,
    /// Answered only after this time, which is the machine's and not the clock's.
    Delay(Duration),
    /// It is done, and the connection ends in the middle of the answer.
    Cut,
    /// The connection ends without an answer, and nothing was done.
    Drop,
    /// Never answered, and nothing was done.
    Hang,
}

impl Effect {
    /// The refusal that it is; `None` where it is none.
    pub(crate) fn failure(&self) -> Option<Failure> {
        match self {
            Self::Throttle(seconds) => Some(Failure {
                retry_after: Some(*seconds),
                ..Failure::new(
                    429,
                    "TooManyRequests",
                    "Too many requests, please try again later.",
                )
            }),
            Self::Refuse(status, reason, message) => Some(Failure::new(*status, reason, message)),
            Self::Conflict => Some(Failure::new(
                409,
                "Conflict",
                "Apply failed with 1 conflict: conflict with \"unknown\" using v1: .metadata.labels",
            )),
            Self::Expire => Some(Failure::new(
                410,
                "Expired",
                "The provided continue parameter is too old to display a consistent list result. Start a new list without the continue parameter.",
            )),
            Self::Delay(_) | Self::Cut | Self::Drop | Self::Hang => None,
        }
    }
}

/// An [`Effect`] on the requests that it is meant for: all of its call, less
/// what the builder's methods take away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    call: String,
    effect: Effect,
    namespace: Option<String>,
    name: Option<String>,
    paged: bool,
    pass: u32,
    left: Option<u32>,
}

impl Fault {
    /// A fault on a call, `patch:deployments`, `get:/openapi/v3`; `list:*` is a verb on
    /// everything and `*` every request.
    #[must_use]
    pub fn on(call: &str, effect: Effect) -> Self {
        Self {
            call: call.to_owned(),
            effect,
            namespace: None,
            name: None,
            paged: false,
            pass: 0,
            left: None,
        }
    }

    /// Only in this namespace.
    #[must_use]
    pub fn namespace(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.to_owned());
        self
    }

    /// Only for the object of this name.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Only for a list's second and later pages.
    #[must_use]
    pub fn later_pages(mut self) -> Self {
        self.paged = true;
        self
    }

    /// Lets this many requests pass first.
    #[must_use]
    pub fn after(mut self, requests: u32) -> Self {
        self.pass = requests;
        self
    }

    /// Ends after this many requests; without it the fault stays.
    #[must_use]
    pub fn times(mut self, requests: u32) -> Self {
        self.left = Some(requests);
        self
    }

    fn is_meant(&self, target: &Target<'_>) -> bool {
        let start = self.call.strip_suffix('*');
        (self.call == target.call || start.is_some_and(|it| target.call.starts_with(it)))
            && self
                .namespace
                .as_deref()
                .is_none_or(|it| it == target.namespace)
            && self.name.as_deref().is_none_or(|it| it == target.name)
            && (!self.paged || target.paged)
    }
}

/// What a request is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) call: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    /// Whether it asks for a later page.
    pub(crate) paged: bool,
}

/// The faults of a cluster; a handle, whose copies are the same faults.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Vec<Fault>>>);

impl Faults {
    /// Adds a fault. The first one that is meant for a request decides.
    pub fn add(&self, fault: Fault) {
        lock(&self.0).push(fault);
    }

    /// Takes every fault away.
    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    /// The effect on a request, which counts as met.
    pub(crate) fn meet(&self, target: &Target<'_>) -> Option<Effect> {
        let mut faults = lock(&self.0);
        for fault in faults.iter_mut() {
            if fault.left == Some(0) || !fault.is_meant(target) {
                continue;
            }
            if fault.pass > 0 {
                fault.pass -= 1;
                continue;
            }
            fault.left = fault.left.map(|left| left - 1);
            let effect = fault.effect.clone();
            faults.retain(|fault| fault.left != Some(0));
            return Some(effect);
        }
        None
    }
}
