//! What must stay readable: a tool that hides everything says nothing.

use serde_json::{Value, json};

use super::{alone, within};

/// Ordinary values of AWS, which stand under a name that says nothing of them.
const ORDINARY: &[&str] = &[
    "sg-0abc1234def567890",
    "i-0123456789abcdef0",
    "ami-0c55b159cbfafe1f0",
    "subnet-0a1b2c3d4e5f67890",
    "vpc-0a1b2c3d4e5f67890",
    "vpce-svc-0e123abc123198abc",
    "tgw-attach-0a1b2c3d4e5f67890",
    "eipalloc-64d5890a1b2c3d4e5",
    "rtb-0123456789abcdef0",
    "acl-0a1b2c3d4e5f67890",
    "fs-0123456789abcdef8",
    "lt-0abcd290751193123",
    "E2QWRUHAPOMQZL",
    "Z2FDTNDATAQYW2",
    "Z08942151ABCDEFGHIJKL",
    "AROAJQABLZS4A3QDU576Q",
    "AIDAJQABLZS4A3QDU576Q",
    "db-ABCDEFGHIJKL1234567890MNOP",
    "cluster-ABCDEFGHIJKL1234567890MNOP",
    "us-east-1_AbCdEfGhI",
    "d-9067642ac7",
    "o-exampleorgid",
    "r-ab12-cdefgh34",
    "3f8a2b1c-9d4e-4f5a-8b6c-7d8e9f0a1b2c",
    "mrk-1234abcd-12ab-34cd",
    "arn:aws:iam::123456789012:role/kong-prod-FunctionRole-1A2B3C4D5E6F7",
    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf",
    "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
    "arn:aws:lambda:us-east-1:123456789012:layer:AWSLambdaPowertoolsPythonV2:46",
    "arn:aws:states:eu-west-1:123456789012:stateMachine:Orders-1QK2ZJ4XW5N6T",
    "arn:aws:sns:us-east-1:123456789012:alarms:8bcfbcf9-0000-4ace-9c1f-9d2f3c0a1b2c",
    "10.0.0.0/16",
    "0.0.0.0/0",
    "2001:db8:1234:1a00::/56",
    "10.0.12.254/32",
    "1.2.3-rc.1",
    "v2.14.0-alpine3.19",
    "2026.11.24-4f3c1b2",
    "main-4f3c1b2a-20261124",
    "release-4f3c1b2a9d8e",
    "nginx:1.27.2-bookworm-perl",
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:2026.11.24",
    "public.ecr.aws/lambda/python:3.12.2024.11.22.14",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC",
    "kong-prod-assets-123456789012-eu-west-1",
    "orders-bucket-1qk2zj4xw5n6t",
    "kong-prod-ApiFunction1A2B3C4D-5E6F7G8H9I0J",
    "ApiGatewayRestApiDeployment4A5B6C7D",
    "VpcPrivateSubnet1SubnetF2A3B4C5",
    "CDKMetadata",
    "cdk-hnb659fds-deploy-role-123456789012-eu-west-1",
    "orders-7d4b9c6f5d-x2x4z",
    "ip-10-0-12-34.eu-west-1.compute.internal",
    "orders.cabc1def2ghi.eu-west-1.rds.amazonaws.com",
    "orders.cluster-ro-cabc1def2ghi.eu-west-1.rds.amazonaws.com",
    "https://abcdefghijklmnopqrstuvwxyz.appsync-api.eu-west-1.amazonaws.com/graphql",
    "https://k3j9x2m8q7w4z1p5n6b0v2c8x4z7q1w9.lambda-url.eu-west-1.on.aws/",
    "https://sqs.eu-west-1.amazonaws.com/123456789012/orders",
    "https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71A3041E",
    "s3://kong-prod-artifacts/releases/2026/11/24/app.zip",
    "d111111abcdef8.cloudfront.net",
    "my-alb-1234567890.eu-west-1.elb.amazonaws.com",
    "_4a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d.acm-validations.aws.",
    "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "ELBSecurityPolicy-FS-1-2-Res-2020-10",
    "TLSv1.2_2021",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AmazonSSMManagedInstanceCore",
    "AmazonEKSVPCResourceController",
    "AWSLambdaVPCAccessExecutionRole",
    "AmazonEC2ContainerRegistryReadOnly",
    "ApplicationLoadBalancerRequestCountPerTarget",
    "TargetTrackingScaling",
    "HTTPCode_Target_5XX_Count",
    "RDSOptimizedCPUUtilization95",
    "SNAPPY_COMPRESSION_LEVEL_6",
    "AWS::EC2::SecurityGroup",
    "ecs:ecsTaskExecutionRole",
    "secretsmanager:GetSecretValue",
    "secretsmanager:*",
    "sts:AssumeRoleWithWebIdentity",
    "iam:PassRole",
    "cognito-idp:AdminInitiateAuth",
    "repo:example/orders:ref:refs/heads/main",
    "{{resolve:secretsmanager:prod/db:SecretString:password}}",
    "{{resolve:ssm-secure:/prod/db/password:3}}",
    "rate(5 minutes)",
    "cron(0/15 8-18 ? * MON-FRI *)",
    "2026-11-24T06:00:00.000Z",
    "20261124T060000Z",
    "1732428000123",
    "P30DT12H30M5S",
    "db.r6g.16xlarge",
    "m7i-flex.8xlarge",
    "aurora-postgresql15.4",
    "postgres14-family-params",
    "python3.12",
    "amazonlinux2-x86_64-standard:5.0",
    "Europe/Amsterdam",
    "application/x-www-form-urlencoded",
    "max-age=31536000; includeSubDomains; preload",
    "$context.identity.sourceIp - $context.requestId",
    "{ ($.errorCode = \"*UnauthorizedOperation\") }",
    "/aws/lambda/kong-prod-ApiFunction1A2B3C4D-5E6F7G8H9I0J",
    "/ecs/orders-service/production",
    "docker run --user 1000:1000 -p 8080:80 app:1.2.3",
    "mkdir -p /var/lib/orders && tar -xzf app.tgz",
    "curl -fsSL https://example.com/install.sh -o /tmp/install.sh",
    "java -Xmx512m -jar /app/orders.jar --server.port=8080",
    "--private-key /etc/ssl/key.pem --token-file /var/run/token",
    "aws secretsmanager get-secret-value --secret-id prod/db",
    "echo $DB_PASSWORD | docker login --username AWS --password-stdin",
    "Rotates the token of the vault every 30 days, as agreed: see the runbook.",
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7vbqajDhA8XqJ2n4Kz1yT9c ops@example.com",
    "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1SU1LfVLPHCozMxH2Mo\n-----END PUBLIC KEY-----",
    "f-7k3qz2m90abcdef1",
    "i-3v9c8w1n5x0d7h2k",
    "#!/bin/bash\nset -euo pipefail\nyum install -y httpd\nsystemctl enable --now httpd\n",
    "def handler(event, context):\n    token = event[\"token\"]\n    return {\"statusCode\": 200}\n",
    "version: 0.2\nphases:\n  build:\n    commands:\n      - make test\nartifacts:\n  files: ['**/*']\n",
];

#[test]
fn ordinary_values_stay_readable() {
    assert!(ORDINARY.len() >= 80);
    let hidden: Vec<_> = ORDINARY
        .iter()
        .filter(|text| alone("AWS::X::Y", "/Setting", &json!(text)))
        .collect();
    assert_eq!(hidden, Vec::<&&str>::new());
}

#[test]
fn what_drift_is_read_for_stays_readable() {
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:example/orders:*",
                                       "aws:PrincipalTag/api-key": "orders", "secretsmanager:SecretId": "*"}}}]});
    let issuer = json!({"StringEquals":
        {"oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71A3041E:aud": "sts.amazonaws.com"}});
    let rule = json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0",
        "SourceSecurityGroupId": "sg-0abc1234def567890", "Description": "opened by hand"});
    for (path, value) in [
        ("/AssumeRolePolicyDocument", trust.clone()),
        ("/AssumeRolePolicyDocument", json!(trust.to_string())),
        ("/AssumeRolePolicyDocument/Statement/0/Condition", issuer),
        (
            "/AssumeRolePolicyDocument/Statement/0/Condition/StringEquals/secretsmanager:SecretId",
            json!("prod/db"),
        ),
        ("/SecurityGroupIngress/1", rule),
        (
            "/SecurityGroupIngress[IpProtocol=tcp,FromPort=22,ToPort=22,CidrIp=\"0.0.0.0/0\"]",
            json!({"CidrIp": "0.0.0.0/0"}),
        ),
        (
            "/PolicyDocument/Statement/0",
            json!({"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue", "kms:Decrypt"],
                "Resource": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf"}),
        ),
        (
            "/Tags/3",
            json!({"Key": "aws:cloudformation:stack-id", "Value":
                "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/3f8a2b1c-9d4e-4f5a-8b6c-7d8e9f0a1b2c"}),
        ),
        ("/Tags/0/Value", json!("platform-team")),
        ("/ImageId", json!("ami-0c55b159cbfafe1f0")),
        (
            "/ContainerDefinitions/0/Secrets/0/ValueFrom",
            json!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf:password::"),
        ),
        (
            "/MasterUserSecret/SecretArn",
            json!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db-1-AbCdEf"),
        ),
        ("/ClientIds/0", json!("7d8ca9d0fjkb3b0p8t7e4qpv6e")),
        ("/UserPoolClientId", json!("7d8ca9d0fjkb3b0p8t7e4qpv6e")),
        ("/BypassPolicyLockoutSafetyCheck", json!("yes")),
        ("/Compass", json!("north")),
        ("/MasterUsername", json!("postgres")),
        (
            "/Command",
            json!([
                "serve",
                "--port",
                "80",
                "--user",
                "nobody:nogroup",
                "-p",
                "mode"
            ]),
        ),
    ] {
        assert!(!alone("AWS::X::Y", path, &value), "{path} {value}");
    }
}

#[test]
fn what_stands_beside_a_secret_place_stays_readable() {
    for (resource_type, path, value) in [
        (
            "AWS::Glue::Job",
            "/DefaultArguments/--TempDir",
            "s3://temporary/",
        ),
        (
            "AWS::Glue::Job",
            "/DefaultArguments/--job-language",
            "python",
        ),
        (
            "AWS::CloudFormation::Stack",
            "/TemplateURL",
            "https://s3.amazonaws.com/t/a.json",
        ),
        ("AWS::ApiGateway::ApiKey", "/Description", "of the shop"),
        ("AWS::ApiGateway::Stage", "/StageName", "prod"),
        ("AWS::SSM::Parameter", "/Value", "blue"),
        (
            "AWS::Events::Connection",
            "/AuthParameters/InvocationHttpParameters/HeaderParameters/0/Key",
            "x",
        ),
        (
            "AWS::KinesisFirehose::DeliveryStream",
            "/HttpEndpointDestinationConfiguration/RequestConfiguration/CommonAttributes/0/AttributeName",
            "x",
        ),
        (
            "AWS::CodeBuild::Project",
            "/Environment/ComputeType",
            "BUILD_GENERAL1_SMALL",
        ),
        (
            "AWS::CodeBuild::Project",
            "/Environment/EnvironmentVariables/0/Name",
            "MODE",
        ),
        (
            "Custom::Thing",
            "/ServiceToken",
            "arn:aws:lambda:eu-west-1:123456789012:function:f",
        ),
    ] {
        assert!(
            !alone(resource_type, path, &json!(value)),
            "{resource_type} {path}"
        );
    }
    let option = |namespace: &str| json!({"OptionSettings": [{"Namespace": namespace, "OptionName": "MinSize", "Value": "2"}]});
    let plain = option("aws:autoscaling:asg");
    assert!(!within(
        "AWS::ElasticBeanstalk::Environment",
        "/OptionSettings/0/Value",
        &plain,
        &plain
    ));
}

#[test]
fn a_dynamic_reference_is_no_secret_and_what_stands_beside_it_may_be_one() {
    let reference = json!("{{resolve:secretsmanager:prod/db:SecretString:password}}");
    for path in ["/MasterUserPassword", "/Environment/Variables/DB_PASSWORD"] {
        assert!(!alone("AWS::X::Y", path, &reference), "{path}");
        let tree = |value: Value| {
            let mut tree = json!({"MasterUserPassword": value, "Environment": {"Variables": {"DB_PASSWORD": value}}});
            tree["Other"] = json!(1);
            tree
        };
        assert!(within(
            "AWS::X::Y",
            path,
            &tree(reference.clone()),
            &tree(json!("blue"))
        ));
        assert!(alone("AWS::X::Y", path, &json!("{{resolve:ssm:/a}}blue")));
        assert!(alone(
            "AWS::X::Y",
            path,
            &json!("{{resolve:ssm:/a}} {{blue}}")
        ));
    }
    assert!(!alone("AWS::X::Y", "/A", &json!({"DbPassword": reference})));
}
