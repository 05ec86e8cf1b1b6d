//! Durations and dates.

#[cfg(feature = "schema")]
use std::borrow::Cow;
use std::fmt;

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};
#[cfg(feature = "schema")]
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use super::Said;

/// A length of time: `90s`, `5m`, `1h30m`, `62h`, `7d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(SignedDuration);

/// Ten years: whatever is longer is a slip.
const LONGEST_SECONDS: i64 = 10 * 366 * 24 * 60 * 60;

impl Duration {
    pub(crate) const fn minutes(minutes: i64) -> Self {
        Self(SignedDuration::from_secs(minutes * 60))
    }

    /// The length of time; never negative.
    #[must_use]
    pub const fn get(self) -> SignedDuration {
        self.0
    }

    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text:?} is no duration; write a number and a unit of s, m, h, d: 90s, 5m, 1h30m, 7d"
            )
        };
        let mut total: i64 = 0;
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
            let number: i64 = rest[..end].parse().map_err(|_| wrong())?;
            let mut after = rest[end..].chars();
            let unit = match after.next() {
                Some('s') => 1,
                Some('m') => 60,
                Some('h') => 60 * 60,
                Some('d') => 24 * 60 * 60,
                _ => return Err(wrong()),
            };
            rest = after.as_str();
            total = number
                .checked_mul(unit)
                .and_then(|seconds| total.checked_add(seconds))
                .filter(|seconds| *seconds <= LONGEST_SECONDS)
                .ok_or_else(|| format!("{text:?} is longer than ten years"))?;
        }
        if text.is_empty() {
            return Err(wrong());
        }
        Ok(Self(SignedDuration::from_secs(total)))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_secs();
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit, seconds) in [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)] {
            if rest >= seconds {
                write!(f, "{}{unit}", rest / seconds)?;
                rest %= seconds;
            }
        }
        Ok(())
    }
}

pub(super) fn check_duration(text: &str) -> Said {
    Duration::parse(text).map(|_| None)
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "plumbline-duration", "pattern": "^([0-9]+[smhd])+$"})
    }
}

/// A day, `2027-06-30`, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(civil::Date);

impl Date {
    /// The day.
    #[must_use]
    pub const fn get(self) -> civil::Date {
        self.0
    }

    /// How many days are left after today: 0 on the day itself, negative when it is past.
    #[must_use]
    pub fn days_left(self, now: Timestamp) -> i64 {
        let today = TimeZone::UTC.to_datetime(now).date();
        self.0.duration_since(today).as_hours() / 24
    }

    /// Noon of the day, UTC.
    #[cfg(feature = "schema")]
    pub(crate) fn noon(self) -> Option<Timestamp> {
        TimeZone::UTC.to_timestamp(self.0.at(12, 0, 0, 0)).ok()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no date; write it as 2027-06-30");
        if text.len() != "2027-06-30".len() {
            return Err(wrong());
        }
        text.parse().map(Self).map_err(|_| wrong())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

pub(super) fn check_date(text: &str) -> Said {
    Date::parse(text).map(|_| None)
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl JsonSchema for Date {
    fn schema_name() -> Cow<'static, str> {
        "Date".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units() {
        for (text, seconds, shown) in [
            ("90s", 90, "1m30s"),
            ("5m", 300, "5m"),
            ("1h", 3_600, "1h"),
            ("1h30m", 5_400, "1h30m"),
            ("62h", 223_200, "2d14h"),
            ("7d", 604_800, "7d"),
            ("0s", 0, "0s"),
        ] {
            let duration = Duration::parse(text).unwrap();
            assert_eq!(duration.get().as_secs(), seconds, "{text}");
            assert_eq!(duration.to_string(), shown);
        }
        for text in [
            "",
            "1",
            "h",
            "1 h",
            "-1h",
            "1y",
            "1.5h",
            "1h-",
            "９h",
            "99999999999999999999s",
            "9999999d",
        ] {
            assert!(Duration::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn dates_are_days_that_exist() {
        assert!(Date::parse("2028-02-29").is_ok());
        for text in [
            "2027-02-29",
            "2027-6-3",
            "30.06.2027",
            "2027-06-30T00:00",
            "tomorrow",
            "",
        ] {
            assert!(Date::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_day_lasts_to_its_end_in_utc() {
        let day = Date::parse("2027-06-30").unwrap();
        let left = |now: &str| day.days_left(now.parse().unwrap());
        assert_eq!(left("2027-06-16T00:00:00Z"), 14);
        assert_eq!(left("2027-06-30T23:59:59Z"), 0);
        assert_eq!(left("2027-07-01T00:00:00Z"), -1);
        assert_eq!(left("2027-07-01T01:00:00+02:00"), 0);
    }
}
