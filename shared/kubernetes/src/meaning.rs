//! Whether two scalars mean the same.

use jiff::Timestamp;
use serde_json::{Number, Value};

use crate::base64;
use crate::quantity::Quantity;
use crate::schema::{Node, Scalar};

/// How two scalars compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// They are equal.
    Equal,
    /// They are spelled differently and mean the same, by this rule.
    Same(&'static str),
    /// They may differ.
    Different,
}

/// Compares two values that are neither maps nor lists. The answer "the same" is certain.
pub(crate) fn compare(one: &Value, other: &Value, node: &Node<'_>) -> Meaning {
    if one == other {
        return Meaning::Equal;
    }
    if let (Value::Number(one), Value::Number(other)) = (one, other)
        && is_same_number(one, other)
    {
        return Meaning::Same("number-spelling");
    }
    let same = match node.scalar() {
        Scalar::Quantity => both(Quantity::of, one, other).then_some("quantity-spelling"),
        Scalar::Bytes => {
            both(|it| base64::decode(it.as_str()?), one, other).then_some("base64-spelling")
        }
        Scalar::Time => {
            let time = |it: &Value| it.as_str()?.parse::<Timestamp>().ok();
            both(time, one, other).then_some("time-spelling")
        }
        Scalar::Duration => {
            both(|it| nanoseconds(it.as_str()?), one, other).then_some("time-spelling")
        }
        Scalar::Plain => None,
    };
    same.map_or(Meaning::Different, Meaning::Same)
}

fn both<T: PartialEq>(read: impl Fn(&Value) -> Option<T>, one: &Value, other: &Value) -> bool {
    matches!((read(one), read(other)), (Some(one), Some(other)) if one == other)
}

/// `1` and `1.0` are one number; nothing else that differs is.
fn is_same_number(one: &Number, other: &Number) -> bool {
    let exact = |it: &Number| Quantity::parse(&it.to_string());
    matches!((exact(one), exact(other)), (Some(one), Some(other)) if one == other)
}

/// A length of time as Go writes it: `1h30m`, `-1.5s`, `100ms`, `0`.
fn nanoseconds(text: &str) -> Option<i128> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0_i128;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, unit) = rest.split_at(end);
        let (nanoseconds, length): (i128, usize) = UNITS
            .iter()
            .find(|(name, _)| unit.starts_with(name))
            .map(|(name, size)| (*size, name.len()))?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if number == "." || number.is_empty() || fraction.len() > 12 || whole.len() > 18 {
            return None;
        }
        let whole: i128 = if whole.is_empty() {
            0
        } else {
            whole.parse().ok()?
        };
        let power = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
        let part: i128 = if fraction.is_empty() {
            0
        } else {
            fraction.parse().ok()?
        };
        total += whole * nanoseconds + part * nanoseconds / power;
        rest = &unit[length..];
    }
    Some(sign * total)
}

/// Units of Go's durations, longer names first.
const UNITS: [(&str, i128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];
