//! The time that limits leave for the calls that were made, whoever makes them.

use std::{collections::BTreeMap, time::Duration};

use sandbox::{Rate, Request, Sandbox};

/// A limit of an account and region; of IAM, of an account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    /// The call, or a whole service as `ec2:*`.
    pub(crate) calls: &'static str,
    /// Calls a second, and as many at once after a rest.
    pub(crate) rate: u32,
    /// What no haste shortens, besides: it comes before the first of these calls or after the last one.
    pub(crate) besides: Duration,
}

/// The least time that one limit leaves.
#[derive(Debug, Clone, Default, PartialEq, PartialOrd)]
pub(crate) struct Least {
    /// Calls by the rate alone: of what the other side gives at once after a rest nobody knows beforehand.
    pub(crate) by_rate: Duration,
    /// Where all that it gives at once is used at once, too.
    pub(crate) with_burst: Duration,
    /// Which limit it is, and of how many calls.
    pub(crate) of: String,
}

/// Puts limits into force.
pub(crate) fn set(sandbox: &Sandbox, limits: &[Limit]) {
    for limit in limits {
        let rate = Rate {
            per_second: f64::from(limit.rate),
            burst: limit.rate,
        };
        sandbox.limit(limit.calls, Some(rate));
    }
}

/// The slowest of the limits, by the calls that were let through.
pub(crate) fn slowest(requests: &[Request], limits: &[Limit]) -> Least {
    let mut counts: BTreeMap<(&str, &str, usize), u32> = BTreeMap::new();
    for request in requests.iter().filter(|it| (200..300).contains(&it.status)) {
        for (number, limit) in limits.iter().enumerate() {
            let is_it = match limit.calls.strip_suffix('*') {
                Some(service) => request.call.starts_with(service),
                None => request.call == limit.calls,
            };
            if is_it {
                let region = match request.service() {
                    "iam" => "",
                    _ => request.region.as_str(),
                };
                let place = (request.account.as_str(), region, number);
                *counts.entry(place).or_default() += 1;
            }
        }
    }
    let least = counts.into_iter().map(|((.., number), count)| {
        let Limit {
            calls,
            rate,
            besides,
        } = limits[number];
        let time = |calls: u32| Duration::from_secs(1) * calls / rate + besides;
        Least {
            by_rate: time(count),
            with_burst: time(count.saturating_sub(rate)),
            of: format!("{count} {calls}"),
        }
    });
    least.max_by_key(|it| it.by_rate).unwrap_or_default()
}
