//! What other targets' Git says of the same cluster: no object of theirs is one that Git does not know.

use std::collections::BTreeSet;

use domain::identity::Identity;
use domain::layer::Layer;
use domain::look::Gap;
use domain::ports::{Manifest, PortErrorKind};
use policy::clusters::ClusterWatch;
use serde_json::Value;

use crate::look::Looking;

/// The objects of other targets in the cluster of that name.
///
/// # Errors
///
/// Where a target's manifests cannot all be read: then nobody knows which objects Git does not know.
pub(crate) async fn known(looking: &Looking<'_>, cluster: &str) -> Result<BTreeSet<Identity>, Gap> {
    let mut known = BTreeSet::new();
    let all = looking.loaded.config.targets.iter();
    for other in all.filter_map(ClusterWatch::of) {
        let is_here = other.section.cluster == looking.watch.section.cluster;
        if !is_here || other.target == looking.watch.target {
            continue;
        }
        let read = match looking.ways.source(looking.loaded, &other).await {
            Ok(source) => source.read(None).await,
            Err(error) => Err(error),
        };
        let untold = |why: &str| {
            format!(
                "objects that Git does not know are not told: manifests of target {} cannot be read: {why}",
                other.target
            )
        };
        let manifests = read.map_err(|error| Gap {
            detail: untold(&error.to_string()),
            ..error.gap()
        })?;
        if let Some(first) = manifests.unreadable.first() {
            let why = format!("{}: {}", first.place, first.problem);
            let error = domain::ports::PortError::new(PortErrorKind::Invalid, "manifests", why);
            return Err(Gap {
                detail: untold(&error.detail),
                ..error.gap()
            });
        }
        known.extend(
            manifests
                .objects
                .iter()
                .filter_map(|it| identity(cluster, it)),
        );
    }
    Ok(known)
}

/// The finding's identity of an object as a whole. Only namespaced ones can be unknown to Git.
fn identity(cluster: &str, manifest: &Manifest) -> Option<Identity> {
    let text = |pointer: &str| manifest.object.pointer(pointer).and_then(Value::as_str);
    let (api_version, kind) = (text("/apiVersion")?, text("/kind")?);
    let group = api_version.split_once('/').map_or("", |it| it.0);
    let namespace = text("/metadata/namespace").unwrap_or("default");
    Some(Identity::object(
        Layer::of_object(&format!("{api_version}/{kind}"), None),
        cluster,
        (group, kind),
        (Some(namespace), text("/metadata/name")?),
    ))
}
