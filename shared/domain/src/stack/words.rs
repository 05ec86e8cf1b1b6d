//! The answers of CloudFormation's drift API, freed of the SDK.

use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

use crate::difference::DifferenceKind;

/// A stack's ARN, `arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/GUID`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StackId(String);

impl StackId {
    /// Reads a stack ARN; `None` if it is not one.
    #[must_use]
    pub fn parse(arn: &str) -> Option<Self> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let [arn_word, _partition, service, region, account, resource] = parts[..] else {
            return None;
        };
        let mut resource = resource.split('/');
        let is_stack = arn_word == "arn"
            && service == "cloudformation"
            && resource.next() == Some("stack")
            && resource.next().is_some_and(|name| !name.is_empty());
        (is_stack && !region.is_empty() && !account.is_empty()).then(|| Self(arn.to_owned()))
    }

    /// The whole ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What to call it by in a call: the ARN or, where that ends with the name
    /// (`…:stack/NAME/`: whichever stack has the name now), the name.
    #[must_use]
    pub fn reference(&self) -> &str {
        let has_guid = self
            .part(5)
            .split('/')
            .nth(2)
            .is_some_and(|it| !it.is_empty());
        if has_guid { &self.0 } else { self.name() }
    }

    /// The region it is in.
    #[must_use]
    pub fn region(&self) -> &str {
        self.part(3)
    }

    /// The account it belongs to.
    #[must_use]
    pub fn account(&self) -> &str {
        self.part(4)
    }

    /// The stack's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.part(5).split('/').nth(1).unwrap_or_default()
    }

    fn part(&self, index: usize) -> &str {
        self.0.splitn(6, ':').nth(index).unwrap_or_default()
    }
}

impl fmt::Display for StackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One stack as ListStacks gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackSummary {
    /// Its ARN; account, region and name are read from it.
    pub id: StackId,
    /// `CREATE_COMPLETE` and so on, as the API spells it.
    pub status: String,
    /// The root of the nest it belongs to; `None` for a stack that stands alone or where the API does not say.
    pub root: Option<StackId>,
    /// When drift was last checked, of the stack or one of its resources.
    pub drift_checked_at: Option<Timestamp>,
    /// When it was last updated or, never updated, made; `None` where the API does not say.
    pub changed_at: Option<Timestamp>,
}

/// The id of one drift detection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetectionId(pub String);

/// A detection that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// Its id.
    pub id: DetectionId,
    /// When the API accepted it, by the API's own clock in whole seconds;
    /// `None` where the answer does not say.
    pub at: Option<Timestamp>,
}

/// How far a detection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detection {
    /// When it was started, by the API's clock.
    pub started_at: Timestamp,
    /// How it ended, or that it has not.
    pub outcome: DetectionOutcome,
}

/// How a detection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DetectionOutcome {
    /// Still running.
    InProgress,
    /// Every resource that supports it was checked.
    Complete,
    /// At least one resource was not checked; partial results exist. The reason as the API gave it.
    Failed(String),
}

/// The drift status of one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriftStatus {
    /// Expected and actual agree.
    InSync,
    /// They differ.
    Modified,
    /// The resource is gone.
    Deleted,
    /// Not checked: the type has no drift support, or nothing checked it yet.
    NotChecked,
    /// CloudFormation could not check it.
    Unknown,
    /// The type has no drift support.
    Unsupported,
}

/// One resource of a stack as ListStackResources gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceRow {
    /// Its name in the template.
    pub logical_id: String,
    /// Its name in the account; empty where it has none yet.
    pub physical_id: String,
    /// `AWS::SQS::Queue`.
    pub resource_type: String,
    /// `CREATE_COMPLETE` and so on, as the API spells it.
    pub status: String,
    /// What the last check of this resource came to.
    pub drift_status: DriftStatus,
    /// When that check was.
    pub checked_at: Option<Timestamp>,
    /// When a stack operation last changed its status.
    pub updated_at: Option<Timestamp>,
}

/// One resource's drift as DescribeStackResourceDrifts or DetectStackResourceDrift gives it.
#[derive(Clone)]
pub struct ResourceDrift {
    /// Its name in the template.
    pub logical_id: String,
    /// Its name in the account; empty where it has none.
    pub physical_id: String,
    /// `AWS::SQS::Queue`.
    pub resource_type: String,
    /// What the check came to.
    pub status: DriftStatus,
    /// When the check was.
    pub checked_at: Timestamp,
    /// Why the status is what it is, where the API says so.
    pub reason: Option<String>,
    /// Expected properties; `null` where the API gives none.
    pub expected: Value,
    /// Actual properties; `null` where the API gives none.
    pub actual: Value,
    /// Where they differ.
    pub differences: Vec<PropertyDifference>,
}

/// Property values may be secret, so not even a debug print shows them.
impl fmt::Debug for ResourceDrift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceDrift")
            .field("logical_id", &self.logical_id)
            .field("status", &self.status)
            .field("checked_at", &self.checked_at)
            .finish_non_exhaustive()
    }
}

/// What a stack says of one of its resources, with every reference resolved.
#[derive(Clone, PartialEq)]
pub struct Declared {
    /// Its name in the template.
    pub logical_id: String,
    /// `AWS::EC2::SecurityGroupIngress`.
    pub resource_type: String,
    /// Its name in the account; empty where it has none.
    pub physical_id: String,
    /// Its expected properties; `None` where CloudFormation did not say them in this look.
    pub expected: Option<Value>,
}

/// Property values may be secret, so not even a debug print shows them.
impl fmt::Debug for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Declared")
            .field("logical_id", &self.logical_id)
            .field("resource_type", &self.resource_type)
            .field("physical_id", &self.physical_id)
            .field("is_said", &self.expected.is_some())
            .finish()
    }
}

/// One PropertyDifference of the API. The values are the API's strings, used
/// only where the property trees have nothing at the path.
#[derive(Clone, PartialEq, Eq)]
pub struct PropertyDifference {
    /// The API's PropertyPath, unchanged.
    pub path: String,
    /// ADD, REMOVE or NOT_EQUAL.
    pub kind: DifferenceKind,
    /// ExpectedValue.
    pub expected: Option<String>,
    /// ActualValue.
    pub actual: Option<String>,
}

impl fmt::Debug for PropertyDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PropertyDifference")
            .field("path", &self.path)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_arn_gives_region_account_and_name() {
        let id =
            StackId::parse("arn:aws-cn:cloudformation:cn-north-1:111122223333:stack/shop/guid")
                .unwrap();
        assert_eq!(
            (id.region(), id.account(), id.name()),
            ("cn-north-1", "111122223333", "shop")
        );
    }

    #[test]
    fn a_stack_of_which_only_the_name_is_known_is_called_by_it() {
        let reference = |tail: &str| {
            let id = StackId::parse(&format!("arn:aws:cloudformation:r:a:stack/{tail}")).unwrap();
            id.reference().to_owned()
        };
        assert_eq!(reference("shop/"), "shop");
        assert_eq!(reference("shop"), "shop");
        assert_eq!(
            reference("shop/guid"),
            "arn:aws:cloudformation:r:a:stack/shop/guid"
        );
    }

    #[test]
    fn what_is_not_a_stack_arn_is_refused() {
        for text in [
            "shop",
            "",
            "arn:aws:s3:::bucket",
            "arn:aws:cloudformation:r:a:stack/",
            "arn:aws:cloudformation::a:stack/n/g",
            "arn:aws:cloudformation:r:a:changeSet/n/g",
        ] {
            assert!(StackId::parse(text).is_none(), "{text}");
        }
    }
}
