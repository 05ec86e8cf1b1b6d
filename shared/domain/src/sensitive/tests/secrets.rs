//! What must be hidden, wherever it stands and however it is written.

use serde_json::{Value, json};

use super::{alone, within};
use crate::conceal::{self, HashKey};
use crate::sensitive::shown_path;

/// Secrets that their look alone gives away, each with the part of it that no text may keep.
const SECRETS: &[(&str, &str)] = &[
    ("AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"),
    ("ASIAY34FZKBOKMUTVV7A", "FZKBOKMUTVV7A"),
    ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "K7MDENG"),
    ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "292c6912E"),
    ("gho_16C7e42F292c6912E7710c838347Ae178B4a", "292c6912E"),
    ("github_pat_11ABCDEFG0abcdefghijkl_mnop", "abcdefghijkl"),
    ("glpat-abcdefghij0123456789", "abcdefghij"),
    ("xoxb-123456789012-1234567890123-AbCdEf", "1234567890123"),
    ("xapp-1-A0123456789-1234567890123-abc", "A0123456789"),
    ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "HqLyjWDarjt"),
    ("rk_live_4eC39HqLyjWDarjtT1zdp7dc", "HqLyjWDarjt"),
    ("sk-proj-abcdEFGH1234ijklMNOP5678", "1234ijkl"),
    ("SG.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf", "ngeVfQFYQlKU0"),
    ("AIzaSyA1234567890abcdefghijklmnopqrstuv", "1234567890abc"),
    ("npm_abcdefghijklmnopqrstuvwxyz0123456789", "klmnopqrst"),
    ("pypi-AgEIcHlwaS5vcmcCJDAwMDAwMDAwLTAwMDAt", "HlwaS5vcmc"),
    ("dckr_pat_abcdefghijklmnopqrst", "klmnopqrst"),
    ("hvs.CAESIJlWh3yqKuYwnZLq0abcd", "Wh3yqKuYwn"),
    ("dop_v1_abcdefghijklmnop0123456789", "klmnop0123"),
    ("whsec_abcdefghijklmnop0123", "klmnop0123"),
    (
        "https://hooks.slack.com/services/T00000000/B00000000/XyZ",
        "B00000000",
    ),
    (
        "https://discord.com/api/webhooks/1234/plain-words",
        "plain-words",
    ),
    (
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N",
        "eyJzdWIi",
    ),
    (
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
        "MIIEow",
    ),
    (
        "-----BEGIN OPENSSH PRIVATE KEY-----\\nb3BlbnNz\\n-----END",
        "b3BlbnNz",
    ),
    ("aB3xK9mQ7zR2pL5w", "K9mQ7zR2"),
    ("k3j9x2m8q7w4z1p5", "m8q7w4"),
    ("7Qw9Xz2Lk5Vb8Nm4Rt1P", "2Lk5Vb8N"),
    ("Tr0ub4dor3XkcdQz9w", "dor3Xkcd"),
    ("vN8sYd1HfJ6gUa3eKo5MiVxB", "1HfJ6gUa"),
    ("zX9cV8bN7mA6sD5fG4hJ3kL2", "7mA6sD5f"),
    ("my-app-k3j9x2m8q7w4z1p5", "m8q7w4"),
    ("5f4dcc3b5aa765d61d83", "aa765d61"),
    ("0a1b2c3d4e5f6a7b8c9d0e1f", "4e5f6a7b"),
    ("5f4dcc3b5aa765d61d8327deb882cf99", "aa765d61"),
    ("q83vEjRWeJCrze8SNFZ4kA==", "RWeJCrze"),
    ("x7+Kp/2Qz9vRb4Tm8Lw1", "Qz9vRb4"),
    ("JBSWY3DPEHPK3PXP", "DPEHPK3"),
    ("U2FsdGVkX1/p4ssw0rd9Q==", "dGVkX1"),
    ("cGFzc3dvcmQ9aHVudGVyMg==", "dvcmQ9aH"),
    ("cHdkPWJsdWUxMg==", "HdkPWJsdWU"),
    ("password%3Dhunter2", "hunter2"),
    ("postgres://app:hunter2@db.internal:5432/app", "hunter2"),
    (
        "mongodb+srv://app:hunter2@cluster0.example.mongodb.net/orders",
        "hunter2",
    ),
    ("redis://:hunter2@cache:6379/0", "hunter2"),
    ("rediss://default:hunter2@cache:6379", "hunter2"),
    ("amqps://user:hunter2@mq.example.com:5671/v", "hunter2"),
    ("https://user:hunter2@host/path?x=1", "hunter2"),
    ("jdbc:mysql://db/app?user=a&password=hunter2", "hunter2"),
    (
        "jdbc:sqlserver://db:1433;user=a;password=hunter2;encrypt=true",
        "hunter2",
    ),
    ("jdbc:oracle:thin:app/hunter2@//db:1521/orders", "hunter2"),
    (
        "Server=db;Database=a;User Id=a;Password=hunter2;",
        "hunter2",
    ),
    ("Server=db;Uid=a;Pwd=hunter2;", "hunter2"),
    ("host=db user=a password=hunter2 sslmode=require", "hunter2"),
    (
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=hunter2==;",
        "hunter2",
    ),
    (
        "Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=hunter2",
        "hunter2",
    ),
    ("deploy --password hunter2 --port 80", "hunter2"),
    ("deploy --password=hunter2", "hunter2"),
    ("deploy --db-pass 'hunter2 and more'", "hunter2 and more"),
    ("deploy --api-key hunter2", "hunter2"),
    ("PGPASSWORD=hunter2 psql -h db", "hunter2"),
    ("export MYSQL_PWD=hunter2; mysql -u root", "hunter2"),
    ("mysql -h db -u root -phunter2 orders", "hunter2"),
    ("sshpass -p hunter2 ssh host", "hunter2"),
    (
        "docker login -u a -p hunter2 registry.example.com",
        "hunter2",
    ),
    (
        "echo hunter2 | docker login -u a --password-stdin",
        "hunter2",
    ),
    ("echo 'root:hunter2' | chpasswd", "hunter2"),
    ("redis-cli -h cache -a hunter2 ping", "hunter2"),
    (
        "curl -s -u admin:hunter2 https://example.com",
        "admin:hunter2",
    ),
    ("curl --user admin:hunter2 https://example.com", "hunter2"),
    ("curl -uadmin:hunter2 https://example.com", "hunter2"),
    (
        "curl -H 'Authorization: Bearer hunter2' https://example.com",
        "hunter2",
    ),
    (
        "curl -H \"X-Api-Key: hunter2\" https://example.com",
        "hunter2",
    ),
    ("Authorization: Basic YTpi", "YTpi"),
    ("authorization: bearer 0123456789abcdef", "0123456789abcdef"),
    ("openssl enc -aes-256-cbc -pass pass:hunter2", "hunter2"),
    ("ldapsearch -x -D cn=admin -w hunter2", "hunter2"),
    ("#!/bin/bash\nexport DB_PASSWORD=hunter2\nrun\n", "hunter2"),
    (
        "const API_KEY = 'hunter2';\nexports.handler = () => {};",
        "hunter2",
    ),
    ("var config = {token: \"hunter2\", port: 80};", "hunter2"),
    ("os.environ[\"DB_PASSWORD\"] = \"hunter2\"", "hunter2"),
    (
        "client.connect(host=\"db\", password=\"hunter2\")",
        "hunter2",
    ),
    ("secret_key := `hunter2`", "hunter2"),
    (":password => 'hunter2'", "hunter2"),
    ("<config><password>hunter2</password></config>", "hunter2"),
    ("<add key=\"DbPassword\" value=\"hunter2\"/>", "hunter2"),
    (
        "<user username=\"a\" password=\"hunter2\" groups=\"x\"/>",
        "hunter2",
    ),
    (
        "<add name=\"DbSecret\" connectionString=\"hunter2\"/>",
        "hunter2",
    ),
    ("user: a\npassword: hunter2\n", "hunter2"),
    ("db: {user: a, password: hunter2}\n", "hunter2"),
    (
        "env:\n  - name: DB_PASSWORD\n    value: hunter2\n",
        "hunter2",
    ),
    ("env:\n  - name: MODE\n    value: hunter2\n", "hunter2"),
    (
        "version: 0.2\nenv:\n  variables:\n    MODE: hunter2\nphases: {}\n",
        "hunter2",
    ),
    ("{\\\"token\\\": \\\"hunter2\\\"}", "hunter2"),
    ("[client]\npassword = hunter2\n", "hunter2"),
    (
        "Value 'hunter2' at 'masterUserPassword' failed to satisfy constraint",
        "hunter2",
    ),
    (
        "Value (hunter2) for parameter password is invalid.",
        "hunter2",
    ),
    ("Value 'it's hunter2' at 'authToken' failed", "hunter2"),
    (
        "https://s3.amazonaws.com/b/k?X-Amz-Security-Token=IQoJb3JpZ2luX2VjEJr%2F%2F%2F%2F%2F&X-Amz-Expires=60",
        "b3JpZ2luX2VjEJr",
    ),
];

#[test]
fn secrets_in_realistic_shapes_are_hidden_wherever_they_stand() {
    assert!(SECRETS.len() >= 60);
    let mut shown = Vec::new();
    for (text, _) in SECRETS {
        for value in [
            json!(text),
            json!([1, {"deep": text}]),
            json!({"a": text}).to_string().into(),
            json!({"script": format!("first line\n{text}\nlast line")}),
        ] {
            if !alone("AWS::X::Y", "/Setting", &value) {
                shown.push(value);
            }
        }
    }
    assert_eq!(shown, Vec::<Value>::new());
}

#[test]
fn a_text_keeps_everything_but_its_secrets() {
    for (text, secret) in SECRETS {
        assert!(text.contains(secret), "{text}");
        for (before, after) in [("", ""), ("Failed:\n", "\nRequestId: 1"), ("ünï\n", "")] {
            let whole = format!("{before}{text}{after}");
            let shown = conceal::text(&whole);
            assert!(!shown.contains(secret), "{shown}");
            assert!(shown.contains("[hidden]"), "{shown}");
            assert!(shown.starts_with(before), "{shown}");
            assert_eq!(conceal::text(&shown), shown, "twice is once");
        }
    }
    for (text, shown) in [
        (
            "connect to postgres://app:hunter2@db:5432/app failed (Request ID: 3f8a2b1c-9d4e-4f5a-8b6c-7d8e9f0a1b2c)",
            "connect to postgres://app:[hidden]@db:5432/app failed (Request ID: 3f8a2b1c-9d4e-4f5a-8b6c-7d8e9f0a1b2c)",
        ),
        (
            "Value 'hunter2' at 'masterUserPassword' failed to satisfy constraint: Member must have length 8",
            "Value '[hidden]' at 'masterUserPassword' failed to satisfy constraint: Member must have length 8",
        ),
        (
            "deploy --password hunter2 --port 80",
            "deploy --password [hidden] --port 80",
        ),
    ] {
        assert_eq!(conceal::text(text), shown);
    }
}

#[test]
fn an_error_without_secrets_is_unchanged() {
    for text in [
        "Rate exceeded",
        "User: arn:aws:sts::123456789012:assumed-role/plumbline-read/scan is not authorized to perform: \
         secretsmanager:DescribeSecret on resource: arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf \
         because no identity-based policy allows the secretsmanager:DescribeSecret action",
        "ExpiredToken: The security token included in the request is expired",
        "The security token included in the request is invalid (Service: Sts, Status Code: 403, Request ID: 3f8a2b1c-9d4e-4f5a-8b6c-7d8e9f0a1b2c)",
        "Resource sg-0abc1234def567890 does not exist",
        "CloudFormation did not check it: AWS::SecretsManager::Secret has no drift support, or a rollback skipped it",
        "Failed to detect drift on resources [DbPassword, Queue]",
        "finding f-7k3qz2m90abcdef1 is locked",
        "ünïcödé 中文 🔑",
        "",
    ] {
        assert_eq!(conceal::text(text), text);
    }
}

/// Places that hide whatever stands there, under names that say nothing.
const PLACES: &[(&str, &str)] = &[
    ("AWS::ApiGateway::ApiKey", "/Value"),
    ("AWS::ApiGateway::Stage", "/Variables/mode"),
    (
        "AWS::ApiGateway::Stage",
        "/CanarySetting/StageVariableOverrides/mode",
    ),
    (
        "AWS::ApiGateway::Deployment",
        "/StageDescription/Variables/mode",
    ),
    ("AWS::ApiGatewayV2::Stage", "/StageVariables/mode"),
    ("AWS::Glue::Job", "/DefaultArguments/--mode"),
    ("AWS::Glue::Job", "/NonOverridableArguments/--mode"),
    ("AWS::Glue::Trigger", "/Actions/0/Arguments/--mode"),
    ("AWS::CloudFormation::Stack", "/Parameters/Mode"),
    (
        "AWS::CloudFormation::StackSet",
        "/Parameters/0/ParameterValue",
    ),
    (
        "AWS::ServiceCatalog::CloudFormationProvisionedProduct",
        "/ProvisioningParameters/0/Value",
    ),
    ("AWS::CloudFormation::CustomResource", "/Mode"),
    ("Custom::Thing", "/Settings/0/Mode"),
    (
        "AWS::Events::Connection",
        "/AuthParameters/InvocationHttpParameters/HeaderParameters/0/Value",
    ),
    (
        "AWS::Events::Connection",
        "/AuthParameters/OAuthParameters/OAuthHttpParameters/BodyParameters/0/Value",
    ),
    (
        "AWS::Events::Rule",
        "/Targets/0/HttpParameters/HeaderParameters/X-Mode",
    ),
    (
        "AWS::KinesisFirehose::DeliveryStream",
        "/HttpEndpointDestinationConfiguration/RequestConfiguration/CommonAttributes/0/AttributeValue",
    ),
    (
        "AWS::CloudFront::Distribution",
        "/DistributionConfig/Origins/0/OriginCustomHeaders/0/HeaderValue",
    ),
    (
        "AWS::KinesisAnalyticsV2::Application",
        "/ApplicationConfiguration/EnvironmentProperties/PropertyGroups/0/PropertyMap/mode",
    ),
    ("AWS::Amplify::Branch", "/EnvironmentVariables/0/Value"),
    ("AWS::Amplify::App", "/EnvironmentVariables/0/Value"),
    ("AWS::AppSync::GraphQLApi", "/EnvironmentVariables/MODE"),
    (
        "AWS::Synthetics::Canary",
        "/RunConfig/EnvironmentVariables/MODE",
    ),
    ("AWS::Lightsail::Instance", "/UserData"),
    ("aws_instance", "/user_data"),
    ("aws_instance", "/user_data_base64"),
    ("AWS::SageMaker::Model", "/Containers/0/Environment/MODE"),
    (
        "AWS::OpenSearchService::Domain",
        "/AdvancedSecurityOptions/MasterUserOptions/MasterUserPassword",
    ),
    ("AWS::DirectoryService::MicrosoftAD", "/Password"),
    ("AWS::AmazonMQ::Broker", "/Users/0/Password"),
    (
        "AWS::KinesisFirehose::DeliveryStream",
        "/HttpEndpointDestinationConfiguration/EndpointConfiguration/AccessKey",
    ),
    (
        "AWS::KinesisFirehose::DeliveryStream",
        "/SplunkDestinationConfiguration/HECToken",
    ),
    (
        "AWS::EC2::VPNConnection",
        "/VpnTunnelOptionsSpecifications/0/PreSharedKey",
    ),
    ("AWS::Cognito::UserPoolClient", "/ClientSecret"),
    ("AWS::X::Y", "/DbPass"),
    ("AWS::X::Y", "/smtp_pwd"),
    (
        "AWS::X::Y",
        "/RequestParameters/integration.request.header.Authorization",
    ),
];

#[test]
fn places_hide_what_stands_there_under_neutral_names() {
    for (resource_type, path) in PLACES {
        assert!(
            alone(resource_type, path, &json!("blue")),
            "{resource_type} {path}"
        );
    }
}

#[test]
fn neighbours_make_a_secret_of_a_neutral_value() {
    let option = json!({"OptionSettings": [
        {"Namespace": "aws:elasticbeanstalk:application:environment", "OptionName": "MODE", "Value": "blue"}]});
    let kind = "AWS::ElasticBeanstalk::Environment";
    assert!(within(kind, "/OptionSettings/0/Value", &option, &option));
    assert!(alone(
        kind,
        "/OptionSettings/0",
        &option["OptionSettings"][0]
    ));
    assert!(alone(kind, "/OptionSettings", &option["OptionSettings"]));
    let secure = json!({"Name": "mode", "Type": "SecureString", "Value": "blue"});
    assert!(within("AWS::SSM::Parameter", "/Value", &secure, &secure));
    // An argument behind its flag, on either side.
    let list = |word: &str| json!({"Command": ["serve", "--password", word, "--port", "80"]});
    let (old, new) = (list("blue"), list("green"));
    assert!(within("AWS::X::Y", "/Command/2", &old, &new));
    assert!(!within("AWS::X::Y", "/Command/4", &old, &new));
    assert!(alone("AWS::X::Y", "/Command", &old["Command"]));
    assert!(alone(
        "AWS::X::Y",
        "/Command",
        &json!(["curl", "-u", "a:blue"])
    ));
    assert!(alone("AWS::X::Y", "/Command", &json!(["mysql", "-pblue"])));
    assert!(!alone(
        "AWS::X::Y",
        "/Command",
        &json!(["mkdir", "-p", "blue"])
    ));
    // Environments in the text of a state machine, and of a pipeline's action.
    let machine = json!({"States": {"Run": {"Parameters": {"ContainerOverrides": [{"Environment": [
        {"Name": "MODE", "Value": "blue"}]}]}}}})
    .to_string();
    assert!(alone(
        "AWS::StepFunctions::StateMachine",
        "/DefinitionString",
        &json!(machine)
    ));
    let variables = json!([{"name": "MODE", "value": "blue", "type": "PLAINTEXT"}]).to_string();
    assert!(alone(
        "AWS::CodePipeline::Pipeline",
        "/Stages/0/Actions/0/Configuration/EnvironmentVariables",
        &json!(variables)
    ));
}

#[test]
fn a_secret_in_a_path_is_hidden_and_the_rest_of_the_path_is_not() {
    let key = HashKey::new([7; 32]);
    let shown = |path: &str| shown_path(path, &key);
    for path in [
        "",
        "/Tags/0/Value",
        "/Environment/Variables/AWS_SECRET_ACCESS_KEY",
        "/spec/template/spec/containers[name=app]/env[name=DB_PASSWORD]/value",
        "/Tags[Key=\"db/password, old\"]/Value",
        "/SecurityGroupIngress[IpProtocol=tcp,FromPort=22,ToPort=22,CidrIp=\"0.0.0.0/0\"]",
        "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
        "/Condition/StringEquals/token.actions.githubusercontent.com:sub",
        "/metadata/finalizers[=kubernetes.io]",
        "/Grants[GrantId=0c237476b39f8bc44e45212e08498fbe3151305030726c0590dd8d3e9f3d6a60]",
    ] {
        assert_eq!(shown(path), path);
    }
    for (path, secret) in [
        (
            "/Environment/Variables/ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "16C7e42F292c",
        ),
        ("/data/postgres:~1~1app:hunter2@db~1app", "hunter2"),
        ("/Users[password=hunter2]/Groups", "hunter2"),
        (
            "/Items[Value=\"AKIAIOSFODNN7EXAMPLE\",Key=a]/x",
            "IOSFODNN7",
        ),
        ("/Items[Value=\"a, password=hunter2]/x\"]/y", "hunter2"),
        ("/metadata/finalizers[=aB3xK9mQ7zR2pL5w]", "K9mQ7zR2"),
        ("/Variables/password=hunter2", "hunter2"),
        (
            "/Grants[GrantId=ghp_16C7e42F292c6912E7710c838347Ae178B4a]",
            "16C7e42F292c",
        ),
    ] {
        let shown = shown(path);
        assert!(!shown.contains(secret), "{shown}");
        assert!(shown.contains("hidden:"), "{shown}");
        assert_eq!(
            shown.split('/').nth(1).map(|it| &it[..3]),
            path.split('/').nth(1).map(|it| &it[..3])
        );
        assert_eq!(shown_path(&shown, &key), shown, "twice is once");
    }
    let one = shown("/V/ghp_16C7e42F292c6912E7710c838347Ae178B4a");
    assert_eq!(one, shown("/V/ghp_16C7e42F292c6912E7710c838347Ae178B4a"));
    assert_ne!(one, shown("/V/ghp_26C7e42F292c6912E7710c838347Ae178B4a"));
    assert_ne!(
        one,
        shown_path(
            "/V/ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            &HashKey::new([8; 32])
        )
    );
}

#[test]
fn the_key_of_a_map_that_is_a_secret_hides_the_map() {
    let map = json!({"Variables": {"ghp_16C7e42F292c6912E7710c838347Ae178B4a": ""}});
    assert!(alone("AWS::X::Y", "/Some", &map));
    assert!(!alone(
        "AWS::X::Y",
        "/Some",
        &json!({"Variables": {"MODE": ""}})
    ));
}
