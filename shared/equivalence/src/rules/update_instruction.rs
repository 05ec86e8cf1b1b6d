//! Properties that say how to update.

use domain::difference::DifferenceKind;
use domain::judge::Comparison;

use crate::rule::Rule;
use crate::texts::{self, Place, place};

/// A property that steers an operation and that nothing stores.
pub(crate) struct UpdateInstruction;

const PLACES: &[Place] = &[
    place(
        "AWS::EC2::Instance",
        "/PropagateTagsToVolumeOnCreation",
        "CloudFormation Template Reference: whether the instance's tags go to its volumes at launch; coverage roadmap issue 1087",
    ),
    place(
        "AWS::RDS::DBInstance",
        "/AllowMajorVersionUpgrade",
        "Amazon RDS API Reference, ModifyDBInstance: allows this one change; coverage roadmap issue 1511",
    ),
    place(
        "AWS::Redshift::Cluster",
        "/Classic",
        "CloudFormation Template Reference: whether this resize is the classic one; coverage roadmap issue 1204",
    ),
    place(
        "AWS::SSM::Association",
        "/WaitForSuccessTimeoutSeconds",
        "CloudFormation Template Reference: how long the stack operation waits; coverage roadmap issue 1225",
    ),
];

impl Rule for UpdateInstruction {
    fn name(&self) -> &'static str {
        "update-instruction"
    }

    fn source(&self) -> &'static str {
        "the page named beside the property"
    }

    fn summary(&self) -> &'static str {
        "A property that tells CloudFormation how to carry out an operation is not a state, so nothing in reality has it."
    }

    fn notes(&self) -> String {
        format!(
            "Only the properties of this table, and only where reality lacks them: a value there that differs from \
             the template's is drift.\n\n{}",
            texts::table(PLACES)
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let difference = comparison.difference;
        let is_scalar = difference
            .expected
            .as_ref()
            .is_some_and(|it| it.is_boolean() || it.is_number() || it.is_string());
        (difference.kind == DifferenceKind::Removed
            && is_scalar
            && texts::stands_at(comparison, PLACES))
        .then(|| "an instruction for an operation, which nothing stores".to_owned())
    }
}
