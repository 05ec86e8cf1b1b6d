//! SARIF 2.1.0, for code scanning and other consumers of analysis results.

use std::fmt::Write as _;

use domain::finding::Status;
use domain::layer::Layer;
use domain::report::{Entry, FindingEntry, IgnoredEntry, ScanReport, seconds};
use domain::resource::Resource;
use domain::severity::{Cause, Severity};
use serde_json::{Map, Value, json};

use crate::machine::{RenderError, json};
use crate::{text, words};

/// Where the format is defined.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The name of the fingerprint that holds a finding's id.
const FINGERPRINT: &str = "plumbline/v1";
/// The rule of what was suppressed before it became a finding.
const IGNORED: &str = "ignored";
/// How many paths a message names.
const SHOWN: usize = 5;

/// A scan as SARIF: one result per finding, one suppressed result per ignored
/// entry, and a notification for all that could not be looked at.
///
/// # Errors
///
/// Never for a report; see [`json`].
pub fn sarif(report: &ScanReport) -> Result<String, RenderError> {
    let causes: Vec<Cause> = Cause::ALL
        .into_iter()
        .filter(|cause| report.findings.iter().any(|it| it.cause == *cause))
        .collect();
    let mut rules: Vec<Value> = causes.iter().map(|&cause| rule(cause)).collect();
    let mut results: Vec<Value> = report
        .findings
        .iter()
        .map(|it| result(it, causes.iter().position(|cause| *cause == it.cause)))
        .collect();
    if !report.ignored.is_empty() {
        results.extend(report.ignored.iter().map(|it| ignored(it, rules.len())));
        rules.push(json!({
            "id": IGNORED,
            "shortDescription": {"text": "Suppressed as not ours or by the config file"},
            "defaultConfiguration": {"level": "none"},
        }));
    }
    json(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": driver(rules)},
            "automationDetails": {"id": format!("plumbline/{}/", segment(&report.environment))},
            "invocations": [invocation(report)],
            "results": results,
            "properties": {"summary": report.summary},
        }],
    }))
}

fn driver(rules: Vec<Value>) -> Value {
    let mut driver = Map::new();
    driver.insert("name".to_owned(), json!("Plumbline"));
    driver.insert("version".to_owned(), json!(env!("CARGO_PKG_VERSION")));
    driver.insert(
        "semanticVersion".to_owned(),
        json!(env!("CARGO_PKG_VERSION")),
    );
    // Set by `repository` in the manifest; a page that does not exist helps nobody.
    let uri = env!("CARGO_PKG_REPOSITORY");
    if !uri.is_empty() {
        driver.insert("informationUri".to_owned(), json!(uri));
    }
    driver.insert("rules".to_owned(), Value::Array(rules));
    Value::Object(driver)
}

fn rule(cause: Cause) -> Value {
    let words = cause.as_str().replace('-', " ");
    json!({
        "id": cause.as_str(),
        "shortDescription": {"text": format!("Drift: {words}")},
        "fullDescription": {"text": format!("What is there differs from what code says ({words}).")},
        "help": {"text": cause.prevention()},
        "defaultConfiguration": {"level": level(usual(cause))},
        "properties": {"tags": ["drift"]},
    })
}

/// The severity that the default rules give a cause.
const fn usual(cause: Cause) -> Severity {
    match cause {
        Cause::SecurityGroupRule
        | Cause::Iam
        | Cause::RbacChange
        | Cause::NetworkPolicy
        | Cause::KeyOrBucketPolicy
        | Cause::RecorderStopped
        | Cause::AwsConsoleChange => Severity::Critical,
        Cause::ManualEdit | Cause::ImageChange | Cause::SecretChange => Severity::High,
        Cause::ManualScaling
        | Cause::ConfigurationChange
        | Cause::ResourceDeleted
        | Cause::UnmanagedResource
        | Cause::NotApplied
        | Cause::PropertyChange => Severity::Medium,
        Cause::TagChange | Cause::LabelChange => Severity::Low,
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

fn result(entry: &FindingEntry, rule_index: Option<usize>) -> Value {
    let suppressions = match entry.status {
        Status::Accepted | Status::Silenced => {
            vec![suppression(entry.status.as_str())]
        }
        _ => Vec::new(),
    };
    json!({
        "ruleId": entry.cause.as_str(),
        "ruleIndex": rule_index,
        "level": level(entry.severity),
        "message": {"text": message(entry)},
        "locations": [location(entry.layer, &entry.resource)],
        "partialFingerprints": {FINGERPRINT: entry.id},
        "suppressions": suppressions,
        "properties": {
            "severity": entry.severity,
            "cause": entry.cause,
            "layer": entry.layer,
            "status": entry.status,
            "target": entry.target,
            "change": entry.change,
            "firstSeen": seconds::text(entry.first_seen),
            "attribution": words::attributions(entry),
        },
    })
}

/// Known outside of the code, in the ledger or the config file.
fn suppression(justification: &str) -> Value {
    json!({"kind": "external", "status": "accepted", "justification": plain(justification)})
}

fn ignored(entry: &IgnoredEntry, rule_index: usize) -> Value {
    let path = entry.path.as_deref().unwrap_or_default();
    let text = format!("{} {path}: ignored", words::name(&entry.resource));
    json!({
        "ruleId": IGNORED,
        "ruleIndex": rule_index,
        "kind": "informational",
        "level": "none",
        "message": {"text": plain(&text)},
        "locations": [location(entry.layer, &entry.resource)],
        "suppressions": [suppression(&format!("{}: {}", entry.rule, entry.detail))],
        "properties": {"layer": entry.layer, "target": entry.target},
    })
}

fn message(entry: &FindingEntry) -> String {
    let mut text = format!(
        "{} ({}) ",
        words::name(&entry.resource),
        entry.resource.kind
    );
    if entry.differences.is_empty() {
        text.push_str(words::change(entry.change));
        text.push_str(&by(entry));
        return plain(&text);
    }
    let paths: Vec<String> = entry
        .differences
        .iter()
        .take(SHOWN)
        .map(|it| format!("{} ({})", words::path(&it.path), it.kind))
        .collect();
    // Writing into a string cannot fail.
    let _ = write!(text, "differs at {}", paths.join(", "));
    let more = words::differences(entry).saturating_sub(words::number(paths.len()));
    if more > 0 {
        let _ = write!(text, " and {more} more");
    }
    text.push_str(&by(entry));
    plain(&text)
}

/// Who made it, where that is known.
fn by(entry: &FindingEntry) -> String {
    let known: Vec<String> = words::attributions(entry)
        .into_iter()
        .take(SHOWN)
        .map(|it| words::attribution(it).join(", "))
        .collect();
    match known.as_slice() {
        [] => String::new(),
        known => format!("; by {}", known.join("; ")),
    }
}

/// Foreign text as a SARIF message: without links and placeholders.
fn plain(text: &str) -> String {
    text::clean(text, false)
        .replace("](", "] (")
        .replace('{', "{{")
        .replace('}', "}}")
}

/// A location. Drift is in no file, but consumers want one: the address reads
/// like a path, and the same resource always has the same.
fn location(layer: Layer, resource: &Resource) -> Value {
    let uri = uri(layer, resource);
    json!({
        "physicalLocation": {
            "artifactLocation": {"uri": uri},
            "region": {"startLine": 1},
        },
        "logicalLocations": [{
            "name": words::name(resource),
            "fullyQualifiedName": uri,
            "kind": "resource",
        }],
    })
}

fn uri(layer: Layer, resource: &Resource) -> String {
    let or_dash = |name: &Option<String>| name.clone().unwrap_or_default();
    let parts = match layer {
        Layer::Kubernetes | Layer::Configuration => vec![
            or_dash(&resource.cluster),
            or_dash(&resource.namespace),
            resource.kind.clone(),
            resource.name.clone(),
        ],
        Layer::CloudFormation => vec![
            or_dash(&resource.account),
            or_dash(&resource.region),
            or_dash(&resource.stack),
            resource.name.clone(),
        ],
        Layer::Policy => vec![
            or_dash(&resource.account),
            or_dash(&resource.region),
            or_dash(&resource.rule),
            resource.kind.clone(),
            resource.id.clone(),
        ],
        Layer::Terraform => vec![or_dash(&resource.address)],
        Layer::Inventory => vec![
            or_dash(&resource.account),
            or_dash(&resource.region),
            or_dash(&resource.cluster),
            resource.kind.clone(),
            resource.id.clone(),
        ],
    };
    let segments: Vec<String> = parts.iter().map(|part| segment(part)).collect();
    format!("{layer}/{}", segments.join("/"))
}

/// One segment of a URI's path; `-` where there is no name.
fn segment(name: &str) -> String {
    if name.is_empty() {
        return "-".to_owned();
    }
    // A segment of dots alone would climb.
    let climbs = name.bytes().all(|byte| byte == b'.');
    name.bytes().fold(String::new(), |mut text, byte| {
        let unreserved = byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'~')
            || (byte == b'.' && !climbs);
        if unreserved {
            text.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

fn invocation(report: &ScanReport) -> Value {
    let unknown = report.unknown.iter().map(|it| notification(it, "error"));
    let uncovered = report.uncovered.iter().map(|it| notification(it, "note"));
    json!({
        "executionSuccessful": report.unknown.is_empty(),
        "startTimeUtc": seconds::text(report.started_at),
        "endTimeUtc": seconds::text(report.finished_at),
        "toolExecutionNotifications": unknown.chain(uncovered).collect::<Vec<_>>(),
    })
}

fn notification(entry: &Entry, level: &str) -> Value {
    let subject = words::subject(entry.resource.as_ref(), &entry.target);
    let locations: Vec<Value> = entry
        .resource
        .iter()
        .map(|it| location(entry.layer, it))
        .collect();
    json!({
        "level": level,
        "descriptor": {"id": entry.reason},
        "message": {"text": plain(&format!("{subject}: {}: {}", entry.reason, entry.detail))},
        "locations": locations,
        "properties": {"layer": entry.layer, "target": entry.target},
    })
}
