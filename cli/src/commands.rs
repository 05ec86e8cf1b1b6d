//! From the command line to what it asks for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::CommandFactory as _;
use cloudformation::{Connection, Options};
use policy::{Config, Loaded};

use crate::args::{self, Cli, Command, ReportFormat};
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::scan::{Desk, Request};
use crate::{explain, findings, ledger, policy_command, report, screen};

/// The configuration file where none is named.
pub(crate) const CONFIG: &str = "plumbline.yaml";

/// Does what the command line asks for; the exit code where it was done.
pub(crate) async fn run(cli: Cli) -> Result<u8, Failure> {
    let config = cli.config.as_deref();
    match cli.command {
        Command::Scan(scan) => return run_scan(config, &cli.ledger, scan).await,
        Command::Findings(findings) => findings::run(&cli.ledger, findings).await?,
        Command::Explain(explain) => explain::run(&cli.ledger, &explain.finding).await?,
        Command::Policy(policy) => {
            policy_command::run(config, &cli.ledger, policy.command).await?;
        }
        Command::Report(it) => report::run(&cli.ledger, &it.html).await?,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "plumbline", &mut script);
            out(&String::from_utf8_lossy(&script))?;
        }
    }
    Ok(0)
}

/// The configuration file in force, with its warnings told.
pub(crate) fn load_config(path: Option<&Path>) -> Result<Loaded, Failure> {
    let path = path.map_or_else(|| PathBuf::from(CONFIG), Path::to_path_buf);
    let loaded = Config::load(&path).map_err(|errors| {
        let fix = if path.exists() {
            ""
        } else {
            "; name the configuration with --config or PLUMBLINE_CONFIG, or write one as in docs/policy.md"
        };
        Failure::unusable(format!("{errors}{fix}"))
    })?;
    for warning in &loaded.warnings {
        screen::tell("warning", &warning.to_string());
    }
    Ok(loaded)
}

/// Writes data to standard output.
pub(crate) fn out(text: &str) -> Result<(), Failure> {
    screen::print(text).map_err(|error| Failure::unusable(format!("standard output: {error}")))
}

async fn run_scan(config: Option<&Path>, ledger: &Path, scan: args::Scan) -> Result<u8, Failure> {
    let loaded = load_config(config)?;
    for name in &scan.targets {
        loaded.config.target(name).map_err(Failure::unusable)?;
    }
    let request = Request {
        targets: scan.targets,
        layer: scan.layer,
        timeout: scan.timeout,
    };
    if request.select(&loaded.config.targets).is_empty() {
        return Err(Failure::unusable(match request.layer {
            Some(layer) => format!(
                "no selected target of {} is of layer {layer}",
                loaded.file()
            ),
            None => format!(
                "{} has no targets: there is nothing to look at",
                loaded.file()
            ),
        }));
    }
    let (ledger, key) = ledger::for_scan(ledger)?;
    let desk = Desk {
        connection: Connection::from_env(Options::default()).await,
        clock: Arc::new(SystemClock),
        ledger: ledger.clone(),
        loaded,
        key,
    };
    let progress = Progress::on_terminal();
    let scanned = desk.scan(&request, &progress).await;
    progress.finish();
    let scanned = scanned.map_err(Failure::unusable)?;
    for notice in &scanned.notices {
        screen::tell("note", notice);
    }
    let report = &scanned.report;
    ledger.keep_report(report).map_err(Failure::unusable)?;
    let style = screen::style(scan.strict);
    out(&match scan.output {
        ReportFormat::Table => render::table(report, style),
        ReportFormat::Wide => render::wide(report, style),
        ReportFormat::Json => render::json(report).map_err(Failure::unusable)?,
        ReportFormat::Yaml => render::yaml(report).map_err(Failure::unusable)?,
        ReportFormat::Sarif => render::sarif(report).map_err(Failure::unusable)?,
        ReportFormat::Markdown => render::markdown(report),
        ReportFormat::Name => render::name(&report.findings),
    })?;
    Ok(report.verdict(scan.strict).exit_code())
}
