//! The list, the files, the test files and the headings agree.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use equivalence::Catalogue;

fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn page() -> PathBuf {
    here().join("../../docs/equivalences.md")
}

fn names() -> BTreeSet<String> {
    Catalogue::all()
        .entries()
        .map(|entry| entry.name.to_owned())
        .collect()
}

/// The names of the Rust files of a folder, in kebab case, without those of `but`.
fn files(folder: &Path, but: &[&str]) -> BTreeSet<String> {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|it| it == "rs"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.replace('_', "-")))
        .filter(|name| !but.contains(&name.as_str()))
        .collect()
}

#[test]
fn every_rule_has_a_file_and_every_file_is_a_rule() {
    assert_eq!(files(&here().join("src/rules"), &[]), names());
}

#[test]
fn every_rule_has_a_test_file_with_a_real_drift() {
    let folder = here().join("tests/catalogue");
    let others = ["main", "harness", "listing", "properties", "security"];
    assert_eq!(files(&folder, &others), names());
    for name in names() {
        let tests =
            fs::read_to_string(folder.join(format!("{}.rs", name.replace('-', "_")))).unwrap();
        assert!(
            tests.contains("\nfn a_real_drift_"),
            "{name}: no test named a_real_drift_…"
        );
        assert!(
            tests.contains(&format!("Some(\"{name}\")")) || tests.contains(&format!("[\"{name}\"")),
            "{name}: no test in which it recognises something"
        );
    }
}

#[test]
fn every_rule_has_a_heading_in_the_order_of_asking() {
    let text = fs::read_to_string(page()).unwrap();
    let headings: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .collect();
    let names: Vec<&str> = Catalogue::all().entries().map(|entry| entry.name).collect();
    assert_eq!(headings, names);
}

#[test]
fn the_page_is_what_the_catalogue_says() {
    let wanted = Catalogue::all().document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(page(), &wanted).unwrap();
    }
    assert!(
        fs::read_to_string(page()).unwrap() == wanted,
        "docs/equivalences.md is out of date: UPDATE_DOCS=1 cargo test -p equivalence"
    );
}

#[test]
fn names_are_kebab_case_and_unique_and_every_rule_says_what_and_why() {
    let mut seen = BTreeSet::new();
    for entry in Catalogue::all().entries() {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(entry.name.bytes().all(plain), "{}", entry.name);
        assert!(seen.insert(entry.name), "{} is there twice", entry.name);
        assert!(entry.source.len() > 20, "{}: no source", entry.name);
        assert!(entry.summary.ends_with('.'), "{}: no sentence", entry.name);
    }
}

/// The names that reports carry since the catalogue exists. A rule may be added;
/// one that was renamed or dropped breaks whoever counts on its name.
const CARRIED: [&str; 8] = [
    "absent-empty",
    "aws-tags",
    "iam-policy",
    "json-string",
    "number-string",
    "service-default",
    "set-order",
    "tag-order",
];

#[test]
fn a_name_that_reports_carry_stays_and_the_catalogue_only_grows() {
    let names = names();
    for name in CARRIED {
        assert!(names.contains(name), "{name} is gone");
    }
    assert!(names.len() >= 42, "{} rules", names.len());
}
