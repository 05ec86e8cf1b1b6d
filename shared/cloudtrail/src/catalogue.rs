//! The calls that change the types people change by hand, each with its properties.

/// How a call changes properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// It sets them whole: what was set before it is gone.
    Whole,
    /// It adds to a list or takes from it: what others put there stays.
    Part,
    /// The same, and it names the entry: who put in another did not put in this.
    Named,
}

/// Calls and what they change.
pub(crate) struct Change {
    pub(crate) calls: &'static [&'static str],
    /// The top-level properties; empty for all.
    pub(crate) properties: &'static [&'static str],
    pub(crate) how: How,
}

const fn whole(calls: &'static [&'static str], properties: &'static [&'static str]) -> Change {
    Change {
        calls,
        properties,
        how: How::Whole,
    }
}

const fn part(calls: &'static [&'static str], properties: &'static [&'static str]) -> Change {
    Change {
        calls,
        properties,
        how: How::Part,
    }
}

const fn named(calls: &'static [&'static str], properties: &'static [&'static str]) -> Change {
    Change {
        calls,
        properties,
        how: How::Named,
    }
}

/// By type. Of a type that stands here no other call counts.
pub(crate) const CATALOGUE: &[(&str, &[Change])] = &[
    (
        "AWS::EC2::SecurityGroup",
        &[
            part(
                &[
                    "AuthorizeSecurityGroupIngress",
                    "RevokeSecurityGroupIngress",
                    "ModifySecurityGroupRules",
                    "UpdateSecurityGroupRuleDescriptionsIngress",
                ],
                &["SecurityGroupIngress"],
            ),
            part(
                &[
                    "AuthorizeSecurityGroupEgress",
                    "RevokeSecurityGroupEgress",
                    "ModifySecurityGroupRules",
                    "UpdateSecurityGroupRuleDescriptionsEgress",
                ],
                &["SecurityGroupEgress"],
            ),
        ],
    ),
    (
        "AWS::EC2::SecurityGroupIngress",
        &[whole(
            &[
                "ModifySecurityGroupRules",
                "UpdateSecurityGroupRuleDescriptionsIngress",
            ],
            &[],
        )],
    ),
    (
        "AWS::EC2::SecurityGroupEgress",
        &[whole(
            &[
                "ModifySecurityGroupRules",
                "UpdateSecurityGroupRuleDescriptionsEgress",
            ],
            &[],
        )],
    ),
    (
        "AWS::EC2::RouteTable",
        &[named(
            &["CreateRoute", "DeleteRoute", "ReplaceRoute"],
            &["Routes"],
        )],
    ),
    (
        "AWS::EC2::Route",
        &[whole(&["CreateRoute", "DeleteRoute", "ReplaceRoute"], &[])],
    ),
    (
        "AWS::IAM::Role",
        &[
            named(&["DeleteRolePolicy", "PutRolePolicy"], &["Policies"]),
            named(
                &["AttachRolePolicy", "DetachRolePolicy"],
                &["ManagedPolicyArns"],
            ),
            whole(&["UpdateAssumeRolePolicy"], &["AssumeRolePolicyDocument"]),
            whole(
                &[
                    "DeleteRolePermissionsBoundary",
                    "PutRolePermissionsBoundary",
                ],
                &["PermissionsBoundary"],
            ),
            whole(
                &["UpdateRole", "UpdateRoleDescription"],
                &["Description", "MaxSessionDuration"],
            ),
        ],
    ),
    (
        "AWS::IAM::User",
        &[
            named(&["DeleteUserPolicy", "PutUserPolicy"], &["Policies"]),
            named(
                &["AttachUserPolicy", "DetachUserPolicy"],
                &["ManagedPolicyArns"],
            ),
            part(&["AddUserToGroup", "RemoveUserFromGroup"], &["Groups"]),
            whole(
                &[
                    "DeleteUserPermissionsBoundary",
                    "PutUserPermissionsBoundary",
                ],
                &["PermissionsBoundary"],
            ),
            whole(
                &[
                    "CreateLoginProfile",
                    "DeleteLoginProfile",
                    "UpdateLoginProfile",
                ],
                &["LoginProfile"],
            ),
        ],
    ),
    (
        "AWS::IAM::Group",
        &[
            named(&["DeleteGroupPolicy", "PutGroupPolicy"], &["Policies"]),
            named(
                &["AttachGroupPolicy", "DetachGroupPolicy"],
                &["ManagedPolicyArns"],
            ),
        ],
    ),
    (
        "AWS::IAM::ManagedPolicy",
        &[
            whole(
                &[
                    "CreatePolicyVersion",
                    "DeletePolicyVersion",
                    "SetDefaultPolicyVersion",
                ],
                &["PolicyDocument"],
            ),
            part(&["AttachRolePolicy", "DetachRolePolicy"], &["Roles"]),
            part(&["AttachUserPolicy", "DetachUserPolicy"], &["Users"]),
            part(&["AttachGroupPolicy", "DetachGroupPolicy"], &["Groups"]),
        ],
    ),
    ("AWS::S3::Bucket", BUCKET),
    (
        "AWS::S3::BucketPolicy",
        &[whole(&["DeleteBucketPolicy", "PutBucketPolicy"], &[])],
    ),
    (
        "AWS::KMS::Key",
        &[
            whole(&["PutKeyPolicy"], &["KeyPolicy"]),
            named(&["CreateGrant", "RetireGrant", "RevokeGrant"], &["Grants"]),
            whole(
                &["DisableKeyRotation", "EnableKeyRotation"],
                &["EnableKeyRotation", "RotationPeriodInDays"],
            ),
            whole(
                &[
                    "CancelKeyDeletion",
                    "DisableKey",
                    "EnableKey",
                    "ScheduleKeyDeletion",
                ],
                &["Enabled"],
            ),
            whole(&["UpdateKeyDescription"], &["Description"]),
        ],
    ),
    (
        "AWS::EKS::Cluster",
        &[
            named(
                &[
                    "CreateNodegroup",
                    "DeleteNodegroup",
                    "UpdateNodegroupConfig",
                    "UpdateNodegroupVersion",
                ],
                &["Nodegroups"],
            ),
            whole(&["UpdateClusterVersion"], &["Version"]),
            whole(
                &["UpdateClusterConfig"],
                &[
                    "AccessConfig",
                    "ComputeConfig",
                    "DeletionProtection",
                    "KubernetesNetworkConfig",
                    "Logging",
                    "RemoteNetworkConfig",
                    "ResourcesVpcConfig",
                    "StorageConfig",
                    "UpgradePolicy",
                    "ZonalShiftConfig",
                ],
            ),
            whole(&["AssociateEncryptionConfig"], &["EncryptionConfig"]),
        ],
    ),
    (
        "AWS::Lambda::Function",
        &[
            whole(&["UpdateFunctionCode"], &["Architectures", "Code"]),
            whole(
                &["DeleteFunctionConcurrency", "PutFunctionConcurrency"],
                &["ReservedConcurrentExecutions"],
            ),
            whole(
                &["UpdateFunctionConfiguration"],
                &[
                    "DeadLetterConfig",
                    "Description",
                    "Environment",
                    "EphemeralStorage",
                    "FileSystemConfigs",
                    "Handler",
                    "ImageConfig",
                    "KmsKeyArn",
                    "Layers",
                    "LoggingConfig",
                    "MemorySize",
                    "Role",
                    "Runtime",
                    "SnapStart",
                    "Timeout",
                    "TracingConfig",
                    "VpcConfig",
                ],
            ),
        ],
    ),
    (
        "AWS::Logs::LogGroup",
        &[
            whole(
                &["DeleteRetentionPolicy", "PutRetentionPolicy"],
                &["RetentionInDays"],
            ),
            whole(&["AssociateKmsKey", "DisassociateKmsKey"], &["KmsKeyId"]),
            whole(
                &["DeleteDataProtectionPolicy", "PutDataProtectionPolicy"],
                &["DataProtectionPolicy"],
            ),
        ],
    ),
    (
        "AWS::DynamoDB::Table",
        &[
            whole(&["UpdateTimeToLive"], &["TimeToLiveSpecification"]),
            whole(
                &["UpdateContinuousBackups"],
                &["PointInTimeRecoverySpecification"],
            ),
            whole(
                &["UpdateTable"],
                &[
                    "BillingMode",
                    "DeletionProtectionEnabled",
                    "GlobalSecondaryIndexes",
                    "OnDemandThroughput",
                    "ProvisionedThroughput",
                    "SSESpecification",
                    "StreamSpecification",
                    "TableClass",
                ],
            ),
        ],
    ),
    (
        "AWS::AutoScaling::AutoScalingGroup",
        &[
            whole(&["SetDesiredCapacity"], &["DesiredCapacity"]),
            whole(&["UpdateAutoScalingGroup"], &[]),
        ],
    ),
];

const BUCKET: &[Change] = &[
    whole(
        &["DeleteBucketPolicy", "PutBucketPolicy"],
        &["BucketPolicy"],
    ),
    whole(
        &[
            "DeleteBucketPublicAccessBlock",
            "PutBucketPublicAccessBlock",
            "DeletePublicAccessBlock",
            "PutPublicAccessBlock",
        ],
        &["PublicAccessBlockConfiguration"],
    ),
    whole(&["PutBucketAcl"], &["AccessControl"]),
    whole(&["PutBucketVersioning"], &["VersioningConfiguration"]),
    whole(
        &["DeleteBucketEncryption", "PutBucketEncryption"],
        &["BucketEncryption"],
    ),
    whole(
        &[
            "DeleteBucketLifecycle",
            "PutBucketLifecycle",
            "PutBucketLifecycleConfiguration",
        ],
        &["LifecycleConfiguration"],
    ),
    whole(&["PutBucketLogging"], &["LoggingConfiguration"]),
    whole(
        &["DeleteBucketCors", "PutBucketCors"],
        &["CorsConfiguration"],
    ),
    whole(
        &["DeleteBucketWebsite", "PutBucketWebsite"],
        &["WebsiteConfiguration"],
    ),
    whole(
        &[
            "PutBucketNotification",
            "PutBucketNotificationConfiguration",
        ],
        &["NotificationConfiguration"],
    ),
    whole(
        &["DeleteBucketReplication", "PutBucketReplication"],
        &["ReplicationConfiguration"],
    ),
    whole(
        &[
            "DeleteBucketOwnershipControls",
            "PutBucketOwnershipControls",
        ],
        &["OwnershipControls"],
    ),
    whole(
        &["PutBucketObjectLockConfiguration"],
        &["ObjectLockConfiguration", "ObjectLockEnabled"],
    ),
    whole(
        &[
            "PutAccelerateConfiguration",
            "PutBucketAccelerateConfiguration",
        ],
        &["AccelerateConfiguration"],
    ),
];
