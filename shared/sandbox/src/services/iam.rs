//! IAM: what roles, users and groups hold.

use std::collections::BTreeSet;

use super::{Ask, page, size};
use crate::answer::{Answer, Failure};
use crate::attach::Attachment;
use crate::form::Form;
use crate::live::View;
use crate::xml::{self, Xml};

pub(crate) const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

const HOLDERS: [&str; 3] = ["Role", "User", "Group"];

pub(super) fn named(form: &Form) -> Vec<String> {
    let keys = ["RoleName", "UserName", "GroupName"];
    let names = keys.into_iter().filter_map(|key| form.get(key));
    names.map(str::to_owned).collect()
}

pub(super) fn answer(ask: &Ask<'_>) -> Result<Answer, Failure> {
    let unknown = || {
        let message = format!(
            "Could not find operation {} for version 2010-05-08",
            ask.operation
        );
        Failure::new(400, "InvalidAction", message)
    };
    let (kind, is_attached) = HOLDERS
        .into_iter()
        .find_map(|kind| match ask.operation {
            call if call == format!("List{kind}Policies") => Some((kind, false)),
            call if call == format!("ListAttached{kind}Policies") => Some((kind, true)),
            _ => None,
        })
        .ok_or_else(unknown)?;
    let key = format!("{kind}Name");
    let name = ask.form.get(&key).ok_or_else(|| {
        let member = key.replacen(kind, &kind.to_lowercase(), 1);
        Failure::validation(format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
        ))
    })?;
    let view = View::global(ask.state, &ask.place.0);
    let items = view.on(&format!("AWS::IAM::{kind}"), name).ok_or_else(|| {
        let kind = kind.to_lowercase();
        let message = format!("The {kind} with name {name} cannot be found.");
        Failure::new(404, "NoSuchEntity", message)
    })?;
    // What is there twice, by hand and by a stack, is there once.
    let rows: BTreeSet<String> = items
        .into_iter()
        .filter_map(|item| match item.attachment {
            Attachment::InlinePolicy { name } if !is_attached => Some(name),
            Attachment::ManagedPolicy { arn } if is_attached => Some(arn),
            _ => None,
        })
        .collect();
    let result = list(ask, rows.into_iter().collect(), is_attached)?;
    let body = xml::answer(ask.operation, NAMESPACE, &result, ask.request_id);
    Ok(Answer::new(200, "text/xml", body))
}

fn list(ask: &Ask<'_>, rows: Vec<String>, is_attached: bool) -> Result<String, Failure> {
    let given = ask.form.get("MaxItems");
    let size = size(given, (1, 1000), 100).ok_or_else(|| {
        let given = given.unwrap_or_default();
        Failure::validation(format!(
            "1 validation error detected: Value '{given}' at 'maxItems' failed to satisfy constraint: Member must have \
             value between 1 and 1000"
        ))
    })?;
    let marker = ask.form.get("Marker");
    let (rows, next) = page(rows, marker, size)
        .map_err(|_| Failure::validation("Invalid Marker: it was not given by the call before"))?;
    let mut xml = Xml::new();
    match is_attached {
        true => xml.list("AttachedPolicies", &rows, |xml, arn| {
            let name = arn.rsplit('/').next().unwrap_or_default();
            xml.text("PolicyName", name).text("PolicyArn", arn);
        }),
        false => xml.element("PolicyNames", |xml| {
            for name in &rows {
                xml.text("member", name);
            }
        }),
    };
    xml.text("IsTruncated", &next.is_some().to_string())
        .maybe("Marker", next.as_deref());
    Ok(xml.into_string())
}
