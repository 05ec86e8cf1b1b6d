//! Values as people read them.

use domain::difference::{Difference, DifferenceKind};
use serde_json::Value;

/// Stands for the side of a difference that has no value.
const ABSENT: &str = "(absent)";

/// Both sides of a difference on one line each: expected and actual.
pub(crate) fn sides(difference: &Difference) -> (String, String) {
    let show = |value: &Option<Value>| value.as_ref().map_or_else(|| ABSENT.to_owned(), compact);
    if difference.sensitive {
        return hidden(difference);
    }
    (show(&difference.expected), show(&difference.actual))
}

/// Sensitive values: that they are there, and whether they differ, is all there is to say.
fn hidden(difference: &Difference) -> (String, String) {
    let (expected, actual) = match difference.kind {
        DifferenceKind::Changed => ("(hidden)", "(hidden, changed)"),
        DifferenceKind::Removed => ("(hidden)", ABSENT),
        DifferenceKind::Added => (ABSENT, "(hidden)"),
    };
    (expected.to_owned(), actual.to_owned())
}

/// A value on one line, as JSON; a digest as its first digits and its size.
pub(crate) fn compact(value: &Value) -> String {
    special(value).unwrap_or_else(|| value.to_string())
}

/// A value on as many lines as it takes.
pub(crate) fn full(value: &Value) -> String {
    special(value).unwrap_or_else(|| format!("{value:#}"))
}

/// Both sides of a difference in full; `None` for a side that has no value.
pub(crate) fn full_sides(difference: &Difference) -> (Option<String>, Option<String>) {
    if difference.sensitive {
        let (expected, actual) = hidden(difference);
        let present = |text: String| (text != ABSENT).then_some(text);
        return (present(expected), present(actual));
    }
    (
        difference.expected.as_ref().map(full),
        difference.actual.as_ref().map(full),
    )
}

/// A keyed hash or a digest, in words.
fn special(value: &Value) -> Option<String> {
    let map = value.as_object()?;
    let hash = map.get("hmac").and_then(Value::as_str);
    if map.len() == 1 && hash.is_some_and(|hash| hash.starts_with("v1:")) {
        return Some("(hidden)".to_owned());
    }
    digest(value)
}

/// A large value as its first digits and its size, where it was stored as a digest.
fn digest(value: &Value) -> Option<String> {
    let map = value.as_object().filter(|map| map.len() == 2)?;
    let (hash, bytes) = (map.get("sha256")?.as_str()?, map.get("bytes")?.as_u64()?);
    if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some(format!("sha256:{}… ({})", &hash[..8], size(bytes)))
}

/// A number of bytes in the unit that suits it, in powers of ten.
fn size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_000 => return format!("{bytes} bytes"),
        1_000..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    let tenths = bytes.saturating_mul(10) / unit;
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_large_value_reads_as_its_digest_and_size() {
        let value = json!({"sha256": "ab".repeat(32), "bytes": 5_242_880});
        assert_eq!(compact(&value), "sha256:abababab… (5.2 MB)");
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(1_000), "1.0 kB");
    }

    #[test]
    fn an_object_that_only_looks_like_a_digest_is_shown() {
        let value = json!({"sha256": "abc", "bytes": 1});
        assert_eq!(compact(&value), r#"{"bytes":1,"sha256":"abc"}"#);
    }

    #[test]
    fn a_keyed_hash_is_never_shown_even_where_nothing_marks_it() {
        assert_eq!(compact(&json!({"hmac": "v1:00"})), "(hidden)");
        assert_eq!(full(&json!({"hmac": "v1:00"})), "(hidden)");
    }
}
