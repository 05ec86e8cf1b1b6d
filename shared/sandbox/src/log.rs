//! What was asked, kept for those who tell the story of it.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

/// One request that the sandbox answered, or on purpose did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// When it came, by the sandbox's clock.
    pub at: Timestamp,
    /// `POST`.
    pub method: String,
    /// `cloudformation:DetectStackDrift`, `slack:webhook`, `hook:NAME`.
    pub call: String,
    /// The stack it names, if it names one.
    pub stack: Option<String>,
    /// The account it was made in; empty outside AWS.
    pub account: String,
    /// The region it was made in; empty outside AWS.
    pub region: String,
    /// The caller's ARN; empty outside AWS.
    pub principal: String,
    /// The HTTP status; 0 where no answer went out.
    pub status: u16,
}

impl Request {
    /// The service of the call: `cloudformation`, `slack`.
    #[must_use]
    pub fn service(&self) -> &str {
        self.call.split(':').next().unwrap_or_default()
    }

    /// What was asked of the service: `DetectStackDrift`.
    #[must_use]
    pub fn operation(&self) -> &str {
        self.call
            .split_once(':')
            .map_or("", |(_, operation)| operation)
    }
}

/// The newest requests, and an exact count of all.
#[derive(Debug, Default)]
pub(crate) struct Log {
    keep: usize,
    requests: VecDeque<Request>,
    counts: BTreeMap<(String, u16), u64>,
}

impl Log {
    pub(crate) fn new(keep: usize) -> Self {
        Self {
            keep,
            ..Self::default()
        }
    }

    pub(crate) fn add(&mut self, request: Request) {
        let key = (request.call.clone(), request.status);
        *self.counts.entry(key).or_default() += 1;
        keep_newest(&mut self.requests, request, self.keep);
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.iter().cloned().collect()
    }

    pub(crate) fn counts(&self) -> BTreeMap<(String, u16), u64> {
        self.counts.clone()
    }
}

/// Adds to a list that keeps its newest entries.
pub(crate) fn keep_newest<T>(list: &mut VecDeque<T>, item: T, keep: usize) {
    list.push_back(item);
    while list.len() > keep {
        list.pop_front();
    }
}
