//! YAML as it is read back, and the unified diff.

use domain::resource::Resource;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::diff::pairs::{author, file};
use crate::diff::place::Step;
use crate::diff::text::{Note, Pair, painted};
use crate::diff::yaml::Yaml;

fn read_back(value: &Value) -> Value {
    let object = json!({"apiVersion": "v1", "kind": "X", "metadata": {"name": "x"}, "data": value});
    let text = Yaml::of(&object).text();
    let read = manifests::read_rendered("test", text.clone().into_bytes());
    assert_eq!(read.unreadable, [], "{text}");
    read.objects[0].object["data"].clone()
}

#[test]
fn texts_that_yaml_reads_as_something_else_are_quoted() {
    for text in [
        "",
        "y",
        "No",
        "on",
        "null",
        "~",
        "1",
        "-1",
        "0x1F",
        "1e3",
        ".5",
        "1_000",
        "12:30",
        "2026-11-24",
        "+.inf",
        ".NaN",
        "<<",
        "=",
        "a: b",
        "a #b",
        "- a",
        "-",
        "---",
        "...",
        "#a",
        "*a",
        "&a",
        "!a",
        "@a",
        "`a",
        "%a",
        "[a",
        "{a",
        "'a",
        "\"a",
        "a:",
        " a",
        "a ",
        "?",
        ":a",
        "a\tb",
        "\u{1b}[31m",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "a\r\nb",
        "\n",
        "\n\n",
        "a\n",
        "a\n\n",
        "a\n\n\nb",
        "  a\nb",
        "\na\n",
        "\ta\nb",
        "a\n ",
        "a \nb\t\n",
        "--flag=a",
        "10.0.0.1",
        "100m",
        "k8s.io/a:v1",
        "größe",
    ] {
        assert_eq!(read_back(&json!(text)), json!(text), "{text:?}");
        assert_eq!(
            read_back(&json!({text: [text]})),
            json!({text: [text]}),
            "{text:?}"
        );
    }
}

#[test]
fn yaml_looks_as_kubectl_prints_it() {
    let object = json!({"b": [{"name": "x", "list": [["a"], []]}], "a": {}, "c": ["1", "10.0.0.1", "--f"], "d": "one\ntwo\n"});
    let yaml = Yaml::of(&object);
    assert_eq!(
        yaml.text(),
        "a: {}\nb:\n- list:\n  - - a\n  - []\n  name: x\nc:\n- \"1\"\n- 10.0.0.1\n- --f\nd: |\n  one\n  two\n"
    );
    let key = |key: &str| Step::Key(key.to_owned());
    assert_eq!(yaml.at(&[key("b")]), Some(&(1..6)));
    assert_eq!(
        yaml.at(&[key("b"), Step::Index(0), key("name")]),
        Some(&(5..6))
    );
    assert_eq!(yaml.at(&[key("d")]), Some(&(10..13)));
}

fn values() -> impl Strategy<Value = Value> {
    let text = prop_oneof!["[ a-z:#'\"\\n\\t0-9.-]{0,12}", any::<String>()];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[ a-z:\\n-]{0,6}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_object_is_read_back_as_it_was(value in values()) {
        prop_assert_eq!(read_back(&value), value);
    }
}

fn pair(live: Option<&Value>, merged: Option<&Value>, notes: Vec<Note>) -> Pair {
    Pair {
        file: "apps.v1.Deployment.shop.web".to_owned(),
        live: live.map(Yaml::of),
        merged: merged.map(Yaml::of),
        notes,
    }
}

#[test]
fn each_hunk_follows_the_notes_on_its_own_lines() {
    let list = |first: u8, last: u8| {
        let mut list = vec![json!(first)];
        list.extend((10..20).map(Value::from));
        list.push(json!(last));
        json!({"a": list})
    };
    let note = |at: usize, text: &str| Note {
        live: Some(at + 1..at + 2),
        merged: Some(at + 1..at + 2),
        text: text.to_owned(),
    };
    let notes = vec![
        note(11, "last"),
        note(0, "first"),
        Note {
            live: None,
            merged: None,
            text: "nowhere".to_owned(),
        },
    ];
    let shown = painted(
        &pair(Some(&list(1, 3)), Some(&list(2, 4)), notes).unified(),
        false,
    );
    assert_eq!(
        shown,
        "diff -u -N LIVE/apps.v1.Deployment.shop.web MERGED/apps.v1.Deployment.shop.web\n\
         --- LIVE/apps.v1.Deployment.shop.web\n+++ MERGED/apps.v1.Deployment.shop.web\n\
         # nowhere\n# first\n@@ -1,5 +1,5 @@\n a:\n-- 1\n+- 2\n - 10\n - 11\n - 12\n\
         # last\n@@ -10,4 +10,4 @@\n - 17\n - 18\n - 19\n-- 3\n+- 4\n"
    );
}

#[test]
fn an_object_that_one_side_has_not_is_shown_whole() {
    let object = json!({"kind": "X"});
    let hunk = |pair: Pair| {
        painted(&pair.unified(), false)
            .lines()
            .skip(3)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        hunk(pair(None, Some(&object), Vec::new())),
        ["@@ -0,0 +1 @@", "+kind: X"]
    );
    assert_eq!(
        hunk(pair(Some(&object), None, Vec::new())),
        ["@@ -1 +0,0 @@", "-kind: X"]
    );
}

#[test]
fn colours_are_only_where_they_are_wanted_and_names_do_not_act() {
    let of = |text: &str| {
        vec![Note {
            live: None,
            merged: None,
            text: text.to_owned(),
        }]
    };
    let lines = pair(None, Some(&json!({"a": "b"})), of("x\x1b[31m\ty")).unified();
    assert!(painted(&lines, true).contains("\x1b[32m+a: b\x1b[0m"));
    let plain = painted(&lines, false);
    assert!(
        plain.contains("# x\\u{1b}[31m\ty") && !plain.contains('\x1b'),
        "{plain}"
    );
}

#[test]
fn files_are_called_as_kubectl_calls_them() {
    let resource = |kind: &str, namespace: Option<&str>| Resource {
        kind: kind.to_owned(),
        name: "web".to_owned(),
        namespace: namespace.map(str::to_owned),
        ..Resource::default()
    };
    assert_eq!(
        file(&resource("apps/v1/Deployment", Some("shop"))),
        "apps.v1.Deployment.shop.web"
    );
    assert_eq!(
        file(&resource("v1/ConfigMap", Some("shop"))),
        "v1.ConfigMap.shop.web"
    );
    assert_eq!(file(&resource("v1/Namespace", None)), "v1.Namespace..web");
    let hostile = Resource {
        name: "../../etc".to_owned(),
        ..resource("v1/X", None)
    };
    assert_eq!(file(&hostile), "v1.X...._.._etc");
}

#[test]
fn who_and_when_are_never_guessed() {
    assert_eq!(author(None), "nothing recorded who");
    let mut by = domain::attribution::Attribution {
        who: "kubectl-edit".to_owned(),
        at: Some("2026-11-24T05:12:09Z".parse().unwrap()),
        how: "Update".to_owned(),
        console: false,
    };
    assert_eq!(
        author(Some(&by)),
        "kubectl-edit (Update) 2026-11-24T05:12:09Z"
    );
    by.at = None;
    assert_eq!(
        author(Some(&by)),
        "kubectl-edit (Update) at a time that was not recorded"
    );
}
