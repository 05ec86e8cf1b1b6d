//! What hangs on resources: rules, routes, policies, grants and node groups over AWS's APIs.
//!
//! [`AwsEvidence`] is the door: [`domain::ports::Evidence`] over a connection.
//! The calls are signed by crate `aws` and their answers are read here, by two
//! rules. An answer that is cut off, damaged, lacks its list or never ends is an
//! error and no short list: what fell off its end would count as not there. And
//! what hangs on one resource never costs another its answer: groups and tables
//! are asked for by filter, which passes over those that are gone.

mod adapter;
mod ask;
mod ec2;
mod eks;
mod iam;
mod kms;
mod pages;
mod s3;
#[cfg(test)]
mod tests;
mod xml;

pub use adapter::AwsEvidence;
