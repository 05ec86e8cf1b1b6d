//! Keys by id and by ARN.

use domain::difference::DifferenceKind;
use domain::judge::Comparison;

use crate::places;
use crate::rule::Rule;

/// The id of a KMS key and the ARN that ends with it.
pub(crate) struct KmsKeySpelling;

const PROPERTIES: &[&str] = &[
    "KMSKeyId",
    "KMSMasterKeyID",
    "KmsKeyArn",
    "KmsKeyId",
    "KmsMasterKeyId",
    "PerformanceInsightsKMSKeyId",
];

impl Rule for KmsKeySpelling {
    fn name(&self) -> &'static str {
        "kms-key-spelling"
    }

    fn source(&self) -> &'static str {
        "<https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1203>, <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2564> and <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html> (key ARN: the key id is its last part)"
    }

    fn summary(&self) -> &'static str {
        "The id of a KMS key and the ARN of the key with just that id name one key."
    }

    fn notes(&self) -> String {
        format!(
            "Only ids that KMS itself makes at random, so that no other account can have the same. An alias is not \
             compared with anything: it can be moved to another key, and an alias of the same name exists in other \
             accounts. Nor is the id of a multi-Region key (`mrk-…`), which names a key in each Region. Two ids and \
             two ARNs always differ. Knows the properties {}.",
            super::listed(PROPERTIES)
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let difference = comparison.difference;
        if difference.kind != DifferenceKind::Changed
            || !PROPERTIES.contains(&places::last(&difference.path).as_str())
        {
            return None;
        }
        let expected = difference.expected.as_ref()?.as_str()?;
        let actual = difference.actual.as_ref()?.as_str()?;
        (is_id_of(expected, actual) || is_id_of(actual, expected))
            .then(|| "the same key, by id and by ARN".to_owned())
    }
}

fn is_id_of(id: &str, arn: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    let [scheme, partition, service, region, account, resource] = parts[..] else {
        return false;
    };
    is_random_id(id)
        && resource.strip_prefix("key/") == Some(id)
        && (scheme, service) == ("arn", "kms")
        && partition.starts_with("aws")
        && !region.is_empty()
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is `1234abcd-12ab-34cd-56ef-1234567890ab`.
fn is_random_id(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-');
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(is_digit)
}
