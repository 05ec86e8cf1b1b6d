//! Records, who bent a resource, and CloudTrail over real HTTP on loopback.

mod authors;
#[cfg(feature = "aws")]
mod lookups;
mod properties;
mod records;
#[cfg(feature = "aws")]
#[path = "../../../attachments/src/tests/server.rs"]
mod server;

use domain::ports::TrailCall;
use domain::resource::Resource;
use jiff::Timestamp;

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-west-1";
const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";

/// A time, some seconds after midnight.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_478_400 + second).unwrap()
}

pub(crate) fn resource(kind: &str, id: &str) -> Resource {
    Resource {
        kind: kind.to_owned(),
        id: id.to_owned(),
        account: Some(ACCOUNT.to_owned()),
        region: Some(REGION.to_owned()),
        ..Resource::default()
    }
}

/// Alice's call at a time, in the region whose trail keeps it.
pub(crate) fn call(second: i64, (source, name): (&str, &str), resources: &[&str]) -> TrailCall {
    let region = if source == "iam" { "us-east-1" } else { REGION };
    TrailCall {
        id: format!("id-{second}"),
        at: at(second),
        source: format!("{source}.amazonaws.com"),
        name: name.to_owned(),
        region: region.to_owned(),
        account: ACCOUNT.to_owned(),
        who: "alice".to_owned(),
        console: false,
        invoked_by: None,
        resources: resources.iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// The same call, made by CloudFormation for somebody.
fn by_cloudformation(call: TrailCall) -> TrailCall {
    TrailCall {
        invoked_by: Some(CLOUDFORMATION.to_owned()),
        ..call
    }
}
