//! YAML in a text, read by its lines: what stands in an environment, and pairs of name and value.

use std::ops::Range;

use super::names;

/// Texts of more lines than this are not read as YAML.
const MOST_LINES: usize = 20_000;

/// Keys below which every value is that of an environment.
const ENVIRONMENTS: [&str; 4] = ["env", "environment", "variables", "environmentvariables"];

struct Line<'a> {
    indent: usize,
    key: &'a str,
}

/// Finds values of an environment (`env:` and `variables:` of a build), and of a pair whose name is sensitive.
pub(super) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    if !text.contains(':') || !text.contains('\n') {
        return;
    }
    // What the line stands below, outermost first.
    let mut above: Vec<Line<'_>> = Vec::new();
    // The name of the pair at an indentation.
    let mut pair: Option<(usize, &str)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n').take(MOST_LINES) {
        let start = at;
        at += line.len();
        let bare = line.trim_start_matches([' ', '-']);
        let indent = line.len() - bare.len();
        let Some((key, value)) = entry(bare) else {
            continue;
        };
        above.retain(|it| it.indent < indent);
        if pair.is_some_and(|(at, _)| at != indent) || line[..indent].contains('-') {
            pair = None;
        }
        let is_name = matches!(key, "name" | "Name" | "key" | "Key");
        let is_value = matches!(key, "value" | "Value");
        let is_environment = above
            .iter()
            .any(|it| ENVIRONMENTS.contains(&it.key.to_lowercase().as_str()));
        let is_named = pair.is_some_and(|(_, name)| names::says_sensitive(name));
        let is_hidden =
            is_value && (is_named || is_environment) || is_environment && is_variable(&above, key);
        if is_hidden && !value.is_empty() && !names::is_reference(value) {
            let from = start + indent + bare.find(value).unwrap_or_default();
            found.push(from..from + value.len());
        }
        if is_name {
            pair = Some((indent, value.trim_matches(['"', '\''])));
        }
        if value.is_empty() {
            above.push(Line { indent, key });
        }
    }
}

/// Whether a key is a variable itself, and not a word about one.
fn is_variable(above: &[Line<'_>], key: &str) -> bool {
    let direct = above.last().map(|it| it.key.to_lowercase());
    matches!(
        direct.as_deref(),
        Some("variables" | "environmentvariables" | "environment" | "env")
    ) && !matches!(
        key,
        "name" | "Name" | "type" | "Type" | "shell" | "git-credential-helper"
    )
}

/// Key and value of a line; the value is empty where more lines follow.
fn entry(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_end();
    let (key, value) = line.split_once(':')?;
    let is_key = |it: char| it.is_alphanumeric() || "_-./".contains(it);
    let key = key.trim_matches(['"', '\'']);
    let is_entry = !key.is_empty()
        && key.chars().all(is_key)
        && (value.is_empty() || value.starts_with([' ', '\t']));
    is_entry.then(|| (key, value.trim()))
}
