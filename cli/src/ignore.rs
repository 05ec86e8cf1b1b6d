//! The ignore that accepts a finding for everybody, as text for the config file.

use domain::difference::{Change, Difference};
use domain::finding::Finding;
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use serde_json::Value;

/// One entry of the config file's `ignore`; its texts are YAML already.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) when: String,
    pub(crate) reason: String,
    pub(crate) owner: String,
    pub(crate) expires: String,
}

impl Entry {
    /// In block style, its dash after so many spaces.
    pub(crate) fn block(&self, indent: usize) -> String {
        let at = " ".repeat(indent);
        format!(
            "{at}- when: {}\n{at}  reason: {}\n{at}  owner: {}\n{at}  expires: {}\n",
            self.when, self.reason, self.owner, self.expires
        )
    }

    /// On one line, as it stands in a list in brackets.
    pub(crate) fn flow(&self) -> String {
        format!(
            "{{when: {}, reason: {}, owner: {}, expires: {}}}",
            self.when, self.reason, self.owner, self.expires
        )
    }
}

/// The entry that matches just this finding's resource, the paths that differ
/// now, and their plain values.
pub(crate) fn ignore_for(
    finding: &Finding,
    (reason, owner): (&str, &str),
    until: Timestamp,
) -> Entry {
    // The end of a day is written as that day.
    let last = until.checked_sub(1.second()).unwrap_or(until);
    Entry {
        when: yaml(&condition(finding)),
        reason: yaml(reason),
        owner: yaml(owner),
        expires: TimeZone::UTC.to_datetime(last).date().to_string(),
    }
}

fn condition(finding: &Finding) -> String {
    let resource = &finding.resource;
    let mut parts = vec![format!("resource.type == {}", cel(&resource.kind))];
    let names = [
        ("account", resource.account.as_deref()),
        ("region", resource.region.as_deref()),
        ("stack", resource.stack.as_deref()),
        ("cluster", resource.cluster.as_deref()),
        ("namespace", resource.namespace.as_deref()),
        ("name", Some(resource.name.as_str())),
    ];
    for (name, value) in names {
        if let Some(value) = value {
            parts.push(format!("resource.{name} == {}", cel(value)));
        }
    }
    match (finding.change, &finding.differences[..]) {
        (Change::Modified, differences) => {
            let paths: Vec<String> = differences.iter().map(at_its_value).collect();
            match &paths[..] {
                [only] => parts.push(only.clone()),
                several => parts.push(format!("({})", several.join(" || "))),
            }
        }
        (change, _) => parts.push(format!("finding.change == {}", cel(change.as_str()))),
    }
    parts.join(" && ")
}

/// A difference at its path and, where that is a plain text, number or
/// boolean, with the value that is there now. A keyed hash says nothing to
/// another ledger, and lists and objects are left to their path.
fn at_its_value(difference: &Difference) -> String {
    let path = format!("difference.path == {}", cel(&difference.path));
    match &difference.actual {
        Some(value @ (Value::String(_) | Value::Number(_) | Value::Bool(_))) => {
            format!("{path} && difference.actual == {value}")
        }
        _ => path,
    }
}

/// A string as CEL writes it; JSON's escapes are among CEL's.
fn cel(text: &str) -> String {
    Value::from(text).to_string()
}

/// A string as a YAML single-quoted scalar on one line.
fn yaml(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    format!("'{}'", line.replace('\'', "''"))
}
