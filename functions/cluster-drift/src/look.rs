//! One look: what Git says, what the cluster holds, and where they disagree.

use std::collections::BTreeSet;

use domain::identity::Identity;
use domain::layer::Layer;
use domain::look::{Aside, Gap, Look, Observed, Outcome, Reason, Verdict};
use domain::ports::{
    Clock, Cluster, Kind, Manifests, ObjectName, PortError, PortErrorKind, Source, Unreadable,
};
use domain::resource::Resource;
use domain::severity::Cause;
use jiff::Timestamp;
use kubernetes::application::{self, Application, Deployed};
use kubernetes::{Head, Options, Request, Seen, Trust};
use policy::Loaded;
use policy::clusters::{ClusterWatch, whole};

use crate::{Reached, Ways, elsewhere};

/// The type of what stands for a document of Git's that cannot be read.
pub const MANIFEST: &str = "Manifest";

/// A look, and what it cost.
pub struct Looked {
    /// The look.
    pub look: Look,
    /// How many requests were made to the API server, retries included.
    pub requests: u64,
    /// What the server said where it refused dry runs, by object; never a value.
    pub refusals: Vec<(String, String)>,
}

/// Looks at what a target watches. What cannot be looked at is in the look as
/// unknown, with its reason.
///
/// # Errors
///
/// Only where there is no way to the cluster and the config does not name it
/// either, so that no unit is known.
pub async fn look(
    ways: &dyn Ways,
    (loaded, watch): (&Loaded, &ClusterWatch<'_>),
    clock: &dyn Clock,
) -> Result<Looked, PortError> {
    let started_at = clock.now();
    let (name, reached) = match ways.cluster(&loaded.config, watch).await {
        Ok(reached) => (reached.name.clone(), Ok(reached)),
        Err(error) => match watch.cluster_name() {
            Some(name) => (name.to_owned(), Err(error.gap())),
            None => return Err(error),
        },
    };
    let before = reached.as_ref().map_or(0, |it| it.server.requests());
    let looking = Looking {
        ways,
        loaded,
        watch,
        now: started_at,
    };
    let result = match &reached {
        Ok(reached) => looking.seen(reached).await,
        Err(gap) => Err(gap.clone()),
    };
    let requests = reached.as_ref().map_or(0, |it| it.server.requests()) - before;
    let mut refusals = Vec::new();
    let outcome = match result {
        Ok(seen) => {
            let mut all = Vec::with_capacity(seen.len());
            for Seen { observed, refusal } in seen {
                if let Some(refusal) = refusal {
                    let of = &observed.resource;
                    refusals.push((format!("{} {}", of.kind, of.id), refusal));
                }
                all.push(observed);
            }
            Outcome::Seen(all)
        }
        Err(gap) => Outcome::Unknown(whole(&name, watch.application()), gap),
    };
    Ok(Looked {
        look: Look {
            unit: watch.unit(&name),
            target: watch.target.to_owned(),
            started_at,
            outcome,
        },
        requests,
        refusals,
    })
}

pub(crate) struct Looking<'a> {
    pub(crate) ways: &'a dyn Ways,
    pub(crate) loaded: &'a Loaded,
    pub(crate) watch: &'a ClusterWatch<'a>,
    now: Timestamp,
}

/// What Git says: what was deployed of it and, where that may be something else, what it says by now.
struct Expected {
    deployed: Manifests,
    head: Option<Manifests>,
    /// What is ahead of what.
    detail: String,
    /// Whether Git is ahead for longer than the config allows.
    overdue: bool,
    namespace: Option<String>,
}

impl Expected {
    /// What of it could not be read; what is broken alike in both counts once.
    fn unreadable(&self) -> Vec<&Unreadable> {
        let head = self.head.iter().flat_map(|it| &it.unreadable);
        let of_head_alone = head.filter(|it| !self.deployed.unreadable.contains(it));
        self.deployed
            .unreadable
            .iter()
            .chain(of_head_alone)
            .collect()
    }
}

impl Looking<'_> {
    async fn seen(&self, reached: &Reached) -> Result<Vec<Seen>, Gap> {
        let expected = self.expected(reached).await?;
        if expected.deployed.objects.is_empty() && expected.deployed.unreadable.is_empty() {
            return Err(Gap::new(
                Reason::MatchedNothing,
                "there is no manifest at all where the target says: is it the right place?",
            ));
        }
        let head = expected.head.as_ref();
        // Ahead for too long, Git is what counts, and what was deployed only tells what is late.
        let (manifests, other) = match head {
            Some(head) if expected.overdue => (head, Some(&expected.deployed)),
            head => (&expected.deployed, head),
        };
        let mut options = self.options(&expected);
        let mut untold = None;
        if !options.namespaces.is_empty() {
            match elsewhere::known(self, &reached.name).await {
                Ok(known) => options.elsewhere = known,
                Err(gap) => {
                    options.namespaces.clear();
                    untold = Some(unread(
                        &reached.name,
                        ("other targets", "other targets"),
                        gap,
                    ));
                }
            }
        }
        let request = Request {
            cluster: &reached.name,
            manifests: &manifests.objects,
            head: other.map(|it| Head {
                manifests: &it.objects,
                detail: &expected.detail,
            }),
            options: &options,
        };
        let looked = kubernetes::look(&*reached.server, &request).await;
        let mut seen = looked.map_err(|error| error.gap())?;
        // A list that had to begin again shows the objects of its first pages twice.
        let mut added = BTreeSet::new();
        seen.retain(|Seen { observed, .. }| {
            !matches!(observed.verdict, Verdict::Added(_)) || added.insert(observed.identity.id())
        });
        if expected.overdue {
            seen.iter_mut().for_each(|it| overdue(&mut it.observed));
        }
        let unreadable = expected.unreadable().into_iter();
        seen.extend(unreadable.map(|it| broken(&reached.name, it)));
        seen.extend(untold);
        Ok(seen)
    }

    fn options(&self, expected: &Expected) -> Options {
        let section = self.watch.section;
        let namespace = expected.namespace.as_deref();
        let names = |list: &[policy::Name]| -> Vec<String> {
            list.iter().map(|it| it.as_str().to_owned()).collect()
        };
        let defaults = Options::default();
        Options {
            trust: Trust {
                managers: names(&section.trusted_managers),
                application: self.watch.application().map(str::to_owned),
            },
            // What could not be read may be about any object that is there.
            namespaces: match expected.unreadable().as_slice() {
                [] => names(&section.namespaces),
                _ => Vec::new(),
            },
            unmanaged_kinds: section.unmanaged_kinds.as_deref().map(names),
            default_namespace: namespace.map_or(defaults.default_namespace, str::to_owned),
            ..defaults
        }
    }

    async fn expected(&self, reached: &Reached) -> Result<Expected, Gap> {
        let source = self.ways.source(self.loaded, self.watch).await;
        let source = source.map_err(|error| error.gap())?;
        let application = self.application(&*reached.server).await?;
        let namespace = application.as_ref().and_then(|it| it.namespace.clone());
        let newest = || async { source.read(None).await.map_err(|error| error.gap()) };
        let revision = match application.map(|it| it.deployed) {
            None => None,
            Some(Deployed::At(revisions)) => revisions.into_iter().next(),
            Some(Deployed::InMotion(since)) => {
                let detail = format!("Argo CD is syncing the application since {since}");
                return Err(Gap::new(Reason::InMotion, detail));
            }
            Some(Deployed::Never) => {
                let detail = "Argo CD never synced the application as a whole";
                return Err(Gap::new(Reason::Stale, detail));
            }
        };
        let Some(revision) = revision else {
            return Ok(Expected {
                deployed: newest().await?,
                head: None,
                detail: String::new(),
                overdue: false,
                namespace,
            });
        };
        let deployed = source.read(Some(&revision)).await;
        let deployed = deployed.map_err(|error| not_here(&revision, &error))?;
        let head = newest().await?;
        let by_now = head.revision.as_deref().unwrap_or("the working directory");
        Ok(Expected {
            detail: format!("{revision} is deployed, Git is at {by_now}"),
            overdue: self.is_overdue(&*source, &revision).await?,
            deployed,
            head: Some(head),
            namespace,
        })
    }

    /// Whether Git says something else for longer than `maxPending`.
    async fn is_overdue(&self, source: &dyn Source, revision: &str) -> Result<bool, Gap> {
        let since = source.ahead_since(revision).await;
        let since = since.map_err(|error| error.gap())?;
        let allowed = self.loaded.config.timing.max_pending.get();
        Ok(since.is_some_and(|since| self.now.duration_since(since) > allowed))
    }

    /// The Argo CD application, where the target names one.
    async fn application(&self, cluster: &dyn Cluster) -> Result<Option<Application>, Gap> {
        let Some(argocd) = &self.watch.section.argocd else {
            return Ok(None);
        };
        let namespace = argocd.namespace.as_ref().map_or("argocd", |it| it.as_str());
        let (group, version) = application::API_VERSION.split_once('/').unwrap_or_default();
        let name = ObjectName {
            kind: Kind {
                group: group.to_owned(),
                version: version.to_owned(),
                name: "Application".to_owned(),
                plural: "applications".to_owned(),
                namespaced: true,
                verbs: Vec::new(),
                preferred: true,
            },
            namespace: Some(namespace.to_owned()),
            name: argocd.application.as_str().to_owned(),
        };
        match cluster.get(&name).await {
            Ok(Some(object)) => Ok(Some(Application::read(&object))),
            Ok(None) => Err(Gap::new(
                Reason::NotFound,
                format!(
                    "there is no Argo CD application {} in namespace {namespace}: see argocd.application and argocd.namespace",
                    argocd.application
                ),
            )),
            Err(error) => Err(error.gap()),
        }
    }
}

/// Why the deployed revision cannot be read.
fn not_here(revision: &str, error: &PortError) -> Gap {
    let gap = error.gap();
    match error.kind {
        PortErrorKind::NotFound | PortErrorKind::Invalid => Gap::new(
            gap.reason,
            format!(
                "the deployed revision {revision} cannot be read: {}",
                error.detail
            ),
        ),
        _ => gap,
    }
}

/// What Git said too long ago to be pending is drift, with the cause that tells it.
fn overdue(observed: &mut Observed) {
    let late = std::mem::take(&mut observed.aside.pending);
    let Verdict::Modified(modified) = &mut observed.verdict else {
        return;
    };
    for difference in &mut modified.differences {
        let is_late = late.iter().any(|it| {
            it.path.as_deref().is_none_or(|path| {
                is_within(&difference.path, path) || is_within(path, &difference.path)
            })
        });
        if is_late && difference.attribution.is_none() {
            difference.cause = Some(Cause::NotApplied);
        }
    }
}

fn is_within(path: &str, of: &str) -> bool {
    path.strip_prefix(of)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest.starts_with('['))
}

/// A document that could not be read is an unknown of its own: what it is about, nobody knows.
fn broken(cluster: &str, unreadable: &Unreadable) -> Seen {
    let place = (unreadable.place.to_string(), unreadable.place.file.clone());
    let gap = Gap::new(Reason::Invalid, unreadable.problem.clone());
    unread(cluster, (&place.0, &place.1), gap)
}

/// An unknown for what was not read of Git, by its place and what it is called.
fn unread(cluster: &str, (place, name): (&str, &str), gap: Gap) -> Seen {
    Seen {
        observed: Observed {
            resource: Resource {
                kind: MANIFEST.to_owned(),
                id: place.to_owned(),
                name: name.to_owned(),
                cluster: Some(cluster.to_owned()),
                ..Resource::default()
            },
            identity: Identity::object(Layer::Kubernetes, cluster, ("", MANIFEST), (None, place)),
            verdict: Verdict::Unknown(gap),
            aside: Aside::default(),
        },
        refusal: None,
    }
}
