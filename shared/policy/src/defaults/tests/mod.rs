//! Each default rule with what it must and must not recognise, and their order.

mod access;
mod content;

use domain::attribution::Attribution;
use domain::difference::{Change, DifferenceKind};
use domain::judge::Facts;
use domain::layer::Layer;
use domain::resource::Resource;
use domain::severity::{Cause, Severity};
use serde_json::{Value, json};

use super::{RULES, decide, segments};

/// A difference in a few words: `(type, path, actual)`; a type without `::` is Kubernetes.
struct Given<'g> {
    kind: &'g str,
    name: &'g str,
    path: &'g str,
    actual: Value,
    change: Change,
    how: DifferenceKind,
    layer: Layer,
    who: Option<Attribution>,
    console: bool,
    cause: Option<Cause>,
}

fn given<'g>(kind: &'g str, path: &'g str, actual: Value) -> Given<'g> {
    let layer = match kind {
        "v1/Secret" | "v1/ConfigMap" if path.starts_with("/data") => Layer::Configuration,
        _ if kind.contains("::") => Layer::CloudFormation,
        _ if kind.starts_with("aws_") => Layer::Terraform,
        _ => Layer::Kubernetes,
    };
    Given {
        kind,
        name: "x",
        path,
        actual,
        change: Change::Modified,
        how: DifferenceKind::Changed,
        layer,
        who: None,
        console: false,
        cause: None,
    }
}

impl<'g> Given<'g> {
    fn removed(mut self) -> Self {
        self.how = DifferenceKind::Removed;
        self
    }

    fn whole(kind: &'g str, change: Change) -> Self {
        let mut it = given(kind, "", Value::Null);
        it.change = change;
        it.how = if change == Change::Deleted {
            DifferenceKind::Removed
        } else {
            DifferenceKind::Added
        };
        it
    }

    fn by(mut self, who: &str, how: &str) -> Self {
        self.who = Some(Attribution {
            who: who.to_owned(),
            at: None,
            how: how.to_owned(),
            console: false,
        });
        self
    }

    fn on(mut self, layer: Layer) -> Self {
        self.layer = layer;
        self
    }

    fn decided(&self) -> (&'static str, Severity, Cause) {
        let resource = Resource {
            kind: self.kind.to_owned(),
            name: self.name.to_owned(),
            ..Resource::default()
        };
        let facts = Facts {
            layer: self.layer,
            target: "t",
            change: self.change,
            severity: None,
            cause: self.cause,
            resource: &resource,
            path: self.path,
            kind: self.how,
            expected: None,
            actual: Some(&self.actual).filter(|it| !it.is_null()),
            attribution: self.who.as_ref(),
            console: self.console,
        };
        let (severity, cause, name) = decide(&facts);
        (name, severity, cause)
    }
}

fn check(rule: &str, severity: Severity, cases: Vec<(Given<'_>, Cause)>, not: Vec<Given<'_>>) {
    for (it, cause) in cases {
        assert_eq!(
            it.decided(),
            (rule_name(rule), severity, cause),
            "{} {}",
            it.kind,
            it.path
        );
    }
    for it in not {
        assert_ne!(it.decided().0, rule, "{} {}", it.kind, it.path);
    }
}

fn rule_name(name: &str) -> &'static str {
    RULES.iter().find(|rule| rule.name == name).unwrap().name
}

#[test]
fn the_rules_speak_in_the_documented_order() {
    let names: Vec<_> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(
        names,
        [
            "opened-to-the-world",
            "recorder-stopped",
            "security",
            "not-applied",
            "tags",
            "secret-content",
            "image",
            "capacity",
            "config-map-data",
            "manual-edit",
            "console-session",
            "deleted",
            "added",
            "property",
        ]
    );
    // Each pair: a difference that two rules recognise, and the one that must win.
    let mut console_tag = given("AWS::SQS::Queue", "/Tags/0", json!("x"));
    console_tag.console = true;
    let mut console_role = given("AWS::IAM::Role", "/Path", json!("x"));
    console_role.console = true;
    let mut pending_role = given("rbac.authorization.k8s.io/v1/Role", "/rules", json!([]));
    pending_role.cause = Some(Cause::NotApplied);
    let mut pending_label = given("apps/v1/Deployment", "/metadata/labels/a", json!("x"));
    pending_label.cause = Some(Cause::NotApplied);
    let image = given(
        "apps/v1/Deployment",
        "/spec/template/spec/containers[name=a]/image",
        json!("x"),
    );
    for (it, wins) in [
        (console_tag, "tags"),
        (console_role, "security"),
        (pending_role, "security"),
        (pending_label, "not-applied"),
        (image.by("kubectl-set", "Update"), "image"),
        (Given::whole("AWS::IAM::Role", Change::Deleted), "security"),
        (
            given("v1/Secret", "/data/a", json!("x")).by("kubectl-edit", "Update"),
            "secret-content",
        ),
    ] {
        assert_eq!(it.decided().0, wins, "{} {}", it.kind, it.path);
    }
}

#[test]
fn every_severity_is_the_one_of_the_table() {
    use Severity::{Critical, High, Low, Medium};
    let severities: Vec<_> = RULES.iter().map(|rule| rule.severity).collect();
    assert_eq!(
        severities,
        [
            Critical, Critical, Critical, Medium, Low, High, High, Medium, Medium, High, Critical,
            Medium, Medium, Medium
        ]
    );
}

#[test]
fn every_sample_of_the_floor_is_a_security_change() {
    for (layer, kind, path) in super::samples() {
        let (name, _, cause) = given(&kind, &path, Value::Null).on(layer).decided();
        assert!(cause.needs_a_person(), "{kind} {path} is {cause} by {name}");
    }
}

#[test]
fn paths_are_split_outside_selectors_and_unescaped() {
    for (path, expected) in [
        ("", vec![]),
        ("/spec/replicas", vec!["spec", "replicas"]),
        ("/a~1b/~01", vec!["a/b", "~1"]),
        (
            "/spec/containers[name=app]/image",
            vec!["spec", "containers", "image"],
        ),
        ("/I[CidrIp=\"0.0.0.0/0\",D=\"a]\\\"b/\"]/X", vec!["I", "X"]),
        ("/metadata/finalizers[=x]", vec!["metadata", "finalizers"]),
    ] {
        assert_eq!(segments(path), expected, "{path}");
    }
}
