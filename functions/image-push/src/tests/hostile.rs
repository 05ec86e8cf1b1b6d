//! Bodies that are cut, or lack something.

use super::*;

#[test]
fn a_body_cut_at_any_byte_fails_with_a_word_and_records_nothing() {
    for (case, body) in cases() {
        for cut in testing::cuts(body) {
            let (world, end) = (World::new(), cut.len());
            let Handled::Fail(reason) = world.hear(cut) else {
                panic!("{case} cut at {end} was taken");
            };
            assert!(reason.contains("ends too early"), "{case} {end}: {reason}");
            assert!(world.store.all_items().is_empty());
        }
    }
}

/// The keys without which a case fails, each with the reason.
fn needed(body: &str) -> Vec<(String, String)> {
    let whole = World::new();
    let dropped = whole.hear(body);
    let mut needed = Vec::new();
    for (pointer, rest) in testing::without_each(body) {
        let world = World::new();
        match world.hear(&rest) {
            Handled::Fail(reason) => {
                assert!(world.store.all_items().is_empty(), "{pointer}");
                needed.push((pointer, reason));
            }
            Handled::Done => {
                let keys = |world: &World| -> Vec<Key> {
                    let items = world.store.all_items().into_iter();
                    items.map(|it| it.key).collect()
                };
                // Whatever is missing, the facts are about the same thing.
                let is_failed_push = dropped != Handled::Done;
                assert!(is_failed_push || keys(&world) == keys(&whole), "{pointer}");
            }
            Handled::Drop(_) => assert!(world.store.all_items().is_empty(), "{pointer}"),
            other => panic!("{pointer}: {other:?}"),
        }
    }
    needed
}

#[test]
fn a_key_that_is_missing_is_named_or_not_needed() {
    for (case, body) in cases() {
        for (pointer, reason) in needed(body) {
            assert!(
                testing::is_named(&pointer, &reason),
                "{case} {pointer}: {reason}"
            );
        }
    }
}

#[test]
fn exactly_what_a_push_cannot_do_without_is_needed() {
    let mut keys: Vec<String> = needed(body("push")).into_iter().map(|it| it.0).collect();
    keys.sort();
    assert_eq!(
        keys,
        [
            "/account",
            "/detail",
            "/detail-type",
            "/detail/action-type",
            "/detail/image-digest",
            "/detail/repository-name",
            "/id",
            "/region",
            "/time",
        ]
    );
}
