//! `plumbline dead-letters`: what no further try could help, here and in a deployment.

mod body;
mod deployed;
mod here;

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::args::{DeadLetters, DeadLettersCommand, PlainFormat, WhichLetters};
use crate::commands::out;
use crate::failure::Failure;
use crate::screen;
use deployed::Deployed;
use here::Here;

/// A dead letter, wherever it lies.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Letter {
    /// Its id there.
    id: String,
    /// Where it lies: a function's name, or a dead letter queue's.
    queue: String,
    /// Where it came from.
    source: Option<String>,
    /// Why it was given up.
    reason: Option<String>,
    /// When.
    at: Option<Timestamp>,
    /// What it is about; names and ids only.
    about: String,
    /// Its body, which may hold anything.
    #[serde(skip)]
    body: String,
    /// Its place among those that were read.
    #[serde(skip)]
    place: usize,
}

/// What `-o json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LetterList<'l> {
    api_version: &'static str,
    kind: &'static str,
    dead_letters: &'l [Letter],
}

/// Where dead letters lie.
enum Cellar {
    Here(Here),
    Deployed(Box<Deployed>),
}

impl Cellar {
    async fn open(ledger: &Path, asked: &DeadLetters) -> Result<Self, Failure> {
        match (&asked.stack, asked.queue.as_slice()) {
            (None, []) => Ok(Cellar::Here(Here::open(ledger)?)),
            (Some(stack), _) => Ok(Cellar::Deployed(Box::new(Deployed::of_stack(stack).await?))),
            (None, queues) => Ok(Cellar::Deployed(Box::new(
                Deployed::of_queues(queues).await?,
            ))),
        }
    }

    async fn letters(&mut self) -> Result<Vec<Letter>, Failure> {
        match self {
            Cellar::Here(here) => here.letters().await,
            Cellar::Deployed(deployed) => deployed.letters().await,
        }
    }

    /// Sends a letter back; the name of the queue that it went to.
    async fn send_back(&self, letter: &Letter, to: Option<&str>) -> Result<String, Failure> {
        match self {
            Cellar::Here(here) => here.send_back(letter, to).await,
            Cellar::Deployed(deployed) => deployed.send_back(letter, to).await,
        }
    }

    /// Lets others see what was only looked at.
    async fn close(&self) {
        if let Cellar::Deployed(deployed) = self {
            deployed.release().await;
        }
    }
}

/// Does what was asked.
pub(crate) async fn run(ledger: &Path, asked: &DeadLetters) -> Result<(), Failure> {
    let mut cellar = Cellar::open(ledger, asked).await?;
    let mut letters = cellar.letters().await?;
    letters.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    let done = act(&cellar, &letters, asked).await;
    cellar.close().await;
    done
}

async fn act(cellar: &Cellar, letters: &[Letter], asked: &DeadLetters) -> Result<(), Failure> {
    match &asked.command {
        None | Some(DeadLettersCommand::List) => list(letters, asked.output),
        Some(DeadLettersCommand::Show { id, raw }) => show(find(letters, id)?, *raw, asked.output),
        Some(DeadLettersCommand::Retry { which, to }) => {
            retry(cellar, chosen(letters, which)?, to.as_deref()).await
        }
    }
}

fn list(letters: &[Letter], output: PlainFormat) -> Result<(), Failure> {
    if output == PlainFormat::Json {
        return json(&LetterList {
            api_version: domain::report::API_VERSION,
            kind: "DeadLetterList",
            dead_letters: letters,
        });
    }
    let now = Timestamp::now();
    let rows: Vec<[String; 5]> = letters
        .iter()
        .map(|it| {
            [
                it.id.clone(),
                it.queue.clone(),
                it.at.map_or_else(|| "-".to_owned(), |at| age(at, now)),
                it.about.clone(),
                it.reason
                    .clone()
                    .unwrap_or_else(|| "tried too often".to_owned()),
            ]
        })
        .collect();
    if rows.is_empty() {
        screen::tell("note", "there are no dead letters");
        return Ok(());
    }
    out(&aligned(["ID", "QUEUE", "AGE", "ABOUT", "REASON"], &rows))
}

fn aligned(titles: [&str; 5], rows: &[[String; 5]]) -> String {
    let shown = |cell: &String| screen::clean(cell).replace('\n', " ");
    let rows: Vec<[String; 5]> = rows.iter().map(|it| it.each_ref().map(shown)).collect();
    let mut widths = titles.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; 5]| {
        let mut text = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            text.push_str(&format!("{cell:width$}  "));
        }
        format!("{}\n", text.trim_end())
    };
    let mut text = line(titles);
    for row in &rows {
        text.push_str(&line(row.each_ref().map(String::as_str)));
    }
    text
}

fn show(letter: &Letter, raw: bool, output: PlainFormat) -> Result<(), Failure> {
    let body: Value = if raw {
        serde_json::from_str(&letter.body).unwrap_or_else(|_| letter.body.clone().into())
    } else {
        body::shown(&letter.body)
    };
    if output == PlainFormat::Json {
        let mut shown = serde_json::to_value(letter).map_err(Failure::unusable)?;
        shown["body"] = body;
        return json(&shown);
    }
    let none = || "-".to_owned();
    let rows = [
        ("id", letter.id.clone()),
        ("queue", letter.queue.clone()),
        ("source", letter.source.clone().unwrap_or_else(none)),
        ("reason", letter.reason.clone().unwrap_or_else(none)),
        ("at", letter.at.map_or_else(none, |it| format!("{it:.0}"))),
        ("about", letter.about.clone()),
    ];
    let mut text = String::new();
    for (name, value) in rows {
        text.push_str(&screen::clean(&format!("{name:7} {value}")).replace('\n', " "));
        text.push('\n');
    }
    let body = serde_json::to_string_pretty(&body).map_err(Failure::unusable)?;
    out(&format!("{text}body\n{}\n", screen::clean(&body)))
}

async fn retry(cellar: &Cellar, letters: Vec<&Letter>, to: Option<&str>) -> Result<(), Failure> {
    if letters.is_empty() {
        screen::tell("note", "there are no dead letters");
    }
    let mut failed = 0_usize;
    for letter in &letters {
        match cellar.send_back(letter, to).await {
            Ok(destination) => {
                out(&screen::clean(&format!(
                    "{} went back to {destination}\n",
                    letter.id
                )))?;
            }
            Err(failure) => {
                failed += 1;
                screen::tell("error", &format!("{}: {failure}", letter.id));
            }
        }
    }
    if failed == 0 {
        return Ok(());
    }
    Err(Failure::not_done(format!(
        "{failed} of {} could not be sent back; each is still a dead letter",
        letters.len()
    )))
}

fn chosen<'l>(letters: &'l [Letter], which: &WhichLetters) -> Result<Vec<&'l Letter>, Failure> {
    if which.all {
        return Ok(letters.iter().collect());
    }
    let mut chosen: Vec<&Letter> = Vec::new();
    for id in &which.ids {
        let letter = find(letters, id)?;
        if !chosen.iter().any(|it| it.id == letter.id) {
            chosen.push(letter);
        }
    }
    Ok(chosen)
}

fn find<'l>(letters: &'l [Letter], id: &str) -> Result<&'l Letter, Failure> {
    let found: Vec<&Letter> = letters.iter().filter(|it| it.id.starts_with(id)).collect();
    match found[..] {
        [letter] => Ok(letter),
        [] => Err(Failure::not_done(format!(
            "no dead letter's id begins with {id}: plumbline dead-letters list shows them"
        ))),
        _ => Err(Failure::not_done(format!(
            "{id} is the beginning of {} ids: give more of it",
            found.len()
        ))),
    }
}

fn age(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

fn json<T: Serialize>(value: &T) -> Result<(), Failure> {
    out(&render::json(value).map_err(Failure::unusable)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(id: &str) -> Letter {
        Letter {
            id: id.to_owned(),
            queue: "notify".to_owned(),
            source: None,
            reason: None,
            at: None,
            about: String::new(),
            body: String::new(),
            place: 0,
        }
    }

    #[test]
    fn a_letter_is_found_by_the_beginning_of_its_id_alone() {
        let letters = [letter("d-1a"), letter("d-1b"), letter("d-2")];
        assert_eq!(find(&letters, "d-2").unwrap().id, "d-2");
        assert_eq!(find(&letters, "d-1").unwrap_err().code(), 1);
        assert_eq!(find(&letters, "d-3").unwrap_err().code(), 1);
    }

    #[test]
    fn a_letter_that_is_named_twice_is_sent_once() {
        let letters = [letter("d-1"), letter("d-2")];
        let which = WhichLetters {
            ids: vec!["d-1".to_owned(), "d-1".to_owned()],
            all: false,
        };
        assert_eq!(chosen(&letters, &which).unwrap().len(), 1);
        let all = WhichLetters {
            ids: Vec::new(),
            all: true,
        };
        assert_eq!(chosen(&letters, &all).unwrap().len(), 2);
    }

    #[test]
    fn an_age_is_short() {
        let at = |seconds: i64| {
            let now = Timestamp::new(1_000_000, 0).unwrap();
            age(Timestamp::new(1_000_000 - seconds, 0).unwrap(), now)
        };
        assert_eq!(
            [at(-5), at(59), at(60), at(7200), at(172_800)],
            ["0 s", "59 s", "1 min", "2 h", "2 d"]
        );
    }
}
