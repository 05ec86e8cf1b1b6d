//! Calls that a trail told of by itself, kept until it is known what they bent.
//!
//! Where an account has a trail, its write calls come as events within seconds,
//! mostly before the look that sees what they did. They are kept under each
//! resource that they name, for a day.

use jiff::{SignedDuration, Timestamp};

use crate::ports::{Guard, Item, Items, Key, PortError, Range, TrailCall, Write};

/// How long a call is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// The most calls that are read of one resource.
const MOST: usize = 1_000;

/// The writes that keep a call; twice the same call is kept once.
///
/// # Errors
///
/// [`crate::ports::PortErrorKind::Invalid`] where it cannot be JSON.
pub fn keep(call: &TrailCall, now: Timestamp) -> Result<Vec<Write>, PortError> {
    let until = now.checked_add(KEPT).unwrap_or(Timestamp::MAX);
    call.resources
        .iter()
        .map(|resource| {
            let key = Key::new(
                partition(&call.account, resource),
                format!("{:.3}#{}", call.at, call.id),
            );
            Ok(Write::Put(
                Item::first(key, call)?.until(until),
                Guard::None,
            ))
        })
        .collect()
}

/// The calls that were heard of a resource within a time, in no particular order.
///
/// # Errors
///
/// Whatever the items answer, and where one cannot be read.
pub async fn calls(
    items: &dyn Items,
    (account, resource): (&str, &str),
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<TrailCall>, PortError> {
    // '~' comes after '#', so that calls of this very millisecond are among them.
    let up_to = Range::UpTo(format!("{to:.3}~"));
    let found = items
        .query(&partition(account, resource), &up_to, MOST)
        .await?;
    let mut calls: Vec<TrailCall> = Vec::with_capacity(found.len());
    for item in found {
        calls.push(item.read()?);
    }
    calls.retain(|call| call.at >= from);
    Ok(calls)
}

fn partition(account: &str, resource: &str) -> String {
    format!("TRAIL#{account}#{resource}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{MemoryStore, block_on};

    fn call(second: i64, id: &str) -> TrailCall {
        TrailCall {
            id: id.to_owned(),
            at: Timestamp::from_second(1_790_000_000 + second).unwrap(),
            source: "sqs.amazonaws.com".to_owned(),
            name: "SetQueueAttributes".to_owned(),
            region: "eu-west-1".to_owned(),
            account: "111122223333".to_owned(),
            who: "alice".to_owned(),
            console: false,
            invoked_by: None,
            resources: vec!["orders".to_owned(), "https://queue/orders".to_owned()],
        }
    }

    #[test]
    fn a_call_is_found_under_each_resource_it_names_and_within_its_time() {
        let store = MemoryStore::new();
        let at = |second: i64| Timestamp::from_second(1_790_000_000 + second).unwrap();
        for it in [call(10, "a"), call(10, "a"), call(20, "b"), call(30, "c")] {
            block_on(store.write(&keep(&it, at(40)).unwrap())).unwrap();
        }
        for resource in ["orders", "https://queue/orders"] {
            let asked = calls(&store, ("111122223333", resource), (at(10), at(20)));
            let found = block_on(asked).unwrap();
            assert_eq!(found, [call(10, "a"), call(20, "b")]);
        }
        let asked = calls(&store, ("444455556666", "orders"), (at(0), at(99)));
        let other = block_on(asked).unwrap();
        assert_eq!(other, []);
    }
}
