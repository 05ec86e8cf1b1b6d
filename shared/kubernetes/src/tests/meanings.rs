use proptest::prelude::*;
use serde_json::{Value, json};

use crate::base64::{decode, encode};
use crate::meaning::{Meaning, compare};
use crate::quantity::Quantity;
use crate::schema::{Document, Node};
use crate::testing::Memory;

fn equal(one: &str, other: &str) -> bool {
    let (one, other) = (Quantity::parse(one), Quantity::parse(other));
    one.is_some() && one == other
}

#[test]
fn quantities_are_equal_by_what_they_say() {
    for (one, other) in [
        ("1000m", "1"),
        ("1Gi", "1024Mi"),
        ("1Gi", "1073741824"),
        ("0.5", "500m"),
        (".5", "500m"),
        ("1e3", "1k"),
        ("1E3", "1000"),
        ("1E", "1000P"),
        ("1.5Gi", "1536Mi"),
        ("100n", "0.1u"),
        ("+1", "1.0"),
        ("-0", "0"),
        ("9007199254740993", "9007199254740993000m"),
        ("1Ei", "1152921504606846976"),
        ("5.", "5"),
        ("0Gi", "0"),
    ] {
        assert!(equal(one, other), "{one} {other}");
    }
    for (one, other) in [
        ("1", "1m"),
        ("1G", "1Gi"),
        ("-1", "1"),
        // As floats these two are one number.
        ("9007199254740993", "9007199254740992"),
        ("100", "1"),
    ] {
        assert!(!equal(one, other), "{one} {other}");
    }
    for text in [
        "", ".", "m", "1 Gi", "1g", "1.2.3", "0x1", "1e", "1Gi1", "--1",
    ] {
        assert_eq!(Quantity::parse(text), None, "{text}");
    }
}

fn widget(field: &str, one: &Value, other: &Value) -> Meaning {
    let document = wait_for_schema();
    let node = document.kind("example.org", "v1", "Widget");
    compare(one, other, &node.child("spec").child(field))
}

fn wait_for_schema() -> Document {
    use domain::ports::Cluster as _;
    let cluster = Memory::default();
    Document::new(super::wait(cluster.schema("example.org/v1")).unwrap())
}

#[test]
fn scalars_are_compared_as_their_schema_says() {
    let same = |field, one: Value, other: Value| widget(field, &one, &other) != Meaning::Different;
    assert!(same("size", json!("1Gi"), json!("1024Mi")));
    assert!(same("size", json!(1), json!("1")));
    assert!(!same("color", json!("1Gi"), json!("1024Mi")));
    assert!(!same("color", json!(1), json!("1")));
    assert!(same(
        "until",
        json!("2026-01-01T00:00:00Z"),
        json!("2026-01-01T01:00:00+01:00")
    ));
    assert!(!same(
        "color",
        json!("2026-01-01T00:00:00Z"),
        json!("2026-01-01T01:00:00+01:00")
    ));
    assert!(same("every", json!("1h30m"), json!("90m")));
    assert!(same("every", json!("1.5s"), json!("1500ms")));
    assert!(!same("every", json!("1h"), json!("1m")));
    assert!(!same("every", json!("1 hour"), json!("2 hours")));
    assert!(same("anything", json!(1), json!(1.0)));
    assert!(!same(
        "anything",
        json!(9_007_199_254_740_993_i64),
        json!(9_007_199_254_740_992_i64)
    ));
    assert!(!same("anything", json!(true), json!("true")));
    assert_eq!(
        compare(&json!(null), &json!(null), &Node::UNKNOWN),
        Meaning::Equal
    );
}

#[test]
fn base64_is_that_of_the_standard() {
    for (bytes, text) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foobar", "Zm9vYmFy"),
    ] {
        assert_eq!(encode(bytes.as_bytes()), text);
        assert_eq!(decode(text).unwrap(), bytes.as_bytes());
    }
    assert_eq!(decode("Zm9v\nYmFy\r\n").unwrap(), b"foobar");
    for text in ["Zg", "Zg=", "Z===", "Zg==Zg==", "Z!==", "Zm9-"] {
        assert_eq!(decode(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn base64_comes_back(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        prop_assert_eq!(decode(&encode(&bytes)).unwrap(), bytes);
    }

    #[test]
    fn a_quantity_is_its_number_however_it_is_scaled(number in any::<u32>()) {
        let plain = number.to_string();
        for text in [
            format!("{number}000m"), format!("{number}000000u"), format!("{number}.000"),
            format!("{number}e0"), format!("0{number}"), format!("{}0e-1", number),
        ] {
            prop_assert!(equal(&plain, &text), "{plain} {text}");
        }
        let (kibi, tebi) = (format!("{number}Ki"), format!("{number}Ti"));
        prop_assert!(equal(&kibi, &(u64::from(number) * 1024).to_string()));
        prop_assert!(equal(&tebi, &(u128::from(number) << 40).to_string()));
    }
}
