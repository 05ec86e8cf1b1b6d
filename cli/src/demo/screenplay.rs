//! The story for a terminal, and for a pipe.

use anstyle::{AnsiColor, Color, Style as Ansi};
use domain::severity::Severity;
use jiff::Timestamp;
use render::Style;
use sandbox::World;

use super::Ending;
use super::book::{Chapter, Line, Source};
use super::plot::{ACCOUNT, REGION};
use crate::screen::clean;

/// The width of the word that says who tells a line.
const SOURCE: usize = 11;

/// What is pretended.
pub(super) fn opening(world: &World, seed: u64, style: Style) -> String {
    let resources: usize = world.stacks.iter().map(|it| it.resources.len()).sum();
    let text = format!(
        "A pretend account {ACCOUNT}: {} stacks, {resources} resources in {REGION}, seed {seed}",
        world.stacks.len()
    );
    format!("{}\n", paint(&text, Ansi::new().bold(), style))
}

/// A chapter, with an empty line before it.
pub(super) fn chapter(chapter: &Chapter, style: Style) -> String {
    let mut text = format!("\n{}\n", paint(chapter.title, Ansi::new().bold(), style));
    for line in &chapter.lines {
        text.push_str(&told(line, style));
    }
    text
}

fn told(line: &Line, style: Style) -> String {
    let time = line.at.strftime("%H:%M:%S%.3f").to_string();
    let source = format!("{:SOURCE$}", line.source.as_str());
    // Only the first line of what may be several.
    let what = clean(line.text.lines().next().unwrap_or_default());
    let before = 2 + time.len() + 2 + SOURCE + 2;
    let what = fit(&what, before, style);
    let ink = match (line.source, line.severity) {
        (Source::Requests, _) => Ansi::new().dimmed(),
        (_, Some(Severity::Critical)) => color(AnsiColor::Red).bold(),
        (_, Some(Severity::High)) => color(AnsiColor::Red),
        (_, Some(Severity::Medium)) => color(AnsiColor::Yellow),
        _ => Ansi::new(),
    };
    format!(
        "  {}  {}  {}\n",
        paint(&time, Ansi::new().dimmed(), style),
        paint(&source, source_ink(line.source), style),
        paint(&what, ink, style)
    )
}

fn source_ink(source: Source) -> Ansi {
    match source {
        Source::Account => color(AnsiColor::Blue),
        Source::Ledger => color(AnsiColor::Cyan),
        Source::Slack => color(AnsiColor::Magenta),
        Source::DeadLetters => color(AnsiColor::Red),
        Source::Requests => Ansi::new().dimmed(),
    }
}

/// The counts at the end.
pub(super) fn ending(ending: &Ending<'_>, style: Style) -> String {
    let now = Timestamp::now();
    let open = ending
        .findings
        .iter()
        .filter(|it| !it.status.is_closed())
        .count();
    let first = ending.chapters.first().and_then(|it| it.lines.first());
    let took = first.map_or(0, |it| now.duration_since(it.at).as_secs());
    let mut rows = vec![
        (
            "findings".to_owned(),
            format!("{} known, {open} open", ending.findings.len()),
        ),
        ("messages".to_owned(), ending.messages.len().to_string()),
        (
            "dead letters".to_owned(),
            ending.dead_letters.len().to_string(),
        ),
        ("outbox".to_owned(), format!("{} left", ending.outbox)),
        (
            "requests".to_owned(),
            format!("{} in {took} s", ending.requests),
        ),
    ];
    rows.extend(
        ending
            .counts
            .iter()
            .map(|(metric, value)| (metric.clone(), value.to_string())),
    );
    let rows: Vec<(&str, String)> = rows
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    let title = paint("What it came to", Ansi::new().bold(), style);
    format!("\n{title}\n{}", table_rows(&rows, style))
}

/// Names and values, aligned, with an empty line before them.
pub(super) fn table(rows: &[(&str, String)], style: Style) -> String {
    format!("\n{}", table_rows(rows, style))
}

fn table_rows(rows: &[(&str, String)], style: Style) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    rows.iter()
        .map(|(name, value)| {
            let name = format!("{name:width$}");
            format!("  {}  {value}\n", paint(&name, Ansi::new().dimmed(), style))
        })
        .collect()
}

/// As much of a text as fits behind `before` columns.
fn fit(text: &str, before: usize, style: Style) -> String {
    let Some(room) = style
        .width
        .and_then(|it| it.checked_sub(before))
        .filter(|it| *it > 0 && text.chars().count() > *it)
    else {
        return text.to_owned();
    };
    let (mark, taken) = if style.unicode {
        ("…", 1)
    } else {
        ("...", 3)
    };
    let kept: String = text.chars().take(room.saturating_sub(taken)).collect();
    format!("{kept}{mark}")
}

fn color(color: AnsiColor) -> Ansi {
    Ansi::new().fg_color(Some(Color::Ansi(color)))
}

fn paint(text: &str, ink: Ansi, style: Style) -> String {
    if style.color {
        format!("{ink}{text}{ink:#}")
    } else {
        text.to_owned()
    }
}
