//! `plumbline policy`: the configuration file, and the rules in it.

use std::path::Path;

use domain::difference::{Change, Difference, DifferenceKind};
use domain::finding::Finding;
use domain::judge::Facts;
use jiff::Timestamp;
use policy::{Explanation, Outcome, Policy};

use crate::args::PolicyCommand;
use crate::commands::{load_config, out};
use crate::failure::Failure;
use crate::ledger::Place;
use crate::{ledger, policy_against, policy_test, screen};

/// Does what was asked with the policy.
pub(crate) async fn run(
    config: Option<&Path>,
    ledger: &Place,
    command: PolicyCommand,
) -> Result<(), Failure> {
    match command {
        PolicyCommand::Check(asked) => policy_against::run(config, &asked),
        PolicyCommand::Explain { finding } => explain(config, ledger, &finding).await,
        PolicyCommand::Test(asked) => policy_test::run(config, &asked),
        PolicyCommand::Schema => {
            let schema = render::json(&policy::schema()).map_err(Failure::unusable)?;
            out(&schema)
        }
    }
}

async fn explain(config: Option<&Path>, place: &Place, id: &str) -> Result<(), Failure> {
    let loaded = load_config(config)?;
    let policy = Policy::new(&loaded);
    let ledger = ledger::existing(place).await?;
    let finding = ledger::find(&*ledger, id).await?;
    let now = Timestamp::now();
    let mut text = String::new();
    if finding.differences.is_empty() {
        text.push_str(&explained(
            "the resource as a whole",
            &policy.explain(&facts(&finding, None), now),
        ));
    }
    for difference in &finding.differences {
        text.push_str(&explained(
            &difference.path,
            &policy.explain(&facts(&finding, Some(difference)), now),
        ));
    }
    out(&screen::clean(&text))
}

/// A finding as the rules see it, at one of its differences or as a whole.
fn facts<'f>(finding: &'f Finding, difference: Option<&'f Difference>) -> Facts<'f> {
    let attribution = difference.map_or(finding.attribution.as_ref(), |it| it.attribution.as_ref());
    Facts {
        layer: finding.identity.layer(),
        target: &finding.target,
        change: finding.change,
        severity: None,
        cause: None,
        resource: &finding.resource,
        path: difference.map_or("", |it| &it.path),
        kind: match (difference, finding.change) {
            (Some(difference), _) => difference.kind,
            (None, Change::Deleted) => DifferenceKind::Removed,
            (None, Change::Added | Change::Modified) => DifferenceKind::Added,
        },
        expected: difference.and_then(|it| it.expected.as_ref()),
        actual: difference.and_then(|it| it.actual.as_ref()),
        attribution,
        console: attribution.is_some_and(|it| it.console),
    }
}

fn explained(place: &str, it: &Explanation) -> String {
    let mut text = format!(
        "{place}\n  {} ({}), set by {}\n",
        it.severity, it.cause, it.rule
    );
    if let Some(ignored) = &it.ignored_by {
        text.push_str(&format!(
            "  ignored by {}: {}\n",
            ignored.rule, ignored.reason
        ));
    }
    if it.floor {
        text.push_str("  never put straight automatically, whatever its severity\n");
    }
    text.push_str("  asked, in this order:\n");
    for rule in &it.evaluated {
        let line = rule
            .line
            .map_or(String::new(), |line| format!(" (line {line})"));
        let outcome = match &rule.outcome {
            Outcome::Matched => "matches".to_owned(),
            Outcome::NotMatched => "does not match".to_owned(),
            Outcome::Failed(why) => format!("could not be evaluated: {why}"),
        };
        text.push_str(&format!("    {}{line}: {outcome}\n", rule.rule));
    }
    text
}
