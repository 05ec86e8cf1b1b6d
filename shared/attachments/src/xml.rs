//! Answers in XML, read whole or not at all.

use xmlparser::{ElementEnd, StrSpan, Token, Tokenizer};

/// How deep an answer may be nested; those read here are not deeper than ten.
const MAX_DEPTH: usize = 64;

/// An element without its attributes and namespaces, which say nothing here.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    text: String,
    children: Vec<Element>,
}

/// Why an answer cannot be read. It quotes nothing of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Damaged(pub(crate) String);

impl std::fmt::Display for Damaged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the answer {}", self.0)
    }
}

fn damaged<T>(what: impl Into<String>) -> Result<T, Damaged> {
    Err(Damaged(what.into()))
}

impl Element {
    /// Reads one document to its end.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Damaged> {
        let Ok(text) = std::str::from_utf8(body) else {
            return damaged("is not UTF-8");
        };
        let mut open: Vec<(StrSpan<'_>, Self)> = Vec::new();
        let mut root = None;
        for token in Tokenizer::from(text) {
            let Ok(token) = token else {
                return damaged("is not well-formed XML: its markup is damaged");
            };
            let closed = match token {
                Token::ElementStart { prefix, local, .. } => {
                    if open.len() == MAX_DEPTH {
                        return damaged("is nested too deeply");
                    }
                    let name = local.as_str().to_owned();
                    let element = Self {
                        name,
                        ..Self::default()
                    };
                    open.push((prefix, element));
                    None
                }
                Token::ElementEnd { end, .. } => match end {
                    ElementEnd::Open => None,
                    ElementEnd::Empty => open.pop(),
                    ElementEnd::Close(prefix, local) => match open.pop() {
                        Some((of, element))
                            if of.as_str() == prefix.as_str() && element.name == local.as_str() =>
                        {
                            Some((of, element))
                        }
                        _ => {
                            return damaged(
                                "is not well-formed XML: an element ends that is not open",
                            );
                        }
                    },
                },
                Token::Text { text } => {
                    if let Some((_, element)) = open.last_mut() {
                        element.text.push_str(&unescaped(text.as_str())?);
                    }
                    None
                }
                Token::Cdata { text, .. } => {
                    if let Some((_, element)) = open.last_mut() {
                        element.text.push_str(text.as_str());
                    }
                    None
                }
                // Entities of its own would change what the text says.
                Token::DtdStart { .. } | Token::EmptyDtd { .. } => {
                    return damaged("has a document type, which no answer of AWS has");
                }
                _ => None,
            };
            let Some((_, element)) = closed else { continue };
            match open.last_mut() {
                Some((_, parent)) => parent.children.push(element),
                None if root.is_none() => root = Some(element),
                None => return damaged("is not well-formed XML: it is not one element"),
            }
        }
        match root {
            Some(root) if open.is_empty() => Ok(root),
            _ => damaged("is not well-formed XML: it ends too early"),
        }
    }

    /// The child of a name; twice is as bad as damaged, since one would be passed over.
    pub(crate) fn child(&self, name: &str) -> Result<Option<&Self>, Damaged> {
        let mut found = self.children.iter().filter(|child| child.name == name);
        match (found.next(), found.next()) {
            (child, None) => Ok(child),
            _ => damaged(format!("has {name} twice")),
        }
    }

    /// The child that must be there.
    pub(crate) fn needs(&self, name: &str) -> Result<&Self, Damaged> {
        match self.child(name)? {
            Some(child) => Ok(child),
            None => damaged(format!("has no {name}")),
        }
    }

    /// The text of a child; `None` where it is not there or empty.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Damaged> {
        match self.child(name)? {
            Some(child) if !child.children.is_empty() => {
                damaged(format!("has something else than text in {name}"))
            }
            Some(child) if !child.text.is_empty() => Ok(Some(&child.text)),
            _ => Ok(None),
        }
    }

    /// The text that must be there.
    pub(crate) fn needs_text(&self, name: &str) -> Result<&str, Damaged> {
        match self.text(name)? {
            Some(text) => Ok(text),
            None => damaged(format!("has an entry without {name}")),
        }
    }

    /// `true` or `false`; `None` where it is not there.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Damaged> {
        match self.text(name)? {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => damaged(format!("has a {name} that is not true or false")),
        }
    }

    /// The entries of the list that must be there, all of one name.
    pub(crate) fn list(&self, name: &str, entry: &str) -> Result<&[Self], Damaged> {
        let list = self.needs(name)?;
        let is_whole =
            list.text.trim().is_empty() && list.children.iter().all(|child| child.name == entry);
        if is_whole {
            Ok(&list.children)
        } else {
            damaged(format!("has something else than entries in {name}"))
        }
    }

    /// The texts of the list that must be there.
    pub(crate) fn texts(&self, name: &str, entry: &str) -> Result<Vec<String>, Damaged> {
        let mut texts = Vec::new();
        for child in self.list(name, entry)? {
            if child.text.is_empty() || !child.children.is_empty() {
                return damaged(format!("has an entry without text in {name}"));
            }
            texts.push(child.text.clone());
        }
        Ok(texts)
    }

    /// Names and texts of the children that hold text only.
    pub(crate) fn leaves(&self) -> impl Iterator<Item = (&str, &str)> {
        self.children
            .iter()
            .filter(|child| child.children.is_empty() && !child.text.is_empty())
            .map(|child| (child.name.as_str(), child.text.as_str()))
    }

    /// The first element of a name, at any depth.
    pub(crate) fn find(&self, name: &str) -> Option<&Self> {
        if self.name == name {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(name))
    }
}

/// Text with the references that XML itself knows put in.
fn unescaped(text: &str) -> Result<String, Damaged> {
    let unknown = || Damaged("is not well-formed XML: a reference is damaged".to_owned());
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (name, after) = after.split_once(';').ok_or_else(unknown)?;
        let character = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => {
                let code = match (name.strip_prefix("#x"), name.strip_prefix('#')) {
                    (Some(hex), _) => u32::from_str_radix(hex, 16).ok(),
                    (None, Some(decimal)) => decimal.parse().ok(),
                    (None, None) => None,
                };
                code.and_then(char::from_u32)
            }
        };
        out.push(character.ok_or_else(unknown)?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_document_is_read_with_its_references_put_in() {
        let read = Element::read(
            b"<?xml version=\"1.0\"?>\n<a xmlns=\"u\"><b>x &amp;&#x20;&#121;<![CDATA[&lt;]]></b> <c/><l>\n<m>1</m><m>2</m></l></a>\n",
        )
        .unwrap();
        assert_eq!(read.text("b"), Ok(Some("x & y&lt;")));
        assert_eq!(read.text("c"), Ok(None));
        assert_eq!(read.texts("l", "m").unwrap(), ["1", "2"]);
    }

    #[test]
    fn what_is_cut_crossed_doubled_or_defines_entities_is_refused() {
        for xml in [
            "",
            "plain",
            "<a>",
            "<a><b></a>",
            "<a><b></a></b>",
            "<a/><a/>",
            "<a/>tail",
            "<a><b",
            "</a>",
            "<a></x:a>",
            "{\"a\":1}",
            "<a>\u{1}</a>",
            "<a>&nbsp;</a>",
            "<a>&#xd800;</a>",
            "<a>& </a>",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a/>",
            "<!DOCTYPE a><a/>",
        ] {
            assert!(Element::read(xml.as_bytes()).is_err(), "{xml}");
        }
        assert!(Element::read(b"<a>\xff</a>").is_err());
        let deep = "<a>".repeat(100_000);
        assert!(Element::read(deep.as_bytes()).is_err());
    }

    #[test]
    fn a_document_cut_off_anywhere_is_refused() {
        let whole =
            "<?xml version=\"1.0\"?><a x=\"1\"><l><m>1 &amp; 2</m><m/></l><n><![CDATA[x]]></n></a>";
        assert!(Element::read(whole.as_bytes()).is_ok());
        for end in 0..whole.len() {
            assert!(Element::read(&whole.as_bytes()[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn a_list_that_is_missing_twice_or_mixed_is_no_empty_list() {
        for xml in [
            "<a/>",
            "<a><l/><l/></a>",
            "<a><l><x/></l></a>",
            "<a><l>text</l></a>",
            "<a><l><m/></l></a>",
            "<a><l><m><n/></m></l></a>",
        ] {
            let read = Element::read(xml.as_bytes()).unwrap();
            assert!(read.texts("l", "m").is_err(), "{xml}");
        }
        let empty = Element::read(b"<a><l/></a>").unwrap();
        assert_eq!(empty.texts("l", "m"), Ok(Vec::new()));
    }
}
