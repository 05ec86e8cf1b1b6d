//! What the tests share: a stack's words, a look at it, and what it comes to.

use domain::identity::Identity;
use domain::look::{Aside, Modified, Observed, Verdict};
use domain::ports::{GroupRule, Holder, Route};
use domain::resource::Resource;
use domain::stack::Declared;
use domain::testing::block_on;
use serde_json::Value;

use crate::index::Others;
use crate::testing::MemoryAttachments;
use crate::{Seen, complete, declared, live, parents};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-west-1";

/// What a stack says of a resource, whose logical id is its physical one.
pub(crate) fn said(resource_type: &str, physical_id: &str, expected: Value) -> Declared {
    Declared {
        logical_id: physical_id.to_owned(),
        resource_type: resource_type.to_owned(),
        physical_id: physical_id.to_owned(),
        expected: Some(expected),
    }
}

/// A resource of which CloudFormation does not say what its stack says.
pub(crate) fn unsaid(resource_type: &str, physical_id: &str) -> Declared {
    Declared {
        expected: None,
        ..said(resource_type, physical_id, Value::Null)
    }
}

pub(crate) fn observed(it: &Declared, verdict: Verdict) -> Observed {
    Observed {
        resource: Resource {
            kind: it.resource_type.clone(),
            id: it.physical_id.clone(),
            name: it.logical_id.clone(),
            account: Some(ACCOUNT.to_owned()),
            region: Some(REGION.to_owned()),
            ..Resource::default()
        },
        identity: Identity::stack_resource(ACCOUNT, REGION, "stack", &it.logical_id),
        verdict,
        aside: Aside::default(),
    }
}

/// What CloudFormation says of each resource.
pub(crate) type Verdicts<'a> = &'a dyn Fn(&Declared) -> Verdict;

/// A whole look at a stack whose resources have these verdicts.
pub(crate) fn look(
    port: &MemoryAttachments,
    (stack, verdict): (&[Declared], Verdicts<'_>),
    others: &Others,
) -> Vec<Observed> {
    let mut resources: Vec<Observed> = stack.iter().map(|it| observed(it, verdict(it))).collect();
    let live = block_on(live(port, &parents(stack), &declared(stack)));
    let seen = Seen {
        declared: stack,
        live: &live,
        others,
    };
    complete(&mut resources, &seen);
    resources
}

/// What a look at a stack in sync comes to: `id path`, potential ones with a `?`.
pub(crate) fn found(port: &MemoryAttachments, stack: &[Declared]) -> Vec<String> {
    found_beside(port, stack, &Others::default())
}

pub(crate) fn found_beside(
    port: &MemoryAttachments,
    stack: &[Declared],
    others: &Others,
) -> Vec<String> {
    told(&look(port, (stack, &|_| Verdict::InSync), others))
}

pub(crate) fn told(resources: &[Observed]) -> Vec<String> {
    let mut lines = Vec::new();
    for it in resources {
        let id = &it.resource.id;
        match &it.verdict {
            Verdict::InSync => {}
            Verdict::Modified(Modified {
                differences,
                unread,
                ..
            }) => {
                lines.extend(differences.iter().map(|difference| {
                    let mark = if difference.potential { " ?" } else { "" };
                    format!("{id} {}{mark}", difference.path)
                }));
                lines.extend(unread.iter().map(|gap| format!("{id} {}", gap.reason)));
            }
            Verdict::Unknown(gap) => lines.push(format!("{id} {}", gap.reason)),
            other => lines.push(format!("{id} {other:?}")),
        }
    }
    lines
}

/// A rule that lets TCP in to one port from a range.
pub(crate) fn rule(id: &str, group: &str, port: i64, cidr: &str) -> GroupRule {
    GroupRule {
        id: id.to_owned(),
        group: group.to_owned(),
        protocol: "tcp".to_owned(),
        from_port: Some(port),
        to_port: Some(port),
        cidr_ipv4: Some(cidr.to_owned()),
        ..GroupRule::default()
    }
}

/// The rule that EC2 gives a new group.
pub(crate) fn all_out(group: &str) -> GroupRule {
    GroupRule {
        id: format!("sgr-out-{group}"),
        group: group.to_owned(),
        is_egress: true,
        protocol: "-1".to_owned(),
        from_port: Some(-1),
        to_port: Some(-1),
        cidr_ipv4: Some("0.0.0.0/0".to_owned()),
        ..GroupRule::default()
    }
}

pub(crate) fn route(table: &str, cidr: &str, target: &str) -> Route {
    Route {
        table: table.to_owned(),
        destination_kind: "DestinationCidrBlock".to_owned(),
        destination: cidr.to_owned(),
        target_kind: "GatewayId".to_owned(),
        target: target.to_owned(),
        origin: if target == "local" {
            "CreateRouteTable"
        } else {
            "CreateRoute"
        }
        .to_owned(),
    }
}

pub(crate) fn role(name: &str) -> Holder {
    Holder::Role(name.to_owned())
}
