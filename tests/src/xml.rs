//! The little reading and editing of XML that the harness needs on the answers of the CloudFormation query protocol.
//!
//! These are answers of a known shape, without attributes inside the results, so a parser would only add weight.

/// The unescaped text of the first element called `tag`, or `None` when there is none.
#[must_use]
pub fn text(xml: &str, tag: &str) -> Option<String> {
    inner(xml, tag).map(unescape)
}

/// Everything between the first `<tag>` and its `</tag>`, as it is.
#[must_use]
pub fn inner<'a>(xml: &'a str, tag: &str) -> Option<&'a str> {
    let open = format!("<{tag}>");
    let start = xml.find(&open)? + open.len();
    let end = xml[start..].find(&format!("</{tag}>"))? + start;
    Some(&xml[start..end])
}

/// The entries of a list element's content: what each outermost `<member>` holds.
#[must_use]
pub fn members(list: &str) -> Vec<&str> {
    const OPEN: &str = "<member>";
    const CLOSE: &str = "</member>";
    let (mut found, mut depth, mut start, mut at) = (Vec::new(), 0_usize, 0, 0);
    while let Some(next) = list[at..].find('<').map(|offset| at + offset) {
        if list[next..].starts_with(OPEN) {
            at = next + OPEN.len();
            if depth == 0 {
                start = at;
            }
            depth += 1;
        } else if list[next..].starts_with(CLOSE) {
            at = next + CLOSE.len();
            depth = depth.saturating_sub(1);
            if depth == 0 {
                found.push(&list[start..next]);
            }
        } else {
            at = next + 1;
        }
    }
    found
}

/// The list element called `list` of an answer, down to its entries; empty when the element is missing.
///
/// The list must not hold another element of its own name.
#[must_use]
pub fn list<'a>(xml: &'a str, list: &str) -> Vec<&'a str> {
    inner(xml, list).map(members).unwrap_or_default()
}

/// `xml` with the content of the first element called `tag` replaced by `text`, escaped.
///
/// Without such an element the text is returned as it is.
#[must_use]
pub fn with_text(xml: &str, tag: &str, text: &str) -> String {
    let Some(old) = inner(xml, tag) else {
        return xml.to_owned();
    };
    let start = old.as_ptr() as usize - xml.as_ptr() as usize;
    format!(
        "{}{}{}",
        &xml[..start],
        escape(text),
        &xml[start + old.len()..]
    )
}

/// `xml` without the first element called `tag` and what it holds.
#[must_use]
pub fn without(xml: &str, tag: &str) -> String {
    let Some(old) = inner(xml, tag) else {
        return xml.to_owned();
    };
    let element = format!("<{tag}>{old}</{tag}>");
    xml.replacen(&element, "", 1)
}

/// The text with the five characters that XML reserves written as entities.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&apos;")
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&#39;", "'")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}
