//! What is done about findings, and what may reach production.

use std::collections::{BTreeMap, BTreeSet};

use super::{Found, NOTHING, Side, set, set_or};
use crate::config::{
    CommitMode, Config, Freeze, OnFailure, OnSuccess, Remediation, Service, Strategy,
};
use crate::scalar::Percentage;

/// Who approves where the file names nobody.
const MAINTAINERS: &str = "who may maintain the repository";

pub(super) fn compare(strict: &Side<'_>, loose: &Side<'_>, found: &mut Found) {
    let (from, to) = (strict.config(), loose.config());
    remediation(&from.remediation, &to.remediation, found);
    found.gained(
        ("accounts", "changed through a role"),
        &roles(from),
        &roles(to),
    );
    waivers(strict, loose, found);
    let promoted = |it: &Config| it.services.keys().map(ToString::to_string).collect();
    found.gained(("services", "promoted"), &promoted(from), &promoted(to));
    for (name, service) in &from.services {
        if let Some(other) = to.services.get(name) {
            compare_services(&format!("service {name}"), (service, other), found);
        }
    }
    let approvers = |it: &Config| set_or(set(&it.approvers), MAINTAINERS);
    found.gained(
        ("approvers", "may approve"),
        &approvers(from),
        &approvers(to),
    );
}

fn roles(config: &Config) -> BTreeSet<String> {
    set(config
        .accounts
        .iter()
        .filter_map(|it| it.remediate.as_ref()))
}

fn remediation(strict: &Remediation, loose: &Remediation, found: &mut Found) {
    const AT: &str = "remediation";
    let automatic = |it: &Remediation| set(it.allow_automatic.iter().map(|it| it.as_str()));
    found.gained(
        (AT, "allowAutomatic"),
        &automatic(strict),
        &automatic(loose),
    );
    found.more((AT, "maxPerRun"), strict.max_per_run, loose.max_per_run);
    found.more(
        (AT, "fights.reverts"),
        strict.fights.reverts,
        loose.fights.reverts,
    );
    if loose.fights.within < strict.fights.within {
        found.add(
            (AT, "fights.within"),
            strict.fights.within,
            loose.fights.within,
        );
    }
    for freeze in &strict.freeze {
        let same = loose.freeze.iter().filter(|it| it.cron == freeze.cron);
        match same.map(|it| it.lasts).max() {
            Some(lasts) if lasts >= freeze.lasts => {}
            Some(lasts) => found.add((AT, "freeze"), told(freeze), format!("only {lasts}")),
            None => found.add((AT, "freeze"), told(freeze), NOTHING),
        }
    }
    for (name, of) in SEVERITIES {
        let what = |key: &str| format!("{name}.{key}");
        let (a, b) = (
            of(strict).unwrap_or_default(),
            of(loose).unwrap_or_default(),
        );
        if rank_attempt(&b) > rank_attempt(&a) {
            found.add((AT, what("attempt")), attempt(&a), attempt(&b));
        }
        if rank_success(&b) > rank_success(&a) {
            found.add((AT, what("onSuccess")), success(&a), success(&b));
        }
        if rank_failure(&b) > rank_failure(&a) {
            found.add((AT, what("onFailure")), failure(&a), failure(&b));
        }
    }
}

fn told(freeze: &Freeze) -> String {
    format!("\"{}\" for {}", freeze.cron, freeze.lasts)
}

type Of = fn(&Remediation) -> Option<Strategy>;

const SEVERITIES: [(&str, Of); 4] = [
    ("critical", |it| it.critical.clone()),
    ("high", |it| it.high.clone()),
    ("medium", |it| it.medium.clone()),
    ("low", |it| it.low.clone()),
];

/// From strict to loose; what the severity itself says lies between.
const fn rank_attempt(it: &Strategy) -> u8 {
    match it.attempt {
        Some(false) => 0,
        None => 1,
        Some(true) => 2,
    }
}

const fn attempt(it: &Strategy) -> &'static str {
    match it.attempt {
        Some(false) => "false",
        None => AS_USUAL,
        Some(true) => "true",
    }
}

const fn rank_success(it: &Strategy) -> u8 {
    match it.on_success {
        Some(OnSuccess::PullRequest) => 0,
        None => 1,
        Some(OnSuccess::Log) => 2,
    }
}

const fn success(it: &Strategy) -> &'static str {
    match it.on_success {
        Some(OnSuccess::PullRequest) => "pull-request",
        None => AS_USUAL,
        Some(OnSuccess::Log) => "log",
    }
}

const fn rank_failure(it: &Strategy) -> u8 {
    match it.on_failure {
        Some(OnFailure::Page) => 0,
        None => 1,
        Some(OnFailure::Alert) => 2,
        Some(OnFailure::Ticket) => 3,
    }
}

const fn failure(it: &Strategy) -> &'static str {
    match it.on_failure {
        Some(OnFailure::Page) => "page",
        None => AS_USUAL,
        Some(OnFailure::Alert) => "alert",
        Some(OnFailure::Ticket) => "ticket",
    }
}

/// What stands where a strategy leaves something to its severity.
const AS_USUAL: &str = "as its severity says";

/// Waivers by service and vulnerability, with their last day.
fn waivers(strict: &Side<'_>, loose: &Side<'_>, found: &mut Found) {
    let in_force = |side: &Side<'_>| {
        let mut waivers = BTreeMap::new();
        for it in &side.config().waivers {
            if it.expires.days_left(side.now) >= 0 {
                let key = (it.service.to_string(), it.vulnerability.to_string());
                let longest = waivers.entry(key).or_insert(it.expires);
                *longest = it.expires.max(*longest);
            }
        }
        waivers
    };
    let before = in_force(strict);
    for ((service, vulnerability), expires) in in_force(loose) {
        let at = ("waivers", format!("{vulnerability} in {service}"));
        match before.get(&(service, vulnerability)) {
            Some(until) if *until < expires => {
                found.add(at, format!("until {until}"), format!("until {expires}"));
            }
            Some(_) => {}
            None => found.add(at, NOTHING, format!("until {expires}")),
        }
    }
}

fn compare_services(place: &str, (strict, loose): (&Service, &Service), found: &mut Found) {
    if (strict.commit, loose.commit) == (CommitMode::PullRequest, CommitMode::Direct) {
        found.add((place, "commit"), "pull-request", "direct");
    }
    let after = |it: &Service| {
        let after = it.promote.as_ref().map(|it| &it.after)?;
        Some((after.environment.to_string(), after.verified_for))
    };
    match (after(strict), after(loose)) {
        (Some((environment, _)), None) => {
            found.add((place, "promote.after"), environment, NOTHING);
        }
        (Some((environment, was)), Some((other, is))) if environment == other && is < was => {
            let text =
                |it: Option<crate::Duration>| it.map_or(NOTHING.to_owned(), |it| it.to_string());
            found.add((place, "promote.after.verifiedFor"), text(was), text(is));
        }
        _ => {}
    }
    let (a, b) = (&strict.verify, &loose.verify);
    let http = |it: &crate::Verify| set(it.http.iter().map(|it| &it.url));
    found.lost((place, "verify.http"), &http(a), &http(b));
    let flow = |it: &crate::Verify| set(&it.flow);
    found.lost((place, "verify.flow"), &flow(a), &flow(b));
    match (&a.baseline, &b.baseline) {
        (Some(was), None) => found.add((place, "verify.baseline"), &was.p95, NOTHING),
        (Some(was), Some(is)) if percent(&is.p95) > percent(&was.p95) => {
            found.add((place, "verify.baseline"), &was.p95, &is.p95);
        }
        _ => {}
    }
    found.more((place, "verify.timeout"), a.timeout, b.timeout);
    found.lost(
        (place, "tags.ignore"),
        &set(&strict.tags.ignore),
        &set(&loose.tags.ignore),
    );
}

/// The number of a share; validation has made sure that it is one.
fn percent(share: &Percentage) -> f64 {
    let number = share.as_str().trim_end_matches('%');
    number.parse().unwrap_or_default()
}
