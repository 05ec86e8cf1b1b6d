//! `docs/complaints.md` claims what tests hold. Its tables are read here, so that no claim outlives its test: every test
//! and every line that it names has to be in the tree.

use std::{collections::BTreeMap, fs, path::PathBuf};

const PAGE: &str = "docs/complaints.md";

/// How many complaints there are, numbered from 1.
const COMPLAINTS: usize = 31;

/// How an answer begins that does not exist yet.
const NOT_YET: &str = "**Not yet.**";

fn read(path: &str) -> Option<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_to_string(root.join(path)).ok()
}

/// What is wrong with the page.
fn complaints(page: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let answers = rows(page, "complaint");
    let held = rows(page, "held by");
    let numbers: Vec<String> = (1..=COMPLAINTS).map(|it| it.to_string()).collect();
    let answered: Vec<&str> = answers.iter().map(|row| row[0].as_str()).collect();
    if answered != numbers {
        wrong.push(format!("the complaints are numbered {answered:?}"));
    }
    let mut holds: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &held {
        *holds.entry(&row[0]).or_default() += 1;
        wrong.extend(unheld(row));
    }
    for row in &answers {
        let (number, answer) = (row[0].as_str(), row[2].as_str());
        let tests = holds.remove(number).unwrap_or_default();
        match (answer.starts_with(NOT_YET), tests) {
            (true, 1..) => wrong.push(format!("{number} is not yet answered, and has a test")),
            (false, 0) => wrong.push(format!("{number} is answered, and no test holds that")),
            _ => {}
        }
    }
    for number in holds.keys() {
        wrong.push(format!("there is no complaint {number}"));
    }
    wrong
}

/// The rows of the tables whose header says that word, each as its cells.
fn rows(page: &str, header: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        if !line.starts_with('|') {
            inside = false;
        } else if line.contains(header) && !inside {
            inside = line.starts_with("| # |");
        } else if inside && !line.starts_with("|-") {
            rows.push(cells(line));
        }
    }
    rows
}

/// A row's cells. A bar that is text is written `\|`.
fn cells(row: &str) -> Vec<String> {
    const BAR: &str = "\u{0}";
    let row = row.replace("\\|", BAR);
    let inner = row.trim().trim_matches('|');
    inner
        .split('|')
        .map(|cell| cell.trim().replace(BAR, "|"))
        .collect()
}

/// What a row claims and the tree has not: `| number | file::test | line | file |`.
fn unheld(row: &[String]) -> Vec<String> {
    let [number, test, line, file] = row else {
        return vec![format!("{row:?} has not four cells")];
    };
    let [test, line, file] = [test, line, file].map(|it| it.trim_matches('`').trim());
    let mut wrong = Vec::new();
    match test.split_once("::") {
        Some((path, name)) if is_test(&read(path).unwrap_or_default(), name) => {}
        _ => wrong.push(format!("{number}: there is no test {test}")),
    }
    if line.is_empty() || !read(file).is_some_and(|text| text.contains(line)) {
        wrong.push(format!("{number}: {file} has no line `{line}`"));
    }
    wrong
}

/// Whether the source has a test of that name: the function, with an attribute that makes it one right above.
fn is_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    lines.iter().enumerate().any(|(at, line)| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        let is_it = line
            .strip_prefix("fn ")
            .and_then(|it| it.strip_prefix(name))
            .is_some_and(|it| it.starts_with('('));
        let attributes = lines[..at].iter().rev();
        is_it
            && attributes
                .take_while(|it| it.starts_with("#["))
                .any(|it| *it == "#[test]" || it.starts_with("#[tokio::test"))
    })
}

#[test]
fn what_the_page_on_complaints_claims_is_held_by_tests_that_exist() {
    let page = read(PAGE).expect("the page");
    assert_eq!(complaints(&page), [""; 0]);
}

#[test]
fn a_page_that_claims_what_nothing_holds_is_noticed() {
    let page = read(PAGE).expect("the page");
    let first = "a_throttled_resource_is_asked_again_twice_and_then_unknown";
    for (from, to, says) in [
        (
            first,
            "a_throttled_resource_is_happy",
            "1: there is no test",
        ),
        // There, and no test.
        (first, "gap_of", "1: there is no test"),
        (
            "collect/tests.rs::",
            "collect/test.rs::",
            "there is no test",
        ),
        ("drift.reason.as_deref()", "drift.reason()", "has no line"),
        ("\n| 1 | ", "\n| 20 | ", "numbered"),
        (NOT_YET, "Yes.", "13 is answered, and no test holds that"),
        ("\n| 19 | `", "\n| 18 | `", "18 is not yet answered"),
        ("\n| 19 | `", "\n| 99 | `", "there is no complaint 99"),
    ] {
        let changed = page.replacen(from, to, 1);
        assert_ne!(page, changed, "{from}");
        let wrong = complaints(&changed);
        let noticed = wrong.iter().any(|it| it.contains(says));
        assert!(noticed, "{from} as {to}: {wrong:#?}");
    }
}
