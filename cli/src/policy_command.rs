//! `plumbline policy`: the configuration file, and the rules in it.

use std::path::{Path, PathBuf};

use domain::difference::{Change, Difference, DifferenceKind};
use domain::finding::Finding;
use domain::judge::Facts;
use jiff::Timestamp;
use policy::testing::run_file;
use policy::{Explanation, Outcome, Policy};

use crate::args::PolicyCommand;
use crate::commands::{CONFIG, load_config, out};
use crate::failure::Failure;
use crate::ledger::Place;
use crate::{ledger, screen};

/// The file of policy tests where none is named, beside the configuration.
const TESTS: &str = "plumbline.tests.yaml";

/// Does what was asked with the policy.
pub(crate) async fn run(
    config: Option<&Path>,
    ledger: &Place,
    command: PolicyCommand,
) -> Result<(), Failure> {
    match command {
        PolicyCommand::Check => check(config),
        PolicyCommand::Explain { finding } => explain(config, ledger, &finding).await,
        PolicyCommand::Test { file } => test(config, file),
        PolicyCommand::Schema => {
            let schema = render::json(&policy::schema()).map_err(Failure::unusable)?;
            out(&schema)
        }
    }
}

fn check(config: Option<&Path>) -> Result<(), Failure> {
    let loaded = load_config(config)?;
    for warning in Policy::new(&loaded).floor_warnings() {
        screen::tell("warning", &warning.to_string());
    }
    let config = &loaded.config;
    out(&format!(
        "{}: valid; {} target(s), {} severity rule(s), {} ignore(s)\n",
        loaded.file(),
        config.targets.len(),
        config.severity.len(),
        config.ignore.len()
    ))
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
    Facts {
        layer: finding.unit.layer,
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
        attribution: difference.map_or(finding.attribution.as_ref(), |it| it.attribution.as_ref()),
        console: false,
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

fn test(config: Option<&Path>, file: Option<PathBuf>) -> Result<(), Failure> {
    let loaded = load_config(config)?;
    let file = file.unwrap_or_else(|| {
        let config = config.unwrap_or(Path::new(CONFIG));
        config.with_file_name(TESTS)
    });
    let results =
        run_file(&Policy::new(&loaded), &file, Timestamp::now()).map_err(Failure::unusable)?;
    let mut failed = 0;
    for result in &results {
        if result.passed() {
            out(&screen::clean(&format!("ok    {}\n", result.name)))?;
            continue;
        }
        failed += 1;
        out(&screen::clean(&format!(
            "FAIL  {} ({}:{})\n",
            result.name, result.file, result.line
        )))?;
        for failure in &result.failures {
            out(&screen::clean(&format!("        {failure}\n")))?;
        }
    }
    out(&format!(
        "{} passed, {failed} failed\n",
        results.len() - failed
    ))?;
    if failed > 0 {
        return Err(Failure::not_done(format!("{failed} policy test(s) failed")));
    }
    Ok(())
}
