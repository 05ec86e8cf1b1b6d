//! What a cluster's tasks and its handle share.

use std::sync::Mutex;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;

use crate::access::{User, Users};
use crate::admission::Admission;
use crate::answer::{Answer, Failure};
use crate::appliers::Releases;
use crate::call::Call;
use crate::faults::Faults;
use crate::lock;
use crate::log::Log;
use crate::object::meta;
use crate::options::Options;
use crate::state::State;
use crate::verbs::{self, Asked};

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) state: Mutex<State>,
    pub(crate) users: Mutex<Users>,
    pub(crate) admission: Mutex<Admission>,
    pub(crate) faults: Faults,
    pub(crate) log: Mutex<Log>,
    pub(crate) releases: Mutex<Releases>,
    /// Counts the restarts; a connection ends with the next one.
    pub(crate) restarts: watch::Sender<u64>,
}

impl Shared {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            state: Mutex::new(State::new(options.seed)),
            users: Mutex::default(),
            admission: Mutex::default(),
            faults: Faults::default(),
            log: Mutex::new(Log::new(options.keep)),
            releases: Mutex::default(),
            restarts: watch::channel(0).0,
            options,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        match &self.options.clock {
            Some(clock) => clock(),
            None => Timestamp::now(),
        }
    }

    /// Does what a user asks at a time.
    pub(crate) fn answer(
        &self,
        call: &Call,
        user: &User,
        now: Timestamp,
    ) -> Result<Answer, Failure> {
        let admission = lock(&self.admission).clone();
        let asked = Asked {
            call,
            user,
            now,
            admission: &admission,
        };
        let answer = verbs::answer(&mut lock(&self.state), asked)?;
        if answer.status == 201
            && self.options.furniture
            && !call.is_dry_run()
            && let Some(name) = new_namespace(call, &answer)
        {
            self.furnish_namespace(&name, now);
        }
        Ok(answer)
    }
}

/// The name of the namespace that a request has made.
fn new_namespace(call: &Call, answer: &Answer) -> Option<String> {
    let address = call.address.as_ref()?;
    if address.plural != "namespaces" || !address.group.is_empty() {
        return None;
    }
    let made: Value = serde_json::from_str(&answer.body).ok()?;
    Some(meta(&made, "name").to_owned())
}
