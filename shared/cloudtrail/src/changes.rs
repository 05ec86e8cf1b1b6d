//! Which calls change which properties of a resource.
//!
//! For the types in [`CATALOGUE`] exactly; for all others by the names that AWS
//! gives its calls: a verb that changes, then the type. In doubt a call does not
//! change a property, and nobody is named.

use crate::catalogue::{CATALOGUE, Change, How};

/// Calls that set a resource's tags whole; all other tagging adds and removes.
const TAGS_WHOLE: [&str; 2] = ["DeleteBucketTagging", "PutBucketTagging"];

/// First words of calls that change what a resource is.
const VERBS: [&str; 28] = [
    "Add",
    "Apply",
    "Associate",
    "Attach",
    "Authorize",
    "Cancel",
    "Change",
    "Create",
    "Delete",
    "Deregister",
    "Detach",
    "Disable",
    "Disassociate",
    "Enable",
    "Modify",
    "Move",
    "Put",
    "Register",
    "Remove",
    "Replace",
    "Reset",
    "Restore",
    "Resume",
    "Revoke",
    "Set",
    "Suspend",
    "Terminate",
    "Update",
];

/// First words of calls that take a resource away.
const ENDS: [&str; 4] = ["Delete", "Deregister", "Remove", "Terminate"];

/// How a call can have changed one of the properties of a resource of a type;
/// `None` where it cannot. `properties` are the first parts of the paths that
/// differ; empty where the resource is gone.
pub(crate) fn how(kind: &str, call: &str, properties: &[&str]) -> Option<How> {
    let call = unversioned(call);
    if properties.is_empty() {
        return takes_away(kind, call).then_some(How::Whole);
    }
    if is_tagging(call) {
        let on_tags = properties.iter().any(|property| is_of_tags(property));
        let how = if TAGS_WHOLE.contains(&call) {
            How::Whole
        } else {
            How::Part
        };
        return on_tags.then_some(how);
    }
    let others = || properties.iter().filter(|property| !is_of_tags(property));
    if let Some((_, changes)) = CATALOGUE.iter().find(|(of, _)| *of == kind) {
        let of_call = changes.iter().filter(|change| change.calls.contains(&call));
        let fits = |change: &&Change| {
            others().any(|property| {
                change.properties.is_empty() || change.properties.contains(property)
            })
        };
        return of_call.clone().find(fits).map(|change| change.how);
    }
    (others().next().is_some() && changes_by_name(kind, call)).then_some(How::Whole)
}

/// Whether a service is the one whose calls change a type.
pub(crate) fn is_of_service(kind: &str, source: &str) -> bool {
    let service = kind.split("::").nth(1).unwrap_or_default();
    let own = match service {
        "ApiGatewayV2" => "apigateway",
        "CertificateManager" => "acm",
        "CloudWatch" => "monitoring",
        "Cognito" if kind.contains("IdentityPool") => "cognito-identity",
        "Cognito" => "cognito-idp",
        "DocDB" | "Neptune" => "rds",
        "EFS" => "elasticfilesystem",
        "ElasticLoadBalancingV2" => "elasticloadbalancing",
        "Elasticsearch" | "OpenSearchService" => "es",
        "KinesisFirehose" => "firehose",
        "MSK" => "kafka",
        "StepFunctions" => "states",
        "ApplicationAutoScaling" => "autoscaling",
        other => &other.to_ascii_lowercase(),
    };
    source.split('.').next() == Some(own)
}

/// The last part of a type, `Role`.
pub(crate) fn noun(kind: &str) -> &str {
    kind.rsplit("::").next().unwrap_or_default()
}

/// Some services write their API's version behind a call's name.
fn unversioned(call: &str) -> &str {
    let is_year = |start: usize| {
        let four = call.as_bytes().get(start..start + 4);
        four.is_some_and(|four| four.iter().all(u8::is_ascii_digit))
    };
    let end = (1..call.len()).find(|start| call.is_char_boundary(*start) && is_year(*start));
    &call[..end.unwrap_or(call.len())]
}

fn is_of_tags(property: &str) -> bool {
    matches!(
        property,
        "Tags" | "TagList" | "HostedZoneTags" | "FileSystemTags"
    )
}

fn is_tagging(call: &str) -> bool {
    let starts = ["Tag", "Untag"]
        .iter()
        .filter_map(|start| call.strip_prefix(start))
        .any(|rest| !rest.starts_with(|next: char| next.is_ascii_lowercase()));
    starts
        || VERBS
            .iter()
            .filter_map(|verb| call.strip_prefix(verb))
            .any(|rest| {
                rest.starts_with("Tags") || rest.ends_with("Tagging") || rest.ends_with("Tags")
            })
}

/// `ModifyDBInstance`, `UpdateFunctionConfiguration`; of calls that create only
/// that of the type itself, since others name it as what they hang on.
fn changes_by_name(kind: &str, call: &str) -> bool {
    let noun = noun(kind);
    VERBS
        .iter()
        .filter_map(|verb| Some((*verb, after_noun(call.strip_prefix(verb)?, noun)?)))
        .any(|(verb, rest)| {
            let is_plain = rest.is_empty() || rest == "s";
            match verb {
                // It is still there, so nobody has taken it away.
                "Create" => is_plain,
                _ if ENDS.contains(&verb) => !is_plain && is_word(rest),
                _ => is_plain || is_word(rest),
            }
        })
}

/// What follows a type's name in a call's. Types write `VPC` and calls `Vpc`.
fn after_noun<'a>(rest: &'a str, noun: &str) -> Option<&'a str> {
    let (start, end) = rest.split_at_checked(noun.len())?;
    start.eq_ignore_ascii_case(noun).then_some(end)
}

fn is_word(rest: &str) -> bool {
    rest.starts_with(|next: char| next.is_ascii_uppercase())
}

fn takes_away(kind: &str, call: &str) -> bool {
    if kind == "AWS::KMS::Key" {
        return call == "ScheduleKeyDeletion";
    }
    // A rule of a group goes by the group's calls, which name it.
    match kind {
        "AWS::EC2::SecurityGroupIngress" => return call == "RevokeSecurityGroupIngress",
        "AWS::EC2::SecurityGroupEgress" => return call == "RevokeSecurityGroupEgress",
        _ => {}
    }
    let noun = noun(kind);
    ENDS.iter()
        .filter_map(|verb| after_noun(call.strip_prefix(verb)?, noun))
        .any(|rest| rest.is_empty() || rest == "s")
}
