//! No format may show what is sensitive.

use render::{Histories, Style, html, markdown, sarif, table, wide};

use crate::sample;

#[test]
fn no_format_for_people_shows_the_hash_of_a_sensitive_value() {
    let report = sample::report();
    let style = Style {
        unicode: true,
        ..Style::default()
    };
    let shown = [
        table(&report, style),
        wide(&report, style),
        markdown(&report),
        sarif(&report).unwrap(),
        html(&report, &Histories::new()).unwrap(),
    ];
    for text in shown {
        assert!(text.contains("/data/password"));
        assert!(!text.contains("v1:5f5f"), "{text}");
    }
}
