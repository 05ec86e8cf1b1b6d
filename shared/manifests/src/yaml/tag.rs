//! What a tag makes of a scalar. Tags of lists and mappings mean nothing to kubectl.

use granit_parser::Tag;

use super::scalar::{Demand, Scalar};

const YAML: &str = "tag:yaml.org,2002:";

/// Whether the tag is that of merge keys.
pub(super) fn is_merge(tag: &Tag) -> bool {
    tag.suffix_in_namespace(YAML).as_deref() == Some("merge")
}

/// A tagged scalar. Tags that are not YAML's own, and `!` alone, make it text.
pub(super) fn apply(tag: &Tag, text: &str) -> Result<Scalar, &'static str> {
    let demand = match tag.suffix_in_namespace(YAML).as_deref() {
        Some("null") => Demand::Null,
        Some("bool") => Demand::Flag,
        Some("int") => Demand::Int,
        Some("float") => Demand::Float,
        Some("timestamp") => Demand::Timestamp,
        Some("binary") => return binary(text).map(Scalar::Text),
        _ => return Ok(Scalar::Text(text.to_owned())),
    };
    Scalar::tagged(demand, text)
}

/// The text that base64 stands for.
fn binary(text: &str) -> Result<String, &'static str> {
    const NO_BASE64: &str = "a value tagged !!binary is no base64";
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut group = (0_u32, 0_u8);
    let mut padding = 0;
    for byte in text.bytes().filter(|it| !matches!(it, b'\r' | b'\n')) {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' if group.1 >= 2 && padding < 2 => {
                padding += 1;
                0
            }
            _ => return Err(NO_BASE64),
        };
        if padding > 0 && byte != b'=' || padding == 0 && bytes.len() % 3 != 0 {
            return Err(NO_BASE64);
        }
        group = (group.0 << 6 | u32::from(six), group.1 + 1);
        if group.1 == 4 {
            let [_, decoded @ ..] = group.0.to_be_bytes();
            bytes.extend_from_slice(&decoded[..3 - padding]);
            group = (0, 0);
        }
    }
    if group.1 != 0 {
        return Err(NO_BASE64);
    }
    String::from_utf8(bytes).map_err(|_| {
        "a value tagged !!binary is not text once decoded, which kubectl damages; use binaryData (or data, of a Secret) with base64 and without the tag"
    })
}
