//! Differences as lines.

use domain::attribution::Attribution;
use domain::difference::{Difference, DifferenceKind};
use domain::report::FindingEntry;

use super::paper::{Ink, Paper};
use crate::{pair, text, value, words};

/// How far what belongs to a finding stands in.
pub(super) const INDENT: usize = 2;
/// How far what belongs to a difference stands in.
const DEEPER: usize = 4;
/// The most columns a value takes where the terminal's width is not known.
const LONGEST: usize = 160;
/// Values with fewer columns than this say nothing.
const SHORTEST: usize = 12;

/// A finding's differences, one line each, with the author under each, or under
/// all where they are one author's. Never under several of which some have none:
/// that would be a guess.
pub(super) fn lines(paper: &mut Paper, entry: &FindingEntry, shown: usize) {
    let first = entry.differences.first().map(|it| &it.attribution);
    let one_author = entry
        .differences
        .iter()
        .all(|it| Some(&it.attribution) == first);
    for at in words::worst(entry, shown) {
        let difference = &entry.differences[at];
        line(paper, difference);
        if !one_author {
            attributed(paper, difference.attribution.as_ref());
        }
    }
    let more = entry.differences.len().saturating_sub(shown);
    if more > 0 {
        paper.line(INDENT, &[(&format!("+{more} more"), Ink::Faint)]);
    }
    if let Some(cut) = words::cut(entry) {
        paper.prose(INDENT, &cut, Ink::Faint);
    }
    if one_author {
        attributed(paper, first.and_then(Option::as_ref));
    }
}

/// Who made what stands above, where that was recorded.
pub(super) fn attributed(paper: &mut Paper, attribution: Option<&Attribution>) {
    if let Some(attribution) = attribution {
        let mut parts = words::attribution(attribution);
        if let Some(who) = parts.first_mut() {
            who.insert_str(0, "by ");
        }
        paper.parts(DEEPER, &parts, Ink::Faint);
    }
}

/// `~` changed, `-` expected and absent, `+` there and not expected.
pub(super) const fn sign(kind: DifferenceKind) -> &'static str {
    match kind {
        DifferenceKind::Changed => "~ ",
        DifferenceKind::Removed => "- ",
        DifferenceKind::Added => "+ ",
    }
}

fn line(paper: &mut Paper, difference: &Difference) {
    let style = paper.style();
    let path = paper.clean(words::path(&difference.path));
    let (expected, actual) = value::sides(difference);
    let (expected, actual) = (paper.clean(&expected), paper.clean(&actual));
    let note = if difference.potential {
        " (not confirmed)"
    } else {
        ""
    };
    let sign = sign(difference.kind);
    let around = text::width(style.arrow()) + note.len();
    let head = text::width(&path) + sign.len() + ": ".len();
    let wanted = text::width(&expected) + text::width(&actual) + around;
    let Some(columns) = style.columns() else {
        let sides = pair::fit(&expected, &actual, 2 * LONGEST, style.ellipsis());
        return values(paper, (INDENT, &[sign, &path, ": "]), &sides, note);
    };
    let room = columns.saturating_sub(INDENT);
    let beside = room.saturating_sub(head);
    if head + wanted <= room || (head <= room / 2 && beside >= around + 4 * SHORTEST) {
        let left = beside.saturating_sub(around);
        let sides = pair::fit(&expected, &actual, left, style.ellipsis());
        return values(paper, (INDENT, &[sign, &path, ": "]), &sides, note);
    }
    let path = text::fit_end(&path, room.saturating_sub(sign.len()), style.ellipsis());
    paper.line(INDENT, &[(sign, Ink::Plain), (&path, Ink::Plain)]);
    let left = columns.saturating_sub(DEEPER + around);
    let sides = pair::fit(&expected, &actual, left, style.ellipsis());
    values(paper, (DEEPER, &[]), &sides, note);
}

/// One line with what stands before both values, the values and a note.
fn values(
    paper: &mut Paper,
    (indent, head): (usize, &[&str]),
    (expected, actual): &(String, String),
    note: &str,
) {
    let arrow = paper.style().arrow();
    let mut spans: Vec<_> = head.iter().map(|&text| (text, Ink::Plain)).collect();
    spans.extend([
        (expected.as_str(), Ink::Expected),
        (arrow, Ink::Faint),
        (actual.as_str(), Ink::Actual),
        (note, Ink::Faint),
    ]);
    paper.line(indent, &spans);
}
