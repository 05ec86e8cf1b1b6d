//! Objects as YAML, the way kubectl prints them: keys in order, two spaces, list
//! items beside their key. Every node's lines are remembered.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

use super::place::Step;

/// An object's YAML.
#[derive(Debug, Default)]
pub(super) struct Yaml {
    /// Its lines, without their ends.
    pub(super) lines: Vec<String>,
    places: BTreeMap<Vec<Step>, Range<usize>>,
}

impl Yaml {
    /// Writes an object.
    pub(super) fn of(value: &Value) -> Self {
        let mut writer = Writer::default();
        writer.document(value);
        writer.yaml
    }

    /// The lines of the node at a place.
    pub(super) fn at(&self, place: &[Step]) -> Option<&Range<usize>> {
        self.places.get(place)
    }

    /// The whole text.
    pub(super) fn text(&self) -> String {
        self.lines.iter().flat_map(|it| [it, "\n"]).collect()
    }
}

#[derive(Default)]
struct Writer {
    yaml: Yaml,
    place: Vec<Step>,
    /// What stands on the line already: the dashes of list items.
    begun: Option<String>,
}

impl Writer {
    fn document(&mut self, value: &Value) {
        match value {
            Value::Object(map) if !map.is_empty() => self.map(value, 0),
            Value::Array(items) if !items.is_empty() => self.list(items, 0),
            scalar => self.scalar(String::new(), scalar, 0),
        }
    }

    fn line(&mut self, indent: usize) -> String {
        self.begun.take().unwrap_or_else(|| " ".repeat(indent))
    }

    fn map(&mut self, value: &Value, indent: usize) {
        let mut entries: Vec<_> = value.as_object().into_iter().flatten().collect();
        entries.sort_unstable_by_key(|(key, _)| key.as_str());
        for (key, value) in entries {
            let start = self.yaml.lines.len();
            let line = format!("{}{}:", self.line(indent), one_line(key));
            self.place.push(Step::Key(key.clone()));
            match value {
                Value::Object(map) if !map.is_empty() => {
                    self.yaml.lines.push(line);
                    self.map(value, indent + 2);
                }
                Value::Array(items) if !items.is_empty() => {
                    self.yaml.lines.push(line);
                    self.list(items, indent);
                }
                scalar => self.scalar(line, scalar, indent),
            }
            self.ended(start);
        }
    }

    fn list(&mut self, items: &[Value], indent: usize) {
        for (at, item) in items.iter().enumerate() {
            let start = self.yaml.lines.len();
            let line = format!("{}-", self.line(indent));
            self.place.push(Step::Index(at));
            match item {
                Value::Object(map) if !map.is_empty() => {
                    self.begun = Some(format!("{line} "));
                    self.map(item, indent + 2);
                }
                Value::Array(items) if !items.is_empty() => {
                    self.begun = Some(format!("{line} "));
                    self.list(items, indent + 2);
                }
                scalar => self.scalar(line, scalar, indent),
            }
            self.ended(start);
        }
    }

    fn ended(&mut self, start: usize) {
        let lines = start..self.yaml.lines.len();
        self.yaml.places.insert(self.place.clone(), lines);
        self.place.pop();
    }

    fn scalar(&mut self, mut line: String, value: &Value, indent: usize) {
        let text = match value {
            Value::String(text) if is_block(text) => return self.block(line, text, indent),
            Value::String(text) => one_line(text),
            Value::Object(_) => "{}".to_owned(),
            Value::Array(_) => "[]".to_owned(),
            other => other.to_string(),
        };
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&text);
        self.yaml.lines.push(line);
    }

    fn block(&mut self, line: String, text: &str, indent: usize) {
        let (body, keep) = match text.strip_suffix('\n') {
            None => (text, "-"),
            Some(body) if body.ends_with('\n') => (body, "+"),
            Some(body) => (body, ""),
        };
        let depth = if body.starts_with([' ', '\n']) {
            "2"
        } else {
            ""
        };
        self.yaml.lines.push(format!("{line} |{depth}{keep}"));
        for part in body.split('\n') {
            self.yaml.lines.push(match part {
                "" => String::new(),
                part => format!("{}{part}", " ".repeat(indent + 2)),
            });
        }
    }
}

/// Whether a text is written line by line. One with characters that must be escaped is not.
fn is_block(text: &str) -> bool {
    let inner = text.trim_matches('\n');
    text.contains('\n') && !inner.is_empty() && !text.chars().any(|c| c != '\n' && c != '\t' && is_escaped(c))
        // A line of white space alone at the beginning would tell a wrong depth.
        && !text.starts_with('\t')
}

/// Whether YAML holds a character only as an escape.
fn is_escaped(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

/// A text on one line: plain where it can only be read as this text, else quoted.
fn one_line(text: &str) -> String {
    if text.chars().any(is_escaped) || reads_as_another(text) {
        let mut quoted = String::with_capacity(text.len() + 2);
        for c in Value::from(text).to_string().chars() {
            if is_escaped(c) {
                quoted.push_str(&format!("\\u{:04x}", u32::from(c)));
            } else {
                quoted.push(c);
            }
        }
        return quoted;
    }
    if is_plain(text) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

/// Whether a plain text could be read as a number, a flag, null, a time or a merge key.
fn reads_as_another(text: &str) -> bool {
    const WORDS: [&str; 15] = [
        "", "~", "null", "y", "yes", "on", "true", "n", "no", "off", "false", "<<", "=", ".nan",
        ".inf",
    ];
    let lower = text.to_ascii_lowercase();
    let unsigned = lower.strip_prefix(['+', '-']).unwrap_or(&lower);
    if WORDS.contains(&lower.as_str()) || WORDS[13..].contains(&unsigned) {
        return true;
    }
    let is_number = unsigned
        .strip_prefix('.')
        .unwrap_or(unsigned)
        .starts_with(|c: char| c.is_ascii_digit())
        && unsigned
            .chars()
            .all(|c| c.is_ascii_hexdigit() || "xo_.:+-tz ".contains(c));
    let is_address = unsigned.matches('.').count() > 1
        && unsigned.chars().all(|c| c.is_ascii_digit() || c == '.');
    is_number && !is_address
}

fn is_plain(text: &str) -> bool {
    let starts = match text.as_bytes() {
        [b'-', next, ..] => *next != b' ' && !text.starts_with("---"),
        [first, ..] => !b"-?:,[]{}#&*!|>'\"%@` ".contains(first),
        [] => false,
    };
    starts
        && !text.starts_with("...")
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
}
