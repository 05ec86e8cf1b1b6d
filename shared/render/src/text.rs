//! Text that came from outside, made safe and made to fit.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar as _;

/// More marks than this on one letter are not writing, they are an attempt to
/// paint over the lines above.
const LARGEST_STACK: usize = 3;

/// Text in which nothing acts: what a terminal would obey, or a reader could
/// not see (controls, bidirectional overrides, zero-width and tag characters),
/// is written out as `\u{1b}`. With `ascii`, so is everything beyond ASCII.
pub(crate) fn clean(text: &str, ascii: bool) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len() + 16);
    let mut stacked = 0;
    for c in text.chars() {
        stacked = if c.width() == Some(0) { stacked + 1 } else { 0 };
        match c {
            '\n' => cleaned.push_str("\\n"),
            '\r' => cleaned.push_str("\\r"),
            '\t' => cleaned.push_str("\\t"),
            '…' if ascii => cleaned.push_str("..."),
            c if acts_or_hides(c) || stacked > LARGEST_STACK || (ascii && !c.is_ascii()) => {
                // Writing into a string cannot fail.
                let _ = write!(cleaned, "\\u{{{:x}}}", u32::from(c));
            }
            c => cleaned.push(c),
        }
    }
    Cow::Owned(cleaned)
}

/// Whether a character is obeyed rather than seen.
pub(crate) fn acts_or_hides(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// How many columns a cleaned text takes. Characters are added up one by one,
/// as terminals do; a joined sequence may take less, never more.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// The beginning of a text, with `ellipsis` at its end where it was cut.
pub(crate) fn fit<'t>(text: &'t str, columns: usize, ellipsis: &str) -> Cow<'t, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mark = take(ellipsis, columns);
    let kept = take(text, columns - width(mark));
    let mut kept = kept.trim_end_matches(mark).to_owned();
    kept.push_str(mark);
    Cow::Owned(kept)
}

/// The end of a text, with `ellipsis` before it where it was cut: for paths and
/// type names, whose last part says most.
pub(crate) fn fit_end<'t>(text: &'t str, columns: usize, ellipsis: &str) -> Cow<'t, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mark = take(ellipsis, columns);
    let mut left = columns - width(mark);
    let mut start = text.len();
    for (at, c) in text.char_indices().rev() {
        let columns = c.width().unwrap_or(0);
        if columns > left {
            break;
        }
        left -= columns;
        start = at;
    }
    Cow::Owned(format!("{mark}{}", &text[start..]))
}

/// The longest beginning of a text that takes at most that many columns.
pub(crate) fn take(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > columns {
            return &text[..at];
        }
    }
    text
}

/// A text in lines of at most that many columns, broken between words where
/// possible, so that nothing is lost.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let bare = width(word.trim_end());
        // A word that fits on no line begins on this one.
        if used > 0 && used + bare > columns && bare <= columns {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        let mut rest = word;
        while used + width(rest.trim_end()) > columns {
            let head = take(rest, columns.saturating_sub(used));
            line.push_str(head);
            lines.push(std::mem::take(&mut line));
            rest = &rest[head.len()..];
            used = 0;
        }
        line.push_str(rest);
        used += width(rest);
    }
    lines.push(line);
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

/// Pads a text with blanks to that many columns.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    let blanks = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(blanks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_written_out() {
        assert_eq!(clean("a\x1b[31mb", false), "a\\u{1b}[31mb");
        assert_eq!(clean("a\nb\u{9b}c", false), "a\\nb\\u{9b}c");
        assert_eq!(clean("a\u{202e}b\u{200b}", false), "a\\u{202e}b\\u{200b}");
        assert_eq!(clean("größe", false), "größe");
        assert_eq!(clean("größe", true), "gr\\u{f6}\\u{df}e");
    }

    #[test]
    fn marks_cannot_be_piled_up() {
        let tower = format!("e{}", "\u{301}".repeat(5));
        assert_eq!(
            clean(&tower, false),
            "e\u{301}\u{301}\u{301}\\u{301}\\u{301}"
        );
    }

    #[test]
    fn cutting_counts_columns_and_not_characters() {
        assert_eq!(fit("漢字漢字", 5, "…"), "漢字…");
        assert_eq!(fit("漢字", 4, "…"), "漢字");
        assert_eq!(fit_end("/a/b/漢字", 5, "…"), "…漢字");
        assert_eq!(fit("abc", 0, "…"), "");
        assert_eq!(fit("abcdef", 2, "..."), "..");
    }

    #[test]
    fn wrapping_loses_nothing() {
        let lines = wrap("one two three-is-a-long-word four", 9);
        assert_eq!(lines, ["one two t", "hree-is-a", "-long-wor", "d four"]);
        assert_eq!(wrap("", 9), [""]);
    }
}
