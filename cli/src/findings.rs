//! `plumbline findings`: the ledger's findings, and what people say of them.

use std::path::Path;
use std::time::Duration;

use domain::finding::{Finding, HistoryEntry};
use domain::life::{self, Refusal, Word};
use domain::ports::Ledger;
use domain::record::commit_with;
use domain::report::{API_VERSION, FindingEntry};
use jiff::Timestamp;
use render::FindingPage;
use serde::Serialize;

use crate::args::{Findings, FindingsCommand, List, ListFormat, Until, Which};
use crate::failure::Failure;
use crate::ignore::{Entry, ignore_for};
use crate::ledger::Place;
use crate::{accept, ledger, screen};

/// How often `--watch` looks.
const WATCH: Duration = Duration::from_secs(2);

/// Does what was asked with the ledger's findings.
pub(crate) async fn run(
    place: &Place,
    (config, asked): (Option<&Path>, Findings),
) -> Result<(), Failure> {
    let ledger = &*ledger::existing(place).await?;
    match asked.command.unwrap_or(FindingsCommand::List(asked.list)) {
        FindingsCommand::List(list) => print_list(ledger, &list).await,
        FindingsCommand::Show { finding, output } => show(ledger, &finding, output).await,
        FindingsCommand::Ack { which, reason } => {
            say(ledger, &which, &Word::Acknowledge { reason })
                .await
                .map(drop)
        }
        FindingsCommand::Reopen { which } => say(ledger, &which, &Word::Reopen).await.map(drop),
        FindingsCommand::Silence(Until {
            which,
            reason,
            until,
        }) => say(ledger, &which, &Word::Silence { reason, until })
            .await
            .map(drop),
        FindingsCommand::Accept(Until {
            which,
            reason,
            until,
        }) => {
            let word = Word::Accept {
                reason: reason.clone(),
                until,
            };
            let accepted = say(ledger, &which, &word).await?;
            let ignores: Vec<Entry> = accepted
                .iter()
                .map(|it| ignore_for(it, (&reason, &who()), until))
                .collect();
            let addition = accept::addition(config, &ignores);
            screen::tell("note", &addition.note);
            out(&addition.text)
        }
    }
}

/// The list as others script against it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FindingList<'a> {
    api_version: &'a str,
    kind: &'a str,
    findings: &'a [FindingEntry],
}

/// One finding with its history.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FindingWithHistory<'a> {
    api_version: &'a str,
    kind: &'a str,
    finding: &'a FindingEntry,
    history: &'a [HistoryEntry],
}

async fn print_list(ledger: &dyn Ledger, list: &List) -> Result<(), Failure> {
    let mut before = String::new();
    loop {
        let entries = entries(ledger, list.all).await?;
        let text = match list.output {
            ListFormat::Table => render::findings_table(&entries, screen::style(false)),
            ListFormat::Wide => render::findings_wide(&entries, screen::style(false)),
            ListFormat::Name => render::name(&entries),
            ListFormat::Json | ListFormat::Yaml => structured(
                list.output,
                &FindingList {
                    api_version: API_VERSION,
                    kind: "FindingList",
                    findings: &entries,
                },
            )?,
        };
        if text != before {
            out(&text)?;
            before = text;
        }
        if !list.watch {
            return Ok(());
        }
        tokio::time::sleep(WATCH).await;
    }
}

async fn entries(ledger: &dyn Ledger, all: bool) -> Result<Vec<FindingEntry>, Failure> {
    let now = Timestamp::now();
    let findings = ledger.findings().await.map_err(Failure::unusable)?;
    let mut entries: Vec<FindingEntry> = findings
        .iter()
        .map(|it| FindingEntry::of(it, now))
        .filter(|it| all || !it.status.is_closed())
        .collect();
    entries.sort_by(|a, b| (b.severity, &a.resource, &a.id).cmp(&(a.severity, &b.resource, &b.id)));
    Ok(entries)
}

async fn show(ledger: &dyn Ledger, id: &str, output: ListFormat) -> Result<(), Failure> {
    let finding = ledger::find(ledger, id).await?;
    let history = ledger
        .history(&finding.id)
        .await
        .map_err(Failure::unusable)?;
    let entry = FindingEntry::of(&finding, Timestamp::now());
    let text = match output {
        ListFormat::Name => format!("{}\n", entry.id),
        ListFormat::Json | ListFormat::Yaml => structured(
            output,
            &FindingWithHistory {
                api_version: API_VERSION,
                kind: "Finding",
                finding: &entry,
                history: &history,
            },
        )?,
        ListFormat::Table | ListFormat::Wide => render::finding(
            &FindingPage {
                entry: &entry,
                history: &history,
                notes: &[],
            },
            screen::style(false),
        ),
    };
    out(&text)
}

/// Says one word of each finding and prints where it stands then. Those that
/// refuse it are named; the others are done all the same.
async fn say(ledger: &dyn Ledger, which: &Which, word: &Word) -> Result<Vec<Finding>, Failure> {
    let by = who();
    let mut done = Vec::new();
    let mut refused = 0;
    for finding in selected(ledger, which).await? {
        let now = Timestamp::now();
        let refusal: std::sync::Mutex<Option<Refusal>> = std::sync::Mutex::new(None);
        let said = commit_with(ledger, &finding.id, |previous| {
            match life::said(previous?, word, &by, now) {
                Ok(decision) => Some(decision),
                Err(why) => {
                    if let Ok(mut refusal) = refusal.lock() {
                        *refusal = Some(why);
                    }
                    None
                }
            }
        })
        .await
        .map_err(Failure::unusable)?;
        match (refusal.into_inner().ok().flatten(), said) {
            (Some(why), _) => {
                refused += 1;
                screen::tell("error", &format!("{}: {why}", finding.id));
            }
            (None, Some(said)) => {
                screen::tell("note", &format!("{} is {}", said.id, said.status(now)));
                done.push(said);
            }
            (None, None) => {}
        }
    }
    if refused > 0 {
        return Err(Failure::not_done(format!(
            "{refused} finding(s) were left as they are"
        )));
    }
    Ok(done)
}

async fn selected(ledger: &dyn Ledger, which: &Which) -> Result<Vec<Finding>, Failure> {
    if which.all {
        let now = Timestamp::now();
        let open: Vec<Finding> = ledger
            .findings()
            .await
            .map_err(Failure::unusable)?
            .into_iter()
            .filter(|it| !it.status(now).is_closed())
            .collect();
        if open.is_empty() {
            return Err(Failure::not_done("there is no open finding"));
        }
        return Ok(open);
    }
    let mut findings = Vec::new();
    for text in &which.findings {
        findings.push(ledger::find(ledger, text).await?);
    }
    Ok(findings)
}

/// Who is at the keyboard, as the system knows them.
fn who() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| "unknown".to_owned())
}

fn structured(format: ListFormat, value: &impl Serialize) -> Result<String, Failure> {
    if format == ListFormat::Yaml {
        render::yaml(value).map_err(Failure::unusable)
    } else {
        render::json(value).map_err(Failure::unusable)
    }
}

fn out(text: &str) -> Result<(), Failure> {
    screen::print(text).map_err(|error| Failure::unusable(format!("standard output: {error}")))
}
