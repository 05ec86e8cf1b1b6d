//! One object's unified diff, in kubectl's shape, with who and when at each hunk.

use std::ops::Range;

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

use super::yaml::Yaml;

/// Lines around a change that are shown with it.
const CONTEXT: usize = 3;

/// One object on both sides.
#[derive(Debug)]
pub(super) struct Pair {
    /// What kubectl calls it: `apps.v1.Deployment.shop.web`.
    pub(super) file: String,
    /// What is there.
    pub(super) live: Option<Yaml>,
    /// What would be there if Git were applied.
    pub(super) merged: Option<Yaml>,
    /// What is known of the differences.
    pub(super) notes: Vec<Note>,
}

/// What is known of one difference.
#[derive(Debug)]
pub(super) struct Note {
    /// Its lines on the live side.
    pub(super) live: Option<Range<usize>>,
    /// Its lines on the merged side.
    pub(super) merged: Option<Range<usize>>,
    /// Path, who, how and when.
    pub(super) text: String,
}

/// The lines of a diff, each with what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// `diff`, `---`, `+++`.
    Header,
    /// Who and when.
    Note,
    /// `@@`.
    Hunk,
    /// Only what is there.
    Minus,
    /// Only what Git says.
    Plus,
    /// Both.
    Context,
}

impl Pair {
    /// The unified diff, line by line.
    pub(super) fn unified(&self) -> Vec<(Line, String)> {
        let name = &self.file;
        let mut out = vec![
            (
                Line::Header,
                format!("diff -u -N LIVE/{name} MERGED/{name}"),
            ),
            (Line::Header, format!("--- LIVE/{name}")),
            (Line::Header, format!("+++ MERGED/{name}")),
        ];
        let (old, new) = (lines(self.live.as_ref()), lines(self.merged.as_ref()));
        let ops = capture_diff_slices(Algorithm::Myers, old, new);
        let hunks = group_diff_ops(ops, CONTEXT);
        let mut notes: Vec<Vec<&Note>> = hunks.iter().map(|_| Vec::new()).collect();
        let mut elsewhere = Vec::new();
        for note in &self.notes {
            match hunks.iter().position(|hunk| note.is_of(hunk)) {
                Some(at) => notes[at].push(note),
                None => elsewhere.push(note),
            }
        }
        // What no line shows is said all the same, once.
        out.extend(elsewhere.iter().map(|it| it.line()));
        for (hunk, notes) in hunks.iter().zip(notes) {
            out.extend(notes.iter().map(|it| it.line()));
            out.extend(written(hunk, old, new));
        }
        out
    }
}

fn lines(side: Option<&Yaml>) -> &[String] {
    side.map_or(&[], |it| &it.lines)
}

impl Note {
    fn line(&self) -> (Line, String) {
        (Line::Note, format!("# {}", self.text))
    }

    /// Whether it is about a change in this hunk.
    fn is_of(&self, hunk: &[DiffOp]) -> bool {
        let meets = |lines: &Option<Range<usize>>, changed: Range<usize>| {
            lines
                .as_ref()
                .is_some_and(|it| it.start < changed.end && changed.start < it.end)
        };
        hunk.iter()
            .filter(|op| op.tag() != DiffTag::Equal)
            .any(|op| meets(&self.live, op.old_range()) || meets(&self.merged, op.new_range()))
    }
}

fn written(hunk: &[DiffOp], old: &[String], new: &[String]) -> Vec<(Line, String)> {
    let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else {
        return Vec::new();
    };
    let span = |first: Range<usize>, last: Range<usize>| match last.end - first.start {
        // As diff writes it: of nothing, the line before.
        0 => format!("{},0", first.start),
        1 => (first.start + 1).to_string(),
        length => format!("{},{length}", first.start + 1),
    };
    let header = format!(
        "@@ -{} +{} @@",
        span(first.old_range(), last.old_range()),
        span(first.new_range(), last.new_range())
    );
    let mut out = vec![(Line::Hunk, header)];
    for op in hunk {
        let is_equal = op.tag() == DiffTag::Equal;
        let (line, sign) = if is_equal {
            (Line::Context, ' ')
        } else {
            (Line::Minus, '-')
        };
        let gone = old[op.old_range()].iter();
        out.extend(gone.map(|text| (line, format!("{sign}{text}"))));
        if !is_equal {
            let come = new[op.new_range()].iter();
            out.extend(come.map(|text| (Line::Plus, format!("+{text}"))));
        }
    }
    out
}

/// The lines as they are printed.
pub(super) fn painted(lines: &[(Line, String)], color: bool) -> String {
    let mut text = String::new();
    for (line, words) in lines {
        let style = match line {
            Line::Header => anstyle::Style::new().bold(),
            Line::Note => anstyle::Style::new().dimmed(),
            Line::Hunk => anstyle::AnsiColor::Cyan.on_default(),
            Line::Minus => anstyle::AnsiColor::Red.on_default(),
            Line::Plus => anstyle::AnsiColor::Green.on_default(),
            Line::Context => anstyle::Style::new(),
        };
        let words = harmless(words);
        if color && *line != Line::Context {
            text.push_str(&format!("{style}{words}{style:#}\n"));
        } else {
            text.push_str(&words);
            text.push('\n');
        }
    }
    text
}

/// A line in which nothing acts on a terminal; tabs stay, since manifests have them.
fn harmless(words: &str) -> String {
    let parts: Vec<String> = words.split('\t').map(crate::screen::clean).collect();
    parts.join("\t")
}
