//! The changes themselves.

use serde_json::{Value, json};

/// One change of one resource.
pub(super) struct Change {
    pub(super) what: &'static str,
    pub(super) resource_type: &'static str,
    pub(super) expected: Value,
    pub(super) actual: Value,
}

fn change(
    what: &'static str,
    resource_type: &'static str,
    expected: Value,
    actual: Value,
) -> Change {
    Change {
        what,
        resource_type,
        expected,
        actual,
    }
}

pub(super) const GROUP: &str = "AWS::EC2::SecurityGroup";
pub(super) const BUCKET: &str = "AWS::S3::Bucket";
pub(super) const ROLE: &str = "AWS::IAM::Role";
pub(super) const KEY: &str = "AWS::KMS::Key";

/// A security group whose only ingress rule says that.
fn ingress(rule: Value) -> Value {
    json!({"GroupDescription": "g", "SecurityGroupIngress": [rule]})
}

pub(super) fn tcp(port: i32, cidr: &str) -> Value {
    json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": cidr})
}

fn tcp6(cidr: &str) -> Value {
    json!({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv6": cidr})
}

/// A policy document with one statement.
pub(super) fn policy(statement: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// The statement with an element changed; removed where the value is null.
pub(super) fn but(mut statement: Value, element: &str, value: Value) -> Value {
    statement[element] = value;
    if let Some(map) = statement.as_object_mut() {
        map.retain(|_, value| !value.is_null());
    }
    statement
}

pub(super) fn read_objects() -> Value {
    json!({
        "Sid": "Read", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
        "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::data/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
    })
}

fn access_block(restrict: Value) -> Value {
    json!({"BucketName": "b", "PublicAccessBlockConfiguration": {
        "BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": restrict}})
}

fn network() -> Vec<Change> {
    let open = |what, actual| {
        change(
            what,
            GROUP,
            ingress(tcp(443, "10.0.0.0/8")),
            ingress(actual),
        )
    };
    let closed = json!({"GroupDescription": "g", "SecurityGroupIngress": []});
    vec![
        open("opened to the world", tcp(443, "0.0.0.0/0")),
        open("opened to the world, not canonical", tcp(443, "10.0.0.0/0")),
        open("opened to half of the world", tcp(443, "0.0.0.0/1")),
        open("opened to the next block", tcp(443, "10.0.0.0/7")),
        open("another port", tcp(22, "10.0.0.0/8")),
        open(
            "another port as text",
            but(tcp(443, "10.0.0.0/8"), "FromPort", json!("22")),
        ),
        open(
            "more ports",
            but(tcp(443, "10.0.0.0/8"), "ToPort", json!(65535)),
        ),
        open(
            "every protocol",
            json!({"IpProtocol": "-1", "CidrIp": "10.0.0.0/8"}),
        ),
        open(
            "every protocol as number",
            but(tcp(443, "10.0.0.0/8"), "IpProtocol", json!(-1)),
        ),
        open(
            "from IPv4 to IPv6",
            json!({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv6": "::/0"}),
        ),
        change(
            "opened to the world of IPv6",
            GROUP,
            ingress(tcp6("2001:db8::/32")),
            ingress(tcp6("0::0/0")),
        ),
        change(
            "one bit more of IPv6",
            GROUP,
            ingress(tcp6("2001:db8::/32")),
            ingress(tcp6("2001:DB8:0::/31")),
        ),
        change(
            "a rule added to none",
            GROUP,
            closed.clone(),
            ingress(tcp(22, "0.0.0.0/0")),
        ),
        change(
            "a rule added where the template is silent",
            GROUP,
            json!({"GroupDescription": "g"}),
            ingress(tcp(22, "0.0.0.0/0")),
        ),
        change(
            "a rule beside another",
            GROUP,
            ingress(tcp(443, "10.0.0.0/8")),
            json!({
            "GroupDescription": "g", "SecurityGroupIngress": [tcp(443, "10.0.0.0/8"), tcp(22, "0.0.0.0/0")]}),
        ),
        change(
            "egress opened",
            GROUP,
            json!({"SecurityGroupEgress": [tcp(443, "10.0.0.0/8")]}),
            json!({"SecurityGroupEgress": [tcp(443, "0.0.0.0/0")]}),
        ),
        change(
            "a standalone rule opened",
            "AWS::EC2::SecurityGroupIngress",
            tcp(22, "10.0.0.1/32"),
            tcp(22, "0.0.0.0/0"),
        ),
        change(
            "another source group",
            "AWS::EC2::SecurityGroupIngress",
            json!({"SourceSecurityGroupId": "sg-1"}),
            json!({"SourceSecurityGroupId": "sg-2"}),
        ),
        change(
            "a network ACL that allows",
            "AWS::EC2::NetworkAclEntry",
            json!({"RuleAction": "deny", "Protocol": -1}),
            json!({"RuleAction": "allow", "Protocol": -1}),
        ),
        change(
            "a route to the internet",
            "AWS::EC2::Route",
            json!({"DestinationCidrBlock": "10.0.0.0/8", "GatewayId": "vgw-1"}),
            json!({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}),
        ),
        change(
            "a public API server",
            "AWS::EKS::Cluster",
            json!({"ResourcesVpcConfig": {"EndpointPublicAccess": false, "PublicAccessCidrs": ["10.0.0.0/8"]}}),
            json!({"ResourcesVpcConfig": {"EndpointPublicAccess": true, "PublicAccessCidrs": ["0.0.0.0/0"]}}),
        ),
        change(
            "a public database",
            "AWS::RDS::DBInstance",
            json!({"PubliclyAccessible": false}),
            json!({"PubliclyAccessible": true}),
        ),
        change(
            "a public database as text",
            "AWS::RDS::DBInstance",
            json!({"PubliclyAccessible": "false"}),
            json!({"PubliclyAccessible": true}),
        ),
        change(
            "a firewall rule that allows",
            "AWS::WAFv2::WebACL",
            json!({"DefaultAction": {"Block": {}}}),
            json!({"DefaultAction": {"Allow": {}}}),
        ),
        change(
            "an address that is let in",
            "AWS::WAFv2::IPSet",
            json!({"Addresses": ["10.0.0.0/8"]}),
            json!({"Addresses": ["0.0.0.0/1"]}),
        ),
    ]
}

fn access() -> Vec<Change> {
    let statement = |what, element, value| {
        let bent = but(read_objects(), element, value);
        change(
            what,
            "AWS::S3::BucketPolicy",
            json!({"PolicyDocument": policy(read_objects())}),
            json!({"PolicyDocument": policy(bent)}),
        )
    };
    let trust = |principal: Value| json!({"AssumeRolePolicyDocument": policy(json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}))});
    let key = |action: Value| json!({"KeyPolicy": policy(json!({"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": action, "Resource": "*"}))});
    let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}});
    let two =
        json!({"PolicyDocument": {"Version": "2012-10-17", "Statement": [read_objects(), deny]}});
    vec![
        statement("every principal", "Principal", json!("*")),
        statement("every principal of AWS", "Principal", json!({"AWS": ["*"]})),
        statement(
            "the whole account",
            "Principal",
            json!({"AWS": "111122223333"}),
        ),
        statement(
            "an added principal",
            "Principal",
            json!({"AWS": ["arn:aws:iam::111122223333:role/app", "999999999999"]}),
        ),
        statement(
            "a principal in another case",
            "Principal",
            json!({"AWS": "arn:aws:iam::111122223333:role/App"}),
        ),
        statement(
            "an added action",
            "Action",
            json!(["s3:GetObject", "s3:PutObject"]),
        ),
        statement("every action", "Action", json!("s3:*")),
        statement("all actions but one", "NotAction", json!(["s3:GetObject"])),
        statement("a wider resource", "Resource", json!(["arn:aws:s3:::*"])),
        statement("a removed condition", "Condition", Value::Null),
        statement("an empty condition", "Condition", json!({})),
        statement(
            "a flipped condition",
            "Condition",
            json!({"Bool": {"aws:securetransport": false}}),
        ),
        statement(
            "a weaker operator",
            "Condition",
            json!({"BoolIfExists": {"aws:SecureTransport": "true"}}),
        ),
        statement("a flipped effect", "Effect", json!("Deny")),
        change(
            "a removed deny",
            "AWS::S3::BucketPolicy",
            two,
            json!({"PolicyDocument": policy(read_objects())}),
        ),
        change(
            "an older version of the language",
            "AWS::S3::BucketPolicy",
            json!({"PolicyDocument": policy(read_objects())}),
            json!({"PolicyDocument": {"Statement": [read_objects()]}}),
        ),
        change(
            "a role that anybody may assume",
            ROLE,
            trust(json!({"Service": "ec2.amazonaws.com"})),
            trust(json!("*")),
        ),
        change(
            "a role of another account",
            ROLE,
            trust(json!({"AWS": "111122223333"})),
            trust(json!({"AWS": "arn:aws:iam::999999999999:root"})),
        ),
        change(
            "a policy attached",
            ROLE,
            json!({"ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]}),
            json!({"ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/AdministratorAccess"]}),
        ),
        change(
            "a policy attached to none",
            ROLE,
            json!({"ManagedPolicyArns": []}),
            json!({"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]}),
        ),
        change(
            "another policy in its place",
            ROLE,
            json!({"ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]}),
            json!({"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]}),
        ),
        change(
            "an inline policy",
            ROLE,
            json!({"Path": "/"}),
            json!({"Path": "/", "Policies": [{"PolicyName": "p", "PolicyDocument": policy(read_objects())}]}),
        ),
        change(
            "a boundary removed",
            ROLE,
            json!({"PermissionsBoundary": "arn:aws:iam::111122223333:policy/b"}),
            json!({}),
        ),
        change(
            "a group joined",
            "AWS::IAM::User",
            json!({"Groups": ["dev"]}),
            json!({"Groups": ["dev", "admin"]}),
        ),
        change(
            "a key that may be used for more",
            KEY,
            key(json!("kms:Decrypt")),
            key(json!(["kms:Decrypt", "kms:*"])),
        ),
        change(
            "a function that anybody may call",
            "AWS::Lambda::Permission",
            json!({"Principal": "s3.amazonaws.com"}),
            json!({"Principal": "*"}),
        ),
        change(
            "an open function URL",
            "AWS::Lambda::Url",
            json!({"AuthType": "AWS_IAM"}),
            json!({"AuthType": "NONE"}),
        ),
    ]
}

fn protection() -> Vec<Change> {
    let own = "1234abcd-12ab-34cd-56ef-1234567890ab";
    vec![
        change(
            "the public access block is half off",
            BUCKET,
            access_block(json!(true)),
            access_block(json!(false)),
        ),
        change(
            "the same as text",
            BUCKET,
            access_block(json!(true)),
            access_block(json!("false")),
        ),
        change(
            "the public access block is gone",
            BUCKET,
            access_block(json!(true)),
            json!({"BucketName": "b"}),
        ),
        change(
            "one setting of it is gone",
            BUCKET,
            access_block(json!(true)),
            json!({"BucketName": "b", "PublicAccessBlockConfiguration": {
"BlockPublicAcls": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true}}),
        ),
        change(
            "a public ACL",
            BUCKET,
            json!({"AccessControl": "Private"}),
            json!({"AccessControl": "PublicRead"}),
        ),
        change(
            "objects owned by their writers",
            BUCKET,
            json!({}),
            json!({"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}}),
        ),
        change(
            "encryption gone",
            BUCKET,
            json!({"BucketEncryption": {"ServerSideEncryptionConfiguration": []}}),
            json!({}),
        ),
        change(
            "another key",
            "AWS::SQS::Queue",
            json!({"KmsMasterKeyId": own}),
            json!({"KmsMasterKeyId": "arn:aws:kms:eu-central-1:999999999999:key/1234abcd-12ab-34cd-56ef-1234567890ac"}),
        ),
        change(
            "a key of the same alias elsewhere",
            "AWS::SQS::Queue",
            json!({"KmsMasterKeyId": "alias/app"}),
            json!({"KmsMasterKeyId": "arn:aws:kms:eu-central-1:999999999999:alias/app"}),
        ),
        change(
            "managed encryption off",
            "AWS::SQS::Queue",
            json!({"SqsManagedSseEnabled": true}),
            json!({"SqsManagedSseEnabled": false}),
        ),
        change(
            "managed encryption gone",
            "AWS::SQS::Queue",
            json!({"SqsManagedSseEnabled": true}),
            json!({}),
        ),
        change(
            "key rotation off",
            KEY,
            json!({"EnableKeyRotation": true}),
            json!({"EnableKeyRotation": false}),
        ),
        change(
            "deletion protection off",
            "AWS::RDS::DBInstance",
            json!({"DeletionProtection": true}),
            json!({"DeletionProtection": false}),
        ),
        change(
            "the trail is logged elsewhere",
            "AWS::CloudTrail::Trail",
            json!({"CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-central-1:111122223333:log-group:trail:*"}),
            json!({"CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-central-1:999999999999:log-group:trail:*"}),
        ),
        change(
            "the trail is off",
            "AWS::CloudTrail::Trail",
            json!({"IsLogging": true}),
            json!({"IsLogging": false}),
        ),
        change(
            "forced TLS gone",
            "AWS::RDS::DBParameterGroup",
            json!({"Family": "postgres14", "Parameters": {"rds.force_ssl": "1"}}),
            json!({"Family": "postgres14", "Parameters": {}}),
        ),
        change(
            "the audit library gone",
            "AWS::RDS::DBParameterGroup",
            json!({"Family": "postgres14", "Parameters": {"shared_preload_libraries": "pg_stat_statements,pgaudit"}}),
            json!({"Family": "postgres14", "Parameters": {}}),
        ),
        change(
            "a weaker TLS policy",
            "AWS::ElasticLoadBalancingV2::Listener",
            json!({"SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"}),
            json!({"SslPolicy": "ELBSecurityPolicy-2016-08"}),
        ),
        change(
            "a name that leads elsewhere",
            "AWS::Route53::RecordSet",
            json!({"AliasTarget": {"DNSName": "app.example.com."}}),
            json!({"AliasTarget": {"DNSName": "app.examp1e.com."}}),
        ),
    ]
}

/// Every change.
pub(super) fn all() -> Vec<Change> {
    network()
        .into_iter()
        .chain(access())
        .chain(protection())
        .collect()
}
