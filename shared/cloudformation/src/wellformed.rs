//! Refuses answers that are not well-formed XML.
//!
//! The SDK's decoder ends a list silently where the XML goes wrong, so a
//! damaged page would read as a shorter one, and a resource that fell off its
//! end would count as in sync.

use aws::Refused;
use aws_sdk_cloudformation::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_cloudformation::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_cloudformation::error::BoxError;
use xmlparser::{ElementEnd, Token, Tokenizer};

/// The lists whose entries must not go missing: the SDK passes over what is not called `member`.
const LISTS: [&str; 5] = [
    "PropertyDifferences",
    "StackResourceDrifts",
    "StackResourceSummaries",
    "StackSummaries",
    "Stacks",
];

/// An answer that is not one whole XML element. It quotes nothing of the answer.
#[derive(Debug, thiserror::Error)]
#[error("the answer is not well-formed XML: {0}")]
struct NotWellFormed(&'static str);

/// Checks every successful answer before the SDK reads it.
#[derive(Debug)]
pub(crate) struct WellFormed;

impl Intercept for WellFormed {
    fn name(&self) -> &'static str {
        "WellFormed"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        // The HTTP client has read the body already; error answers are read for their code only.
        match response.body().bytes() {
            Some(body) if response.status().is_success() => {
                Ok(check(body).map_err(|error| Refused(error.to_string()))?)
            }
            _ => Ok(()),
        }
    }
}

fn check(body: &[u8]) -> Result<(), NotWellFormed> {
    let text = std::str::from_utf8(body).map_err(|_| NotWellFormed("it is not UTF-8"))?;
    let mut open = Vec::new();
    let mut roots = 0_u32;
    for token in Tokenizer::from(text) {
        match token.map_err(|_| NotWellFormed("its markup is damaged"))? {
            Token::ElementStart { prefix, local, .. } => {
                let parent = open.last().map_or("", |(_, name)| *name);
                if LISTS.contains(&parent) && local.as_str() != "member" {
                    return Err(NotWellFormed(
                        "a list holds something else than its members",
                    ));
                }
                roots += u32::from(open.is_empty());
                open.push((prefix.as_str(), local.as_str()));
            }
            Token::ElementEnd { end, .. } => match end {
                ElementEnd::Open => {}
                ElementEnd::Empty => {
                    open.pop();
                }
                ElementEnd::Close(prefix, local) => {
                    if open.pop() != Some((prefix.as_str(), local.as_str())) {
                        return Err(NotWellFormed("an element ends that is not open"));
                    }
                }
            },
            _ => {}
        }
    }
    match (open.is_empty(), roots) {
        (false, _) => Err(NotWellFormed("it ends too early")),
        (true, 1) => Ok(()),
        (true, _) => Err(NotWellFormed("it is not one element")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_document_passes() {
        for xml in [
            "<a/>",
            "<?xml version=\"1.0\"?>\n<a xmlns=\"u\"><b>x &amp; y</b><b/></a>\n",
            "<a:b><!-- c --><![CDATA[<x>]]></a:b>",
            "<a><StackSummaries><member><b/></member><member/></StackSummaries></a>",
        ] {
            assert!(check(xml.as_bytes()).is_ok(), "{xml}");
        }
    }

    #[test]
    fn what_is_cut_crossed_or_doubled_is_refused() {
        for xml in [
            "",
            "plain",
            "<a>",
            "<a><b></a>",
            "<a><b></a></b>",
            "<a></b>",
            "<a/><a/>",
            "<a><b",
            "</a>",
            "<a></x:a>",
            "{\"a\":1}",
            "<a>\u{1}</a>",
            "<a><StackSummaries><item/></StackSummaries></a>",
        ] {
            assert!(check(xml.as_bytes()).is_err(), "{xml}");
        }
        assert!(check(b"<a>\xff</a>").is_err());
    }
}
