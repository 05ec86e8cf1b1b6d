//! S3: policies of buckets and their blocks of public access, in path style.

use super::{Ask, parameter};
use crate::answer::{Answer, Failure};
use crate::attach::Attachment;
use crate::form::decode;
use crate::live::{BLOCKS, View, public_access_block};
use crate::xml::Xml;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// The right that a request needs, by which faults and the log name it.
pub(super) fn operation(method: &str, query: &str) -> String {
    let part = ["policy", "publicAccessBlock"]
        .into_iter()
        .find(|part| parameter(query, part).is_some());
    match (method, part) {
        ("GET", Some("policy")) => "GetBucketPolicy",
        ("GET", Some(_)) => "GetBucketPublicAccessBlock",
        _ => "unknown",
    }
    .to_owned()
}

pub(super) fn bucket(path: &str) -> String {
    decode(path.trim_matches('/'))
}

pub(super) fn answer(ask: &Ask<'_>) -> Result<Answer, Failure> {
    let bucket = bucket(ask.path);
    let view = View::of(ask.state, ask.place);
    if view.row("AWS::S3::Bucket", &bucket).is_none() {
        return Err(elsewhere(ask, &bucket));
    }
    match ask.operation {
        "GetBucketPolicy" => {
            let items = view.items("AWS::S3::Bucket", Some(&[&bucket]));
            let mut policies = items.into_iter().filter_map(|item| match item.attachment {
                Attachment::BucketPolicy { document } => Some(document),
                _ => None,
            });
            let policy = policies.next().ok_or_else(|| {
                Failure::new(
                    404,
                    "NoSuchBucketPolicy",
                    "The bucket policy does not exist",
                )
            })?;
            Ok(Answer::new(200, "application/json", policy.to_string()))
        }
        "GetBucketPublicAccessBlock" => {
            let block = public_access_block(view, &bucket).ok_or_else(|| {
                let message = "The public access block configuration was not found";
                Failure::new(404, "NoSuchPublicAccessBlockConfiguration", message)
            })?;
            let mut xml = Xml::new();
            for (name, value) in BLOCKS.into_iter().zip(block) {
                xml.text(name, &value.to_string());
            }
            let body = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PublicAccessBlockConfiguration xmlns=\"{NAMESPACE}\">\
                 {}</PublicAccessBlockConfiguration>",
                xml.into_string()
            );
            Ok(Answer::new(200, "application/xml", body))
        }
        _ => Err(Failure::new(
            501,
            "NotImplemented",
            "A header or query you provided requested a function that is not implemented.",
        )),
    }
}

/// Names of buckets are the whole world's: another region's is elsewhere, another account's is closed.
fn elsewhere(ask: &Ask<'_>, bucket: &str) -> Failure {
    let (account, _) = ask.place;
    let owner = ask.state.places.keys().find(|place| {
        let view = View::of(ask.state, place);
        view.row("AWS::S3::Bucket", bucket).is_some()
    });
    match owner {
        Some((owner, region)) if owner == account => Failure {
            bucket_region: Some(region.clone()),
            ..Failure::new(
                301,
                "PermanentRedirect",
                "The bucket you are attempting to access must be addressed using the specified endpoint. Please send \
                 all future requests to this endpoint.",
            )
        },
        Some(_) => Failure::new(403, "AccessDenied", "Access Denied"),
        None => Failure::new(404, "NoSuchBucket", "The specified bucket does not exist"),
    }
}
