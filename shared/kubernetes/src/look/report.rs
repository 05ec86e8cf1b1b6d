//! What was found out, as the ledger's words have it.

use domain::identity::Identity;
use domain::layer::Layer;
use domain::look::{Aside, Gap, Modified, Observed, Pending, Verdict};
use domain::ports::{Kind, ObjectName};
use domain::resource::Resource;

use super::Seen;
use crate::object::Outcome;

/// The resource as reports name it.
pub(crate) fn resource(cluster: &str, name: &ObjectName) -> Resource {
    Resource {
        kind: name.kind.type_name(),
        id: match &name.namespace {
            Some(namespace) => format!("{namespace}/{}", name.name),
            None => name.name.clone(),
        },
        name: name.name.clone(),
        namespace: name.namespace.clone(),
        cluster: Some(cluster.to_owned()),
        ..Resource::default()
    }
}

/// The identity of an object on a layer.
pub(crate) fn identity(cluster: &str, name: &ObjectName, layer: Layer) -> Identity {
    let kind = (name.kind.group.as_str(), name.kind.name.as_str());
    let object = (name.namespace.as_deref(), name.name.as_str());
    Identity::object(layer, cluster, kind, object)
}

/// The layer of an object as a whole.
pub(crate) fn layer(name: &ObjectName) -> Layer {
    Layer::of_object(&name.kind.type_name(), None)
}

/// One entry that says one thing of an object.
pub(crate) fn single(cluster: &str, name: &ObjectName, verdict: Verdict) -> Seen {
    Seen {
        observed: Observed {
            resource: resource(cluster, name),
            identity: identity(cluster, name, layer(name)),
            verdict,
            aside: Aside::default(),
        },
        refusal: None,
    }
}

/// The objects of a kind in a namespace, of which nothing is known.
pub(crate) fn unlisted(cluster: &str, kind: &Kind, namespace: &str, gap: Gap) -> Seen {
    let all = ObjectName {
        kind: kind.clone(),
        namespace: Some(namespace.to_owned()),
        name: "*".to_owned(),
    };
    single(cluster, &all, Verdict::Unknown(gap))
}

/// What came out of an object, on the layers on which it has something to say.
pub(crate) fn entries(
    cluster: &str,
    name: &ObjectName,
    outcome: Outcome,
    pending: Vec<Pending>,
) -> Vec<Seen> {
    let Outcome {
        verdict,
        mut aside,
        refusal,
    } = outcome;
    aside.pending = pending;
    let whole = layer(name);
    let is_compared = matches!(verdict, Verdict::InSync | Verdict::Modified(_));
    if whole == Layer::Kubernetes || !is_compared {
        let mut seen = single(cluster, name, verdict);
        seen.observed.aside = aside;
        seen.refusal = refusal;
        return vec![seen];
    }
    let type_name = name.kind.type_name();
    let is_content = |path: &str| Layer::of_object(&type_name, Some(path)) == Layer::Configuration;
    let (content, rest) = split(verdict, is_content);
    let (of_content, of_rest) = split_aside(aside, is_content);
    [
        (Layer::Configuration, content, of_content),
        (Layer::Kubernetes, rest, of_rest),
    ]
    .into_iter()
    .map(|(layer, verdict, aside)| Seen {
        refusal: refusal
            .clone()
            .filter(|_| matches!(verdict, Verdict::Modified(_))),
        observed: Observed {
            resource: resource(cluster, name),
            identity: identity(cluster, name, layer),
            verdict,
            aside,
        },
    })
    .collect()
}

fn split(verdict: Verdict, is_content: impl Fn(&str) -> bool) -> (Verdict, Verdict) {
    let Verdict::Modified(modified) = verdict else {
        return (verdict.clone(), verdict);
    };
    let (content, rest): (Vec<_>, Vec<_>) = modified
        .differences
        .iter()
        .cloned()
        .partition(|it| is_content(&it.path));
    let part = |differences: Vec<_>| {
        if differences.is_empty() {
            Verdict::InSync
        } else {
            Verdict::Modified(Modified {
                differences,
                ..modified.clone()
            })
        }
    };
    (part(content), part(rest))
}

/// Counts and what is about the whole object stay with the content.
fn split_aside(aside: Aside, is_content: impl Fn(&str) -> bool) -> (Aside, Aside) {
    let (own, others) = aside
        .not_ours
        .into_iter()
        .partition(|it| is_content(&it.path));
    let (ahead, behind) = aside
        .pending
        .into_iter()
        .partition(|it| it.path.as_deref().is_none_or(&is_content));
    let content = Aside {
        not_ours: own,
        same_meaning: aside.same_meaning,
        pending: ahead,
    };
    let rest = Aside {
        not_ours: others,
        pending: behind,
        ..Aside::default()
    };
    (content, rest)
}
