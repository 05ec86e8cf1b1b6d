use proptest::prelude::*;
use render::markdown;

use crate::sample::{self, HOSTILE};

/// The cells of a table row, as GitHub-flavoured Markdown splits them.
fn cells(row: &str) -> usize {
    let mut escaped = false;
    let bars = row.chars().filter(|&c| {
        let counts = c == '|' && !escaped;
        escaped = c == '\\' && !escaped;
        counts
    });
    bars.count() - 1
}

fn assert_safe(text: &str) {
    let page = markdown(&sample::hostile_report(text));
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 2 + sample::report().findings.len(), "{page}");
    for row in rows {
        assert_eq!(cells(row), 6, "{row}");
    }
    assert_eq!(
        page.matches("<details>").count(),
        page.matches("</details>").count()
    );
    let bare = outside_of_code(&page);
    for sign in [
        "@",
        "](",
        "http",
        "<img",
        "<script",
        "<!--",
        "\u{202e}",
        "\x1b",
        "# Heading",
    ] {
        assert!(!bare.contains(sign), "{sign} in {bare}");
    }
}

/// What of a page is formatting: all but code spans and code elements.
fn outside_of_code(page: &str) -> String {
    let mut bare = String::new();
    for line in page.lines() {
        let mut rest = line;
        while let Some(start) = rest.find(['`', '<']) {
            let (before, after) = rest.split_at(start);
            bare.push_str(before);
            let (open, close) = match after.strip_prefix("<code>") {
                Some(_) => ("<code>", "</code>"),
                None if after.starts_with('`') => ("`", "`"),
                None => {
                    bare.push('<');
                    rest = &after[1..];
                    continue;
                }
            };
            let inside = &after[open.len()..];
            let end = inside.find(close).expect("code ends on its line");
            assert!(!inside[..end].contains('|'), "{line}");
            rest = &inside[end + close.len()..];
        }
        bare.push_str(rest);
        bare.push('\n');
    }
    bare
}

#[test]
fn a_comment_reads_like_this() {
    insta::assert_snapshot!(markdown(&sample::report()));
}

#[test]
fn a_clean_report_is_short() {
    insta::assert_snapshot!(markdown(&sample::clean_report()), @"
    ### Everything hangs straight

    **No drift found.** 40 of 40 resources compared (100 %).

    Environment `production`, 2026-11-24 06:00 UTC, 2 units.
    ");
}

#[test]
fn no_name_or_value_comes_to_life() {
    HOSTILE.into_iter().for_each(assert_safe);
}

#[test]
fn a_large_report_fits_a_comment_and_counts_what_does_not() {
    let page = markdown(&sample::large_report(2_000, &"v".repeat(300)));
    assert!(page.len() <= 60_000, "{}", page.len());
    let shown = page
        .lines()
        .filter(|line| line.starts_with("| high"))
        .count();
    assert!(page.contains(&format!(
        "{} more findings, which do not fit here",
        2_000 - shown
    )));
    let folded = page.matches("<details>").count();
    assert!(folded > 0);
    assert!(page.contains(&format!(
        "differences of {} more findings do not fit",
        2_000 - folded
    )));
}

#[test]
fn only_a_reason_that_is_a_word_becomes_part_of_the_sentence() {
    for text in ["Not A Word", &"a".repeat(25), ""] {
        let page = markdown(&sample::hostile_report(text));
        assert!(page.contains("could not be looked at (other);"), "{page}");
    }
    assert!(
        markdown(&sample::report()).contains("2 could not be looked at (1 denied, 1 throttled);")
    );
}

#[test]
fn however_long_every_text_is_the_comment_is_bounded() {
    let page = markdown(&sample::hostile_report(&"`|@x".repeat(20_000)));
    assert!(page.len() <= 60_000, "{}", page.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_the_text_the_table_keeps_its_columns(text in "[ -~]{0,30}|(?s:.{0,40})") {
        assert_safe(&text);
    }
}
