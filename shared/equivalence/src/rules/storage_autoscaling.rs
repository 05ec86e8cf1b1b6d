//! Storage that the service grows by itself.

use domain::judge::{Comparison, SuppressionKind};

use crate::rule::Rule;
use crate::texts;

/// More storage where the service may add some.
pub(crate) struct StorageAutoscaling;

impl Rule for StorageAutoscaling {
    fn name(&self) -> &'static str {
        "storage-autoscaling"
    }

    fn kind(&self) -> SuppressionKind {
        SuppressionKind::NotOurs
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html> (storage autoscaling up to the maximum storage threshold)"
    }

    fn summary(&self) -> &'static str {
        "More allocated storage than the template states, up to its `MaxAllocatedStorage`, was added by Amazon RDS."
    }

    fn notes(&self) -> String {
        "Only where the template states the maximum and reality, where it says one, says the same. Less storage \
         than the template states, or more than the maximum, is drift, and so is a changed maximum."
            .to_owned()
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let (expected, actual) =
            texts::changed_whole(comparison, "AWS::RDS::DBInstance", "/AllocatedStorage")?;
        let most = texts::agreed_whole(comparison, "/MaxAllocatedStorage")?;
        (expected < actual && actual <= most)
            .then(|| "more storage, within the maximum up to which the service adds it".to_owned())
    }
}
