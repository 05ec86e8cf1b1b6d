//! Region, endpoint, proxy and certificates, credentials, and the clock.

use std::path::Path;

use aws::Connection;
use aws_credential_types::provider::ProvideCredentials as _;
use jiff::{SignedDuration, Timestamp};
use policy::Loaded;

use super::{Check, PATIENCE};
use crate::caller::{self, ANY_REGION, Caller};

/// From how much on a difference of the clocks is worth a warning.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// From how much on AWS refuses signatures.
const TOO_MUCH: SignedDuration = SignedDuration::from_mins(5);

/// How long credentials should last at least, so that a scan does not outlive them.
const SHORT: SignedDuration = SignedDuration::from_mins(15);

/// What is set and may be wrong.
pub(super) fn look(connection: &Connection, loaded: Option<&Loaded>) -> Vec<Check> {
    let mut checks = vec![region(connection, loaded)];
    checks.extend(endpoint());
    checks.extend(proxy());
    checks.extend(certificates());
    checks
}

fn region(connection: &Connection, loaded: Option<&Loaded>) -> Check {
    const WHAT: &str = "region";
    if let Some(region) = connection.default_region() {
        return Check::ok(WHAT, region);
    }
    let fix = "set AWS_REGION, or region in the AWS profile, or name regions in the target";
    let targets = loaded.map_or(&[][..], |it| &it.config.targets);
    let without: Vec<&str> = targets
        .iter()
        .filter(|it| it.cloudformation().is_some_and(|it| it.regions.is_empty()))
        .map(|it| it.name.as_str())
        .collect();
    if without.is_empty() {
        return Check::ok(WHAT, "none is set, and every target names its own");
    }
    Check::fail(
        WHAT,
        format!("none is set, and target {} names none", without.join(", ")),
        fix,
    )
}

/// Where calls go instead of to AWS itself, host and port only.
fn endpoint() -> Vec<Check> {
    let set = std::env::vars().filter(|(name, value)| {
        (name == "AWS_ENDPOINT_URL" || name.starts_with("AWS_ENDPOINT_URL_")) && !value.is_empty()
    });
    let mut set: Vec<(String, String)> = set.collect();
    set.sort();
    set.into_iter()
        .map(|(name, value)| match host(&value) {
            Some(host) if value.starts_with("https://") || is_own(&host) => {
                Check::ok("endpoint", format!("calls go to {host} ({name})"))
            }
            Some(host) => Check::warn(
                "endpoint",
                format!("calls go to {host} over plain HTTP ({name})"),
                "write the address with https://",
            ),
            None => Check::fail(
                "endpoint",
                format!("{name} is no http(s) address"),
                format!("write it as https://host, or unset {name}"),
            ),
        })
        .collect()
}

fn proxy() -> Option<Check> {
    let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let (name, value) = names.into_iter().find_map(|name| {
        let value = std::env::var(name).ok().filter(|it| !it.is_empty())?;
        Some((name, value))
    })?;
    // Its user and password are not shown.
    let host = host(&value).or_else(|| host(&format!("http://{value}")));
    Some(match host {
        Some(host) => Check::ok("proxy", format!("calls go through {host} ({name})")),
        None => Check::fail(
            "proxy",
            format!("{name} names no host"),
            format!("write it as http://host:port, or unset {name}"),
        ),
    })
}

/// Host and port of an address, without user, path and query.
fn host(address: &str) -> Option<String> {
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|it| address.strip_prefix(it))?;
    let place = rest.split(['/', '?', '#']).next()?;
    let host = place.rsplit('@').next()?;
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']' | '_');
    (!host.is_empty() && host.chars().all(plain)).then(|| host.to_owned())
}

fn is_own(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name == "localhost" || name == "[::1]" || name.starts_with("127.")
}

/// `SSL_CERT_FILE`, where it is set: without any root every connection fails.
fn certificates() -> Option<Check> {
    let file = std::env::var_os("SSL_CERT_FILE").filter(|it| !it.is_empty())?;
    let what = format!("SSL_CERT_FILE ({})", file.display());
    let fix = "name a file of certificates in PEM, or unset SSL_CERT_FILE";
    Some(match std::fs::read_to_string(Path::new(&file)) {
        Err(error) => Check::fail(what, format!("cannot be read: {error}"), fix),
        Ok(text) => {
            let (good, bad) = pem(&text);
            match (good, bad) {
                (0, _) => Check::fail(what, "has no certificate in PEM", fix),
                (good, 0) => Check::ok(what, format!("{good} certificate(s)")),
                (good, bad) => Check::warn(
                    what,
                    format!("{good} certificate(s), and {bad} that are none"),
                    fix,
                ),
            }
        }
    })
}

/// How many certificates a text holds, and how many blocks that are none.
fn pem(text: &str) -> (usize, usize) {
    let mut counts = (0, 0);
    for block in text.split("-----BEGIN CERTIFICATE-----").skip(1) {
        let body: Option<String> = block
            .split_once("-----END CERTIFICATE-----")
            .map(|(body, _)| body.chars().filter(|c| !c.is_whitespace()).collect());
        // A certificate is a DER sequence of more than 255 bytes: in base64 it begins with MI.
        let is_one = body.is_some_and(|it| {
            it.starts_with("MI")
                && it.len() % 4 == 0
                && it
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
        });
        if is_one { counts.0 += 1 } else { counts.1 += 1 }
    }
    counts
}

/// Who asks, for how long, and how far apart the clocks are.
pub(super) async fn credentials(connection: &Connection) -> (Vec<Check>, Option<Caller>) {
    let mut checks: Vec<Check> = expiry(connection).await.into_iter().collect();
    let before = Timestamp::now();
    let Ok(asked) = tokio::time::timeout(PATIENCE, caller::caller(connection)).await else {
        checks.push(Check::fail(
            "credentials",
            format!("STS gave no answer within {} s", PATIENCE.as_secs()),
            "check endpoint, proxy and network",
        ));
        return (checks, None);
    };
    // The answer is dated between the asking and now, in whole seconds.
    checks.extend(asked.at.map(|at| clock(at, (before, Timestamp::now()))));
    match asked.caller {
        Ok(caller) => {
            checks.push(Check::ok(
                "credentials",
                format!("{} in account {}", caller.arn, caller.account),
            ));
            (checks, Some(caller))
        }
        Err(error) => {
            checks.push(Check::fail(
                "credentials",
                error,
                "log in or set credentials as for any AWS tool; aws sts get-caller-identity asks the same",
            ));
            (checks, None)
        }
    }
}

async fn expiry(connection: &Connection) -> Option<Check> {
    let region = connection.default_region();
    let access = connection
        .access(region.as_deref().or(Some(ANY_REGION)), None)
        .await
        .ok()?;
    let provider = access.config.credentials_provider()?;
    let given = tokio::time::timeout(PATIENCE, provider.provide_credentials()).await;
    // Why there are none is said where they are used.
    let expiry = given.ok()?.ok()?.expiry()?;
    let end = Timestamp::try_from(expiry).ok()?;
    Some(lasts(end, Timestamp::now()))
}

fn lasts(end: Timestamp, now: Timestamp) -> Check {
    let left = end.duration_since(now);
    let what = "credentials' end";
    let again = "log in again";
    if left.is_negative() {
        return Check::fail(what, format!("they expired at {end:.0}"), again);
    }
    let found = format!("they last until {end:.0}, {} min", left.as_mins());
    if left < SHORT {
        return Check::warn(what, found, again);
    }
    Check::ok(what, found)
}

/// How far this machine's clock is from the other side's.
fn clock(theirs: Timestamp, (before, after): (Timestamp, Timestamp)) -> Check {
    let what = "clock";
    let skew = if theirs < before {
        before.duration_since(theirs)
    } else {
        theirs.duration_since(after).max(SignedDuration::ZERO)
    };
    let found = format!("{} s from AWS's own", skew.as_secs());
    let fix =
        "set this machine's clock, by NTP best: AWS refuses signatures that are 5 minutes off";
    if skew > TOO_MUCH {
        Check::fail(what, found, fix)
    } else if skew > SKEW {
        Check::warn(what, found, fix)
    } else {
        Check::ok(what, found)
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn clocks_that_are_a_minute_apart_are_warned_of_and_five_minutes_fail() {
        let now = (at("2026-11-24T06:00:00Z"), at("2026-11-24T06:00:02Z"));
        for (theirs, state) in [
            ("2026-11-24T06:00:01Z", State::Ok),
            ("2026-11-24T05:59:00Z", State::Ok),
            ("2026-11-24T05:58:59Z", State::Warn),
            ("2026-11-24T06:01:03Z", State::Warn),
            ("2026-11-24T05:54:59Z", State::Fail),
            ("2026-11-24T06:05:03Z", State::Fail),
        ] {
            assert_eq!(clock(at(theirs), now).state, state, "{theirs}");
        }
    }

    #[test]
    fn credentials_that_end_soon_are_warned_of() {
        let now = at("2026-11-24T06:00:00Z");
        for (end, state) in [
            ("2026-11-24T05:59:59Z", State::Fail),
            ("2026-11-24T06:14:59Z", State::Warn),
            ("2026-11-24T06:15:00Z", State::Ok),
        ] {
            assert_eq!(lasts(at(end), now).state, state, "{end}");
        }
    }

    #[test]
    fn an_address_is_told_without_its_user() {
        assert_eq!(
            host("http://u:p@proxy:8080/x?y").as_deref(),
            Some("proxy:8080")
        );
        assert_eq!(host("ftp://x"), None);
        assert_eq!(host("http://"), None);
        assert!(is_own("127.0.0.1:4566") && is_own("localhost") && !is_own("localhost.example"));
    }

    #[test]
    fn a_block_that_is_no_certificate_is_counted_apart() {
        let block = |body: &str| {
            format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
        };
        assert_eq!(pem(&(block("MIIB\nAAAA") + &block("nonsense"))), (1, 1));
        assert_eq!(pem("-----BEGIN CERTIFICATE-----\nMIIB"), (0, 1));
        assert_eq!(pem("text"), (0, 0));
    }
}
