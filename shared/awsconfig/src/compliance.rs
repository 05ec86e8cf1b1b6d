//! What rules say of resources.

use eventbridge::{Envelope, Malformed};
use serde::{Deserialize, Serialize};

use crate::{Found, What, name};

/// A rule's judgement of a resource. Its annotation is left out: rules quote
/// settings in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Compliance {
    /// The rule's name.
    pub rule: String,
    /// Its ARN, where the event has it.
    pub rule_arn: Option<String>,
    /// The resource's type, `AWS::EC2::Volume`.
    pub resource_type: String,
    /// The resource's id.
    pub resource_id: String,
    /// `COMPLIANT`, `NON_COMPLIANT`, `NOT_APPLICABLE` or `INSUFFICIENT_DATA`;
    /// `None` where the resource is judged no more, as after its deletion.
    pub compliance: Option<String>,
    /// What it was before; `None` for the first judgement.
    pub before: Option<String>,
    /// What orders judgements of one resource by one rule, as AWS says; `None`
    /// where there is no new one.
    pub ordered_at: Option<String>,
    /// When it was recorded, as AWS says.
    pub recorded_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    config_rule_name: Option<String>,
    #[serde(rename = "configRuleARN", alias = "configRuleArn")]
    config_rule_arn: Option<String>,
    resource_type: Option<String>,
    resource_id: Option<String>,
    aws_account_id: Option<String>,
    aws_region: Option<String>,
    new_evaluation_result: Option<Evaluation>,
    old_evaluation_result: Option<Evaluation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Evaluation {
    compliance_type: String,
    result_recorded_time: Option<String>,
    evaluation_result_identifier: Option<Identifier>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identifier {
    ordering_timestamp: Option<String>,
    evaluation_result_qualifier: Option<Qualifier>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Qualifier {
    config_rule_name: Option<String>,
    resource_type: Option<String>,
    resource_id: Option<String>,
}

/// `Config Rules Compliance Change`.
pub(crate) fn change(envelope: &Envelope) -> Result<Found, Malformed> {
    let detail: Detail = envelope.detail()?;
    let (new, old) = (detail.new_evaluation_result, detail.old_evaluation_result);
    let Some(either) = new.as_ref().or(old.as_ref()) else {
        return Err(Malformed::at(
            "detail",
            "has neither newEvaluationResult nor oldEvaluationResult",
        ));
    };
    let identifier = either.evaluation_result_identifier.as_ref();
    let qualifier = identifier
        .and_then(|it| it.evaluation_result_qualifier.clone())
        .unwrap_or_default();
    // The event names rule and resource twice; one of the two will do.
    let named = |key: &str, first: Option<String>, second: Option<String>| {
        let path = format!("detail.{key}");
        let found = first
            .or(second)
            .ok_or_else(|| Malformed::at(&path, "is missing"))?;
        name(&path, found)
    };
    let ordered_at = match &new {
        None => None,
        Some(_) => Some(ordered_at(identifier)?),
    };
    let compliance_of = |which: &str, it: Option<&Evaluation>| {
        let path = format!("detail.{which}.complianceType");
        it.map(|it| name(&path, it.compliance_type.clone()))
            .transpose()
    };
    let compliance = Compliance {
        rule: named(
            "configRuleName",
            detail.config_rule_name,
            qualifier.config_rule_name,
        )?,
        rule_arn: detail.config_rule_arn,
        resource_type: named(
            "resourceType",
            detail.resource_type,
            qualifier.resource_type,
        )?,
        resource_id: named("resourceId", detail.resource_id, qualifier.resource_id)?,
        compliance: compliance_of("newEvaluationResult", new.as_ref())?,
        before: compliance_of("oldEvaluationResult", old.as_ref())?,
        ordered_at,
        recorded_at: new.and_then(|it| it.result_recorded_time),
    };
    Ok(Found {
        account: detail.aws_account_id,
        region: detail.aws_region,
        what: What::ComplianceChange(compliance),
    })
}

/// The moment that orders judgements: part of what makes one the same.
fn ordered_at(identifier: Option<&Identifier>) -> Result<String, Malformed> {
    let path = "detail.newEvaluationResult.evaluationResultIdentifier.orderingTimestamp";
    let found = identifier.and_then(|it| it.ordering_timestamp.clone());
    name(
        path,
        found.ok_or_else(|| Malformed::at(path, "is missing"))?,
    )
}

/// Rules that are judged anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reevaluation {
    /// The kind of the message, `ConfigRulesEvaluationStarted`.
    pub message_type: String,
    /// Their names.
    pub rules: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReevaluationDetail {
    message_type: String,
    config_rule_names: Vec<String>,
    aws_account_id: Option<String>,
    aws_region: Option<String>,
}

/// `Config Rules Re-evaluation Status`.
pub(crate) fn reevaluation(envelope: &Envelope) -> Result<Found, Malformed> {
    let detail: ReevaluationDetail = envelope.detail()?;
    Ok(Found {
        account: detail.aws_account_id,
        region: detail.aws_region,
        what: What::Reevaluation(Reevaluation {
            message_type: name("detail.messageType", detail.message_type)?,
            rules: detail.config_rule_names,
        }),
    })
}
