//! Token buckets, one per account, region and call.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::options::Rate;

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled_at: Timestamp,
}

/// The limits and how much of them is used.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    rates: BTreeMap<String, Rate>,
    buckets: HashMap<(String, String, String), Bucket>,
}

impl Throttle {
    pub(crate) fn new(rates: BTreeMap<String, Rate>) -> Self {
        Self {
            rates,
            buckets: HashMap::new(),
        }
    }

    /// Sets or lifts a limit. Its buckets start full.
    pub(crate) fn limit(&mut self, call: &str, rate: Option<Rate>) {
        self.buckets.retain(|(_, _, name), _| name != call);
        match rate {
            Some(rate) => self.rates.insert(call.to_owned(), rate),
            None => self.rates.remove(call),
        };
    }

    /// Takes a call from its bucket; false if there is none left.
    pub(crate) fn take(&mut self, call: &str, place: (&str, &str), now: Timestamp) -> bool {
        let Some(rate) = self.rates.get(call) else {
            return true;
        };
        let full = f64::from(rate.burst);
        let key = (place.0.to_owned(), place.1.to_owned(), call.to_owned());
        let bucket = self.buckets.entry(key).or_insert(Bucket {
            tokens: full,
            filled_at: now,
        });
        let passed = now.duration_since(bucket.filled_at).as_secs_f64().max(0.0);
        bucket.tokens = (bucket.tokens + passed * rate.per_second).min(full);
        bucket.filled_at = now.max(bucket.filled_at);
        let may = bucket.tokens >= 1.0;
        if may {
            bucket.tokens -= 1.0;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_refills_by_the_clock_and_is_of_one_place_and_call() {
        let rate = Rate {
            per_second: 2.0,
            burst: 3,
        };
        let mut throttle = Throttle::new(BTreeMap::from([("a:B".to_owned(), rate)]));
        let start = Timestamp::UNIX_EPOCH;
        let at =
            |millis: i64| Timestamp::from_millisecond(start.as_millisecond() + millis).unwrap();
        let taken = |throttle: &mut Throttle, now| {
            (0..10)
                .filter(|_| throttle.take("a:B", ("1", "r"), now))
                .count()
        };
        assert_eq!(taken(&mut throttle, at(0)), 3);
        assert_eq!(taken(&mut throttle, at(499)), 0);
        assert_eq!(taken(&mut throttle, at(1000)), 2);
        assert_eq!(taken(&mut throttle, at(100_000)), 3);
        assert_eq!(
            taken(&mut throttle, at(0)),
            0,
            "a clock that goes back gives nothing"
        );
        assert!(throttle.take("a:B", ("1", "other"), at(0)));
        assert!(throttle.take("a:B", ("2", "r"), at(0)));
        assert!(throttle.take("a:C", ("1", "r"), at(0)));
        throttle.limit("a:B", None);
        assert_eq!(taken(&mut throttle, at(0)), 10);
    }
}
