//! What the proxy does to which requests.

use std::{fmt, sync::Arc, time::Duration};

/// Requests that match get the fault, if it is their turn.
///
/// ```text
/// Rule::new(Fault::Throttle).action("DetectStackDrift").first(2)
/// ```
#[derive(Debug, Clone)]
pub struct Rule {
    fault: Fault,
    action: Option<String>,
    contains: Vec<String>,
    turn: Turn,
}

/// What happens to a request instead of, or with, the real answer.
#[derive(Clone)]
pub enum Fault {
    /// 400 `Throttling: Rate exceeded`.
    Throttle,
    /// 403 `AccessDenied`, naming the operation as AWS does.
    AccessDenied,
    /// Any other error of the service.
    Error {
        /// `ValidationError`, `OperationInProgressException`, …
        code: String,
        /// The text for people.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// A failure on the service's side, 500 or 503.
    ServerError(u16),
    /// The request is read, nothing is answered for this long, and then the connection is closed.
    Hang(Duration),
    /// The connection is closed without an answer.
    Reset,
    /// The request is carried out, and the connection is closed without its answer.
    Lose,
    /// An answer given instead of the real one, in the form of the request's protocol.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The whole body.
        body: String,
    },
    /// The real answer after a wait: slow, but right.
    Delay(Duration),
    /// The real answer cut to this many bytes, whole as far as HTTP can tell.
    Truncate(usize),
    /// The real answer's head and half its body; then the connection is closed.
    CutMidBody,
    /// 200 with something that is not XML to its end.
    Malformed,
    /// 200 with a well-formed answer of at least this many bytes.
    Oversized(usize),
    /// The real answer, edited; see [`rewrite`](super::rewrite) for the usual ones.
    Rewrite(Arc<dyn Fn(&str) -> String + Send + Sync>),
    /// The real list, handed out in pages of this many entries. Tokens are the proxy's own, so the turn must be
    /// [always](Rule::new).
    Pages {
        /// The list's element, such as `StackResourceDrifts`.
        list: &'static str,
        /// Entries per page, at least one.
        size: usize,
    },
}

#[derive(Debug, Clone)]
enum Turn {
    Always,
    Nth(u64),
    EveryNth(u64),
    First(u64),
    Chance { percent: u8, seed: u64 },
}

impl Rule {
    /// A rule for every request, to be narrowed by the methods below.
    #[must_use]
    pub fn new(fault: Fault) -> Self {
        Self {
            fault,
            action: None,
            contains: Vec::new(),
            turn: Turn::Always,
        }
    }

    /// Only requests for this operation (`DescribeStackResourceDrifts`).
    #[must_use]
    pub fn action(mut self, action: &str) -> Self {
        self.action = Some(action.to_owned());
        self
    }

    /// Only requests whose decoded body has this text: a stack's name, an ARN. Given twice, both must be there.
    #[must_use]
    pub fn containing(mut self, text: &str) -> Self {
        self.contains.push(text.to_owned());
        self
    }

    /// Of the matching requests only the `n`th, counted from 1.
    #[must_use]
    pub fn nth(mut self, n: u64) -> Self {
        self.turn = Turn::Nth(n);
        self
    }

    /// Of the matching requests every `n`th: with 3 the 3rd, the 6th, …
    #[must_use]
    pub fn every_nth(mut self, n: u64) -> Self {
        self.turn = Turn::EveryNth(n.max(1));
        self
    }

    /// Of the matching requests the first `n`.
    #[must_use]
    pub fn first(mut self, n: u64) -> Self {
        self.turn = Turn::First(n);
        self
    }

    /// Of the matching requests about this share, the same ones for the same seed and order.
    #[must_use]
    pub fn chance(mut self, percent: u8, seed: u64) -> Self {
        self.turn = Turn::Chance { percent, seed };
        self
    }
}

impl Fault {
    /// An error of the service.
    #[must_use]
    pub fn error(code: &str, message: &str, status: u16) -> Self {
        Self::Error {
            code: code.to_owned(),
            message: message.to_owned(),
            status,
        }
    }

    /// The real answer, edited.
    pub fn rewrite(edit: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self::Rewrite(Arc::new(edit))
    }

    /// The variant's name, for the log of requests.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Throttle => "Throttle",
            Self::AccessDenied => "AccessDenied",
            Self::Error { .. } => "Error",
            Self::ServerError(_) => "ServerError",
            Self::Hang(_) => "Hang",
            Self::Reset => "Reset",
            Self::Lose => "Lose",
            Self::Answer { .. } => "Answer",
            Self::Delay(_) => "Delay",
            Self::Truncate(_) => "Truncate",
            Self::CutMidBody => "CutMidBody",
            Self::Malformed => "Malformed",
            Self::Oversized(_) => "Oversized",
            Self::Rewrite(_) => "Rewrite",
            Self::Pages { .. } => "Pages",
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A rule with its count of matching requests.
#[derive(Debug)]
pub(super) struct Armed {
    rule: Rule,
    seen: u64,
    chance: fastrand::Rng,
}

impl Armed {
    pub(super) fn new(rule: Rule) -> Self {
        let seed = if let Turn::Chance { seed, .. } = rule.turn {
            seed
        } else {
            0
        };
        Self {
            rule,
            seen: 0,
            chance: fastrand::Rng::with_seed(seed),
        }
    }

    /// The fault for this request, if the rule matches it and it is its turn; counts it if it matches.
    pub(super) fn decide(&mut self, action: &str, body: &str) -> Option<Fault> {
        let matches = self
            .rule
            .action
            .as_deref()
            .is_none_or(|wanted| wanted == action)
            && self
                .rule
                .contains
                .iter()
                .all(|text| body.contains(text.as_str()));
        if !matches {
            return None;
        }
        self.seen += 1;
        let fires = match self.rule.turn {
            Turn::Always => true,
            Turn::Nth(n) => self.seen == n,
            Turn::EveryNth(n) => self.seen.is_multiple_of(n),
            Turn::First(n) => self.seen <= n,
            Turn::Chance { percent, .. } => self.chance.u8(0..100) < percent,
        };
        fires.then(|| self.rule.fault.clone())
    }
}
