//! `plumbline demo`: the whole system on this machine, with no account.

mod book;
mod ended;
mod page;
mod plot;
mod screenplay;
mod story;
mod system;

use std::sync::Arc;

use domain::ports::Ledger as _;
use domain::report::{API_VERSION, FindingEntry};
use domain::severity::Severity;
use jiff::Timestamp;
use local::bus::dead_letters;
use sandbox::World;
use serde::Serialize;

use crate::args::{Demo, PlainFormat};
use crate::commands::out;
use crate::failure::Failure;
use crate::screen;
use book::{Book, Chapter};
use ended::ended;
use story::Story;
use system::System;

/// The fewest stacks of a demo: from so many on every kind of resource occurs.
pub(crate) const FEWEST_STACKS: u16 = 6;

/// The most; each is looked at a handful of times.
pub(crate) const MOST_STACKS: u16 = 200;

/// Plays the demo, and stays up unless told otherwise. However it ends, what it
/// wrote goes with it, so no signal that can be caught is left to end the process.
pub(crate) async fn run(asked: &Demo) -> Result<(), Failure> {
    tokio::select! {
        // First, since the end of a demo that stays up is a signal too, and is no failure.
        biased;
        done = play(asked) => done,
        ended = ended() => {
            ended.map_err(Failure::unusable)?;
            Err(Failure::not_done("the demo was ended before its story was told"))
        }
    }
}

async fn play(asked: &Demo) -> Result<(), Failure> {
    // Once around, so that signals have their handlers before there is anything to clean up.
    tokio::task::yield_now().await;
    let world = World::generate(asked.seed, usize::from(asked.stacks));
    let mut system = System::start(asked.seed, &world).await?;
    let style = screen::style(false);
    let is_live = asked.output == PlainFormat::Table;
    if is_live {
        out(&screenplay::opening(&world, asked.seed, style))?;
    }
    let mut story = Story {
        system: &system,
        world: &world,
        seed: asked.seed,
        book: Book::default(),
        bent: Vec::new(),
    };
    let mut chapters = Vec::new();
    story
        .play(|chapter| {
            if is_live {
                out(&screenplay::chapter(&chapter, style))?;
            }
            chapters.push(chapter);
            Ok(())
        })
        .await?;
    let ending = Ending::of(&story, &chapters).await?;
    if is_live {
        out(&screenplay::ending(&ending, style))?;
    } else {
        out(&render::json(&ending).map_err(Failure::unusable)?)?;
    }
    if asked.exit {
        return Ok(());
    }
    stay(&mut system, is_live).await
}

/// Serves the report until it is ended, while the clock runs by itself.
async fn stay(system: &mut System, is_live: bool) -> Result<(), Failure> {
    let (listener, address) = page::listen().await?;
    let ledger = system.ledger_path();
    let lines = [
        ("report", format!("http://{address}/")),
        (
            "ledger",
            format!("plumbline findings --ledger {}", ledger.display()),
        ),
        (
            "",
            format!("plumbline dead-letters --ledger {}", ledger.display()),
        ),
        ("end", "Ctrl-C".to_owned()),
    ];
    if is_live {
        out(&screenplay::table(&lines, screen::style(false)))?;
    } else {
        screen::tell(
            "note",
            &format!("the report is at http://{address}/; Ctrl-C ends the demo"),
        );
    }
    system.let_time_pass();
    let source = (Arc::clone(&system.ledger), Arc::clone(&system.connection));
    tokio::select! {
        () = page::serve(listener, source) => Ok(()),
        ended = ended() => ended.map_err(Failure::unusable),
    }
}

/// How it ended, and the whole story; `-o json` prints it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ending<'s> {
    api_version: &'static str,
    kind: &'static str,
    seed: u64,
    stacks: usize,
    chapters: &'s [Chapter],
    /// What was bent, in order.
    bent: Vec<BentEntry<'s>>,
    /// Every finding as it stands.
    findings: Vec<FindingEntry>,
    /// Every message that arrived.
    messages: Vec<MessageEntry>,
    dead_letters: Vec<LetterEntry>,
    /// What the ledger counted.
    counts: Vec<(String, u64)>,
    /// HTTP requests to AWS, retries included.
    requests: u64,
    /// Messages that were written and not sent.
    outbox: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BentEntry<'s> {
    stack: &'s str,
    resource: &'s str,
    r#type: &'s str,
    /// How bad the demo's configuration calls it; null for what is part of the baseline.
    severity: Option<Severity>,
    by: String,
    call: &'s str,
    paths: Vec<&'s str>,
}

#[derive(Serialize)]
struct MessageEntry {
    channel: String,
    text: String,
}

#[derive(Serialize)]
struct LetterEntry {
    id: String,
    source: String,
    reason: String,
}

impl<'s> Ending<'s> {
    async fn of(story: &'s Story<'s>, chapters: &'s [Chapter]) -> Result<Self, Failure> {
        let system = story.system;
        let now = Timestamp::now();
        let findings = system.ledger.findings().await.map_err(Failure::unusable)?;
        let letters = dead_letters(&*system.ledger)
            .await
            .map_err(Failure::unusable)?;
        Ok(Self {
            api_version: API_VERSION,
            kind: "DemoStory",
            seed: story.seed,
            stacks: story.world.stacks.len(),
            chapters,
            bent: story
                .bent
                .iter()
                .map(|(severity, bent)| BentEntry {
                    stack: &bent.stack,
                    resource: &bent.logical_id,
                    r#type: &bent.resource_type,
                    severity: *severity,
                    by: book::person(&bent.actor),
                    call: &bent.event_name,
                    paths: bent.differences.iter().map(|it| it.path.as_str()).collect(),
                })
                .collect(),
            findings: findings
                .iter()
                .map(|it| FindingEntry::of(it, now))
                .collect(),
            messages: system
                .sandbox
                .slack_messages()
                .iter()
                .map(|it| MessageEntry {
                    channel: book::channel(it).to_owned(),
                    text: it.text.clone(),
                })
                .collect(),
            dead_letters: letters
                .into_iter()
                .map(|it| LetterEntry {
                    id: it.id(),
                    source: it.source,
                    reason: it.reason,
                })
                .collect(),
            counts: book::counts(system).await?,
            requests: system.connection.requests(),
            outbox: story::left_in_outbox(system).await?,
        })
    }
}
