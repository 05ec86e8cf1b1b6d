//! Tables of what is hidden and what is shown.

mod objects;
mod ordinary;
mod secrets;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::names::WORDS;
use super::{is_sensitive, walk};
use crate::difference::{DifferenceKind, RawDifference};

/// A value at a path, alone in its trees.
fn alone(resource_type: &str, path: &str, value: &Value) -> bool {
    let difference = RawDifference {
        entry: None,
        path: path.to_owned(),
        kind: DifferenceKind::Added,
        expected: None,
        actual: Some(value.clone()),
        potential: false,
        attribution: None,
        cause: None,
    };
    is_sensitive(resource_type, &difference, &Value::Null, &Value::Null)
}

/// A path in two trees.
fn within(resource_type: &str, path: &str, expected: &Value, actual: &Value) -> bool {
    let difference = RawDifference {
        entry: None,
        path: path.to_owned(),
        kind: DifferenceKind::Changed,
        expected: walk::at(expected, path).cloned(),
        actual: walk::at(actual, path).cloned(),
        potential: false,
        attribution: None,
        cause: None,
    };
    is_sensitive(resource_type, &difference, expected, actual)
}

const HIDDEN_PLACES: &[(&str, &str)] = &[
    ("v1/Secret", "/data/tls.crt"),
    ("v1/Secret", "/stringData/plain"),
    ("v1/Secret", "/binaryData/x"),
    (
        "v1/Secret",
        "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
    ),
    (
        "apps/v1/Deployment",
        "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
    ),
    (
        "apps/v1/Deployment",
        "/spec/template/spec/containers[name=app]/env[name=MODE]/value",
    ),
    (
        "apps/v1/Deployment",
        "/spec/template/spec/initContainers[name=app]/env[name=MODE]/value",
    ),
    (
        "batch/v1/CronJob",
        "/spec/jobTemplate/spec/template/spec/containers/0/env/3/value",
    ),
    (
        "AWS::ECS::TaskDefinition",
        "/ContainerDefinitions/0/Environment/1/Value",
    ),
    (
        "AWS::ECS::TaskDefinition",
        "/ContainerDefinitions/0/Secrets/1/ValueFrom",
    ),
    ("AWS::Lambda::Function", "/Environment/Variables/MODE"),
    ("AWS::Lambda::Function", "/Environment/Variables/Name"),
    ("AWS::Lambda::Function", "/Environment/Variables/Type"),
    (
        "AWS::CodeBuild::Project",
        "/Environment/EnvironmentVariables/0/Value",
    ),
    (
        "AWS::AppRunner::Service",
        "/SourceConfiguration/ImageRepository/ImageConfiguration/RuntimeEnvironmentVariables/0/Value",
    ),
    (
        "AWS::Batch::JobDefinition",
        "/ContainerProperties/Environment/0/Value",
    ),
    (
        "AWS::SageMaker::Model",
        "/PrimaryContainer/Environment/MODE",
    ),
    ("AWS::EC2::Instance", "/UserData"),
    ("AWS::EC2::LaunchTemplate", "/LaunchTemplateData/UserData"),
    ("AWS::AutoScaling::LaunchConfiguration", "/UserData"),
    ("AWS::RDS::DBInstance", "/MasterUserPassword"),
    ("AWS::Redshift::Cluster", "/MasterUserPassword"),
    ("AWS::DMS::Endpoint", "/Password"),
    ("AWS::ElastiCache::ReplicationGroup", "/AuthToken"),
    ("AWS::SecretsManager::Secret", "/SecretString"),
    (
        "AWS::SecretsManager::Secret",
        "/GenerateSecretString/SecretStringTemplate",
    ),
    (
        "AWS::Cognito::UserPoolIdentityProvider",
        "/ProviderDetails/client_secret",
    ),
    (
        "AWS::CodePipeline::Webhook",
        "/AuthenticationConfiguration/SecretToken",
    ),
    ("AWS::IoT::ProvisioningTemplate", "/registryCredential/x"),
    ("AWS::DMS::Certificate", "/CertificatePrivateKey"),
    ("AWS::Amplify::App", "/AccessToken"),
    ("AWS::X::Y", "/Parameters/dbPassword"),
    ("AWS::X::Y", "/Parameters/DB_PASSWORD"),
    ("AWS::X::Y", "/Parameters/db-password-2"),
    ("AWS::X::Y", "/Parameters/API_TOKEN"),
    ("AWS::X::Y", "/Parameters/connectionDsn"),
    ("AWS::X::Y", "/Parameters/apiKey"),
    ("AWS::X::Y", "/Parameters/API_KEY"),
    ("AWS::X::Y", "/Parameters/pagerduty-routing-key"),
    ("AWS::X::Y", "/Passwords/0"),
    ("AWS::X::Y", "/Parameters/ApiKeys/0"),
    (
        "AWS::Events::Connection",
        "/AuthParameters/ApiKeyAuthParameters/ApiKeyValue",
    ),
    ("AWS::X::Y", "/Tags/api_key"),
    ("AWS::X::Y", "/Tags[Key=\"db-password\"]/Value"),
    ("v1/ConfigMap", "/data/redis.password"),
    ("v1/ConfigMap", "/data/key"),
    (
        "apps/v1/Deployment",
        "/spec/template/spec/containers[name=app]/env[name=DB_PASSWORD]/valueFrom",
    ),
];

#[test]
fn places_and_names_hide_whatever_stands_there() {
    for (resource_type, path) in HIDDEN_PLACES {
        for value in [json!("blue"), json!(7)] {
            assert!(alone(resource_type, path, &value), "{resource_type} {path}");
        }
    }
}

fn hidden_values() -> Vec<Value> {
    vec![
        json!("postgres://app:hunter2@db.internal:5432/app"),
        json!("amqps://user:p%40ss@mq.example.com"),
        json!("jdbc: see https://me:pw@example.com/x and more"),
        json!("redis://:hunter2@cache:6379/0"),
        json!("postgres://app:hun/ter2@db/app"),
        json!("https://0123456789abcdefghij@github.com/org/repo"),
        json!("jdbc:mysql://db/app?user=a&password=hunter2"),
        json!("Server=db;User=a;Password=hunter2;"),
        json!("--db-password=hunter2"),
        json!("serve --api-key=abc --port=80"),
        json!("mode: blue\nspring.datasource.password: hunter2\n"),
        json!("[client]\npassword = hunter2"),
        json!("Authorization: Bearer 0123456789abcdef"),
        json!("Basic dXNlcjpwYXNzd29yZDEyMw=="),
        json!("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        json!({"HeaderName": "X-Origin-Secret", "HeaderValue": "plain words"}),
        json!("x8Kq/3vTnB+zR1wLp/Yd7Gm+Qe5UhJ0cSaF2oXiW"),
        json!("Qm7vT2kXcR9pLz4WbN8sYd1HfJ6gUa3eKo5MiVxB"),
        json!("AKIAIOSFODNN7EXAMPLE"),
        json!("id=ASIAIOSFODNN7EXAMPLE"),
        json!("ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
        json!("github_pat_11ABCDEFG0abcdefghijkl"),
        json!("xoxb-123456789012-1234567890123-AbCdEf"),
        json!("https://hooks.slack.com/services/T00000000/B00000000/abc"),
        json!("glpat-abcdefghij0123456789"),
        json!("sk_live_4eC39HqLyjWDarjtT1zdp7dc"),
        json!("AIzaSyA1234567890abcdefghijklmnopqrstuv"),
        json!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"),
        json!("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----"),
        json!("-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----"),
        json!("5f4dcc3b5aa765d61d8327deb882cf99"),
        json!("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        json!("q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="),
        json!("Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZmdoaWprbG1ub3BxcnN0dXY"),
        json!("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"),
        json!({"Key": "api_key", "Value": "blue"}),
        json!({"Name": "DB_PASSWORD", "Value": "blue"}),
        json!({"name": "MODE", "nested": {"secret": 1}}),
        json!([{"a": 1}, {"dbPassword": "x"}]),
        json!(r#"{"engine":"postgres","password":"blue"}"#),
        json!(r#"{"a":"{\"apiToken\":\"blue\"}"}"#),
        json!({"Environment": {"Variables": {"MODE": "blue"}}}),
        json!({"containers": [{"name": "a", "env": [{"name": "MODE", "value": "blue"}]}]}),
        json!({"a": {"b": ["x", "AKIAIOSFODNN7EXAMPLE"]}}),
        json!({"OptionName": "DBPassword", "Value": "blue"}),
    ]
}

#[test]
fn what_looks_secret_or_holds_something_secret_is_hidden_anywhere() {
    for value in hidden_values() {
        assert!(alone("AWS::X::Y", "/Some/Property", &value), "{value}");
        assert!(
            alone("AWS::X::Y", "/Some/Property", &json!([1, {"deep": value}])),
            "deep {value}"
        );
    }
}

const SHOWN: &[(&str, &str)] = &[
    ("/MemorySize", "128"),
    (
        "/Description",
        "Rotates what the vault gives us, every 30 days, as agreed with the auditors.",
    ),
    (
        "/Description",
        "Key points: cheap, fast and small; see https://example.com/docs/index.html?a=1#top",
    ),
    (
        "/Role",
        "arn:aws:iam::123456789012:role/kong-prod-FunctionRole-1A2B3C4D5E6F7",
    ),
    (
        "/TargetArn",
        "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/my-targets/73e2d6bc24d8a067",
    ),
    (
        "/KMSKeyArn",
        "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    ),
    ("/KmsKeyId", "1234abcd-12ab-34cd-56ef-1234567890ab"),
    ("/KmsMasterKeyId", "alias/aws/sqs"),
    (
        "/KmsKey",
        "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    ),
    ("/EncryptionKey", "alias/data"),
    ("/SSEKMSKeyId", "mrk-1234abcd12ab34cd56ef1234567890ab"),
    ("/KeyName", "ops"),
    ("/KeySchema/0/AttributeName", "id"),
    ("/PublicKey", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ ops"),
    (
        "/Code/S3Key",
        "assets/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.zip",
    ),
    ("/PartitionKey", "id"),
    ("/SecurityGroupIds/0", "sg-0a1b2c3d4e5f67890"),
    ("/SubnetId", "subnet-0a1b2c3d4e5f67890"),
    ("/VpcId", "vpc-0a1b2c3d"),
    ("/ImageId", "ami-0abcdef1234567890"),
    ("/NetworkInterfaceId", "eni-attach-0a1b2c3d4e5f67890"),
    (
        "/FunctionName",
        "kong-prod-ApiGatewayLambdaFunctionServiceRole-1QK2ZJ4XW5N6T",
    ),
    (
        "/BucketName",
        "cdk-hnb659fds-assets-123456789012-ap-southeast-1",
    ),
    ("/TableName", "production-orders-OrdersTable-1ABCDEFGHIJKL"),
    (
        "/LogGroupName",
        "/aws/lambda/kong-prod-ApiFunction1A2B3C4D-5E6F7G8H9I0J",
    ),
    ("/DbClusterResourceId", "cluster-ABCDEFGHIJKL1234567890MNOP"),
    (
        "/Image",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:4f3c1b2a4f3c1b2a4f3c1b2a4f3c1b2a4f3c1b2a",
    ),
    (
        "/Image",
        "nginx@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ),
    (
        "/Digest",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ),
    ("/ContainerDefinitions/0/Image", "ghcr.io/org/app:v1.2.3"),
    (
        "/CodeSha256",
        "PFn4S+er27qk+UuZSTKEQfNKG/XNn7QJs90mJgq6oH8=",
    ),
    ("/TemplateHash", "9f86d081884c7d659a2feaa0c55ad015"),
    (
        "/TemplateURL",
        "https://s3.amazonaws.com/cf-templates/9f86d081884c7d659a2feaa0c55ad015.template",
    ),
    (
        "/ThumbprintList/0",
        "9e99a48a9960b14926bb7f3b02e22da2b0ab7280",
    ),
    ("/CommitId", "4f3c1b2a4f3c1b2a4f3c1b2a4f3c1b2a4f3c1b2a"),
    ("/S3ObjectVersion", "3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY1"),
    ("/Id", "123e4567-e89b-12d3-a456-426614174000"),
    ("/StartDate", "2026-11-24T06:00:00Z"),
    ("/Schedule", "cron(0 18 ? * MON-FRI *)"),
    ("/EngineVersion", "15.4"),
    ("/Runtime", "provided.al2023"),
    ("/CidrIp", "10.0.0.0/8"),
    ("/CidrIpv6", "2001:db8:1234:5678:9abc:def0:1234:5678/128"),
    ("/AccountId", "123456789012"),
    ("/Url", "https://api.example.com:8443/v1/orders?limit=10"),
    ("/Url", "ssh://git@github.com/org/repo.git"),
    (
        "/Endpoint",
        "orders.abcdefghijkl.eu-west-1.rds.amazonaws.com:5432",
    ),
    ("/DomainName", "d111111abcdef8.cloudfront.net"),
    ("/Email", "ops@example.com"),
    ("/HostedZoneId", "Z0123456789ABCDEFGHIJ"),
    (
        "/Handler",
        "com.example.orders.handlers.OrderCreatedEventHandler::handleRequest",
    ),
    (
        "/ManagedPolicyArns/0",
        "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    ),
    ("/Tags/0/Key", "Owner"),
    ("/Tags/0/Value", "platform-team"),
    ("/Tags/Environment", "production"),
    ("/Environment/Image", "aws/codebuild/standard:7.0"),
    (
        "/Command/0",
        "serve --port=80 --mode=blue --log-level=debug",
    ),
    ("/Pattern", "{ $.level = \"error\" }"),
    (
        "/PolicyName",
        "AllowReadOfOrdersQueueFromTheReportingAccount2026InAllRegions",
    ),
    (
        "/Config",
        "mode: blue\nreplicas: 3\nkey: orders\nhost: db.internal\n",
    ),
    ("/Json", "{\"widgets\":[{\"type\":\"metric\",\"x\":0}]}"),
    ("/Tagging", "Key=Owner,Value=platform"),
    (
        "/Certificate",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    ),
    (
        "/spec/template/spec/containers[name=app]/image",
        "registry.example.com/team/app:1.2.3",
    ),
    (
        "/spec/template/spec/containers[name=app]/env[name=MODE]/name",
        "MODE",
    ),
    ("/metadata/labels/app.kubernetes.io~1part-of", "orders"),
    ("/spec/tolerations/0/effect", "NoSchedule"),
];

#[test]
fn plain_settings_are_shown() {
    let hidden: Vec<_> = SHOWN
        .iter()
        .filter(|(path, text)| {
            let resource_type = if path.starts_with("/Environment") {
                "AWS::CodeBuild::Project"
            } else {
                "AWS::X::Y"
            };
            alone(resource_type, path, &json!(text))
        })
        .collect();
    assert_eq!(hidden, Vec::<&(&str, &str)>::new());
}

#[test]
fn plain_structures_are_shown() {
    for value in [
        json!(null),
        json!(true),
        json!(1234567890),
        json!([]),
        json!({}),
        json!({"Key": "Owner", "Value": "platform"}),
        json!([{"Key": "Owner", "Value": "platform", "PropagateAtLaunch": true}]),
        json!({"key": "node", "operator": "Equal", "value": "a", "effect": "NoSchedule"}),
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}),
        json!({"IpProtocol": "tcp", "FromPort": 22, "CidrIp": "0.0.0.0/0"}),
        json!({"BucketKeyEnabled": true, "KeyType": "HASH", "SSEAlgorithm": "AES256"}),
    ] {
        assert!(!alone("AWS::X::Y", "/Some/Property", &value), "{value}");
    }
}

#[test]
fn the_tables_are_long() {
    assert!(HIDDEN_PLACES.len() + hidden_values().len() >= 60);
    assert!(SHOWN.len() >= 60);
}

#[test]
fn the_name_beside_a_value_counts_on_either_side() {
    let tree = |key: &str, value: &str| json!({"Tags": [{"Key": "Owner", "Value": "a"}, {"Key": key, "Value": value}]});
    let (plain, secret) = (tree("Mode", "blue"), tree("api_key", "blue"));
    let path = "/Tags/1/Value";
    assert!(within("AWS::X::Y", path, &secret, &secret));
    assert!(within("AWS::X::Y", path, &plain, &secret));
    assert!(within("AWS::X::Y", path, &secret, &plain));
    assert!(!within("AWS::X::Y", path, &plain, &tree("Mode", "green")));
    // The key itself is a name.
    assert!(!within("AWS::X::Y", "/Tags/1/Key", &plain, &secret));
    let fingerprint = "4f3c1b2a4f3c1b2a4f3c1b2a4f3c1b2a4f3c1b2a";
    assert!(!within(
        "AWS::X::Y",
        path,
        &tree("commit", fingerprint),
        &tree("commit", "x")
    ));
    assert!(within(
        "AWS::X::Y",
        path,
        &tree("other", fingerprint),
        &tree("other", "x")
    ));
}

#[test]
fn a_value_deep_in_that_of_a_named_pair_is_hidden() {
    let tree = json!({"Options": [{"Name": "db_password", "Value": {"a": ["blue"]}}]});
    assert!(within("AWS::X::Y", "/Options/0/Value/a/0", &tree, &tree));
    let tree = json!({"Options": [{"Name": "mode", "Value": {"a": ["blue"]}}]});
    assert!(!within("AWS::X::Y", "/Options/0/Value/a/0", &tree, &tree));
}

#[test]
fn an_ssm_parameter_is_hidden_by_its_name_or_look() {
    let tree = |name: &str, value: &str| json!({"Name": name, "Type": "String", "Value": value});
    let hidden = |name: &str, value: &str| {
        within(
            "AWS::SSM::Parameter",
            "/Value",
            &tree(name, "blue"),
            &tree(name, value),
        )
    };
    assert!(!hidden("/prod/orders/mode", "green"));
    assert!(hidden("/prod/db/password", "green"));
    assert!(hidden("/prod/api-key", "green"));
    assert!(hidden("/prod/db/url", "postgres://a:b@c"));
    assert!(hidden(
        "/prod/orders/mode",
        "5f4dcc3b5aa765d61d8327deb882cf99"
    ));
}

#[test]
fn either_side_hides_both() {
    let (plain, secret) = (json!({"A": "blue"}), json!({"A": "AKIAIOSFODNN7EXAMPLE"}));
    assert!(within("AWS::X::Y", "/A", &plain, &secret));
    assert!(within("AWS::X::Y", "/A", &secret, &plain));
    assert!(!within("AWS::X::Y", "/A", &plain, &plain));
}

#[test]
fn the_key_of_a_pair_is_a_name_and_a_lone_key_is_none() {
    let pair = json!({"Tags": [{"Key": "a", "Value": "b"}]});
    assert!(!within("AWS::X::Y", "/Tags/0/Key", &pair, &pair));
    let lone = json!({"Auth": {"Key": "blue"}});
    assert!(within("AWS::X::Y", "/Auth/Key", &lone, &lone));
}

#[test]
fn a_whole_secret_is_hidden_and_its_labels_are_not() {
    let secret = json!({"data": {"a": "Ymx1ZQ=="}, "metadata": {"labels": {"app": "orders"}}});
    assert!(alone("v1/Secret", "", &secret));
    assert!(alone("v1/Secret", "/data", &secret["data"]));
    assert!(!alone(
        "v1/Secret",
        "/metadata/labels",
        &secret["metadata"]["labels"]
    ));
    assert!(!alone("v1/ConfigMap", "/data", &secret["data"]));
}

#[test]
fn text_within_text_is_searched_and_ends() {
    let mut text = json!({"password": "blue"}).to_string();
    for _ in 0..8 {
        text = json!({ "a": text }).to_string();
    }
    assert!(alone("AWS::X::Y", "/A", &json!(text)));
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    assert!(!alone("AWS::X::Y", "/A", &json!(deep)));
}

#[test]
fn long_texts_take_no_longer_than_they_must() {
    let begun = std::time::Instant::now();
    for piece in [
        "://",
        "eyJ-",
        "eyJ.",
        "a=b ",
        "AKIA",
        "Bearer ",
        "-----BEGIN ",
        "plain words and more ",
    ] {
        alone(
            "AWS::X::Y",
            "/A",
            &json!(piece.repeat(500_000 / piece.len())),
        );
    }
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

proptest! {
    #[test]
    fn a_name_with_one_of_the_words_hides_any_value(
        before in "[A-Za-z0-9_.-]{0,6}",
        after in "[A-Za-z0-9_.-]{0,6}",
        word in prop::sample::select(&WORDS[..]),
        upper in any::<u16>(),
        value in prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
            Just(Value::Null),
        ],
    ) {
        let word: String = word
            .chars()
            .enumerate()
            .map(|(at, it)| if upper >> at & 1 == 1 { it.to_ascii_uppercase() } else { it })
            .collect();
        let name = format!("{before}{word}{after}");
        let (last, middle) = (format!("/A/{name}"), format!("/{name}/0/B"));
        let nested = json!({ "B": [{ &name: value }] });
        let pair = json!({"Tags": [{"Key": name, "Value": value}]});
        let hidden = [
            alone("AWS::X::Y", &last, &value),
            alone("AWS::X::Y", &middle, &value),
            alone("AWS::X::Y", "/A", &nested),
            alone("AWS::X::Y", "/Tags/0", &pair["Tags"][0]),
            within("AWS::X::Y", "/Tags/0/Value", &pair, &pair),
        ];
        prop_assert_eq!(hidden, [true; 5]);
    }

    #[test]
    fn any_text_anywhere_is_judged_without_panic(path in ".{0,40}", text in ".{0,200}", name in ".{0,12}") {
        let tree = json!({ &name: [{"Key": &text, "Value": &name}] });
        for path in [path, format!("/{name}/0/Value"), format!("/{text}")] {
            alone(&name, &path, &json!(text));
            within(&text, &path, &tree, &tree);
        }
    }

    #[test]
    fn bent_secrets_are_judged_without_panic(
        text in "[a-z:/@=eyJAKIA. \u{e9}\u{4e2d}\u{1f511}-]{0,80}",
    ) {
        alone("AWS::X::Y", "/A", &json!(text));
    }

    #[test]
    fn random_keys_are_hidden(bytes in prop::collection::vec(any::<u8>(), 32..64)) {
        let hex: String = bytes.iter().map(|it| format!("{it:02x}")).collect();
        prop_assert!(alone("AWS::X::Y", "/A", &json!(hex)));
    }
}
