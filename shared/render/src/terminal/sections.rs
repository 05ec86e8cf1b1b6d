//! What a scan saw besides drift, and what it could not see.

use std::collections::BTreeMap;

use domain::report::{Entry, IgnoredEntry, ScanReport};

use super::Detail;
use super::difference::INDENT;
use super::paper::{Ink, Paper};
use crate::words;

/// How many entries of a list the table shows.
const SHOWN: usize = 10;

/// A section's title and what it means.
type Title = (&'static str, &'static str);
const UNKNOWN: Title = ("Unknown", "should have been compared and was not");
const PENDING: Title = ("Pending", "Git is ahead of what was deployed");
const IGNORED: Title = ("Ignored", "suppressed as not ours or by the config file");
const UNCOVERED: Title = ("Uncovered", "cannot be compared by nature");

pub(super) fn write(paper: &mut Paper, report: &ScanReport, detail: Detail) {
    entries(paper, UNKNOWN, &report.unknown, detail);
    entries(paper, PENDING, &report.pending, detail);
    ignored(paper, &report.ignored, detail);
    match detail {
        Detail::Wide => entries(paper, UNCOVERED, &report.uncovered, detail),
        Detail::Table => uncovered(paper, &report.uncovered),
    }
    equivalences(paper, report, detail);
}

fn title(paper: &mut Paper, (title, meaning): Title, number: usize) {
    paper.blank();
    let title = format!("{title} ({number})");
    paper.line(
        0,
        &[
            (&title, Ink::Strong),
            ("  ", Ink::Plain),
            (meaning, Ink::Faint),
        ],
    );
}

fn shown(detail: Detail) -> usize {
    match detail {
        Detail::Table => SHOWN,
        Detail::Wide => usize::MAX,
    }
}

fn more(paper: &mut Paper, all: usize, detail: Detail) {
    let more = all.saturating_sub(shown(detail));
    if more > 0 {
        paper.line(INDENT, &[(&format!("+{more} more (-o wide)"), Ink::Faint)]);
    }
}

fn entries(paper: &mut Paper, name: Title, entries: &[Entry], detail: Detail) {
    if entries.is_empty() {
        return;
    }
    title(paper, name, entries.len());
    for entry in entries.iter().take(shown(detail)) {
        let mut parts = vec![
            entry.reason.clone(),
            words::subject(entry.resource.as_ref(), &entry.target),
        ];
        if let Some(resource) = &entry.resource {
            parts.push(resource.kind.clone());
        }
        parts.extend(entry.path.clone());
        parts.push(entry.detail.clone());
        if let Some(resource) = entry.resource.as_ref().filter(|_| detail == Detail::Wide) {
            parts.push(format!("target {}", entry.target));
            parts.extend(words::place(resource));
        }
        paper.parts(INDENT, &parts, Ink::Plain);
    }
    more(paper, entries.len(), detail);
}

fn ignored(paper: &mut Paper, ignored: &[IgnoredEntry], detail: Detail) {
    if ignored.is_empty() {
        return;
    }
    title(paper, IGNORED, ignored.len());
    for entry in ignored.iter().take(shown(detail)) {
        let mut parts = vec![words::name(&entry.resource), entry.resource.kind.clone()];
        parts.extend(entry.path.clone());
        parts.push(format!("{}: {}", entry.rule, entry.detail));
        if detail == Detail::Wide {
            parts.push(format!("target {}", entry.target));
            parts.extend(words::place(&entry.resource));
        }
        paper.parts(INDENT, &parts, Ink::Plain);
    }
    more(paper, ignored.len(), detail);
}

/// What cannot be compared, counted by type and reason.
fn uncovered(paper: &mut Paper, entries: &[Entry]) {
    if entries.is_empty() {
        return;
    }
    title(paper, UNCOVERED, entries.len());
    let mut folded: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for entry in entries {
        let kind = entry.resource.as_ref().map_or("-", |it| it.kind.as_str());
        *folded.entry((kind, &entry.reason)).or_default() += 1;
    }
    for ((kind, reason), times) in &folded {
        let parts = [format!("{times} {kind}"), (*reason).to_owned()];
        paper.parts(INDENT, &parts, Ink::Plain);
    }
}

fn equivalences(paper: &mut Paper, report: &ScanReport, detail: Detail) {
    let rules = &report.summary.equivalences;
    let all = rules
        .values()
        .fold(0_u64, |sum, times| sum.saturating_add(*times));
    if all == 0 {
        return;
    }
    paper.blank();
    let text = format!(
        "{} that mean the same, and are no drift",
        words::count(all, "difference")
    );
    paper.prose(0, &text, Ink::Faint);
    if detail == Detail::Wide {
        let parts: Vec<String> = rules
            .iter()
            .map(|(rule, times)| format!("{rule} {times}"))
            .collect();
        paper.parts(INDENT, &parts, Ink::Faint);
    }
}
