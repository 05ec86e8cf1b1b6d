//! Names of condition keys.

use domain::judge::Comparison;

use super::iam_policy;
use crate::rule::Rule;

/// A policy document whose condition keys are in another case.
pub(crate) struct ConditionKeyCase;

impl Rule for ConditionKeyCase {
    fn name(&self) -> &'static str {
        "condition-key-case"
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html> (the names of condition keys are not case-sensitive)"
    }

    fn summary(&self) -> &'static str {
        "Two policy documents that differ only in the case of condition keys, such as `aws:SourceIP` and `aws:SourceIp`, are one."
    }

    fn notes(&self) -> String {
        "Knows the same documents as iam-policy, and compares everything else as that rule does. The values of a \
         condition have a case, and so has the part of a key that names something (`aws:RequestTag/Team`, \
         `kms:EncryptionContext:App`). A condition that says a key twice, in two cases, is not compared."
            .to_owned()
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        iam_policy::same_documents(comparison, |policy| policy.fold_condition_keys())
            .then(|| "two spellings of the condition keys of one policy document".to_owned())
    }
}
