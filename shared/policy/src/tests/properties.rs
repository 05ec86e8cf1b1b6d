//! What holds for every file, whichever parts it has.

use proptest::prelude::*;
use proptest::sample::{Index, subsequence};

use super::parse;

const EXAMPLE: &str = include_str!("../../../../docs/plumbline.example.yaml");

/// The example's top-level sections besides the two that are required, each with its lines.
fn sections() -> Vec<String> {
    let mut sections: Vec<String> = Vec::new();
    for line in EXAMPLE
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        if line.starts_with(' ') {
            let last = sections.last_mut().unwrap();
            last.push_str(line);
            last.push('\n');
        } else {
            sections.push(format!("{line}\n"));
        }
    }
    sections.retain(|it| !it.starts_with("apiVersion") && !it.starts_with("environment"));
    sections
}

/// Names that others refer to must be there; the sections that refer to others are taken out with them.
fn closed(chosen: &[String]) -> Vec<String> {
    let has = |name: &str, of: &[String]| of.iter().any(|it| it.starts_with(name));
    let mut kept = chosen.to_vec();
    for (needs, needed) in [
        ("targets", "accounts"),
        ("invariants", "targets"),
        ("services", "targets"),
        ("waivers", "services"),
        ("notify", "github"),
    ] {
        if !has(needed, &kept) {
            kept.retain(|it| !it.starts_with(needs));
        }
    }
    kept
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_sections_in_any_order_are_a_file(
        chosen in subsequence(sections(), 0..=sections().len()).prop_shuffle(),
    ) {
        let text = format!("apiVersion: plumbline/v1\nenvironment: x\n{}", closed(&chosen).concat());
        prop_assert!(parse(&text).is_ok(), "{text}\n{}", parse(&text).unwrap_err());
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_wherever_it_stands(
        key in "zq[a-z]{3,8}", line in any::<Index>(),
    ) {
        let lines: Vec<&str> = EXAMPLE.lines().collect();
        // A key can be put before any line that begins with one, in block style.
        let places: Vec<(usize, usize)> = lines
            .iter()
            .enumerate()
            .filter_map(|(at, line)| {
                let text = line.trim_start();
                let name = text.split(':').next().unwrap_or_default();
                let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
                (plain && text.contains(':')).then(|| (at, line.len() - text.len()))
            })
            // Below `services` and `channels` any name is a key.
            .filter(|(at, _)| !lines[*at].starts_with("  product-service") && !lines[*at].contains(": {pagerduty")
                && !["    oncall", "    tickets", "    topic", "    hook", "    mail"].iter().any(|it| lines[*at].starts_with(it)))
            .collect();
        let (at, indent) = places[line.index(places.len())];
        let mut changed: Vec<String> = lines.iter().map(|it| (*it).to_owned()).collect();
        changed.insert(at, format!("{}{key}: 1", " ".repeat(indent)));
        let errors = parse(&changed.join("\n")).map(|_| ()).unwrap_err();
        let found = errors.problems().iter().any(|it| it.place.map(|(line, _)| line) == Some(at as u64 + 1));
        prop_assert!(found, "line {}: {errors}", at + 1);
    }

    #[test]
    fn no_text_makes_it_panic(text in "(?s).{0,200}") {
        let _ = parse(&text);
        let _ = parse(&format!("apiVersion: plumbline/v1\nenvironment: x\n{text}"));
        let _ = crate::cel::check(&text, crate::cel::Sight::Difference);
    }
}
