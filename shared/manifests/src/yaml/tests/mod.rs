mod scalars;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use scalars::SCALARS;

fn value(text: &str) -> Result<Value, String> {
    match read(text, &mut Budget::default()) {
        Ok(document) => Ok(document.map_or(Value::Null, |it| it.value)),
        Err(broken) => Err(broken.problem),
    }
}

fn problem(text: &str) -> String {
    value(text).unwrap_err()
}

#[test]
fn every_scalar_is_what_kubectl_makes_of_it() {
    let mut wrong = Vec::new();
    for (text, expected) in SCALARS {
        let read = value(&format!("v: {text}\n")).map(|mut it| it["v"].take());
        let expected = expected.map(|it| serde_json::from_str::<Value>(it).unwrap());
        if read.clone().ok() != expected {
            wrong.push(format!("{text:?}: {read:?}, kubectl {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(SCALARS.len() >= 120);
}

#[test]
fn keys_become_the_text_that_kubectl_makes_of_them() {
    let text = "{1: a, 0x10: b, 1.5: c, y: d, off: e, 1e6: f, 1000000.5: g, 2020-01-01: h, \
                1e-5: i, 123456.7: j, 3.141592653589793: k, .inf: l, -.inf: m, .nan: m, '1_0': o, !!str no: p}";
    assert_eq!(
        value(text).unwrap(),
        json!({"1": "a", "16": "b", "1.5": "c", "true": "d", "false": "e", "1e+06": "f",
               "1.0000005e+06": "g", "2020-01-01": "h", "1e-05": "i", "123456.7": "j",
               "3.1415927": "k", ".inf": "l", "-.inf": "m", ".nan": "m", "1_0": "o", "no": "p"})
    );
}

#[test]
fn a_key_that_json_cannot_have_is_refused() {
    for (text, why) in [
        ("~: 1", "null"),
        ("18446744073709551615: 1", "64 bits"),
        ("[a]: 1", "a list or a mapping"),
        ("? {a: 1}\n: 2", "a list or a mapping"),
        ("a: &x [1]\n*x : 2", "a list or a mapping"),
        ("{1: a, '1': b}", "the same"),
        ("{y: a, 'true': b}", "the same"),
    ] {
        assert!(problem(text).contains(why), "{text}: {}", problem(text));
    }
}

#[test]
fn of_keys_that_stand_twice_the_last_counts() {
    assert_eq!(
        value("{a: 1, a: 2, y: 1, true: 2}").unwrap(),
        json!({"a": 2, "true": 2})
    );
}

#[test]
fn merged_keys_override_what_stands_before_them() {
    let text = "
base: &base {cpu: 1, memory: 2}
after: {memory: 3, <<: *base}
before: {<<: *base, memory: 3}
list: {<<: [*base, {memory: 9, disk: 4}]}
inline: {<<: {cpu: 5}}
quoted: {'<<': 1}
tagged: {!!merge <<: *base}
";
    let read = value(text).unwrap();
    assert_eq!(read["after"], json!({"cpu": 1, "memory": 2}));
    assert_eq!(read["before"], json!({"cpu": 1, "memory": 3}));
    assert_eq!(read["list"], json!({"cpu": 1, "memory": 2, "disk": 4}));
    assert_eq!(read["inline"], json!({"cpu": 5}));
    assert_eq!(read["quoted"], json!({"<<": 1}));
    assert_eq!(read["tagged"], json!({"cpu": 1, "memory": 2}));
    for text in ["<<: 1", "<<:", "<<: [1]", "a: &a [{b: 1}]\nc: {<<: *a}"] {
        assert!(problem(text).contains("<<"), "{text}");
    }
}

#[test]
fn aliases_stand_for_the_anchor_before_them() {
    let text = "{a: &x 1, b: *x, c: &x yes, d: *x, &k e: &y {f: [*x]}, g: *y, *k : {h: *y}, i: &z , j: *z}";
    assert_eq!(
        value(text).unwrap(),
        json!({"a": 1, "b": 1, "c": true, "d": true, "e": {"h": {"f": [true]}}, "g": {"f": [true]}, "i": null, "j": null})
    );
    assert!(problem("a: *nowhere").contains("unknown anchor"));
    assert!(problem("a: &a [*a]").contains("its own alias"));
}

#[test]
fn a_bomb_of_aliases_is_refused_by_its_nodes_or_its_bytes() {
    let mut nodes = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let last = format!("*a{}", level - 1);
        let aliases = vec![last; 9].join(", ");
        nodes += &format!("a{level}: &a{level} [{aliases}]\n");
    }
    let bytes = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(1 << 20),
        vec!["*a"; 40].join(", ")
    );
    for text in [nodes, bytes] {
        assert!(problem(&text).contains("aliases expanded"));
    }
}

#[test]
fn what_anchors_keep_is_paid_for_even_if_no_alias_uses_it() {
    let text = |levels: usize| {
        let open: String = (0..levels).map(|it| format!("&a{it} [")).collect();
        format!("{open}{}{}", "x".repeat(1 << 20), "]".repeat(levels))
    };
    assert!(value(&text(4)).is_ok());
    assert!(problem(&text(40)).contains("aliases expanded"));
}

#[test]
fn tags_of_lists_and_mappings_mean_nothing() {
    assert_eq!(
        value("{a: !!str {b: 1}, c: !!set {d}, e: !x [1], f: !!map {}}").unwrap(),
        json!({"a": {"b": 1}, "c": {"d": null}, "e": [1], "f": {}})
    );
}

#[test]
fn text_is_folded_and_kept_as_yaml_says() {
    let text = "literal: |\n  a: 1\n   b\n\n  c\nkept: |+\n  a\n\nfolded: >-\n  a\n  b\n\n  c\nplain: a\n  b\nsingle: 'a\n\n  b'\ndouble: \"a\\\n  b\\tc\"\n";
    assert_eq!(
        value(text).unwrap(),
        json!({"literal": "a: 1\n b\n\nc\n", "kept": "a\n\n", "folded": "a b\nc", "plain": "a b", "single": "a\nb", "double": "ab\tc"})
    );
}

#[test]
fn what_is_no_yaml_names_its_line_and_quotes_nothing() {
    for (text, line) in [
        ("a: 1\n\tb: 2\n", 1),
        ("a: hunter2\nb: [hunter2\nc: 1\n", 3),
        ("a: 1\nb: 'hunter2\n", 2),
        ("a: 1\nb: hunter2: x\n", 2),
        ("a: 1\nb: @hunter2\n", 2),
        ("a: 1\nb: hunt\u{1}er2\n", 2),
        ("a: 1\nb: hunt\u{2028}er2\n", 2),
        ("a: 1\nb: !!int hunter2\n", 2),
        ("a: 1\nb: !nohandle!x hunter2\n", 2),
        ("a: 1\n...\nhunter2: 1\n", 3),
    ] {
        let broken = read(text, &mut Budget::default()).err().unwrap();
        assert_eq!(broken.line, line, "{text:?}: {}", broken.problem);
        assert!(!broken.problem.contains("hunter2"), "{}", broken.problem);
        assert!(broken.problem.len() > 10, "{}", broken.problem);
    }
}

#[test]
fn what_is_too_deep_is_refused() {
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(value(&deep(DEEPEST + 1)).is_ok());
    assert!(problem(&deep(DEEPEST + 2)).contains("deeper"));
    assert!(value(&deep(100_000)).is_err());
}

#[test]
fn a_document_knows_its_line_and_those_of_its_items() {
    let document = read(
        "# c\n\nkind: List\nitems:\n- a: 1\n  b: 2\n\n- c\n",
        &mut Budget::default(),
    );
    let document = document.ok().flatten().unwrap();
    assert_eq!((document.line, document.items), (3, vec![5, 8]));
}

/// A tree of JSON whose numbers are as kubectl sends them.
fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("a float", |it| it.is_finite().then(|| float(it))),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..6)
                .prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
}

/// Texts that look like something else, and any others.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[-+.0-9eE_xobyYnN~:]{0,8}",
        "(yes|no|on|off|y|n|null|true|<<|~|\\.inf|---|\\.\\.\\.|- a|a: b|# c|\\{|\\[|&a|\\*a|!t)",
        "\\PC{0,12}",
        any::<String>(),
    ]
}

/// Prints a tree as YAML: block or flow style by `flow`, texts in the plainest style that keeps them.
fn print(value: &Value, indent: usize, flow: bool) -> String {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(map) if !map.is_empty() && !flow => map
            .iter()
            .map(|(key, value)| {
                let nested = value.as_object().is_some_and(|it| !it.is_empty())
                    || value.as_array().is_some_and(|it| !it.is_empty());
                let key = scalar_text(key);
                let key = if key.len() > 500 {
                    format!("? {key}\n{pad}")
                } else {
                    key
                };
                if nested {
                    format!("{pad}{key}:\n{}", print(value, indent + 2, indent > 4))
                } else {
                    format!("{pad}{key}: {}\n", print(value, 0, true))
                }
            })
            .collect(),
        Value::Array(items) if !items.is_empty() && !flow => items
            .iter()
            .map(|item| match item {
                Value::Array(_) | Value::Object(_) => {
                    format!("{pad}-\n{}", print(item, indent + 2, indent > 4))
                }
                _ => format!("{pad}- {}\n", print(item, 0, true)),
            })
            .collect(),
        Value::Object(map) => {
            let entries: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", scalar_text(key), print(value, 0, true)))
                .collect();
            format!("{pad}{{{}}}\n", entries.join(", "))
                .trim_end_matches(if indent == 0 { "\n" } else { "" })
                .to_owned()
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|it| print(it, 0, true)).collect();
            format!("{pad}[{}]\n", items.join(", "))
                .trim_end_matches(if indent == 0 { "\n" } else { "" })
                .to_owned()
        }
        Value::String(text) => scalar_text(text),
        other => other.to_string(),
    }
}

fn scalar_text(text: &str) -> String {
    let simple = text
        .chars()
        .all(|it| it.is_ascii_alphanumeric() || matches!(it, ' ' | '.' | '/' | '_'));
    let begins = text.starts_with(|it: char| it.is_ascii_alphabetic());
    if simple && begins && text.len() > 5 && !text.ends_with(' ') {
        return text.to_owned();
    }
    let printable = text
        .chars()
        .all(|it| !it.is_control() && !matches!(it, '\u{2028}' | '\u{2029}' | '\u{feff}'));
    if printable && text.len().is_multiple_of(2) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut quoted = "\"".to_owned();
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' => quoted.push(c),
            _ => quoted += &format!("\\U{:08x}", u32::from(c)),
        }
    }
    quoted + "\""
}

proptest! {
    #[test]
    fn any_tree_printed_as_yaml_reads_back_equal(tree in tree()) {
        let printed = print(&tree, 0, false);
        prop_assert_eq!(value(&printed), Ok(tree), "{}", printed);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}", yaml in "[-?:,{}\\[\\]&*!|>'\"%@a1 \n\t#<~.=]{0,120}") {
        let _read = value(&text);
        let _read = value(&yaml);
    }
}
