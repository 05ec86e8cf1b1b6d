use std::time::{Duration, Instant};

use render::{Histories, html};

use crate::sample::{self, HOSTILE};

fn page(report: &domain::report::ScanReport) -> String {
    html(report, &Histories::new()).unwrap()
}

#[test]
fn the_page_asks_for_nothing_and_runs_only_its_own_script() {
    let page = page(&sample::report());
    let policy = page
        .split("http-equiv=\"Content-Security-Policy\" content=\"")
        .nth(1)
        .unwrap();
    let policy = policy.split('"').next().unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    assert!(
        !policy.contains("unsafe") && !policy.contains("&#"),
        "{policy}"
    );
    for reference in [
        "=\"http",
        "=http",
        "src=",
        "url(",
        "@import",
        " style=\"",
        " onclick",
    ] {
        assert!(!page.contains(reference), "{reference}");
    }
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("<style").count(), 1);
}

#[test]
fn no_name_or_value_becomes_markup() {
    let with = |text: &str| {
        let report = sample::hostile_report(text);
        let histories = [(report.findings[0].id.clone(), sample::history(text))].into();
        html(&report, &histories).unwrap()
    };
    let tags = tags(&with("plain"));
    for text in HOSTILE {
        let page = with(text);
        for marker in [
            "<img",
            "<script>alert",
            "</script><script",
            "href=\"javascript",
            "\u{202e}",
            "\x1b",
            "\u{200b}",
        ] {
            assert!(!page.contains(marker), "{marker}");
        }
        let with_text = self::tags(&page);
        assert!(
            with_text.is_subset(&tags),
            "{:?}",
            with_text.difference(&tags)
        );
    }
}

/// Every tag and attribute name of a page's body, values left out.
fn tags(page: &str) -> std::collections::BTreeSet<String> {
    let body = page
        .split("<body>")
        .nth(1)
        .unwrap()
        .split("<script>")
        .next()
        .unwrap();
    body.split('<')
        .skip(1)
        .map(|tag| {
            let tag = tag.split('>').next().unwrap();
            let outside = tag.split('"').step_by(2);
            outside.map(str::trim).collect::<Vec<_>>().join("\"\"")
        })
        .collect()
}

#[test]
fn findings_with_the_same_differences_are_one_row() {
    let report = sample::report();
    let page = page(&report);
    assert!(page.contains("Same difference on 4 resources"));
    assert_eq!(
        page.matches("<details class=\"finding").count(),
        report.findings.len() - 3
    );
    for entry in &report.findings {
        assert!(page.contains(entry.id.as_str()), "{}", entry.id);
    }
}

#[test]
fn another_value_status_or_target_is_another_row() {
    let mut report = sample::report();
    let last = report.findings.last_mut().unwrap();
    last.differences[0].actual = Some("0816".into());
    assert!(page(&report).contains("Same difference on 3 resources"));
    let last = report.findings.len() - 2;
    let mut elsewhere = report.clone();
    elsewhere.findings[last].target = "other".to_owned();
    assert!(!page(&elsewhere).contains("Same difference on"));
    report.findings[last].status = domain::finding::Status::Acknowledged;
    assert!(!page(&report).contains("Same difference on"));
}

#[test]
fn without_its_script_everything_is_open_and_no_control_is_there() {
    let page = page(&sample::report());
    let all = page.matches("<details").count();
    assert!(all > 9);
    assert_eq!(page.matches(" open>").count(), all);
    for control in [
        "id=\"theme\" class=\"quiet\" hidden",
        "aria-label=\"Filter findings\" hidden",
    ] {
        assert!(page.contains(control), "{control}");
    }
}

#[test]
fn a_clean_report_hangs_straight() {
    let page = page(&sample::clean_report());
    assert!(page.contains("<h1 id=\"verdict\">Everything hangs straight</h1>"));
    assert!(page.contains("Everything that was compared hangs straight."));
    assert!(!page.contains("<form") && !page.contains("<section class=\"other\""));
}

#[test]
fn sensitive_values_are_not_even_there_as_hashes() {
    let page = page(&sample::report());
    assert!(page.contains("(hidden, changed)"));
    assert!(!page.contains("v1:5f") && !page.contains("hmac"));
}

#[test]
fn two_thousand_findings_are_a_page_that_opens() {
    let begun = Instant::now();
    let page = page(&sample::large_report(2_000, &"v".repeat(2_000)));
    // Generous, since tests run beside others; a quadratic loop takes far longer.
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert!(page.len() < 5_000_000, "{}", page.len());
    assert_eq!(page.matches("<details class=\"finding").count(), 2_000);
    assert!(page.contains("differences left out, or this page would be too large"));
}

#[test]
fn the_history_of_a_finding_is_told_where_it_is_known() {
    let report = sample::report();
    let histories = [(report.findings[0].id.clone(), sample::history("sam"))].into();
    let page = html(&report, &histories).unwrap();
    assert!(page.contains("silenced by sam: until 2026-12-01T00:00:00Z: sam"));
}

#[test]
fn differences_that_were_cut_are_told_and_are_no_reason_to_fold() {
    let report = sample::cut_report();
    let shown = page(&report);
    assert!(
        shown.contains("933 more differences, cut; hash of all 0123456789abcdef."),
        "{shown}"
    );
    assert!(shown.contains("+939 more"), "{shown}");
    // What was cut of each is another whole.
    let mut several = report.clone();
    for number in 0_u64..3 {
        let mut entry = report.findings[0].clone();
        entry.id = sample::id(number as usize);
        entry.cut.as_mut().unwrap().fingerprint = format!("{number}").repeat(64);
        several.findings.push(entry);
    }
    assert!(!page(&several).contains("Same difference on"));
}
