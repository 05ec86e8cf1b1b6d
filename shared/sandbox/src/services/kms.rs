//! KMS: policies of keys and their grants.

use serde_json::{Value, json};

use super::{Ask, page};
use crate::answer::{Answer, Failure};
use crate::attach::Attachment;
use crate::live::{Item, View, key_policy};

pub(super) fn named(body: &[u8]) -> Vec<String> {
    let ask: Value = serde_json::from_slice(body).unwrap_or_default();
    ask["KeyId"]
        .as_str()
        .map(id)
        .map(str::to_owned)
        .into_iter()
        .collect()
}

/// A key's id out of its ARN, or as it is.
fn id(key: &str) -> &str {
    key.rsplit_once(":key/").map_or(key, |(_, id)| id)
}

pub(super) fn answer(ask: &Ask<'_>) -> Result<Answer, Failure> {
    let request: Value = serde_json::from_slice(ask.body)
        .map_err(|_| Failure::new(400, "SerializationException", "not JSON"))?;
    let given = request["KeyId"].as_str().ok_or_else(|| {
        let message = "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not \
                       be null";
        Failure::new(400, "ValidationException", message)
    })?;
    let (account, region) = ask.place;
    let arn = format!("arn:aws:kms:{region}:{account}:key/{}", id(given));
    let not_found = |message: String| Failure::new(400, "NotFoundException", message);
    let missing = || not_found(format!("Key '{arn}' does not exist"));
    let is_here = given == id(given) || given == arn;
    let view = View::of(ask.state, ask.place);
    let found = view.find("AWS::KMS::Key", id(given)).filter(|_| is_here);
    let (_, properties) = found.ok_or_else(missing)?;
    match ask.operation {
        "GetKeyPolicy" => match request["PolicyName"].as_str() {
            None | Some("default") => {
                let policy = key_policy(account, &properties).to_string();
                Ok(super::json(
                    &json!({"Policy": policy, "PolicyName": "default"}),
                ))
            }
            Some(_) => Err(not_found("No such policy exists".to_owned())),
        },
        "ListGrants" => {
            let items = view.items("AWS::KMS::Key", Some(&[id(given)]));
            grants(&request, items, &arn)
        }
        _ => Err(Failure::new(400, "UnknownOperationException", "")),
    }
}

fn grants(request: &Value, items: Vec<Item>, arn: &str) -> Result<Answer, Failure> {
    let size = match &request["Limit"] {
        Value::Null => 50,
        limit => match limit.as_u64().and_then(|limit| usize::try_from(limit).ok()) {
            Some(limit) if (1..=100).contains(&limit) => limit,
            _ => {
                let message = "1 validation error detected: Value at 'limit' failed to satisfy constraint: Member must \
                               have value between 1 and 100";
                return Err(Failure::new(400, "ValidationException", message));
            }
        },
    };
    let rows = items.into_iter().filter_map(|item| grant(&item, arn));
    let (rows, next) = page(rows.collect(), request["Marker"].as_str(), size)
        .map_err(|_| Failure::new(400, "InvalidMarkerException", "The marker is not valid"))?;
    let mut answer = json!({"Grants": rows, "Truncated": next.is_some()});
    if let Some(next) = next {
        answer["NextMarker"] = next.into();
    }
    Ok(super::json(&answer))
}

fn grant(item: &Item, arn: &str) -> Option<Value> {
    let Attachment::Grant {
        name,
        grantee,
        retiring,
        operations,
    } = &item.attachment
    else {
        return None;
    };
    let mut grant = json!({
        "KeyId": arn,
        "GrantId": item.id,
        "Name": name.as_deref().unwrap_or_default(),
        "CreationDate": item.made,
        "GranteePrincipal": grantee,
        "IssuingAccount": item.issuer,
        "Operations": operations,
    });
    if let Some(retiring) = retiring {
        grant["RetiringPrincipal"] = retiring.as_str().into();
    }
    Some(grant)
}
