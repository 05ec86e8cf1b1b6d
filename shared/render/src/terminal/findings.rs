//! Findings as rows, with their differences below.

use domain::difference::Change;
use domain::report::{FindingEntry, seconds};

use super::Detail;
use super::difference::{self, INDENT};
use super::paper::{Ink, Paper, Span};
use crate::{text, words};

/// How many differences a finding shows where not all are asked for.
const SHOWN: usize = 5;
/// From this width on a finding's names are one row.
const ROW: usize = 64;
/// The widest a name's column grows.
const WIDEST: usize = 64;
/// What stands between two columns.
const GAP: &str = "  ";

/// Findings and what their columns take.
pub(super) struct Findings<'r> {
    entries: &'r [FindingEntry],
    detail: Detail,
    id_length: usize,
}

/// The widths of the columns; 0 where one is left out.
#[derive(Clone, Copy)]
struct Columns {
    severity: usize,
    status: usize,
    id: usize,
    layer: usize,
    resource: usize,
    kind: usize,
    cause: usize,
}

impl Columns {
    /// What a row takes.
    fn total(&self) -> usize {
        let all = [
            self.severity,
            self.status,
            self.id,
            self.layer,
            self.resource,
            self.kind,
            self.cause,
        ];
        let gaps = all.iter().filter(|&&it| it > 0).count().saturating_sub(1);
        all.iter().sum::<usize>() + gaps * GAP.len()
    }
}

impl<'r> Findings<'r> {
    pub(super) fn of(entries: &'r [FindingEntry], detail: Detail) -> Self {
        Self {
            entries,
            detail,
            id_length: words::id_length(entries),
        }
    }

    pub(super) fn write(&self, paper: &mut Paper) {
        let width = paper.style().columns().unwrap_or(usize::MAX);
        let columns = self.columns(paper, width);
        if width >= ROW {
            heading(paper, &columns);
        }
        for entry in self.entries {
            if width >= ROW {
                self.row(paper, entry, &columns);
            } else {
                self.stacked(paper, entry);
            }
            self.below(paper, entry);
        }
    }

    /// All columns where they fit; else first the layer goes, which the type
    /// tells, then type and cause go to a line of their own, and last the name is cut.
    fn columns(&self, paper: &Paper, width: usize) -> Columns {
        let widest = |of: &dyn Fn(&FindingEntry) -> usize, title: &str| {
            let widest = self.entries.iter().map(of).max().unwrap_or(0);
            widest.max(title.len())
        };
        let cleaned = |name: &str| text::width(&paper.clean(name)).min(WIDEST);
        let mut columns = Columns {
            severity: widest(&|it| it.severity.as_str().len(), "SEVERITY"),
            status: widest(&|it| it.status.as_str().len(), "STATUS"),
            id: self.id_length,
            layer: widest(&|it| it.layer.as_str().len(), "LAYER"),
            resource: widest(&|it| cleaned(&words::name(&it.resource)), "RESOURCE"),
            kind: widest(&|it| cleaned(&it.resource.kind), "TYPE"),
            cause: widest(&|it| it.cause.as_str().len(), "CAUSE"),
        };
        if columns.total() > width {
            columns.layer = 0;
        }
        if columns.total() > width {
            columns.kind = 0;
            columns.cause = 0;
        }
        let over = columns.total().saturating_sub(width);
        columns.resource = columns.resource.saturating_sub(over);
        columns
    }

    fn row(&self, paper: &mut Paper, entry: &FindingEntry, columns: &Columns) {
        let ellipsis = paper.style().ellipsis();
        let name = paper.clean(&words::name(&entry.resource));
        let kind = paper.clean(&entry.resource.kind);
        cells(
            paper,
            columns,
            [
                (entry.severity.as_str(), Ink::Severity(entry.severity)),
                (entry.status.as_str(), Ink::Plain),
                (&words::short_id(entry, self.id_length), Ink::Strong),
                (entry.layer.as_str(), Ink::Faint),
                (
                    &text::fit_end(&name, columns.resource, ellipsis),
                    Ink::Strong,
                ),
                (&text::fit_end(&kind, columns.kind, ellipsis), Ink::Plain),
                (entry.cause.as_str(), Ink::Faint),
            ],
        );
        if columns.kind == 0 {
            kind_and_cause(paper, entry);
        }
    }

    /// A finding's names one under the other, for narrow terminals.
    fn stacked(&self, paper: &mut Paper, entry: &FindingEntry) {
        let id = words::short_id(entry, self.id_length);
        paper.line(
            0,
            &[
                (entry.severity.as_str(), Ink::Severity(entry.severity)),
                (" ", Ink::Plain),
                (&id, Ink::Strong),
                (" ", Ink::Plain),
                (entry.status.as_str(), Ink::Plain),
            ],
        );
        let room = paper
            .style()
            .columns()
            .map(|width| width.saturating_sub(INDENT));
        let name = paper.fit(&words::name(&entry.resource), room);
        paper.line(INDENT, &[(&name, Ink::Strong)]);
        kind_and_cause(paper, entry);
    }

    /// What differs, who did it, and the details.
    fn below(&self, paper: &mut Paper, entry: &FindingEntry) {
        match entry.change {
            Change::Modified => {}
            Change::Deleted => paper.prose(INDENT, &mark("-", entry.change), Ink::Actual),
            Change::Added => paper.prose(INDENT, &mark("+", entry.change), Ink::Actual),
        }
        difference::attributed(paper, entry.attribution.as_ref());
        let shown = match self.detail {
            Detail::Table => SHOWN,
            Detail::Wide => usize::MAX,
        };
        difference::lines(paper, entry, shown);
        if self.detail == Detail::Wide {
            paper.parts(INDENT, &details(entry), Ink::Faint);
        }
    }
}

fn mark(sign: &str, change: Change) -> String {
    format!("{sign} {}", words::change(change))
}

fn heading(paper: &mut Paper, columns: &Columns) {
    let titles = [
        "SEVERITY", "STATUS", "ID", "LAYER", "RESOURCE", "TYPE", "CAUSE",
    ];
    cells(paper, columns, titles.map(|title| (title, Ink::Faint)));
}

/// One row of padded cells, without those whose column is left out.
fn cells(paper: &mut Paper, columns: &Columns, cells: [Span<'_>; 7]) {
    let widths = [
        columns.severity,
        columns.status,
        columns.id,
        columns.layer,
        columns.resource,
        columns.kind,
        columns.cause,
    ];
    let mut row: Vec<(String, Ink)> = Vec::new();
    // A cell is followed by a gap only where another follows, or colours would
    // keep the blanks at the end of a line.
    let mut blanks = 0;
    for ((cell, ink), width) in cells
        .into_iter()
        .zip(widths)
        .filter(|(_, width)| *width > 0)
    {
        if !row.is_empty() {
            row.push((" ".repeat(blanks + GAP.len()), Ink::Plain));
        }
        row.push((cell.to_owned(), ink));
        blanks = width.saturating_sub(text::width(cell));
    }
    let spans: Vec<Span<'_>> = row
        .iter()
        .map(|(cell, ink)| (cell.as_str(), *ink))
        .collect();
    paper.line(0, &spans);
}

fn kind_and_cause(paper: &mut Paper, entry: &FindingEntry) {
    let parts = [entry.resource.kind.clone(), entry.cause.to_string()];
    paper.parts(INDENT, &parts, Ink::Faint);
}

/// Everything about a finding that the table leaves out.
pub(super) fn details(entry: &FindingEntry) -> Vec<String> {
    let resource = &entry.resource;
    let named = [
        ("id", Some(&resource.id).filter(|id| !id.is_empty())),
        ("account", resource.account.as_ref()),
        ("region", resource.region.as_ref()),
        ("cluster", resource.cluster.as_ref()),
        ("rule", resource.rule.as_ref()),
    ];
    let mut details = vec![entry.id.to_string(), format!("target {}", entry.target)];
    details.extend(
        named
            .into_iter()
            .filter_map(|(name, value)| value.map(|value| format!("{name} {value}"))),
    );
    details.push(format!("first seen {}", seconds::text(entry.first_seen)));
    details.push(format!(
        "opened {}",
        words::count(entry.occurrences, "time")
    ));
    details
}
