//! Inspector's events, of which only those about images concern us.

use std::collections::BTreeMap;

use eventbridge::{Envelope, Malformed};
use serde::Deserialize;

use crate::arn;
use crate::ecr::{Found, filled};
use crate::fact::{Coverage, Fact, Image, Place, Scan, Scanner, Subject, Vulnerability};
use crate::names::{name, place};

/// Packages of one finding that are kept.
const PACKAGES: usize = 100;

#[derive(Deserialize)]
struct ScanDetail {
    #[serde(rename = "scan-status", alias = "scanStatus")]
    status: String,
    #[serde(rename = "repository-name", alias = "repositoryName")]
    repository: Option<String>,
    #[serde(rename = "image-digest", alias = "imageDigest")]
    digest: Option<String>,
    #[serde(rename = "finding-severity-counts", alias = "findingSeverityCounts")]
    counts: Option<BTreeMap<String, u64>>,
}

/// `Inspector2 Scan`: the first scan of an image is complete. It names the
/// repository by its ARN, in a field that ECR gives the plain name.
pub(crate) fn scan(envelope: &Envelope) -> Found {
    let detail: ScanDetail = envelope.detail()?;
    if detail.repository.is_none() && detail.digest.is_none() && !about_ecr(envelope) {
        return Ok(Err(elsewhere(envelope)));
    }
    let missing = |key: &str| Malformed::at(&format!("detail.{key}"), "is missing");
    let repository = detail
        .repository
        .ok_or_else(|| missing("repository-name"))?;
    let digest = detail.digest.ok_or_else(|| missing("image-digest"))?;
    let (at, repository) = if arn::is_ecr(&repository) {
        let arn = arn::read(&repository).ok_or_else(|| {
            Malformed::at(
                "detail.repository-name",
                "is an ARN, but not of a repository",
            )
        })?;
        (arn.place, arn.repository)
    } else {
        (place(envelope)?, repository)
    };
    let fact = Fact::Scanned(Scan {
        scanner: Scanner::Inspector,
        status: name("detail.scan-status", detail.status)?,
        counts: detail.counts.unwrap_or_default(),
    });
    of_image((at, repository, digest), "detail.repository-name", fact)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    finding_arn: String,
    severity: String,
    status: String,
    exploit_available: Option<String>,
    epss: Option<Epss>,
    fix_available: Option<String>,
    package_vulnerability_details: Option<Packages>,
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Epss {
    score: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Packages {
    vulnerability_id: Option<String>,
    #[serde(default)]
    vulnerable_packages: Vec<Package>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    name: String,
    fixed_in_version: Option<String>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(rename = "type")]
    kind: String,
    id: Option<String>,
    details: Option<Details>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    aws_ecr_container_image: Option<ContainerImage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContainerImage {
    image_hash: String,
    repository_name: String,
    registry: Option<String>,
}

/// `Inspector2 Finding`: one vulnerability of one image, created, changed or
/// closed. The dates inside come in more than one form, so the event's own time
/// is the one that counts.
pub(crate) fn finding(envelope: &Envelope) -> Found {
    let detail: Finding = envelope.detail()?;
    let Some((index, resource)) = detail
        .resources
        .into_iter()
        .enumerate()
        .find(|(_, it)| it.kind == "AWS_ECR_CONTAINER_IMAGE")
    else {
        return Ok(Err(elsewhere(envelope)));
    };
    let path = format!("detail.resources[{index}].details.awsEcrContainerImage");
    let image = resource
        .details
        .and_then(|it| it.aws_ecr_container_image)
        .ok_or_else(|| Malformed::at(&path, "is missing"))?;
    let at = match resource.id.as_deref().and_then(arn::read) {
        Some(arn) => arn.place,
        None => {
            let raised = place(envelope)?;
            Place {
                account: filled(image.registry).unwrap_or(raised.account),
                ..raised
            }
        }
    };
    let (vulnerability, packages) = detail
        .package_vulnerability_details
        .map(|it| (filled(it.vulnerability_id), it.vulnerable_packages))
        .unwrap_or_default();
    let fact = Fact::Vulnerable(Vulnerability {
        finding: name("detail.findingArn", detail.finding_arn)?,
        vulnerability,
        severity: name("detail.severity", detail.severity)?,
        status: name("detail.status", detail.status)?,
        exploit_available: filled(detail.exploit_available),
        epss: detail.epss.and_then(|it| it.score),
        fix_available: filled(detail.fix_available),
        packages: packages
            .into_iter()
            .map(|it| (it.name, filled(it.fixed_in_version)))
            .collect::<BTreeMap<_, _>>()
            .into_iter()
            .take(PACKAGES)
            .collect(),
    });
    of_image((at, image.repository_name, image.image_hash), &path, fact)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CoverageDetail {
    scan_status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    #[serde(alias = "statusCode")]
    status_code_value: String,
    reason: Option<String>,
}

/// `Inspector2 Coverage`: whether an image is scanned at all. It is named only in `resources`.
pub(crate) fn coverage(envelope: &Envelope) -> Found {
    let detail: CoverageDetail = envelope.detail()?;
    if !about_ecr(envelope) {
        return Ok(Err(elsewhere(envelope)));
    }
    let found = envelope.resources().iter().find_map(|it| {
        let arn = arn::read(it)?;
        Some((arn.place, arn.repository, arn.digest?))
    });
    let Some(found) = found else {
        return Ok(Err(
            "it is about a repository, not about an image".to_owned()
        ));
    };
    let fact = Fact::Covered(Coverage {
        status: name(
            "detail.scanStatus.statusCodeValue",
            detail.scan_status.status_code_value,
        )?,
        reason: filled(detail.scan_status.reason),
    });
    of_image(found, "resources", fact)
}

fn about_ecr(envelope: &Envelope) -> bool {
    envelope.resources().iter().any(|it| arn::is_ecr(it))
}

fn elsewhere(envelope: &Envelope) -> String {
    format!("this {} is about no image", envelope.detail_type())
}

fn of_image((at, repository, digest): (Place, String, String), path: &str, fact: Fact) -> Found {
    Ok(Ok(Subject::Image {
        image: Image {
            repository: name(path, repository)?,
            digest: name(path, digest)?,
        },
        at: Place {
            account: name(path, at.account)?,
            region: name(path, at.region)?,
        },
        fact,
    }))
}
