use domain::report::ScanReport;
use render::{json, name, yaml};

use crate::sample::{self, HOSTILE};

#[test]
fn json_is_the_contract_and_nothing_else() {
    let report = sample::report();
    let text = json(&report).unwrap();
    assert!(text.starts_with("{\n  \"apiVersion\": \"plumbline/v1\",\n  \"kind\": \"ScanReport\""));
    assert_eq!(serde_json::from_str::<ScanReport>(&text).unwrap(), report);
    assert_eq!(json(&report).unwrap(), text);
}

#[test]
fn json_and_yaml_carry_hostile_text_without_letting_it_act() {
    for text in HOSTILE {
        let report = sample::hostile_report(text);
        let shown = json(&report).unwrap();
        assert_eq!(serde_json::from_str::<ScanReport>(&shown).unwrap(), report);
        assert_inert(&shown);
        let shown = yaml(&report).unwrap();
        let read: ScanReport = serde_saphyr::from_str(&shown).unwrap();
        assert_eq!(read, report, "{shown}");
        assert_inert(&shown);
    }
}

fn assert_inert(text: &str) {
    let acts = |c: char| {
        c.is_control()
            || matches!(
                c,
                '\u{200b}' | '\u{2028}' | '\u{202e}' | '\u{2066}' | '\u{feff}'
            )
    };
    let found: Vec<char> = text.chars().filter(|&c| c != '\n' && acts(c)).collect();
    assert!(found.is_empty(), "{found:?} in {text}");
}

#[test]
fn yaml_is_block_style_wherever_it_can_be_and_keeps_tag_characters_either_way() {
    let mut report = sample::report();
    assert!(
        yaml(&report)
            .unwrap()
            .starts_with("apiVersion: plumbline/v1\n")
    );
    report.environment = "a\u{e0041}".to_owned();
    let shown = yaml(&report).unwrap();
    assert!(shown.contains("\"a\\U000e0041\""), "{shown}");
    assert_eq!(
        serde_saphyr::from_str::<ScanReport>(&shown).unwrap(),
        report
    );
}

#[test]
fn yaml_begins_as_the_contract_does() {
    let text = yaml(&sample::report()).unwrap();
    insta::assert_snapshot!(text.lines().take(30).collect::<Vec<_>>().join("\n"));
}

#[test]
fn name_is_one_id_a_line() {
    let report = sample::report();
    let names = name(&report.findings);
    let ids: Vec<&str> = report.findings.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(names.lines().collect::<Vec<_>>(), ids);
    assert!(names.ends_with('\n'));
    assert_eq!(name(&[]), "");
}
