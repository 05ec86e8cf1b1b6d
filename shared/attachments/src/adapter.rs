//! The ports over one connection.

use std::sync::Arc;

use async_trait::async_trait;
use aws::{Access, Connection};
use domain::ports::{
    Attachments, Evidence, Grant, GroupRule, Holder, PortError, PublicAccessBlock, Role, Route,
    Trail,
};
use serde_json::Value;

use crate::{ec2, eks, iam, kms, s3};

/// What can be asked around a stack, over one connection.
#[derive(Debug)]
pub struct AwsEvidence(pub Arc<Connection>);

#[async_trait]
impl Evidence for AwsEvidence {
    async fn attachments(
        &self,
        region: Option<&str>,
        role: Option<&Role>,
    ) -> Result<Arc<dyn Attachments>, PortError> {
        let here = self.0.access(region, role).await?;
        let home = cloudtrail::region_of("AWS::IAM::Role", here.place.region());
        Ok(Arc::new(AwsAttachments {
            iam: self.0.access(Some(&home), role).await?,
            here,
            connection: Arc::clone(&self.0),
            role: role.cloned(),
        }))
    }

    async fn trail(
        &self,
        region: Option<&str>,
        role: Option<&Role>,
    ) -> Result<Arc<dyn Trail>, PortError> {
        cloudtrail::trail(&self.0, region, role).await
    }
}

struct AwsAttachments {
    /// The region that was asked for.
    here: Access,
    /// The region that signs for IAM, which a partition has once.
    iam: Access,
    connection: Arc<Connection>,
    role: Option<Role>,
}

impl AwsAttachments {
    /// What S3 says of a bucket, asked where the bucket is: its stack's region
    /// may not be the one, and S3 answers from there only.
    async fn of_bucket(&self, call: &s3::BucketCall<'_>) -> Result<Option<Vec<u8>>, PortError> {
        let region = match s3::ask(&self.here, call).await? {
            s3::Answer::Body(body) => return Ok(body),
            s3::Answer::Elsewhere(region) => region,
        };
        let there = self
            .connection
            .access(Some(&region), self.role.as_ref())
            .await?;
        match s3::ask(&there, call).await? {
            s3::Answer::Body(body) => Ok(body),
            s3::Answer::Elsewhere(_) => Err(call.about().unreadable(
                &there.place,
                "S3 sends from one region to the other and back; check the endpoint for S3",
            )),
        }
    }
}

#[async_trait]
impl Attachments for AwsAttachments {
    async fn security_group_rules(&self, groups: &[String]) -> Result<Vec<GroupRule>, PortError> {
        ec2::rules(&self.here, groups).await
    }

    async fn routes(&self, tables: &[String]) -> Result<Vec<Route>, PortError> {
        ec2::routes(&self.here, tables).await
    }

    async fn inline_policies(&self, holder: &Holder) -> Result<Vec<String>, PortError> {
        iam::inline(&self.iam, holder).await
    }

    async fn attached_policies(&self, holder: &Holder) -> Result<Vec<String>, PortError> {
        iam::attached(&self.iam, holder).await
    }

    async fn bucket_policy(&self, bucket: &str) -> Result<Option<Value>, PortError> {
        let call = s3::POLICY.of(bucket);
        let body = self.of_bucket(&call).await?;
        body.map(|body| s3::policy(&self.here, &call, &body))
            .transpose()
    }

    async fn public_access_block(
        &self,
        bucket: &str,
    ) -> Result<Option<PublicAccessBlock>, PortError> {
        let call = s3::BLOCK.of(bucket);
        let body = self.of_bucket(&call).await?;
        body.map(|body| s3::block(&self.here, &call, &body))
            .transpose()
    }

    async fn key_policy(&self, key: &str) -> Result<Value, PortError> {
        kms::policy(&self.here, key).await
    }

    async fn grants(&self, key: &str) -> Result<Vec<Grant>, PortError> {
        kms::grants(&self.here, key).await
    }

    async fn node_groups(&self, cluster: &str) -> Result<Vec<String>, PortError> {
        eks::node_groups(&self.here, cluster).await
    }
}
