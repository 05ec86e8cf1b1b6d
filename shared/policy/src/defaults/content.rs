//! What runs, and what it reads: images, code, Secrets and ConfigMaps.

use domain::judge::Facts;
use domain::layer::Layer;
use domain::severity::Cause;

use super::{is_kubernetes, segments};

fn is_kind(facts: &Facts<'_>, kind: &str) -> bool {
    facts.resource.kind == kind || facts.resource.kind.ends_with(&format!("/{kind}"))
}

fn is_data(path: &[String]) -> bool {
    path.first()
        .is_some_and(|first| matches!(first.as_str(), "data" | "binaryData" | "stringData"))
}

/// The content of a Secret. A Secret that is missing as a whole counts: to who
/// reads it, no content is other content, and it must not be milder.
pub(super) fn secret(facts: &Facts<'_>) -> Option<Cause> {
    let path = segments(facts.path);
    let kubernetes = is_kubernetes(facts)
        && is_kind(facts, "Secret")
        && (is_data(&path) || (path.is_empty() && facts.layer == Layer::Configuration));
    let first = path.first().map(String::as_str);
    let aws = facts.resource.kind == "AWS::SecretsManager::Secret"
        && matches!(
            first,
            Some("SecretString" | "SecretBinary" | "GenerateSecretString")
        );
    (kubernetes || aws).then_some(Cause::SecretChange)
}

/// The data of a ConfigMap.
pub(super) fn config_map(facts: &Facts<'_>) -> Option<Cause> {
    let data =
        is_kubernetes(facts) && is_kind(facts, "ConfigMap") && is_data(&segments(facts.path));
    data.then_some(Cause::ConfigurationChange)
}

/// Another image or code package.
pub(super) fn image(facts: &Facts<'_>) -> Option<Cause> {
    let path = segments(facts.path);
    let first = path.first()?.as_str();
    let last = path.last()?.as_str();
    let is_image = if is_kubernetes(facts) {
        // A container that came or went as a whole is an image that did. Outside
        // the spec a key named `image` is somebody's data.
        first == "spec"
            && matches!(
                last,
                "image" | "containers" | "initContainers" | "ephemeralContainers"
            )
    } else {
        let kind = facts.resource.kind.as_str();
        match kind {
            "AWS::Lambda::Function" if first == "Code" => true,
            "AWS::Lambda::LayerVersion" if first == "Content" => true,
            "AWS::ECS::TaskDefinition" => {
                first == "ContainerDefinitions" && (path.len() <= 2 || last == "Image")
            }
            _ => matches!(
                last,
                "Image"
                    | "ImageId"
                    | "ImageUri"
                    | "ImageIdentifier"
                    | "image"
                    | "image_uri"
                    | "ami"
                    | "s3_key"
            ),
        }
    };
    is_image.then_some(Cause::ImageChange)
}
