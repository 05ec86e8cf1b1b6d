//! Triggers that the AWS Config console adds.

use domain::difference::DifferenceKind;
use domain::judge::{Comparison, SuppressionKind};
use domain::pointer;
use serde_json::{Value, json};

use crate::places;
use crate::rule::Rule;

/// The trigger for oversized items, added on saving.
pub(crate) struct OversizedNotification;

const OVERSIZED: &str = "OversizedConfigurationItemChangeNotification";

impl Rule for OversizedNotification {
    fn name(&self) -> &'static str {
        "oversized-notification"
    }

    fn kind(&self) -> SuppressionKind {
        SuppressionKind::NotOurs
    }

    fn source(&self) -> &'static str {
        "<https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1780> (saving a rule in the console without a change adds the trigger)"
    }

    fn summary(&self) -> &'static str {
        "The trigger of a Config rule for oversized configuration items, beside the one for configuration items, is added by the console on saving."
    }

    fn notes(&self) -> String {
        "Only that trigger from `aws.config` and nothing besides, only where the template has the trigger for \
         configuration item changes and not this one. Any other trigger is drift, and so is a trigger that is \
         gone."
            .to_owned()
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let difference = comparison.difference;
        if comparison.resource_type != "AWS::Config::ConfigRule"
            || difference.kind != DifferenceKind::Added
            || !places::fits("/Source/SourceDetails/*", &difference.path)
        {
            return None;
        }
        let stated = pointer::get(comparison.expected, "/Source/SourceDetails")?.as_array()?;
        let has = |message: &str| {
            stated
                .iter()
                .any(|detail| detail.get("MessageType").and_then(Value::as_str) == Some(message))
        };
        let added = json!({"EventSource": "aws.config", "MessageType": OVERSIZED});
        (difference.actual.as_ref()? == &added
            && has("ConfigurationItemChangeNotification")
            && !has(OVERSIZED))
        .then(|| "the trigger for oversized items, which the console adds on saving".to_owned())
    }
}
