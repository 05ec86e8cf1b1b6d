//! A resource of a stack: what its template says, what somebody did to it, and
//! what CloudFormation makes of that.

use domain::difference::DifferenceKind;
use domain::stack::{DriftStatus, PropertyDifference, ResourceDrift, ResourceRow};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cloud::MARKER;
use crate::hanging::Rule;
use crate::trail::Call;

/// What somebody did to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bend {
    /// A property has another value, different for each number.
    Property(u32),
    /// A sensitive one has.
    Secret(u32),
    /// Another spelling of the same value: a row that is modified, and no drift.
    Spelling,
    /// It is gone.
    Deleted,
}

impl Bend {
    pub(crate) fn is_drift(self) -> bool {
        self != Bend::Spelling
    }
}

/// A resource of a stack.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) logical_id: String,
    pub(crate) physical_id: String,
    pub(crate) kind: &'static str,
    pub(crate) bend: Option<Bend>,
    /// Of a rule that is a resource of its own: its group and port.
    pub(crate) rule: Option<(String, u16)>,
    status: &'static str,
    updated_at: Timestamp,
    row: DriftStatus,
    checked_at: Option<Timestamp>,
    drift: Option<ResourceDrift>,
    /// Until when, by the true time, it cannot be checked by itself either.
    pub(crate) sick_until: Timestamp,
}

/// A path and the value there; none where it is sensitive.
pub(crate) type Place = (&'static str, Option<Value>);

/// Types, and whether CloudFormation can check them.
pub(crate) const KINDS: [&str; 6] = [
    "AWS::SQS::Queue",
    GROUP,
    "AWS::Lambda::Function",
    "AWS::CloudFormation::WaitConditionHandle",
    GROUP,
    ROLE,
];
pub(crate) const GROUP: &str = "AWS::EC2::SecurityGroup";
pub(crate) const ROLE: &str = "AWS::IAM::Role";
/// A rule of a group that is a resource of its own.
pub(crate) const INGRESS: &str = "AWS::EC2::SecurityGroupIngress";
pub(crate) const NESTED: &str = "AWS::CloudFormation::Stack";

impl Resource {
    pub(crate) fn new(
        logical_id: &str,
        physical_id: String,
        kind: &'static str,
        at: Timestamp,
    ) -> Self {
        Self {
            logical_id: logical_id.to_owned(),
            physical_id,
            kind,
            bend: None,
            rule: None,
            status: "CREATE_COMPLETE",
            updated_at: at,
            row: DriftStatus::NotChecked,
            checked_at: None,
            drift: None,
            sick_until: Timestamp::MIN,
        }
    }

    pub(crate) fn is_supported(&self) -> bool {
        self.kind != NESTED && self.kind != KINDS[3]
    }

    /// What the template says.
    fn expected(&self) -> Value {
        match self.kind {
            "AWS::SQS::Queue" => json!({"DelaySeconds": 5, "QueueName": self.logical_id}),
            GROUP => json!({
                "GroupDescription": "web",
                "SecurityGroupIngress":
                    [{"CidrIp": "10.0.0.0/8", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}],
                "Tags": [{"Key": "team", "Value": "web"}],
            }),
            ROLE => json!({"RoleName": self.physical_id, "MaxSessionDuration": 3600}),
            INGRESS => {
                let (group, port) = self.rule.clone().unwrap_or_default();
                json!({
                    "GroupId": group, "IpProtocol": "tcp", "FromPort": port, "ToPort": port,
                    "CidrIp": DECLARED_CIDR,
                })
            }
            _ => {
                json!({"MemorySize": 128, "Environment": {"Variables": {"DB_PASSWORD": format!("{MARKER}-0")}}})
            }
        }
    }

    /// What a rule that is a resource of its own allows at present.
    pub(crate) fn live_rule(&self) -> Rule {
        let cidr = match self.bend {
            Some(Bend::Property(n) | Bend::Secret(n)) => cidr(n),
            _ => DECLARED_CIDR.to_owned(),
        };
        let port = self.rule.as_ref().map_or(0, |it| it.1);
        Rule { port, cidr }
    }

    /// The property that is bent, with what stands there: `None` where nothing does any more.
    fn property(&self, bend: Bend) -> (&'static str, Option<Value>) {
        let (path, value) = match (self.kind, bend) {
            ("AWS::SQS::Queue", Bend::Spelling) => ("/DelaySeconds", json!("5")),
            ("AWS::SQS::Queue", Bend::Property(n) | Bend::Secret(n)) => {
                ("/DelaySeconds", json!(100 + n))
            }
            (GROUP, Bend::Secret(_)) => return ("/SecurityGroupIngress/0", None),
            (GROUP, Bend::Property(n)) => ("/Tags/0/Value", json!(format!("team-{n}"))),
            (ROLE, Bend::Property(n)) => ("/MaxSessionDuration", json!(3600 + n)),
            (ROLE, Bend::Secret(n)) => ("/MaxSessionDuration", json!(7200 + n)),
            (INGRESS, Bend::Property(n) | Bend::Secret(n)) => ("/CidrIp", json!(cidr(n))),
            (_, Bend::Secret(n)) => (
                "/Environment/Variables/DB_PASSWORD",
                json!(format!("{MARKER}-{}", n + 1)),
            ),
            (_, Bend::Property(n)) => ("/MemorySize", json!(1000 + n)),
            (_, _) => ("/MemorySize", json!("128")),
        };
        (path, Some(value))
    }

    /// The call that bends it so, or puts it right.
    pub(crate) fn call(&self, bend: Bend) -> Call {
        let id = self.physical_id.clone();
        let of = |service, name, parameters| Call {
            service,
            name,
            parameters,
        };
        let group = self.rule.as_ref().map_or(String::new(), |it| it.0.clone());
        match (self.kind, bend) {
            ("AWS::SQS::Queue", Bend::Deleted) => of("sqs", "DeleteQueue", vec![("queueUrl", id)]),
            ("AWS::SQS::Queue", _) => of("sqs", "SetQueueAttributes", vec![("queueUrl", id)]),
            (GROUP, Bend::Secret(_)) => {
                of("ec2", "RevokeSecurityGroupIngress", vec![("groupId", id)])
            }
            (GROUP, _) => of("ec2", "CreateTags", vec![("resourceId", id)]),
            (ROLE, _) => of("iam", "UpdateRole", vec![("roleName", id)]),
            (INGRESS, Bend::Deleted) => {
                let names = vec![("groupId", group), ("securityGroupRuleId", id)];
                of("ec2", "RevokeSecurityGroupIngress", names)
            }
            (INGRESS, _) => {
                let names = vec![("groupId", group), ("securityGroupRuleId", id)];
                of("ec2", "ModifySecurityGroupRules", names)
            }
            (_, Bend::Deleted) => of(
                "lambda",
                "DeleteFunction20150331",
                vec![("functionName", id)],
            ),
            (_, _) => of(
                "lambda",
                "UpdateFunctionConfiguration20150331v2",
                vec![("functionName", id)],
            ),
        }
    }

    /// The call that makes it again after it was deleted.
    pub(crate) fn made_again(&self) -> Call {
        let id = self.physical_id.clone();
        let (service, name, parameters) = match &self.rule {
            Some((group, _)) => {
                let names = vec![("groupId", group.clone()), ("securityGroupRuleId", id)];
                ("ec2", "AuthorizeSecurityGroupIngress", names)
            }
            None if self.kind == "AWS::SQS::Queue" => {
                ("sqs", "CreateQueue", vec![("queueUrl", id)])
            }
            None => (
                "lambda",
                "CreateFunction20150331",
                vec![("functionName", id)],
            ),
        };
        Call {
            service,
            name,
            parameters,
        }
    }

    /// What bends are possible here.
    pub(crate) fn can_be(&self, bend: Bend) -> bool {
        let hangs = [GROUP, ROLE, INGRESS].contains(&self.kind);
        self.is_supported()
            && match bend {
                Bend::Spelling => !hangs,
                Bend::Deleted => ![GROUP, ROLE].contains(&self.kind),
                _ => true,
            }
    }

    /// Whether the stack has it, deleted by hand or not.
    pub(crate) fn is_in_stack(&self) -> bool {
        self.status != "DELETE_COMPLETE"
    }

    /// Whether the stack has it and nobody deleted it.
    pub(crate) fn is_there(&self) -> bool {
        self.is_in_stack() && self.bend != Some(Bend::Deleted)
    }

    /// What drifts, as findings name it: path and value, the value of a sensitive one left out;
    /// nothing for a deleted one, or one whose group is gone.
    pub(crate) fn truth(&self, is_gone: bool) -> Option<(&'static str, Option<Place>)> {
        if is_gone || self.bend == Some(Bend::Deleted) {
            return Some(("deleted", None));
        }
        let bend = self.bend.filter(|it| it.is_drift())?;
        let (path, actual) = self.property(bend);
        let shown = actual.filter(|_| !path.ends_with("PASSWORD"));
        Some(("modified", Some((path, shown))))
    }

    /// CloudFormation compares it now.
    pub(crate) fn check(&mut self, at: Timestamp, is_gone: bool) -> DriftStatus {
        let expected = self.expected();
        let bend = if is_gone {
            Some(Bend::Deleted)
        } else {
            self.bend
        };
        let status = match bend {
            None => DriftStatus::InSync,
            Some(Bend::Deleted) => DriftStatus::Deleted,
            Some(_) => DriftStatus::Modified,
        };
        let mut drift = ResourceDrift {
            logical_id: self.logical_id.clone(),
            physical_id: self.physical_id.clone(),
            resource_type: self.kind.to_owned(),
            status,
            checked_at: at,
            reason: None,
            actual: expected.clone(),
            expected,
            differences: Vec::new(),
        };
        if let Some(bend) = bend.filter(|it| *it != Bend::Deleted) {
            let (path, value) = self.property(bend);
            let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
            let expected = drift.expected.pointer(path).cloned().unwrap_or_default();
            drift.differences.push(PropertyDifference {
                path: path.to_owned(),
                kind: match value {
                    Some(_) => DifferenceKind::Changed,
                    None => DifferenceKind::Removed,
                },
                expected: Some(text(&expected)),
                actual: value.as_ref().map(text),
            });
            match (drift.actual.pointer_mut(path), value) {
                (Some(place), Some(value)) => *place = value,
                (_, None) => drift.actual["SecurityGroupIngress"] = json!([]),
                (None, _) => {}
            }
        }
        self.row = status;
        self.checked_at = Some(at);
        self.drift = Some(drift);
        status
    }

    pub(crate) fn last_drift(&self) -> Option<&ResourceDrift> {
        self.drift.as_ref()
    }

    /// An update of its stack put it right.
    pub(crate) fn updated(&mut self, at: Timestamp) {
        self.bend = None;
        self.status = "UPDATE_COMPLETE";
        self.updated_at = at;
    }

    /// Its stack deleted it.
    pub(crate) fn deleted(&mut self) {
        self.status = "DELETE_COMPLETE";
    }

    pub(crate) fn row(&self) -> ResourceRow {
        ResourceRow {
            logical_id: self.logical_id.clone(),
            physical_id: self.physical_id.clone(),
            resource_type: self.kind.to_owned(),
            status: self.status.to_owned(),
            drift_status: self.row,
            checked_at: self.checked_at,
            updated_at: Some(self.updated_at),
        }
    }
}

/// What every rule allows that is a resource of its own.
const DECLARED_CIDR: &str = "10.64.0.0/10";

fn cidr(n: u32) -> String {
    format!("10.{}.0.0/16", n % 250)
}
