//! A sink for webhooks of any kind.

use std::collections::{BTreeMap, VecDeque};

use http::HeaderMap;
use jiff::Timestamp;

use crate::answer::Answer;
use crate::log::keep_newest;

/// What came in at `/hook/NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When, by the sandbox's clock.
    pub at: Timestamp,
    /// The headers in the order they came, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// The status it was answered with.
    pub status: u16,
}

impl Delivery {
    /// A header's value, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// All sinks, by name.
#[derive(Debug, Default)]
pub(crate) struct Hooks {
    keep: usize,
    sinks: BTreeMap<String, Sink>,
}

#[derive(Debug, Default)]
struct Sink {
    deliveries: VecDeque<Delivery>,
    statuses: VecDeque<u16>,
}

impl Hooks {
    pub(crate) fn new(keep: usize) -> Self {
        Self {
            keep,
            ..Self::default()
        }
    }

    /// The next deliveries are answered with these statuses; the ones after them with 200.
    pub(crate) fn answer_with(&mut self, name: &str, statuses: &[u16]) {
        let sink = self.sinks.entry(name.to_owned()).or_default();
        sink.statuses = statuses.iter().copied().collect();
    }

    pub(crate) fn take(
        &mut self,
        name: &str,
        headers: &HeaderMap,
        content: (&[u8], Timestamp),
    ) -> Answer {
        let (body, at) = content;
        let sink = self.sinks.entry(name.to_owned()).or_default();
        let status = sink.statuses.pop_front().unwrap_or(200);
        let headers = headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        });
        let delivery = Delivery {
            at,
            headers: headers.collect(),
            body: body.to_vec(),
            status,
        };
        keep_newest(&mut sink.deliveries, delivery, self.keep);
        Answer::new(status, "text/plain", "")
    }

    pub(crate) fn deliveries(&self, name: &str) -> Vec<Delivery> {
        let sink = self.sinks.get(name);
        sink.into_iter()
            .flat_map(|sink| &sink.deliveries)
            .cloned()
            .collect()
    }
}
