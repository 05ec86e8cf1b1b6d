//! What the server, the clock's task and the handle share.

use std::sync::Mutex;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::Events;
use crate::faults::Faults;
use crate::hook::Hooks;
use crate::lock;
use crate::log::Log;
use crate::options::Options;
use crate::slack::Slack;
use crate::state::State;
use crate::sts::Sessions;
use crate::throttle::Throttle;
use crate::time::whole_millis;

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) state: Mutex<State>,
    pub(crate) sessions: Mutex<Sessions>,
    pub(crate) throttle: Mutex<Throttle>,
    pub(crate) log: Mutex<Log>,
    pub(crate) slack: Mutex<Slack>,
    pub(crate) hooks: Mutex<Hooks>,
    pub(crate) faults: Faults,
    /// Told whenever something new will happen by itself.
    pub(crate) due: Notify,
    listeners: Mutex<Vec<UnboundedSender<Value>>>,
}

impl Shared {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            state: Mutex::new(State::new(options.seed)),
            sessions: Mutex::default(),
            throttle: Mutex::new(Throttle::new(options.rates.clone())),
            log: Mutex::new(Log::new(options.keep)),
            slack: Mutex::new(Slack::new(options.keep)),
            hooks: Mutex::new(Hooks::new(options.keep)),
            faults: Faults::default(),
            due: Notify::new(),
            listeners: Mutex::default(),
            options,
        }
    }

    /// Now, in whole milliseconds.
    pub(crate) fn now(&self) -> Timestamp {
        let now = match &self.options.clock {
            Some(clock) => clock(),
            None => Timestamp::now(),
        };
        whole_millis(now)
    }

    pub(crate) fn listen(&self) -> Events {
        let (sender, receiver) = unbounded_channel();
        lock(&self.listeners).push(sender);
        Events(receiver)
    }

    /// Hands an event to everybody who listens.
    pub(crate) fn emit(&self, event: Value) {
        if !self.faults.loses_event() {
            lock(&self.listeners).retain(|listener| listener.send(event.clone()).is_ok());
        }
    }

    /// Ends all listening.
    pub(crate) fn silence(&self) {
        lock(&self.listeners).clear();
    }
}
