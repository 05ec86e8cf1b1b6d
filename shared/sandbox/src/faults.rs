//! Failures on purpose.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::answer::{Failure, Protocol};
use crate::lock;

/// What a fault does to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Refused as asked too often; outside AWS 429 with `Retry-After: 1`.
    Throttle,
    /// Refused for want of a right.
    Deny,
    /// Refused with this status, code and message.
    Refuse(u16, String, String),
    /// Answered only after this time, which is the machine's and not the clock's.
    Delay(Duration),
    /// The connection ends without an answer, and nothing was done.
    Drop,
    /// It is done, and the connection ends without an answer.
    LoseAnswer,
    /// Never answered, and nothing was done.
    Hang,
}

/// An [`Effect`] on the requests that it is meant for: all of its call, less
/// what the builder's methods take away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    call: String,
    effect: Effect,
    place: Option<(String, String)>,
    stack: Option<String>,
    resource: Option<String>,
    pass: u32,
    left: Option<u32>,
}

impl Fault {
    /// A fault on a call, `cloudformation:DetectStackDrift`; `ec2:*` is every
    /// call of a service and `*` every call.
    #[must_use]
    pub fn on(call: &str, effect: Effect) -> Self {
        Self {
            call: call.to_owned(),
            effect,
            place: None,
            stack: None,
            resource: None,
            pass: 0,
            left: None,
        }
    }

    /// Only in this account and region.
    #[must_use]
    pub fn place(mut self, account: &str, region: &str) -> Self {
        self.place = Some((account.to_owned(), region.to_owned()));
        self
    }

    /// Only for the stack of this name.
    #[must_use]
    pub fn stack(mut self, name: &str) -> Self {
        self.stack = Some(name.to_owned());
        self
    }

    /// Only for the resource of this logical id; in services other than
    /// CloudFormation, of this name or id, where the call asks after it.
    #[must_use]
    pub fn resource(mut self, logical_id: &str) -> Self {
        self.resource = Some(logical_id.to_owned());
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
        let is = |wanted: &Option<String>, given: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| Some(wanted) == given)
        };
        let service = self.call.strip_suffix('*');
        (self.call == target.call || service.is_some_and(|it| target.call.starts_with(it)))
            && is(&self.stack, target.stack)
            && self
                .resource
                .as_deref()
                .is_none_or(|wanted| target.resources.contains(&wanted))
            && self
                .place
                .as_ref()
                .is_none_or(|(account, region)| (account.as_str(), region.as_str()) == target.place)
    }
}

/// What a request is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) call: &'a str,
    pub(crate) place: (&'a str, &'a str),
    pub(crate) stack: Option<&'a str>,
    /// What it asks after.
    pub(crate) resources: &'a [&'a str],
}

/// A check of resources that does not succeed.
#[derive(Clone, Debug)]
struct FailedCheck {
    stack: String,
    /// `None`: the detection as a whole.
    resource: Option<String>,
    reason: String,
    left: Option<u32>,
}

#[derive(Debug, Default)]
struct Plan {
    faults: Vec<Fault>,
    checks: Vec<FailedCheck>,
    lost_events: u64,
}

/// The faults of a sandbox; a handle, whose copies are the same faults.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Plan>>);

impl Faults {
    /// Adds a fault. The first one that is meant for a request decides.
    pub fn add(&self, fault: Fault) {
        lock(&self.0).faults.push(fault);
    }

    /// From now on the check of a resource fails, `times` times or until cleared:
    /// the resource becomes UNKNOWN with this reason, its detection DETECTION_FAILED.
    pub fn fail_check(&self, stack: &str, logical_id: &str, reason: &str, times: Option<u32>) {
        self.fail(stack, Some(logical_id), reason, times);
    }

    /// From now on detections of a stack end as DETECTION_FAILED with this
    /// reason, `times` times or until cleared; no resource is checked.
    pub fn fail_detection(&self, stack: &str, reason: &str, times: Option<u32>) {
        self.fail(stack, None, reason, times);
    }

    /// Loses the next events.
    pub fn lose_events(&self, events: u64) {
        lock(&self.0).lost_events = events;
    }

    /// Takes every fault away.
    pub fn clear(&self) {
        *lock(&self.0) = Plan::default();
    }

    fn fail(&self, stack: &str, resource: Option<&str>, reason: &str, times: Option<u32>) {
        lock(&self.0).checks.push(FailedCheck {
            stack: stack.to_owned(),
            resource: resource.map(str::to_owned),
            reason: reason.to_owned(),
            left: times,
        });
    }

    /// The effect on a request, which counts as met.
    pub(crate) fn meet(&self, target: &Target<'_>) -> Option<Effect> {
        let mut plan = lock(&self.0);
        for fault in &mut plan.faults {
            if fault.left == Some(0) || !fault.is_meant(target) {
                continue;
            }
            if fault.pass > 0 {
                fault.pass -= 1;
                continue;
            }
            fault.left = fault.left.map(|left| left - 1);
            let effect = fault.effect.clone();
            plan.faults.retain(|fault| fault.left != Some(0));
            return Some(effect);
        }
        None
    }

    /// Why the check of a resource (`None`: of the whole stack) fails, if it does.
    pub(crate) fn failed_check(&self, stack: &str, resource: Option<&str>) -> Option<String> {
        let mut plan = lock(&self.0);
        let index = plan
            .checks
            .iter()
            .position(|check| check.stack == stack && check.resource.as_deref() == resource)?;
        let check = &mut plan.checks[index];
        let reason = check.reason.clone();
        check.left = check.left.map(|left| left.saturating_sub(1));
        if check.left == Some(0) {
            plan.checks.remove(index);
        }
        Some(reason)
    }

    /// Whether this event is lost.
    pub(crate) fn loses_event(&self) -> bool {
        let mut plan = lock(&self.0);
        let lost = plan.lost_events > 0;
        plan.lost_events = plan.lost_events.saturating_sub(1);
        lost
    }
}

/// “Asked too often” as a protocol says it.
pub(crate) fn throttled(protocol: Protocol) -> Failure {
    match protocol {
        Protocol::Query(_) => Failure::new(400, "Throttling", "Rate exceeded"),
        Protocol::Ec2 => Failure::new(503, "RequestLimitExceeded", "Request limit exceeded."),
        Protocol::S3 => Failure::new(503, "SlowDown", "Please reduce your request rate."),
        Protocol::Rest => Failure::new(429, "TooManyRequestsException", "Too Many Requests"),
        Protocol::Json => Failure::new(400, "ThrottlingException", "Rate exceeded"),
        Protocol::Plain => Failure {
            retry_after: Some(1),
            ..Failure::new(429, "rate_limited", "")
        },
        Protocol::Slack => Failure {
            retry_after: Some(1),
            ..Failure::new(429, "ratelimited", "")
        },
    }
}

/// “No right” as a protocol says it.
pub(crate) fn denied(protocol: Protocol, principal: &str, call: &str) -> Failure {
    let message = format!("User: {principal} is not authorized to perform: {call}");
    match protocol {
        Protocol::Query(_) => Failure::new(403, "AccessDenied", message),
        Protocol::Ec2 => Failure::new(
            403,
            "UnauthorizedOperation",
            format!("You are not authorized to perform this operation. {message}"),
        ),
        Protocol::S3 => Failure::new(403, "AccessDenied", message),
        Protocol::Rest => Failure::new(403, "AccessDeniedException", message),
        Protocol::Json => Failure::new(400, "AccessDeniedException", message),
        Protocol::Plain => Failure::new(403, "invalid_token", ""),
        Protocol::Slack => Failure::new(200, "invalid_auth", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: Target<'_> = Target {
        call: "a:B",
        place: ("1", "r"),
        stack: Some("shop"),
        resources: &["Queue"],
    };

    #[test]
    fn a_fault_meets_only_what_it_is_meant_for() {
        let met = |fault: Fault| {
            let faults = Faults::default();
            faults.add(fault);
            faults.meet(&TARGET).is_some()
        };
        let on = |call| Fault::on(call, Effect::Throttle);
        assert!(met(on("a:*")) && !met(on("ab:*")));
        assert!(met(on("*")) && met(on("a:B").place("1", "r").stack("shop").resource("Queue")));
        for other in [
            on("a:C"),
            on("a:B").place("2", "r"),
            on("a:B").place("1", "s"),
            on("a:B").stack("other"),
            on("a:B").resource("Other"),
        ] {
            assert!(!met(other.clone()), "{other:?}");
        }
    }

    #[test]
    fn a_fault_lets_pass_what_comes_before_and_ends_after_its_times() {
        let faults = Faults::default();
        faults.add(Fault::on("a:B", Effect::Deny).after(1).times(2));
        let met: Vec<_> = (0..5).map(|_| faults.meet(&TARGET).is_some()).collect();
        assert_eq!(met, [false, true, true, false, false]);
    }

    #[test]
    fn a_failed_check_ends_after_its_times() {
        let faults = Faults::default();
        faults.fail_check("shop", "Queue", "why", Some(1));
        assert_eq!(faults.failed_check("shop", Some("Other")), None);
        assert_eq!(faults.failed_check("shop", None), None);
        assert_eq!(
            faults.failed_check("shop", Some("Queue")).as_deref(),
            Some("why")
        );
        assert_eq!(faults.failed_check("shop", Some("Queue")), None);
    }
}
