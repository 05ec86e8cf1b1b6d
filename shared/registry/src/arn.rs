//! The ARNs by which Inspector names repositories and images.

use crate::fact::Place;

/// A repository, or an image in it, as an ARN names it.
pub(crate) struct Arn {
    pub(crate) place: Place,
    pub(crate) repository: String,
    /// Of an image: `repository/NAME/sha256:…`.
    pub(crate) digest: Option<String>,
}

/// Whether a text is the ARN of something in ECR.
pub(crate) fn is_ecr(text: &str) -> bool {
    let mut parts = text.split(':');
    parts.next() == Some("arn") && parts.nth(1) == Some("ecr")
}

/// Reads `arn:PARTITION:ecr:REGION:ACCOUNT:repository/NAME[/DIGEST]`.
pub(crate) fn read(text: &str) -> Option<Arn> {
    let mut parts = text.splitn(6, ':');
    let (arn, _partition, service) = (parts.next()?, parts.next()?, parts.next()?);
    let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
    let name = resource.strip_prefix("repository/")?;
    if arn != "arn" || service != "ecr" || name.is_empty() {
        return None;
    }
    let (repository, digest) = match name.rsplit_once('/') {
        Some((repository, digest)) if digest.contains(':') => (repository, Some(digest)),
        _ => (name, None),
    };
    Some(Arn {
        place: Place {
            account: account.to_owned(),
            region: region.to_owned(),
        },
        repository: repository.to_owned(),
        digest: digest.map(str::to_owned),
    })
}
