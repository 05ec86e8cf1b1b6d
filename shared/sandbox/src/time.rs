//! Times as the services write them.

use std::time::Duration;

use jiff::Timestamp;

/// In whole milliseconds, which is what the services' answers carry.
pub(crate) fn whole_millis(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// That much later; the end of time where there is no later.
pub(crate) fn after(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// `2026-11-24T06:00:00.123Z`.
pub(crate) fn iso_millis(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// `2026-11-24T06:00:00Z`.
pub(crate) fn iso_seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `Tue, 24 Nov 2026 06:00:00 GMT`.
pub(crate) fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Seconds since the epoch with their fraction, as the JSON protocol has them.
pub(crate) fn epoch_seconds(at: Timestamp) -> f64 {
    at.as_duration().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_services_write_them() {
        let at: Timestamp = "2026-11-24T06:00:00.1239Z".parse().unwrap();
        assert_eq!(iso_millis(whole_millis(at)), "2026-11-24T06:00:00.123Z");
        assert_eq!(iso_seconds(at), "2026-11-24T06:00:00Z");
        assert_eq!(http_date(at), "Tue, 24 Nov 2026 06:00:00 GMT");
    }
}
