//! Policies and grants of keys.

use aws::{Access, Service};
use domain::ports::{Grant, PortError};
use serde_json::{Value, json};

use crate::ask::{About, json as ask};
use crate::pages::Pages;

const KMS: Service = Service {
    name: "kms",
    id: "KMS",
};

/// Grants of a page; the most that the API allows.
const PAGE: u32 = 100;

/// The only policy that a key has.
const NAME: &str = "default";

/// A key's policy.
pub(crate) async fn policy(access: &Access, key: &str) -> Result<Value, PortError> {
    let about = About {
        op: "kms:GetKeyPolicy",
        kind: "key",
        name: key,
    };
    let target = (&KMS, "TrentService.GetKeyPolicy");
    let body = json!({"KeyId": key, "PolicyName": NAME});
    let answer = ask(access, target, about, &body).await?;
    let text = answer["Policy"]
        .as_str()
        .ok_or_else(|| about.unreadable(&access.place, "the answer has no Policy"))?;
    serde_json::from_str(text)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| about.unreadable(&access.place, "the policy is not a JSON object"))
}

/// A key's grants.
pub(crate) async fn grants(access: &Access, key: &str) -> Result<Vec<Grant>, PortError> {
    let about = About {
        op: "kms:ListGrants",
        kind: "key",
        name: key,
    };
    let unreadable = |what: String| about.unreadable(&access.place, what);
    let mut pages = Pages::new("NextMarker");
    let mut found = Vec::new();
    loop {
        let mut body = json!({"KeyId": key, "Limit": PAGE});
        if let Some(token) = &pages.token {
            body["Marker"] = json!(token);
        }
        let page = ask(access, (&KMS, "TrentService.ListGrants"), about, &body).await?;
        let rows = page["Grants"]
            .as_array()
            .ok_or_else(|| unreadable("the answer has no Grants".to_owned()))?;
        for row in rows {
            found.push(grant(row).map_err(unreadable)?);
        }
        let more = match &page["Truncated"] {
            Value::Bool(more) => *more,
            Value::Null => false,
            _ => return Err(unreadable("Truncated is not true or false".to_owned())),
        };
        let marker = page["NextMarker"].as_str();
        if !pages.turn_if(more, marker).map_err(unreadable)? {
            return Ok(found);
        }
    }
}

fn grant(row: &Value) -> Result<Grant, String> {
    let text = |name: &str| {
        let text = row[name].as_str().filter(|text| !text.is_empty());
        text.map(str::to_owned)
    };
    let needs = |value: Option<String>, name: &str| {
        value.ok_or_else(|| format!("the answer has a grant without {name}"))
    };
    let operations = row["Operations"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|operation| operation.as_str().map(str::to_owned))
        .collect::<Option<Vec<_>>>()
        .filter(|operations| !operations.is_empty())
        .ok_or("the answer has a grant without Operations")?;
    // A service has a field of its own where it is the grantee by its name.
    let grantee = text("GranteePrincipal").or_else(|| text("GranteeServicePrincipal"));
    Ok(Grant {
        id: needs(text("GrantId"), "GrantId")?,
        name: text("Name"),
        grantee: needs(grantee, "GranteePrincipal")?,
        retiring: text("RetiringPrincipal").or_else(|| text("RetiringServicePrincipal")),
        issuer: text("IssuingAccount"),
        operations,
    })
}
