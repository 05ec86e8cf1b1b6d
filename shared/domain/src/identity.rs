//! What makes two sightings the same finding.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::layer::Layer;

/// The layer and the names that make a finding that finding. Physical ids, the
/// target and the values are never part of it, so a replaced resource, another
/// config or a changing value keep their finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    layer: Layer,
    parts: Vec<String>,
}

impl Identity {
    /// CloudFormation: account, region, stack name, logical id.
    #[must_use]
    pub fn stack_resource(account: &str, region: &str, stack: &str, logical_id: &str) -> Self {
        Self::of(Layer::CloudFormation, &[account, region, stack, logical_id])
    }

    /// Kubernetes and configuration: cluster, API group (empty for the core), kind, namespace
    /// (`None` where the kind has none) and name. The version is no part of it: served in
    /// another version, it is the same object.
    #[must_use]
    pub fn object(
        layer: Layer,
        cluster: &str,
        (group, kind): (&str, &str),
        (namespace, name): (Option<&str>, &str),
    ) -> Self {
        let namespace = namespace.unwrap_or_default();
        Self::of(layer, &[cluster, group, kind, namespace, name])
    }

    fn of(layer: Layer, parts: &[&str]) -> Self {
        Self {
            layer,
            parts: parts.iter().map(|&part| part.to_owned()).collect(),
        }
    }

    /// The layer it belongs to.
    #[must_use]
    pub const fn layer(&self) -> Layer {
        self.layer
    }

    /// The finding's id: `f-` and 80 bits of the identity's hash.
    ///
    /// Each part goes into the hash with its length before it, so that no two
    /// different lists of parts can be the same bytes.
    #[must_use]
    pub fn id(&self) -> FindingId {
        let mut hash = Sha256::new();
        for part in
            std::iter::once(self.layer.as_str()).chain(self.parts.iter().map(String::as_str))
        {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        FindingId(format!("f-{}", crockford(&hash.finalize()[..10])))
    }
}

/// A finding's id: `f-` and 16 characters of Crockford base32 in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FindingId(String);

impl FindingId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a whole id as it is written; `None` if it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("f-")?;
        let is_id = digits.len() == 16 && digits.bytes().all(|it| CROCKFORD.contains(&it));
        is_id.then(|| Self(text.to_owned()))
    }

    /// Reads an id, or the beginning of one, as a person types it: with or
    /// without `f-`, in either case, with `o` for `0` and `i` or `l` for `1`.
    /// `None` if it cannot be the beginning of any id.
    #[must_use]
    pub fn prefix(text: &str) -> Option<String> {
        let text = text.trim().to_ascii_lowercase();
        let body = text.strip_prefix("f-").unwrap_or(&text);
        if body.is_empty() || body.len() > 16 {
            return None;
        }
        let digits: Option<String> = body
            .chars()
            .map(|c| match c {
                'o' => Some('0'),
                'i' | 'l' => Some('1'),
                c if CROCKFORD.contains(&(c as u8)) && c.is_ascii() => Some(c),
                _ => None,
            })
            .collect();
        digits.map(|digits| format!("f-{digits}"))
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

const CROCKFORD: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Crockford base32 without padding, lower case; five bits a character, most significant first.
pub(crate) fn crockford(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for &byte in bytes {
        buffer = (buffer << 8) | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(CROCKFORD[((buffer >> bits) & 31) as usize]));
        }
    }
    if bits > 0 {
        text.push(char::from(
            CROCKFORD[((buffer << (5 - bits)) & 31) as usize],
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_pinned_for_ever() {
        let id = Identity::stack_resource("111122223333", "eu-west-1", "shop", "Queue").id();
        // Computed apart from this code. If it changes, every finding in every ledger changes its id.
        assert_eq!(id.as_str(), "f-ymwsbk4ve483tpxr");
    }

    #[test]
    fn an_objects_id_is_pinned_for_ever_and_differs_by_layer() {
        let id = |layer| {
            let kind = ("apps", "Deployment");
            Identity::object(layer, "shop", kind, (Some("web"), "cart")).id()
        };
        // Computed apart from this code, as above.
        assert_eq!(id(Layer::Kubernetes).as_str(), "f-6apg623w4sghp61j");
        assert_ne!(id(Layer::Kubernetes), id(Layer::Configuration));
    }

    #[test]
    fn parts_cannot_run_into_each_other() {
        let one = Identity::stack_resource("1", "r", "ab", "c").id();
        let other = Identity::stack_resource("1", "r", "a", "bc").id();
        assert_ne!(one, other);
    }

    #[test]
    fn crockford_agrees_with_the_published_alphabet() {
        assert_eq!(crockford(&[0, 0, 0, 0, 0]), "00000000");
        assert_eq!(crockford(&[0xff; 5]), "zzzzzzzz");
        assert_eq!(crockford(b"\x00\x44\x32\x14\xc7"), "01234567");
    }

    #[test]
    fn a_typed_prefix_is_read_kindly_and_nonsense_is_refused() {
        assert_eq!(FindingId::prefix("F-7K3").as_deref(), Some("f-7k3"));
        assert_eq!(FindingId::prefix("oil").as_deref(), Some("f-011"));
        assert_eq!(FindingId::prefix("f-"), None);
        assert_eq!(FindingId::prefix("u7"), None);
        assert_eq!(FindingId::prefix("7é"), None);
        assert_eq!(FindingId::prefix("01234567890123456"), None);
    }
}
