use serde_json::{Value, json};

use super::*;

/// Number, line and value or problem of each document.
fn documents(text: &str) -> Vec<(usize, usize, Result<Value, String>)> {
    let mut found = Vec::new();
    each(text, &mut Budget::default(), |document, _| {
        let read = document.read.map(|it| it.value);
        found.push((document.number, document.line, read));
    });
    found
}

fn values(text: &str) -> Vec<Value> {
    documents(text)
        .into_iter()
        .map(|it| it.2.unwrap())
        .collect()
}

#[test]
fn empty_documents_are_neither_read_nor_counted() {
    for text in [
        "",
        "\n",
        "# only a comment\n",
        "---\n",
        "---\n---\n# c\n---",
        "--- # c\n\n",
    ] {
        assert_eq!(documents(text), [], "{text:?}");
    }
    let text = "# licence\n---\n---\n# c\n\na: 1\n--- # next\n\n---\nb: 2";
    assert_eq!(
        documents(text),
        [(1, 6, Ok(json!({"a": 1}))), (2, 10, Ok(json!({"b": 2})))]
    );
}

#[test]
fn a_broken_document_leaves_the_others() {
    let text = "a: 1\n---\nb: [\n---\nc: 3\n---\n\td: 4\n---\ne: 5\n";
    let found = documents(text);
    assert_eq!(found.len(), 5);
    for (index, line, ok) in [
        (0, 1, true),
        (1, 4, false),
        (2, 5, true),
        (3, 7, false),
        (4, 9, true),
    ] {
        let (number, at, read) = &found[index];
        assert_eq!((*number, read.is_ok()), (index + 1, ok));
        assert!(line - at <= 1, "{at} instead of {line}");
    }
}

#[test]
fn only_a_comment_may_follow_a_separator() {
    for text in [
        "a: 1\n--- {b: 2}\nc: 3\n---\nd: 4\n",
        "a: 1\n----\nc: 3\n---\nd: 4\n",
    ] {
        let found = documents(text);
        assert_eq!(found.len(), 3);
        assert_eq!(found[1].1, 2);
        assert!(found[1].2.as_ref().unwrap_err().contains("---"));
        assert_eq!(found[2], (3, 5, Ok(json!({"d": 4}))));
    }
}

#[test]
fn a_directive_is_refused_as_kubectl_does() {
    let found = documents("%YAML 1.1\n---\na: 1\n");
    assert!(found[0].2.as_ref().unwrap_err().contains("directive"));
    assert_eq!(found[1], (2, 3, Ok(json!({"a": 1}))));
}

#[test]
fn the_end_of_a_document_may_be_marked() {
    assert_eq!(
        values("a: 1\n...\n---\nb: 2\n...\n"),
        [json!({"a": 1}), json!({"b": 2})]
    );
}

#[test]
fn dashes_inside_a_text_are_no_separator() {
    let text = "a: |\n  ---\n  -----BEGIN\nb: --- \nc: '\n  ---'\n";
    assert_eq!(
        values(text),
        [json!({"a": "---\n-----BEGIN\n", "b": "---", "c": " ---"})]
    );
}

#[test]
fn json_is_a_stream_of_objects_with_numbers_as_kubectl_sends_them() {
    let text = "\n {\"a\": 1.0, \"b\": 1e3, \"c\": \"\\/\", \"d\": -0, \"e\": 1.5,\n \"f\": 9223372036854775808}\n\n{\"a\": 2, \"a\": 3}{}";
    assert_eq!(
        documents(text),
        [
            (
                1,
                2,
                Ok(
                    json!({"a": 1, "b": 1000, "c": "/", "d": 0, "e": 1.5, "f": 9_223_372_036_854_776_000_u64})
                )
            ),
            (2, 5, Ok(json!({"a": 3}))),
            (3, 5, Ok(json!({}))),
        ]
    );
}

#[test]
fn what_begins_with_a_brace_may_still_be_yaml() {
    assert_eq!(
        values("{a: 1, b: yes}\n---\nc: 2\n"),
        [json!({"a": 1, "b": true}), json!({"c": 2})]
    );
    assert_eq!(
        documents("{\"a\": 1}\n---\n# c\nb: no\n"),
        [(1, 1, Ok(json!({"a": 1}))), (2, 4, Ok(json!({"b": false})))]
    );
}

#[test]
fn broken_json_says_what_is_wrong_as_json_too() {
    let found = documents("{\"a\": \"hunter2\",\n \"b\": tru e,}\n{\n");
    let problem = found[0].2.as_ref().unwrap_err();
    assert!(
        problem.contains("nor is it JSON: ") && problem.contains("line 2"),
        "{problem}"
    );
    assert!(!problem.contains("hunter2"));
    let found = documents("{}{}{\"a\": nul}");
    assert_eq!(found.len(), 3);
    assert!(found[2].2.as_ref().unwrap_err().starts_with("is no JSON"));
}

#[test]
fn entries_of_lists_know_their_lines_in_json_too() {
    let mut lines = Vec::new();
    let text = "a: 1\n---\nitems:\n- a\n- b\n";
    for text in [text, "{\"items\": [\n\n1,\n\n2]}"] {
        each(text, &mut Budget::default(), |document, _| {
            lines.push(document.read.unwrap().items)
        });
    }
    assert_eq!(lines, [vec![], vec![4, 5], vec![3, 5]]);
}

#[test]
fn no_more_documents_are_read_than_allowed() {
    let text = "a: 1\n---\n".repeat(crate::MOST_DOCUMENTS + 10);
    let found = documents(&text);
    assert_eq!(found.len(), crate::MOST_DOCUMENTS + 1);
    assert!(
        found
            .last()
            .unwrap()
            .2
            .as_ref()
            .unwrap_err()
            .contains("documents")
    );
}
