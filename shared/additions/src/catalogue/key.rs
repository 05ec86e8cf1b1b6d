//! The policy and the grants of a KMS key.
//!
//! A key always has one policy. Where the template gives it, CloudFormation
//! compares it; where not, KMS gives the key its default one, and any other is
//! an addition. Grants stand in no template at all: those that are not made by
//! AWS services for themselves are additions.

use domain::ports::{Attachments, Grant, PortError};
use domain::stack::Declared;
use serde_json::{Map, Value, json};

use crate::item::{Claim, Item, Kind, Parent};
use crate::said::properties;

/// The key's policy.
pub(crate) const POLICY: &str = "KeyPolicy";

/// The key's grants.
pub(crate) const GRANTS: &str = "Grants";

/// What a key says of itself.
pub(super) fn inline_claims(it: &Declared) -> Vec<Claim> {
    let Some(parent) = Parent::of(Kind::Key, &it.physical_id) else {
        return Vec::new();
    };
    let fields = match properties(it).map(|said| said.get(POLICY)) {
        None => Value::Null,
        Some(None | Some(Value::Null)) => return Vec::new(),
        Some(Some(_)) => json!({}),
    };
    vec![Claim::inline(&parent, Item::new(POLICY, fields))]
}

/// What is there on one key; `skip` names what need not be asked for.
pub(crate) async fn live(
    port: &dyn Attachments,
    parent: &Parent,
    skip: &[&str],
) -> Result<Vec<Item>, PortError> {
    let mut items = Vec::new();
    if !skip.contains(&POLICY) {
        items.push(Item::new(POLICY, port.key_policy(&parent.id).await?));
    }
    let grants = port.grants(&parent.id).await?;
    items.extend(grants.into_iter().map(item));
    Ok(items)
}

fn item(grant: Grant) -> Item {
    let mut fields = Map::new();
    fields.insert("GrantId".to_owned(), grant.id.into());
    let texts = [
        ("Name", grant.name),
        ("GranteePrincipal", Some(grant.grantee)),
        ("RetiringPrincipal", grant.retiring),
        ("IssuingAccount", grant.issuer),
    ];
    for (name, text) in texts {
        if let Some(text) = text.filter(|it| !it.is_empty()) {
            fields.insert(name.to_owned(), text.into());
        }
    }
    fields.insert("Operations".to_owned(), grant.operations.into());
    Item::new(GRANTS, Value::Object(fields))
}

/// Whether AWS put it there, for a key of this account.
pub(crate) fn is_own(item: &Item, account: &str) -> bool {
    match item.property.as_str() {
        POLICY => is_default(&item.fields, account),
        GRANTS => is_services(&item.fields, account),
        _ => false,
    }
}

/// The policy of a key that was made without one: its account may do
/// everything, and nothing else stands there (KMS Developer Guide, default key policy).
fn is_default(policy: &Value, account: &str) -> bool {
    let Some([statement]) = policy
        .get("Statement")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    else {
        return false;
    };
    let principal = statement
        .get("Principal")
        .and_then(Value::as_object)
        .filter(|it| it.len() == 1)
        .and_then(|it| it.get("AWS"))
        .and_then(Value::as_str);
    let is_account = principal.is_some_and(|principal| {
        principal == account
            || (principal.starts_with("arn:aws")
                && principal.ends_with(&format!(":iam::{account}:root")))
    });
    is_account
        && statement.get("Effect") == Some(&json!("Allow"))
        && statement.get("Action") == Some(&json!("kms:*"))
        && statement.get("Resource") == Some(&json!("*"))
        && statement.as_object().is_some_and(|it| {
            it.keys().all(|name| {
                ["Sid", "Effect", "Principal", "Action", "Resource"].contains(&name.as_str())
            })
        })
}

/// A grant that a service made for itself: it is given to the service, or the
/// service retires it, or a service's own role made it.
fn is_services(grant: &Value, account: &str) -> bool {
    let text = |name: &str| grant.get(name).and_then(Value::as_str).unwrap_or_default();
    let (grantee, retiring) = (text("GranteePrincipal"), text("RetiringPrincipal"));
    let issuer = text("IssuingAccount");
    is_service(grantee)
        || (is_service(retiring) && is_local(grantee, account))
        || is_service(issuer)
        || is_services_session(grantee, account)
        || is_services_role(issuer, account)
}

/// Whether a principal belongs to the key's own account. CreateGrant takes a
/// service as who retires a grant from anybody, so that alone does not let another account in.
fn is_local(principal: &str, account: &str) -> bool {
    arn(principal, "iam", account).is_some() || arn(principal, "sts", account).is_some()
}

/// `rds.amazonaws.com`, `dynamodb.eu-west-1.amazonaws.com`: the whole of it, so that no name of a role does.
fn is_service(principal: &str) -> bool {
    let bare = principal
        .strip_suffix(".amazonaws.com")
        .or_else(|| principal.strip_suffix(".amazonaws.com.cn"));
    bare.is_some_and(|it| {
        !it.is_empty()
            && it
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
    })
}

/// `arn:aws:sts::ACCOUNT:assumed-role/aws:ec2-infrastructure/i-…`: no role that
/// a person makes may have a colon in its name. That of another account is not for us.
fn is_services_session(principal: &str, account: &str) -> bool {
    arn(principal, "sts", account).is_some_and(|it| it.starts_with("assumed-role/aws:"))
}

/// A role that only its service can assume.
fn is_services_role(principal: &str, account: &str) -> bool {
    arn(principal, "iam", account).is_some_and(|it| it.starts_with("role/aws-service-role/"))
        || arn(principal, "sts", account)
            .is_some_and(|it| it.starts_with("assumed-role/AWSServiceRoleFor"))
}

/// What an ARN of that service and account names.
fn arn<'a>(text: &'a str, service: &str, account: &str) -> Option<&'a str> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, of, "", owner, name] if of == service && owner == account => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
