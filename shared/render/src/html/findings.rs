//! Findings as the rows of the page.

use std::collections::HashMap;

use domain::difference::{Change, Difference};
use domain::report::{FindingEntry, seconds};
use serde_json::json;

use super::{Histories, clean};
use crate::{pair, text, value, words};

/// From this many findings with the same differences on, they are one row.
const FOLDED: usize = 3;
/// What all differences of a page may take, in bytes; the rows come on top.
const BUDGET: usize = 2_000_000;
/// What a difference takes besides its path and values, in bytes.
const OVERHEAD: usize = 400;
/// The longest path, and the longest pair of values, in a row, in columns.
const SHORT: usize = 90;

/// One finding, or several with the same differences.
pub(super) struct Row {
    pub(super) anchor: String,
    pub(super) count: usize,
    pub(super) severity: &'static str,
    pub(super) status: &'static str,
    pub(super) layer: &'static str,
    pub(super) target: String,
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) first: String,
    pub(super) more: String,
    pub(super) who: String,
    pub(super) when: String,
    pub(super) differences: Vec<Shown>,
    pub(super) left_out: String,
    pub(super) members: Vec<Member>,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) history: Vec<(String, String)>,
    pub(super) prevention: &'static str,
}

/// A difference with both sides in full.
pub(super) struct Shown {
    pub(super) path: String,
    pub(super) notes: Vec<String>,
    pub(super) expected: Option<String>,
    pub(super) actual: Option<String>,
    pub(super) who: String,
}

/// A resource of a row that stands for several.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) place: String,
    pub(super) who: String,
    pub(super) id: String,
}

/// Every finding in the order given; those with the same differences where the first of them stands.
pub(super) fn rows(entries: &[FindingEntry], histories: &Histories) -> Vec<Row> {
    let mut left = BUDGET;
    folded(entries)
        .into_iter()
        .flat_map(|group| match group.as_slice() {
            group if group.len() >= FOLDED => vec![group.to_vec()],
            few => few.iter().map(|&it| vec![it]).collect(),
        })
        .map(|group| row(&group, histories, &mut left))
        .collect()
}

/// Findings grouped by all that a row says of them but the resource.
fn folded(entries: &[FindingEntry]) -> Vec<Vec<&FindingEntry>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<&FindingEntry>> = Vec::new();
    for entry in entries {
        if entry.differences.is_empty() {
            groups.push(vec![entry]);
            continue;
        }
        let place = *places.entry(alike(entry)).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[place].push(entry);
    }
    groups
}

/// What findings of one row have in common.
fn alike(entry: &FindingEntry) -> String {
    let differences: Vec<_> = entry
        .differences
        .iter()
        .map(|it| {
            json!([
                it.path,
                it.kind,
                it.expected.is_some(),
                it.expected,
                it.actual.is_some(),
                it.actual,
                it.sensitive,
                it.potential,
                it.severity,
                it.cause
            ])
        })
        .collect();
    json!([
        entry.severity,
        entry.status,
        entry.layer,
        entry.target,
        entry.cause,
        differences,
        entry.cut
    ])
    .to_string()
}

fn row(group: &[&FindingEntry], histories: &Histories, left: &mut usize) -> Row {
    // A group is never empty: it was made around its first finding.
    let entry = group[0];
    let several = group.len() > 1;
    let (who, when) = author(entry, several);
    let mut row = Row {
        anchor: clean(entry.id.as_str()),
        count: group.len(),
        severity: entry.severity.as_str(),
        status: entry.status.as_str(),
        layer: entry.layer.as_str(),
        target: clean(&entry.target),
        title: clean(&words::name(&entry.resource)),
        subtitle: clean(&entry.resource.kind),
        first: first(entry),
        more: more(entry),
        who,
        when,
        differences: Vec::new(),
        left_out: String::new(),
        members: Vec::new(),
        facts: facts(entry),
        history: history(entry, histories),
        prevention: entry.cause.prevention(),
    };
    if several {
        row.title = format!("Same difference on {} resources", group.len());
        row.subtitle = kinds(group);
        row.facts = vec![
            ("Layer", entry.layer.to_string()),
            ("Target", clean(&entry.target)),
            ("Cause", entry.cause.to_string()),
        ];
        row.members = group.iter().map(|it| member(it)).collect();
        row.history.clear();
    }
    differences(&mut row, entry, (several, left));
    row
}

/// The differences that the page has room for.
fn differences(row: &mut Row, entry: &FindingEntry, (several, left): (bool, &mut usize)) {
    for it in &entry.differences {
        let shown = shown(entry, it, several);
        let values = [&shown.expected, &shown.actual];
        let values = values.into_iter().flatten().map(String::len);
        let cost = OVERHEAD + it.path.len() + values.sum::<usize>();
        if cost > *left {
            break;
        }
        *left -= cost;
        row.differences.push(shown);
    }
    let more = entry.differences.len() - row.differences.len();
    let left_out = (more > 0).then(|| {
        format!(
            "{} left out, or this page would be too large: see -o json.",
            words::count(words::number(more), "difference")
        )
    });
    let cut = words::cut(entry).map(|it| format!("{}.", clean(&it)));
    row.left_out = left_out
        .into_iter()
        .chain(cut)
        .collect::<Vec<_>>()
        .join(" ");
}

fn shown(entry: &FindingEntry, difference: &Difference, several: bool) -> Shown {
    let (expected, actual) = value::full_sides(difference);
    let mut notes = vec![difference.kind.to_string()];
    notes.extend(words::own_cause(entry, difference));
    if difference.potential {
        notes.push("not confirmed".to_owned());
    }
    // Each member of a group has its own author, beside its name.
    let author = difference.attribution.as_ref().filter(|_| !several);
    Shown {
        path: clean(words::path(&difference.path)),
        notes,
        expected: expected.as_deref().map(lines),
        actual: actual.as_deref().map(lines),
        who: author.map_or_else(String::new, |it| clean(&words::attribution(it).join(", "))),
    }
}

/// A value of several lines, each of them clean.
fn lines(value: &str) -> String {
    let lines: Vec<String> = value.lines().map(clean).collect();
    lines.join("\n")
}

fn first(entry: &FindingEntry) -> String {
    let Some(difference) = words::first(entry) else {
        return words::change(entry.change).to_owned();
    };
    let (expected, actual) = value::sides(difference);
    let (expected, actual) = pair::fit(&clean(&expected), &clean(&actual), SHORT, "…");
    let path = clean(words::path(&difference.path));
    let path = text::fit_end(&path, SHORT, "…");
    format!("{path}: {expected} → {actual}")
}

/// What the row leaves out of the differences.
fn more(entry: &FindingEntry) -> String {
    let mut notes = Vec::new();
    let all = words::differences(entry);
    if all > 1 {
        notes.push(format!("+{} more", all - 1));
    }
    if entry.is_potential() {
        notes.push("not confirmed".to_owned());
    }
    notes.join(", ")
}

/// Who made it and when, for the row; where there are several, how many.
fn author(entry: &FindingEntry, several: bool) -> (String, String) {
    let known = words::attributions(entry);
    match known.as_slice() {
        _ if several => (String::new(), String::new()),
        [] => (String::new(), String::new()),
        [one] => (
            clean(&one.who),
            one.at.map_or_else(|| clean(&one.how), words::minute),
        ),
        [one, rest @ ..] => (clean(&one.who), format!("and {} more", rest.len())),
    }
}

/// The types of a group's resources; where there are many, how many.
fn kinds(group: &[&FindingEntry]) -> String {
    const SHOWN: usize = 3;
    let kinds = words::tally(group.iter().map(|it| it.resource.kind.as_str()));
    let names: Vec<String> = kinds
        .iter()
        .take(SHOWN)
        .map(|(kind, _)| clean(kind))
        .collect();
    match kinds.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => {
            let more = words::count(words::number(more), "more type");
            format!("{} and {more}", names.join(", "))
        }
        _ => names.join(", "),
    }
}

fn member(entry: &FindingEntry) -> Member {
    let who: Vec<String> = words::attributions(entry)
        .into_iter()
        .map(|it| clean(&words::attribution(it).join(", ")))
        .collect();
    Member {
        name: clean(&words::name(&entry.resource)),
        kind: clean(&entry.resource.kind),
        place: clean(&words::place(&entry.resource).join(", ")),
        who: who.join("; "),
        id: clean(entry.id.as_str()),
    }
}

fn facts(entry: &FindingEntry) -> Vec<(&'static str, String)> {
    let resource = &entry.resource;
    let mut facts = vec![
        ("Finding", clean(entry.id.as_str())),
        ("Cause", entry.cause.to_string()),
        ("Layer", entry.layer.to_string()),
        ("Target", clean(&entry.target)),
    ];
    let names = [
        ("Id", Some(&resource.id)),
        ("Account", resource.account.as_ref()),
        ("Region", resource.region.as_ref()),
        ("Cluster", resource.cluster.as_ref()),
        ("Rule", resource.rule.as_ref()),
    ];
    for (label, name) in names {
        facts.extend(
            name.filter(|it| !it.is_empty())
                .map(|it| (label, clean(it))),
        );
    }
    if let Some(attribution) = &entry.attribution {
        facts.push((
            match entry.change {
                Change::Deleted => "Deleted by",
                Change::Added | Change::Modified => "Made by",
            },
            clean(&words::attribution(attribution).join(", ")),
        ));
    }
    facts.push(("First seen", seconds::text(entry.first_seen)));
    facts.push(("Last seen", seconds::text(entry.last_seen)));
    facts.push(("Opened", words::count(entry.occurrences, "time")));
    facts
}

fn history(entry: &FindingEntry, histories: &Histories) -> Vec<(String, String)> {
    let history = histories.get(&entry.id).map_or(&[][..], Vec::as_slice);
    history
        .iter()
        .map(|it| {
            let by = it
                .by
                .as_ref()
                .map(|by| format!(" by {by}"))
                .unwrap_or_default();
            let detail = match it.detail.as_str() {
                "" => String::new(),
                detail => format!(": {detail}"),
            };
            (
                words::minute(it.at),
                clean(&format!("{}{by}{detail}", it.event.as_str())),
            )
        })
        .collect()
}
