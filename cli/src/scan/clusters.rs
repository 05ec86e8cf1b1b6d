//! What targets watch in clusters.

use std::sync::Arc;

use cluster_drift::Ways;
use domain::layer::Layer;
use domain::look::{Look, Observed, Outcome, Reason};
use domain::unit::Unit;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use policy::Target;
use policy::clusters::ClusterWatch;
use tokio::sync::mpsc::UnboundedSender;

use super::region::Sighted;
use super::{Desk, unit_of};

/// What looking at clusters came to, as far as units are concerned.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// The units that the selected targets watch.
    pub(super) units: Vec<Unit>,
    /// Whether each of these targets' units could be named.
    pub(super) all_named: bool,
    /// HTTP requests to API servers, retries included.
    pub(super) requests: u64,
    /// What servers said where they refused dry runs, in sentences.
    pub(super) refusals: Vec<String>,
}

/// Looks at what every selected target watches in a cluster, all at once, and
/// sends each look as it is done.
pub(super) async fn look_at(
    desk: &Desk,
    (ways, selected): (&dyn Ways, &[&Target]),
    out: UnboundedSender<Sighted>,
) -> Watched {
    let mut looks: FuturesUnordered<_> = selected
        .iter()
        .filter_map(|target| Some((*target, ClusterWatch::of(target)?)))
        .map(|(target, watch)| async move {
            let looked = cluster_drift::look(ways, (&desk.loaded, &watch), &*desk.clock).await;
            (target, looked)
        })
        .collect();
    let mut watched = Watched {
        all_named: true,
        ..Watched::default()
    };
    // The receiver outlives every sender.
    let _ = out.send(Sighted::Found(looks.len()));
    while let Some((target, looked)) = looks.next().await {
        let sighted =
            match looked {
                Ok(looked) => {
                    watched.requests += looked.requests;
                    let refusals = looked.refusals.into_iter();
                    watched.refusals.extend(refusals.map(|(object, said)| {
                        format!("the dry run of {object} was refused: {said}")
                    }));
                    watched.units.push(looked.look.unit.clone());
                    seen(target, looked.look)
                }
                Err(error) => {
                    watched.all_named = false;
                    let unit = target
                        .section()
                        .map(|it| unit_of(target.name.as_str(), &it));
                    gap(target, unit, error.gap())
                }
            };
        let _ = out.send(sighted);
    }
    watched
}

/// A look, but for one that found no manifest: that is a target that matched nothing, and no unit.
fn seen(target: &Target, look: Look) -> Sighted {
    match look.outcome {
        Outcome::Unknown(_, it) if it.reason == Reason::MatchedNothing => gap(target, None, it),
        _ => Sighted::Cluster(Box::new(look)),
    }
}

fn gap(
    target: &Target,
    unit: Option<domain::resource::Resource>,
    gap: domain::look::Gap,
) -> Sighted {
    let name = target.name.as_str().to_owned();
    Sighted::Gap(Layer::Kubernetes, name, Box::new(unit), gap)
}

/// A look as a report of one layer shows it; `None` where it shows all.
pub(super) fn only(layer: Option<Layer>, look: &Look) -> Option<Look> {
    let layer = layer.filter(|_| look.unit.layer == Layer::Kubernetes)?;
    let Outcome::Seen(seen) = &look.outcome else {
        return None;
    };
    // What could not be read may be about an object of any layer.
    let is_of_layer = |it: &&Observed| {
        it.identity.layer() == layer || it.resource.kind == cluster_drift::MANIFEST
    };
    let of_layer = seen.iter().filter(is_of_layer);
    Some(Look {
        outcome: Outcome::Seen(of_layer.cloned().collect()),
        ..look.clone()
    })
}

/// The ways from this machine.
pub(super) fn ways(desk: &Desk) -> Arc<dyn Ways> {
    let here = crate::clusters::Here::new(Arc::clone(&desk.connection), desk.root.clone());
    Arc::new(here)
}
