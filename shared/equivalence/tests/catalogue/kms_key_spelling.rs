use serde_json::json;

use crate::harness::changed;

#[test]
fn the_id_of_a_key_and_its_arn_are_the_same() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::Redshift::Cluster",
            "/KmsKeyId",
            json!("1234abcd-12ab-34cd-56ef-1234567890ab"),
            json!("arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
        ),
        (
            "AWS::DMS::Endpoint",
            "/KmsKeyId",
            json!("1234abcd-12ab-34cd-56ef-1234567890ab"),
            json!("arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
        ),
        (
            "AWS::SQS::Queue",
            "/KmsMasterKeyId",
            json!("1234abcd-12ab-34cd-56ef-1234567890ab"),
            json!(
                "arn:aws-cn:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
            ),
        ),
        (
            "AWS::S3::Bucket",
            "/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/KMSMasterKeyID",
            json!("1234abcd-12ab-34cd-56ef-1234567890ab"),
            json!("arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, Some("kms-key-spelling"), "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, Some("kms-key-spelling"), "{path} {actual} {expected}");
    }
}

#[test]
fn a_real_drift_to_another_key_stays() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::Redshift::Cluster",
            "/KmsKeyId",
            json!("1234abcd-12ab-34cd-56ef-1234567890ab"),
            json!("arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ac"),
        ),
        (
            "AWS::Redshift::Cluster",
            "/KmsKeyId",
            json!("1234abcd-12ab-34cd-56ef-1234567890ab"),
            json!("1234abcd-12ab-34cd-56ef-1234567890ac"),
        ),
        (
            "AWS::Redshift::Cluster",
            "/KmsKeyId",
            json!("arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
            json!("arn:aws:kms:eu-central-1:999999999999:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
        ),
        (
            "AWS::Redshift::Cluster",
            "/KmsKeyId",
            json!("alias/app"),
            json!("arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
        ),
        (
            "AWS::Redshift::Cluster",
            "/KmsKeyId",
            json!("alias/app"),
            json!("arn:aws:kms:eu-central-1:999999999999:alias/app"),
        ),
        (
            "AWS::Redshift::Cluster",
            "/KmsKeyId",
            json!("alias/aws/sqs"),
            json!("alias/app"),
        ),
        (
            "AWS::Redshift::Cluster",
            "/KmsKeyId",
            json!("mrk-1234abcd12ab34cd56ef1234567890ab"),
            json!("arn:aws:kms:eu-central-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"),
        ),
        (
            "AWS::Redshift::Cluster",
            "/KmsKeyId",
            json!("1234abcd-12ab-34cd-56ef-1234567890ab"),
            json!(
                "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab:x"
            ),
        ),
        (
            "AWS::Redshift::Cluster",
            "/KmsKeyId",
            json!("1234abcd-12ab-34cd-56ef-1234567890ab"),
            json!("arn:aws:kms:eu-central-1::key/1234abcd-12ab-34cd-56ef-1234567890ab"),
        ),
        (
            "AWS::Redshift::Cluster",
            "/KmsKeyId",
            json!("1234abcd-12ab-34cd-56ef-1234567890ab"),
            json!("arn:aws:s3:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
        ),
        (
            "AWS::SQS::Queue",
            "/QueueName",
            json!("1234abcd-12ab-34cd-56ef-1234567890ab"),
            json!("arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, None, "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, None, "{path} {actual} {expected}");
    }
}
