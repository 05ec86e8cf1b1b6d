//! The story, as the ledger and the pretend account tell it.
//!
//! A chapter is what happened since the last one: what was done in the account,
//! what the ledger's history says, which messages arrived, what ended as a dead
//! letter, and which calls it took. Nothing of it is known beforehand.

use std::collections::{BTreeMap, BTreeSet};

use domain::counter;
use domain::current;
use domain::finding::Finding;
use domain::layer::Layer;
use domain::ports::Ledger as _;
use domain::severity::Severity;
use jiff::Timestamp;
use local::bus::dead_letters;
use sandbox::{Actor, Bent, SlackMessage};
use serde::Serialize;

use super::system::{CHANNELS, System};
use crate::failure::Failure;

/// What tells a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Source {
    /// The pretend account.
    Account,
    /// The ledger.
    Ledger,
    /// A Slack channel.
    Slack,
    /// The dead letters.
    DeadLetters,
    /// The account's request log.
    Requests,
}

impl Source {
    /// Its word, as it stands before a line.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Source::Account => "account",
            Source::Ledger => "ledger",
            Source::Slack => "slack",
            Source::DeadLetters => "dead letter",
            Source::Requests => "requests",
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Line {
    /// When.
    pub(super) at: Timestamp,
    /// Who tells it.
    pub(super) source: Source,
    /// How bad what it tells of is, where it is a finding.
    pub(super) severity: Option<Severity>,
    /// What it was.
    pub(super) text: String,
}

/// What happened between two moments, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Chapter {
    /// What it is about.
    pub(super) title: &'static str,
    /// What happened.
    pub(super) lines: Vec<Line>,
}

/// What was told so far.
#[derive(Debug, Default)]
pub(super) struct Book {
    entries: BTreeSet<(String, u64)>,
    messages: usize,
    letters: BTreeSet<String>,
    config: Option<String>,
    calls: BTreeMap<String, u64>,
}

impl Book {
    /// Everything that happened since the last chapter; `done` is what was done in the account.
    pub(super) async fn chapter(
        &mut self,
        title: &'static str,
        system: &System,
        done: Vec<Line>,
    ) -> Result<Chapter, Failure> {
        let mut lines = done;
        lines.extend(self.configuration(system).await?);
        lines.extend(self.history(system).await?);
        lines.extend(self.slack(system));
        lines.extend(self.dead(system).await?);
        lines.sort_by_key(|it| it.at);
        lines.extend(self.requests(system));
        Ok(Chapter { title, lines })
    }

    async fn configuration(&mut self, system: &System) -> Result<Option<Line>, Failure> {
        let Some(current) = current::in_force(&*system.ledger)
            .await
            .map_err(Failure::unusable)?
        else {
            return Ok(None);
        };
        if self.config.replace(current.hash.clone()) == Some(current.hash.clone()) {
            return Ok(None);
        }
        Ok(Some(Line {
            at: current.since,
            source: Source::Ledger,
            severity: None,
            text: format!(
                "the configuration of environment {} is in force",
                current.environment
            ),
        }))
    }

    async fn history(&mut self, system: &System) -> Result<Vec<Line>, Failure> {
        let mut lines = Vec::new();
        for finding in system.ledger.findings().await.map_err(Failure::unusable)? {
            let history = system.ledger.history(&finding.id).await;
            for entry in history.map_err(Failure::unusable)? {
                if self.entries.insert((finding.id.to_string(), entry.seq)) {
                    lines.push(Line {
                        at: entry.at,
                        source: Source::Ledger,
                        severity: Some(finding.severity),
                        text: format!(
                            "{} {}{} {}: {}",
                            finding.id,
                            entry.event.as_str(),
                            if finding.baseline { " as baseline" } else { "" },
                            place(&finding),
                            entry.detail
                        ),
                    });
                }
            }
        }
        Ok(lines)
    }

    fn slack(&mut self, system: &System) -> Vec<Line> {
        let messages = system.sandbox.slack_messages();
        let new = messages.iter().skip(self.messages);
        let lines = new.map(|message| Line {
            at: message.at,
            source: Source::Slack,
            severity: None,
            text: format!("#{}: {}", channel(message), message.text),
        });
        let lines = lines.collect();
        self.messages = messages.len();
        lines
    }

    async fn dead(&mut self, system: &System) -> Result<Vec<Line>, Failure> {
        let letters = dead_letters(&*system.ledger)
            .await
            .map_err(Failure::unusable)?;
        let new = letters
            .into_iter()
            .filter(|it| self.letters.insert(it.id()));
        Ok(new
            .map(|letter| Line {
                at: letter.at,
                source: Source::DeadLetters,
                severity: None,
                text: format!("{} from {}: {}", letter.id(), letter.source, letter.reason),
            })
            .collect())
    }

    /// Which calls it took, as one line; none where there were none.
    fn requests(&mut self, system: &System) -> Option<Line> {
        let at = system.sandbox.requests().last()?.at;
        let mut calls: BTreeMap<String, u64> = BTreeMap::new();
        for ((call, _), count) in system.sandbox.counts() {
            *calls.entry(call).or_default() += count;
        }
        let new: Vec<String> = calls
            .iter()
            .filter_map(|(call, count)| {
                let more = count - self.calls.get(call).copied().unwrap_or_default();
                (more > 0).then(|| format!("{more} {call}"))
            })
            .collect();
        self.calls = calls;
        (!new.is_empty()).then(|| Line {
            at,
            source: Source::Requests,
            severity: None,
            text: new.join(", "),
        })
    }
}

/// Stack and resource of a finding.
fn place(finding: &Finding) -> String {
    let stack = finding.resource.stack.as_deref().unwrap_or("-");
    format!("{stack}/{}", finding.resource.name)
}

/// The channel that a message was posted to, as the configuration calls it.
pub(super) fn channel(message: &SlackMessage) -> &str {
    let hook = message.channel.strip_prefix("webhook:");
    let known = CHANNELS.iter().find(|(_, it)| hook == Some(it));
    known.map_or(message.channel.as_str(), |(name, _)| name)
}

/// What somebody did, as the account tells it.
pub(super) fn bent(bent: &Bent) -> Line {
    Line {
        at: bent.at,
        source: Source::Account,
        severity: None,
        text: format!(
            "{} called {} on {}/{} ({})",
            person(&bent.actor),
            bent.event_name,
            bent.stack,
            bent.logical_id,
            bent.resource_type
        ),
    }
}

/// Who it was: the end of the principal's ARN, and whether in the console.
pub(super) fn person(actor: &Actor) -> String {
    let principal = &actor.principal;
    let name = principal.rsplit(':').next().unwrap_or(principal);
    let how = if actor.console { " (console)" } else { "" };
    format!("{name}{how}")
}

/// What the ledger counted.
pub(super) async fn counts(system: &System) -> Result<Vec<(String, u64)>, Failure> {
    let layer = ("layer", Layer::CloudFormation.as_str());
    let severities = [
        Severity::Critical,
        Severity::High,
        Severity::Medium,
        Severity::Low,
    ];
    let outcomes = ["clean", "drift", "error", "uncovered"];
    let mut asked: Vec<(&str, [(&str, &str); 2])> = Vec::new();
    asked.extend(outcomes.map(|it| (counter::DETECTION_RUNS, [layer, ("outcome", it)])));
    asked.extend(severities.map(|it| (counter::OPENED, [layer, ("severity", it.as_str())])));
    asked.extend(["resolved", "unwatched"].map(|it| (counter::CLOSED, [layer, ("how", it)])));
    let mut counts = Vec::new();
    for (metric, labels) in asked {
        let value = counter::value(&*system.ledger, metric, &labels)
            .await
            .map_err(Failure::unusable)?;
        let [(_, layer), (name, label)] = labels;
        if value > 0 {
            counts.push((format!("{metric}{{layer={layer},{name}={label}}}"), value));
        }
    }
    Ok(counts)
}
