//! Identifiers that a service stores in lower case.

use domain::judge::Comparison;

use crate::rule::Rule;
use crate::texts::{self, Place, place};

/// A name in another case than the service stores.
pub(crate) struct StoredLowercase;

/// Stated beside the parameter of the creating call.
const STORED: &str =
    "API Reference of the service, the creating call: stored as a lowercase string";
const HIVE: &str =
    "AWS Glue API Reference: for Hive compatibility folded to lowercase when it is stored";
const SCHEMA: &str = "the type's schema, `propertyTransform`: `$lowercase`";

/// Every property that is known to be stored so, by type.
const PLACES: &[Place] = &[
    place(
        "AWS::DMS::Endpoint",
        "/EndpointIdentifier",
        "coverage roadmap issue 2565",
    ),
    place(
        "AWS::DMS::ReplicationInstance",
        "/ReplicationInstanceIdentifier",
        STORED,
    ),
    place(
        "AWS::DMS::ReplicationSubnetGroup",
        "/ReplicationSubnetGroupIdentifier",
        "coverage roadmap issue 2560",
    ),
    place(
        "AWS::DMS::ReplicationTask",
        "/ReplicationTaskIdentifier",
        "coverage roadmap issue 2561",
    ),
    place("AWS::ElastiCache::CacheCluster", "/ClusterName", STORED),
    place(
        "AWS::ElastiCache::ReplicationGroup",
        "/ReplicationGroupId",
        STORED,
    ),
    place(
        "AWS::ElastiCache::SubnetGroup",
        "/CacheSubnetGroupName",
        STORED,
    ),
    place("AWS::Glue::Database", "/DatabaseInput/Name", HIVE),
    place("AWS::Glue::Table", "/TableInput/Name", HIVE),
    place("AWS::RDS::DBCluster", "/DBClusterIdentifier", SCHEMA),
    place("AWS::RDS::DBInstance", "/DBInstanceIdentifier", SCHEMA),
    place(
        "AWS::RDS::DBParameterGroup",
        "/DBParameterGroupName",
        SCHEMA,
    ),
    place("AWS::RDS::DBSubnetGroup", "/DBSubnetGroupName", SCHEMA),
    place(
        "AWS::RDS::GlobalCluster",
        "/GlobalClusterIdentifier",
        STORED,
    ),
];

impl Rule for StoredLowercase {
    fn name(&self) -> &'static str {
        "stored-lowercase"
    }

    fn source(&self) -> &'static str {
        "the page named beside the property; seen in <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2560>, <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2561> and <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2565>"
    }

    fn summary(&self) -> &'static str {
        "An identifier that its service stores in lower case is, in reality, the lower case of what the template says."
    }

    fn notes(&self) -> String {
        format!(
            "Only the properties of this table, and only where reality is in lower case: an identifier that differs \
             in anything else is drift.\n\n{}",
            texts::table(PLACES)
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let (expected, actual) = texts::changed(comparison, PLACES)?;
        (actual == expected.to_ascii_lowercase())
            .then(|| "the same identifier, stored in lower case".to_owned())
    }
}
