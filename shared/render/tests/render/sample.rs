//! Reports to render.

use domain::finding::{Cut, HistoryEntry};
use domain::report::{Entry, FindingEntry, IgnoredEntry, ScanReport};
use domain::resource::Resource;
use render::Style;
use serde_json::{Value, json};

/// A report that holds every kind of entry.
pub(crate) fn report() -> ScanReport {
    serde_json::from_str(include_str!("report.json")).unwrap()
}

/// A report in which nothing drifted and nothing is missing.
pub(crate) fn clean_report() -> ScanReport {
    let mut report = report();
    report.findings.clear();
    report.ignored.clear();
    report.pending.clear();
    report.uncovered.clear();
    report.unknown.clear();
    report.summary = serde_json::from_value(json!({
        "units": 2, "resources": 40, "inSync": 40, "drifted": 0, "ignored": 0, "pending": 0,
        "unknown": 0, "uncovered": 0, "potential": 0, "requests": 9, "equivalences": {}
    }))
    .unwrap();
    report
}

/// A report of one finding that had 940 differences, of which the ledger kept seven.
pub(crate) fn cut_report() -> ScanReport {
    let mut report = report();
    let mut entry = report.findings.swap_remove(2);
    entry.cut = Some(Cut {
        differences: 940,
        fingerprint: "0123456789abcdef".repeat(4),
    });
    report.findings = vec![entry];
    report
}

/// A report of that many findings, each with its own values.
pub(crate) fn large_report(findings: usize, value: &str) -> ScanReport {
    let mut report = report();
    let template = report.findings.swap_remove(2);
    report.findings = (0..findings)
        .map(|number| {
            let mut entry = template.clone();
            entry.id = id(number);
            entry.resource.name = format!("service-{number}");
            for difference in &mut entry.differences {
                difference.expected = Some(json!(format!("{value}{number}")));
            }
            entry
        })
        .collect();
    report.summary.drifted = findings as u64;
    report.summary.resources = findings as u64;
    report
}

/// A report in which every name and every value is that text.
pub(crate) fn hostile_report(text: &str) -> ScanReport {
    let mut report = report();
    report.environment = text.to_owned();
    report.summary.equivalences = [(text.to_owned(), 2)].into();
    report.findings.iter_mut().for_each(|it| spoil(it, text));
    for IgnoredEntry {
        resource,
        target,
        path,
        rule,
        detail,
        ..
    } in &mut report.ignored
    {
        spoil_resource(resource, text);
        *path = Some(text.to_owned());
        for field in [target, rule, detail] {
            text.clone_into(field);
        }
    }
    let lists = [
        &mut report.pending,
        &mut report.uncovered,
        &mut report.unknown,
    ];
    for Entry {
        target,
        resource,
        path,
        reason,
        detail,
        ..
    } in lists.into_iter().flatten()
    {
        if let Some(resource) = resource {
            spoil_resource(resource, text);
        }
        *path = Some(text.to_owned());
        for field in [target, reason, detail] {
            text.clone_into(field);
        }
    }
    report
}

fn spoil(entry: &mut FindingEntry, text: &str) {
    text.clone_into(&mut entry.target);
    spoil_resource(&mut entry.resource, text);
    let attributions = entry.differences.iter_mut().map(|it| &mut it.attribution);
    for attribution in attributions.chain([&mut entry.attribution]).flatten() {
        text.clone_into(&mut attribution.who);
        text.clone_into(&mut attribution.how);
    }
    for (at, difference) in entry.differences.iter_mut().enumerate() {
        text.clone_into(&mut difference.path);
        if !difference.sensitive {
            let value = if at % 2 == 0 {
                json!(text)
            } else {
                json!({ text: [text] })
            };
            difference.expected = Some(value.clone());
            difference.actual = Some(json!([value]));
        }
    }
}

fn spoil_resource(resource: &mut Resource, text: &str) {
    for field in [&mut resource.kind, &mut resource.id, &mut resource.name] {
        text.clone_into(field);
    }
    let names = [
        &mut resource.namespace,
        &mut resource.account,
        &mut resource.region,
        &mut resource.stack,
        &mut resource.cluster,
    ];
    for name in names.into_iter().flatten() {
        text.clone_into(name);
    }
}

/// What happened to a finding, with that text in every field that takes one.
pub(crate) fn history(text: &str) -> Vec<HistoryEntry> {
    let entry = |seq: u64, event: &str, by: Value, detail: &str| json!({"seq": seq, "at": "2026-11-24T06:00:02Z", "event": event, "by": by, "detail": detail});
    serde_json::from_value(json!([
        entry(1, "opened", Value::Null, "high modified: /spec/replicas"),
        entry(
            2,
            "silenced",
            json!(text),
            &format!("until 2026-12-01T00:00:00Z: {text}")
        ),
    ]))
    .unwrap()
}

/// The id of that number, as a ledger would write it.
pub(crate) fn id(number: usize) -> domain::identity::FindingId {
    serde_json::from_value(json!(format!("f-{number:016}"))).unwrap()
}

/// A plain terminal of that width.
pub(crate) const fn plain(width: usize) -> Style {
    Style {
        color: false,
        width: Some(width),
        unicode: true,
        strict: false,
    }
}

/// What is rotten in the state of text.
pub(crate) const HOSTILE: [&str; 14] = [
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "line\nbreak\r\n\ttab\u{85}\u{2028}",
    "\u{202e}txt.exe\u{2066}\u{200b}\u{feff}",
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>'",
    "javascript:alert(1)",
    "a | b \\| c `code` ``x``",
    "@everyone #1 <!-- x --> [link](https://evil.example) https://evil.example",
    "</details></summary>\n\n# Heading",
    "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字",
    "a|b",
    "..",
    "{0} {{x}} %s ../.. ?q#f",
    "",
];
