//! One self-contained page.
//!
//! The page asks for nothing over the network and runs one script, both
//! enforced by its own content security policy. The script reads what the page
//! shows; no data is written into it, so no value can end up as code.

mod findings;
mod lists;

use std::collections::BTreeMap;

use askama::Template;
use domain::finding::HistoryEntry;
use domain::identity::FindingId;
use domain::report::{FindingEntry, ScanReport, ScanVerdict};
use sha2::{Digest as _, Sha256};

use crate::machine::RenderError;
use crate::{text, words};
use findings::Row;
use lists::List;

/// What happened to findings, by id, the oldest first.
pub type Histories = BTreeMap<FindingId, Vec<HistoryEntry>>;

const STYLE: &str = include_str!("../../templates/report.css");
const SCRIPT: &str = include_str!("../../templates/report.js");

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    style: &'static str,
    script: &'static str,
    style_hash: String,
    script_hash: String,
    version: &'static str,
    environment: String,
    started: String,
    duration: String,
    units: u64,
    requests: String,
    tone: &'static str,
    headline: &'static str,
    summary: String,
    coverage: String,
    tiles: Vec<Tile>,
    bars: Vec<Bar>,
    finding_count: usize,
    nothing: &'static str,
    chips: Vec<ChipGroup>,
    rows: Vec<Row>,
    lists: Vec<List>,
    equivalences: Vec<(String, u64)>,
    equivalence_count: u64,
}

/// One figure of the summary.
struct Tile {
    label: &'static str,
    class: &'static str,
    number: u64,
}

/// One part of the bar, in thousandths of its length.
struct Bar {
    class: &'static str,
    x: u64,
    width: u64,
}

/// The values a property has, to filter by.
struct ChipGroup {
    label: &'static str,
    key: &'static str,
    chips: Vec<Chip>,
}

struct Chip {
    value: String,
    count: u64,
}

/// A scan as one HTML page that needs nothing else: it can be filtered and
/// printed, follows the reader's light or dark preference, and shows everything
/// without its script too. `histories` may be empty.
///
/// # Errors
///
/// Where the template cannot be filled in; a report never fails.
pub fn html(report: &ScanReport, histories: &Histories) -> Result<String, RenderError> {
    let good = report.verdict(false) == ScanVerdict::InSync;
    let rules = &report.summary.equivalences;
    let page = Page {
        style: STYLE,
        script: SCRIPT,
        style_hash: integrity(STYLE),
        script_hash: integrity(SCRIPT),
        version: env!("CARGO_PKG_VERSION"),
        environment: clean(&report.environment),
        started: words::minute(report.started_at),
        duration: words::duration(report),
        units: report.summary.units,
        requests: words::count(report.summary.requests, "request"),
        tone: if good { "good" } else { "bad" },
        headline: words::headline(report),
        summary: clean(&words::summary(report)),
        coverage: words::coverage_sentence(report),
        tiles: tiles(report),
        bars: bars(report),
        finding_count: report.findings.len(),
        nothing: if good {
            "Everything that was compared hangs straight."
        } else {
            "No drift was found."
        },
        chips: chips(&report.findings),
        rows: findings::rows(&report.findings, histories),
        lists: lists::lists(report),
        equivalences: rules
            .iter()
            .map(|(rule, times)| (clean(rule), *times))
            .collect(),
        equivalence_count: rules
            .values()
            .fold(0, |sum, times| sum.saturating_add(*times)),
    };
    Ok(page.render()?)
}

/// Foreign text in which nothing acts or hides; the template escapes it for HTML.
fn clean(text: &str) -> String {
    text::clean(text, false).into_owned()
}

fn tiles(report: &ScanReport) -> Vec<Tile> {
    let summary = &report.summary;
    [
        ("Drifted", "drifted", summary.drifted),
        ("In sync", "in-sync", summary.in_sync),
        ("Unknown", "unknown", summary.unknown),
        ("Uncovered", "uncovered", summary.uncovered),
        ("Pending", "pending", summary.pending),
        ("Ignored", "ignored", summary.ignored),
    ]
    .map(|(label, class, number)| Tile {
        label,
        class,
        number,
    })
    .into()
}

/// The tiles as parts of one bar. What is there at all is at least a hairline,
/// taken from the largest part.
fn bars(report: &ScanReport) -> Vec<Bar> {
    const WHOLE: u64 = 1_000;
    const HAIRLINE: u64 = 4;
    let mut parts: Vec<Tile> = tiles(report);
    parts.retain(|part| part.number > 0);
    let all = parts
        .iter()
        .fold(0_u64, |sum, part| sum.saturating_add(part.number));
    let mut widths: Vec<u64> = parts
        .iter()
        .map(|part| {
            part.number
                .saturating_mul(WHOLE)
                .checked_div(all)
                .unwrap_or(0)
                .max(HAIRLINE)
        })
        .collect();
    let used: u64 = widths.iter().sum();
    if let Some(largest) = widths.iter_mut().max() {
        *largest = (*largest + WHOLE).saturating_sub(used);
    }
    let mut x = 0;
    let mut bars = Vec::with_capacity(parts.len());
    for (part, width) in parts.iter().zip(widths) {
        bars.push(Bar {
            class: part.class,
            x,
            width,
        });
        x += width;
    }
    bars
}

/// The chips of every property that has more than one value.
fn chips(entries: &[FindingEntry]) -> Vec<ChipGroup> {
    type Of = fn(&FindingEntry) -> &str;
    let groups: [(&str, &str, Of); 4] = [
        ("Severity", "severity", |it| it.severity.as_str()),
        ("Status", "status", |it| it.status.as_str()),
        ("Layer", "layer", |it| it.layer.as_str()),
        ("Target", "target", |it| &it.target),
    ];
    groups
        .into_iter()
        .map(|(label, key, of)| ChipGroup {
            label,
            key,
            chips: tally(entries, of),
        })
        .filter(|group| group.chips.len() > 1)
        .collect()
}

/// Each value with its count, in the order in which the findings have them.
fn tally(entries: &[FindingEntry], of: fn(&FindingEntry) -> &str) -> Vec<Chip> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut chips: Vec<Chip> = Vec::new();
    for entry in entries {
        let value = of(entry);
        let place = *places.entry(value).or_insert_with(|| {
            chips.push(Chip {
                value: clean(value),
                count: 0,
            });
            chips.len() - 1
        });
        chips[place].count += 1;
    }
    chips
}

/// The hash by which a content security policy knows an inline style or script.
fn integrity(content: &str) -> String {
    base64(&Sha256::digest(content.as_bytes()))
}

/// Standard base64 with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0_u32, |group, at| {
            group << 8 | u32::from(chunk.get(at).copied().unwrap_or(0))
        });
        for at in 0..4 {
            let digit = (group >> (18 - 6 * at) & 63) as usize;
            text.push(if at <= chunk.len() {
                char::from(DIGITS[digit])
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::report::ReportBuilder;
    use jiff::Timestamp;

    #[test]
    fn base64_is_the_one_of_rfc_4648() {
        let encoded = ["", "f", "fo", "foo", "foob"].map(|it| base64(it.as_bytes()));
        assert_eq!(encoded, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
    }

    #[test]
    fn the_policy_lets_in_what_the_page_holds_and_nothing_else() {
        let report =
            ReportBuilder::new("test", Timestamp::UNIX_EPOCH).finish(Timestamp::UNIX_EPOCH, 0);
        let page = html(&report, &Histories::new()).unwrap();
        let held = |open: &str, close: &str| {
            let after = page.split_once(open).unwrap().1;
            integrity(after.split_once(close).unwrap().0)
        };
        let style = format!("style-src 'sha256-{}';", held("<style>", "</style>"));
        let script = format!("script-src 'sha256-{}';", held("<script>", "</script>"));
        assert!(page.contains(&style) && page.contains(&script));
    }

    #[test]
    fn the_style_and_script_cannot_end_their_element() {
        assert!(!STYLE.contains("</") && !SCRIPT.contains("</"));
        assert!(!STYLE.contains('\r') && !SCRIPT.contains('\r'));
    }
}
