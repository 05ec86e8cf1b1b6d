//! A report for a pull request or an issue.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use domain::difference::{Change, Difference};
use domain::report::{Entry, FindingEntry, ScanReport};

use crate::{pair, text, value, words};

/// The most bytes of a report; comments on GitHub take 65,536 characters.
const LARGEST: usize = 60_000;
/// What of it the table of findings may take.
const TABLE: usize = 24_000;
/// What of it each list of what could not be compared may take.
const LIST: usize = 8_000;
/// What the closing lines may take.
const RESERVE: usize = 400;
/// The longest value in the table where both are long, in columns.
const SHORT: usize = 48;
/// The longest value in the details where both are long, in columns.
const LONG: usize = 400;
/// The longest name or detail, in columns.
const NAME: usize = 160;

/// A scan as GitHub-flavoured Markdown of at most 60,000 bytes; what does not
/// fit is counted.
#[must_use]
pub fn markdown(report: &ScanReport) -> String {
    let mut page = Page {
        text: String::new(),
    };
    page.push(&format!("### {}\n\n", words::headline(report)));
    page.push(&format!(
        "**{}.** {}.\n\n",
        words::summary(report),
        words::coverage_sentence(report)
    ));
    page.push(&format!(
        "Environment {}, {}, {}.\n",
        code(&report.environment, NAME),
        words::minute(report.started_at),
        words::count(report.summary.units, "unit")
    ));
    table(&mut page, &report.findings);
    list(
        &mut page,
        "Could not be looked at",
        report.unknown.iter().map(entry),
    );
    list(&mut page, "Pending", report.pending.iter().map(entry));
    list(
        &mut page,
        "Ignored",
        report.ignored.iter().map(|it| {
            let rule = format!("{}: {}", it.rule, it.detail);
            line([
                Some(&words::name(&it.resource)),
                Some(&it.resource.kind),
                it.path.as_ref(),
                Some(&rule),
            ])
        }),
    );
    list(
        &mut page,
        "Uncovered",
        uncovered(&report.uncovered).into_iter(),
    );
    details(&mut page, &report.findings);
    page.text
}

/// The text so far.
struct Page {
    text: String,
}

impl Page {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Pushes pieces until the next would take the text over `limit` bytes;
    /// says how many were left out.
    fn fill(&mut self, pieces: impl Iterator<Item = String>, limit: usize) -> usize {
        let mut left_out = 0;
        for piece in pieces {
            if left_out > 0 || self.text.len() + piece.len() > limit {
                left_out += 1;
            } else {
                self.push(&piece);
            }
        }
        left_out
    }
}

fn table(page: &mut Page, entries: &[FindingEntry]) {
    if entries.is_empty() {
        return;
    }
    page.push("\n| Severity | Status | Resource | Difference | Who and when | Finding |\n");
    page.push("| --- | --- | --- | --- | --- | --- |\n");
    let length = words::id_length(entries);
    let rows = entries.iter().map(|entry| row(entry, length));
    let limit = page.text.len() + TABLE;
    let left_out = page.fill(rows, limit);
    more(page, left_out, "finding");
}

fn more(page: &mut Page, left_out: usize, noun: &str) {
    if left_out > 0 {
        let more = words::count(words::number(left_out), &format!("more {noun}"));
        page.push(&format!("\n_{more}, which do not fit here._\n"));
    }
}

fn row(entry: &FindingEntry, id_length: usize) -> String {
    let who = words::attributions(entry)
        .first()
        .map(|it| code(&words::attribution(it).join(", "), NAME));
    format!(
        "| {} | {} | {} {} | {} | {} | {} |\n",
        entry.severity,
        entry.status,
        code(&words::name(&entry.resource), NAME),
        code(&entry.resource.kind, NAME),
        what(entry),
        who.unwrap_or_default(),
        code(&words::short_id(entry, id_length), NAME)
    )
}

fn what(entry: &FindingEntry) -> String {
    let Some(first) = words::first(entry) else {
        return words::change(entry.change).to_owned();
    };
    let more = match words::differences(entry) {
        0 | 1 => String::new(),
        several => format!(" and {} more", several - 1),
    };
    format!("{}{more}", difference(first, SHORT))
}

fn difference(difference: &Difference, columns: usize) -> String {
    let (expected, actual) = value::sides(difference);
    let (expected, actual) = (text::clean(&expected, false), text::clean(&actual, false));
    let (expected, actual) = pair::fit(&expected, &actual, 2 * columns, "…");
    let note = if difference.potential {
        " (not confirmed)"
    } else {
        ""
    };
    format!(
        "{}: {} → {}{note}",
        code(words::path(&difference.path), NAME),
        code(&expected, 2 * columns),
        code(&actual, 2 * columns)
    )
}

fn list(page: &mut Page, title: &str, lines: impl Iterator<Item = String>) {
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return;
    }
    page.push(&format!("\n**{title}**\n\n"));
    let limit = page.text.len() + LIST;
    let left_out = page.fill(lines, limit);
    more(page, left_out, "line");
}

fn entry(entry: &Entry) -> String {
    let subject = words::subject(entry.resource.as_ref(), &entry.target);
    line([
        Some(&entry.reason),
        Some(&subject),
        entry.resource.as_ref().map(|it| &it.kind),
        entry.path.as_ref().or(Some(&entry.detail)),
    ])
}

fn line(parts: [Option<&String>; 4]) -> String {
    let parts: Vec<String> = parts
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .map(|part| code(part, NAME))
        .collect();
    format!("- {}\n", parts.join(" · "))
}

/// What cannot be compared, counted by type and reason.
fn uncovered(entries: &[Entry]) -> Vec<String> {
    let mut folded: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for entry in entries {
        let kind = entry.resource.as_ref().map_or("-", |it| it.kind.as_str());
        *folded.entry((kind, &entry.reason)).or_default() += 1;
    }
    folded
        .into_iter()
        .map(|((kind, reason), times)| {
            format!("- {times} × {} {}\n", code(kind, NAME), code(reason, NAME))
        })
        .collect()
}

/// Every difference of every finding, folded away.
fn details(page: &mut Page, entries: &[FindingEntry]) {
    let length = words::id_length(entries);
    let with_differences = entries
        .iter()
        .filter(|it| it.change == Change::Modified && !it.differences.is_empty());
    let blocks = with_differences.map(|entry| {
        let mut block = format!(
            "\n<details><summary>{} {} {} ({})</summary>\n\n",
            entry.severity,
            entities(&words::name(&entry.resource), NAME),
            entities(&words::short_id(entry, length), NAME),
            words::count(words::differences(entry), "difference")
        );
        for it in &entry.differences {
            let who = it.attribution.as_ref().map(|it| {
                let who = words::attribution(it).join(", ");
                format!(", {}", code(&who, NAME))
            });
            // Writing into a string cannot fail.
            let _ = writeln!(
                block,
                "- {}{}",
                difference(it, LONG),
                who.unwrap_or_default()
            );
        }
        if let Some(cut) = words::cut(entry) {
            let _ = writeln!(block, "- _{}_", entities(&cut, LONG));
        }
        let _ = write!(block, "\n{}\n\n</details>\n", entry.cause.prevention());
        block
    });
    let left_out = page.fill(blocks, LARGEST - RESERVE);
    if left_out > 0 {
        let more = words::count(words::number(left_out), "more finding");
        page.push(&format!(
            "\n_The differences of {more} do not fit here; `-o json` has them all._\n"
        ));
    }
}

/// Foreign text as code: no mention, link, HTML or formatting comes to life in
/// it, in a table cell or outside.
fn code(text: &str, columns: usize) -> String {
    let text = text::clean(text, false);
    let text = text::fit(&text, columns, "…");
    let delicate = |c| matches!(c, '`' | '|' | '\\');
    if text.is_empty() || text.starts_with(' ') || text.ends_with(' ') || text.contains(delicate) {
        return entities(&text, columns);
    }
    format!("`{text}`")
}

/// Foreign text as a `code` element in which every sign is an entity: for what
/// a code span cannot hold, and where there is only HTML.
fn entities(text: &str, columns: usize) -> String {
    let text = text::clean(text, false);
    let text = text::fit(&text, columns, "…");
    let mut escaped = String::from("<code>");
    for c in text.chars() {
        match c {
            // The comment keeps an address from being recognised on both sides of it.
            '@' => escaped.push_str("&#64;<!-- -->"),
            ' ' | '/' | '-' => escaped.push(c),
            c if c.is_ascii_punctuation() => {
                // Writing into a string cannot fail.
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped.push_str("</code>");
    escaped
}
