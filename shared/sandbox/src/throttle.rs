//! Token buckets, one per account, region and call or service.

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

    /// Takes a call from its own bucket and its service's; false if there is
    /// none left in one of them, and then nothing is taken.
    pub(crate) fn take(&mut self, call: &str, place: (&str, &str), now: Timestamp) -> bool {
        let service = call.split(':').next().unwrap_or_default();
        // IAM has no regions.
        let region = if service == "iam" { "" } else { place.1 };
        let place = (place.0, region);
        let both = [call.to_owned(), format!("{service}:*")];
        let may = both.iter().all(|name| self.fill(name, place, now) >= 1.0);
        if may {
            for name in &both {
                let key = (place.0.to_owned(), place.1.to_owned(), name.clone());
                if let Some(bucket) = self.buckets.get_mut(&key) {
                    bucket.tokens -= 1.0;
                }
            }
        }
        may
    }

    /// How many calls a bucket has now; without a limit there are always enough.
    fn fill(&mut self, call: &str, place: (&str, &str), now: Timestamp) -> f64 {
        let Some(rate) = self.rates.get(call) else {
            return f64::INFINITY;
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
        bucket.tokens
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

    #[test]
    fn a_services_bucket_counts_all_its_calls_and_iam_has_no_regions() {
        let rate = |burst| Rate {
            per_second: 0.0,
            burst,
        };
        let rates = [("ec2:*", 3), ("ec2:A", 1), ("iam:*", 1)];
        let rates = rates.map(|(call, burst)| (call.to_owned(), rate(burst)));
        let mut throttle = Throttle::new(BTreeMap::from(rates));
        let mut take = |call, region| throttle.take(call, ("1", region), Timestamp::UNIX_EPOCH);
        assert!(take("ec2:A", "r") && !take("ec2:A", "r"));
        assert!(
            take("ec2:B", "r") && take("ec2:C", "r"),
            "what was refused took nothing"
        );
        assert!(!take("ec2:C", "r") && take("ec2:C", "s"));
        assert!(take("iam:A", "r") && !take("iam:B", "s"));
    }
}
