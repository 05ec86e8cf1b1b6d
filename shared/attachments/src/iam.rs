//! Policies of roles, users and groups.

use aws::{Access, Service};
use domain::ports::{Holder, PortError};

use crate::ask::{About, query};
use crate::pages::Pages;
use crate::xml::{Damaged, Element};

const IAM: Service = Service {
    name: "iam",
    id: "IAM",
};
const VERSION: &str = "2010-05-08";

/// Entries of a page; the most that the API allows.
const PAGE: &str = "1000";

/// Names of inline policies.
pub(crate) async fn inline(access: &Access, holder: &Holder) -> Result<Vec<String>, PortError> {
    let op = match holder {
        Holder::Role(_) => "iam:ListRolePolicies",
        Holder::User(_) => "iam:ListUserPolicies",
        Holder::Group(_) => "iam:ListGroupPolicies",
    };
    list(access, (op, holder), |result| {
        result.texts("PolicyNames", "member")
    })
    .await
}

/// ARNs of attached policies.
pub(crate) async fn attached(access: &Access, holder: &Holder) -> Result<Vec<String>, PortError> {
    let op = match holder {
        Holder::Role(_) => "iam:ListAttachedRolePolicies",
        Holder::User(_) => "iam:ListAttachedUserPolicies",
        Holder::Group(_) => "iam:ListAttachedGroupPolicies",
    };
    list(access, (op, holder), |result| {
        result
            .list("AttachedPolicies", "member")?
            .iter()
            .map(|entry| entry.needs_text("PolicyArn").map(str::to_owned))
            .collect()
    })
    .await
}

async fn list(
    access: &Access,
    (op, holder): (&'static str, &Holder),
    read: impl Fn(&Element) -> Result<Vec<String>, Damaged>,
) -> Result<Vec<String>, PortError> {
    let (kind, parameter, name) = match holder {
        Holder::Role(name) => ("role", "RoleName", name),
        Holder::User(name) => ("user", "UserName", name),
        Holder::Group(name) => ("group", "GroupName", name),
    };
    let about = About { op, kind, name };
    let unreadable = |damaged| about.unreadable(&access.place, damaged);
    let action = op.rsplit(':').next().unwrap_or_default();
    let mut pages = Pages::new("Marker");
    let mut found = Vec::new();
    loop {
        let mut parameters = vec![
            (parameter.to_owned(), name.as_str()),
            ("MaxItems".to_owned(), PAGE),
        ];
        if let Some(token) = &pages.token {
            parameters.push(("Marker".to_owned(), token));
        }
        let page = query(access, (&IAM, VERSION), about, &parameters).await?;
        let result = page.needs(&format!("{action}Result")).map_err(unreadable)?;
        found.extend(read(result).map_err(unreadable)?);
        let more = result.flag("IsTruncated").map_err(unreadable)?;
        let marker = result.text("Marker").map_err(unreadable)?;
        let more = pages
            .turn_if(more.unwrap_or(false), marker)
            .map_err(|what| about.unreadable(&access.place, what))?;
        if !more {
            return Ok(found);
        }
    }
}
