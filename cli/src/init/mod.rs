//! `plumbline init`: looks at what can be reached from here, and writes a
//! commented configuration that only observes.

mod account;
mod here;
mod text;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use domain::report::API_VERSION;
use policy::Config;
use serde::Serialize;

use crate::args::PlainFormat;
use crate::commands::{CONFIG, out};
use crate::failure::Failure;
use crate::screen;
use account::Account;
use here::Here;

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Where to write it [default: what --config says, else plumbline.yaml].
    #[arg(long, value_name = "FILE", value_parser = file)]
    output: Option<PathBuf>,
    /// Write over a file that is there already.
    #[arg(long)]
    force: bool,
    /// Look only in this region; may be given again [default: the SDK's and the usual ones].
    #[arg(long = "region", value_name = "REGION", value_parser = region)]
    regions: Vec<String>,
    /// How to print what was found.
    #[arg(
        short = 'o',
        long = "format",
        default_value = "table",
        value_name = "FORMAT"
    )]
    format: PlainFormat,
}

/// What was found and written, as others script against it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    api_version: &'a str,
    kind: &'a str,
    file: String,
    environment: &'a str,
    account: &'a Account,
    #[serde(flatten)]
    here: &'a Here,
    missing: Vec<Missing>,
    next: Vec<String>,
}

/// Something that was looked for in vain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Missing {
    /// What.
    what: String,
    /// Why.
    why: String,
    /// What would help.
    fix: String,
}

/// Looks, writes, and says what was found, what was not, and what comes next.
/// Without credentials or network it writes a file all the same: that is done, too.
pub(crate) async fn run(config: Option<&Path>, asked: &Init) -> Result<(), Failure> {
    let path = asked
        .output
        .as_deref()
        .or(config)
        .unwrap_or(Path::new(CONFIG));
    if path.exists() && !asked.force {
        return Err(there_already(path));
    }
    screen::tell("note", "looking at what can be reached from here");
    let (account, here) = (account::look(&asked.regions).await, here::look(path));
    let environment = text::environment(&account);
    let yaml = text::file(&account, &here, &environment);
    let file = path.display().to_string();
    // A program that writes files checks them before somebody else has to.
    Config::parse(&yaml, &file, jiff::Timestamp::now()).map_err(Failure::unusable)?;
    write(path, &yaml, asked.force)?;
    let report = Report {
        api_version: API_VERSION,
        kind: "InitReport",
        file,
        environment: &environment.name,
        missing: account
            .missing()
            .into_iter()
            .chain(here.missing())
            .collect(),
        next: next(path, &account),
        account: &account,
        here: &here,
    };
    out(&match asked.format {
        PlainFormat::Json => render::json(&report).map_err(Failure::unusable)?,
        PlainFormat::Table => screen::clean(&told(&report)),
    })
}

fn there_already(path: &Path) -> Failure {
    Failure::not_done(format!(
        "{} is there already and was left as it is: give --force to write over it, or --output FILE for another",
        path.display()
    ))
}

/// Writes a file as a whole or not at all.
fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::unusable(format!("cannot write {}: {error}", path.display()))
    };
    let directory = path
        .parent()
        .filter(|it| !it.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".plumbline-");
    // It is no secret, and others may read what Git will show them.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(directory).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    if force {
        return file.persist(path).map(drop).map_err(|it| failed(it.error));
    }
    file.persist_noclobber(path)
        .map(drop)
        .map_err(|it| match it.error.kind() {
            std::io::ErrorKind::AlreadyExists => there_already(path),
            _ => failed(it.error),
        })
}

fn next(path: &Path, account: &Account) -> Vec<String> {
    let with = if path == Path::new(CONFIG) {
        String::new()
    } else {
        format!(" --config {}", path.display())
    };
    let first = if account.caller.is_some() {
        "scan"
    } else {
        "doctor"
    };
    vec![
        format!("plumbline {first}{with}"),
        format!("plumbline policy check{with}"),
    ]
}

fn told(report: &Report<'_>) -> String {
    let mut lines: Vec<(&str, String)> = Vec::new();
    if let Some(caller) = &report.account.caller {
        lines.push(("account", format!("{}, as {}", caller.account, caller.arn)));
    }
    for place in report.account.regions.iter().filter(|it| it.stacks > 0) {
        lines.push(("stacks", format!("{} in {}", place.stacks, place.region)));
    }
    let empty = report.account.empty();
    if empty > 0 {
        lines.push(("", format!("none in {empty} other region(s)")));
    }
    for context in &report.here.contexts {
        lines.push(("cluster", format!("kubeconfig has the context {context}")));
    }
    if let Some(repository) = &report.here.repository {
        lines.push(("github", repository.clone()));
    }
    for it in &report.missing {
        lines.push(("not found", format!("{}: {}", it.what, it.why)));
        lines.push(("", format!("→ {}", it.fix)));
    }
    let text = format!(
        "{} for environment {}, in observe mode: it changes and sends nothing",
        report.file, report.environment
    );
    lines.push(("wrote", text));
    for (index, next) in report.next.iter().enumerate() {
        lines.push((if index == 0 { "next" } else { "" }, next.clone()));
    }
    lines
        .iter()
        .map(|(what, text)| format!("{what:<10} {text}\n"))
        .collect()
}

fn file(text: &str) -> Result<PathBuf, String> {
    match text {
        "table" | "json" => Err(format!(
            "is where the configuration is written; -o {text} chooses how the answer is printed"
        )),
        _ => Ok(PathBuf::from(text)),
    }
}

fn region(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let dashes = text.matches('-').count();
    if !text.chars().all(plain) || dashes < 2 || text.len() > 30 {
        return Err("is not a region's name; they look like eu-west-1".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests;
