//! Reports for a terminal.

mod difference;
mod findings;
mod page;
mod paper;
mod sections;

use domain::report::{FindingEntry, ScanReport};

use crate::style::Style;
use crate::words;
use findings::Findings;
use paper::{Ink, Paper};

pub use page::{FindingPage, finding};

/// How much of a report is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detail {
    /// What fits on a screen.
    Table,
    /// Everything.
    Wide,
}

/// A scan for people: its findings, what could not be seen, and one sentence.
#[must_use]
pub fn table(report: &ScanReport, style: Style) -> String {
    scan(report, Detail::Table, style)
}

/// The same with every difference, entry and name.
#[must_use]
pub fn wide(report: &ScanReport, style: Style) -> String {
    scan(report, Detail::Wide, style)
}

/// The ledger's findings for people, in the order given.
#[must_use]
pub fn findings_table(entries: &[FindingEntry], style: Style) -> String {
    list(entries, Detail::Table, style)
}

/// The same with every difference and name.
#[must_use]
pub fn findings_wide(entries: &[FindingEntry], style: Style) -> String {
    list(entries, Detail::Wide, style)
}

fn scan(report: &ScanReport, detail: Detail, style: Style) -> String {
    let mut paper = Paper::new(style);
    header(&mut paper, report);
    if !report.findings.is_empty() {
        paper.blank();
        Findings::of(&report.findings, detail).write(&mut paper);
    }
    sections::write(&mut paper, report, detail);
    paper.blank();
    footer(&mut paper, report);
    paper.finish()
}

fn list(entries: &[FindingEntry], detail: Detail, style: Style) -> String {
    let mut paper = Paper::new(style);
    if entries.is_empty() {
        paper.line(0, &[("No findings.", Ink::Faint)]);
        return paper.finish();
    }
    Findings::of(entries, detail).write(&mut paper);
    paper.blank();
    let open = entries.iter().filter(|it| it.status.counts()).count();
    let sentence = format!(
        "{}, {open} of them open",
        words::count(words::number(entries.len()), "finding")
    );
    paper.prose(0, &sentence, Ink::Strong);
    paper.finish()
}

/// Environment, figures and time, in one line where they fit.
fn header(paper: &mut Paper, report: &ScanReport) {
    let parts = [
        report.environment.clone(),
        words::count(report.summary.units, "unit"),
        words::count(report.summary.resources, "resource"),
        words::minute(report.started_at),
        words::duration(report),
    ];
    paper.parts(0, &parts, Ink::Strong);
}

/// The scan in one sentence, how much of it could be compared, and the exit code.
fn footer(paper: &mut Paper, report: &ScanReport) {
    let exit = words::exit(report, paper.style().strict);
    let ink = if exit.is_none() {
        Ink::Good
    } else {
        Ink::Strong
    };
    paper.prose(0, &words::summary(report), ink);
    paper.prose(0, &words::coverage_sentence(report), Ink::Faint);
    if let Some(exit) = exit {
        paper.prose(0, &exit, Ink::Bad);
    }
}
