//! Quantities as Kubernetes writes them: `100m`, `1Gi`, `1e3`, `0.5`.

use serde_json::Value;

/// An exact decimal number: what is written, without its spelling. Never a
/// float, which would make two different numbers equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity {
    negative: bool,
    /// Decimal digits, the most significant first, without zeros at either end.
    digits: Vec<u8>,
    /// The power of ten of the last digit.
    exponent: i32,
}

impl Quantity {
    /// Reads a quantity from a string or a number; `None` where it is none.
    #[must_use]
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::parse(text),
            Value::Number(number) => Self::parse(&number.to_string()),
            _ => None,
        }
    }

    /// Reads a quantity as Kubernetes does.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, suffix) = rest.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.len() + fraction.len() == 0 || fraction.contains('.') {
            return None;
        }
        let digits = whole.bytes().chain(fraction.bytes()).map(|it| it - b'0');
        let (power, doublings) = scale(suffix)?;
        let mut quantity = Self {
            negative,
            digits: digits.collect(),
            exponent: power - i32::try_from(fraction.len()).ok()?,
        };
        for _ in 0..doublings {
            quantity.times_1024();
        }
        quantity.trim();
        Some(quantity)
    }

    fn times_1024(&mut self) {
        let mut carry = 0_u32;
        for digit in self.digits.iter_mut().rev() {
            let product = u32::from(*digit) * 1024 + carry;
            *digit = u8::try_from(product % 10).unwrap_or_default();
            carry = product / 10;
        }
        while carry > 0 {
            self.digits
                .insert(0, u8::try_from(carry % 10).unwrap_or_default());
            carry /= 10;
        }
    }

    fn trim(&mut self) {
        while self.digits.last() == Some(&0) {
            self.digits.pop();
            self.exponent = self.exponent.saturating_add(1);
        }
        let zeros = self.digits.iter().take_while(|it| **it == 0).count();
        self.digits.drain(..zeros);
        if self.digits.is_empty() {
            self.exponent = 0;
            self.negative = false;
        }
    }
}

/// A suffix as a power of ten and a number of factors of 1024.
fn scale(suffix: &str) -> Option<(i32, u32)> {
    Some(match suffix {
        "" => (0, 0),
        "n" => (-9, 0),
        "u" => (-6, 0),
        "m" => (-3, 0),
        "k" => (3, 0),
        "M" => (6, 0),
        "G" => (9, 0),
        "T" => (12, 0),
        "P" => (15, 0),
        "E" => (18, 0),
        "Ki" => (0, 1),
        "Mi" => (0, 2),
        "Gi" => (0, 3),
        "Ti" => (0, 4),
        "Pi" => (0, 5),
        "Ei" => (0, 6),
        other => {
            let power = other.strip_prefix(['e', 'E'])?;
            let power: i32 = power.parse().ok()?;
            // The server takes no such number, and a sum of two must not overflow.
            if power.abs() > 10_000 {
                return None;
            }
            (power, 0)
        }
    })
}
