//! Parameters of the query protocol.

use std::collections::BTreeMap;

/// The decoded parameters of one call.
#[derive(Debug, Default)]
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    pub(crate) fn parse(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        });
        Self(pairs.collect())
    }

    /// A parameter that is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }

    /// The entries of `Name.member.1`, `Name.member.2`, … in the order of their numbers.
    pub(crate) fn members(&self, name: &str) -> Vec<&str> {
        (1..)
            .map_while(|index| self.0.get(&format!("{name}.member.{index}")))
            .map(String::as_str)
            .collect()
    }

    /// The entries of `Name.1`, `Name.2`, …, as EC2 has lists.
    pub(crate) fn numbered(&self, name: &str) -> Vec<&str> {
        (1..)
            .map_while(|index| self.0.get(&format!("{name}.{index}")))
            .map(String::as_str)
            .collect()
    }

    /// EC2's filters: `Filter.1.Name` with `Filter.1.Value.1`, `Filter.1.Value.2`, ….
    pub(crate) fn filters(&self) -> Vec<(&str, Vec<&str>)> {
        (1..)
            .map_while(|index| {
                let name = self.0.get(&format!("Filter.{index}.Name"))?;
                let values = self.numbered(&format!("Filter.{index}.Value"));
                Some((name.as_str(), values))
            })
            .collect()
    }

    /// Pairs like `Tags.member.1.Key` and `Tags.member.1.Value`.
    pub(crate) fn pairs(&self, list: &str, key: &str, value: &str) -> Vec<(String, String)> {
        (1..)
            .map_while(|index| {
                let name = self.0.get(&format!("{list}.member.{index}.{key}"))?;
                let text = self.0.get(&format!("{list}.member.{index}.{value}"));
                Some((name.clone(), text.cloned().unwrap_or_default()))
            })
            .collect()
    }
}

/// Undoes percent-encoding; what is no code stays as it is.
pub(crate) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], code) {
            (_, Some(byte)) => {
                out.push(byte);
                at += 3;
                continue;
            }
            (b'+', _) => out.push(b' '),
            (byte, None) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_lists_and_pairs_are_decoded() {
        let form = Form::parse(
            b"Action=ListStacks&F.member.1=a%2Fb&F.member.2=c+d&T.member.1.K=x&T.member.1.V=%C3%A9&Empty=&odd=%zz%",
        );
        assert_eq!(form.get("Action"), Some("ListStacks"));
        assert_eq!(form.get("Empty"), None);
        assert_eq!(form.get("odd"), Some("%zz%"));
        assert_eq!(form.members("F"), ["a/b", "c d"]);
        assert_eq!(
            form.pairs("T", "K", "V"),
            [("x".to_owned(), "é".to_owned())]
        );
    }
}
