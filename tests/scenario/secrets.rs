//! Marker secrets in every place that is sensitive by default, of every type: none may be in anything that a scan
//! prints, keeps or logs.

mod account;
mod told;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use self::account::{Account, Resource};
use crate::support::{Workshop, id, text};

/// Where `@` stands, a secret is put. Under each of these names and places any word is one.
const PLACES: &[(&str, &str)] = &[
    (
        "AWS::Lambda::Function",
        r#"{"Environment": {"Variables": {"MODE": "@"}}}"#,
    ),
    (
        "AWS::ECS::TaskDefinition",
        r#"{"ContainerDefinitions": [{"Name": "a", "Environment": [{"Name": "MODE", "Value": "@"}]}]}"#,
    ),
    (
        "AWS::Batch::JobDefinition",
        r#"{"ContainerProperties": {"Environment": [{"Name": "MODE", "Value": "@"}]}}"#,
    ),
    (
        "AWS::AppRunner::Service",
        r#"{"SourceConfiguration": {"RuntimeEnvironmentVariables": [{"Name": "MODE", "Value": "@"}]}}"#,
    ),
    (
        "AWS::Amplify::App",
        r#"{"Holder": {"EnvironmentVariables": [{"Name": "MODE", "Value": "@"}]}}"#,
    ),
    (
        "AWS::SageMaker::Model",
        r#"{"PrimaryContainer": {"Environment": {"MODE": "@"}}}"#,
    ),
    (
        "AWS::Glue::Job",
        r#"{"DefaultArguments": {"--mode": "@", "--job-language": "python"}}"#,
    ),
    (
        "AWS::CodeBuild::Project",
        r#"{"Environment": {"ComputeType": "a", "EnvironmentVariables": [{"Name": "MODE", "Value": "@", "Type": "PLAINTEXT"}]}}"#,
    ),
    (
        "AWS::CodeBuild::Project",
        r#"{"Source": {"BuildSpec": "version: 0.2\nenv:\n  variables:\n    MODE: @\nphases: {}\n"}}"#,
    ),
    (
        "AWS::ElasticBeanstalk::Environment",
        r#"{"OptionSettings": [{"Namespace": "aws:elasticbeanstalk:application:environment", "OptionName": "MODE", "Value": "@"}]}"#,
    ),
    (
        "AWS::EC2::LaunchTemplate",
        r#"{"LaunchTemplateData": {"UserData": "@"}}"#,
    ),
    (
        "AWS::RDS::DBInstance",
        r#"{"Holder": {"MasterUserPassword": "@"}}"#,
    ),
    (
        "AWS::DocDB::DBCluster",
        r#"{"Holder": {"MasterUserPassword": "@"}}"#,
    ),
    (
        "AWS::ElastiCache::ReplicationGroup",
        r#"{"Holder": {"AuthToken": "@"}}"#,
    ),
    (
        "AWS::Cognito::UserPoolIdentityProvider",
        r#"{"ProviderDetails": {"client_id": "a", "client_secret": "@"}}"#,
    ),
    ("AWS::ApiGateway::Stage", r#"{"Variables": {"mode": "@"}}"#),
    (
        "AWS::ApiGatewayV2::Stage",
        r#"{"StageVariables": {"mode": "@"}}"#,
    ),
    (
        "AWS::AppSync::GraphQLApi",
        r#"{"EnvironmentVariables": {"MODE": "@"}}"#,
    ),
    (
        "AWS::AmazonMQ::Broker",
        r#"{"Users": [{"Username": "a", "Password": "@"}]}"#,
    ),
    (
        "AWS::DMS::Endpoint",
        r#"{"MongoDbSettings": {"Password": "@", "Port": 1}}"#,
    ),
    (
        "AWS::SecretsManager::Secret",
        r#"{"GenerateSecretString": {"SecretStringTemplate": "@"}}"#,
    ),
    (
        "AWS::CloudFormation::StackSet",
        r#"{"Parameters": [{"ParameterKey": "Mode", "ParameterValue": "@"}]}"#,
    ),
    ("Custom::Thing", r#"{"Settings": {"Mode": "@"}}"#),
    (
        "AWS::Events::Connection",
        r#"{"AuthParameters": {"InvocationHttpParameters": {"HeaderParameters": [{"Key": "x", "Value": "@"}]}}}"#,
    ),
    (
        "AWS::Events::Rule",
        r#"{"Targets": [{"Id": "a", "HttpParameters": {"HeaderParameters": {"x": "@"}}}]}"#,
    ),
    (
        "AWS::DirectoryService::MicrosoftAD",
        r#"{"Holder": {"Password": "@"}}"#,
    ),
    (
        "AWS::OpenSearchService::Domain",
        r#"{"AdvancedSecurityOptions": {"MasterUserOptions": {"MasterUserPassword": "@"}}}"#,
    ),
    (
        "AWS::KinesisFirehose::DeliveryStream",
        r#"{"HttpEndpointDestinationConfiguration": {"EndpointConfiguration": {"AccessKey": "@"}}}"#,
    ),
    (
        "AWS::CloudFront::Distribution",
        r#"{"DistributionConfig": {"Origins": [{"OriginCustomHeaders": [{"HeaderName": "x", "HeaderValue": "@"}]}]}}"#,
    ),
    (
        "AWS::SSM::Parameter",
        r#"{"Holder": {"Name": "/db/password", "Value": "@"}}"#,
    ),
    (
        "AWS::SQS::Queue",
        r#"{"Tags": [{"Key": "api_key", "Value": "@"}]}"#,
    ),
    ("AWS::IAM::User", r#"{"LoginProfile": {"Password": "@"}}"#),
    // Command lines, code and documents within texts.
    (
        "AWS::ECS::TaskDefinition",
        r#"{"ContainerDefinitions": [{"Command": ["serve", "--password", "@"]}]}"#,
    ),
    (
        "AWS::ECS::TaskDefinition",
        r#"{"ContainerDefinitions": [{"Command": ["sh", "-c", "PGPASSWORD=@ psql"]}]}"#,
    ),
    (
        "AWS::ECS::TaskDefinition",
        r#"{"ContainerDefinitions": [{"EntryPoint": ["curl", "-u", "admin:@", "https://example.com"]}]}"#,
    ),
    (
        "AWS::SSM::Document",
        r#"{"Content": {"mainSteps": [{"inputs": {"runCommand": ["deploy --db-pass @ now"]}}]}}"#,
    ),
    (
        "AWS::Lambda::Function",
        r#"{"Code": {"ZipFile": "const password = '@';\nexports.handler = 1;"}}"#,
    ),
    (
        "AWS::CloudFront::Function",
        r#"{"Holder": {"FunctionCode": "var c = {token: \"@\"};"}}"#,
    ),
    (
        "AWS::StepFunctions::StateMachine",
        r#"{"Holder": {"DefinitionString": "{\"States\": {\"A\": {\"Parameters\": {\"dbPassword\": \"@\"}}}}"}}"#,
    ),
    (
        "AWS::StepFunctions::StateMachine",
        r#"{"Holder": {"DefinitionString": "{\"Overrides\": [{\"Environment\": [{\"Name\": \"MODE\", \"Value\": \"@\"}]}]}"}}"#,
    ),
    (
        "AWS::AmazonMQ::Configuration",
        r#"{"Holder": {"Data": "<user username=\"a\" password=\"@\"/>"}}"#,
    ),
    (
        "AWS::DMS::Endpoint",
        r#"{"Holder": {"ExtraConnectionAttributes": "host=a;password=@;ssl=true"}}"#,
    ),
    (
        "AWS::Glue::Connection",
        r#"{"ConnectionInput": {"Url": "jdbc:mysql://db/app?user=a&password=@"}}"#,
    ),
    (
        "AWS::SNS::Subscription",
        r#"{"Holder": {"Endpoint": "https://user:@@host.example.com/x"}}"#,
    ),
    (
        "AWS::Scheduler::Schedule",
        r#"{"Target": {"Input": "Authorization: Bearer @"}}"#,
    ),
    (
        "AWS::Logs::LogGroup",
        r#"{"Holder": {"Url": "mongodb+srv://app:@@cluster.example.com/a"}}"#,
    ),
];

/// What gives itself away under a neutral name, with room for what makes it unique.
const LOOKS: &[&str] = &[
    "AKIAQ#######TZ5W3KQX",
    "ghp_16C7e42F292c6912E#######38347Ae178B4a",
    "github_pat_11ABCDEFG0#######jkl",
    "xoxb-123456789012-#######-AbCdEf",
    "sk_live_4eC39Hq#######Wjt1",
    "glpat-abcdefgh#######789",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWI#######OiJ9.dozjgNryP4",
    "-----BEGIN PRIVATE KEY-----\nMIIE#######\n-----END PRIVATE KEY-----",
    "aB3xK9mQ7zR#######wQz",
    "k3j9x2m8q7w#######z1p",
    "5f4dcc3b5aa#######765d61",
    "q83vEjRWeJ#######CrzeSNFZ4kA==",
];

/// A number that is nowhere else, of seven digits.
fn unique(of: &mut u32) -> String {
    *of += 1;
    format!("{:07}", 3_141_592 + *of * 1_009)
}

/// A word that is a secret by nothing but its place.
fn word(markers: &mut Vec<String>, count: &mut u32) -> String {
    let word = format!("willow{}", unique(count));
    markers.push(word.clone());
    word
}

fn filled(template: &str, secret: &str) -> Value {
    // The second of two is the `@` of an address.
    serde_json::from_str(&template.replacen('@', secret, 1)).expect("properties")
}

/// The top property without what is in it.
fn emptied(properties: &Value) -> Value {
    let mut emptied = properties.clone();
    for (_, value) in emptied.as_object_mut().expect("properties") {
        *value = if value.is_array() {
            json!([])
        } else {
            json!({})
        };
    }
    emptied
}

/// Every resource, and every marker that is somewhere in one.
fn account() -> (Vec<Resource>, Vec<String>) {
    let (mut resources, mut markers, mut count) = (Vec::new(), Vec::new(), 0);
    let mut add = |kind: &str, expected: Value, actual: Value| {
        let name = format!("R{}", resources.len());
        resources.push(Resource::new(&name, kind, expected, actual));
    };
    for (kind, template) in PLACES {
        let [old, new, added, removed] =
            [(); 4].map(|()| filled(template, &word(&mut markers, &mut count)));
        add(kind, old, new);
        add(kind, emptied(&added), added);
        add(kind, removed.clone(), emptied(&removed));
    }
    for look in LOOKS {
        let [old, new, key] = [(); 3].map(|()| {
            let part = unique(&mut count);
            markers.push(part.clone());
            look.replace("#######", &part)
        });
        add(
            "AWS::SQS::Queue",
            json!({"Setting": old}),
            json!({"Setting": new}),
        );
        // As the key of a map, which is the end of a path.
        add(
            "AWS::SQS::Queue",
            json!({"Map": {"a": 1}}),
            json!({"Map": {"a": 1, key: "x"}}),
        );
    }
    (resources, markers)
}

#[track_caller]
fn assert_absent(markers: &[String], bytes: &[u8], place: &str) {
    assert!(!bytes.is_empty(), "{place} is empty: nothing was looked at");
    let text = String::from_utf8_lossy(bytes);
    let found: Vec<_> = markers.iter().filter(|it| text.contains(*it)).collect();
    assert!(found.is_empty(), "{found:?} in {place}");
}

#[test]
fn no_marker_of_any_place_is_in_anything_that_is_printed_or_kept() {
    let (resources, mut markers) = account();
    assert!(markers.len() >= 60 && resources.len() >= 60);
    let count = resources.len();
    // What AWS says of what failed may quote what it failed on.
    let failed = [
        "Value 'willow-quoted-one' at 'masterUserPassword' failed to satisfy constraint",
        "cannot connect to postgres://app:willow-quoted-two@db:5432/app",
        "deploy --password willow-quoted-three failed",
    ];
    markers.extend(["one", "two", "three"].map(|it| format!("willow-quoted-{it}")));
    let account = Account::start(resources, &failed);
    let workshop = Workshop::new(&account.endpoint())
        .with("RUST_LOG", "trace")
        .with("RUST_BACKTRACE", "1");
    workshop.watch(&[], &["*"]);

    let first = workshop.scan(&[]);
    let findings = first.list("findings");
    assert_eq!(findings.len(), count, "{:#}", first.report["summary"]);
    // This account has no IAM to ask for what hangs on its users.
    let reasons: BTreeSet<String> = first
        .list("unknown")
        .iter()
        .map(|it| text(&it["detail"]))
        .filter(|it| !it.starts_with("iam:"))
        .collect();
    assert_eq!(
        reasons.iter().map(String::as_str).collect::<Vec<_>>(),
        [
            "Value '[hidden]' at 'masterUserPassword' failed to satisfy constraint",
            "cannot connect to postgres://app:[hidden]@db:5432/app",
            "deploy --password [hidden] failed",
        ]
    );
    for finding in findings {
        let differences = finding["differences"].as_array().expect("differences");
        let is_hidden =
            |it: &Value| it["sensitive"] == true || text(&it["path"]).contains("/hidden:");
        assert!(differences.iter().any(is_hidden), "{finding:#}");
    }
    for format in ["table", "wide", "json", "yaml", "sarif", "markdown", "name"] {
        let ran = workshop.run(&["scan", "-o", format]);
        assert!(ran.stdout.len() > count, "{format}: {ran:?}");
        assert_absent(
            &markers,
            format!("{ran:?}").as_bytes(),
            &format!("scan -o {format}"),
        );
    }
    let some: Vec<String> = findings.iter().step_by(17).map(id).collect();
    let mut commands = vec![
        vec!["findings", "list", "-o", "wide"],
        vec!["findings", "list", "-o", "json"],
        vec!["report", "--html", "-"],
    ];
    for id in &some {
        commands.push(vec!["findings", "show", id, "-o", "yaml"]);
        commands.push(vec!["explain", id]);
    }
    for command in commands {
        let ran = workshop.run(&command);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_absent(
            &markers,
            format!("{ran:?}").as_bytes(),
            &format!("{command:?}"),
        );
    }
    assert_absent(
        &markers,
        &workshop.written(),
        "the ledger and whatever else was left",
    );
}

#[test]
fn a_rule_shows_the_one_value_that_it_names() {
    let queue = |name: &str, values: [&str; 2]| {
        let [old, new] = values.map(|it| json!({"Holder": {"Password": it}}));
        Resource::new(name, "AWS::SQS::Queue", old, new)
    };
    let account = Account::start(
        vec![
            queue("Open", ["willow-a", "willow-b"]),
            queue("Closed", ["willow-c", "willow-d"]),
        ],
        &[],
    );
    let workshop = Workshop::new(&account.endpoint());
    workshop.configure(
        &json!({"apiVersion": "plumbline/v1", "environment": "test",
            "targets": [{"name": "stacks", "cloudformation": {"stacks": ["*"]}}],
            "show": [{"when": "resource.name == 'Open' && difference.path == '/Holder/Password'", "reason": "a rate limit"}]})
        .to_string(),
    );
    let scan = workshop.scan(&[]);
    let said = scan.report.to_string();
    for (word, is_shown) in [
        ("willow-a", true),
        ("willow-b", true),
        ("willow-c", false),
        ("willow-d", false),
    ] {
        assert_eq!(said.contains(word), is_shown, "{word}: {said}");
    }
}

#[test]
fn what_drift_is_read_for_is_readable() {
    let readable = [
        (
            "AWS::EC2::LaunchTemplate",
            json!({"Data": {"ImageId": "ami-0c55b159cbfafe1f0"}}),
            json!({"Data": {"ImageId": "ami-0abcdef1234567890"}}),
        ),
        (
            "AWS::SQS::Queue",
            json!({"Tags": [{"Key": "owner", "Value": "platform"}]}),
            json!({"Tags": [{"Key": "owner", "Value": "shop-team"}]}),
        ),
        (
            "AWS::ElasticLoadBalancingV2::Listener",
            json!({"Rules": [{"FromPort": 443}]}),
            json!({"Rules": [{"FromPort": 443}, {"FromPort": 22, "CidrIp": "0.0.0.0/0"}]}),
        ),
        (
            "AWS::SNS::Topic",
            json!({"Role": "arn:aws:iam::123456789012:role/a"}),
            json!({"Role": "arn:aws:iam::123456789012:role/kong-prod-FunctionRole-1A2B3C4D5E6F7"}),
        ),
        (
            "AWS::Logs::LogGroup",
            json!({"Statement": [{"Action": "s3:GetObject"}]}),
            json!({"Statement": [{"Action": "secretsmanager:GetSecretValue"}]}),
        ),
    ];
    let words = [
        "ami-0abcdef1234567890",
        "shop-team",
        "0.0.0.0/0",
        "FunctionRole-1A2B3C4D5E6F7",
        "secretsmanager:GetSecretValue",
    ];
    let resources = readable
        .into_iter()
        .enumerate()
        .map(|(at, (kind, old, new))| Resource::new(&format!("R{at}"), kind, old, new));
    let account = Account::start(resources.collect(), &[]);
    let workshop = Workshop::new(&account.endpoint());
    workshop.watch(&[], &["*"]);
    let scan = workshop.scan(&[]);
    let said = scan.report["findings"].to_string();
    for word in words {
        assert!(said.contains(word), "{word}: {:#}", scan.report);
    }
    assert!(!said.contains("hmac"), "{:#}", scan.report);
}
