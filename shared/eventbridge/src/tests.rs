#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests: a broken assumption has to end the test where it broke"
)]

use serde_json::json;

use super::testing::{cases, cuts, is_named, without_each};
use super::*;

const NAMES: Names = Names {
    longest: 12,
    forbidden: "#/",
};

fn event() -> Value {
    json!({
        "version": "0", "id": "e-1", "detail-type": "Tea Ready", "source": "kitchen",
        "account": "111122223333", "region": "eu-west-1", "time": "2023-02-29T00:00:00Z",
        "resources": ["arn:aws:kitchen:::pot/1"],
        "detail": {"cups": 2, "pot": {"kind": "green"}}
    })
}

fn changed(change: impl FnOnce(&mut Value)) -> Result<Envelope, Malformed> {
    let mut event = event();
    change(&mut event);
    Envelope::read(&event.to_string())
}

#[derive(Debug, PartialEq, Deserialize)]
struct Tea {
    cups: u32,
    pot: Pot,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Pot {
    kind: String,
}

#[test]
fn an_event_is_read_with_what_is_around_its_detail() {
    let it = Envelope::read(&event().to_string()).unwrap();
    assert_eq!(it, Envelope::of(&event()).unwrap());
    assert_eq!(it.detail_type(), "Tea Ready");
    assert_eq!(it.id(&NAMES).unwrap(), "e-1");
    assert_eq!(it.account(&NAMES).unwrap(), "111122223333");
    assert_eq!(it.region(&NAMES).unwrap(), "eu-west-1");
    assert_eq!(it.time().unwrap(), "2023-02-29T00:00:00Z");
    assert_eq!(it.resources(), ["arn:aws:kitchen:::pot/1"]);
    let pot = Pot {
        kind: "green".to_owned(),
    };
    assert_eq!(it.detail::<Tea>().unwrap(), Tea { cups: 2, pot });
}

#[test]
fn both_spellings_of_the_detail_type_are_read() {
    let it =
        changed(|it| it["detailType"] = it.as_object_mut().unwrap().remove("detail-type").unwrap());
    assert_eq!(it.unwrap().detail_type(), "Tea Ready");
}

#[test]
fn only_what_is_asked_for_has_to_be_there() {
    let bare = Envelope::read(r#"{"detail-type":"Tea Ready","detail":{}}"#).unwrap();
    assert!(bare.resources().is_empty());
    let said = [
        bare.id(&NAMES).unwrap_err(),
        bare.account(&NAMES).unwrap_err(),
        bare.region(&NAMES).unwrap_err(),
        bare.time().map(str::to_owned).unwrap_err(),
        bare.detail::<Tea>().unwrap_err(),
        Envelope::read("{}").unwrap_err(),
    ];
    assert_eq!(
        said.map(|it| it.to_string()),
        [
            "id: is missing",
            "account: is missing",
            "region: is missing",
            "time: is missing",
            "detail.cups: is missing",
            "detail-type: is missing",
        ]
    );
    assert!(
        changed(|it| it["resources"] = Value::Null)
            .unwrap()
            .resources()
            .is_empty()
    );
}

#[test]
fn what_is_of_another_kind_is_named_by_its_path_and_never_quoted() {
    let wrong = |pointer: &str, value: Value| {
        let event = changed(|it| *it.pointer_mut(pointer).unwrap() = value);
        event
            .and_then(|it| it.detail::<Tea>())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(wrong("/account", json!(5)), "account: is not a string");
    assert_eq!(
        wrong("/resources", json!(["a", 5])),
        "resources[1]: is not a string"
    );
    assert_eq!(wrong("/detail", json!("hush")), "detail: is not an object");
    assert_eq!(
        wrong("/detail", json!([2, ["green"]])),
        "detail: is not an object"
    );
    assert_eq!(
        wrong("/detail/pot", json!("hush")),
        "detail.pot: is not an object"
    );
    assert_eq!(
        wrong("/detail/cups", json!("hush, expected of none")),
        "detail.cups: is not u32"
    );
    assert_eq!(
        wrong("/detail/pot/kind", json!({"hush": 1})),
        "detail.pot.kind: is not a string"
    );
}

#[test]
fn what_is_no_json_or_no_object_is_named_as_the_body() {
    let said = |body: &str| Envelope::read(body).unwrap_err().to_string();
    assert_eq!(said(""), "body: the JSON ends too early");
    assert_eq!(said("{x"), "body: no JSON at line 1, column 2");
    assert_eq!(said("{}{}"), "body: more than one JSON value");
    assert_eq!(said("5"), "body: is not an object");
    // As a list it has all that an event needs, in the order of our fields.
    assert_eq!(
        said(r#"["Tea Ready",{},"e-1","1","eu-west-1","now",[]]"#),
        "body: is not an object"
    );
}

#[test]
fn a_name_is_there_not_too_long_and_without_what_its_reader_forbids() {
    let said = |text: &str| NAMES.check("id", text.to_owned());
    let wrong = |text: &str| said(text).unwrap_err().to_string();
    assert_eq!(said("a name of 12").unwrap(), "a name of 12");
    assert_eq!(wrong(""), "id: is empty");
    assert_eq!(wrong("a name of 13."), "id: is longer than 12 bytes");
    for text in ["a#b", "a/b", "a\nb", "\u{85}"] {
        assert_eq!(wrong(text), "id: has a # or a / or a control character");
    }
    let free = Names {
        longest: 12,
        forbidden: "",
    };
    assert_eq!(free.check("id", "a#b".to_owned()).unwrap(), "a#b");
    let error = free.check("id", "a\nb".to_owned()).unwrap_err();
    assert_eq!(error.what, "has a control character");
    let envelope = changed(|it| it["id"] = json!("a#b")).unwrap();
    assert_eq!(envelope.id(&NAMES).unwrap_err().path, "id");
}

#[test]
fn a_sample_is_cut_everywhere_and_loses_every_key_once() {
    assert_eq!(cuts("aäb").collect::<Vec<_>>(), ["", "a", "aä"]);
    let hurt = without_each(r#"{"a/b":[1,{"c~":2}],"d":null}"#);
    let hurt: Vec<(&str, &str)> = hurt
        .iter()
        .map(|(at, it)| (at.as_str(), it.as_str()))
        .collect();
    assert_eq!(
        hurt,
        [
            ("/a~1b/0", r#"{"a/b":[{"c~":2}],"d":null}"#),
            ("/a~1b/1/c~0", r#"{"a/b":[1,{}],"d":null}"#),
            ("/a~1b/1", r#"{"a/b":[1],"d":null}"#),
            ("/a~1b", r#"{"d":null}"#),
            ("/d", r#"{"a/b":[1,{"c~":2}]}"#),
        ]
    );
    assert!(is_named("/detail/tag", "detail.tag: is missing"));
    assert!(is_named("/detail/tag", "detail: has no tag"));
    assert!(is_named("/resources/0", "resources: names no image"));
    assert!(!is_named("/detail/tag", "detail: is missing"));
    assert!(!is_named("/detail/tag", "no tag"));
}

#[test]
fn the_samples_of_a_function_are_its_own() {
    let names = cases("config-change").into_iter().map(|it| it.0);
    let names: Vec<String> = names.collect();
    assert!(names.contains(&"non-compliant".to_owned()), "{names:?}");
    assert!(cases("config").is_empty());
}
