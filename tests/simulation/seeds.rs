//! Which seeds are lived, and what is said of those that fail.

use std::time::Instant;

use crate::chance::{Rates, Tally};
use crate::world::{End, Plan, World};

/// Seeds that every run of the tests lives, over all parts together.
const DEFAULT: u64 = 500;

/// How many of the seeds that failed are told in full.
const TOLD: usize = 1;

fn plan(seed: u64) -> Plan {
    Plan {
        seed,
        rates: Rates::of(seed),
        happenings: usize::MAX,
        with_story: false,
    }
}

/// The seeds that were asked for.
fn seeds() -> Vec<u64> {
    let Ok(text) = std::env::var("PLUMBLINE_SIM_SEEDS") else {
        return (0..DEFAULT).collect();
    };
    let number = |text: &str| -> u64 {
        let text = text.trim();
        text.parse()
            .unwrap_or_else(|_| panic!("PLUMBLINE_SIM_SEEDS: {text:?} is no number"))
    };
    if let Some((from, to)) = text.split_once("..") {
        return (number(from)..number(to)).collect();
    }
    if text.contains(',') {
        return text.split(',').map(number).collect();
    }
    (0..number(&text)).collect()
}

/// Lives one part of the seeds, and fails with the story of the first that does not hold.
fn part(part: u64, parts: u64) {
    let begun = Instant::now();
    let mut tally = Tally::default();
    let mut failed = Vec::new();
    let mut lived = 0;
    for seed in seeds() {
        if seed % parts != part {
            continue;
        }
        lived += 1;
        let end = World::live(&plan(seed));
        tally.add(&end.tally);
        if let Some(broken) = end.broken {
            failed.push((seed, broken));
        }
    }
    let took = begun.elapsed();
    eprintln!("{lived} seeds in {took:.1?}\n{tally}");
    for (seed, _) in failed.iter().take(TOLD) {
        tell(*seed);
    }
    if !failed.is_empty() {
        let list: Vec<String> = failed
            .iter()
            .map(|(seed, broken)| format!("  seed {seed}: {broken}"))
            .collect();
        panic!(
            "{} of {lived} seeds failed:\n{}",
            failed.len(),
            list.join("\n")
        );
    }
}

/// The story of a seed that failed, as short as it can easily be made.
fn tell(seed: u64) {
    let smallest = shrunk(seed);
    let end = World::live(&Plan {
        with_story: true,
        ..smallest.clone()
    });
    let kinds = smallest.rates.kinds();
    let happenings = smallest.happenings.min(end.happenings);
    eprintln!(
        "---- seed {seed}, with {happenings} happenings and the faults {kinds:?}\n{}\n----",
        end.story
    );
}

/// The same seed with fewer kinds of fault and fewer happenings, as long as the same invariant is violated.
fn shrunk(seed: u64) -> Plan {
    let mut smallest = plan(seed);
    let kind = |end: &End| {
        let broken = end.broken.as_deref().unwrap_or_default();
        broken.split(':').next().unwrap_or_default().to_owned()
    };
    let whole = World::live(&smallest);
    let wanted = kind(&whole);
    if wanted.is_empty() {
        return smallest;
    }
    smallest.happenings = whole.happenings;
    let holds = |plan: &Plan| kind(&World::live(plan)) == wanted;
    loop {
        let before = (smallest.rates.kinds().len(), smallest.happenings);
        for fault in smallest.rates.kinds() {
            let fewer = Plan {
                rates: smallest.rates.clone().without(fault),
                ..smallest.clone()
            };
            if holds(&fewer) {
                smallest = fewer;
            }
        }
        for happenings in (1..smallest.happenings).rev().take(8) {
            let fewer = Plan {
                happenings,
                ..smallest.clone()
            };
            if holds(&fewer) {
                smallest = fewer;
            }
        }
        if before == (smallest.rates.kinds().len(), smallest.happenings) {
            return smallest;
        }
    }
}

macro_rules! parts {
    ($($name:ident: $part:literal),*) => {
        $(
            #[test]
            fn $name() {
                part($part, 4);
            }
        )*
    };
}

parts! {
    every_invariant_holds_for_the_first_part_of_the_seeds: 0,
    every_invariant_holds_for_the_second_part_of_the_seeds: 1,
    every_invariant_holds_for_the_third_part_of_the_seeds: 2,
    every_invariant_holds_for_the_fourth_part_of_the_seeds: 3
}

#[test]
fn a_seed_is_the_same_story_every_time() {
    for seed in [1, 7, 42] {
        let told = Plan {
            with_story: true,
            ..plan(seed)
        };
        let (one, other) = (World::live(&told), World::live(&told));
        assert!(one.story.len() > 1000, "seed {seed} tells nothing");
        assert_eq!(one.story, other.story);
        assert_eq!(one.tally, other.tally);
    }
}
