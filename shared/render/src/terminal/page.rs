//! One finding on a page of its own.

use domain::difference::{Change, Difference};
use domain::finding::{Event, HistoryEntry, Status};
use domain::report::{FindingEntry, seconds};

use super::difference::{INDENT, attributed, sign};
use super::paper::{Ink, Paper};
use crate::style::Style;
use crate::{value, words};

/// How far what belongs to a label stands in.
const DEEPER: usize = 4;
/// What stands before an expected value, as wide as what stands before an actual one.
const EXPECTED: &str = "expected  ";
/// What stands before an actual value.
const ACTUAL: &str = "actual    ";

/// What is known of one finding.
#[derive(Clone, Copy, Debug)]
pub struct FindingPage<'a> {
    /// The finding.
    pub entry: &'a FindingEntry,
    /// What happened to it, the oldest first.
    pub history: &'a [HistoryEntry],
    /// What else there is to say, a label and a text each: the rule that set
    /// its severity, what happens next.
    pub notes: &'a [(String, String)],
}

/// The page of one finding: every difference in full, its history, what was
/// said of it and what would prevent the next one.
#[must_use]
pub fn finding(page: &FindingPage<'_>, style: Style) -> String {
    let mut paper = Paper::new(style);
    let entry = page.entry;
    title(&mut paper, entry);
    paper.blank();
    facts(&mut paper, page);
    paper.blank();
    differences(&mut paper, entry);
    if !page.history.is_empty() {
        paper.blank();
        history(&mut paper, page.history);
    }
    paper.blank();
    paper.line(0, &[("Prevention", Ink::Strong)]);
    paper.prose(INDENT, entry.cause.prevention(), Ink::Plain);
    paper.finish()
}

fn title(paper: &mut Paper, entry: &FindingEntry) {
    paper.line(
        0,
        &[
            (entry.severity.as_str(), Ink::Severity(entry.severity)),
            (" ", Ink::Plain),
            (entry.id.as_str(), Ink::Strong),
            (" ", Ink::Plain),
            (entry.status.as_str(), Ink::Plain),
        ],
    );
    paper.prose(0, &words::name(&entry.resource), Ink::Strong);
    let parts = [entry.resource.kind.clone(), entry.cause.to_string()];
    paper.parts(0, &parts, Ink::Faint);
}

fn facts(paper: &mut Paper, page: &FindingPage<'_>) {
    let entry = page.entry;
    let resource = &entry.resource;
    let mut facts: Vec<(&str, String)> = vec![
        ("layer", entry.layer.to_string()),
        ("target", entry.target.clone()),
    ];
    let names = [
        ("id", Some(&resource.id)),
        ("account", resource.account.as_ref()),
        ("region", resource.region.as_ref()),
        ("stack", resource.stack.as_ref()),
        ("cluster", resource.cluster.as_ref()),
        ("namespace", resource.namespace.as_ref()),
        ("rule", resource.rule.as_ref()),
        ("address", resource.address.as_ref()),
    ];
    for (label, name) in names {
        facts.extend(
            name.filter(|it| !it.is_empty())
                .map(|it| (label, it.clone())),
        );
    }
    facts.push(("first seen", seconds::text(entry.first_seen)));
    facts.push(("last seen", seconds::text(entry.last_seen)));
    facts.push(("opened", words::count(entry.occurrences, "time")));
    facts.push(("who", who(entry, paper.style().dot())));
    facts.extend(said(entry.status, page.history));
    for (label, text) in page.notes {
        facts.push((label, text.clone()));
    }
    for (label, text) in facts {
        fact(paper, label, &text);
    }
}

/// Who made it; that nobody recorded it is said, never guessed.
fn who(entry: &FindingEntry, dot: &str) -> String {
    let known: Vec<String> = words::attributions(entry)
        .into_iter()
        .map(|it| words::attribution(it).join(dot))
        .collect();
    if known.is_empty() {
        "not recorded".to_owned()
    } else {
        known.join("; ")
    }
}

/// The word that gave the finding its status: by whom, when, and why.
fn said(status: Status, history: &[HistoryEntry]) -> Option<(&'static str, String)> {
    let (label, event) = match status {
        Status::Acknowledged => ("acknowledged", Event::Acknowledged),
        Status::Silenced => ("silenced", Event::Silenced),
        Status::Accepted => ("accepted", Event::Accepted),
        _ => return None,
    };
    let entry = history.iter().rev().find(|it| it.event == event)?;
    let by = entry.by.as_deref().unwrap_or("somebody");
    let mut text = format!("by {by}, {}", words::minute(entry.at));
    if !entry.detail.is_empty() {
        text.push_str(", ");
        text.push_str(&entry.detail);
    }
    Some((label, text))
}

fn fact(paper: &mut Paper, label: &str, text: &str) {
    const LABEL: usize = 14;
    let label = crate::text::pad(&paper.clean(label), LABEL);
    hanging(paper, (INDENT, &label), text, Ink::Plain);
}

/// A label and a text whose further lines stand under its first.
fn hanging(paper: &mut Paper, (indent, label): (usize, &str), text: &str, ink: Ink) {
    let before = indent + crate::text::width(label);
    let text = paper.clean(text);
    for (at, line) in paper.wrapped(&text, before).iter().enumerate() {
        if at == 0 {
            paper.line(indent, &[(label, Ink::Faint), (line, ink)]);
        } else {
            paper.line(before, &[(line, ink)]);
        }
    }
}

fn differences(paper: &mut Paper, entry: &FindingEntry) {
    if entry.change != Change::Modified {
        paper.line(0, &[("What happened", Ink::Strong)]);
        paper.prose(INDENT, words::change(entry.change), Ink::Plain);
        return;
    }
    let title = format!("Differences ({})", words::differences(entry));
    paper.line(0, &[(&title, Ink::Strong)]);
    for difference in &entry.differences {
        one(paper, entry, difference);
    }
    if let Some(cut) = words::cut(entry) {
        paper.prose(INDENT, &cut, Ink::Faint);
    }
}

fn one(paper: &mut Paper, entry: &FindingEntry, difference: &Difference) {
    hanging(
        paper,
        (INDENT, sign(difference.kind)),
        words::path(&difference.path),
        Ink::Strong,
    );
    let (expected, actual) = value::full_sides(difference);
    side(paper, EXPECTED, (expected.as_deref(), Ink::Expected));
    side(paper, ACTUAL, (actual.as_deref(), Ink::Actual));
    let mut notes: Vec<String> = words::own_cause(entry, difference).into_iter().collect();
    if difference.potential {
        notes.push("not confirmed".to_owned());
    }
    paper.parts(DEEPER, &notes, Ink::Faint);
    attributed(paper, difference.attribution.as_ref());
}

/// One side's value, in as many lines as it takes.
fn side(paper: &mut Paper, label: &str, (value, ink): (Option<&str>, Ink)) {
    let value = value.unwrap_or("(absent)");
    for (at, line) in value.lines().enumerate() {
        let blank = " ".repeat(label.len());
        let label = if at == 0 { label } else { &blank };
        let indent = line.len() - line.trim_start().len();
        let label = format!("{label}{}", &line[..indent]);
        hanging(paper, (DEEPER, &label), &line[indent..], ink);
    }
}

fn history(paper: &mut Paper, history: &[HistoryEntry]) {
    paper.line(0, &[("History", Ink::Strong)]);
    for entry in history {
        let by = entry.by.as_ref().map(|by| format!("by {by}"));
        let mut parts = vec![words::minute(entry.at), entry.event.as_str().to_owned()];
        parts.extend(by);
        parts.push(entry.detail.clone());
        paper.parts(INDENT, &parts, Ink::Plain);
    }
}
