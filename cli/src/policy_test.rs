//! `plumbline policy test`: the user's own tests of the policy.

use std::path::{Path, PathBuf};

use clap::Args;
use domain::report::API_VERSION;
use jiff::Timestamp;
use policy::testing::{TestResult, run_file};
use policy::{Outcome, Policy};
use serde::Serialize;

use crate::args::PlainFormat;
use crate::commands::{CONFIG, load_config, out};
use crate::failure::Failure;
use crate::screen;

/// How the names of files of policy tests end.
const ENDINGS: [&str; 4] = [".test.yaml", ".test.yml", ".tests.yaml", ".tests.yml"];

/// Arguments of `policy test`.
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// The files [default: plumbline.test.yaml and every other *.test.yaml beside the configuration].
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How to print what came of them.
    #[arg(short, long, default_value = "table", value_name = "FORMAT")]
    output: PlainFormat,
}

/// What came of the tests, as others script against it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    api_version: &'a str,
    kind: &'a str,
    passed: usize,
    failed: usize,
    tests: &'a [TestResult],
}

/// Runs the tests, and says of each one that failed what was expected, what came of it and by which rule.
pub(crate) fn run(config: Option<&Path>, asked: &Test) -> Result<(), Failure> {
    let loaded = load_config(config)?;
    let files = if asked.files.is_empty() {
        beside(config.unwrap_or(Path::new(CONFIG)))?
    } else {
        asked.files.clone()
    };
    let policy = Policy::new(&loaded);
    let now = Timestamp::now();
    let mut results = Vec::new();
    let mut broken = Vec::new();
    for file in &files {
        match run_file(&policy, file, now) {
            Ok(of_file) => results.extend(of_file),
            Err(errors) => broken.push(errors.to_string()),
        }
    }
    if !broken.is_empty() {
        return Err(Failure::unusable(broken.join("\n")));
    }
    let failed = results.iter().filter(|it| !it.passed()).count();
    let passed = results.len() - failed;
    let text = match asked.output {
        PlainFormat::Json => render::json(&Report {
            api_version: API_VERSION,
            kind: "PolicyTestReport",
            passed,
            failed,
            tests: &results,
        })
        .map_err(Failure::unusable)?,
        PlainFormat::Table => {
            let told: String = results.iter().map(|it| told(it, loaded.file())).collect();
            screen::clean(&format!("{told}{passed} passed, {failed} failed\n"))
        }
    };
    out(&text)?;
    if failed > 0 {
        return Err(Failure::not_done(format!("{failed} policy test(s) failed")));
    }
    Ok(())
}

/// The files of policy tests beside the configuration, by name.
fn beside(config: &Path) -> Result<Vec<PathBuf>, Failure> {
    let directory = config
        .parent()
        .filter(|it| !it.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(directory)
        .map_err(|error| Failure::unusable(format!("{}: {error}", directory.display())))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.file_name()))
        .filter(|name| {
            let name = name.to_string_lossy();
            ENDINGS.iter().any(|ending| name.ends_with(ending))
        })
        .map(|name| match directory.to_str() {
            Some(".") => PathBuf::from(name),
            _ => directory.join(name),
        })
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(Failure::unusable(format!(
            "there is no policy test beside {}: write plumbline.test.yaml as docs/policy.md shows, or name a file",
            config.display()
        )));
    }
    Ok(files)
}

fn told(result: &TestResult, config: &str) -> String {
    if result.passed() {
        return format!("ok    {}\n", result.name);
    }
    let mut text = format!("FAIL  {} ({}:{})\n", result.name, result.file, result.line);
    for failure in &result.failures {
        text.push_str(&format!("        {failure}\n"));
    }
    for rule in &result.explanation.evaluated {
        if let (Outcome::Matched, Some(line)) = (&rule.outcome, rule.line) {
            text.push_str(&format!(
                "        {} matches ({config}:{line})\n",
                rule.rule
            ));
        }
    }
    text
}
