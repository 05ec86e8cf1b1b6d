//! Several writers at once: one wins, the others learn of it, and nothing is lost.

use domain::finding::Finding;
use domain::ports::PortErrorKind;
use domain::record::commit_with;
use domain::unit::Unit;

use super::fixture::{Handle, Store, at_once, block_on, noted, opened, scan};

pub(super) const EACH: u64 = 60;

pub(super) async fn two_writers_of_one_finding_lose_nothing(store: Store) {
    let write = |ledger: Handle, writer| {
        let (id, by) = (
            opened("shop", "Queue").finding.id,
            format!("writer {writer}"),
        );
        for _ in 0..EACH {
            let decide = |it: Option<&Finding>| {
                Some(it.map_or_else(|| opened("shop", "Queue"), |it| noted(it, &by)))
            };
            // Sixteen conflicts in a row are rare and allowed; a lost write is not.
            while let Err(error) = block_on(commit_with(&*ledger, &id, decide)) {
                assert_eq!(error.kind, PortErrorKind::Conflict, "{error}");
            }
        }
    };
    at_once(&store, 2, write);
    let ledger = store();
    let finding = ledger.findings().await.unwrap().remove(0);
    let history = ledger.history(&finding.id).await.unwrap();
    assert_eq!((finding.version, finding.entries), (2 * EACH, 2 * EACH));
    assert!(history.iter().map(|it| it.seq).eq(1..=2 * EACH));
    // One of the two opened it; each other write is one entry of its writer.
    let of = |name: &str| {
        history
            .iter()
            .filter(|it| it.by.as_deref() == Some(name))
            .count() as u64
    };
    assert_eq!(of("writer 0") + of("writer 1"), 2 * EACH - 1);
    assert!(of("writer 0") >= EACH - 1 && of("writer 1") >= EACH - 1);
}

pub(super) async fn of_many_that_open_one_finding_at_once_one_wins(store: Store) {
    let wins = at_once(&store, 4, |ledger, _| {
        let tries = (0..30).map(|i| block_on(ledger.commit(&opened("shop", &format!("Queue{i}")))));
        tries
            .map(|it| it.map_err(|error| error.kind))
            .collect::<Vec<_>>()
    });
    for round in 0..30 {
        let results: Vec<_> = wins.iter().map(|it| it[round]).collect();
        assert_eq!(results.iter().filter(|it| it.is_ok()).count(), 1);
        assert!(
            results
                .iter()
                .all(|it| matches!(it, Ok(()) | Err(PortErrorKind::Conflict)))
        );
    }
    for finding in store().findings().await.unwrap() {
        assert_eq!(store().history(&finding.id).await.unwrap().len(), 1);
    }
}

pub(super) async fn of_many_that_close_one_look_at_once_one_wins(store: Store) {
    let wins = at_once(&store, 3, |ledger, _| {
        let unit = Unit::stack("111122223333", "eu-west-1", "shop");
        let mut written = Vec::new();
        loop {
            let generation = block_on(ledger.scan(&unit))
                .unwrap()
                .map_or(0, |it| it.generation)
                + 1;
            if generation > EACH {
                return written;
            }
            match block_on(ledger.close_look(&scan(&unit, generation), &[])) {
                Ok(()) => written.push(generation),
                Err(error) => assert_eq!(error.kind, PortErrorKind::Conflict, "{error}"),
            }
        }
    });
    let mut written = wins.concat();
    written.sort_unstable();
    assert!(
        written.into_iter().eq(1..=EACH),
        "a generation was written twice, or left out"
    );
}
