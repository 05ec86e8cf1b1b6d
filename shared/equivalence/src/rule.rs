//! What a rule is.

use domain::judge::{Comparison, SuppressionKind};
use domain::layer::Layer;

/// One known non-difference.
pub(crate) trait Rule: Sync {
    /// The name in kebab case: the file's name, the heading's and the report's.
    fn name(&self) -> &'static str;

    /// What a recognised difference counts as.
    fn kind(&self) -> SuppressionKind {
        SuppressionKind::SameMeaning
    }

    /// The layers whose differences the rule knows.
    fn layers(&self) -> &'static [Layer] {
        &[Layer::CloudFormation]
    }

    /// The documentation that justifies the rule: an address, or a title.
    fn source(&self) -> &'static str;

    /// What the rule recognises, in one sentence.
    fn summary(&self) -> &'static str;

    /// What a reader has to know besides, in markdown: its limits and its tables.
    fn notes(&self) -> String;

    /// What was recognised, without any value (values may be secret), or
    /// `None` where the rule knows nothing of the difference. In doubt a
    /// difference is drift.
    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String>;
}
