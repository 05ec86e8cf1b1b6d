//! The deployed ledger where DynamoDB or the network fails: what is written is exact all the same.

use std::sync::Arc;

use domain::ports::{Guard, Items as _, Ledger as _, PortErrorKind, Write, replace};
use domain::record::commit_with;
use domain::slot::{self, Limit};
use domain::{life, once};
use plumbline_tests::proxy::{Exchange, Fault, Rule};
use serde_json::{Value, json};

use super::deployed::Deployed;
use super::fixture::{
    Handle, Store, at, at_once, block_on, item, key, moment, noted, opened, put, refused, scan,
    sighting,
};

const WRITES: [&str; 4] = ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"];

/// Of each kind of write the second, the fourth, …: its repetition goes through.
fn every_second(fault: &Fault) -> Vec<Rule> {
    let rule = |action: &&str| Rule::new(fault.clone()).action(action).every_nth(2);
    WRITES.iter().map(rule).collect()
}

/// A transaction that was cancelled for these reasons.
fn cancelled(reasons: &[&str]) -> Fault {
    let reasons: Vec<_> = reasons.iter().map(|it| json!({"Code": it})).collect();
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
        "CancellationReasons": reasons,
    });
    Fault::Answer {
        status: 400,
        body: body.to_string(),
    }
}

/// Everything that is written once must be there once, and each write must be answered with success.
fn all_is_exact(fault: &Fault) {
    let deployed = Deployed::start();
    deployed.proxy.set(every_second(fault));
    block_on(async {
        let ledger = deployed.through_proxy();
        let mut stored = None;
        for version in 1..=6 {
            let write = replace(&key("A"), stored.as_ref(), &"always the same").unwrap();
            ledger.write(&[write]).await.unwrap();
            stored = ledger.get(&key("A")).await.unwrap();
            assert_eq!(stored.as_ref().map(|it| it.version), Some(version));
            ledger.write(&[Write::Add(key("alone"), 1)]).await.unwrap();
            let writes = [Write::Add(key("among"), 1), put("x", json!(version))];
            ledger.write(&writes).await.unwrap();
        }
        for (name, counted) in [("alone", 6), ("among", 6)] {
            let stored = ledger.get(&key(name)).await.unwrap().unwrap();
            assert_eq!(stored.body, json!({ "n": counted }), "{name}");
        }
        for round in 0..4 {
            let event = once::key("test", &round.to_string());
            let remember = || once::remember(event.clone(), &"facts", at(0)).unwrap();
            assert!(once::first_time(&ledger, remember(), vec![]).await.unwrap());
            // The very same bytes from somebody else are not ours.
            assert!(!once::first_time(&ledger, remember(), vec![]).await.unwrap());
            let lease = Write::Put(item("lease", json!("x")), Guard::Absent);
            ledger.write(std::slice::from_ref(&lease)).await.unwrap();
            refused(ledger.write(&[lease]).await, PortErrorKind::Conflict);
            let release = Write::Delete(key("lease"), Guard::Version(1));
            ledger.write(&[release]).await.unwrap();
            ledger
                .write(&[Write::Delete(key("x"), Guard::None)])
                .await
                .unwrap();
        }
        let limit = Limit::detections("111122223333", "eu-west-1");
        for expected in 0..4 {
            let slots = slot::reserve(&ledger, limit, 20, at(0)).await.unwrap();
            assert_eq!(slots.at(0), at(expected));
        }
        let mut decision = opened("shop", "Queue");
        ledger.commit(&decision).await.unwrap();
        for _ in 0..3 {
            decision = noted(&decision.finding, "ana");
            ledger.commit(&decision).await.unwrap();
        }
        let (unit, id) = (&decision.finding.unit, &decision.finding.id);
        for generation in 1..=4 {
            ledger
                .close_look(&scan(unit, generation), &[])
                .await
                .unwrap();
        }
        assert_eq!(ledger.history(id).await.unwrap().len(), 4);
        assert_eq!(ledger.finding(id).await.unwrap().unwrap(), decision.finding);
    });
    let faults = deployed.proxy.requests();
    let faults = faults.iter().filter(|it| it.fault.is_some()).count();
    assert!(faults > 20, "only {faults} faults");
}

#[test]
fn answers_that_are_lost_after_the_write_change_nothing() {
    all_is_exact(&Fault::Lose);
}

#[test]
fn answers_that_are_cut_change_nothing() {
    all_is_exact(&Fault::CutMidBody);
}

#[test]
fn failures_of_the_service_change_nothing() {
    all_is_exact(&Fault::ServerError(500));
    all_is_exact(&Fault::ServerError(503));
}

#[test]
fn throttling_changes_nothing() {
    let code = "ProvisionedThroughputExceededException";
    all_is_exact(&Fault::error(
        code,
        "The level of configured provisioned throughput was exceeded",
        400,
    ));
}

#[test]
fn a_transaction_that_met_another_is_tried_again_a_few_times() {
    let deployed = Deployed::start();
    let ledger = deployed.through_proxy();
    let count = [Write::Add(key("count"), 1)];
    let write = || block_on(ledger.write(&count));
    for reasons in [
        ["TransactionConflict", "None"],
        ["None", "ThrottlingError"],
        ["ProvisionedThroughputExceeded", "TransactionConflict"],
    ] {
        deployed
            .proxy
            .set([Rule::new(cancelled(&reasons)).first(3)]);
        deployed.proxy.forget();
        write().unwrap();
        assert_eq!(deployed.proxy.count("TransactWriteItems"), 4);
        let tokens = deployed.proxy.requests();
        let token = |it: &Exchange| {
            let body: Value = serde_json::from_str(&it.body).unwrap();
            body["ClientRequestToken"].as_str().unwrap().to_owned()
        };
        assert!(tokens.iter().all(|it| token(it) == token(&tokens[0])));
    }
    let stored = block_on(ledger.get(&key("count"))).unwrap().unwrap();
    assert_eq!(stored.body, json!({"n": 3}));
    for (reasons, kind) in [
        (["TransactionConflict", "None"], PortErrorKind::Conflict),
        (
            ["ThrottlingError", "TransactionConflict"],
            PortErrorKind::Throttled,
        ),
    ] {
        deployed.proxy.set([Rule::new(cancelled(&reasons))]);
        deployed.proxy.forget();
        refused(write(), kind);
        assert_eq!(deployed.proxy.count("TransactWriteItems"), 7);
    }
    // What can never go is not tried again.
    for (reasons, kind) in [
        (
            ["ConditionalCheckFailed", "TransactionConflict"],
            PortErrorKind::Conflict,
        ),
        (
            ["TransactionConflict", "ValidationError"],
            PortErrorKind::Invalid,
        ),
        (
            ["ItemCollectionSizeLimitExceeded", "ThrottlingError"],
            PortErrorKind::TooLarge,
        ),
    ] {
        deployed.proxy.set([Rule::new(cancelled(&reasons))]);
        deployed.proxy.forget();
        refused(write(), kind);
        assert_eq!(deployed.proxy.count("TransactWriteItems"), 1);
    }
}

#[test]
fn a_single_write_that_met_a_transaction_is_tried_again() {
    let deployed = Deployed::start();
    let ledger = deployed.through_proxy();
    let conflict = Fault::error(
        "TransactionConflictException",
        "Transaction is ongoing for the item",
        400,
    );
    let first = Write::Put(item("A", json!(1)), Guard::Absent);
    deployed.proxy.set([Rule::new(conflict.clone()).first(3)]);
    block_on(ledger.write(&[first])).unwrap();
    deployed.proxy.set([Rule::new(conflict.clone()).first(3)]);
    block_on(ledger.write(&[Write::Delete(key("A"), Guard::None)])).unwrap();
    deployed.proxy.set([Rule::new(conflict)]);
    refused(
        block_on(ledger.write(&[put("A", json!(2))])),
        PortErrorKind::Conflict,
    );
    deployed.proxy.clear();
    assert_eq!(block_on(ledger.get(&key("A"))).unwrap(), None);
}

#[test]
fn what_does_not_get_better_is_said_as_what_it_is() {
    let deployed = Deployed::start();
    let ledger = deployed.through_proxy();
    let code = |code: &str, status| Fault::error(code, "the words of the service", status);
    for (fault, kind) in [
        (Fault::ServerError(500), PortErrorKind::Unavailable),
        (Fault::Reset, PortErrorKind::Unavailable),
        (code("ThrottlingException", 400), PortErrorKind::Throttled),
        (
            code("ProvisionedThroughputExceededException", 400),
            PortErrorKind::Throttled,
        ),
        (code("AccessDeniedException", 400), PortErrorKind::Denied),
        (code("ValidationException", 400), PortErrorKind::Invalid),
        (
            code("ItemCollectionSizeLimitExceededException", 400),
            PortErrorKind::TooLarge,
        ),
        (
            code("ResourceNotFoundException", 400),
            PortErrorKind::NotFound,
        ),
    ] {
        let name = format!("{fault:?} {kind:?}");
        deployed.proxy.set([Rule::new(fault)]);
        let (place, all) = (key("A"), domain::ports::Range::All);
        let errors = block_on(async {
            [
                ledger.get(&place).await.unwrap_err(),
                ledger.query("TEST#1", &all, 1).await.unwrap_err(),
                ledger.write(&[put("A", json!(1))]).await.unwrap_err(),
                ledger
                    .write(&[Write::Add(place.clone(), 1)])
                    .await
                    .unwrap_err(),
                ledger
                    .write(&[Write::Delete(place, Guard::None)])
                    .await
                    .unwrap_err(),
                ledger.commit(&opened("shop", "Queue")).await.unwrap_err(),
            ]
        });
        for error in errors {
            assert_eq!(error.kind, kind, "{name}: {error}");
            assert!(error.op.starts_with("dynamodb:"), "{error}");
        }
    }
}

#[test]
fn many_writers_through_a_bad_network_lose_nothing() {
    let deployed = Arc::new(Deployed::start());
    let of_each = |fault: &Fault, nth| {
        let rule = |action: &&str| Rule::new(fault.clone()).action(action).every_nth(nth);
        WRITES.iter().map(rule).collect::<Vec<Rule>>()
    };
    let conflict = cancelled(&["TransactionConflict"]);
    let mut rules = of_each(&Fault::Lose, 5);
    rules.extend(of_each(&Fault::ServerError(500), 7));
    rules.push(
        Rule::new(conflict)
            .action("TransactWriteItems")
            .every_nth(11),
    );
    deployed.proxy.set(rules);
    let store: Store = {
        let deployed = Arc::clone(&deployed);
        Arc::new(move || Arc::new(deployed.through_proxy()) as Handle)
    };
    at_once(&store, 3, |ledger: Handle, writer| {
        let id = opened("shop", "Queue").finding.id;
        for _ in 0..12 {
            let decide = |it: Option<&domain::finding::Finding>| {
                let mut decision = match it {
                    None => life::opened(&sighting("shop", "Queue"), moment(0)),
                    Some(it) => noted(it, &format!("writer {writer}")),
                };
                decision.also = vec![Write::Add(key("count"), 1)];
                Some(decision)
            };
            while let Err(error) = block_on(commit_with(&*ledger, &id, decide)) {
                assert_eq!(error.kind, PortErrorKind::Conflict, "{error}");
            }
        }
    });
    deployed.proxy.clear();
    let ledger = deployed.open();
    let finding = block_on(ledger.finding(&opened("shop", "Queue").finding.id))
        .unwrap()
        .unwrap();
    let history = block_on(ledger.history(&finding.id)).unwrap();
    let count = block_on(ledger.get(&key("count"))).unwrap().unwrap();
    assert_eq!((finding.version, history.len()), (36, 36));
    assert_eq!(count.body, json!({"n": 36}));
}
