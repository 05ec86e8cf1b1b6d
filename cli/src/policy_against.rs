//! `plumbline policy check`: whether the configuration is in order and, against
//! another version of it, what the change loosens.

use std::path::Path;
use std::process::{Command, Stdio};

use clap::{Args, ValueEnum};
use domain::report::API_VERSION;
use jiff::Timestamp;
use policy::{Comparison, Config, Loaded, Policy, Step, compare};
use serde::Serialize;

use crate::commands::{CONFIG, load_config, out};
use crate::failure::Failure;
use crate::screen;

/// Arguments of `policy check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Compare with this version, a Git revision or a file, and say what the change loosens.
    #[arg(long, value_name = "REF|FILE")]
    against: Option<String>,
    /// End with exit code 1 where the change loosens anything.
    #[arg(long, requires = "against")]
    strict: bool,
    /// How to print it.
    #[arg(short, long, default_value = "table", value_name = "FORMAT")]
    output: CheckFormat,
}

/// How a check is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    /// For people.
    Table,
    /// For scripts.
    Json,
    /// For a pull request.
    Markdown,
}

/// A check as others script against it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    api_version: &'a str,
    kind: &'a str,
    file: &'a str,
    hash: &'a str,
    warnings: Vec<String>,
    against: Option<Against<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Against<'a> {
    file: &'a str,
    hash: &'a str,
    #[serde(flatten)]
    comparison: &'a Comparison,
}

/// Validates the configuration, and compares it where it is asked to.
pub(crate) fn run(config: Option<&Path>, asked: &Check) -> Result<(), Failure> {
    let loaded = load_config(config)?;
    let lowered = Policy::new(&loaded).floor_warnings();
    for warning in &lowered {
        screen::tell("warning", &warning.to_string());
    }
    for later in loaded.channels_of_later() {
        screen::tell("warning", &later.to_string());
    }
    let path = config.unwrap_or(Path::new(CONFIG));
    let other = asked
        .against
        .as_deref()
        .map(|it| version(path, it))
        .transpose()?;
    let comparison = other
        .as_ref()
        .map(|it| compare(it, &loaded, Timestamp::now()));
    let against = other.as_ref().zip(comparison.as_ref());
    let text = match asked.output {
        CheckFormat::Table => {
            let counts = counts(&loaded);
            let compared = against.map_or(String::new(), |(it, change)| table(it.file(), change));
            screen::clean(&format!("{counts}{compared}"))
        }
        CheckFormat::Markdown => {
            let compared = against.map_or(String::new(), |(it, change)| markdown(it, change));
            format!("{}{compared}", counts(&loaded))
        }
        CheckFormat::Json => render::json(&Report {
            api_version: API_VERSION,
            kind: "PolicyCheck",
            file: loaded.file(),
            hash: &loaded.hash,
            warnings: loaded
                .warnings
                .iter()
                .map(ToString::to_string)
                .chain(lowered.iter().map(ToString::to_string))
                .collect(),
            against: against.map(|(it, comparison)| Against {
                file: it.file(),
                hash: &it.hash,
                comparison,
            }),
        })
        .map_err(Failure::unusable)?,
    };
    out(&text)?;
    match comparison.map(|it| it.loosens.len()) {
        Some(loosened @ 1..) if asked.strict => Err(Failure::not_done(format!(
            "this change loosens the policy in {loosened} way(s)"
        ))),
        _ => Ok(()),
    }
}

fn counts(loaded: &Loaded) -> String {
    let config = &loaded.config;
    format!(
        "{}: valid; {} target(s), {} severity rule(s), {} ignore(s)\n",
        loaded.file(),
        config.targets.len(),
        config.severity.len(),
        config.ignore.len()
    )
}

/// The other version: a file of that name, else the same file at that Git revision.
fn version(config: &Path, named: &str) -> Result<Loaded, Failure> {
    if Path::new(named).is_file() {
        return Config::load(Path::new(named)).map_err(Failure::unusable);
    }
    let (text, name) = at_revision(config, named)?;
    Config::parse(&text, &name, Timestamp::now()).map_err(|errors| {
        Failure::unusable(format!(
            "{errors}\nthe version to compare with is not in order by this version of Plumbline"
        ))
    })
}

fn at_revision(config: &Path, revision: &str) -> Result<(String, String), Failure> {
    let unusable = |why: String| Failure::unusable(format!("--against {revision}: {why}"));
    // Git would take it for an option.
    if revision.starts_with('-') || revision.is_empty() {
        return Err(unusable("is no revision".to_owned()));
    }
    // The file may be a link into another directory; Git knows it by where it really is.
    let real = config
        .canonicalize()
        .map_err(|error| unusable(format!("{}: {error}", config.display())))?;
    let (Some(directory), Some(name)) = (real.parent(), real.file_name()) else {
        return Err(unusable(format!("{} is no file", config.display())));
    };
    let object = format!("{revision}:./{}", name.to_string_lossy());
    let shown = Command::new("git")
        .arg("-C")
        .arg(directory)
        .args(["show", "--no-textconv", &object])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| {
            unusable(format!(
                "git could not be started ({error}); name a file instead"
            ))
        })?;
    if !shown.status.success() {
        let said = String::from_utf8_lossy(&shown.stderr);
        let said = said.lines().next().unwrap_or("git failed");
        return Err(unusable(format!(
            "{}; name a file, or a revision that has {}",
            said.trim_start_matches("fatal: "),
            config.display()
        )));
    }
    let text = String::from_utf8(shown.stdout)
        .map_err(|_| unusable(format!("{object} is no UTF-8 text")))?;
    Ok((text, format!("{revision}:{}", config.display())))
}

fn table(against: &str, change: &Comparison) -> String {
    let mut text = format!("against {against}:\n");
    if *change == Comparison::default() {
        text.push_str("  loosens nothing, tightens nothing\n");
        return text;
    }
    for (verb, steps) in [("loosens", &change.loosens), ("tightens", &change.tightens)] {
        match &steps[..] {
            [] => text.push_str(&format!("  {verb} nothing\n")),
            steps => {
                text.push_str(&format!("  {verb}\n"));
                for step in steps {
                    text.push_str(&format!(
                        "    {} · {}: {} → {}\n",
                        step.place, step.what, step.before, step.after
                    ));
                }
            }
        }
    }
    if !change.changes.is_empty() {
        text.push_str("  is different in\n");
        for it in &change.changes {
            text.push_str(&format!("    {it}\n"));
        }
    }
    text
}

fn markdown(against: &Loaded, change: &Comparison) -> String {
    let mut text = format!("\n### Policy against {}\n", code(against.file()));
    if *change == Comparison::default() {
        text.push_str("\nLoosens nothing, tightens nothing.\n");
        return text;
    }
    for (verb, steps) in [("Loosens", &change.loosens), ("Tightens", &change.tightens)] {
        match &steps[..] {
            [] => text.push_str(&format!("\n**{verb} nothing.**\n")),
            steps => {
                text.push_str(&format!("\n**{verb}**\n\n"));
                text.extend(steps.iter().map(line));
            }
        }
    }
    if !change.changes.is_empty() {
        text.push_str("\n**Is different in**\n\n");
        text.extend(change.changes.iter().map(|it| format!("- {}\n", code(it))));
    }
    text
}

fn line(step: &Step) -> String {
    format!(
        "- {} {}: {} → {}\n",
        code(&step.place),
        code(&step.what),
        code(&step.before),
        code(&step.after)
    )
}

/// Text in which nothing is markup, a mention or a new line.
fn code(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let mut longest = 0;
    let mut run = 0;
    for c in line.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    let pad = if line.starts_with('`') || line.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{line}{pad}{fence}")
}
