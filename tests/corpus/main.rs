//! Corpora of drift on a pretend API server, over HTTP: everything that was planted is told, and nothing else.
//!
//! A seed decides all of it: what Git has, who put it there and how, what was edited by whom, and what only looks
//! like drift. `PLUMBLINE_CORPUS_SEEDS` chooses the seeds (`N` for the first N, `A..B`, or a list `1,2,3`); one that
//! fails prints what was done and what was told instead.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests: a broken assumption has to end the test where it broke"
)]

mod drifts;
mod objects;
mod story;
mod traps;
mod tree;
mod world;

use std::sync::Mutex;

use story::Corpus;

/// Seeds of every run of the tests.
const DEFAULT: u64 = 10;

fn seeds() -> Vec<u64> {
    let Ok(text) = std::env::var("PLUMBLINE_CORPUS_SEEDS") else {
        return (0..DEFAULT).collect();
    };
    let number = |text: &str| -> u64 {
        let number = text.trim().parse();
        number.unwrap_or_else(|_| panic!("PLUMBLINE_CORPUS_SEEDS: {text:?} is no number"))
    };
    match text.split_once("..") {
        Some((from, to)) => (number(from)..number(to)).collect(),
        None if text.contains(',') => text
            .split(',')
            .filter(|it| !it.is_empty())
            .map(number)
            .collect(),
        None => (0..number(&text)).collect(),
    }
}

/// Looks at seeds until none is left; gives the stories of those that failed.
fn work(waiting: &Mutex<Vec<u64>>) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let next = || waiting.lock().unwrap().pop();
    let mut stories = Vec::new();
    while let Some(seed) = next() {
        let corpus = runtime.block_on(Corpus::look_at(seed));
        eprintln!("{corpus}");
        stories.extend(corpus.story);
    }
    stories
}

#[test]
fn everything_that_was_planted_is_told_and_nothing_else() {
    let waiting = Mutex::new(seeds());
    let stories: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(|| work(&waiting))).collect();
        workers
            .into_iter()
            .flat_map(|it| it.join().unwrap())
            .collect()
    });
    assert!(
        stories.is_empty(),
        "{} seeds failed\n{}",
        stories.len(),
        stories.join("\n")
    );
}
