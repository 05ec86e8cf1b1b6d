//! What is no finding, as the sections below them.

use std::collections::BTreeMap;

use domain::report::{Entry, IgnoredEntry, ScanReport};

use super::clean;
use crate::words;

/// A section of the page.
pub(super) struct List {
    pub(super) key: &'static str,
    pub(super) title: &'static str,
    pub(super) meaning: &'static str,
    /// What the third column holds.
    pub(super) column: &'static str,
    pub(super) count: usize,
    pub(super) groups: Vec<Group>,
}

/// Entries that share what the section is read by.
pub(super) struct Group {
    pub(super) title: String,
    pub(super) count: usize,
    /// Whether it is open from the start.
    pub(super) open: bool,
    pub(super) lines: Vec<Line>,
}

/// One entry.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) path: String,
    pub(super) detail: String,
    pub(super) place: String,
}

/// The sections that have something to say.
pub(super) fn lists(report: &ScanReport) -> Vec<List> {
    let uncovered = |it: &Entry| {
        let kind = it.resource.as_ref().map_or("-", |it| it.kind.as_str());
        format!("{kind}: {}", it.reason)
    };
    let reason = |it: &Entry| it.reason.clone();
    let lists = [
        List {
            key: "unknown",
            title: "Unknown",
            meaning: "should have been compared and was not",
            column: "What happened",
            count: report.unknown.len(),
            groups: groups(&report.unknown, reason, (entry, true)),
        },
        List {
            key: "pending",
            title: "Pending",
            meaning: "Git is ahead of what was deployed",
            column: "Detail",
            count: report.pending.len(),
            groups: groups(&report.pending, reason, (entry, false)),
        },
        List {
            key: "ignored",
            title: "Ignored",
            meaning: "suppressed as not ours or by the config file",
            column: "Why",
            count: report.ignored.len(),
            groups: groups(&report.ignored, |it| it.rule.clone(), (ignored, false)),
        },
        List {
            key: "uncovered",
            title: "Uncovered",
            meaning: "cannot be compared by nature",
            column: "Detail",
            count: report.uncovered.len(),
            groups: groups(&report.uncovered, uncovered, (entry, false)),
        },
    ];
    lists.into_iter().filter(|it| it.count > 0).collect()
}

/// Entries by what `of` says of them, in its order.
fn groups<T>(
    entries: &[T],
    of: impl Fn(&T) -> String,
    (line, open): (fn(&T) -> Line, bool),
) -> Vec<Group> {
    let mut groups: BTreeMap<String, Vec<Line>> = BTreeMap::new();
    for entry in entries {
        groups.entry(of(entry)).or_default().push(line(entry));
    }
    groups
        .into_iter()
        .map(|(title, lines)| Group {
            title: clean(&title),
            count: lines.len(),
            open,
            lines,
        })
        .collect()
}

fn entry(entry: &Entry) -> Line {
    let resource = entry.resource.as_ref();
    Line {
        name: clean(&words::subject(resource, &entry.target)),
        kind: resource.map_or_else(String::new, |it| clean(&it.kind)),
        path: clean(entry.path.as_deref().unwrap_or_default()),
        detail: clean(&entry.detail),
        place: resource.map_or_else(String::new, |it| clean(&words::place(it).join(", "))),
    }
}

fn ignored(entry: &IgnoredEntry) -> Line {
    Line {
        name: clean(&words::name(&entry.resource)),
        kind: clean(&entry.resource.kind),
        path: clean(entry.path.as_deref().unwrap_or_default()),
        detail: clean(&entry.detail),
        place: clean(&words::place(&entry.resource).join(", ")),
    }
}
