use std::collections::HashSet;

use plumbline_tests::{
    aws::{Aws, RowDifference},
    emulator::Emulator,
    world::{Change, Difference, DifferenceKind, Drift, Kind, World},
};
use serde_json::{Map, Value};

/// What the emulator reports as drift in all stacks of a world, as the world words it; values as they came, in text.
fn seen(aws: &Aws, world: &World) -> Vec<(String, String, &'static str, Vec<RowDifference>)> {
    let aws = aws.region(&world.region);
    let mut seen: Vec<_> = world
        .stacks
        .iter()
        .flat_map(|stack| {
            let rows = aws.drift(&stack.name);
            assert_eq!(
                rows.len(),
                stack.resources.len(),
                "every resource of {} is compared",
                stack.name
            );
            rows.into_iter().map(|row| (stack.name.clone(), row))
        })
        .filter_map(|(stack, row)| {
            let change = match row.status.as_str() {
                "IN_SYNC" => return None,
                "MODIFIED" => "modified",
                "DELETED" => "deleted",
                other => panic!("{} of {stack} is {other}", row.logical_id),
            };
            Some((stack, row.logical_id, change, row.differences))
        })
        .collect();
    seen.sort();
    seen
}

fn expected(drift: &[Drift]) -> Vec<(String, String, &'static str, Vec<RowDifference>)> {
    let change = |change| {
        if change == Change::Deleted {
            "deleted"
        } else {
            "modified"
        }
    };
    drift
        .iter()
        .map(|drift| {
            let mut rows: Vec<_> = drift.differences.iter().map(row).collect();
            rows.sort();
            (
                drift.stack.clone(),
                drift.logical_id.clone(),
                change(drift.change),
                rows,
            )
        })
        .collect()
}

fn row(difference: &Difference) -> RowDifference {
    let kind = match difference.kind {
        DifferenceKind::Changed => "NOT_EQUAL",
        DifferenceKind::Added => "ADD",
        DifferenceKind::Removed => "REMOVE",
    };
    RowDifference {
        path: difference.path.clone(),
        kind: kind.to_owned(),
        expected: in_the_emulators_words(difference.expected.as_ref()),
        actual: in_the_emulators_words(difference.actual.as_ref()),
    }
}

fn in_the_emulators_words(value: Option<&Value>) -> String {
    match value {
        None => "null".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(tag)) => {
            format!("{{\"Key\": {}, \"Value\": {}}}", tag["Key"], tag["Value"])
        }
        Some(other) => other.to_string(),
    }
}

fn bend_and_mend(aws: &Aws, seed: u64) {
    let mut world = World::random(seed, 4, "eu-central-1");
    let mut rng = fastrand::Rng::with_seed(seed);
    world.create(aws);
    assert!(
        seen(aws, &world).is_empty(),
        "seed {seed}: a fresh world is straight"
    );

    let all = world.resources();
    let first = world.bend(aws, &mut rng);
    assert!(!first.is_empty() && first.len() <= all / 3, "seed {seed}");
    assert_eq!(
        seen(aws, &world),
        expected(&first),
        "seed {seed}: first bend"
    );

    let second = world.bend_some(aws, &mut rng, all);
    assert_eq!(
        first.len() + second.len(),
        all,
        "seed {seed}: the rest is bent, each once"
    );
    assert_eq!(
        seen(aws, &world),
        expected(&world.drift()),
        "seed {seed}: everything bent"
    );

    world.mend(aws);
    assert!(world.drift().is_empty());
    assert_eq!(seen(aws, &world), expected(&[]), "seed {seed}: mended");
}

#[test]
fn the_emulator_sees_exactly_what_was_bent_and_nothing_once_mended() {
    let emulator = Emulator::start();
    for seed in 1..=12 {
        bend_and_mend(&emulator.aws(), seed);
    }
}

#[test]
fn a_world_follows_from_its_seed() {
    let world = World::random(7, 10, "eu-west-1");
    assert_eq!(world.stacks, World::random(7, 10, "eu-west-1").stacks);
    assert_ne!(world.stacks, World::random(8, 10, "eu-west-1").stacks);
}

#[test]
fn what_is_bent_follows_from_the_seed() {
    let drift = || {
        let emulator = Emulator::start();
        let mut world = World::random(3, 2, "eu-west-1");
        world.create(&emulator.aws());
        world.bend_some(&emulator.aws(), &mut fastrand::Rng::with_seed(5), 6)
    };
    assert_eq!(drift(), drift());
}

#[test]
fn a_world_of_any_size_has_every_kind_and_unique_names() {
    for stacks in [1, 2, 10, 200] {
        let world = World::random(11, stacks, "eu-west-1");
        assert_eq!(world.stacks.len(), stacks);
        let resources = || world.stacks.iter().flat_map(|stack| &stack.resources);
        let kinds: HashSet<Kind> = resources().map(|resource| resource.kind).collect();
        assert_eq!(kinds.len(), Kind::ALL.len(), "{stacks} stacks");
        let names: HashSet<_> = resources().map(|resource| &resource.name).collect();
        assert_eq!(names.len(), world.resources(), "{stacks} stacks");
        let stacks: HashSet<_> = world.stacks.iter().map(|stack| &stack.name).collect();
        assert_eq!(stacks.len(), world.stacks.len());
        for stack in &world.stacks {
            let template = stack.template();
            let listed: &Map<String, Value> = template["Resources"].as_object().unwrap();
            assert_eq!(
                listed.len(),
                stack.resources.len(),
                "no logical id twice in {}",
                stack.name
            );
            assert!(!listed.is_empty());
        }
    }
}
