//! What the ledger says of the deployed clock.

use domain::message::{Audience, Kind, Message};
use domain::work::Work;
use local::SqliteLedger;

use super::super::State;
use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-11-24T06:00:00Z")
}

async fn said(store: &SqliteLedger) -> (State, String) {
    let checks = running(store, now()).await;
    assert_eq!(checks.len(), 1);
    (checks[0].state, checks[0].found.clone())
}

async fn beat(store: &SqliteLedger) {
    let beat = counter::one(counter::HEARTBEATS, &[], "x");
    store.write(&[beat]).await.unwrap();
}

#[tokio::test]
async fn how_long_ago_the_clock_ran_is_not_told_where_nothing_tells_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteLedger::open(&directory.path().join("ledger")).unwrap();
    assert_eq!(
        said(&store).await,
        (State::Fail, "it has never run".to_owned())
    );
    beat(&store).await;
    beat(&store).await;
    let (state, found) = said(&store).await;
    assert_eq!(state, State::Ok);
    assert!(
        found.starts_with("it ran 2 time(s)") && found.contains("cannot be told"),
        "{found}"
    );
}

#[tokio::test]
async fn what_waits_longest_says_for_how_long_the_clock_did_not_run() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteLedger::open(&directory.path().join("ledger")).unwrap();
    beat(&store).await;
    let work = Work::TellBaseline {
        target: "shop".to_owned(),
    };
    // What is due since a moment ago is the next run's.
    let due = timer::put(at("2026-11-24T05:58:00Z"), &work).unwrap();
    store.write(&[due]).await.unwrap();
    assert_eq!(said(&store).await.0, State::Ok);
    let due = timer::put(at("2026-11-24T05:48:00Z"), &work).unwrap();
    store.write(&[due]).await.unwrap();
    let (state, found) = said(&store).await;
    assert_eq!(state, State::Fail);
    assert!(
        found.starts_with("1 timer(s) and 0 message(s)")
            && found.ends_with("the oldest for 12 min"),
        "{found}"
    );
    let outgoing = Outgoing {
        audience: Audience::Notify,
        layer: None,
        severity: None,
        message: Message::about(
            ("config", 1),
            Kind::ConfigRefused,
            "test",
            at("2026-11-24T05:20:00Z"),
        ),
    };
    store
        .write(&[outbox::put(&outgoing).unwrap()])
        .await
        .unwrap();
    let (_, found) = said(&store).await;
    assert!(
        found.starts_with("1 timer(s) and 1 message(s)")
            && found.ends_with("the oldest for 40 min"),
        "{found}"
    );
}
