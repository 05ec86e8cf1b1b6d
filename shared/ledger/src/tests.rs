//! What needs no table; everything else is in the contract suite.

use aws_sdk_dynamodb::types::CancellationReason;
use domain::identity::{FindingId, Identity};
use domain::ports::{Item, Key, PortErrorKind};
use domain::unit::Unit;
use jiff::Timestamp;
use serde_json::json;

use crate::keys;
use crate::refusal::{Refused, cancelled, is_about_size};
use crate::rows;

fn id() -> FindingId {
    Identity::stack_resource("111122223333", "eu-west-1", "shop", "Queue").id()
}

#[test]
fn the_history_is_in_order_however_long_it_is() {
    let places: Vec<String> = [1, 9, 10, 99, 1_000_000_000, 9_999_999_999]
        .map(|seq| keys::entry(&id(), seq).sk)
        .into();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn what_belongs_to_the_findings_is_told_from_what_stands_beside_it() {
    let unit = Unit::stack("111122223333", "eu-west-1", "shop");
    for own in [
        keys::finding(&unit, &id()),
        keys::scan(&unit),
        keys::pointer(&id()),
        keys::entry(&id(), 1),
        keys::listed_unit(&unit),
        keys::listed_id(&id()),
    ] {
        assert!(keys::is_of_findings(&own), "{own:?}");
    }
    for item in [
        Key::new(unit.key(), "LEASE"),
        Key::new(keys::by_id(&id()), "INC"),
        Key::new("OUTBOX#0", "01"),
        Key::new("CONFIG", "H#hash"),
        Key::new("INC#i-0", "META"),
        Key::new("SVC#production#shop", "SCAN"),
    ] {
        assert!(!keys::is_of_findings(&item), "{item:?}");
    }
}

#[test]
fn an_expiry_is_never_before_its_time_and_comes_back_to_the_nanosecond() {
    for (second, nanosecond, expires) in [
        (10, 0, "10"),
        (10, 1, "11"),
        (10, 999_999_999, "11"),
        (-10, -1, "-10"),
        (0, 0, "0"),
    ] {
        let at = Timestamp::new(second, nanosecond).unwrap();
        let item = Item::first(Key::new("P", "S"), &json!([]))
            .unwrap()
            .until(at);
        let row = rows::of_item(&item).unwrap();
        assert_eq!(row[keys::EXPIRES].as_n().unwrap(), expires);
        assert_eq!(rows::item(&row).unwrap(), item);
    }
}

fn reason(code: &str, message: &str) -> CancellationReason {
    CancellationReason::builder()
        .code(code)
        .message(message)
        .build()
}

#[test]
fn the_gravest_reason_decides_what_a_cancelled_transaction_means() {
    let large = "Item size to update has exceeded the maximum allowed size";
    for (reasons, kind) in [
        (
            vec![reason("ValidationError", large)],
            PortErrorKind::TooLarge,
        ),
        (
            vec![reason("ValidationError", "wrong type")],
            PortErrorKind::Invalid,
        ),
        (
            vec![reason("AccessDenied", ""), reason("None", "")],
            PortErrorKind::Denied,
        ),
        (
            vec![reason("ThrottlingError", ""), reason("Unheard", "of")],
            PortErrorKind::Invalid,
        ),
    ] {
        let refused = cancelled("dynamodb:TransactWriteItems", &reasons);
        let Refused::Failed(error) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(error.kind, kind, "{error}");
    }
    let refused = cancelled("dynamodb:TransactWriteItems", &[]);
    assert!(matches!(refused, Refused::Busy(_)), "{refused:?}");
}

#[test]
fn size_is_told_by_the_words_of_the_service() {
    for message in [
        "Item size has exceeded the maximum allowed size",
        "Transaction request exceeds the 4MB transaction size limit",
        "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes",
    ] {
        assert!(is_about_size(message), "{message}");
    }
    assert!(!is_about_size(
        "One or more parameter values were invalid: Missing the key PK in the item"
    ));
}
