//! What a scalar is, by the rules of the YAML library that kubectl uses.
//!
//! They are neither YAML 1.1's nor 1.2's: `y`, `on` and `off` are flags, `0777`
//! and `0o777` are octal, `1_000` is a number, `1:30` is text, and `192e3` (what
//! some Git commits look like) is a float.

use serde_json::Value;

/// A scalar of its own type, before it becomes JSON or a key.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Flag(bool),
    Int(i64),
    /// A whole number above `i64::MAX`; no smaller one.
    Large(u64),
    Float(f64),
    Text(String),
}

/// What a tag demands of its scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Demand {
    Null,
    Flag,
    Int,
    Float,
    Timestamp,
}

impl Scalar {
    /// A scalar without quotes and tag.
    pub(super) fn plain(text: &str) -> Self {
        match text.as_bytes().first() {
            None => Some(Self::Null),
            Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => {
                word(text)
            }
            Some(b'.') => dotted(text),
            Some(b'+' | b'-' | b'0'..=b'9') => number(text),
            Some(_) => None,
        }
        .unwrap_or_else(|| Self::Text(text.to_owned()))
    }

    /// A scalar whose tag demands a type; quotes make no difference then.
    pub(super) fn tagged(demand: Demand, text: &str) -> Result<Self, &'static str> {
        match (demand, Self::plain(text)) {
            (Demand::Null, it @ Self::Null)
            | (Demand::Flag, it @ Self::Flag(_))
            | (Demand::Int, it @ (Self::Int(_) | Self::Large(_)))
            | (Demand::Float, it @ Self::Float(_)) => Ok(it),
            #[expect(clippy::cast_precision_loss, reason = "this is what the tag asks for")]
            (Demand::Float, Self::Int(number)) => Ok(Self::Float(number as f64)),
            (Demand::Timestamp, it @ Self::Text(_)) if is_timestamp(text) => Ok(it),
            (Demand::Null, _) => Err("a value tagged !!null is not null"),
            (Demand::Flag, _) => Err("a value tagged !!bool is no boolean"),
            (Demand::Int, _) => Err("a value tagged !!int is no integer"),
            (Demand::Float, _) => Err("a value tagged !!float is no number"),
            (Demand::Timestamp, _) => Err("a value tagged !!timestamp is no time"),
        }
    }

    /// The scalar as JSON.
    pub(super) fn into_json(self) -> Result<Value, &'static str> {
        match self {
            Self::Null => Ok(Value::Null),
            Self::Flag(flag) => Ok(flag.into()),
            Self::Int(number) => Ok(number.into()),
            #[expect(
                clippy::cast_precision_loss,
                reason = "kubectl makes a float of it, too"
            )]
            Self::Large(number) => Ok(float(number as f64)),
            Self::Float(number) if number.is_finite() => Ok(float(number)),
            Self::Float(_) => Err(
                "infinity and not-a-number cannot be sent to the API server; put the value in quotes if it is text",
            ),
            Self::Text(text) => Ok(text.into()),
        }
    }

    /// The scalar as the key of a JSON object.
    pub(super) fn into_key(self) -> Result<String, &'static str> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Flag(flag) => Ok(flag.to_string()),
            Self::Int(number) => Ok(number.to_string()),
            Self::Float(number) => Ok(float_key(number)),
            Self::Null => Err("a key is null, which JSON does not know; put it in quotes"),
            Self::Large(_) => Err("a key is a number above 64 bits; put it in quotes"),
        }
    }
}

/// A float as JSON after it went through kubectl: its shortest decimal spelling,
/// read anew. So `1e3` is the integer 1000.
pub(crate) fn float(number: f64) -> Value {
    if number.fract() != 0.0 || number.abs() > 2e19 {
        return number.into();
    }
    let spelled = format!("{number}");
    let signed = spelled.parse::<i64>().map(Value::from);
    let read = signed.or_else(|_| spelled.parse::<u64>().map(Value::from));
    read.unwrap_or_else(|_| number.into())
}

/// The flags and spellings of nothing.
fn word(text: &str) -> Option<Scalar> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Some(Scalar::Flag(true))
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Some(Scalar::Flag(false))
        }
        "~" | "null" | "Null" | "NULL" => Some(Scalar::Null),
        _ => None,
    }
}

/// The special floats, their sign taken off.
fn special(text: &str, sign: f64) -> Option<Scalar> {
    matches!(text, ".inf" | ".Inf" | ".INF").then_some(Scalar::Float(sign * f64::INFINITY))
}

/// What begins with a dot. An underscore stands between two digits here, or makes it text.
fn dotted(text: &str) -> Option<Scalar> {
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(Scalar::Float(f64::NAN));
    }
    if let Some(infinity) = special(text, 1.0) {
        return Some(infinity);
    }
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_digit)
    };
    let separates =
        |(at, byte): (usize, &u8)| *byte != b'_' || digit(at.checked_sub(1)) && digit(Some(at + 1));
    if !bytes.iter().enumerate().all(separates) {
        return None;
    }
    decimal(&text.replace('_', ""))
}

/// What begins with a sign or a digit.
fn number(text: &str) -> Option<Scalar> {
    let infinity = match text.as_bytes() {
        [b'+', ..] => special(&text[1..], 1.0),
        [b'-', ..] => special(&text[1..], -1.0),
        _ => None,
    };
    if infinity.is_some() {
        return infinity;
    }
    let plain = text.replace('_', "");
    integer(&plain)
        .or_else(|| decimal(&plain))
        // The library reads what follows `0b` by itself once more, a sign included.
        .or_else(|| signed(plain.strip_prefix("0b")?, 2))
}

/// An integer with its base said by its prefix.
fn integer(text: &str) -> Option<Scalar> {
    let (sign, digits) = split_sign(text);
    let (digits, base) = match digits.as_bytes() {
        [b'0', b'b' | b'B', _, ..] => (&digits[2..], 2),
        [b'0', b'o' | b'O', _, ..] => (&digits[2..], 8),
        [b'0', b'x' | b'X', _, ..] => (&digits[2..], 16),
        [b'0', _, ..] => (&digits[1..], 8),
        _ => (digits, 10),
    };
    whole(sign, digits, base)
}

/// An integer of one base.
fn signed(text: &str, base: u32) -> Option<Scalar> {
    let (sign, digits) = split_sign(text);
    whole(sign, digits, base)
}

fn split_sign(text: &str) -> (Option<u8>, &str) {
    match text.as_bytes() {
        [sign @ (b'+' | b'-'), ..] => (Some(*sign), &text[1..]),
        _ => (None, text),
    }
}

fn whole(sign: Option<u8>, digits: &str, base: u32) -> Option<Scalar> {
    if !digits.bytes().all(|it| it.is_ascii_alphanumeric()) {
        return None;
    }
    let size = u64::from_str_radix(digits, base).ok()?;
    if sign == Some(b'-') {
        return 0_i64.checked_sub_unsigned(size).map(Scalar::Int);
    }
    match i64::try_from(size) {
        Ok(number) => Some(Scalar::Int(number)),
        // With a sign it does not fit any integer of Go's, and is a float if it is one.
        Err(_) if sign.is_some() => None,
        Err(_) => Some(Scalar::Large(size)),
    }
}

/// A decimal number; none where it is too large for a float.
fn decimal(text: &str) -> Option<Scalar> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (_, mut rest) = split_sign(text);
    let before = digits(rest);
    rest = &rest[before..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let after = digits(fraction);
        if before == 0 && after == 0 {
            return None;
        }
        rest = &fraction[after..];
    } else if before == 0 {
        return None;
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let (_, exponent) = split_sign(exponent);
        let length = digits(exponent);
        if length == 0 {
            return None;
        }
        rest = &exponent[length..];
    }
    if !rest.is_empty() {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    number.is_finite().then_some(Scalar::Float(number))
}

/// Whether a text begins as a date does; the rest is text in any case.
fn is_timestamp(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let mut digits = |least: usize, most: usize| {
        parts.next().is_some_and(|part| {
            let length = part.bytes().take_while(u8::is_ascii_digit).count();
            (least..=most).contains(&length)
        })
    };
    digits(4, 4) && digits(1, 2) && digits(1, 2)
}

/// How Go spells a float of 32 bits at its shortest, which is what a float becomes as a key.
fn float_key(number: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the spelling is that of 32 bits"
    )]
    let number = number as f32;
    if number.is_nan() {
        return ".nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let spelled = format!("{number:e}");
    let (mantissa, exponent) = spelled.split_once('e').unwrap_or((&spelled, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.abs())
    } else {
        format!("{number}")
    }
}
