//! The kinds of text that stand in the file. Each has a `format` in the schema,
//! and one function that says what is wrong with a text; [`complaint`] finds it
//! by the format's name, so that the file can be checked with places before it
//! is turned into the typed values.

mod cron;
mod region;
mod text;
mod time;

#[cfg(feature = "schema")]
use std::borrow::Cow;

#[cfg(feature = "schema")]
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use crate::cel::Sight;

pub use time::{Date, Duration};

/// What was said of a text: fine, fine with a warning, or wrong.
pub(crate) type Said = Result<Option<String>, String>;

/// Says what is wrong with a text.
pub(crate) type Check = fn(&str) -> Said;

/// The function that checks texts of a format, or `None` for a format that is not ours.
pub(crate) fn complaint(format: &str) -> Option<Check> {
    FORMATS
        .iter()
        .find(|(name, _)| *name == format)
        .map(|(_, check)| *check)
}

const FORMATS: [(&str, Check); 17] = [
    ("date", time::check_date),
    ("plumbline-duration", time::check_duration),
    ("name", text::check_name),
    ("aws-account-id", text::check_account),
    ("iam-role-arn", text::check_role),
    ("sns-topic-arn", text::check_topic),
    ("aws-region", region::check),
    ("glob", text::check_glob),
    ("cel", check_condition),
    ("cel-object", check_object_condition),
    ("regex", text::check_pattern),
    ("cron", cron::check),
    ("secret-reference", text::check_secret),
    ("url", text::check_url),
    ("url-or-secret-reference", text::check_url_or_secret),
    ("github-repository", text::check_repository),
    ("percentage", text::check_percentage),
];

fn check_condition(text: &str) -> Said {
    crate::cel::check(text, Sight::Difference)
}

fn check_object_condition(text: &str) -> Said {
    crate::cel::check(text, Sight::Object)
}

/// A newtype over text with its format, its pattern where it is regular, and its check.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $format:literal, $check:path, {$($key:literal: $value:expr),* $(,)?}) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text as it stands in the file.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                $check(&text).map_err(serde::de::Error::custom)?;
                Ok(Self(text))
            }
        }

        #[cfg(feature = "schema")]

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "format": $format $(, $key: $value)*})
            }
        }
    };
}

text!(
    /// Any text that is not empty.
    Name, "name", text::check_name, {"minLength": 1}
);
text!(
    /// The id of an AWS account, 12 digits.
    AccountId, "aws-account-id", text::check_account, {"pattern": "^[0-9]{12}$"}
);
text!(
    /// The ARN of an IAM role.
    RoleArn, "iam-role-arn", text::check_role, {"pattern": "^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$"}
);
text!(
    /// The ARN of an SNS topic.
    TopicArn, "sns-topic-arn", text::check_topic, {"pattern": "^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:.+$"}
);
text!(
    /// The name of an AWS region. One that this version does not know is accepted with a warning.
    Region, "aws-region", region::check, {"pattern": "^[a-z]{2,}(-[a-z]+)+-[0-9]+$"}
);
text!(
    /// A glob: `*`, `?`, `[…]`, `{a,b}`; capitals count.
    GlobText, "glob", text::check_glob, {"minLength": 1}
);
text!(
    /// A CEL condition over a difference.
    Condition, "cel", check_condition, {"minLength": 1, "maxLength": crate::cel::LONGEST}
);
text!(
    /// A CEL condition over a live object.
    ObjectCondition, "cel-object", check_object_condition, {"minLength": 1, "maxLength": crate::cel::LONGEST}
);
text!(
    /// A regular expression.
    Pattern, "regex", text::check_pattern, {"minLength": 1}
);
text!(
    /// A time that recurs: minute, hour, day of month, month, day of week.
    Cron, "cron", cron::check, {"minLength": 9}
);
text!(
    /// Where a secret is kept: `ssm-secure:NAME`, `secretsmanager:NAME[#key]`, `env:NAME` or `file:PATH`. Never the secret itself.
    SecretRef, "secret-reference", text::check_secret, {"pattern": "^(ssm-secure|secretsmanager|env|file):.+$"}
);
text!(
    /// An address, `https://…`.
    Url, "url", text::check_url, {"pattern": "^https?://[^\\s@]+$"}
);
text!(
    /// An address, or where it is kept if it is a secret itself.
    UrlOrSecret, "url-or-secret-reference", text::check_url_or_secret,
    {"pattern": "^(https?://[^\\s@]+|(ssm-secure|secretsmanager|env|file):.+)$"}
);
text!(
    /// A GitHub repository, `owner/name`.
    Repository, "github-repository", text::check_repository, {"pattern": "^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$"}
);
text!(
    /// A share, `20%`.
    Percentage, "percentage", text::check_percentage, {"pattern": "^[0-9]+(\\.[0-9]+)?%$"}
);

impl GlobText {
    /// The glob that matches everything.
    pub(crate) fn everything() -> Self {
        Self("*".to_owned())
    }
}
