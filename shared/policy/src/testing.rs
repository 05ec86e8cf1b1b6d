//! The user's own tests of the policy: what the rules must make of a difference.

use std::collections::BTreeSet;

use domain::attribution::Attribution;
use domain::difference::{Change, DifferenceKind};
use domain::judge::Facts;
use domain::layer::Layer;
use domain::resource::Resource;
use domain::severity::{Cause, Severity};
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::ApiVersion;
use crate::load::{ConfigErrors, Path, Problems, read, read_text};
use crate::rules::{Explanation, Outcome, Policy};
use crate::scalar::{Date, Name};
use crate::schema::{cause, severities};

/// A file of policy tests.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TestFile {
    /// The version of this file's format: `plumbline/v1`.
    pub api_version: ApiVersion,
    /// The tests.
    #[schemars(length(min = 1))]
    pub tests: Vec<PolicyTest>,
}

/// One test: a difference, and what the rules must make of it. What is left out
/// of the difference is as if it were not known.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyTest {
    /// What the test says, as a sentence.
    pub name: Name,
    /// The finding, as rules see it.
    pub finding: GivenFinding,
    /// The resource, as rules see it.
    #[serde(default)]
    pub resource: GivenResource,
    /// The difference, as rules see it. Default: the resource as a whole.
    #[serde(default)]
    pub difference: GivenDifference,
    /// The attribution, as rules see it. Default: unknown.
    #[serde(default)]
    pub attribution: GivenAttribution,
    /// The time at which it is asked, which decides which ignores are in force. Default: now.
    #[serde(default)]
    pub on: Option<Date>,
    /// What the rules must make of it.
    pub expect: Expect,
}

/// `finding`, before severity and cause are decided.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GivenFinding {
    /// The layer.
    #[schemars(schema_with = "layers")]
    pub layer: Layer,
    /// The target's name. Default: `""`.
    #[serde(default)]
    pub target: String,
    /// What happened to the resource. Default: `modified`.
    #[serde(default = "modified")]
    #[schemars(schema_with = "changes")]
    pub change: Change,
}

/// `resource`; every field is `""` by default.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct GivenResource {
    /// The resource type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The physical id, or `namespace/name`.
    pub id: String,
    /// The logical id, or the object's name.
    pub name: String,
    /// The AWS account's id.
    pub account: String,
    /// The AWS region.
    pub region: String,
    /// The stack's name.
    pub stack: String,
    /// The cluster's name.
    pub cluster: String,
    /// The namespace.
    pub namespace: String,
}

/// `difference`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct GivenDifference {
    /// The path. Default: `""`, the resource as a whole.
    pub path: String,
    /// How the sides disagree. Default: `removed` or `added` for a deleted or added resource, else `changed`.
    #[schemars(schema_with = "kinds")]
    pub kind: Option<DifferenceKind>,
    /// What code says. Default: null.
    pub expected: Value,
    /// What is there. Default: null.
    pub actual: Value,
}

/// `attribution`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct GivenAttribution {
    /// The field manager or principal. Default: `""`, unknown.
    pub who: String,
    /// The operation or call. Default: `""`.
    pub how: String,
    /// Whether it was a console session. Default: `false`.
    pub console: bool,
}

/// What the rules must make of the difference; what is left out may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Expect {
    /// The severity.
    #[schemars(schema_with = "severities")]
    pub severity: Option<Severity>,
    /// The cause.
    #[schemars(schema_with = "cause")]
    pub cause: Option<Cause>,
    /// The rule that decides: `severity[0]`, or a default one, `default: tags`.
    pub rule: Option<Name>,
    /// Whether an ignore in force matches.
    pub ignored: Option<bool>,
    /// Whether a value of it that looks sensitive is shown.
    pub show: Option<bool>,
    /// The channels that are told of it, exactly these; `[]` is nobody.
    pub channels: Option<Vec<Name>>,
}

/// What came of one test.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TestResult {
    /// The test's name.
    pub name: String,
    /// The file it stands in.
    pub file: String,
    /// Its line there, from 1.
    pub line: u64,
    /// The expectations that were not met, each in words; empty where it passed.
    pub failures: Vec<String>,
    /// What the rules made of it, and why.
    pub explanation: Explanation,
}

impl TestResult {
    /// Whether every expectation was met.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Runs the tests of a text, as of `now`.
///
/// # Errors
///
/// Everything that is wrong with the text itself.
pub fn run(
    policy: &Policy,
    (text, file): (&str, &str),
    now: Timestamp,
) -> Result<Vec<TestResult>, ConfigErrors> {
    let mut problems = Problems::new(file);
    let read = read::<TestFile>(text, &crate::schema::of::<TestFile>(), &mut problems);
    let (Some((root, Some(tests))), true) = (read, problems.is_empty()) else {
        return Err(problems.into_errors());
    };
    let list = Path::root().key("tests");
    let results = tests.tests.iter().enumerate().map(|(index, test)| {
        let (failures, explanation) = outcome(policy, test, now);
        TestResult {
            name: test.name.to_string(),
            file: file.to_owned(),
            line: root.place(&list.index(index)).line,
            failures,
            explanation,
        }
    });
    Ok(results.collect())
}

/// Runs the tests of a file, as of `now`.
///
/// # Errors
///
/// Everything that is wrong with the file itself.
pub fn run_file(
    policy: &Policy,
    path: &std::path::Path,
    now: Timestamp,
) -> Result<Vec<TestResult>, ConfigErrors> {
    run(
        policy,
        (&read_text(path)?, &path.display().to_string()),
        now,
    )
}

/// What was not met, and what the rules made of the difference.
fn outcome(policy: &Policy, test: &PolicyTest, now: Timestamp) -> (Vec<String>, Explanation) {
    let resource = test.resource.resource();
    let attribution = test.attribution.attribution();
    let facts = Facts {
        layer: test.finding.layer,
        target: &test.finding.target,
        change: test.finding.change,
        severity: None,
        cause: None,
        resource: &resource,
        path: &test.difference.path,
        kind: test.difference.kind.unwrap_or(match test.finding.change {
            Change::Modified => DifferenceKind::Changed,
            Change::Deleted => DifferenceKind::Removed,
            Change::Added => DifferenceKind::Added,
        }),
        expected: Some(&test.difference.expected),
        actual: Some(&test.difference.actual),
        attribution: attribution.as_ref(),
        console: test.attribution.console,
    };
    let now = test.on.and_then(Date::noon).unwrap_or(now);
    let found = policy.explain(&facts, now);
    let ignored = found.ignored_by.is_some();
    let mut failures = Vec::new();
    if let Some(severity) = test.expect.severity.filter(|it| *it != found.severity) {
        failures.push(format!(
            "severity is {} by {}, not {severity}",
            found.severity, found.rule
        ));
    }
    if let Some(cause) = test.expect.cause.filter(|it| *it != found.cause) {
        failures.push(format!(
            "cause is {} by {}, not {cause}",
            found.cause, found.rule
        ));
    }
    if let Some(rule) = test
        .expect
        .rule
        .as_ref()
        .filter(|it| it.as_str() != found.rule)
    {
        failures.push(format!("{} decides, not {rule}", found.rule));
    }
    if test.expect.ignored.is_some_and(|it| it != ignored) {
        failures.push(match &found.ignored_by {
            Some(by) => format!("it is ignored by {}", by.rule),
            None => "it is not ignored".to_owned(),
        });
    }
    let decided = Facts {
        severity: Some(found.severity),
        cause: Some(found.cause),
        ..facts
    };
    let shown = policy.shows(&decided);
    if test.expect.show.is_some_and(|it| it != shown) {
        failures.push(if shown {
            "a sensitive value of it is shown".to_owned()
        } else {
            "a sensitive value of it is not shown: no entry of show matches".to_owned()
        });
    }
    if let Some(expected) = &test.expect.channels {
        let expected: BTreeSet<&str> = expected.iter().map(Name::as_str).collect();
        let told = policy.told(&decided);
        if told != expected {
            failures.push(format!(
                "told is {}, not {}",
                names(&told),
                names(&expected)
            ));
        }
    }
    for asked in &found.evaluated {
        if let Outcome::Failed(why) = &asked.outcome {
            failures.push(format!("{} could not be evaluated: {why}", asked.rule));
        }
    }
    (failures, found)
}

/// Channels in words.
fn names(channels: &BTreeSet<&str>) -> String {
    if channels.is_empty() {
        return "nobody".to_owned();
    }
    let names: Vec<&str> = channels.iter().copied().collect();
    names.join(" and ")
}

impl GivenResource {
    fn resource(&self) -> Resource {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Resource {
            kind: self.kind.clone(),
            id: self.id.clone(),
            name: self.name.clone(),
            namespace: some(&self.namespace),
            account: some(&self.account),
            region: some(&self.region),
            stack: some(&self.stack),
            cluster: some(&self.cluster),
            ..Resource::default()
        }
    }
}

impl GivenAttribution {
    fn attribution(&self) -> Option<Attribution> {
        (!self.who.is_empty() || !self.how.is_empty()).then(|| Attribution {
            who: self.who.clone(),
            at: None,
            how: self.how.clone(),
            console: self.console,
        })
    }
}

const fn modified() -> Change {
    Change::Modified
}

fn layers(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": Layer::ALL.map(Layer::as_str)})
}

fn changes(_: &mut SchemaGenerator) -> Schema {
    let changes = [Change::Modified, Change::Deleted, Change::Added];
    json_schema!({"type": "string", "enum": changes.map(Change::as_str)})
}

fn kinds(_: &mut SchemaGenerator) -> Schema {
    let kinds = [
        DifferenceKind::Changed,
        DifferenceKind::Removed,
        DifferenceKind::Added,
    ];
    json_schema!({"type": "string", "enum": kinds.map(DifferenceKind::as_str)})
}
