//! Quantities in the form that the server writes.

use serde_json::Value;

/// The canonical form: `1000m` is `1`, `1024Mi` is `1Gi`, `0.5` is `500m`; `None` for what is no quantity.
pub(crate) fn canonical(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let parsed = Parsed::read(&text)?;
    Some(parsed.write())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Binary,
    Decimal,
    Exponent,
}

/// `number × 10^exponent`.
struct Parsed {
    number: i128,
    exponent: i32,
    form: Form,
}

const DECIMAL: [(&str, i32); 10] = [
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("", 0),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
];
const BINARY: [(&str, u32); 6] = [
    ("Ki", 10),
    ("Mi", 20),
    ("Gi", 30),
    ("Ti", 40),
    ("Pi", 50),
    ("Ei", 60),
];

impl Parsed {
    fn read(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (digits, suffix) = unsigned.split_at(end.unwrap_or(unsigned.len()));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        if (whole.is_empty() && part.is_empty()) || part.contains('.') {
            return None;
        }
        let mut number: i128 = format!("0{whole}{part}").parse().ok()?;
        let mut exponent = -i32::try_from(part.len()).ok()?;
        let form;
        if let Some((_, bits)) = BINARY.iter().find(|(name, _)| *name == suffix) {
            number = number.checked_mul(1 << bits)?;
            form = Form::Binary;
        } else if let Some((_, power)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
            exponent += power;
            form = Form::Decimal;
        } else {
            exponent += suffix.strip_prefix(['e', 'E'])?.parse::<i32>().ok()?;
            form = Form::Exponent;
        }
        if text.starts_with('-') {
            number = -number;
        }
        // Nothing is finer than a billionth; what is cut off counts up.
        while exponent < -9 {
            let rest = number % 10;
            number = number / 10 + i128::from(rest > 0) - i128::from(rest < 0);
            exponent += 1;
        }
        Some(Self {
            number,
            exponent,
            form,
        })
    }

    fn write(mut self) -> String {
        if self.number == 0 {
            return "0".to_owned();
        }
        while self.number % 10 == 0 {
            self.number /= 10;
            self.exponent += 1;
        }
        if self.form == Form::Binary
            && let Some(text) = self.write_binary()
        {
            return text;
        }
        while self.exponent % 3 != 0 || self.exponent > 18 {
            self.number = self.number.saturating_mul(10);
            self.exponent -= 1;
        }
        let (number, exponent) = (self.number, self.exponent);
        if self.form == Form::Exponent {
            return match exponent {
                0 => number.to_string(),
                _ => format!("{number}e{exponent}"),
            };
        }
        let suffix = DECIMAL.iter().find(|(_, power)| *power == exponent);
        format!("{number}{}", suffix.map_or("", |(name, _)| name))
    }

    /// Small and broken numbers are written in decimal.
    fn write_binary(&self) -> Option<String> {
        let power = u32::try_from(self.exponent).ok()?;
        let mut number = self.number.checked_mul(10_i128.checked_pow(power)?)?;
        if (-1023..1024).contains(&number) {
            return None;
        }
        let mut suffix = "";
        for (name, _) in BINARY {
            if number % 1024 != 0 {
                break;
            }
            number /= 1024;
            suffix = name;
        }
        Some(format!("{number}{suffix}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn quantities_are_written_as_the_server_writes_them() {
        let cases = [
            ("1000m", "1"),
            ("0.5", "500m"),
            ("0.1", "100m"),
            ("100m", "100m"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("512Mi", "512Mi"),
            ("1000M", "1G"),
            ("1500", "1500"),
            ("1000000", "1M"),
            ("1e3", "1e3"),
            ("128974848", "128974848"),
            ("0", "0"),
            ("0.5Gi", "512Mi"),
            ("100Ki", "100Ki"),
            ("1.1Ki", "1126400m"),
            ("-5m", "-5m"),
        ];
        for (given, expected) in cases {
            assert_eq!(
                canonical(&json!(given)).as_deref(),
                Some(expected),
                "{given}"
            );
        }
        assert_eq!(canonical(&json!(2)).as_deref(), Some("2"));
        assert_eq!(canonical(&json!(0.25)).as_deref(), Some("250m"));
        for wrong in ["", "m", "1.2.3", "1 Gi", "ten", "1KiB"] {
            assert_eq!(canonical(&json!(wrong)), None, "{wrong}");
        }
    }
}
