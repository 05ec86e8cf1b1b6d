//! What may be stored or shown of a value.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::sensitive;

/// Values whose JSON is longer than this, in bytes, are shown as a digest.
pub const LARGEST_SHOWN: usize = 4096;

/// The key of a ledger's hashes. It is kept outside the ledger, so that who
/// reads the ledger alone can neither read nor guess a sensitive value.
#[derive(Clone)]
pub struct HashKey([u8; 32]);

impl HashKey {
    /// A key of 32 random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key that a secret text stands for: the bytes of 64 hex digits, as a
    /// key file and the deployment's own secret hold them, else the text's
    /// SHA-256. The text must be long and random.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        Self(of_hex(text.trim()).unwrap_or_else(|| Sha256::digest(text.as_bytes()).into()))
    }

    /// The keyed hash of a value, `v1:` and 64 hex digits of HMAC-SHA-256 over
    /// its canonical JSON (keys sorted, no white space). Equal values give
    /// equal hashes under one key, so a change shows.
    #[must_use]
    pub fn hash(&self, value: &Value) -> String {
        // HMAC takes a key of any length, so this cannot fail; an empty hash would still hide the value.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return "v1:".to_owned();
        };
        mac.update(canonical(value).as_bytes());
        format!("v1:{}", hex(&mac.finalize().into_bytes()))
    }

    /// A sensitive value as it is stored and shown: `{"hmac": "v1:…"}`.
    #[must_use]
    pub fn conceal(&self, value: &Value) -> Value {
        json!({ "hmac": self.hash(value) })
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey(…)")
    }
}

/// A value that is not sensitive as it is stored and shown: itself, or its
/// SHA-256 and length in bytes where it is over [`LARGEST_SHOWN`].
#[must_use]
pub fn shorten(value: Value) -> Value {
    let text = canonical(&value);
    if text.len() <= LARGEST_SHOWN {
        return value;
    }
    json!({ "sha256": sha256(text.as_bytes()), "bytes": text.len() })
}

/// What stands where [`text`] took a secret away.
const HIDDEN: &str = "[hidden]";

/// A text of somebody else's as it may be stored and shown: an error of an API,
/// the reason of a failure. They may quote values, so whatever in it looks like
/// a secret is replaced by `[hidden]`; all else stays as it is. Texts without
/// secrets, and results of this function, come back unchanged.
#[must_use]
pub fn text(words: &str) -> String {
    let mut shown = String::with_capacity(words.len());
    let mut end = 0;
    for secret in sensitive::in_text(words) {
        shown.push_str(&words[end..secret.start]);
        shown.push_str(HIDDEN);
        end = secret.end;
    }
    shown.push_str(&words[end..]);
    shown
}

/// The hex SHA-256 of some bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The JSON text of a value with its keys in order, so that equal values are equal text.
#[must_use]
pub fn canonical(value: &Value) -> String {
    // serde_json's maps are sorted unless a crate in the tree turns on `preserve_order`; sort to be safe.
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            let inner: Vec<String> = entries
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value)))
                .collect();
            format!("{{{}}}", inner.join(","))
        }
        Value::Array(items) => {
            let inner: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", inner.join(","))
        }
        scalar => scalar.to_string(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
        text
    })
}

/// The bytes of 64 hex digits.
fn of_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|it| it.is_ascii_hexdigit()) {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_hmac_sha256() {
        // HMAC pads short keys with zeros, so this is the key "Jefe".
        let mut key = [0_u8; 32];
        key[..4].copy_from_slice(b"Jefe");
        let mac = HashKey::new(key);
        // Computed apart from this code, over the text as JSON, in its quotes.
        assert_eq!(
            mac.hash(&json!("what do ya want for nothing?")),
            "v1:6e5c2a18febccaca669ac5f4415342714850e76ba86824a3371270e6dd69956f"
        );
    }

    #[test]
    fn a_key_of_hex_digits_is_its_bytes_and_any_other_text_its_digest() {
        let hash = |key: &HashKey| key.hash(&json!("a"));
        let bytes = HashKey::new([0xab; 32]);
        let text = format!("{}\n", "Ab".repeat(32));
        assert_eq!(hash(&HashKey::of_text(&text)), hash(&bytes));
        let digest = HashKey::new(Sha256::digest(b"a long and random text").into());
        assert_eq!(
            hash(&HashKey::of_text("a long and random text")),
            hash(&digest)
        );
    }

    #[test]
    fn a_change_shows_and_the_key_matters() {
        let (one, other) = (HashKey::new([1; 32]), HashKey::new([2; 32]));
        assert_eq!(one.hash(&json!("a")), one.hash(&json!("a")));
        assert_ne!(one.hash(&json!("a")), one.hash(&json!("b")));
        assert_ne!(one.hash(&json!("a")), other.hash(&json!("a")));
        assert_ne!(one.hash(&json!("1")), one.hash(&json!(1)));
        assert_eq!(format!("{one:?}"), "HashKey(…)");
    }

    #[test]
    fn only_values_over_the_limit_become_digests() {
        let just = json!("x".repeat(LARGEST_SHOWN - 2));
        assert_eq!(shorten(just.clone()), just);
        let over = json!("x".repeat(LARGEST_SHOWN - 1));
        let shown = shorten(over.clone());
        assert_eq!(shown["bytes"], json!(LARGEST_SHOWN + 1));
        assert_eq!(shown["sha256"], json!(sha256(over.to_string().as_bytes())));
    }

    #[test]
    fn canonical_text_sorts_keys_at_every_depth() {
        assert_eq!(
            canonical(&json!({"b": [{"z": 1, "a": null}], "a": "\""})),
            r#"{"a":"\"","b":[{"a":null,"z":1}]}"#
        );
    }
}
