//! Lines for a terminal: clean, coloured and never too long.

use anstyle::{AnsiColor, Color, Style as Ansi};
use domain::severity::Severity;

use crate::style::Style;
use crate::text;

/// What a piece of text is, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Ordinary text.
    Plain,
    /// What the eye should find first.
    Strong,
    /// What is there for those who look.
    Faint,
    /// What code says.
    Expected,
    /// What is there instead.
    Actual,
    /// A severity's word.
    Severity(Severity),
    /// That all is well.
    Good,
    /// That something is not.
    Bad,
}

impl Ink {
    fn ansi(self) -> Ansi {
        let color = |color| Ansi::new().fg_color(Some(Color::Ansi(color)));
        match self {
            Ink::Plain => Ansi::new(),
            Ink::Strong => Ansi::new().bold(),
            Ink::Faint | Ink::Severity(Severity::Low) => Ansi::new().dimmed(),
            Ink::Expected | Ink::Good => color(AnsiColor::Green),
            Ink::Actual | Ink::Bad | Ink::Severity(Severity::High) => color(AnsiColor::Red),
            Ink::Severity(Severity::Critical) => color(AnsiColor::Red).bold(),
            Ink::Severity(Severity::Medium) => color(AnsiColor::Yellow),
        }
    }
}

/// How much further the second line of a list's entry stands in than its first.
const FURTHER: usize = 2;

/// A piece of a line.
pub(crate) type Span<'t> = (&'t str, Ink);

/// The text so far. Everything written here is cleaned and cut to the width, so
/// no caller can forget either.
pub(crate) struct Paper {
    text: String,
    style: Style,
}

impl Paper {
    pub(crate) const fn new(style: Style) -> Self {
        Self {
            text: String::new(),
            style,
        }
    }

    /// How it may look.
    pub(crate) const fn style(&self) -> Style {
        self.style
    }

    /// A text in which nothing acts.
    pub(crate) fn clean(&self, text: &str) -> String {
        text::clean(text, !self.style.unicode).into_owned()
    }

    /// A text cut at its end; the whole where the width is not bounded.
    pub(crate) fn fit(&self, text: &str, columns: Option<usize>) -> String {
        let text = self.clean(text);
        columns.map_or_else(
            || text.clone(),
            |columns| text::fit(&text, columns, self.style.ellipsis()).into_owned(),
        )
    }

    /// A line of that many blanks and these pieces.
    pub(crate) fn line(&mut self, indent: usize, spans: &[Span<'_>]) {
        let mut left = self.style.columns().unwrap_or(usize::MAX);
        let indent = indent.min(left);
        left -= indent;
        self.text.extend(std::iter::repeat_n(' ', indent));
        for (span, ink) in spans {
            let span = self.clean(span);
            let wanted = text::width(&span);
            if wanted > left {
                let cut = text::fit(&span, left, self.style.ellipsis()).into_owned();
                self.paint(&cut, *ink);
                break;
            }
            self.paint(&span, *ink);
            left -= wanted;
        }
        let end = self.text.trim_end_matches(' ').len();
        self.text.truncate(end);
        self.text.push('\n');
    }

    /// A paragraph in as many lines as it takes.
    pub(crate) fn prose(&mut self, indent: usize, text: &str, ink: Ink) {
        let text = self.clean(text);
        for line in self.wrapped(&text, indent) {
            self.line(indent, &[(&line, ink)]);
        }
    }

    /// A cleaned text in the lines that fit behind an indent.
    pub(crate) fn wrapped(&self, text: &str, indent: usize) -> Vec<String> {
        self.style.columns().map_or_else(
            || vec![text.to_owned()],
            |columns| text::wrap(text, columns.saturating_sub(indent)),
        )
    }

    /// Parts with a dot between them, in as many lines as it takes; those after
    /// the first stand in further.
    pub(crate) fn parts(&mut self, indent: usize, parts: &[String], ink: Ink) {
        let dot = self.style.dot();
        let columns = self.style.columns().unwrap_or(usize::MAX);
        let mut lines: Vec<String> = Vec::new();
        for part in parts.iter().filter(|part| !part.is_empty()) {
            let part = self.clean(part);
            let room = columns.saturating_sub(indent + FURTHER);
            match lines.last_mut() {
                Some(line) if text::width(line) + text::width(dot) + text::width(&part) <= room => {
                    line.push_str(dot);
                    line.push_str(&part);
                }
                _ => lines.push(part),
            }
        }
        let lines = lines
            .iter()
            .flat_map(|line| self.wrapped(line, indent + FURTHER));
        for (at, line) in lines.collect::<Vec<_>>().iter().enumerate() {
            let further = if at == 0 { 0 } else { FURTHER };
            self.line(indent + further, &[(line, ink)]);
        }
    }

    /// An empty line.
    pub(crate) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// All of it.
    pub(crate) fn finish(self) -> String {
        self.text
    }

    fn paint(&mut self, span: &str, ink: Ink) {
        let ansi = ink.ansi();
        if !self.style.color || span.trim().is_empty() || ansi == Ansi::new() {
            self.text.push_str(span);
            return;
        }
        let (start, end) = (ansi.render(), ansi.render_reset());
        self.text.push_str(&format!("{start}{span}{end}"));
    }
}
