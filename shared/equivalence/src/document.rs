//! The catalogue as a page of documentation.

use domain::judge::SuppressionKind;

use crate::rule::Rule;

const OPENING: &str = "\
# Known non-differences

<!-- Written by the catalogue itself. After a change of a rule: UPDATE_DOCS=1 cargo test -p equivalence -->

Not every difference is drift. Each rule below recognises one kind of difference that means nothing, and says so in the report under its name.
A rule of the kind *same meaning* is counted in `summary.equivalences` and leaves its resource in sync.
A rule of the kind *not ours* lists what it recognised under `ignored`.
The rules are asked in this order, and the first that recognises a difference names it.

What no rule recognises is drift; in doubt a rule keeps silent. To silence a difference that is real but wanted, write an `ignore` in the config file instead.
";

pub(crate) fn page(rules: &[&dyn Rule]) -> String {
    let mut page = OPENING.to_owned();
    for rule in rules {
        let kind = match rule.kind() {
            SuppressionKind::SameMeaning => "same meaning",
            SuppressionKind::NotOurs => "not ours",
        };
        let layers: Vec<&str> = rule.layers().iter().map(|layer| layer.as_str()).collect();
        page.push_str(&format!(
            "\n## {}\n\n*{kind}* · layer {}\n\n{}\n\n{}\n\nSource: {}\n",
            rule.name(),
            layers.join(", "),
            rule.summary(),
            rule.notes().trim_end(),
            rule.source(),
        ));
    }
    page
}

/// A markdown table.
pub(crate) fn table<const N: usize>(
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(N));
    for row in rows {
        text.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    text
}
