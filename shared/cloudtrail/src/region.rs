//! Where the calls on a resource are kept.

/// Types whose calls are kept in one region of the partition, wherever they are declared.
const GLOBAL: [&str; 12] = [
    "AWS::Budgets::",
    "AWS::CE::",
    "AWS::CUR::",
    "AWS::CloudFront::",
    "AWS::IAM::",
    "AWS::Organizations::",
    "AWS::Route53::",
    "AWS::STS::",
    "AWS::Shield::",
    "AWS::WAF::",
    // These are in the regions of their own in the first partition, see `region_of`.
    "AWS::GlobalAccelerator::",
    "AWS::NetworkManager::",
];

/// The region whose CloudTrail keeps the calls on resources of a type that are
/// declared in a region: its own, except for the global services, whose calls
/// are kept in one region of each partition.
#[must_use]
pub fn region_of(resource_type: &str, region: &str) -> String {
    if !GLOBAL
        .iter()
        .any(|prefix| resource_type.starts_with(prefix))
    {
        return region.to_owned();
    }
    let is_of_the_west = resource_type.starts_with("AWS::GlobalAccelerator::")
        || resource_type.starts_with("AWS::NetworkManager::");
    let mut parts = region.split('-');
    match (parts.next(), parts.next()) {
        (Some("cn"), _) => "cn-north-1",
        (Some("eusc"), _) => "eusc-de-east-1",
        (Some("us"), Some("gov")) => "us-gov-west-1",
        (Some("us"), Some("iso")) => "us-iso-east-1",
        (Some("us"), Some("isob")) => "us-isob-east-1",
        _ if is_of_the_west => "us-west-2",
        _ => "us-east-1",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::region_of;

    #[test]
    fn global_services_are_looked_up_in_their_partitions_one_region() {
        for (kind, region, expected) in [
            ("AWS::EC2::SecurityGroup", "eu-west-1", "eu-west-1"),
            ("AWS::S3::Bucket", "eu-west-1", "eu-west-1"),
            (
                "AWS::Route53Resolver::ResolverRule",
                "eu-west-1",
                "eu-west-1",
            ),
            ("AWS::WAFv2::WebACL", "eu-west-1", "eu-west-1"),
            ("AWS::IAM::Role", "eu-west-1", "us-east-1"),
            ("AWS::CloudFront::Distribution", "eu-west-1", "us-east-1"),
            ("AWS::Route53::HostedZone", "ap-southeast-1", "us-east-1"),
            ("AWS::IAM::Role", "cn-northwest-1", "cn-north-1"),
            ("AWS::IAM::Role", "us-gov-east-1", "us-gov-west-1"),
            ("AWS::IAM::Role", "eusc-de-east-1", "eusc-de-east-1"),
            ("AWS::IAM::Role", "us-west-2", "us-east-1"),
            (
                "AWS::GlobalAccelerator::Accelerator",
                "eu-west-1",
                "us-west-2",
            ),
        ] {
            assert_eq!(region_of(kind, region), expected, "{kind} in {region}");
        }
    }
}
