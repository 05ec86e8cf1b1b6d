//! EKS: node groups of clusters.

use serde_json::json;

use super::{Ask, page, parameter, size};
use crate::answer::{Answer, Failure};
use crate::attach::Attachment;
use crate::form::decode;
use crate::live::View;

/// The cluster of `/clusters/NAME/node-groups`.
fn cluster(path: &str) -> Option<String> {
    let name = path
        .strip_prefix("/clusters/")?
        .strip_suffix("/node-groups")?;
    (!name.is_empty() && !name.contains('/')).then(|| decode(name))
}

pub(super) fn operation(method: &str, path: &str) -> String {
    match (method, cluster(path)) {
        ("GET", Some(_)) => "ListNodegroups",
        _ => "unknown",
    }
    .to_owned()
}

pub(super) fn named(path: &str) -> Vec<String> {
    cluster(path).into_iter().collect()
}

pub(super) fn answer(ask: &Ask<'_>) -> Result<Answer, Failure> {
    let invalid = |message: &str| Failure::new(400, "InvalidParameterException", message);
    let name = cluster(ask.path).filter(|_| ask.operation == "ListNodegroups");
    let name = name.ok_or_else(|| invalid("the sandbox does not serve this operation"))?;
    let view = View::of(ask.state, ask.place);
    let items = view.on("AWS::EKS::Cluster", &name).ok_or_else(|| {
        let message = format!("No cluster found for name: {name}.");
        Failure::new(404, "ResourceNotFoundException", message)
    })?;
    let mut names: Vec<_> = items
        .into_iter()
        .filter_map(|item| match item.attachment {
            Attachment::Nodegroup { name } => Some(name),
            _ => None,
        })
        .collect();
    names.sort();
    let size = size(parameter(ask.query, "maxResults"), (1, 100), 100)
        .ok_or_else(|| invalid("maxResults must be between 1 and 100"))?;
    let token = parameter(ask.query, "nextToken").filter(|token| !token.is_empty());
    let (names, next) =
        page(names, token, size).map_err(|_| invalid("The nextToken is not valid"))?;
    Ok(Answer::json(
        200,
        &json!({"nodegroups": names, "nextToken": next}),
    ))
}
