//! The user's policy over the default rules.

mod explain;
mod floor;
#[cfg(feature = "schema")]
mod probe;
mod routes;

use std::fmt;

use domain::judge::{Facts, Grade, IgnoreMatch, Notices, Rules};
use domain::severity::{Cause, Severity};
use jiff::Timestamp;

use crate::cel::{Bindings, Compiled};
use crate::config::Ignore;
use crate::defaults;
use crate::load::Loaded;

pub use explain::{Evaluated, Explanation, IgnoredBy, Outcome};
pub use floor::FloorWarning;
pub use routes::{FailedRoute, Routed};

/// The rules of a config file, compiled and ready to be asked.
#[derive(Debug)]
pub struct Policy {
    severity: Vec<UserSeverity>,
    ignore: Vec<UserIgnore>,
    show: Vec<Rule>,
    allow_automatic: Vec<Cause>,
    routes: Vec<UserRoute>,
    channels: Vec<String>,
    file: String,
}

/// A condition with its place in the file.
#[derive(Debug)]
struct Rule {
    place: String,
    line: u64,
    when: Result<Compiled, String>,
}

#[derive(Debug)]
struct UserSeverity {
    rule: Rule,
    severity: Option<Severity>,
    cause: Option<Cause>,
}

#[derive(Debug)]
struct UserIgnore {
    rule: Rule,
    ignore: Ignore,
}

#[derive(Debug)]
struct UserRoute {
    rule: Rule,
    to: Vec<String>,
}

impl Rule {
    fn new(loaded: &Loaded, list: &str, (index, when): (usize, &str)) -> Self {
        Self {
            place: format!("{list}[{index}]"),
            line: loaded.line(list, index),
            // What does not compile was refused with the file; if not, the rule fails and is reported.
            when: Compiled::new(when),
        }
    }

    fn ask(&self, bindings: &Bindings) -> Outcome {
        let asked = match &self.when {
            Ok(compiled) => compiled.holds(bindings),
            Err(error) => Err(error.clone()),
        };
        match asked {
            Ok(true) => Outcome::Matched,
            Ok(false) => Outcome::NotMatched,
            Err(error) => Outcome::Failed(error),
        }
    }

    /// Whether the rule matches; what came of it is noted.
    fn matches(&self, bindings: &Bindings, notices: &mut Notices) -> bool {
        match self.ask(bindings) {
            Outcome::Matched => {
                notices.matched.insert(self.place.clone());
                true
            }
            Outcome::NotMatched => false,
            Outcome::Failed(why) => {
                notices.failed.entry(self.place.clone()).or_insert(why);
                false
            }
        }
    }
}

impl UserSeverity {
    /// What the rule makes of a difference that the default rules have decided about.
    ///
    /// A cause below the floor stays: if a rule could rename it, what must never
    /// be put straight automatically would be, under another name.
    fn grade(&self, (severity, cause): (Severity, Cause)) -> Grade {
        let kept = cause.needs_a_person() && self.cause.is_some_and(|it| !it.needs_a_person());
        Grade {
            severity: self.severity.unwrap_or(severity),
            cause: self.cause.filter(|_| !kept).unwrap_or(cause),
            rule: self.rule.place.clone(),
        }
    }
}

impl Policy {
    /// Compiles the rules of a config file.
    #[must_use]
    pub fn new(loaded: &Loaded) -> Self {
        let config = &loaded.config;
        let rule = |list, entry| Rule::new(loaded, list, entry);
        Self {
            severity: config
                .severity
                .iter()
                .enumerate()
                .map(|(index, it)| UserSeverity {
                    rule: rule("severity", (index, it.when.as_str())),
                    severity: it.severity,
                    cause: it.cause,
                })
                .collect(),
            ignore: config
                .ignore
                .iter()
                .enumerate()
                .map(|(index, it)| UserIgnore {
                    rule: rule("ignore", (index, it.when.as_str())),
                    ignore: it.clone(),
                })
                .collect(),
            show: config
                .show
                .iter()
                .enumerate()
                .map(|(index, it)| rule("show", (index, it.when.as_str())))
                .collect(),
            allow_automatic: config.remediation.allow_automatic.clone(),
            routes: config
                .notify
                .routes
                .iter()
                .enumerate()
                .map(|(index, it)| UserRoute {
                    rule: rule("notify.routes", (index, it.when.as_str())),
                    to: it.to.iter().map(|name| name.as_str().to_owned()).collect(),
                })
                .collect(),
            channels: config.notify.channels.keys().cloned().collect(),
            file: loaded.file().to_owned(),
        }
    }

    /// The ignores in force at `now` that matched nothing in a whole run: what
    /// they are for is gone, or they are wrong. Ignores that could not be evaluated are in
    /// [`Notices::failed`] and not here.
    #[must_use]
    pub fn unmatched_ignores(&self, notices: &Notices, now: Timestamp) -> Vec<UnmatchedIgnore> {
        self.ignore
            .iter()
            .filter(|it| it.ignore.in_force(now))
            .filter(|it| !notices.matched.contains(&it.rule.place))
            .filter(|it| !notices.failed.contains_key(&it.rule.place))
            .map(|it| UnmatchedIgnore {
                place: it.rule.place.clone(),
                file: self.file.clone(),
                line: it.rule.line,
                reason: it.ignore.reason.to_string(),
            })
            .collect()
    }
}

impl Rules for Policy {
    fn grade(&self, facts: &Facts<'_>, notices: &mut Notices) -> Grade {
        let (severity, cause, name) = defaults::decide(facts);
        if !self.severity.is_empty() {
            let bindings = Bindings::of(facts);
            let user = self
                .severity
                .iter()
                .find(|it| it.rule.matches(&bindings, notices));
            if let Some(user) = user {
                return user.grade((severity, cause));
            }
        }
        Grade {
            severity,
            cause,
            rule: format!("default: {name}"),
        }
    }

    fn ignore(
        &self,
        facts: &Facts<'_>,
        now: Timestamp,
        notices: &mut Notices,
    ) -> Option<IgnoreMatch> {
        let mut in_force = self
            .ignore
            .iter()
            .filter(|it| it.ignore.in_force(now))
            .peekable();
        in_force.peek()?;
        let bindings = Bindings::of(facts);
        in_force
            .find(|it| it.rule.matches(&bindings, notices))
            .map(|it| IgnoreMatch {
                rule: it.rule.place.clone(),
                reason: it.ignore.reason.to_string(),
            })
    }

    fn show(&self, facts: &Facts<'_>, notices: &mut Notices) -> bool {
        if self.show.is_empty() {
            return false;
        }
        let bindings = Bindings::of(facts);
        self.show.iter().any(|it| it.matches(&bindings, notices))
    }
}

/// An ignore that matched nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmatchedIgnore {
    /// Its place, `ignore[0]`.
    pub place: String,
    /// The config file.
    pub file: String,
    /// Its line there, from 1.
    pub line: u64,
    /// The reason it gives.
    pub reason: String,
}

impl fmt::Display for UnmatchedIgnore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}:{}, {:?})",
            self.place, self.file, self.line, self.reason
        )
    }
}
