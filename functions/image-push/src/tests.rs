#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests: a broken assumption has to end the test where it broke"
)]

mod hostile;
mod recording;

use std::sync::{Arc, LazyLock};

use domain::testing::{ManualClock, MemoryStore, block_on};
use eventbridge::testing;
use serde_json::Value;

use super::*;

const NOW: &str = "2026-11-24T12:00:00Z";

/// The cases of the `events` folder with the bodies of their first records.
fn cases() -> &'static [(String, String)] {
    static CASES: LazyLock<Vec<(String, String)>> = LazyLock::new(read_cases);
    &CASES
}

fn read_cases() -> Vec<(String, String)> {
    let cases = testing::cases("image-push");
    assert!(cases.len() > 20, "{}", cases.len());
    cases
}

fn body(case: &str) -> &'static str {
    let found = cases().iter().find(|(name, _)| name == case);
    &found.expect(case).1
}

struct World {
    store: Arc<MemoryStore>,
    deps: Deps,
}

impl World {
    fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let deps = Deps {
            store: store.clone(),
            clock: Arc::new(ManualClock::at(NOW.parse().unwrap())),
        };
        Self { store, deps }
    }

    fn hear(&self, body: &str) -> Handled {
        block_on(handle(&self.deps, body))
    }

    fn hear_case(&self, case: &str) {
        assert_eq!(self.hear(body(case)), Handled::Done, "{case}");
    }

    /// The image's items, without what is remembered of the events.
    fn images(&self) -> Vec<Item> {
        let items = self.store.all_items().into_iter();
        items.filter(|it| it.key.pk.starts_with("IMG#")).collect()
    }

    fn bodies(&self) -> Vec<(Key, Value)> {
        let images = self.images().into_iter();
        images.map(|it| (it.key, it.body)).collect()
    }

    /// The state of the one image that is known.
    fn image(&self) -> ImageState {
        let images = self.images();
        let meta: Vec<&Item> = images.iter().filter(|it| it.key.sk == "META").collect();
        assert_eq!(meta.len(), 1, "{meta:?}");
        meta[0].read().unwrap()
    }

    fn copy(&self) -> RegistryCopy {
        let mut copies = self.image().copies;
        copies.remove("111122223333/eu-central-1").unwrap()
    }
}
