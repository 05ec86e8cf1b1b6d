//! Who bent a resource.

use domain::attribution::Attribution;
use domain::ports::TrailCall;
use domain::resource::Resource;
use jiff::Timestamp;

use crate::catalogue::How;
use crate::changes::{how, is_of_service, noun};
use crate::names::is_unique;
use crate::region::region_of;

const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";

/// The name of the session in which CloudFormation acts through a stack's role.
const SESSION: &str = "/AWSCloudFormation";

/// What drifted.
#[derive(Clone, Copy, Debug)]
pub struct Drifted<'a> {
    /// The resource; without account or region nobody is named.
    pub resource: &'a Resource,
    /// The paths that differ, `/Tags/0/Value`, `/ManagedPolicyArns[="arn:…"]`;
    /// empty where the resource is gone.
    pub paths: &'a [&'a str],
    /// Ids of the entries that differ where they have ids of their own, `sgr-…`;
    /// else empty.
    pub items: &'a [&'a str],
}

/// The newest call that can have bent a resource, made by somebody other than
/// CloudFormation from the first time to the second, both included.
///
/// It counts if it is of the resource's account, region and service, names the
/// resource, and can change what differs: a tagging call for tags only, and for
/// the types whose calls are known, a call for its own properties only. Where
/// the entries that differ have names (a policy, a grant, a rule's id), it names
/// one of them.
///
/// Where CloudFormation set the same property whole after that, what is there
/// now is its own doing and nobody is named. What it added to a list or took
/// from it leaves what others put there, so it hides nobody.
#[must_use]
pub fn author(
    calls: &[TrailCall],
    (from, to): (Timestamp, Timestamp),
    drifted: &Drifted<'_>,
) -> Option<Attribution> {
    let mut calls: Vec<(&TrailCall, How)> = calls
        .iter()
        .filter(|call| from <= call.at && call.at <= to)
        .filter_map(|call| Some((call, bends(call, drifted)?)))
        .collect();
    // Of two calls in one second, which the record cannot order, it is the same one each time.
    calls.sort_by(|(a, _), (b, _)| (b.at, &b.id).cmp(&(a.at, &a.id)));
    for (call, how) in calls {
        if !is_of_cloudformation(call) {
            return Some(Attribution {
                who: call.who.clone(),
                at: Some(call.at),
                how: call.name.clone(),
                console: call.console,
            });
        }
        if how != How::Part || names_any(call, drifted.items) {
            return None;
        }
    }
    None
}

/// How a call can have changed what drifted; `None` where it cannot.
fn bends(call: &TrailCall, drifted: &Drifted<'_>) -> Option<How> {
    let resource = drifted.resource;
    let kind = resource.kind.as_str();
    let region = region_of(kind, resource.region.as_deref()?);
    let is_there = call.account == resource.account.as_deref()? && call.region == region;
    if !is_there || !is_of_service(kind, &call.source) || !names(call, resource) {
        return None;
    }
    let paths = drifted.paths;
    let tops: Vec<&str> = paths.iter().map(|path| top(path)).collect();
    let can = |properties: &[&str]| how(kind, &call.name, properties);
    let how = can(&tops)?;
    // Each path is asked by itself: a call that is about another entry of this
    // property may still be about one without a name.
    let is_about_one = how != How::Named
        || paths.iter().any(|path| {
            let entry = selected(path);
            can(&[top(path)]).is_some()
                && (entry.is_empty() || entry.iter().any(|name| call.resources.contains(name)))
        });
    (is_about_one && !is_of_other_items(call, drifted.items)).then_some(how)
}

/// Whether a call names entries of the kind that differ, and none of those.
fn is_of_other_items(call: &TrailCall, items: &[&str]) -> bool {
    let prefix = |id: &str| id.split_once('-').map(|(prefix, _)| prefix.to_owned());
    let prefixes: Vec<String> = items.iter().filter_map(|item| prefix(item)).collect();
    let names_such = call.resources.iter().any(|name| {
        is_unique(name) && prefix(name).is_some_and(|prefix| prefixes.contains(&prefix))
    });
    names_such && !names_any(call, items)
}

fn names_any(call: &TrailCall, items: &[&str]) -> bool {
    call.resources
        .iter()
        .any(|name| items.contains(&name.as_str()))
}

fn is_of_cloudformation(call: &TrailCall) -> bool {
    call.invoked_by.as_deref() == Some(CLOUDFORMATION)
        || call.who == CLOUDFORMATION
        || call.who.ends_with(SESSION)
}

/// The property at the top of a path: `ManagedPolicyArns` of `/ManagedPolicyArns[="arn:…"]`.
fn top(path: &str) -> &str {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split(['/', '[']).next().unwrap_or_default()
}

/// The values in the selectors of a path.
fn selected(path: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut rest = path;
    while let Some((_, after)) = rest.split_once('=') {
        rest = after;
        if !after.starts_with('"') {
            let end = after.find([',', ']']).unwrap_or(after.len());
            values.push(after[..end].to_owned());
            continue;
        }
        let mut strings = serde_json::Deserializer::from_str(after).into_iter::<String>();
        match strings.next() {
            Some(Ok(value)) => values.push(value),
            _ => break,
        }
        rest = &after[strings.byte_offset()..];
    }
    values
}

/// Whether a call names a resource. The parts of a compound id
/// (`rtb-…|10.0.0.0/16`) are all named.
fn names(call: &TrailCall, resource: &Resource) -> bool {
    let mut parts = resource.id.split('|');
    !resource.id.is_empty() && parts.all(|part| names_part(call, resource, part))
}

fn names_part(call: &TrailCall, resource: &Resource, id: &str) -> bool {
    let noun = noun(&resource.kind);
    let by_arn = call.resources.iter().any(|name| {
        Arn::read(name).is_some_and(|arn| {
            arn.is_in(resource) && (arn.names(noun, id) || queue_of(id) == Some(arn.rest))
        })
    });
    let as_is = || call.resources.iter().any(|name| name == id);
    if by_arn {
        return true;
    }
    if is_unique(id) {
        return as_is() || Arn::read(id).is_some_and(|arn| arn.is_named_by(call));
    }
    // A word alone may be a name of anything that the call is about.
    let with_kind: Vec<&str> = call
        .resources
        .iter()
        .filter_map(|name| name.strip_suffix(id)?.strip_suffix('/'))
        .filter(|kind| !kind.contains([':', '/']))
        .collect();
    if with_kind.is_empty() {
        as_is()
    } else {
        with_kind.iter().any(|kind| kind.eq_ignore_ascii_case(noun))
    }
}

/// The name in a queue's address.
fn queue_of(id: &str) -> Option<&str> {
    id.split_once("://")
        .and_then(|_| id.rsplit_once('/'))
        .map(|(_, name)| name)
}

/// The parts of an ARN that tell a resource.
struct Arn<'a> {
    service: &'a str,
    region: &'a str,
    account: &'a str,
    /// `role/path/name`, `function:name`, `name`.
    rest: &'a str,
}

impl<'a> Arn<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("arn:")?.splitn(5, ':').skip(1);
        Some(Self {
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            rest: parts.next()?,
        })
    }

    /// Whether it is of the service, region and account of a resource.
    fn is_in(&self, resource: &Resource) -> bool {
        let fits = |part: &str, of: Option<&str>| part.is_empty() || Some(part) == of;
        is_of_service(&resource.kind, self.service)
            && fits(self.region, resource.region.as_deref())
            && fits(self.account, resource.account.as_deref())
    }

    /// Whether its resource is of a kind and has a name; or only has the name,
    /// where the service has no kinds.
    fn names(&self, noun: &str, name: &str) -> bool {
        match self.rest.split_once([':', '/']) {
            None => self.rest == name,
            Some((kind, rest)) => {
                let last = rest.rsplit('/').next() == Some(name);
                kind.eq_ignore_ascii_case(noun) && (rest == name || last)
            }
        }
    }

    /// Whether a call names all the parts of its resource by themselves:
    /// service and cluster of `service/cluster/name`.
    fn is_named_by(&self, call: &TrailCall) -> bool {
        let mut parts = self.rest.split('/');
        let (Some(kind), Some(name)) = (parts.next(), parts.next_back()) else {
            return false;
        };
        let is_named = |text: &str| call.resources.iter().any(|known| known == text);
        is_named(&format!("{kind}/{name}")) && parts.all(is_named)
    }
}
