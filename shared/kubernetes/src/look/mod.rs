//! One unit's look: every object that Git says should be there, and what is there besides.
//!
//! Each kind is listed once, page by page; a page is compared as it comes and
//! dropped, so that memory holds some pages and no cluster. Dry runs go beside
//! the lists, a bounded number at a time. Nothing here waits by itself and
//! nothing is retried but a list whose token expired: the adapter does that.

mod ask;
mod drive;
mod plan;
mod report;

use std::collections::BTreeSet;

use domain::identity::Identity;
use domain::look::Observed;
use domain::ports::{Cluster, Manifest, PortError};

use crate::appliers::Trust;

/// What to look at.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The cluster's name in reports and identities.
    pub cluster: &'a str,
    /// What Git says, at the revision that was deployed.
    pub manifests: &'a [Manifest],
    /// What Git says by now, where that may be something else.
    pub head: Option<Head<'a>>,
    /// How.
    pub options: &'a Options,
}

/// What Git says by now.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The manifests.
    pub manifests: &'a [Manifest],
    /// What is ahead of what: the two revisions.
    pub detail: &'a str,
}

/// How to look.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whom to trust, and which application deploys.
    pub trust: Trust,
    /// Where objects that Git does not know count.
    pub namespaces: Vec<String>,
    /// The kinds of which they count, instead of the usual.
    pub unmanaged_kinds: Option<Vec<String>>,
    /// The namespace of manifests that name none.
    pub default_namespace: String,
    /// Objects that somebody else's Git knows: another target's.
    pub elsewhere: BTreeSet<Identity>,
    /// How many lists and single reads are under way at once.
    pub reads: usize,
    /// How many dry runs are under way at once.
    pub dry_runs: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            trust: Trust::default(),
            namespaces: Vec::new(),
            unmanaged_kinds: None,
            default_namespace: "default".to_owned(),
            elsewhere: BTreeSet::new(),
            reads: 8,
            dry_runs: 8,
        }
    }
}

/// One object as it was seen, on one layer.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What was found out.
    pub observed: Observed,
    /// What the server said where it refused the dry run; never a value.
    pub refusal: Option<String>,
}

/// Looks at a unit. A ConfigMap or Secret that is there gives two entries, one
/// a layer, side by side. The order is that of types, namespaces and names.
///
/// # Errors
/// The server could not say what it serves: nothing of the unit is known.
pub async fn look(cluster: &dyn Cluster, request: &Request<'_>) -> Result<Vec<Seen>, PortError> {
    let served = cluster.kinds().await?;
    let plan = plan::Plan::new(&served, request);
    let ground = plan::Ground::survey(cluster, &served, (&plan, request)).await;
    Ok(drive::run(cluster, request, (plan, &ground)).await)
}
