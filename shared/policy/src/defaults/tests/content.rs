//! What runs, what it reads, how much of it there is, and who changed it.

use domain::difference::Change;
use domain::layer::Layer;
use domain::severity::{Cause, Severity};
use serde_json::json;

use super::{Given, check, given};

#[test]
fn tags_and_labels() {
    check(
        "tags",
        Severity::Low,
        vec![
            (
                given("AWS::SQS::Queue", "/Tags/0/Value", json!("x")),
                Cause::TagChange,
            ),
            (
                given("AWS::IAM::Role", "/Tags", json!([])),
                Cause::TagChange,
            ),
            (
                given("AWS::Route53::HostedZone", "/HostedZoneTags/0", json!({})),
                Cause::TagChange,
            ),
            (
                given(
                    "AWS::EC2::LaunchTemplate",
                    "/LaunchTemplateData/TagSpecifications/0/Tags",
                    json!([]),
                ),
                Cause::TagChange,
            ),
            (
                given("aws_sqs_queue", "/tags/team", json!("x")),
                Cause::TagChange,
            ),
            (
                given("apps/v1/Deployment", "/metadata/labels/team", json!("x")),
                Cause::LabelChange,
            ),
            (
                given(
                    "apps/v1/Deployment",
                    "/metadata/annotations/a~1b",
                    json!("x"),
                )
                .by("kubectl-annotate", "Update"),
                Cause::LabelChange,
            ),
        ],
        vec![
            given("AWS::Config::ConfigRule", "/Scope/Tags", json!("x")),
            given(
                "apps/v1/Deployment",
                "/spec/template/metadata/labels/app",
                json!("x"),
            ),
            given(
                "apps/v1/Deployment",
                "/spec/selector/matchLabels/app",
                json!("x"),
            ),
            given("AWS::SQS::Queue", "/metadata/labels/x", json!("x")),
            given("v1/ConfigMap", "/data/Tags", json!("x")),
        ],
    );
}

#[test]
fn secrets_images_capacity_and_configuration() {
    use Cause::{ConfigurationChange, ImageChange, ManualScaling, SecretChange};
    check(
        "secret-content",
        Severity::High,
        vec![
            (
                given("v1/Secret", "/data/password", json!({"hmac": "v1:"})),
                SecretChange,
            ),
            (
                Given::whole("v1/Secret", Change::Deleted).on(Layer::Configuration),
                SecretChange,
            ),
            (
                given(
                    "AWS::SecretsManager::Secret",
                    "/SecretString",
                    json!({"hmac": "v1:"}),
                ),
                SecretChange,
            ),
        ],
        vec![
            given("v1/ConfigMap", "/data/x", json!("x")),
            given("v1/Secret", "/metadata/labels/x", json!("x")),
            given("v1/Secret", "/type", json!("x")),
        ],
    );
    check(
        "image",
        Severity::High,
        vec![
            (
                given(
                    "apps/v1/Deployment",
                    "/spec/template/spec/containers[name=app]/image",
                    json!("x:2"),
                ),
                ImageChange,
            ),
            (
                given(
                    "apps/v1/Deployment",
                    "/spec/template/spec/containers[name=side]",
                    json!({"image": "x"}),
                ),
                ImageChange,
            ),
            (
                given(
                    "AWS::ECS::TaskDefinition",
                    "/ContainerDefinitions/0/Image",
                    json!("x"),
                ),
                ImageChange,
            ),
            (
                given("AWS::Lambda::Function", "/Code/S3Key", json!("x")),
                ImageChange,
            ),
            (
                given("AWS::EC2::Instance", "/ImageId", json!("ami")),
                ImageChange,
            ),
        ],
        vec![
            given(
                "apps/v1/Deployment",
                "/spec/template/spec/containers[name=app]/imagePullPolicy",
                json!("x"),
            ),
            given(
                "AWS::ECS::TaskDefinition",
                "/ContainerDefinitions/0/Essential",
                json!(true),
            ),
            given("AWS::Lambda::Function", "/Handler", json!("x")),
            given("v1/ConfigMap", "/data/image", json!("x")),
        ],
    );
    check(
        "capacity",
        Severity::Medium,
        vec![
            (
                given("apps/v1/Deployment", "/spec/replicas", json!(1))
                    .by("kubectl-edit", "Update"),
                ManualScaling,
            ),
            (
                given("AWS::Lambda::Function", "/MemorySize", json!(128)),
                ManualScaling,
            ),
            (
                given(
                    "AWS::AutoScaling::AutoScalingGroup",
                    "/DesiredCapacity",
                    json!("3"),
                ),
                ManualScaling,
            ),
            (
                given(
                    "AWS::DynamoDB::Table",
                    "/ProvisionedThroughput/ReadCapacityUnits",
                    json!(5),
                ),
                ManualScaling,
            ),
            (
                given("AWS::ECS::Service", "/DesiredCount", json!(2)),
                ManualScaling,
            ),
            (
                given("AWS::Kinesis::Stream", "/ShardCount", json!(2)),
                ManualScaling,
            ),
        ],
        vec![
            given("example.com/v1/Thing", "/spec/inner/replicas", json!(1)),
            given("AWS::Lambda::Function", "/Timeout", json!(3)),
            given("AWS::SQS::Queue", "/MaximumMessageSize", json!(3)),
        ],
    );
    check(
        "config-map-data",
        Severity::Medium,
        vec![
            (
                given("v1/ConfigMap", "/data/app.yaml", json!("x")).by("kubectl-edit", "Update"),
                ConfigurationChange,
            ),
            (
                given("v1/ConfigMap", "/binaryData/x", json!("x")),
                ConfigurationChange,
            ),
        ],
        vec![
            given("example.com/v1/Thing", "/data/x", json!("x")),
            Given::whole("v1/ConfigMap", Change::Deleted),
        ],
    );
}

#[test]
fn who_made_it_and_what_became_of_it() {
    let path = "/spec/strategy/type";
    let deployment = || given("apps/v1/Deployment", path, json!("Recreate"));
    check(
        "manual-edit",
        Severity::High,
        ["kubectl-edit", "kubectl-patch", "kubectl", "k9s", "Mozilla"]
            .into_iter()
            .map(|who| (deployment().by(who, "Update"), Cause::ManualEdit))
            .collect(),
        vec![
            deployment(),
            deployment().by("kubectl", "Apply"),
            deployment().by("kubectl-client-side-apply", "Update"),
            deployment().by("kubectlike", "Update"),
            deployment().by("argocd-controller", "Apply"),
            given("AWS::SQS::Queue", "/DelaySeconds", json!(1)).by("kubectl-edit", "Update"),
        ],
    );
    let mut console = given("AWS::SQS::Queue", "/DelaySeconds", json!(1));
    console.console = true;
    assert_eq!(
        console.decided(),
        (
            "console-session",
            Severity::Critical,
            Cause::AwsConsoleChange
        )
    );
    let mut pending = deployment().by("kubectl-edit", "Update");
    pending.cause = Some(Cause::NotApplied);
    assert_eq!(
        pending.decided(),
        ("not-applied", Severity::Medium, Cause::NotApplied)
    );
    assert_eq!(
        Given::whole("AWS::SQS::Queue", Change::Deleted).decided(),
        ("deleted", Severity::Medium, Cause::ResourceDeleted)
    );
    assert_eq!(
        Given::whole("AWS::SQS::Queue", Change::Added).decided(),
        ("added", Severity::Medium, Cause::UnmanagedResource)
    );
    assert_eq!(
        given("AWS::SQS::Queue", "/DelaySeconds", json!(1)).decided(),
        ("property", Severity::Medium, Cause::PropertyChange)
    );
}
