//! What only the deployed ledger promises: its keys and index, its limits, its words.

use domain::difference::Difference;
use domain::finding::{Event, Finding, MOST_DIFFERENCES};
use domain::life::{self, Moment};
use domain::ports::{Guard, Items as _, Key, Ledger as _, PortErrorKind, Range, Write};
use domain::record::commit_with;
use domain::severity::Severity;
use domain::unit::Unit;
use ledger::DynamoLedger;
use plumbline_tests::proxy::{Fault, Rule};
use serde_json::{Value, json};

use super::deployed::{Deployed, TABLE, access};
use super::fixture::{
    at, block_on, difference, item, key, moment, noted, opened, put, refused, scan, sighting,
};

fn keyed(pk: &str, sk: &str) -> Value {
    json!({"PK": {"S": pk}, "SK": {"S": sk}})
}

/// A row as DynamoDB has it.
fn raw(deployed: &Deployed, key: &Key) -> Value {
    let request =
        json!({"TableName": TABLE, "Key": keyed(&key.pk, &key.sk), "ConsistentRead": true});
    deployed.call("GetItem", &request)["Item"].clone()
}

#[test]
fn everything_stands_under_the_keys_of_the_design() {
    let deployed = Deployed::start();
    let ledger = deployed.open();
    let finding = opened("shop", "Queue");
    let (id, pk) = (
        &finding.finding.id,
        "UNIT#cloudformation#111122223333#eu-west-1#shop",
    );
    block_on(async {
        ledger.commit(&finding).await.unwrap();
        ledger
            .close_look(&scan(&finding.finding.unit, 1), &[])
            .await
            .unwrap();
        ledger.write(&[Write::Add(key("count"), 5)]).await.unwrap();
        let expiring = item("A", json!({"a": 1})).until(at(5));
        ledger
            .write(&[Write::Put(expiring, Guard::None)])
            .await
            .unwrap();
    });
    let all = deployed.call(
        "Scan",
        &json!({"TableName": TABLE, "ProjectionExpression": "PK, SK"}),
    );
    let mut keys: Vec<(String, String)> = all["Items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            ["PK", "SK"]
                .map(|name| it[name]["S"].as_str().unwrap().to_owned())
                .into()
        })
        .collect();
    keys.sort();
    let by_id = format!("FIND#{id}");
    let mut expected = [
        (by_id.as_str(), "H#0000000001"),
        (by_id.as_str(), "META"),
        ("FINDINGS", id.as_str()),
        ("TEST#1", "A"),
        ("TEST#1", "count"),
        (pk, "SCAN"),
        (pk, &format!("FINDING#{id}")),
        ("UNITS", pk),
    ]
    .map(|(pk, sk)| (pk.to_owned(), sk.to_owned()));
    expected.sort();
    assert_eq!(keys, expected);
    let row = raw(&deployed, &Key::new(pk, format!("FINDING#{id}")));
    assert_eq!(row["version"], json!({"N": "1"}));
    assert_eq!(row["GSI1PK"], json!({"S": "OPEN#"}));
    let body: Finding = serde_json::from_str(row["body"]["S"].as_str().unwrap()).unwrap();
    assert_eq!(body, finding.finding);
    assert_eq!(raw(&deployed, &key("count"))["n"], json!({"N": "5"}));
    // The TTL is in whole seconds, and not before the time.
    let expires = (at(5).as_second() + 1).to_string();
    assert_eq!(raw(&deployed, &key("A"))["expires"], json!({"N": expires}));
}

#[test]
fn the_index_lists_open_findings_the_worst_first() {
    let deployed = Deployed::start();
    let ledger = deployed.open();
    let open = |name: &str, severity, second, environment| {
        let mut seen = sighting("shop", name);
        seen.severity = severity;
        let moment = Moment {
            environment,
            ..moment(second)
        };
        let decision = life::opened(&seen, moment);
        block_on(ledger.commit(&decision)).unwrap();
        decision.finding
    };
    let all = [
        open("Low", Severity::Low, 0, "production"),
        open("Late", Severity::High, 9, "production"),
        open("Critical", Severity::Critical, 9, "production"),
        open("Medium", Severity::Medium, 0, "production"),
        open("Early", Severity::High, 1, "production"),
        open("Other", Severity::Critical, 0, "staging"),
    ];
    let listed = |environment| -> Vec<String> {
        let found = block_on(ledger.open_findings(environment)).unwrap();
        found.into_iter().map(|it| it.resource.name).collect()
    };
    assert_eq!(
        listed("production"),
        ["Critical", "Early", "Late", "Medium", "Low"]
    );
    assert_eq!(listed("staging"), ["Other"]);
    let close = |it: Option<&Finding>| life::not_seen(it?, moment(20));
    let closed = block_on(commit_with(&ledger, &all[2].id, close)).unwrap();
    assert!(closed.unwrap().closed.is_some());
    assert_eq!(listed("production"), ["Early", "Late", "Medium", "Low"]);
    let seen = sighting("shop", "Critical");
    let again = |it: Option<&Finding>| life::seen(it, &seen, moment(30));
    block_on(commit_with(&ledger, &all[2].id, again)).unwrap();
    assert_eq!(listed(""), ["Critical"]);
}

#[test]
fn lists_are_queries_and_every_read_is_consistent() {
    let deployed = Deployed::start();
    let ledger = deployed.through_proxy();
    let first = opened("shop", "Queue");
    let (unit, id) = (first.finding.unit.clone(), first.finding.id.clone());
    block_on(async {
        ledger.commit(&first).await.unwrap();
        ledger.commit(&noted(&first.finding, "ana")).await.unwrap();
        ledger.close_look(&scan(&unit, 1), &[]).await.unwrap();
        assert_eq!(ledger.units().await.unwrap(), std::slice::from_ref(&unit));
        assert_eq!(ledger.findings().await.unwrap().len(), 1);
        assert_eq!(
            ledger.ids("f-", 9).await.unwrap(),
            std::slice::from_ref(&id)
        );
        assert_eq!(ledger.history(&id).await.unwrap().len(), 2);
        assert!(ledger.finding(&id).await.unwrap().is_some());
        assert!(ledger.scan(&unit).await.unwrap().is_some());
        assert_eq!(ledger.get(&key("A")).await.unwrap(), None);
        assert_eq!(ledger.query("TEST#1", &Range::All, 9).await.unwrap(), []);
    });
    let reads = ["GetItem", "Query"];
    let requests = deployed.proxy.requests();
    for request in requests
        .iter()
        .filter(|it| reads.contains(&it.action.as_str()))
    {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        assert_eq!(body["ConsistentRead"], json!(true), "{}", request.body);
    }
    let others = [reads.as_slice(), &["TransactWriteItems"]].concat();
    let unexpected = requests
        .iter()
        .find(|it| !others.contains(&it.action.as_str()));
    assert_eq!(unexpected, None);
}

#[test]
fn a_single_write_is_a_single_call_unless_that_could_count_twice() {
    let deployed = Deployed::start();
    let ledger = deployed.through_proxy();
    let writes = [
        (put("A", json!(1)), "PutItem"),
        (
            Write::Put(item("A", json!(2)), Guard::Version(1)),
            "PutItem",
        ),
        (
            Write::Delete(key("A"), Guard::Version(1)),
            "TransactWriteItems",
        ),
        (Write::Delete(key("A"), Guard::None), "DeleteItem"),
        (Write::Add(key("A"), 1), "TransactWriteItems"),
    ];
    for (write, call) in writes {
        deployed.proxy.forget();
        block_on(ledger.write(std::slice::from_ref(&write))).unwrap();
        let calls: Vec<String> = deployed
            .proxy
            .requests()
            .into_iter()
            .map(|it| it.action)
            .collect();
        assert_eq!(calls, [call], "{write:?}");
    }
}

/// A queue with that many differences of four hundred bytes, and the value of the last of them.
fn large(many: usize, last: &str) -> Vec<Difference> {
    let value = |it: usize| match it + 1 == many {
        true => json!(last),
        false => json!("é".repeat(200)),
    };
    (0..many)
        .map(|it| difference(&format!("/P{it:04}"), Some(value(it)), Some(json!(it))))
        .collect()
}

#[test]
fn differences_beyond_the_limit_are_cut_and_judged_by_the_whole() {
    let deployed = Deployed::start();
    let ledger = deployed.open();
    let see = |last: &str, second| {
        let mut seen = sighting("shop", "Queue");
        seen.differences = large(2_000, last);
        let decide = |it: Option<&Finding>| life::seen(it, &seen, moment(second));
        block_on(commit_with(&ledger, &seen.identity.id(), decide))
            .unwrap()
            .unwrap()
    };
    let whole = see("same", 0);
    assert_eq!((whole.differences.len(), whole.cut.as_ref()), (2_000, None));
    let stored = block_on(ledger.finding(&whole.id)).unwrap().unwrap();
    assert_eq!(stored, whole.cut_to(MOST_DIFFERENCES));
    assert_eq!(stored.cut.as_ref().map(|it| it.differences), Some(2_000));
    assert!(stored.differences.len() < 200);
    let events = || -> Vec<Event> {
        let history = block_on(ledger.history(&whole.id)).unwrap();
        history.into_iter().map(|it| it.event).collect()
    };
    see("same", 10);
    assert_eq!(events(), [Event::Opened]);
    // One that is not among those kept.
    see("other", 20);
    assert_eq!(events(), [Event::Opened, Event::Changed]);
}

#[test]
fn a_unit_that_lost_its_last_finding_is_no_longer_listed_until_it_has_one() {
    let deployed = Deployed::start();
    let ledger = deployed.open();
    let unit = |name: &str| Unit::stack("111122223333", "eu-west-1", name);
    let see = |stack: &str, second| {
        let mut seen = sighting("shop", "Queue");
        seen.unit = unit(stack);
        let decide = |it: Option<&Finding>| life::seen(it, &seen, moment(second));
        block_on(commit_with(&ledger, &seen.identity.id(), decide)).unwrap();
    };
    let units = || block_on(ledger.units()).unwrap();
    see("one", 0);
    see("two", 10);
    assert_eq!(units(), [unit("two")]);
    see("one", 20);
    assert_eq!(units(), [unit("one")]);
    block_on(ledger.close_look(&scan(&unit("two"), 1), &[])).unwrap();
    assert_eq!(units(), [unit("one"), unit("two")]);
    see("two", 30);
    assert_eq!(units(), [unit("two")]);
    assert_eq!(block_on(ledger.findings()).unwrap().len(), 1);
}

#[test]
fn what_is_too_large_for_an_item_is_said_so() {
    let ledger = Deployed::start();
    let ledger = &ledger.open();
    let large = || put("A", json!("x".repeat(450_000)));
    refused(block_on(ledger.write(&[large()])), PortErrorKind::TooLarge);
    refused(
        block_on(ledger.write(&[large(), put("B", json!(1))])),
        PortErrorKind::TooLarge,
    );
    assert_eq!(
        block_on(ledger.query("TEST#1", &Range::All, 9)).unwrap(),
        []
    );
}

#[test]
fn a_damaged_row_is_named_by_its_key_and_shows_no_value() {
    let deployed = Deployed::start();
    let ledger = deployed.open();
    let decision = opened("shop", "Queue");
    let (unit, id) = (decision.finding.unit.clone(), decision.finding.id.clone());
    block_on(ledger.commit(&decision)).unwrap();
    let damages = [
        json!({"version": {"N": "1"}, "body": {"S": "{\"hunter2\": hunter2"}}),
        json!({"version": {"N": "1"}, "body": {"N": "1"}}),
        json!({"version": {"S": "hunter2"}, "body": {"S": "{}"}}),
        json!({"version": {"N": "1.5"}, "n": {"N": "1"}}),
        json!({"version": {"N": "1"}, "body": {"S": "1"}, "expires": {"S": "hunter2"}}),
        json!({"version": {"N": "1"}, "body": {"S": "1"}, "expiresAt": {"S": "hunter2"}}),
        json!({"version": {"N": "1"}, "n": {"N": "-1"}}),
    ];
    let damage = |key: &Key, damage: &Value| {
        let mut row = keyed(&key.pk, &key.sk);
        row.as_object_mut()
            .unwrap()
            .extend(damage.as_object().unwrap().clone());
        deployed.call("PutItem", &json!({"TableName": TABLE, "Item": row}));
    };
    let named = |error: domain::ports::PortError, key: &Key| {
        let text = error.to_string();
        assert_eq!(error.kind, PortErrorKind::Invalid, "{text}");
        assert!(text.contains(&key.pk) && text.contains(&key.sk), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    };
    for it in &damages {
        damage(&key("A"), it);
        named(block_on(ledger.get(&key("A"))).unwrap_err(), &key("A"));
        let query = block_on(ledger.query("TEST#1", &Range::All, 9));
        named(query.unwrap_err(), &key("A"));
    }
    let at = Key::new(unit.key(), format!("FINDING#{id}"));
    damage(&at, &damages[0]);
    named(block_on(ledger.finding(&id)).unwrap_err(), &at);
    named(block_on(ledger.unit_findings(&unit)).unwrap_err(), &at);
    // A pointer to what is not there.
    let delete = json!({"TableName": TABLE, "Key": keyed(&at.pk, &at.sk)});
    deployed.call("DeleteItem", &delete);
    let pointer = Key::new(format!("FIND#{id}"), "META");
    named(block_on(ledger.finding(&id)).unwrap_err(), &pointer);
}

#[test]
fn a_table_that_is_not_there_is_named_with_what_to_check() {
    let emulator = plumbline_tests::emulator::Emulator::start();
    let ledger = DynamoLedger::new(&access(emulator.endpoint()), "elsewhere");
    let errors = block_on(async {
        [
            ledger.get(&key("A")).await.unwrap_err(),
            ledger.units().await.unwrap_err(),
            ledger.write(&[put("A", json!(1))]).await.unwrap_err(),
            ledger.commit(&opened("shop", "Queue")).await.unwrap_err(),
        ]
    });
    for error in errors {
        assert_eq!(error.kind, PortErrorKind::NotFound, "{error}");
        let text = error.to_string();
        assert!(
            text.contains("`elsewhere`") && text.contains("check the table's name"),
            "{text}"
        );
    }
}

#[test]
fn a_finding_that_moves_between_two_reads_is_found() {
    let deployed = Deployed::start();
    let first = opened("shop", "Queue");
    let direct = deployed.open();
    block_on(direct.commit(&first)).unwrap();
    let mut seen = sighting("shop", "Queue");
    seen.unit = Unit::stack("111122223333", "eu-west-1", "other");
    let moved = life::seen(Some(&first.finding), &seen, moment(2)).unwrap();
    block_on(direct.commit(&moved)).unwrap();
    // The pointer is read once as it was before the move.
    let rule = Rule::new(Fault::rewrite(|answer| answer.replace("other", "shop")))
        .action("GetItem")
        .containing("META")
        .nth(1);
    deployed.proxy.set([rule]);
    let found = block_on(deployed.through_proxy().finding(&first.finding.id)).unwrap();
    assert_eq!(found, Some(moved.finding));
    assert_eq!(deployed.proxy.count("GetItem"), 4);
}
