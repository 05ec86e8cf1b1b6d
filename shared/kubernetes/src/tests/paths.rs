use proptest::prelude::*;
use serde_json::{Value, json};

use crate::path::{Path, Segment};

fn item(keys: &[(&str, Value)]) -> Segment {
    let keys = keys.iter();
    Segment::Item(
        keys.map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
    )
}

fn key(key: &str) -> Segment {
    Segment::Key(key.to_owned())
}

#[test]
fn paths_are_written_as_the_contract_says() {
    let written = |segments: &[Segment]| Path(segments.to_vec()).to_string();
    for (segments, path) in [
        (vec![], ""),
        (vec![key("spec"), key("replicas")], "/spec/replicas"),
        (
            vec![key("metadata"), key("annotations"), key("a.b/c~d")],
            "/metadata/annotations/a.b~1c~0d",
        ),
        (
            vec![
                key("containers"),
                item(&[("name", json!("app"))]),
                key("image"),
            ],
            "/containers[name=app]/image",
        ),
        (
            vec![
                key("ports"),
                item(&[("port", json!(80)), ("protocol", json!("TCP"))]),
            ],
            "/ports[port=80,protocol=TCP]",
        ),
        (
            vec![key("finalizers"), Segment::Member(json!("x"))],
            "/finalizers[=x]",
        ),
        (
            vec![key("finalizers"), Segment::Member(json!("a.io/b"))],
            "/finalizers[=\"a.io/b\"]",
        ),
        (
            vec![key("rules"), Segment::Index(0), key("verbs")],
            "/rules/0/verbs",
        ),
        (
            vec![key("env"), item(&[("name", json!("80"))])],
            "/env[name=\"80\"]",
        ),
    ] {
        assert_eq!(written(&segments), path);
        assert_eq!(Path::parse(path), Some(Path(segments)), "{path}");
    }
}

#[test]
fn values_that_look_like_json_stay_texts() {
    for text in ["[1", "{", "[", "null", "1e3", "-0", " 1"] {
        let path = Path(vec![key("a"), Segment::Member(json!(text))]);
        assert_eq!(Path::parse(&path.to_string()), Some(path), "{text}");
    }
}

#[test]
fn what_is_no_path_is_not_read() {
    for text in ["spec", "/a~3", "/a~"] {
        assert_eq!(Path::parse(text), None, "{text}");
    }
}

/// Strings made of what could confuse a reader.
fn hard() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c~/\\[\\]=,\"0-2. \\\\é-]{0,8}",
        "[a-z]{1,5}",
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("1e3".to_owned()),
        Just("=x][=y]/".to_owned()),
        Just("[a=b]".to_owned()),
    ]
}

fn scalars() -> impl Strategy<Value = Value> {
    prop_oneof![
        hard().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        (-1e6..1e6).prop_map(|it: f64| json!(it)),
    ]
}

fn segments() -> impl Strategy<Value = Segment> {
    let is_no_index = |it: &String| it.is_empty() || !it.bytes().all(|it| it.is_ascii_digit());
    let keys = prop::collection::vec((hard(), scalars()), 1..3);
    prop_oneof![
        // A key of digits reads as an index: in JSON Pointer they are the same.
        hard()
            .prop_filter("an index", is_no_index)
            .prop_map(Segment::Key),
        (0_usize..200).prop_map(Segment::Index),
        keys.prop_map(Segment::Item),
        scalars().prop_map(Segment::Member),
    ]
}

proptest! {
    #[test]
    fn every_path_is_read_as_it_was_written(
        first in hard().prop_filter("an index", |it| it.is_empty() || !it.bytes().all(|it| it.is_ascii_digit())),
        rest in prop::collection::vec(segments(), 0..5),
    ) {
        // A selector stands behind a key or an index, as lists are in maps or lists.
        let mut path = Path(vec![Segment::Key(first)]);
        path.0.extend(rest);
        let text = path.to_string();
        prop_assert_eq!(Path::parse(&text), Some(path), "{}", text);
    }

    #[test]
    fn nothing_makes_the_reader_fail_badly(text in "[/a\\[\\]=\",~0-2é]{0,12}") {
        if let Some(path) = Path::parse(&text) {
            prop_assert_eq!(Path::parse(&path.to_string()), Some(path));
        }
    }
}
