//! Real lists in small pages: the emulator's own pages hold a hundred entries, far more than a test wants to make.

use super::{
    serve::form,
    wire::{Request, Response},
};
use crate::{aws::percent_encode, xml};

/// Marks the proxy's tokens, so that they cannot be taken for the emulator's.
const TOKEN: &str = "plumbline-page-";

/// One page of the list: the whole is asked for without a token, then cut.
pub(super) fn answer(
    request: &Request,
    (list, size): (&str, usize),
    forward: impl FnOnce(&Request) -> Response,
) -> Response {
    let fields = form(request).unwrap_or_default();
    let page: usize = fields
        .iter()
        .find(|(name, _)| name == "NextToken")
        .and_then(|(_, token)| token.strip_prefix(TOKEN)?.parse().ok())
        .unwrap_or(0);
    let without_token: Vec<_> = fields
        .iter()
        .filter(|(name, _)| name != "NextToken")
        .map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)))
        .collect();
    let whole = Request {
        method: request.method.clone(),
        path: request.path.clone(),
        headers: request.headers.clone(),
        body: without_token.join("&").into_bytes(),
    };
    let mut answer = forward(&whole);
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    if let Some(cut) = cut(&body, list, (page, size.max(1))) {
        answer.body = cut.into_bytes();
    }
    answer
}

fn cut(body: &str, list: &str, (page, size): (usize, usize)) -> Option<String> {
    let old = xml::inner(body, list)?;
    let entries = xml::members(old);
    let kept: String = entries
        .iter()
        .skip(page * size)
        .take(size)
        .map(|entry| format!("<member>{entry}</member>"))
        .collect();
    let more = (page + 1) * size < entries.len();
    let token = if more {
        format!("<NextToken>{TOKEN}{}</NextToken>", page + 1)
    } else {
        String::new()
    };
    Some(body.replacen(
        &format!("<{list}>{old}</{list}>"),
        &format!("<{list}>{kept}</{list}>{token}"),
        1,
    ))
}
