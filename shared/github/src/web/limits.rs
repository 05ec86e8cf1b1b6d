//! Limits of how often a server may be asked, and for how long they last.

use std::time::Duration;

use jiff::Timestamp;

use super::Answer;

/// How long a limit lasts that does not say so: GitHub asks for a minute at least.
const UNSAID: Duration = Duration::from_secs(60);

/// A limit that was met.
pub(super) struct Limit {
    /// How long it lasts.
    pub(super) wait: Duration,
    is_said: bool,
}

impl Limit {
    /// What to say of it.
    pub(super) fn said(&self, answer: &Answer) -> String {
        let words = match answer.words() {
            words if words.is_empty() => String::new(),
            words => format!(" ({words})"),
        };
        let wait = match self.is_said {
            true => format!("asks to wait {} s", self.wait.as_secs()),
            false => "does not say for how long".to_owned(),
        };
        format!("asked too often{words}: {wait}")
    }
}

/// The limit that an answer tells of. GitHub says 403 as well as 429, and not
/// every 403 is a limit: only with Retry-After, with nothing left, or with its words.
pub(super) fn read(answer: &Answer, now: Timestamp) -> Option<Limit> {
    let asked = answer.header("retry-after").trim().parse::<u64>().ok();
    let asked = asked.map(Duration::from_secs);
    let reset = (answer.header("x-ratelimit-remaining") == "0")
        .then(|| until(answer.header("x-ratelimit-reset"), now))
        .flatten();
    let is_limit = match answer.status {
        429 => true,
        403 => asked.is_some() || reset.is_some() || answer.words().contains("rate limit"),
        503 => asked.is_some(),
        _ => false,
    };
    is_limit.then(|| {
        let said = asked.or(reset);
        Limit {
            // A server that says now, again and again, is not asked without end.
            wait: said.unwrap_or(UNSAID).max(Duration::from_secs(1)),
            is_said: said.is_some(),
        }
    })
}

/// From now until a time in seconds since 1970, and a second more for clocks that differ.
fn until(reset: &str, now: Timestamp) -> Option<Duration> {
    let reset = reset.trim().parse::<i64>().ok()?;
    let seconds = reset.saturating_sub(now.as_second()).saturating_add(1);
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(1)))
}
