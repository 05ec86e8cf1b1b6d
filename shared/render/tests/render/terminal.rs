use std::fmt::Write as _;

use domain::report::ScanReport;
use proptest::prelude::*;
use render::{FindingPage, Style, finding, findings_table, findings_wide, table, wide};
use unicode_width::UnicodeWidthStr as _;

use crate::sample::{self, HOSTILE, plain};

/// Everything a terminal is ever shown of a report.
fn everything(report: &ScanReport, text: &str, style: Style) -> String {
    let mut shown = table(report, style) + &wide(report, style);
    shown += &findings_table(&report.findings, style);
    shown += &findings_wide(&report.findings, style);
    let history = sample::history(text);
    let notes = [
        ("rule".to_owned(), text.to_owned()),
        (text.to_owned(), "x".to_owned()),
    ];
    for entry in &report.findings {
        shown += &finding(
            &FindingPage {
                entry,
                history: &history,
                notes: &notes,
            },
            style,
        );
    }
    shown
}

#[test]
fn the_table_reads_like_this() {
    insta::assert_snapshot!(table(&sample::report(), plain(100)));
}

#[test]
fn the_wide_report_reads_like_this() {
    insta::assert_snapshot!(wide(&sample::report(), plain(140)));
}

#[test]
fn a_narrow_terminal_gets_names_one_under_the_other() {
    insta::assert_snapshot!(table(&sample::report(), plain(40)));
}

#[test]
fn without_a_terminal_lines_are_as_long_as_they_need_to_be() {
    let style = Style {
        unicode: false,
        ..Style::default()
    };
    insta::assert_snapshot!(table(&sample::report(), style));
}

#[test]
fn colours_are_written_only_where_asked_for() {
    let color = Style {
        color: true,
        ..plain(100)
    };
    let report = sample::report();
    let colored = table(&report, color);
    insta::assert_snapshot!(
        colored
            .lines()
            .take(8)
            .fold(String::new(), |mut text, line| {
                let _ = writeln!(text, "{}", line.replace('\x1b', "ESC"));
                text
            })
    );
    assert_eq!(without_colors(&colored), table(&report, plain(100)));
}

#[test]
fn the_page_of_a_finding_reads_like_this() {
    let report = sample::report();
    let history = sample::history("sam");
    let page = |at: usize| {
        let page = FindingPage {
            entry: &report.findings[at],
            history: &history,
            notes: &[("rule".to_owned(), "default rule 9, image-change".to_owned())],
        };
        finding(&page, plain(80))
    };
    let silenced = report
        .findings
        .iter()
        .position(|it| it.status.as_str() == "silenced");
    let deleted = report
        .findings
        .iter()
        .position(|it| it.change.as_str() == "deleted");
    insta::assert_snapshot!(
        [page(2), page(silenced.unwrap()), page(deleted.unwrap())].join("\n=====\n\n")
    );
}

#[test]
fn a_clean_report_says_so_and_names_no_exit_code() {
    insta::assert_snapshot!(table(&sample::clean_report(), plain(80)), @"
    production · 2 units · 40 resources · 2026-11-24 06:00 UTC · 1 min 7 s

    No drift found
    40 of 40 resources compared (100 %)
    ");
    assert_eq!(findings_table(&[], plain(80)), "No findings.\n");
}

#[test]
fn coverage_is_never_rounded_up_to_all() {
    let mut report = sample::clean_report();
    report.summary.resources = 100_000;
    report.summary.unknown = 1;
    assert!(table(&report, plain(80)).contains("99999 of 100000 resources compared (99.9 %)"));
}

#[test]
fn an_author_is_never_put_under_a_difference_that_has_none() {
    let mut report = sample::report();
    let attribution = report.findings[2].differences[1].attribution.clone();
    report.findings.truncate(1);
    let differences = &mut report.findings[0].differences;
    differences[0].attribution = None;
    differences[1].attribution = attribution;
    let shown = table(&report, plain(200));
    let lines: Vec<&str> = shown.lines().map(str::trim).collect();
    let by = lines
        .iter()
        .position(|line| line.starts_with("by "))
        .unwrap();
    assert!(lines[by - 1].starts_with("~ /Tags/2/Value"), "{shown}");
    assert_eq!(
        lines.iter().filter(|line| line.starts_with("by ")).count(),
        1
    );
}

#[test]
fn what_the_table_leaves_out_is_never_worse_than_what_it_shows() {
    let mut report = sample::report();
    report.findings = vec![report.findings.swap_remove(2)];
    let last = report.findings[0].differences.last_mut().unwrap();
    last.severity = domain::severity::Severity::Critical;
    let path = last.path.clone();
    let shown = table(&report, plain(200));
    assert!(
        shown.contains(&path) && shown.contains("+2 more"),
        "{shown}"
    );
    assert!(
        render::markdown(&report)
            .lines()
            .any(|line| line.starts_with("| high") && line.contains(&path))
    );
}

#[test]
fn strict_says_why_uncovered_resources_fail_the_scan() {
    let mut report = sample::report();
    report.unknown.clear();
    report.findings.clear();
    assert!(!table(&report, plain(80)).contains("Exit code"));
    let strict = Style {
        strict: true,
        ..plain(80)
    };
    assert!(table(&report, strict).contains("Exit code 2: --strict was given"));
}

#[test]
fn the_short_ids_tell_findings_apart() {
    let mut report = sample::report();
    report.findings.truncate(2);
    let mut twin = report.findings[0].clone();
    let id = twin.id.as_str().to_owned();
    twin.id = serde_json::from_value(format!("{}z", &id[..id.len() - 1]).into()).unwrap();
    report.findings.push(twin);
    let shown = table(&report, plain(200));
    assert!(shown.contains(&id), "{shown}");
}

#[test]
fn no_line_is_longer_than_the_terminal() {
    let hostile = HOSTILE.map(|text| (text, sample::hostile_report(text)));
    for (text, report) in hostile.iter().chain([&("plain", sample::report())]) {
        for width in [1, 7, 20, 40, 63, 64, 80, 120, 200] {
            for unicode in [false, true] {
                let style = Style {
                    unicode,
                    ..plain(width)
                };
                for line in everything(report, text, style).lines() {
                    // Nothing can be cut to less than one character of two columns.
                    assert!(line.width() <= width.max(2), "{width}: {line}");
                }
            }
        }
    }
}

#[test]
fn no_name_or_value_acts_on_the_terminal() {
    for text in HOSTILE {
        let report = sample::hostile_report(text);
        for width in [None, Some(40), Some(120)] {
            let style = Style { width, ..plain(0) };
            assert_inert(&everything(&report, text, style));
        }
    }
}

#[test]
fn a_terminal_without_unicode_gets_ascii() {
    let report = sample::hostile_report("größe → 漢字 …");
    let style = Style {
        unicode: false,
        ..plain(80)
    };
    assert!(everything(&report, "größe", style).is_ascii());
}

/// What colours leave when they are taken out, which takes out nothing else.
fn without_colors(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        plain.push_str(before);
        let end = after
            .find(|c: char| !c.is_ascii_digit() && c != ';')
            .unwrap();
        assert_eq!(after.as_bytes()[end], b'm', "{after}");
        rest = &after[end + 1..];
    }
    plain + rest
}

fn assert_inert(text: &str) {
    for c in text.chars().filter(|&c| c != '\n') {
        let hides = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        assert!(!c.is_control() && !hides, "{c:?} in {text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_the_text_nothing_acts_and_every_line_fits(text in "\\PC{0,12}|(?s:.{0,40})", width in 20_usize..120) {
        let report = sample::hostile_report(&text);
        let color = Style { color: true, ..plain(width) };
        let colored = everything(&report, &text, color);
        let shown = without_colors(&colored);
        assert_inert(&shown);
        for line in shown.lines() {
            prop_assert!(line.width() <= width, "{}", line);
        }
    }
}

#[test]
fn differences_that_were_cut_are_told_with_the_hash_of_the_whole() {
    let report = sample::cut_report();
    let entry = &report.findings[0];
    let page = FindingPage {
        entry,
        history: &[],
        notes: &[],
    };
    let page = finding(&page, plain(100));
    assert!(page.contains("Differences (940)"), "{page}");
    for shown in [table(&report, plain(100)), wide(&report, plain(100)), page] {
        let told = "933 more differences, cut; hash of all 0123456789abcdef\n";
        assert!(shown.contains(told), "{shown}");
    }
    let mut whole = report.clone();
    whole.findings[0].cut = None;
    assert!(!everything(&whole, "", plain(100)).contains(", cut;"));
}
