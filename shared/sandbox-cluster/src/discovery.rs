//! What is served, as clients ask for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::answer::{Answer, Failure};
use crate::call::Call;
use crate::kinds::{Kind, Kinds};
use crate::schema::document;
use crate::state::hex;

/// The version that the server says it has.
pub(crate) const GIT_VERSION: &str = "v1.36.2";

/// The answer to what is no resource; `None` where there is no such path.
pub(crate) fn answer(kinds: &Kinds, call: &Call) -> Option<Result<Answer, Failure>> {
    let path: Vec<&str> = call.path.split('/').filter(|it| !it.is_empty()).collect();
    let found = match path.as_slice() {
        ["version"] => version(),
        ["healthz" | "livez" | "readyz"] => return Some(Ok(Answer::text(200, "ok"))),
        ["api"] if aggregated(call) => return Some(Ok(aggregate(kinds, true))),
        ["apis"] if aggregated(call) => return Some(Ok(aggregate(kinds, false))),
        ["api"] => json!({"kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1:6443"}]}),
        ["apis"] => {
            let groups = groups(kinds);
            let groups = groups.iter().filter(|(group, _)| !group.is_empty());
            let groups: Vec<Value> = groups
                .map(|(name, versions)| group(name, versions))
                .collect();
            json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
        }
        ["apis", name] => {
            let groups = groups(kinds);
            let Some(versions) = groups.get(*name) else {
                return Some(Ok(not_here()));
            };
            let mut group = group(name, versions);
            group["kind"] = "APIGroup".into();
            group["apiVersion"] = "v1".into();
            group
        }
        ["api", version] => return Some(resources(kinds, "", version)),
        ["apis", group, version] => return Some(resources(kinds, group, version)),
        ["openapi", "v3"] => index(kinds),
        ["openapi", "v3", "api", version] => return Some(openapi(kinds, "", version)),
        ["openapi", "v3", "apis", group, version] => {
            return Some(openapi(kinds, group, version));
        }
        _ => return None,
    };
    Some(Ok(Answer::json(200, &found)))
}

/// What the server says of a path that it has not.
pub(crate) fn not_here() -> Answer {
    Answer::text(404, "404 page not found\n")
}

fn version() -> Value {
    json!({"major": "1", "minor": "36", "gitVersion": GIT_VERSION, "gitTreeState": "clean", "platform": "linux/amd64"})
}

fn aggregated(call: &Call) -> bool {
    let accept = &call.accept;
    accept.contains("as=APIGroupDiscoveryList") && accept.contains("v=v2")
}

/// The groups with their versions, the preferred first.
fn groups(kinds: &Kinds) -> BTreeMap<String, Vec<String>> {
    let mut groups: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for kind in kinds.all() {
        let versions = groups.entry(kind.group.clone()).or_default();
        versions.insert(&kind.version);
    }
    let sorted = groups.into_iter().map(|(group, versions)| {
        let mut versions: Vec<String> = versions.into_iter().map(str::to_owned).collect();
        versions.sort_by_key(|version| std::cmp::Reverse(priority(version)));
        (group, versions)
    });
    sorted.collect()
}

/// `v2` before `v1` before `v1beta1`.
fn priority(version: &str) -> (u8, u32, u32) {
    let rest = version.strip_prefix('v').unwrap_or(version);
    let number = |text: &str| text.parse().unwrap_or(0);
    for (word, stage) in [("alpha", 0), ("beta", 1)] {
        if let Some((major, minor)) = rest.split_once(word) {
            return (stage, number(major), number(minor));
        }
    }
    (2, number(rest), 0)
}

fn group(name: &str, versions: &[String]) -> Value {
    let entry =
        |version: &String| json!({"groupVersion": format!("{name}/{version}"), "version": version});
    let all: Vec<Value> = versions.iter().map(entry).collect();
    json!({"name": name, "versions": all, "preferredVersion": all.first()})
}

fn of<'a>(kinds: &'a Kinds, group: &str, version: &str) -> Vec<&'a Kind> {
    let all = kinds.all().map(Arc::as_ref);
    all.filter(|kind| kind.group == group && kind.version == version)
        .collect()
}

const VERBS: [&str; 8] = [
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];

fn resources(kinds: &Kinds, group: &str, version: &str) -> Result<Answer, Failure> {
    let found = of(kinds, group, version);
    if found.is_empty() {
        return unknown(kinds, group);
    }
    let mut all = Vec::new();
    for kind in &found {
        let hash = hex(&Sha256::digest(kind.resource()))[..11].to_owned();
        all.push(json!({"name": kind.plural, "singularName": kind.singular, "namespaced": kind.namespaced,
            "kind": kind.name, "verbs": VERBS, "shortNames": kind.short, "categories": kind.categories,
            "storageVersionHash": hash}));
        for (name, kind, sub) in parts(kind) {
            let mut part = json!({"name": format!("{}/{name}", kind.plural), "singularName": "",
                "namespaced": kind.namespaced, "kind": sub, "verbs": ["get", "patch", "update"]});
            if name == "scale" {
                part["group"] = "autoscaling".into();
                part["version"] = "v1".into();
            }
            all.push(part);
        }
    }
    let group_version = found.first().map(|kind| kind.api_version());
    Ok(Answer::json(
        200,
        &json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": all}),
    ))
}

/// The parts of a kind's objects that have addresses of their own.
fn parts(kind: &Kind) -> Vec<(&'static str, &Kind, String)> {
    let mut parts = Vec::new();
    if kind.scale {
        parts.push(("scale", kind, "Scale".to_owned()));
    }
    if kind.status {
        parts.push(("status", kind, kind.name.clone()));
    }
    parts
}

/// A group that is served answers in JSON, one that is not in plain text.
pub(crate) fn unknown(kinds: &Kinds, group: &str) -> Result<Answer, Failure> {
    if kinds.all().any(|kind| kind.group == group) {
        Err(Failure::no_such_resource())
    } else {
        Ok(not_here())
    }
}

fn aggregate(kinds: &Kinds, core: bool) -> Answer {
    let groups = groups(kinds);
    let groups = groups.iter().filter(|(name, _)| name.is_empty() == core);
    let items: Vec<Value> = groups
        .map(|(name, versions)| {
            let versions: Vec<Value> = versions
                .iter()
                .map(|version| aggregate_version(&of(kinds, name, version), version))
                .collect();
            json!({"metadata": {"name": name, "creationTimestamp": null}, "versions": versions})
        })
        .collect();
    let list = json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {}, "items": items});
    Answer {
        content_type: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
        ..Answer::json(200, &list)
    }
}

fn aggregate_version(kinds: &[&Kind], version: &str) -> Value {
    let own = |kind: &Kind, name: &str| json!({"group": kind.group, "version": kind.version, "kind": name});
    let resources: Vec<Value> = kinds
        .iter()
        .map(|kind| {
            let scope = if kind.namespaced { "Namespaced" } else { "Cluster" };
            let mut resource = json!({"resource": kind.plural, "responseKind": own(kind, &kind.name),
                "scope": scope, "singularResource": kind.singular, "verbs": VERBS});
            if !kind.short.is_empty() {
                resource["shortNames"] = json!(kind.short);
            }
            if !kind.categories.is_empty() {
                resource["categories"] = json!(kind.categories);
            }
            let parts: Vec<Value> = parts(kind)
                .into_iter()
                .map(|(name, kind, sub)| {
                    let response = match name {
                        "scale" => json!({"group": "autoscaling", "version": "v1", "kind": "Scale"}),
                        _ => own(kind, &sub),
                    };
                    json!({"subresource": name, "responseKind": response, "verbs": ["get", "patch", "update"]})
                })
                .collect();
            if !parts.is_empty() {
                resource["subresources"] = parts.into();
            }
            resource
        })
        .collect();
    json!({"version": version, "freshness": "Current", "resources": resources})
}

fn index(kinds: &Kinds) -> Value {
    let mut paths = serde_json::Map::new();
    for (group, versions) in groups(kinds) {
        for version in versions {
            let path = match group.as_str() {
                "" => format!("api/{version}"),
                group => format!("apis/{group}/{version}"),
            };
            let text = document(&of(kinds, &group, &version)).to_string();
            let hash = hex(&Sha256::digest(text)).to_uppercase();
            let address = format!("/openapi/v3/{path}?hash={hash}");
            paths.insert(path, json!({"serverRelativeURL": address}));
        }
    }
    json!({"paths": paths})
}

fn openapi(kinds: &Kinds, group: &str, version: &str) -> Result<Answer, Failure> {
    let found = of(kinds, group, version);
    if found.is_empty() {
        return Ok(not_here());
    }
    Ok(Answer::json(200, &document(&found)))
}
