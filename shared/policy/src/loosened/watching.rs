//! What is watched, and how closely.

use std::collections::BTreeSet;

use globset::Glob;

use super::{Found, NOTHING, Side, set, set_or};
use crate::config::{Config, Kubernetes, Mode, Section, Target};

/// What a target without regions looks at.
const OWN_REGION: &str = "the SDK's region";

/// What a target without accounts looks at.
const OWN_ACCOUNT: &str = "the caller's own";

pub(super) fn compare(strict: &Side<'_>, loose: &Side<'_>, found: &mut Found) {
    let (from, to) = (strict.config(), loose.config());
    for target in &from.targets {
        let place = format!("target {}", target.name);
        match counterpart(target, to) {
            Some(other) => compare_targets(&place, (target, other), found),
            None => found.add((place.as_str(), "watched"), what(target), NOTHING),
        }
    }
    let invariants = |config: &Config| {
        set(config.invariants.iter().map(|it| {
            let condition = it.when.as_ref().map(|it| it.as_str());
            let sql = it.sql.as_ref().map(|it| it.as_str());
            let kinds: Vec<&str> = it.kinds.iter().map(|it| it.as_str()).collect();
            let rule = condition.or(sql).unwrap_or_default();
            format!("{} in {} {}: {rule}", it.name, it.target, kinds.join(", "))
        }))
    };
    found.lost(
        ("invariants", "checked"),
        &invariants(from),
        &invariants(to),
    );
    for invariant in &from.invariants {
        let same = to.invariants.iter().find(|it| it.name == invariant.name);
        if let Some(other) = same.filter(|it| it.severity < invariant.severity) {
            let place = format!("invariant {}", invariant.name);
            found.add((place, "severity"), invariant.severity, other.severity);
        }
    }
    let (strict, loose) = (&from.timing, &to.timing);
    found.more(("timing", "maxAge"), strict.max_age, loose.max_age);
    found.more(
        ("timing", "maxPending"),
        strict.max_pending,
        loose.max_pending,
    );
    // What is announced as over sooner may not be, and what comes back later says it anew.
    found.more(("timing", "reopen"), strict.reopen, loose.reopen);
    if loose.settle < strict.settle {
        found.add(("timing", "settle"), strict.settle, loose.settle);
    }
}

/// The same target: by its name, else one that watches just the same.
fn counterpart<'c>(target: &Target, others: &'c Config) -> Option<&'c Target> {
    let named = others.targets.iter().find(|it| it.name == target.name);
    named.or_else(|| {
        others
            .targets
            .iter()
            .find(|it| it.section() == target.section())
    })
}

fn compare_targets(place: &str, (strict, loose): (&Target, &Target), found: &mut Found) {
    // Either mode is looser in one way: what drifts stays, or a program may change things.
    match (strict.mode, loose.mode) {
        (Mode::Enforce, Mode::Observe) => {
            found.add((place, "drift"), "is put straight", "is only told");
        }
        (Mode::Observe, Mode::Enforce) => {
            found.add(
                (place, "changed automatically"),
                "never",
                "as the strategies say",
            );
        }
        _ => {}
    }
    match (strict.section(), loose.section()) {
        (Some(Section::CloudFormation(a)), Some(Section::CloudFormation(b))) => {
            lost_places(place, (&set(&a.regions), &set(&b.regions)), found);
            lost_accounts(place, (&set(&a.accounts), &set(&b.accounts)), found);
            lost_globs((place, "stacks"), (&set(&a.stacks), &set(&b.stacks)), found);
        }
        (Some(Section::Policy(a)), Some(Section::Policy(b))) => {
            lost_places(place, (&set(&a.regions), &set(&b.regions)), found);
            lost_accounts(place, (&set(&a.accounts), &set(&b.accounts)), found);
            lost_globs((place, "rules"), (&set(&a.rules), &set(&b.rules)), found);
        }
        (Some(Section::Inventory(a)), Some(Section::Inventory(b))) => {
            lost_places(place, (&set(&a.regions), &set(&b.regions)), found);
            lost_accounts(place, (&set(&a.accounts), &set(&b.accounts)), found);
        }
        (Some(Section::Kubernetes(a)), Some(Section::Kubernetes(b))) => {
            kubernetes(place, (a, b), found);
        }
        (Some(Section::Terraform(_)), Some(Section::Terraform(_))) => {}
        _ => found.add((place, "watched"), what(strict), what(loose)),
    }
}

fn kubernetes(place: &str, (strict, loose): (&Kubernetes, &Kubernetes), found: &mut Found) {
    found.lost(
        (place, "namespaces"),
        &set(&strict.namespaces),
        &set(&loose.namespaces),
    );
    found.gained(
        (place, "trustedManagers"),
        &set(&strict.trusted_managers),
        &set(&loose.trusted_managers),
    );
    let kinds = |it: &Kubernetes| {
        let listed = it.unmanaged_kinds.as_ref().map(set);
        listed.unwrap_or_else(|| BTreeSet::from(["the default kinds".to_owned()]))
    };
    found.lost((place, "unmanagedKinds"), &kinds(strict), &kinds(loose));
}

fn lost_places(
    place: &str,
    (strict, loose): (&BTreeSet<String>, &BTreeSet<String>),
    found: &mut Found,
) {
    found.lost(
        (place, "regions"),
        &set_or(strict.clone(), OWN_REGION),
        &set_or(loose.clone(), OWN_REGION),
    );
}

fn lost_accounts(
    place: &str,
    (strict, loose): (&BTreeSet<String>, &BTreeSet<String>),
    found: &mut Found,
) {
    found.lost(
        (place, "accounts"),
        &set_or(strict.clone(), OWN_ACCOUNT),
        &set_or(loose.clone(), OWN_ACCOUNT),
    );
}

/// Globs of which no other one selects all that they select.
fn lost_globs(
    at: (&str, &str),
    (strict, loose): (&BTreeSet<String>, &BTreeSet<String>),
    found: &mut Found,
) {
    let lost = strict
        .iter()
        .filter(|glob| !loose.iter().any(|it| selects_all(it, glob)));
    let lost: Vec<&str> = lost.map(String::as_str).collect();
    if !lost.is_empty() {
        let left: Vec<&str> = loose.iter().map(String::as_str).collect();
        found.add(at, lost.join(", "), format!("only {}", left.join(", ")));
    }
}

/// Whether a glob selects everything that another one does; false where that cannot be told.
fn selects_all(glob: &str, other: &str) -> bool {
    let is_plain = |text: &str| !text.contains(['?', '[', ']', '{', '}', '\\', '!']);
    // With stars alone, a glob that selects the other one's own text selects all that it stands for.
    glob == other
        || (is_plain(glob)
            && is_plain(other)
            && Glob::new(glob).is_ok_and(|it| it.compile_matcher().is_match(other)))
}

/// What a target watches, in a few words.
fn what(target: &Target) -> String {
    let list = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(", ");
    match target.section() {
        Some(Section::CloudFormation(it)) => format!(
            "stacks {} in {}",
            list(set(&it.stacks)),
            list(set_or(set(&it.regions), OWN_REGION))
        ),
        Some(Section::Policy(it)) => format!(
            "rules {} in {}",
            list(set(&it.rules)),
            list(set_or(set(&it.regions), OWN_REGION))
        ),
        Some(Section::Inventory(it)) => format!(
            "what no code owns in {}",
            list(set_or(set(&it.regions), OWN_REGION))
        ),
        Some(Section::Kubernetes(_)) => "a cluster".to_owned(),
        Some(Section::Terraform(it)) => format!("the plan {}", it.plan),
        None => NOTHING.to_owned(),
    }
}

/// What is different, and neither looser nor stricter.
pub(super) fn changes(before: &Side<'_>, after: &Side<'_>) -> Vec<String> {
    let (was, is) = (before.config(), after.config());
    let mut changes = Vec::new();
    if was.environment != is.environment {
        changes.push(format!(
            "environment: {} → {}",
            was.environment, is.environment
        ));
    }
    for account in &was.accounts {
        let same = is.accounts.iter().find(|it| it.id == account.id);
        if same.is_some_and(|it| it.read != account.read || it.external_id != account.external_id) {
            changes.push(format!("account {}: another way to look at it", account.id));
        }
    }
    for target in &was.targets {
        let Some(other) = counterpart(target, is) else {
            continue;
        };
        if other.name != target.name {
            changes.push(format!(
                "target {} is called {} now",
                target.name, other.name
            ));
        }
        match (target.section(), other.section()) {
            (Some(Section::Kubernetes(a)), Some(Section::Kubernetes(b)))
                if (&a.cluster, &a.manifests, &a.argocd)
                    != (&b.cluster, &b.manifests, &b.argocd) =>
            {
                changes.push(format!(
                    "target {}: another cluster, or other manifests",
                    target.name
                ));
            }
            (Some(Section::Terraform(a)), Some(Section::Terraform(b))) if a != b => {
                changes.push(format!("target {}: another plan", target.name));
            }
            _ => {}
        }
    }
    for (name, channel) in &was.notify.channels {
        let same = is.notify.channels.get(name);
        if same.is_some_and(|it| it != channel) {
            changes.push(format!("channel {name} leads elsewhere"));
        }
    }
    changes
}
