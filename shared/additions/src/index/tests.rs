use domain::testing::{MemoryStore, block_on};
use serde_json::json;

use super::*;
use crate::harness::{ACCOUNT, REGION, said};

fn stack(region: &str, name: &str) -> StackId {
    StackId::parse(&format!(
        "arn:aws:cloudformation:{region}:{ACCOUNT}:stack/{name}/guid"
    ))
    .unwrap()
}

fn summary(region: &str, name: &str, status: &str, changed_at: Option<&str>) -> StackSummary {
    StackSummary {
        id: stack(region, name),
        status: status.to_owned(),
        root: None,
        drift_checked_at: None,
        changed_at: changed_at.map(|it| it.parse().unwrap()),
    }
}

const BEFORE: Option<&str> = Some("2026-11-24T05:59:59Z");
const AT: &str = "2026-11-24T06:00:00Z";

fn policies() -> [Declared; 2] {
    [
        said(
            "AWS::IAM::Policy",
            "p",
            json!({"PolicyName": "x", "Roles": ["web"]}),
        ),
        said(
            "AWS::IAM::Role",
            "own",
            json!({"Policies": [{"PolicyName": "inline"}]}),
        ),
    ]
}

fn looked_at(store: &MemoryStore, id: &StackId) {
    let write = put(id, AT.parse().unwrap(), &policies()).unwrap();
    block_on(store.write(&[write])).unwrap();
}

fn counts(others: &Others) -> (usize, bool, bool) {
    (
        others.claims(Kind::Role, REGION).count(),
        others.is_undecided(Kind::Role, REGION),
        others.is_undecided(Kind::Key, REGION),
    )
}

#[test]
fn what_a_stack_declares_is_kept_by_account_region_and_name() {
    let store = MemoryStore::new();
    let id = stack(REGION, "shop");
    looked_at(&store, &id);
    looked_at(&store, &id);
    let items = store.all_items();
    assert_eq!(items.len(), 1);
    assert_eq!(
        items[0].key,
        Key::new("DECLARES#111122223333", "eu-west-1#shop")
    );
    assert_eq!(
        items[0].body,
        json!({"lookedAt": AT, "claims": [
            {"kind": "role", "parent": "web", "item": {"property": "Policies", "fields": {"PolicyName": "x"}, "physicalId": null}}
        ]})
    );
    let records = block_on(read(&store, ACCOUNT)).unwrap();
    assert_eq!(
        (records[0].region.as_str(), records[0].stack.as_str()),
        (REGION, "shop")
    );
    assert_eq!(records[0].declares.claims.len(), 1);
    assert!(block_on(read(&store, "999999999999")).unwrap().is_empty());
    block_on(store.write(&[remove(&id)])).unwrap();
    assert!(store.all_items().is_empty());
}

#[test]
fn a_watched_stack_has_said_what_it_declares_or_is_undecided() {
    let store = MemoryStore::new();
    looked_at(&store, &stack(REGION, "shop"));
    let records = block_on(read(&store, ACCOUNT)).unwrap();
    let of = |watched: &[StackSummary]| {
        let others = Others::of(&records, None, watched);
        let any = watched.iter().any(|it| is_undecided(&records, it));
        assert_eq!(any, others.is_undecided(Kind::Role, REGION));
        counts(&others)
    };
    let shop = |status: &str, changed_at| summary(REGION, "shop", status, changed_at);
    let said = (1, false, false);
    let undecided = (0, true, true);
    assert_eq!(of(&[shop("UPDATE_COMPLETE", BEFORE)]), said);
    assert_eq!(of(&[shop("UPDATE_COMPLETE", None)]), said);
    // Changed in the second of the look or later, or being changed.
    assert_eq!(of(&[shop("UPDATE_COMPLETE", Some(AT))]), undecided);
    assert_eq!(
        of(&[shop("UPDATE_COMPLETE", Some("2026-11-24T07:00:00Z"))]),
        undecided
    );
    assert_eq!(of(&[shop("UPDATE_IN_PROGRESS", BEFORE)]), undecided);
    // Not watched any more.
    assert_eq!(of(&[]), (0, false, false));
    // Never looked at: under that name, or in that region.
    assert_eq!(
        of(&[summary(REGION, "new", "CREATE_COMPLETE", BEFORE)]),
        undecided
    );
    let elsewhere = summary("us-east-1", "shop", "CREATE_COMPLETE", BEFORE);
    assert_eq!(of(&[elsewhere]), (0, true, false));
    // It has no resources, so it declares nothing.
    for status in ["REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"] {
        assert_eq!(
            of(&[summary(REGION, "new", status, BEFORE)]),
            (0, false, false)
        );
    }
    assert_eq!(
        of(&[summary(REGION, "new", "DELETE_FAILED", BEFORE)]),
        undecided
    );
}

#[test]
fn a_look_that_knows_all_of_its_own_stack_needs_no_record_of_it() {
    let store = MemoryStore::new();
    let own = stack(REGION, "shop");
    looked_at(&store, &own);
    let records = block_on(read(&store, ACCOUNT)).unwrap();
    let watched = [summary(REGION, "shop", "UPDATE_COMPLETE", BEFORE)];
    let other = stack("us-east-1", "shop");
    let count = |own| counts(&Others::of(&records, own, &watched)).0;
    assert_eq!(count(Some(&own)), 0);
    // A look at one of its resources alone does.
    assert_eq!(count(None), 1);
    assert_eq!(count(Some(&other)), 1);
}

#[test]
fn a_record_that_cannot_be_read_is_none() {
    let store = MemoryStore::new();
    let broken = ports::Item::first(key(&stack(REGION, "shop")), &json!({"claims": 1})).unwrap();
    block_on(store.write(&[Write::Put(broken, Guard::None)])).unwrap();
    let records = block_on(read(&store, ACCOUNT)).unwrap();
    assert!(records.is_empty());
    let watched = [summary(REGION, "shop", "UPDATE_COMPLETE", BEFORE)];
    assert_eq!(
        counts(&Others::of(&records, None, &watched)),
        (0, true, true)
    );
}
