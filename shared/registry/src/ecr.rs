//! ECR's own events.

use std::collections::BTreeMap;

use eventbridge::{Envelope, Malformed};
use serde::Deserialize;

use crate::fact::{Fact, Image, Origin, Scan, Scanner, StorageClass, Subject};
use crate::names::{name, place};

/// The subject, or why there is none.
pub(crate) type Found = Result<Result<Subject, String>, Malformed>;

/// What every event about one image has.
#[derive(Deserialize)]
struct Named {
    #[serde(rename = "repository-name", alias = "repositoryName")]
    repository: String,
    #[serde(rename = "image-digest", alias = "imageDigest")]
    digest: String,
}

impl Named {
    fn image(self) -> Result<Image, Malformed> {
        Ok(Image {
            repository: name("detail.repository-name", self.repository)?,
            digest: name("detail.image-digest", self.digest)?,
        })
    }
}

#[derive(Deserialize)]
struct Action {
    #[serde(rename = "action-type", alias = "actionType")]
    action: String,
    result: Option<String>,
    #[serde(rename = "image-tag", alias = "imageTag")]
    tag: Option<String>,
    #[serde(rename = "manifest-media-type", alias = "manifestMediaType")]
    media_type: Option<String>,
    #[serde(rename = "artifact-media-type", alias = "artifactMediaType")]
    artifact_type: Option<String>,
    #[serde(rename = "target-storage-class", alias = "targetStorageClass")]
    storage_class: Option<String>,
}

/// `ECR Image Action`, and `ECR Referrer Action` for what hangs on an image.
pub(crate) fn action(envelope: &Envelope, refers: bool) -> Found {
    let detail: Action = envelope.detail()?;
    if let Some(result) = detail.result.filter(|it| it != "SUCCESS") {
        return Ok(Err(format!(
            "the {} ended with `{}`",
            detail.action.escape_debug(),
            result.escape_debug()
        )));
    }
    let tag = optional("detail.image-tag", detail.tag)?;
    let fact = match detail.action.as_str() {
        "PUSH" => Fact::Pushed {
            refers: refers || is_referrer(tag.as_deref(), detail.artifact_type.as_deref()),
            tag,
            media_type: optional("detail.manifest-media-type", detail.media_type)?,
            artifact_type: optional("detail.artifact-media-type", detail.artifact_type)?,
            origin: None,
        },
        "DELETE" => Fact::Deleted { tag },
        "UPDATE_STORAGE_CLASS" => Fact::Stored(match detail.storage_class.as_deref() {
            Some("ARCHIVE") => StorageClass::Archive,
            Some("STANDARD") => StorageClass::Standard,
            Some(_) => {
                return Err(Malformed::at(
                    "detail.target-storage-class",
                    "is neither ARCHIVE nor STANDARD",
                ));
            }
            None => return Err(Malformed::at("detail.target-storage-class", "is missing")),
        }),
        other => {
            return Ok(Err(format!(
                "`{}` is no action that is recorded",
                other.escape_debug()
            )));
        }
    };
    of_image(envelope, envelope.detail::<Named>()?.image()?, fact)
}

/// Signatures, attestations and lists of parts are pushed like images. They are
/// known by the tag that older tools give them, or by their type.
fn is_referrer(tag: Option<&str>, artifact_type: Option<&str>) -> bool {
    let by_tag = tag
        .and_then(|it| it.strip_prefix("sha256-"))
        .and_then(|it| it.get(..64))
        .is_some_and(|it| it.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let by_type = artifact_type.is_some_and(|it| {
        let it = it.to_ascii_lowercase();
        [
            "cosign",
            "in-toto",
            "notary",
            "sigstore",
            "sbom",
            "spdx",
            "cyclonedx",
        ]
        .iter()
        .any(|known| it.contains(known))
    });
    by_tag || by_type
}

#[derive(Deserialize)]
struct BasicScan {
    #[serde(rename = "scan-status", alias = "scanStatus")]
    status: String,
    #[serde(rename = "finding-severity-counts", alias = "findingSeverityCounts")]
    counts: Option<BTreeMap<String, u64>>,
}

/// `ECR Image Scan`: the basic scan.
pub(crate) fn scan(envelope: &Envelope) -> Found {
    let detail: BasicScan = envelope.detail()?;
    let fact = Fact::Scanned(Scan {
        scanner: Scanner::Basic,
        status: name("detail.scan-status", detail.status)?,
        counts: detail.counts.unwrap_or_default(),
    });
    of_image(envelope, envelope.detail::<Named>()?.image()?, fact)
}

#[derive(Deserialize)]
struct Frequencies {
    repositories: Vec<Frequency>,
    #[serde(rename = "scan-type", alias = "scanType")]
    scan_type: Option<String>,
}

#[derive(Deserialize)]
struct Frequency {
    #[serde(rename = "repository-name", alias = "repositoryName")]
    repository: String,
    #[serde(rename = "scan-frequency", alias = "scanFrequency")]
    frequency: String,
}

/// `ECR Scan Resource Change`: how often repositories are scanned.
pub(crate) fn scan_frequency(envelope: &Envelope) -> Found {
    let detail: Frequencies = envelope.detail()?;
    Ok(Ok(Subject::ScanFrequency {
        repositories: detail
            .repositories
            .into_iter()
            .map(|it| (it.repository, it.frequency))
            .collect(),
        scan_type: filled(detail.scan_type),
    }))
}

/// What a copy's event has; a failed one has no digest.
#[derive(Deserialize)]
struct Copied {
    #[serde(rename = "repository-name", alias = "repositoryName")]
    repository: String,
    #[serde(rename = "image-digest", alias = "imageDigest")]
    digest: Option<String>,
    #[serde(rename = "image-tag", alias = "imageTag")]
    tag: Option<String>,
}

#[derive(Deserialize)]
struct PulledThrough {
    #[serde(rename = "sync-status", alias = "syncStatus")]
    status: String,
    #[serde(rename = "upstream-registry-url", alias = "upstreamRegistryUrl")]
    upstream: Option<String>,
}

/// `ECR Pull Through Cache Action`.
pub(crate) fn pulled_through(envelope: &Envelope) -> Found {
    let detail: PulledThrough = envelope.detail()?;
    let origin = Origin::PullThrough {
        upstream: filled(detail.upstream),
    };
    copied(envelope, origin, detail.status)
}

#[derive(Deserialize)]
struct Replicated {
    result: String,
    #[serde(rename = "source-account", alias = "sourceAccount")]
    account: Option<String>,
    #[serde(rename = "source-region", alias = "sourceRegion")]
    region: Option<String>,
}

/// `ECR Replication Action`, raised where the copy goes.
pub(crate) fn replicated(envelope: &Envelope) -> Found {
    let detail: Replicated = envelope.detail()?;
    let origin = Origin::Replication {
        account: filled(detail.account),
        region: filled(detail.region),
    };
    copied(envelope, origin, detail.result)
}

fn copied(envelope: &Envelope, origin: Origin, outcome: String) -> Found {
    let detail: Copied = envelope.detail()?;
    let repository = name("detail.repository-name", detail.repository)?;
    let tag = optional("detail.image-tag", detail.tag)?;
    if outcome != "SUCCESS" {
        return Ok(Ok(Subject::NotCopied {
            repository,
            digest: filled(detail.digest),
            origin,
            outcome,
        }));
    }
    let digest = detail
        .digest
        .ok_or_else(|| Malformed::at("detail.image-digest", "is missing"))?;
    let image = Image {
        repository,
        digest: name("detail.image-digest", digest)?,
    };
    let fact = Fact::Pushed {
        refers: is_referrer(tag.as_deref(), None),
        tag,
        media_type: None,
        artifact_type: None,
        origin: Some(origin),
    };
    of_image(envelope, image, fact)
}

fn of_image(envelope: &Envelope, image: Image, fact: Fact) -> Found {
    Ok(Ok(Subject::Image {
        image,
        at: place(envelope)?,
        fact,
    }))
}

fn optional(path: &str, text: Option<String>) -> Result<Option<String>, Malformed> {
    filled(text).map(|it| name(path, it)).transpose()
}

/// A text that is there and not empty: an event without a tag may have an empty one.
pub(crate) fn filled(text: Option<String>) -> Option<String> {
    text.filter(|it| !it.is_empty())
}
