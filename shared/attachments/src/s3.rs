//! Policy and public access block of buckets.

use aws::{Access, Call, Place, Service, bytes_of};
use domain::ports::{PortError, PublicAccessBlock};
use serde_json::Value;

use crate::ask::{About, refusal_in_xml};
use crate::xml::{Damaged, Element};

const S3: Service = Service {
    name: "s3",
    id: "S3",
};

/// Names the region of a bucket that was asked for elsewhere.
const REGION: &str = "x-amz-bucket-region";

/// Codes by which S3 says that a bucket is in another region.
const ELSEWHERE: [&str; 4] = [
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
    "PermanentRedirect",
    "TemporaryRedirect",
];

/// What is asked of a bucket.
pub(crate) struct Question {
    op: &'static str,
    /// The part of the query that names it.
    sub_resource: &'static str,
    /// The code that says that the bucket has none.
    none: &'static str,
}

pub(crate) const POLICY: Question = Question {
    op: "s3:GetBucketPolicy",
    sub_resource: "policy",
    none: "NoSuchBucketPolicy",
};
pub(crate) const BLOCK: Question = Question {
    op: "s3:GetBucketPublicAccessBlock",
    sub_resource: "publicAccessBlock",
    none: "NoSuchPublicAccessBlockConfiguration",
};

impl Question {
    /// Asks it of one bucket.
    pub(crate) fn of<'a>(&'a self, bucket: &'a str) -> BucketCall<'a> {
        BucketCall {
            question: self,
            bucket,
        }
    }
}

/// One question about one bucket.
pub(crate) struct BucketCall<'a> {
    question: &'a Question,
    bucket: &'a str,
}

impl BucketCall<'_> {
    pub(crate) fn about(&self) -> About<'_> {
        About {
            op: self.question.op,
            kind: "bucket",
            name: self.bucket,
        }
    }

    fn unreadable(&self, place: &Place, damaged: &Damaged) -> PortError {
        self.about().unreadable(place, damaged)
    }
}

/// What S3 said.
pub(crate) enum Answer {
    /// The configuration; `None` where the bucket has none.
    Body(Option<Vec<u8>>),
    /// The bucket is in this region.
    Elsewhere(String),
}

/// Asks in one region.
pub(crate) async fn ask(access: &Access, call: &BucketCall<'_>) -> Result<Answer, PortError> {
    let about = call.about();
    if !is_name(call.bucket) {
        return Err(about.unreadable(&access.place, "that is not a bucket's name"));
    }
    let request = Call {
        op: call.question.op,
        service: &S3,
        method: "GET",
        url: url(access, call.bucket, call.question.sub_resource),
        headers: Vec::new(),
        body: String::new(),
        refusal: refusal_in_xml,
    };
    let failed = match access.ask(&request).await {
        Ok(answer) => return Ok(Answer::Body(Some(bytes_of(&answer).to_vec()))),
        Err(failed) => failed,
    };
    let Some(refusal) = failed.refusal.as_deref() else {
        return Err(about.failed(failed, None));
    };
    let (code, _) = refusal_in_xml(refusal);
    let is_elsewhere = refusal.status().as_u16() == 301
        || code
            .as_deref()
            .is_some_and(|code| ELSEWHERE.contains(&code));
    if code.as_deref() == Some(call.question.none) {
        return Ok(Answer::Body(None));
    }
    if is_elsewhere {
        let region = refusal.headers().get(REGION).map(str::to_owned);
        return match region {
            Some(region) if region != access.place.region() => Ok(Answer::Elsewhere(region)),
            _ => Err(about.unreadable(
                &access.place,
                "the bucket is in another region, and S3 does not say in which",
            )),
        };
    }
    Err(about.failed(failed, code.as_deref()))
}

/// The policy of a bucket.
pub(crate) fn policy(
    access: &Access,
    call: &BucketCall<'_>,
    body: &[u8],
) -> Result<Value, PortError> {
    // The parser's message would quote from the policy.
    serde_json::from_slice(body)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| {
            call.about()
                .unreadable(&access.place, "the policy is not a JSON object")
        })
}

/// The public access block of a bucket. What the answer leaves out is not blocked.
pub(crate) fn block(
    access: &Access,
    call: &BucketCall<'_>,
    body: &[u8],
) -> Result<PublicAccessBlock, PortError> {
    let read = || -> Result<PublicAccessBlock, Damaged> {
        let document = Element::read(body)?;
        if document.name != "PublicAccessBlockConfiguration" {
            return Err(Damaged("is not the one of this call".to_owned()));
        }
        let flag = |name: &str| document.flag(name).map(Option::unwrap_or_default);
        Ok(PublicAccessBlock {
            block_public_acls: flag("BlockPublicAcls")?,
            ignore_public_acls: flag("IgnorePublicAcls")?,
            block_public_policy: flag("BlockPublicPolicy")?,
            restrict_public_buckets: flag("RestrictPublicBuckets")?,
        })
    };
    read().map_err(|damaged| call.unreadable(&access.place, &damaged))
}

/// A custom endpoint has no host name for each bucket, and a bucket with dots
/// none that AWS's certificate covers.
fn url(access: &Access, bucket: &str, sub_resource: &str) -> String {
    match access.own_endpoint(&S3) {
        Some(endpoint) => format!("{endpoint}/{bucket}?{sub_resource}"),
        None if bucket.contains('.') => {
            format!("https://{}/{bucket}?{sub_resource}", access.host(&S3))
        }
        None => format!("https://{bucket}.{}/?{sub_resource}", access.host(&S3)),
    }
}

/// It becomes part of a host name.
fn is_name(bucket: &str) -> bool {
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.'
    };
    let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    (3..=63).contains(&bucket.len())
        && bucket.bytes().all(allowed)
        && ends(bucket.as_bytes().first())
        && ends(bucket.as_bytes().last())
}
