//! The policy and the public access block of an S3 bucket.
//!
//! A bucket has one policy at most. Where a stack declares one
//! (`AWS::S3::BucketPolicy`), it is that resource's own, which is listed as
//! uncovered while CloudFormation does not compare it; where none does, a policy
//! that is there is an addition. So it is with the block, which the bucket
//! declares itself and CloudFormation then compares.
//!
//! Undeclared, the block is told by what S3 does (User Guide, default settings
//! for new buckets): buckets that were made since April 2023 have all four
//! switches on, older ones have no block at all. So all four on is S3's own, and
//! a block with a switch off was put there by somebody. No block is what every
//! older bucket has: nothing tells it from one whose block was taken away, and
//! an account full of old buckets must not read as drift.

use domain::ports::{Attachments, PortError};
use domain::stack::Declared;
use serde_json::{Value, json};

use crate::item::{Claim, Item, Kind, Parent};
use crate::said::{Said, properties};

/// The bucket's policy.
pub(crate) const POLICY: &str = "BucketPolicy";

/// The bucket's public access block.
pub(crate) const BLOCK: &str = "PublicAccessBlockConfiguration";

/// The type that declares a bucket's policy.
pub(super) const ATTACHMENTS: [&str; 1] = ["AWS::S3::BucketPolicy"];

/// The switches of the block.
const SWITCHES: [&str; 4] = [
    "BlockPublicAcls",
    "IgnorePublicAcls",
    "BlockPublicPolicy",
    "RestrictPublicBuckets",
];

/// What a bucket says of itself.
pub(super) fn inline_claims(it: &Declared) -> Vec<Claim> {
    let Some(parent) = Parent::of(Kind::Bucket, &it.physical_id) else {
        return Vec::new();
    };
    let fields = match properties(it).map(|said| said.get(BLOCK)) {
        None => Value::Null,
        Some(None | Some(Value::Null)) => return Vec::new(),
        // Which switches it sets does not matter: S3 has those off that it leaves out.
        Some(Some(_)) => json!({}),
    };
    vec![Claim::inline(&parent, Item::new(BLOCK, fields))]
}

/// What a bucket policy says. Its document is CloudFormation's to compare.
pub(super) fn attached_claims(it: &Declared) -> Vec<Claim> {
    let said = properties(it).map_or(Said::Unclear, |said| Said::of(said.get("Bucket")));
    // The physical id is the bucket's name, of older stacks a text of their
    // own with capital letters, which no bucket's name has.
    let is_name = !it.physical_id.contains(|c: char| c.is_ascii_uppercase());
    let bucket = said
        .text()
        .or(Some(it.physical_id.as_str()).filter(|_| is_name));
    let fields = bucket.map_or(Value::Null, |_| json!({}));
    vec![Claim::attached(
        Kind::Bucket,
        bucket,
        Item::new(POLICY, fields),
    )]
}

/// What is there on one bucket; `skip` names what need not be asked for.
pub(crate) async fn live(
    port: &dyn Attachments,
    parent: &Parent,
    skip: &[&str],
) -> Result<Vec<Item>, PortError> {
    let mut items = Vec::new();
    if !skip.contains(&POLICY) {
        let policy = port.bucket_policy(&parent.id).await?;
        items.extend(policy.map(|policy| Item::new(POLICY, policy)));
    }
    if !skip.contains(&BLOCK) {
        let block = port.public_access_block(&parent.id).await?;
        let fields = block.map_or(Value::Null, |it| {
            switches([
                it.block_public_acls,
                it.ignore_public_acls,
                it.block_public_policy,
                it.restrict_public_buckets,
            ])
        });
        items.push(Item::new(BLOCK, fields));
    }
    Ok(items)
}

fn switches(on: [bool; 4]) -> Value {
    SWITCHES
        .iter()
        .zip(on)
        .map(|(name, on)| ((*name).to_owned(), Value::from(on)))
        .collect()
}

/// Whether AWS put it there: the block of every new bucket, none on every older one, and the statements
/// by which log delivery opens a bucket to itself (VPC User Guide, flow logs to
/// S3: it adds them to the bucket's policy, and makes one where there is none).
pub(crate) fn is_own(item: &Item) -> bool {
    match item.property.as_str() {
        BLOCK => item.fields.is_null() || item.fields == switches([true; 4]),
        POLICY => is_log_delivery(&item.fields),
        _ => false,
    }
}

/// What log delivery may do by the statements it adds.
const DELIVERS: [&str; 3] = ["s3:PutObject", "s3:GetBucketAcl", "s3:ListBucket"];

fn is_log_delivery(policy: &Value) -> bool {
    let Some(statements) = policy.get("Statement").and_then(Value::as_array) else {
        return false;
    };
    let is_delivery = |statement: &Value| {
        let actions = match statement.get("Action") {
            Some(Value::Array(actions)) => actions.iter().map(Value::as_str).collect(),
            action => vec![action.and_then(Value::as_str)],
        };
        statement.get("Effect") == Some(&json!("Allow"))
            && statement.get("Principal")
                == Some(&json!({"Service": "delivery.logs.amazonaws.com"}))
            && statement
                .get("Sid")
                .and_then(Value::as_str)
                .is_some_and(|sid| sid.starts_with("AWSLogDelivery"))
            && actions
                .iter()
                .all(|action| action.is_some_and(|it| DELIVERS.contains(&it)))
    };
    !statements.is_empty() && statements.iter().all(is_delivery)
}

#[cfg(test)]
mod tests;
