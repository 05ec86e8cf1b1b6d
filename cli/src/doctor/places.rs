//! The accounts and regions of the targets: may they be entered, and looked at?
//!
//! A right is tried on a stack that cannot exist. Whoever may ask is told that
//! it is not there; whoever may not is told that.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws::Connection;
use aws_credential_types::provider::ProvideCredentials as _;
use domain::ports::{PortError, PortErrorKind, Role, Stacks};
use domain::stack::{DetectionId, StackSummary};
use futures_util::StreamExt as _;
use policy::Loaded;
use policy::watch::{self, Place, Watch, reading_role};

use super::{Check, PATIENCE, within};
use crate::caller::Caller;

/// A name that no stack can have been given by people.
const NO_STACK: &str = "plumbline-doctor-asks-for-no-stack";

/// A detection that never was.
const NO_DETECTION: &str = "00000000-0000-0000-0000-000000000000";

/// How many places are looked at at once.
const AT_ONCE: usize = 4;

/// What one place said.
struct Visited {
    checks: Vec<Check>,
    /// The stacks there; `None` where they could not be listed.
    stacks: Option<Vec<StackSummary>>,
    targets: Vec<String>,
}

/// Looks at every place of every target, a few at once.
pub(super) async fn look(
    connection: &Arc<Connection>,
    (loaded, caller): (&Loaded, &Caller),
) -> Vec<Check> {
    let targets: Vec<&policy::Target> = loaded.config.targets.iter().collect();
    let places = watch::places(&targets, connection.default_region().as_deref());
    let visits = places.iter().map(|(place, watches)| async move {
        visit(connection, (loaded, caller), (place, watches)).await
    });
    let visited: Vec<Visited> = futures_util::stream::iter(visits)
        .buffered(AT_ONCE)
        .collect()
        .await;
    let mut checks = matches(loaded, &visited);
    checks.splice(0..0, visited.into_iter().flat_map(|it| it.checks));
    checks
}

async fn visit(
    connection: &Connection,
    (loaded, caller): (&Loaded, &Caller),
    (place, watches): (&Place, &[Watch<'_>]),
) -> Visited {
    let account = place.0.as_deref().unwrap_or(&caller.account);
    let region = place.1.as_deref().unwrap_or("no region");
    let name = format!("{account}/{region}");
    let mut visited = Visited {
        checks: Vec::new(),
        stacks: None,
        targets: watches.iter().map(|it| it.target.to_owned()).collect(),
    };
    let role = place
        .0
        .as_deref()
        .and_then(|account| reading_role(&loaded.config, account));
    if role.is_none() && account != caller.account {
        visited.checks.push(Check::fail(
            name,
            format!("is another account than the caller's, {}", caller.account),
            format!("name the role to look with as read of account {account}"),
        ));
        return visited;
    }
    let principal = role.as_ref().map_or(&caller.arn, |it| &it.arn);
    if let Some(role) = &role {
        let entered = enter(connection, (place, role)).await;
        let refused = entered.is_err();
        visited.checks.push(match entered {
            Ok(()) => Check::ok(format!("{name} role"), format!("{} can be assumed", role.arn)),
            Err(why) => Check::fail(
                format!("{name} role"),
                format!("{} cannot be assumed: {why}", role.arn),
                format!("its trust policy must name {} and its external id, and the caller needs sts:AssumeRole on it", caller.arn),
            ),
        });
        if refused {
            return visited;
        }
    }
    let stacks = match cloudformation::stacks(connection, place.1.as_deref(), role.as_ref()).await {
        Ok(stacks) => stacks,
        Err(error) => {
            visited.checks.push(Check::fail(
                name,
                error,
                "set AWS_REGION, or name regions in the target",
            ));
            return visited;
        }
    };
    visited.stacks = rights(&*stacks, (&name, principal), &mut visited.checks).await;
    visited
}

/// Whether a role gives credentials.
async fn enter(connection: &Connection, (place, role): (&Place, &Role)) -> Result<(), String> {
    let access = connection
        .access(place.1.as_deref(), Some(role))
        .await
        .map_err(|error| error.to_string())?;
    let Some(provider) = access.config.credentials_provider() else {
        return Err("no credentials".to_owned());
    };
    match tokio::time::timeout(PATIENCE, provider.provide_credentials()).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(causes(&error)),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

/// What lies deepest in a chain of errors says most.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// Tries every call of a scan. What is listed is given back.
async fn rights(
    stacks: &dyn Stacks,
    (name, principal): (&str, &str),
    checks: &mut Vec<Check>,
) -> Option<Vec<StackSummary>> {
    const LIST: &str = "cloudformation:ListStacks";
    const DETECT: &str = "cloudformation:DetectStackDrift";
    const STATUS: &str = "cloudformation:DescribeStackDriftDetectionStatus";
    const RESOURCES: &str = "cloudformation:ListStackResources";
    const DRIFTS: &str = "cloudformation:DescribeStackResourceDrifts";
    let detection = DetectionId(NO_DETECTION.to_owned());
    let (listed, detect, status, resources, drifts) = tokio::join!(
        within(LIST, stacks.list()),
        within(DETECT, stacks.detect(NO_STACK)),
        within(STATUS, stacks.detection(&detection)),
        within(RESOURCES, stacks.resources(NO_STACK)),
        within(DRIFTS, stacks.drifts(NO_STACK)),
    );
    let fix = |call: &str| {
        format!(
            "allow {call} to {principal}; ReadOnlyAccess has it, unless a boundary or an organization's policy takes it away"
        )
    };
    let stacks = match listed {
        Ok(stacks) => {
            checks.push(Check::ok(
                format!("{name} {LIST}"),
                format!("{} stack(s)", stacks.len()),
            ));
            Some(stacks)
        }
        Err(error) => {
            checks.push(Check::of_error(format!("{name} {LIST}"), &error, fix(LIST)));
            None
        }
    };
    let tried = [
        (DETECT, detect.map(drop)),
        (STATUS, status.map(drop)),
        (RESOURCES, resources.map(drop)),
        (DRIFTS, drifts.map(drop)),
    ];
    for (call, answer) in tried {
        let what = format!("{name} {call}");
        checks.push(match answer {
            Ok(()) => Check::ok(what, "permitted"),
            Err(error) if is_permitted(&error) => Check::ok(what, "permitted"),
            Err(error) => Check::of_error(what, &error, fix(call)),
        });
    }
    stacks
}

/// Whether a refusal is about what was asked for, and not about who asked.
fn is_permitted(error: &PortError) -> bool {
    matches!(
        error.kind,
        PortErrorKind::NotFound | PortErrorKind::Invalid | PortErrorKind::Conflict
    )
}

/// Whether each target selects a stack anywhere.
fn matches(loaded: &Loaded, visited: &[Visited]) -> Vec<Check> {
    let mut checks = Vec::new();
    for watch in loaded.config.targets.iter().filter_map(Watch::of) {
        let mine: Vec<&Visited> = visited
            .iter()
            .filter(|it| it.targets.iter().any(|it| it == watch.target))
            .collect();
        let what = format!("target {}", watch.target);
        let known: Vec<&StackSummary> = mine
            .iter()
            .filter_map(|it| it.stacks.as_ref())
            .flatten()
            .collect();
        let selected = known.iter().filter(|it| watch.selects(it)).count();
        let whole = mine.iter().all(|it| it.stacks.is_some());
        if selected > 0 {
            checks.push(Check::ok(what, format!("{selected} stack(s) match")));
        } else if whole {
            checks.push(Check::fail(
                what,
                format!(
                    "none of {} stack(s) matches; a scan ends with exit code 2",
                    known.len()
                ),
                near(&watch, &known),
            ));
        }
    }
    checks
}

/// The names that there are, a few of them.
fn near(watch: &Watch<'_>, known: &[&StackSummary]) -> String {
    let names: BTreeMap<&str, ()> = known.iter().map(|it| (it.id.name(), ())).collect();
    let some: Vec<&str> = names.keys().copied().take(3).collect();
    let globs: Vec<&str> = watch.stacks.stacks.iter().map(|it| it.as_str()).collect();
    if some.is_empty() {
        return "name regions and accounts that have stacks".to_owned();
    }
    format!(
        "mend {}: capitals count; there are stacks named {}",
        globs.join(", "),
        some.join(", ")
    )
}
