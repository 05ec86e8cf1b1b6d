//! How bad what is, what is passed over or shown, and who hears of it.

use std::collections::{BTreeMap, BTreeSet};

use domain::judge::Facts;
use domain::severity::{Cause, Severity};

use super::samples::{Sample, named_by, representative};
use super::{Found, NOTHING, Side, set};
use crate::config::Ignore;

pub(super) fn compare(strict: &Side<'_>, loose: &Side<'_>, found: &mut Found) {
    let mut samples = representative();
    // The same ones in both directions.
    for expression in strict.policy.conditions().chain(loose.policy.conditions()) {
        for sample in named_by(expression) {
            if !samples.contains(&sample) {
                samples.push(sample);
            }
        }
    }
    grades(strict, loose, &samples, found);
    ignores(strict, loose, &samples, found);
    let shown = |side: &Side<'_>| set(side.config().show.iter().map(|it| &it.when));
    found.gained(("show", "values in plain"), &shown(strict), &shown(loose));
    told(strict, loose, &samples, found);
    let public = |side: &Side<'_>| side.config().github.as_ref().is_some_and(|it| it.public);
    if public(loose) && !public(strict) {
        found.add(
            ("github", "tickets in a public repository"),
            "carry ids only",
            "carry names and values",
        );
    }
}

fn grades(strict: &Side<'_>, loose: &Side<'_>, samples: &[Sample], found: &mut Found) {
    for sample in samples {
        let facts = sample.facts();
        let was = strict.policy.explain(&facts, strict.now);
        let is = loose.policy.explain(&facts, loose.now);
        if is.severity < was.severity {
            found.add(
                ("severity", sample.label.as_str()),
                format!("{} by {}", was.severity, rule(strict, &was)),
                format!("{} by {}", is.severity, rule(loose, &is)),
            );
        }
        if was.floor && !is.floor {
            found.add(
                (
                    "remediation",
                    format!("{} put straight automatically", sample.label),
                ),
                "never",
                "where its severity says so",
            );
        }
    }
}

/// A rule by its condition: its number changes with every rule before it.
fn rule(side: &Side<'_>, explained: &crate::Explanation) -> String {
    let user = explained
        .rule
        .strip_prefix("severity[")
        .and_then(|it| it.strip_suffix(']')?.parse::<usize>().ok())
        .and_then(|index| side.config().severity.get(index));
    user.map_or_else(|| explained.rule.clone(), |it| format!("`{}`", it.when))
}

/// Ignores by their condition: the same condition may hold longer, another one is another ignore.
fn ignores(strict: &Side<'_>, loose: &Side<'_>, samples: &[Sample], found: &mut Found) {
    let (from, to) = (in_force(strict), in_force(loose));
    for (when, ignore) in &to {
        match from.get(when) {
            Some(before) if before.expires < ignore.expires => {
                found.add(
                    ("ignore", *when),
                    format!("until {}", before.expires),
                    format!("until {}", ignore.expires),
                );
            }
            Some(_) => {}
            None => match narrower(when, &from) {
                Some(before) => found.add(
                    ("ignore", "widened"),
                    format!("`{before}`"),
                    format!("`{when}` until {}", ignore.expires),
                ),
                None if is_narrowed(when, (ignore, &from)) => {}
                None => found.add(
                    ("ignore", *when),
                    NOTHING,
                    format!("until {}", ignore.expires),
                ),
            },
        }
    }
    for sample in samples {
        let facts = sample.facts();
        let passed_over = |side: &Side<'_>| {
            let explained = side.policy.explain(&facts, side.now);
            side.policy.ignores(
                &Facts {
                    severity: Some(explained.severity),
                    cause: Some(explained.cause),
                    ..facts.clone()
                },
                side.now,
            )
        };
        if passed_over(loose) && !passed_over(strict) {
            found.add(("ignored", sample.label.as_str()), "no", "yes");
        }
    }
}

/// The ignores that hold now; of one condition the one that holds longest.
fn in_force<'c>(side: &Side<'c>) -> BTreeMap<&'c str, &'c Ignore> {
    let mut ignores: BTreeMap<&str, &Ignore> = BTreeMap::new();
    for ignore in side
        .config()
        .ignore
        .iter()
        .filter(|it| it.in_force(side.now))
    {
        let longest = ignores.entry(ignore.when.as_str()).or_insert(ignore);
        if longest.expires < ignore.expires {
            *longest = ignore;
        }
    }
    ignores
}

/// The parts that all have to hold. A condition with `||` in it is one part.
fn parts(when: &str) -> BTreeSet<&str> {
    if when.contains("||") {
        return BTreeSet::from([when.trim()]);
    }
    when.split("&&").map(str::trim).collect()
}

/// A condition of the other side that asks for all that this one does, and more.
fn narrower<'c>(when: &str, others: &BTreeMap<&'c str, &Ignore>) -> Option<&'c str> {
    let wide = parts(when);
    others
        .keys()
        .copied()
        .find(|it| parts(it).len() > wide.len() && parts(it).is_superset(&wide))
}

/// Whether the other side passes over all that this ignore does, for as long.
fn is_narrowed(when: &str, (ignore, others): (&Ignore, &BTreeMap<&str, &Ignore>)) -> bool {
    let narrow = parts(when);
    others
        .iter()
        .any(|(it, other)| narrow.is_superset(&parts(it)) && other.expires >= ignore.expires)
}

/// Who hears of a finding of each severity.
fn told(strict: &Side<'_>, loose: &Side<'_>, samples: &[Sample], found: &mut Found) {
    let causes: Vec<(Cause, Cause)> = samples
        .iter()
        .map(|it| {
            let cause = |side: &Side<'_>| side.policy.explain(&it.facts(), side.now).cause;
            (cause(strict), cause(loose))
        })
        .collect();
    for severity in Severity::ALL {
        let mut lost = BTreeSet::new();
        let mut nobody = None;
        for (sample, (was, is)) in samples.iter().zip(&causes) {
            let facts = |cause: Cause| Facts {
                severity: Some(severity),
                cause: Some(cause),
                ..sample.facts()
            };
            let was = strict.policy.told(&facts(*was));
            let is = loose.policy.told(&facts(*is));
            lost.extend(was.difference(&is).map(|it| (*it).to_owned()));
            if is.is_empty() && !was.is_empty() {
                nobody.get_or_insert(sample.label.as_str());
            }
        }
        let place = format!("findings of severity {severity}");
        if let Some(example) = nobody {
            found.add(
                (place.as_str(), "told to somebody"),
                "yes",
                format!("no, for example {example}"),
            );
        }
        found.lost((&place, "channels"), &lost, &BTreeSet::new());
    }
}
