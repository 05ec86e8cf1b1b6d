//! Escaped media types.

use domain::judge::Comparison;

use crate::rule::Rule;
use crate::texts::{self, Place, place};

/// A media type with its slash written as `~1`.
pub(crate) struct BinaryMediaType;

const PLACES: &[Place] = &[place(
    "AWS::ApiGateway::RestApi",
    "/BinaryMediaTypes/*",
    "CloudFormation Template Reference",
)];

impl Rule for BinaryMediaType {
    fn name(&self) -> &'static str {
        "binary-media-type"
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-apigateway-restapi.html> (BinaryMediaTypes: slashes are escaped with `~1`)"
    }

    fn summary(&self) -> &'static str {
        "A binary media type with its slash written as `~1`, such as `image~1png`, is the media type with the slash."
    }

    fn notes(&self) -> String {
        "Only in `BinaryMediaTypes` of a REST API; another media type is drift.".to_owned()
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let (expected, actual) = texts::changed(comparison, PLACES)?;
        (expected.replace("~1", "/") == actual.replace("~1", "/"))
            .then(|| "the same media type, with its slash escaped".to_owned())
    }
}
