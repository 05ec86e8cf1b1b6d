//! The calls by which something is hung on a resource or taken off it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Attachment;
use super::property::{self, open_document};
use crate::bend::Edit;
use crate::state::Where;
use crate::trail::{By, Event};
use crate::types;

/// The resource that a call is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) place: &'a Where,
    pub(crate) resource_type: &'a str,
    /// Its physical id.
    pub(crate) id: &'a str,
}

/// A call, without who made it and when.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Made {
    pub(crate) source: String,
    pub(crate) name: String,
    pub(crate) parameters: Value,
    pub(crate) response: Value,
    /// Types and names, as LookupEvents tells them.
    pub(crate) resources: Vec<(String, String)>,
}

impl Made {
    /// The call as CloudTrail keeps it.
    pub(crate) fn event(self, id: String, at: Timestamp, by: By) -> Event {
        Event {
            id,
            at,
            by,
            source: self.source,
            name: self.name,
            resources: self.resources,
            parameters: self.parameters,
            response: self.response,
        }
    }
}

/// The call that makes an edit of a resource which before it had these properties.
pub(crate) fn of_edit(subject: &Subject<'_>, before: &Value, edit: &Edit) -> Made {
    if let Some((attachment, adds)) = element_of(subject.resource_type, before, edit) {
        return of(subject, (&attachment, ""), adds);
    }
    let (source, name) = types::call(subject.resource_type, edit);
    let mut parameters = Map::new();
    let key = types::parameter(subject.resource_type).to_owned();
    parameters.insert(key, subject.id.into());
    if let Edit::Set { path, value } | Edit::Add { path, value } = edit {
        let mut property = path.split('/').nth(1).unwrap_or_default().to_owned();
        if let Some(first) = property.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        if !property.is_empty() {
            parameters.insert(property, value.clone());
        }
    }
    plain(subject, (source, name), parameters.into())
}

/// The call that makes a resource.
pub(crate) fn creation(subject: &Subject<'_>, properties: &Value) -> Made {
    let key = types::parameter(subject.resource_type);
    let mut parameters = json!({key: subject.id});
    if let (Some(into), Some(from)) = (parameters.as_object_mut(), properties.as_object()) {
        for (key, value) in from {
            let mut key = key.clone();
            if let Some(first) = key.get_mut(..1) {
                first.make_ascii_lowercase();
            }
            into.entry(key).or_insert_with(|| value.clone());
        }
    }
    let source = types::source(subject.resource_type);
    let name = types::creation(subject.resource_type);
    plain(subject, (source, name), parameters)
}

fn plain(subject: &Subject<'_>, (source, name): (String, String), parameters: Value) -> Made {
    Made {
        source,
        name,
        parameters,
        response: Value::Null,
        resources: vec![named(subject)],
    }
}

/// How CloudTrail names the resource: KMS keys by ARN, others as they are called.
fn named(subject: &Subject<'_>) -> (String, String) {
    let name = match subject.resource_type {
        "AWS::KMS::Key" => arn(subject),
        _ => subject.id.to_owned(),
    };
    (subject.resource_type.to_owned(), name)
}

/// The attachment that an edit adds to one of the resource's own lists or takes from it.
fn element_of(resource_type: &str, before: &Value, edit: &Edit) -> Option<(Attachment, bool)> {
    let (list, element, adds) = match edit {
        Edit::Add { path, value } => (path.strip_prefix('/')?, value.clone(), true),
        Edit::Remove { path } => {
            let (list, _) = path.strip_prefix('/')?.split_once('/')?;
            (list, before.pointer(path)?.clone(), false)
        }
        _ => return None,
    };
    let mut alone = json!({list: [element]});
    if resource_type == "AWS::EC2::SecurityGroup" && list != "SecurityGroupEgress" {
        alone["SecurityGroupEgress"] = json!([]);
    }
    let attachment = property::own(resource_type, &alone).into_iter().next()?;
    Some((attachment, adds))
}

/// The call that hangs a thing of this id on a resource, or takes it off.
pub(crate) fn of(subject: &Subject<'_>, (attachment, id): (&Attachment, &str), adds: bool) -> Made {
    let verb = |on: &str, off: &str| if adds { on.to_owned() } else { off.to_owned() };
    let key = types::parameter(subject.resource_type);
    let holder = subject.resource_type.rsplit(':').next().unwrap_or_default();
    let mut made = Made {
        source: types::source(subject.resource_type),
        name: String::new(),
        parameters: json!({key: subject.id}),
        response: Value::Null,
        resources: vec![named(subject)],
    };
    match attachment {
        Attachment::GroupRule { egress, .. } => {
            let side = if *egress { "Egress" } else { "Ingress" };
            made.name = format!("{}SecurityGroup{side}", verb("Authorize", "Revoke"));
            made.parameters["ipPermissions"] = json!({"items": [permission(attachment)]});
            made.response = json!({"_return": true});
            if adds && !id.is_empty() {
                let rule = json!({"groupOwnerId": subject.place.0, "groupId": subject.id,
                                  "securityGroupRuleId": id, "isEgress": egress});
                made.response["securityGroupRuleSet"] = json!({"items": [rule]});
            }
        }
        Attachment::InlinePolicy { name } => {
            made.name = format!("{}{holder}Policy", verb("Put", "Delete"));
            made.parameters["policyName"] = name.as_str().into();
            if adds {
                let document = open_document().to_string();
                made.parameters["policyDocument"] = document.into();
            }
            made.resources
                .push(("AWS::IAM::Policy".to_owned(), name.clone()));
        }
        Attachment::ManagedPolicy { arn } => {
            made.name = format!("{}{holder}Policy", verb("Attach", "Detach"));
            made.parameters["policyArn"] = arn.as_str().into();
            made.resources
                .push(("AWS::IAM::Policy".to_owned(), arn.clone()));
        }
        Attachment::BucketPolicy { document } => {
            made.name = verb("PutBucketPolicy", "DeleteBucketPolicy");
            made.parameters["Host"] = host(subject).into();
            made.parameters["policy"] = "".into();
            if adds {
                made.parameters["bucketPolicy"] = document.clone();
            }
        }
        Attachment::NoPublicAccessBlock => {
            made.name = verb(
                "DeleteBucketPublicAccessBlock",
                "PutBucketPublicAccessBlock",
            );
            made.parameters["Host"] = host(subject).into();
            made.parameters["publicAccessBlock"] = "".into();
        }
        Attachment::Grant {
            name,
            grantee,
            retiring,
            operations,
        } => {
            made.name = verb("CreateGrant", "RevokeGrant");
            if adds {
                made.parameters["granteePrincipal"] = grantee.as_str().into();
                made.parameters["operations"] = json!(operations);
                for (key, value) in [("name", name), ("retiringPrincipal", retiring)] {
                    if let Some(value) = value {
                        made.parameters[key] = value.as_str().into();
                    }
                }
                made.response = json!({"grantId": id, "keyId": arn(subject)});
            } else {
                made.parameters["grantId"] = id.into();
            }
        }
        Attachment::Route {
            destination,
            target,
            propagated,
        } => route(&mut made, (destination, target), (*propagated, adds)),
        Attachment::Nodegroup { name } => {
            made.name = verb("CreateNodegroup", "DeleteNodegroup");
            made.parameters["nodegroupName"] = name.as_str().into();
            let id = format!("{}/{name}", subject.id);
            made.resources.push(("AWS::EKS::Nodegroup".to_owned(), id));
        }
    }
    made
}

fn route(made: &mut Made, (destination, target): (&str, &str), (propagated, adds): (bool, bool)) {
    if propagated {
        made.name = match adds {
            true => "EnableVgwRoutePropagation".to_owned(),
            false => "DisableVgwRoutePropagation".to_owned(),
        };
        made.parameters["gatewayId"] = target.into();
        return;
    }
    made.name = if adds { "CreateRoute" } else { "DeleteRoute" }.to_owned();
    let hop = crate::live::Hop {
        destination: destination.to_owned(),
        target: target.to_owned(),
        origin: "CreateRoute",
    };
    made.parameters[hop.destination_kind()] = destination.into();
    if adds {
        made.parameters[hop.target_kind()] = target.into();
        made.response = json!({"_return": true});
    }
}

/// The ARN of the resource.
fn arn(subject: &Subject<'_>) -> String {
    let (account, region) = subject.place;
    types::arn_of(subject.resource_type, subject.id, (account, region))
}

fn host(subject: &Subject<'_>) -> String {
    format!("{}.s3.{}.amazonaws.com", subject.id, subject.place.1)
}

/// A rule as EC2's calls tell it.
fn permission(rule: &Attachment) -> Value {
    let Attachment::GroupRule {
        protocol,
        from_port,
        to_port,
        peer,
        description,
        ..
    } = rule
    else {
        return Value::Null;
    };
    let mut out = json!({"ipProtocol": protocol, "groups": {}, "ipRanges": {}, "ipv6Ranges": {}, "prefixListIds": {}});
    if protocol != "-1" {
        for (key, port) in [("fromPort", from_port), ("toPort", to_port)] {
            if let Some(port) = port {
                out[key] = (*port).into();
            }
        }
    }
    let (list, key, value) = match peer.as_str() {
        group if group.contains("sg-") => {
            let (_, id) = group.split_once('/').unwrap_or(("", group));
            ("groups", "groupId", id)
        }
        list if list.starts_with("pl-") => ("prefixListIds", "prefixListId", list),
        range if range.contains(':') => ("ipv6Ranges", "cidrIpv6", range),
        range => ("ipRanges", "cidrIp", range),
    };
    let mut side = json!({key: value});
    if let Some(text) = description {
        side["description"] = text.as_str().into();
    }
    out[list] = json!({"items": [side]});
    out
}
