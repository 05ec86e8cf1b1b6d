//! The targets that watch a cluster: one look each.

use std::time::Duration;

use domain::ports::PortError;
use domain::work::Work;
use jiff::Timestamp;
use policy::Target;
use policy::clusters::ClusterWatch;

use crate::Deps;

/// Asks for a look at every target that watches a cluster; says how many. A
/// look costs the cluster a few lists, so none is skipped for being fresh.
pub(crate) async fn ask(
    deps: &Deps,
    targets: &[&Target],
    asked_at: Timestamp,
) -> Result<usize, PortError> {
    let mut asked = 0;
    for watched in targets.iter().filter_map(|it| ClusterWatch::of(it)) {
        let work = Work::LookAtCluster {
            target: watched.target.to_owned(),
            asked_at,
            attempt: 0,
        };
        deps.queues
            .send(work.queue(), &work.body(), Duration::ZERO)
            .await?;
        asked += 1;
    }
    Ok(asked)
}
