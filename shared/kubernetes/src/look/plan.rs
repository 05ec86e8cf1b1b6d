//! What has to be asked: which kinds, which objects, in which namespaces.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::look::{Gap, Reason};
use domain::ports::{
    Cluster, Kind, Manifest, ObjectName, PageOf, PortError, PortErrorKind, Served,
};
use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::Value;

use super::Request;
use crate::autoscaler::{self, Autoscalers};
use crate::schema::{Document, Node};
use crate::unmanaged;

/// Namespace (empty where there is none) and name.
pub(crate) type Key = (String, String);

/// An object that Git speaks of.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wanted<'a> {
    /// What was deployed.
    pub(crate) deployed: Option<&'a Value>,
    /// What Git says by now.
    pub(crate) head: Option<&'a Value>,
}

/// What is asked of one kind.
pub(crate) struct Of<'a> {
    /// The kind.
    pub(crate) kind: Kind,
    /// Its objects that Git speaks of.
    pub(crate) wanted: BTreeMap<Key, Wanted<'a>>,
    /// Whether objects that Git does not know count.
    pub(crate) counts: bool,
}

/// What is asked of a cluster.
pub(crate) struct Plan<'a> {
    /// By kind.
    pub(crate) kinds: Vec<Of<'a>>,
    /// Objects of kinds that the cluster does not serve.
    pub(crate) unserved: Vec<(ObjectName, Gap)>,
    /// Every object that Git speaks of in whatever version: group, kind, namespace, name.
    pub(crate) known: BTreeSet<(String, String, Key)>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(served: &Served, request: &Request<'a>) -> Self {
        let mut plan = Self {
            kinds: Vec::new(),
            unserved: Vec::new(),
            known: BTreeSet::new(),
        };
        let by_type: HashMap<String, &Kind> = served
            .kinds
            .iter()
            .map(|kind| (kind.type_name(), kind))
            .collect();
        let mut wanted: BTreeMap<Kind, BTreeMap<Key, Wanted<'a>>> = BTreeMap::new();
        let head = request.head.map_or(&[][..], |it| it.manifests);
        let all = request.manifests.iter().map(|it| (it, true));
        for (manifest, is_deployed) in all.chain(head.iter().map(|it| (it, false))) {
            let name = match name(manifest, &by_type, served, request) {
                Ok(name) => name,
                Err(unserved) => {
                    if is_deployed {
                        plan.unserved.push(*unserved);
                    }
                    continue;
                }
            };
            let key = (name.namespace.unwrap_or_default(), name.name);
            let kind = (name.kind.group.clone(), name.kind.name.clone());
            plan.known.insert((kind.0, kind.1, key.clone()));
            let slot = wanted.entry(name.kind).or_default().entry(key).or_default();
            // Of one object that is there twice the later counts, as it is applied later.
            if is_deployed {
                slot.deployed = Some(&manifest.object);
            } else {
                slot.head = Some(&manifest.object);
            }
        }
        plan.add_kinds(wanted, served, request);
        plan
    }

    fn add_kinds(
        &mut self,
        wanted: BTreeMap<Kind, BTreeMap<Key, Wanted<'a>>>,
        served: &Served,
        request: &Request<'_>,
    ) {
        let only = request.options.unmanaged_kinds.as_deref();
        let counted = !request.options.namespaces.is_empty();
        let mut counting: BTreeSet<(String, String)> = BTreeSet::new();
        for (kind, wanted) in wanted {
            let id = (kind.group.clone(), kind.name.clone());
            let counts = counted && unmanaged::counts(&kind, only, true) && counting.insert(id);
            self.kinds.push(Of {
                kind,
                wanted,
                counts,
            });
        }
        for kind in served.kinds.iter().filter(|it| it.preferred) {
            let can = kind.verbs.is_empty() || kind.verbs.iter().any(|it| it == "list");
            let id = (kind.group.clone(), kind.name.clone());
            if counted && can && unmanaged::counts(kind, only, false) && counting.insert(id) {
                self.kinds.push(Of {
                    kind: kind.clone(),
                    wanted: BTreeMap::new(),
                    counts: true,
                });
            }
        }
    }

    /// Where Git has something.
    fn namespaces(&self) -> BTreeSet<String> {
        let keys = self.kinds.iter().flat_map(|of| of.wanted.keys());
        let namespaces = keys.map(|(namespace, _)| namespace.clone());
        namespaces.filter(|it| !it.is_empty()).collect()
    }

    /// Whether anything that Git speaks of can be scaled by an autoscaler.
    fn scales(&self) -> bool {
        const SCALED: [&str; 4] = [
            "Deployment",
            "StatefulSet",
            "ReplicaSet",
            "ReplicationController",
        ];
        self.kinds.iter().any(|of| {
            let has_replicas = |it: &Wanted<'_>| {
                it.deployed
                    .is_some_and(|it| it.pointer("/spec/replicas").is_some())
            };
            !of.wanted.is_empty()
                && (SCALED.contains(&of.kind.name.as_str()) || of.wanted.values().any(has_replicas))
        })
    }
}

/// Which object a manifest is about, or why the cluster cannot have it.
fn name(
    manifest: &Manifest,
    by_type: &HashMap<String, &Kind>,
    served: &Served,
    request: &Request<'_>,
) -> Result<ObjectName, Box<(ObjectName, Gap)>> {
    let text = |pointer: &str| manifest.object.pointer(pointer).and_then(Value::as_str);
    let api_version = text("/apiVersion").unwrap_or_default();
    let kind = text("/kind").unwrap_or_default();
    let name = text("/metadata/name").unwrap_or_default().to_owned();
    let namespace = text("/metadata/namespace").filter(|it| !it.is_empty());
    let default = request.options.default_namespace.as_str();
    if let Some(kind) = by_type.get(&format!("{api_version}/{kind}")) {
        let namespace = namespace.unwrap_or(default);
        return Ok(ObjectName {
            kind: (*kind).clone(),
            namespace: kind.namespaced.then(|| namespace.to_owned()),
            name,
        });
    }
    let (group, version) = autoscaler::split(api_version);
    let unserved = Kind {
        group: group.to_owned(),
        version: version.to_owned(),
        name: kind.to_owned(),
        plural: String::new(),
        namespaced: namespace.is_some(),
        verbs: Vec::new(),
        preferred: false,
    };
    let failed = served.unavailable.iter().find(|(it, _)| it == api_version);
    let gap = failed.map_or_else(
        || {
            let detail = format!("the cluster does not serve {api_version} {kind}");
            Gap::new(Reason::NoSuchKind, detail)
        },
        |(_, error)| error.gap(),
    );
    let name = ObjectName {
        kind: unserved,
        namespace: namespace.map(str::to_owned),
        name,
    };
    Err(Box::new((name, gap)))
}

/// What the comparison stands on: schemas and autoscalers.
pub(crate) struct Ground {
    documents: HashMap<String, Document>,
    failed: HashMap<String, PortError>,
    /// Who scales what.
    pub(crate) autoscalers: Autoscalers,
}

enum Surveyed {
    Document(String, Result<Value, PortError>),
    Autoscalers(Result<Vec<Value>, PortError>),
}

/// How often a list is begun again whose token expired.
pub(crate) const RESTARTS: u8 = 3;

impl Ground {
    /// Asks for schemas and autoscalers. One that does not come never ends the look.
    pub(crate) async fn survey(
        cluster: &dyn Cluster,
        served: &Served,
        (plan, request): (&Plan<'_>, &Request<'_>),
    ) -> Self {
        let versions: BTreeSet<String> = plan
            .kinds
            .iter()
            .filter(|it| !it.wanted.is_empty())
            .map(|it| it.kind.api_version())
            .collect();
        let scalers: Vec<&Kind> = served
            .kinds
            .iter()
            .filter(|it| plan.scales() && it.preferred)
            .filter(|it| autoscaler::KINDS.contains(&(it.group.as_str(), it.name.as_str())))
            .collect();
        let documents = versions.into_iter().map(|version| {
            let ask = async move {
                let document = cluster.schema(&version).await;
                Surveyed::Document(version, document)
            };
            Box::pin(ask) as futures_util::future::BoxFuture<'_, Surveyed>
        });
        let scalers = scalers.into_iter().map(|kind| {
            let namespaces = plan.namespaces();
            let ask =
                async move { Surveyed::Autoscalers(scalers_in(cluster, kind, namespaces).await) };
            Box::pin(ask) as futures_util::future::BoxFuture<'_, Surveyed>
        });
        let mut asked = stream::iter(documents.chain(scalers).collect::<Vec<_>>())
            .buffer_unordered(request.options.reads.max(1));
        let mut ground = Self {
            documents: HashMap::new(),
            failed: HashMap::new(),
            autoscalers: Autoscalers::default(),
        };
        while let Some(answer) = asked.next().await {
            match answer {
                Surveyed::Document(version, Ok(document)) => {
                    ground.documents.insert(version, Document::new(document));
                }
                Surveyed::Document(version, Err(error)) => {
                    ground.failed.insert(version, error);
                }
                Surveyed::Autoscalers(Ok(objects)) => {
                    for object in objects {
                        ground.autoscalers.add(&object, "");
                    }
                }
                Surveyed::Autoscalers(Err(_)) => ground.autoscalers.incomplete = true,
            }
        }
        // An autoscaler that Git has owns its target even while somebody has deleted it.
        for manifest in request.manifests {
            let default = &request.options.default_namespace;
            ground.autoscalers.add(&manifest.object, default);
        }
        ground
    }

    /// Why a kind's objects cannot be compared: their schema did not come this time. Without
    /// it their paths would read differently from one look to the next. Where there is
    /// none, or none for us, it is the same every time.
    pub(crate) fn gap(&self, kind: &Kind) -> Option<Gap> {
        let error = self.failed.get(&kind.api_version())?;
        let lasts = matches!(error.kind, PortErrorKind::NotFound | PortErrorKind::Denied);
        (!lasts).then(|| error.gap())
    }

    /// What the cluster says of a kind's fields.
    pub(crate) fn node(&self, kind: &Kind) -> Node<'_> {
        self.documents
            .get(&kind.api_version())
            .map_or(Node::UNKNOWN_OBJECT, |it| {
                it.kind(&kind.group, &kind.version, &kind.name)
            })
    }
}

/// Every autoscaler of a kind, of all namespaces where that may be asked, else
/// of those in which Git has something.
async fn scalers_in(
    cluster: &dyn Cluster,
    kind: &Kind,
    namespaces: BTreeSet<String>,
) -> Result<Vec<Value>, PortError> {
    match all_of(cluster, kind, None).await {
        Err(error) if error.kind == PortErrorKind::Denied => {}
        other => return other,
    }
    let mut objects = Vec::new();
    for namespace in namespaces {
        objects.extend(all_of(cluster, kind, Some(namespace)).await?);
    }
    Ok(objects)
}

async fn all_of(
    cluster: &dyn Cluster,
    kind: &Kind,
    namespace: Option<String>,
) -> Result<Vec<Value>, PortError> {
    let mut restarts = 0;
    let mut page = PageOf {
        kind: kind.clone(),
        namespace,
        token: None,
    };
    let mut objects = Vec::new();
    loop {
        match cluster.list(&page).await {
            Ok(found) => {
                objects.extend(found.objects);
                match found.next {
                    Some(token) => page.token = Some(token),
                    None => return Ok(objects),
                }
            }
            Err(error) if error.kind == PortErrorKind::Conflict && restarts < RESTARTS => {
                restarts += 1;
                page.token = None;
                objects.clear();
            }
            Err(error) => return Err(error),
        }
    }
}
