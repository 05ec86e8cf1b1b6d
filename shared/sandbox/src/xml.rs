//! Answers of the query protocol.

/// An XML text under construction.
#[derive(Debug, Default)]
pub(crate) struct Xml(String);

impl Xml {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// An element with a text.
    pub(crate) fn text(&mut self, tag: &str, text: &str) -> &mut Self {
        self.tag("<", tag);
        escape_into(&mut self.0, text);
        self.tag("</", tag)
    }

    /// An element with a text, where there is one.
    pub(crate) fn maybe(&mut self, tag: &str, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(tag, text),
            None => self,
        }
    }

    /// An element with what `inside` writes.
    pub(crate) fn element(&mut self, tag: &str, inside: impl FnOnce(&mut Self)) -> &mut Self {
        self.tag("<", tag);
        inside(self);
        self.tag("</", tag)
    }

    /// A list, each entry as a `member`.
    pub(crate) fn list<T>(
        &mut self,
        tag: &str,
        items: impl IntoIterator<Item = T>,
        mut entry: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        self.element(tag, |xml| {
            for item in items {
                xml.element("member", |xml| entry(xml, item));
            }
        })
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }

    fn tag(&mut self, open: &str, tag: &str) -> &mut Self {
        self.0.push_str(open);
        self.0.push_str(tag);
        self.0.push('>');
        self
    }
}

/// The whole answer of a call; an empty result has no element.
pub(crate) fn answer(operation: &str, namespace: &str, result: &str, id: &str) -> String {
    let result = if result.is_empty() {
        String::new()
    } else {
        format!("<{operation}Result>{result}</{operation}Result>")
    };
    format!(
        "<{operation}Response xmlns=\"{namespace}\">{result}<ResponseMetadata><RequestId>{id}</RequestId>\
         </ResponseMetadata></{operation}Response>"
    )
}

/// The whole answer of a refused call.
pub(crate) fn refusal(status: u16, code: &str, message: &str, ids: (&str, &str)) -> String {
    let (namespace, id) = ids;
    let blame = if status < 500 { "Sender" } else { "Receiver" };
    let mut xml = Xml::new();
    xml.element("Error", |xml| {
        xml.text("Type", blame)
            .text("Code", code)
            .text("Message", message);
    })
    .text("RequestId", id);
    format!(
        "<ErrorResponse xmlns=\"{namespace}\">{}</ErrorResponse>",
        xml.into_string()
    )
}

/// The whole answer of a call that EC2 refuses.
pub(crate) fn ec2_refusal(code: &str, message: &str, id: &str) -> String {
    let mut xml = Xml::new();
    xml.element("Response", |xml| {
        xml.element("Errors", |xml| {
            xml.element("Error", |xml| {
                xml.text("Code", code).text("Message", message);
            });
        })
        .text("RequestID", id);
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}",
        xml.into_string()
    )
}

/// The whole answer of a call that S3 refuses.
pub(crate) fn s3_refusal(code: &str, message: &str, id: &str) -> String {
    let mut xml = Xml::new();
    xml.element("Error", |xml| {
        xml.text("Code", code)
            .text("Message", message)
            .text("RequestId", id);
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}",
        xml.into_string()
    )
}

fn escape_into(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(is_special) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = special.chars();
        out.push_str(match chars.next() {
            Some('&') => "&amp;",
            Some('<') => "&lt;",
            Some('>') => "&gt;",
            Some('"') => "&quot;",
            Some('\r') => "&#xD;",
            // XML has no way to write the others at all.
            _ => "\u{fffd}",
        });
        rest = chars.as_str();
    }
    out.push_str(rest);
}

/// What cannot stand in a text as it is.
fn is_special(c: char) -> bool {
    matches!(c, '&' | '<' | '>' | '"' | '\r' | '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_reserves_is_escaped_and_what_it_lacks_is_replaced() {
        let mut xml = Xml::new();
        xml.text("A", "<&>\"\r\n\0é");
        assert_eq!(
            xml.into_string(),
            "<A>&lt;&amp;&gt;&quot;&#xD;\n\u{fffd}é</A>"
        );
    }
}
