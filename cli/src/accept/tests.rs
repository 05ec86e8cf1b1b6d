//! Where an ignore is put, in every form that a file can have.

use jiff::Timestamp;
use policy::Config;

use super::*;

const HEAD: &str = "apiVersion: plumbline/v1\nenvironment: test\n";

const ONE: &str = "when: resource.name == \"A\", reason: r, owner: o, expires: 2999-12-31";

fn entry() -> Entry {
    Entry {
        when: "'resource.name == \"Orders\"'".to_owned(),
        reason: "'it''s: a # trial'".to_owned(),
        owner: "'shop'".to_owned(),
        expires: "2998-12-31".to_owned(),
    }
}

/// The patched file, whose ignores must be one more than before and the rest as it was.
#[track_caller]
fn patched(text: &str) -> (String, String) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("plumbline.yaml");
    std::fs::write(&path, text).unwrap();
    let patch = patch(&path, &[entry()]).unwrap_or_else(|why| panic!("{why}\n{text}"));
    (added(text, &[entry()]).unwrap(), patch)
}

#[test]
fn every_form_of_the_file_takes_the_ignore_at_its_place() {
    let with = |rest: &str| format!("{HEAD}{rest}");
    for text in [
        with(""),
        HEAD.trim_end().to_owned(),
        with("timing: {maxAge: 2h}\n# the end\n"),
        with("ignore: []\n"),
        with("ignore: []  # none yet\ntiming: {}\n"),
        with(&format!("ignore: [{{{ONE}}}]\ntiming: {{}}\n")),
        with(&format!("ignore: [{{{ONE}}}, ]\n")),
        with(&format!("ignore:\n  [\n    {{{ONE}}},\n  ]\n").replace("ignore:\n  [", "ignore: [")),
        with(&format!("ignore: [\n    {{{ONE}}}\n  ]\ntiming: {{}}\n")),
        with(&format!("ignore:\n- {{{ONE}}}\ntiming: {{}}\n")),
        with(&format!(
            "ignore:\n    # why\n    - {{{ONE}}}\n      # of it\n\n# of timing\ntiming: {{}}\n"
        )),
        with(
            "ignore:\n  - when: >\n      resource.name ==\n      \"A\"\n    reason: r\n    owner: o\n    expires: 2999-12-31\n\ntiming: {}\n",
        ),
        format!("{HEAD}ignore:\n  - {{{ONE}}}\n").replace('\n', "\r\n"),
        format!("{{apiVersion: plumbline/v1, environment: test, ignore: [{{{ONE}}}]}}"),
        "{\"apiVersion\": \"plumbline/v1\", \"environment\": \"test\"}\n".to_owned(),
        "{\n  \"apiVersion\": \"plumbline/v1\",\n  \"environment\": \"test\"\n}\n".to_owned(),
    ] {
        // In a file in braces `ignore` stands within; its place cannot be told, and nothing is guessed.
        if text.starts_with('{') && text.contains("ignore") {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("plumbline.yaml");
            std::fs::write(&path, &text).unwrap();
            assert!(patch(&path, &[entry()]).is_err());
            continue;
        }
        let (after, patch) = patched(&text);
        let config = Config::parse(&after, "f", Timestamp::now()).unwrap().config;
        let ignore = config.ignore.last().unwrap();
        assert_eq!(ignore.reason.as_str(), "it's: a # trial");
        assert_eq!(ignore.expires.to_string(), "2998-12-31");
        assert!(patch.starts_with("--- ./plumbline.yaml\n+++ ./plumbline.yaml\n@@ -"));
        assert!(!after.contains("\r\n") || !after.replace("\r\n", "").contains('\n'));
    }
}

#[test]
fn comments_and_order_stay_and_the_ignore_joins_the_others() {
    let (after, _) = patched(&format!(
        "{HEAD}ignore:\n    # why\n    - {{{ONE}}}\n      # of it\n\n# of timing\ntiming: {{}}\n"
    ));
    let at = |text: &str| after.find(text).unwrap();
    assert!(at("# why") < at("# of it") && at("# of it") < at("    - when: 'resource"));
    assert!(at("    - when: 'resource") < at("# of timing"));
}

#[test]
fn a_file_that_is_not_in_order_gets_no_patch_and_the_entry_is_printed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("plumbline.yaml");
    std::fs::write(&path, "nonsense: 1\n").unwrap();
    let addition = addition(Some(&path), &[entry()]);
    assert!(
        addition.text.starts_with("ignore:\n  - when: "),
        "{}",
        addition.text
    );
    assert!(addition.note.contains("not in order"), "{}", addition.note);
}
