//! What a server serves.
//!
//! Two requests where it knows the aggregated form (1.26 and newer), else one more for each group and version.

use bytes::Bytes;
use domain::ports::{Kind, PortError, PortErrorKind, Served};
use futures_util::{StreamExt as _, stream};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::ask::{Ask, JSON, op};
use crate::exchange::Exchange;
use crate::failure::invalid;
use crate::json;

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                          application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// Groups and versions that are asked for at a time.
const AT_ONCE: usize = 8;

/// The core group's only version: what is unavailable where that group cannot be asked.
const CORE: &str = "v1";

/// Every kind, and the groups that could not be asked.
pub(crate) async fn kinds(exchange: &Exchange) -> Result<Served, PortError> {
    let (core, groups) = tokio::join!(half(exchange, "/api"), half(exchange, "/apis"));
    // Without the list of groups nothing tells which are missing.
    let mut served = groups?;
    match core {
        Ok(core) => {
            served.kinds.extend(core.kinds);
            served.unavailable.extend(core.unavailable);
        }
        Err(error) => served.unavailable.push((CORE.to_owned(), error)),
    }
    served.kinds.sort_unstable();
    served.unavailable.sort_by(|one, two| one.0.cmp(&two.0));
    Ok(served)
}

/// What stands under one of the two roots.
async fn half(exchange: &Exchange, root: &'static str) -> Result<Served, PortError> {
    let ask = Ask::read(op::DISCOVERY, root, AGGREGATED);
    let body = exchange.success(&ask).await?;
    let answer: Root = read(exchange, &ask, &body)?;
    match answer.kind.as_str() {
        "APIGroupDiscoveryList" => Ok(aggregated(exchange, answer.items)),
        "APIGroupList" => {
            let versions = answer.groups.into_iter().flat_map(Group::versions);
            Ok(one_by_one(exchange, versions.collect()).await)
        }
        "APIVersions" => {
            let versions = answer.versions.into_iter().enumerate();
            let versions = versions.map(|(index, version)| Version {
                preferred: index == 0,
                path: format!("/api/{version}"),
                group: String::new(),
                version,
            });
            Ok(one_by_one(exchange, versions.collect()).await)
        }
        _ => Err(exchange.about(
            &ask,
            PortErrorKind::Invalid,
            "the answer is no list of API groups: is this a Kubernetes API server?",
        )),
    }
}

fn read<T: DeserializeOwned>(exchange: &Exchange, ask: &Ask, body: &Bytes) -> Result<T, PortError> {
    json::read(body).map_err(|place| {
        let what = format!("the answer does not tell what is served ({place})");
        exchange.about(ask, PortErrorKind::Invalid, &what)
    })
}

/// Either form of a root's answer.
#[derive(Deserialize)]
struct Root {
    #[serde(default)]
    kind: String,
    #[serde(default, deserialize_with = "or_default")]
    items: Vec<Discovered>,
    #[serde(default, deserialize_with = "or_default")]
    groups: Vec<Group>,
    #[serde(default, deserialize_with = "or_default")]
    versions: Vec<String>,
}

/// A list that Go has not made is `null`.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[derive(Deserialize)]
struct Discovered {
    #[serde(default)]
    metadata: Named,
    #[serde(default, deserialize_with = "or_default")]
    versions: Vec<DiscoveredVersion>,
}

#[derive(Default, Deserialize)]
struct Named {
    /// Empty for the core.
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct DiscoveredVersion {
    version: String,
    #[serde(default)]
    freshness: String,
    #[serde(default, deserialize_with = "or_default")]
    resources: Vec<DiscoveredResource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DiscoveredResource {
    resource: String,
    /// Absent where there are only subresources.
    #[serde(default)]
    response_kind: Option<ResponseKind>,
    #[serde(default)]
    scope: String,
    #[serde(default, deserialize_with = "or_default")]
    verbs: Vec<String>,
}

#[derive(Deserialize)]
struct ResponseKind {
    #[serde(default)]
    kind: String,
}

/// The first version of a group is the one that the server prefers.
fn aggregated(exchange: &Exchange, groups: Vec<Discovered>) -> Served {
    let mut served = Served::default();
    for Discovered { metadata, versions } in groups {
        for (index, version) in versions.into_iter().enumerate() {
            let place = Version {
                path: String::new(),
                group: metadata.name.clone(),
                version: version.version,
                preferred: index == 0,
            };
            // The server behind it did not answer; what is listed is what it once said.
            if version.freshness == "Stale" {
                let ask = Ask::read(op::DISCOVERY, "/apis", AGGREGATED);
                let what = "the server behind this group and version does not answer: look at its APIService";
                let error = exchange.about(&ask, PortErrorKind::Unavailable, what);
                served.unavailable.push((place.name(), error));
                continue;
            }
            let kinds = version.resources.into_iter().filter_map(|it| {
                let kind = it.response_kind.map(|it| it.kind)?;
                place.kind(kind, it.resource, it.scope == "Namespaced", it.verbs)
            });
            served.kinds.extend(kinds);
        }
    }
    served
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    versions: Vec<GroupVersion>,
    #[serde(default)]
    preferred_version: Option<GroupVersion>,
}

#[derive(Deserialize)]
struct GroupVersion {
    version: String,
}

impl Group {
    fn versions(self) -> Vec<Version> {
        let preferred = self
            .preferred_version
            .as_ref()
            .or(self.versions.first())
            .map(|it| it.version.clone());
        self.versions
            .into_iter()
            .map(|it| Version {
                path: format!("/apis/{}/{}", self.name, it.version),
                group: self.name.clone(),
                preferred: Some(&it.version) == preferred.as_ref(),
                version: it.version,
            })
            .collect()
    }
}

/// A group's version.
struct Version {
    path: String,
    group: String,
    version: String,
    preferred: bool,
}

impl Version {
    fn name(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `None` for a subresource.
    fn kind(
        &self,
        name: String,
        plural: String,
        namespaced: bool,
        verbs: Vec<String>,
    ) -> Option<Kind> {
        if name.is_empty() || plural.contains('/') {
            return None;
        }
        Some(Kind {
            group: self.group.clone(),
            version: self.version.clone(),
            name,
            plural,
            namespaced,
            verbs,
            preferred: self.preferred,
        })
    }
}

#[derive(Deserialize)]
struct ResourceList {
    #[serde(deserialize_with = "or_default")]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    name: String,
    #[serde(default)]
    namespaced: bool,
    kind: String,
    #[serde(default, deserialize_with = "or_default")]
    verbs: Vec<String>,
}

async fn one_by_one(exchange: &Exchange, versions: Vec<Version>) -> Served {
    let mut served = Served::default();
    let mut answers = stream::iter(versions)
        .map(|version| async move { (resources(exchange, &version).await, version) })
        .buffer_unordered(AT_ONCE);
    while let Some((answer, version)) = answers.next().await {
        match answer {
            Ok(kinds) => served.kinds.extend(kinds),
            Err(error) => served.unavailable.push((version.name(), error)),
        }
    }
    served
}

async fn resources(exchange: &Exchange, version: &Version) -> Result<Vec<Kind>, PortError> {
    // It comes from the server, and goes back to it as an address.
    let usable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-');
    if !version.path.chars().all(usable) {
        return Err(invalid(op::DISCOVERY, "that is not a group's name"));
    }
    let ask = Ask::read(op::DISCOVERY, &version.path, JSON);
    let body = exchange.success(&ask).await?;
    let list: ResourceList = read(exchange, &ask, &body)?;
    let kinds = list
        .resources
        .into_iter()
        .filter_map(|it| version.kind(it.kind, it.name, it.namespaced, it.verbs));
    Ok(kinds.collect())
}
