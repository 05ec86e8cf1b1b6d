//! What was asked, kept for those who tell the story of it.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use crate::call::Verb;

/// One request over HTTP that was answered, or on purpose was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// When it came, by the cluster's clock.
    pub at: Timestamp,
    /// Whose token it carried; empty where nobody's.
    pub user: String,
    /// What was asked.
    pub verb: Verb,
    /// The path, without the query.
    pub path: String,
    /// `deployments`, `deployments/scale`; empty where the path is no resource.
    pub resource: String,
    /// The namespace; empty where none is named.
    pub namespace: String,
    /// The object's name; empty where none is named.
    pub name: String,
    /// Whether it was a server-side apply.
    pub apply: bool,
    /// Whether nothing was to be kept.
    pub dry_run: bool,
    /// The HTTP status; 0 where no answer went out.
    pub status: u16,
}

impl Request {
    /// The request as faults and counts name it: `patch:deployments`, `get:/openapi/v3`.
    #[must_use]
    pub fn call(&self) -> String {
        match self.resource.as_str() {
            "" => format!("{}:{}", self.verb, self.path),
            resource => format!("{}:{resource}", self.verb),
        }
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
        let key = (request.call(), request.status);
        *self.counts.entry(key).or_default() += 1;
        self.requests.push_back(request);
        while self.requests.len() > self.keep {
            self.requests.pop_front();
        }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.iter().cloned().collect()
    }

    pub(crate) fn counts(&self) -> BTreeMap<(String, u16), u64> {
        self.counts.clone()
    }

    pub(crate) fn clear(&mut self) {
        self.requests.clear();
        self.counts.clear();
    }
}
