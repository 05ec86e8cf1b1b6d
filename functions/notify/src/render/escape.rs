//! Text that came from outside, made safe for Slack and made to fit.
//!
//! Slack reads `<!channel>`, `<@user>` and links in every text, and marks such
//! as `*` where a text is no code. So every name and value stands in a code
//! span, with `&`, `<` and `>` as entities and no backtick of its own; what a
//! reader could not see, or would see in another order, is written out.

use std::fmt::Write as _;

/// The text without what acts in it, at most `most` characters as Slack counts them.
pub(crate) fn plain(text: &str, most: usize) -> String {
    let mut safe = String::with_capacity(text.len().min(most) + 8);
    let mut length = 0;
    // Where to cut if it does not fit: the last place that leaves room for the mark.
    let mut cut = 0;
    for c in text.chars() {
        let before = safe.len();
        put(&mut safe, c);
        length += safe[before..].chars().count();
        if length > most {
            safe.truncate(cut);
            safe.push('…');
            return safe;
        }
        if length < most {
            cut = safe.len();
        }
    }
    safe
}

/// The same as a code span; `most` counts its backticks too.
pub(crate) fn code(text: &str, most: usize) -> String {
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    format!("`{}`", plain(text, most.saturating_sub(2)))
}

/// Lines as a code block, each made safe, as many as fit.
pub(crate) fn block(text: &str, most: usize) -> String {
    const LONGEST_LINE: usize = 400;
    let mut safe = String::from("```");
    let mut left = most.saturating_sub(16);
    for line in text.lines() {
        let line = plain(line, LONGEST_LINE);
        let length = line.chars().count() + 1;
        if length > left {
            safe.push_str("\n…");
            break;
        }
        left -= length;
        safe.push('\n');
        safe.push_str(&line);
    }
    safe.push_str("\n```");
    safe
}

fn put(safe: &mut String, c: char) {
    match c {
        '&' => safe.push_str("&amp;"),
        '<' => safe.push_str("&lt;"),
        '>' => safe.push_str("&gt;"),
        '`' => safe.push('\''),
        '\n' => safe.push_str("\\n"),
        '\r' => safe.push_str("\\r"),
        '\t' => safe.push_str("\\t"),
        c if acts_or_hides(c) => {
            // Writing into a string cannot fail.
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
        }
        c => safe.push(c),
    }
}

/// Controls, and what turns, joins or hides other characters.
fn acts_or_hides(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}
