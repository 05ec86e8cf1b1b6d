//! The differences that two policies are compared over: one for every default
//! rule in each layer that it knows, and those that a condition itself names.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue};
use domain::attribution::Attribution;
use domain::difference::{Change, DifferenceKind};
use domain::judge::Facts;
use domain::layer::Layer;
use domain::resource::Resource;
use domain::severity::Cause;
use serde_json::Value;

/// The most differences that one condition gives; alternatives multiply.
const MOST: usize = 64;

/// A difference to ask two policies about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    /// What it is called in the comparison.
    pub(crate) label: String,
    layer: Option<Layer>,
    target: String,
    change: Change,
    cause: Option<Cause>,
    resource: Resource,
    path: String,
    kind: Option<DifferenceKind>,
    expected: Value,
    actual: Value,
    attribution: Attribution,
    console: bool,
}

impl Sample {
    fn new(layer: Option<Layer>, kind: &str, path: &str) -> Self {
        Self {
            label: String::new(),
            layer,
            target: String::new(),
            change: Change::Modified,
            cause: None,
            resource: Resource {
                kind: kind.to_owned(),
                ..Resource::default()
            },
            path: path.to_owned(),
            kind: None,
            expected: Value::Null,
            actual: Value::Null,
            console: false,
            attribution: Attribution {
                who: String::new(),
                at: None,
                how: String::new(),
                console: false,
            },
        }
    }

    fn called(mut self, label: &str) -> Self {
        self.label = label.to_owned();
        self
    }

    fn changed(mut self, change: Change) -> Self {
        self.change = change;
        self
    }

    fn of_cause(mut self, cause: Cause) -> Self {
        self.cause = Some(cause);
        self
    }

    fn by(mut self, who: &str, how: &str) -> Self {
        who.clone_into(&mut self.attribution.who);
        how.clone_into(&mut self.attribution.how);
        self
    }

    fn now(mut self, kind: DifferenceKind, actual: impl Into<Value>) -> Self {
        self.kind = Some(kind);
        self.actual = actual.into();
        self
    }

    fn in_console(mut self) -> Self {
        self.console = true;
        self
    }

    /// The difference as rules see it before severity and cause are decided.
    pub(crate) fn facts(&self) -> Facts<'_> {
        Facts {
            layer: self.layer(),
            target: &self.target,
            change: self.change,
            severity: None,
            // Only the layer itself knows that Git is ahead; no rule finds it out.
            cause: self.cause.filter(|it| *it == Cause::NotApplied),
            resource: &self.resource,
            path: self.path(),
            kind: self.kind.unwrap_or(match self.change {
                Change::Modified => DifferenceKind::Changed,
                Change::Deleted => DifferenceKind::Removed,
                Change::Added => DifferenceKind::Added,
            }),
            expected: Some(&self.expected),
            actual: Some(&self.actual),
            attribution: Some(&self.attribution)
                .filter(|it| !it.who.is_empty() || !it.how.is_empty()),
            console: self.console,
        }
    }

    fn layer(&self) -> Layer {
        self.layer.unwrap_or_else(|| {
            let kind = self.resource.kind.as_str();
            if kind.starts_with("aws_") {
                Layer::Terraform
            } else if kind.contains("::") || kind.is_empty() {
                Layer::CloudFormation
            } else {
                Layer::Kubernetes
            }
        })
    }

    /// A deleted or added resource is asked about as a whole.
    fn path(&self) -> &str {
        match self.change {
            Change::Modified => &self.path,
            Change::Deleted | Change::Added => "",
        }
    }
}

/// One difference for every default rule, in each layer that it knows.
pub(crate) fn representative() -> Vec<Sample> {
    use Change::{Added, Deleted};
    use DifferenceKind as Kind;
    use Layer::{CloudFormation, Configuration, Inventory, Kubernetes, Policy, Terraform};
    let at = |layer, kind: &str, path: &str| Sample::new(Some(layer), kind, path);
    let aws = |kind: &str, path: &str| at(CloudFormation, kind, path);
    let deployment = |path: &str| at(Kubernetes, "apps/v1/Deployment", path);
    let group = "AWS::EC2::SecurityGroup";
    vec![
        aws(group, "/SecurityGroupIngress/0/CidrIp")
            .now(Kind::Changed, "0.0.0.0/0")
            .called("a security group opened to the world"),
        aws(group, "/SecurityGroupIngress/0/FromPort")
            .now(Kind::Changed, 22)
            .called("a security group rule"),
        aws("AWS::IAM::Role", "/Policies/0/PolicyDocument").called("a role's policy"),
        aws("AWS::S3::BucketPolicy", "/PolicyDocument/Statement/0").called("a bucket policy"),
        aws("AWS::KMS::Key", "/KeyPolicy/Statement/0").called("a key policy"),
        aws("AWS::EC2::Route", "/GatewayId").called("a route"),
        aws("AWS::SQS::Queue", "/Tags/0/Value").called("a tag"),
        aws("AWS::SecretsManager::Secret", "/SecretString").called("a secret's content"),
        aws("AWS::Lambda::Function", "/Code/S3Key").called("a function's code"),
        aws("AWS::AutoScaling::AutoScalingGroup", "/MaxSize")
            .now(Kind::Changed, 9)
            .called("a group's capacity"),
        aws("AWS::SQS::Queue", "/VisibilityTimeout")
            .now(Kind::Changed, 5)
            .in_console()
            .called("a property changed in the console"),
        aws("AWS::SQS::Queue", "")
            .changed(Deleted)
            .called("a deleted stack resource"),
        aws("AWS::SQS::Queue", "")
            .changed(Added)
            .called("a resource added beside a stack"),
        aws("AWS::SQS::Queue", "/VisibilityTimeout")
            .now(Kind::Changed, 5)
            .called("a stack resource's property"),
        at(
            Kubernetes,
            "rbac.authorization.k8s.io/v1/ClusterRole",
            "/rules/0/verbs",
        )
        .called("a cluster role"),
        at(
            Kubernetes,
            "networking.k8s.io/v1/NetworkPolicy",
            "/spec/ingress",
        )
        .called("a network policy"),
        deployment("/spec/template/spec/containers[name=app]/image")
            .now(Kind::Changed, "app:2")
            .called("a container's image"),
        deployment("/spec/replicas")
            .now(Kind::Changed, 1)
            .called("replicas"),
        deployment("/metadata/labels/team").called("a label"),
        deployment("/spec/minReadySeconds")
            .by("kubectl-edit", "Update")
            .called("an edit by hand"),
        deployment("/spec/minReadySeconds")
            .of_cause(Cause::NotApplied)
            .called("what was not applied"),
        deployment("").changed(Deleted).called("a deleted object"),
        deployment("")
            .changed(Added)
            .called("an object that Git does not know"),
        deployment("/spec/minReadySeconds").called("an object's property"),
        at(Configuration, "v1/Secret", "/data/password").called("a Secret's data"),
        at(Configuration, "v1/ConfigMap", "/data/mode").called("a ConfigMap's data"),
        at(Policy, "AWS::S3::Bucket", "/compliance")
            .now(Kind::Changed, "NON_COMPLIANT")
            .called("a resource that breaks a Config rule"),
        at(Policy, "AWS::Config::ConfigurationRecorder", "/recording")
            .now(Kind::Changed, false)
            .called("the stopped recorder"),
        at(Terraform, "aws_security_group", "/ingress/0/from_port")
            .called("a security group rule of Terraform"),
        at(Terraform, "aws_iam_role", "/assume_role_policy").called("a role of Terraform"),
        at(Terraform, "aws_instance", "/tags/team").called("a tag of Terraform"),
        at(Terraform, "aws_instance", "/instance_type").called("a property of Terraform"),
        at(Inventory, "AWS::SQS::Queue", "")
            .changed(Added)
            .called("a resource that no code owns"),
    ]
}

/// The differences that a condition speaks of: every text that it compares a
/// field with is put into that field. What it computes is not followed.
pub(crate) fn named_by(expression: &IdedExpr) -> Vec<Sample> {
    let mut samples = assigned(expression, vec![Sample::new(None, "", "")]);
    for sample in &mut samples {
        let resource = &sample.resource;
        let name = [&resource.name, &resource.id]
            .into_iter()
            .find(|it| !it.is_empty());
        let named = name.map_or(String::new(), |it| format!(" of {it}"));
        let kind = match resource.kind.as_str() {
            "" => "any resource",
            kind => kind,
        };
        let path = match sample.path() {
            "" => String::new(),
            path => format!(" at {path}"),
        };
        sample.label = format!("{kind}{named}{path}");
    }
    samples
}

fn assigned(at: &IdedExpr, mut samples: Vec<Sample>) -> Vec<Sample> {
    samples.truncate(MOST);
    match &at.expr {
        Expr::Call(call) => match (call.func_name.as_str(), &call.args[..]) {
            ("_&&_", parts) => parts.iter().fold(samples, |it, part| assigned(part, it)),
            ("_||_", parts) => parts
                .iter()
                .flat_map(|part| assigned(part, samples.clone()))
                .collect(),
            ("_==_", [one, other]) => compared(one, other, samples),
            ("@in" | "_in_", [field, list]) => match &list.expr {
                Expr::List(list) => list
                    .elements
                    .iter()
                    .flat_map(|element| compared(field, element, samples.clone()))
                    .collect(),
                _ => samples,
            },
            ("startsWith" | "endsWith" | "contains", [text]) => match &call.target {
                Some(field) => compared(field, text, samples),
                None => samples,
            },
            _ => within(call, samples),
        },
        Expr::Select(_) => put(at, &Value::Bool(true), samples),
        _ => samples,
    }
}

/// A call that says nothing itself may hold something that does.
fn within(call: &CallExpr, samples: Vec<Sample>) -> Vec<Sample> {
    // What is denied must not be put there.
    if call.func_name.starts_with('!') {
        return samples;
    }
    call.args
        .iter()
        .fold(samples, |samples, it| match &it.expr {
            Expr::Call(_) => assigned(it, samples),
            _ => samples,
        })
}

fn compared(one: &IdedExpr, other: &IdedExpr, samples: Vec<Sample>) -> Vec<Sample> {
    match (literal(one), literal(other)) {
        (None, Some(value)) => put(one, &value, samples),
        (Some(value), None) => put(other, &value, samples),
        _ => samples,
    }
}

fn literal(at: &IdedExpr) -> Option<Value> {
    let Expr::Literal(literal) = &at.expr else {
        return None;
    };
    Some(match literal {
        LiteralValue::String(text) => Value::from(text.inner()),
        LiteralValue::Boolean(it) => Value::from(*it.inner()),
        LiteralValue::Int(it) => Value::from(*it.inner()),
        LiteralValue::Double(it) => Value::from(*it.inner()),
        _ => return None,
    })
}

/// Puts a value into the field that an expression selects.
fn put(at: &IdedExpr, value: &Value, mut samples: Vec<Sample>) -> Vec<Sample> {
    let Expr::Select(select) = &at.expr else {
        return samples;
    };
    let Expr::Ident(root) = &select.operand.expr else {
        return samples;
    };
    let text = value.as_str().unwrap_or_default();
    for it in &mut samples {
        let resource = &mut it.resource;
        match (root.as_str(), select.field.as_str()) {
            ("finding", "layer") => it.layer = Layer::from_name(text).or(it.layer),
            ("finding", "target") => text.clone_into(&mut it.target),
            ("finding", "change") => {
                let changes = [Change::Modified, Change::Deleted, Change::Added];
                let named = changes.into_iter().find(|it| it.as_str() == text);
                it.change = named.unwrap_or(it.change);
            }
            ("finding", "cause") => {
                it.cause = Cause::ALL.into_iter().find(|it| it.as_str() == text);
            }
            ("resource", "type") => text.clone_into(&mut resource.kind),
            ("resource", "id") => text.clone_into(&mut resource.id),
            ("resource", "name") => text.clone_into(&mut resource.name),
            ("resource", "account") => resource.account = Some(text.to_owned()),
            ("resource", "region") => resource.region = Some(text.to_owned()),
            ("resource", "stack") => resource.stack = Some(text.to_owned()),
            ("resource", "cluster") => resource.cluster = Some(text.to_owned()),
            ("resource", "namespace") => resource.namespace = Some(text.to_owned()),
            ("difference", "path") => text.clone_into(&mut it.path),
            ("difference", "kind") => {
                let kinds = [
                    DifferenceKind::Changed,
                    DifferenceKind::Removed,
                    DifferenceKind::Added,
                ];
                it.kind = kinds.into_iter().find(|it| it.as_str() == text);
            }
            ("difference", "expected") => it.expected = value.clone(),
            ("difference", "actual") => it.actual = value.clone(),
            ("attribution", "who") => text.clone_into(&mut it.attribution.who),
            ("attribution", "how") => text.clone_into(&mut it.attribution.how),
            ("attribution", "console") => it.console = value == &Value::Bool(true),
            _ => {}
        }
    }
    samples
}
