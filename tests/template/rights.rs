//! Who may do what. The table below is the one place: a function's role has exactly these actions.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::support::{Complaints, FUNCTIONS, Template, holds_and_notices, list, target};

/// Resources (logical ids, or their text), each with the actions allowed on it.
type Rights = &'static [(&'static str, &'static [&'static str])];

/// What each function's policy allows: the actions its ports call, and nothing else.
const RIGHTS: &[(&str, Rights)] = &[
    (
        "DriftScan",
        &[
            ("Ledger", LEDGER),
            ("StackDriftQueue", &["sqs:SendMessage"]),
            ("ClusterDriftQueue", &["sqs:SendMessage"]),
            ("DriftScanDeadLetters", &["sqs:SendMessage"]),
            ("*", &["cloudformation:ListStacks"]),
        ],
    ),
    (
        "StackDrift",
        &[
            ("Ledger", LEDGER),
            ("StackDriftQueue", OWN_QUEUE),
            ("StackDriftDeadLetters", &["sqs:SendMessage"]),
            ("HmacKey", &["secretsmanager:GetSecretValue"]),
            (
                "arn:${AWS::Partition}:cloudformation:*:${AWS::AccountId}:stack/*",
                &[
                    "cloudformation:DescribeStackResourceDrifts",
                    "cloudformation:DescribeStacks",
                    "cloudformation:DetectStackDrift",
                    "cloudformation:DetectStackResourceDrift",
                    "cloudformation:GetTemplate",
                    "cloudformation:ListStackResources",
                ],
            ),
            (
                "*",
                &[
                    "cloudformation:DescribeStackDriftDetectionStatus",
                    "cloudformation:ListStacks",
                    "cloudtrail:LookupEvents",
                    "ec2:DescribeRouteTables",
                    "ec2:DescribeSecurityGroupRules",
                    "eks:ListNodegroups",
                    "iam:ListAttachedGroupPolicies",
                    "iam:ListAttachedRolePolicies",
                    "iam:ListAttachedUserPolicies",
                    "iam:ListGroupPolicies",
                    "iam:ListRolePolicies",
                    "iam:ListUserPolicies",
                    "kms:GetKeyPolicy",
                    "kms:ListGrants",
                    "s3:GetBucketPolicy",
                    "s3:GetBucketPublicAccessBlock",
                ],
            ),
        ],
    ),
    (
        "ClusterDrift",
        &[
            ("Ledger", LEDGER),
            ("ClusterDriftQueue", OWN_QUEUE),
            ("ClusterDriftDeadLetters", &["sqs:SendMessage"]),
            ("HmacKey", &["secretsmanager:GetSecretValue"]),
            (
                "arn:${AWS::Partition}:eks:*:${AWS::AccountId}:cluster/*",
                &["eks:DescribeCluster"],
            ),
            (
                "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:plumbline/*",
                &["secretsmanager:GetSecretValue"],
            ),
            (
                "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/plumbline/*",
                &["ssm:GetParameter"],
            ),
        ],
    ),
    (
        "ConfigChange",
        &[
            ("Ledger", RECORD),
            ("ConfigChangeQueue", OWN_QUEUE),
            ("ConfigChangeDeadLetters", &["sqs:SendMessage"]),
        ],
    ),
    (
        "Publish",
        &[
            (
                "Ledger",
                &[
                    "dynamodb:DeleteItem",
                    "dynamodb:DescribeStream",
                    "dynamodb:GetRecords",
                    "dynamodb:GetShardIterator",
                ],
            ),
            ("${Ledger.Arn}/stream/*", &["dynamodb:ListStreams"]),
            ("Events", &["sns:Publish"]),
            ("PublishDeadLetters", &["sqs:SendMessage"]),
            ("${Storage.Arn}/aws/lambda/*", &["s3:PutObject"]),
            ("Storage", &["s3:ListBucket"]),
        ],
    ),
    (
        "Clock",
        &[
            ("Ledger", LEDGER),
            ("Events", &["sns:Publish"]),
            ("StackDriftQueue", &["sqs:SendMessage"]),
            ("ClusterDriftQueue", &["sqs:SendMessage"]),
            ("NotifyQueue", &["sqs:SendMessage"]),
            ("ConfigChangeQueue", &["sqs:SendMessage"]),
            ("ImagePushQueue", &["sqs:SendMessage"]),
            ("ClockDeadLetters", &["sqs:SendMessage"]),
            ("configuration", &["s3:GetObject"]),
            (
                "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:plumbline/*",
                &["secretsmanager:GetSecretValue"],
            ),
            (
                "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/plumbline/*",
                &["ssm:GetParameter"],
            ),
        ],
    ),
    (
        "Notify",
        &[
            ("Ledger", LEDGER),
            ("${Ledger.Arn}/index/*", LEDGER),
            ("NotifyQueue", OWN_QUEUE),
            ("StackDriftQueue", &["sqs:SendMessage"]),
            ("ClusterDriftQueue", &["sqs:SendMessage"]),
            ("NotifyDeadLetters", &["sqs:SendMessage"]),
            (
                "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:plumbline/*",
                &["secretsmanager:GetSecretValue"],
            ),
            (
                "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/plumbline/*",
                &["ssm:GetParameter"],
            ),
        ],
    ),
    (
        "ImagePush",
        &[
            ("Ledger", RECORD),
            ("ImagePushQueue", OWN_QUEUE),
            ("ImagePushDeadLetters", &["sqs:SendMessage"]),
        ],
    ),
];

const LEDGER: &[&str] = &[
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
];
const RECORD: &[&str] = &[
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
];
const OWN_QUEUE: &[&str] = &[
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
];

/// The statements of a role's one policy.
pub(super) fn statements<'a>(template: &'a Template, role: &str) -> Vec<&'a Value> {
    list(template.property(role, "Policies/0/PolicyDocument/Statement"))
}

/// A statement's resources by name: logical ids, `Fn::Sub` texts, or `configuration` for the choice of its place.
fn resources(statement: &Value) -> Vec<String> {
    list(&statement["Resource"])
        .into_iter()
        .map(|resource| {
            if resource["Fn::If"][0] == "OwnConfiguration" {
                return "configuration".to_owned();
            }
            let named = target(resource)
                .or(resource["Fn::Sub"].as_str())
                .or(resource.as_str());
            named.map_or_else(|| resource.to_string(), str::to_owned)
        })
        .collect()
}

/// Every role allows exactly the table's actions on the table's resources, and logs to its own log only.
fn exact(template: &Template) -> Complaints {
    let mut complaints = Complaints::new();
    for (function, rights) in RIGHTS {
        let mut wanted: BTreeSet<(String, String)> = rights
            .iter()
            .flat_map(|(resource, actions)| {
                actions
                    .iter()
                    .map(|a| ((*a).to_owned(), (*resource).to_owned()))
            })
            .collect();
        for action in ["logs:CreateLogStream", "logs:PutLogEvents"] {
            wanted.insert((action.to_owned(), format!("{function}Log")));
        }
        let allowed: BTreeSet<(String, String)> = statements(template, &format!("{function}Role"))
            .into_iter()
            .filter(|s| s["Effect"] == "Allow")
            .flat_map(|s| {
                list(&s["Action"])
                    .into_iter()
                    .flat_map(|a| {
                        resources(s)
                            .into_iter()
                            .map(|r| (a.as_str().unwrap_or_default().to_owned(), r))
                    })
                    .collect::<Vec<_>>()
            })
            .collect();
        for (action, resource) in allowed.difference(&wanted) {
            complaints.push(format!(
                "{function} may {action} on {resource}, which it does not call"
            ));
        }
        for (action, resource) in wanted.difference(&allowed) {
            complaints.push(format!(
                "{function} calls {action} on {resource}, which it may not"
            ));
        }
    }
    complaints
}

#[test]
fn every_function_may_do_exactly_what_it_calls() {
    let template = Template::deployed();
    let policy = |function: &str| {
        format!("/Resources/{function}Role/Properties/Policies/0/PolicyDocument/Statement")
    };
    holds_and_notices(
        &template,
        exact,
        &[
            (
                &format!("{}/-", policy("Notify")),
                json!({"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}),
                "Notify may s3:PutObject on *",
            ),
            (
                &format!("{}/1/Action/-", policy("ImagePush")),
                json!("dynamodb:Query"),
                "ImagePush may dynamodb:Query",
            ),
            (
                &format!("{}/1/Action", policy("Clock")),
                json!("dynamodb:*"),
                "Clock may dynamodb:*",
            ),
            (
                &format!("{}/1/Resource", policy("Clock")),
                json!("*"),
                "Clock may dynamodb:GetItem on *",
            ),
            (
                &format!("{}/1", policy("Publish")),
                Value::Null,
                "Publish calls dynamodb:DeleteItem",
            ),
            (
                &format!("{}/0/Resource", policy("Publish")),
                json!("*"),
                "Publish may logs:PutLogEvents on *",
            ),
            (
                &format!("{}/1/Resource/1", policy("Notify")),
                Value::Null,
                "Notify calls dynamodb:Query on ${Ledger.Arn}/index/*",
            ),
            (
                &format!("{}/5/Resource/Fn::If/0", policy("Clock")),
                json!("Other"),
                "Clock calls s3:GetObject on configuration",
            ),
        ],
    );
}

/// The configuration that is read is the one that was named, and no other object.
#[test]
fn the_clock_reads_one_object() {
    let template = Template::deployed();
    let read = statements(&template, "ClockRole")
        .into_iter()
        .find(|s| s["Action"] == "s3:GetObject")
        .expect("the right to read");
    assert_eq!(
        read["Resource"],
        json!({"Fn::If": ["OwnConfiguration", {"Fn::Sub": "${Storage.Arn}/plumbline.yaml"}, {"Fn::Sub": [
            "arn:${AWS::Partition}:s3:::${Object}",
            {"Object": {"Fn::Select": [1, {"Fn::Split": ["://", {"Ref": "ConfigLocation"}]}]}}
        ]}]})
    );
}

/// Roles: one per function and one for the schedules; managed policies and rights by other ways only where said here.
fn roles(template: &Template) -> Complaints {
    let mut complaints = Complaints::new();
    let known: BTreeSet<String> = FUNCTIONS
        .iter()
        .map(|(f, _)| format!("{f}Role"))
        .chain(["ScheduleRole".to_owned()])
        .collect();
    for role in template.of_type("AWS::IAM::Role") {
        if !known.contains(role) {
            complaints.push(format!("{role} is nobody's role"));
        }
        let managed = list(template.property(role, "ManagedPolicyArns"));
        let wanted = if role == "StackDriftRole" {
            vec![json!({"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess"})]
        } else {
            vec![]
        };
        if managed != wanted.iter().collect::<Vec<_>>() {
            complaints.push(format!("{role} has managed policies of its own"));
        }
        if list(template.property(role, "Policies")).len() != 1 {
            complaints.push(format!("{role} has more than its one policy"));
        }
        if template.property(role, "PermissionsBoundary")["Fn::If"][0] != "HasBoundary" {
            complaints.push(format!("{role} ignores the permissions boundary"));
        }
        for statement in statements(template, role) {
            for action in list(&statement["Action"]) {
                if statement["Effect"] == "Allow" && action.as_str().is_none_or(|a| a.contains('*'))
                {
                    complaints.push(format!("{role} may {action}"));
                }
            }
        }
    }
    for (function, _) in FUNCTIONS {
        if target(template.property(function, "Role")) != Some(&format!("{function}Role")) {
            complaints.push(format!("{function} does not run with its own role"));
        }
        if !template.property(function, "Policies").is_null() {
            complaints.push(format!("{function} has policies beside its role"));
        }
    }
    let others = template.of_type("AWS::IAM::Policy");
    let read = template.property("ReadRoles", "PolicyDocument/Statement/0");
    let interfaces = template.property("ClusterDriftInterfaces", "PolicyDocument/Statement/0");
    let only_interfaces = list(&interfaces["Action"]).iter().all(|it| {
        let action = it.as_str().unwrap_or_default();
        action.starts_with("ec2:")
            && ["NetworkInterface", "Subnets", "PrivateIpAddresses"]
                .iter()
                .any(|what| action.contains(what))
    });
    let condition = template.at("/Resources/ClusterDriftInterfaces/Condition");
    if !only_interfaces || condition != "HasClusterSubnets" {
        complaints.push("cluster-drift may more than have an interface in its subnets".to_owned());
    }
    if others != ["ClusterDriftInterfaces", "ReadRoles"]
        || read["Action"] != "sts:AssumeRole"
        || read["Resource"] != json!({"Ref": "ReadRoleArns"})
    {
        complaints.push("roles beyond ReadRoleArns may be assumed".to_owned());
    }
    complaints
}

#[test]
fn roles_are_one_per_function_with_one_policy() {
    let template = Template::deployed();
    let role = "/Resources/NotifyRole/Properties";
    holds_and_notices(
        &template,
        roles,
        &[
            (
                &format!("{role}/ManagedPolicyArns"),
                json!(["arn:aws:iam::aws:policy/AdministratorAccess"]),
                "NotifyRole has managed policies",
            ),
            (
                &format!("{role}/Policies/-"),
                json!({}),
                "NotifyRole has more than its one policy",
            ),
            (
                &format!("{role}/PermissionsBoundary"),
                Value::Null,
                "NotifyRole ignores the permissions boundary",
            ),
            (
                &format!("{role}/Policies/0/PolicyDocument/Statement/0/Action"),
                json!("logs:*"),
                "NotifyRole may \"logs:*\"",
            ),
            (
                "/Resources/Extra",
                json!({"Type": "AWS::IAM::Role"}),
                "Extra is nobody's role",
            ),
            (
                "/Resources/Notify/Properties/Role",
                json!({"Fn::GetAtt": ["ClockRole", "Arn"]}),
                "Notify does not run with its own role",
            ),
            (
                "/Resources/Notify/Properties/Policies",
                json!(["AmazonSQSFullAccess"]),
                "Notify has policies beside its role",
            ),
            (
                "/Resources/ClusterDriftInterfaces/Properties/PolicyDocument/Statement/0/Action/0",
                json!("ec2:RunInstances"),
                "more than have an interface",
            ),
            (
                "/Resources/ClusterDriftInterfaces/Condition",
                Value::Null,
                "more than have an interface",
            ),
            (
                "/Resources/ReadRoles/Properties/PolicyDocument/Statement/0/Resource",
                json!("*"),
                "beyond ReadRoleArns",
            ),
        ],
    );
}
