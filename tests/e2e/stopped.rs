//! A weekend without `publish`.

use domain::message::Outgoing;
use domain::outbox;
use domain::ports::Write;
use jiff::ToSpan as _;
use plumbline_tests::deploy::table::{Row, Table};
use serde_json::Value;

use super::support::{End, System, queue};

/// For how long it does not run: longer than the stream keeps anything.
const HOURS: i64 = 25;

#[test]
fn e2e_publish_stopped_for_25_hours_loses_nothing() {
    let names = ["shop-orders", "shop-users", "shop-stock"];
    let (system, stacks) = System::watching(&names);
    let plumbline = &system.plumbline;
    plumbline.wait_until_quiet();

    plumbline.feed("publish", false);
    names.iter().for_each(|name| system.bend(&queue(name)));
    system.scan(&stacks, End::Event);
    let table = plumbline.table();
    assert_eq!(table.outbox().len(), names.len());
    plumbline.run_schedule("clock", 1);
    assert_eq!(
        table.outbox().len(),
        names.len(),
        "they are not two minutes old"
    );
    assert_eq!(system.told(), [1, 1]);

    table.outbox().iter().for_each(|row| age(&table, row));
    plumbline.run_schedule("clock", 1);
    let told = 1 + names.len();
    plumbline.wait("the messages", || {
        (system.told() == [told, told]).then_some(())
    });
    plumbline.wait_until_quiet();
    let mut findings: Vec<String> = system.sink.posts("/hook")[1..]
        .iter()
        .map(|it| {
            it.body["finding"]["resource"]["stack"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    findings.sort();
    assert_eq!(findings, ["shop-orders", "shop-stock", "shop-users"]);

    // And whatever the stream still has when it runs again is told to nobody twice.
    plumbline.feed("publish", true);
    system.once_more();
    assert_eq!(system.told(), [told, told]);
    assert!(plumbline.count_dead_letters().is_empty());
}

/// Makes an item as old as if it had been written that long ago.
///
/// The functions' clock is this machine's and cannot be moved, so the item is: it is written anew by the same code that
/// the functions write it with, from the same message with a time that is so much earlier.
fn age(table: &Table<'_>, row: &Row) {
    let mut outgoing: Outgoing = serde_json::from_value(row.body.clone()).unwrap();
    outgoing.message.time = outgoing.message.time.checked_sub(HOURS.hours()).unwrap();
    let Ok(Write::Put(item, _)) = outbox::put(&outgoing) else {
        panic!("the outbox is filled by puts")
    };
    assert_eq!(item.key.pk, row.pk, "the same message is in the same shard");
    let body: Value = item.body;
    table.put_beside(row, &item.key.sk, &body);
    table.delete(row);
}
