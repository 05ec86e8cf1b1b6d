//! From the command line to what it asks for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws::{Connection, Options};
use clap::CommandFactory as _;
use domain::conceal::HashKey;
use domain::current;
use domain::life::Telling;
use domain::ports::{Items, Store};
use local::SqliteLedger;
use policy::{Config, Loaded};

use crate::args::{self, Cli, Command, Function, ReportFormat};
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::ledger::Place;
use crate::progress::Progress;
use crate::scan::{Desk, Request};
use crate::{
    dead_letters, demo, diff, doctor, explain, findings, init, invoke, ledger, policy_command,
    report, screen, setup,
};

/// The configuration file where none is named.
pub(crate) const CONFIG: &str = "plumbline.yaml";

/// Does what the command line asks for; the exit code where it was done.
pub(crate) async fn run(cli: Cli) -> Result<u8, Failure> {
    let config = cli.config.as_deref();
    let place = Place::of(&cli.ledger, cli.table.as_deref());
    refuse_table(&cli)?;
    match cli.command {
        Command::Demo(demo) => demo::run(&demo).await?,
        Command::Scan(scan) => return run_scan(config, &place, scan).await,
        Command::Diff(it) => return diff::run(config, &it).await,
        Command::Init(it) => init::run(config, &it).await?,
        Command::Doctor(it) => return doctor::run(config, &place, &it).await,
        Command::Setup(it) => setup::run(&it)?,
        Command::Findings(findings) => findings::run(&place, (config, findings)).await?,
        Command::Explain(explain) => explain::run(&place, &explain.finding).await?,
        Command::Policy(policy) => {
            policy_command::run(config, &place, policy.command).await?;
        }
        Command::Report(it) => report::run(&place, &it.html).await?,
        Command::Invoke(it) => {
            return invoke::run(config, &place, &it).await;
        }
        Command::DeadLetters(it) => dead_letters::run(&cli.ledger, &it).await?,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "plumbline", &mut script);
            out(&String::from_utf8_lossy(&script))?;
        }
    }
    Ok(0)
}

/// Refuses `--table` where a command would pass over it in silence, or do harm with it.
fn refuse_table(cli: &Cli) -> Result<(), Failure> {
    if cli.table.is_none() {
        return Ok(());
    }
    let why = match &cli.command {
        Command::DeadLetters(_) => {
            "--table: the dead letters of a deployment lie in its queues; name its stack with --stack"
        }
        Command::Demo(_) => "--table: the demo has a ledger of its own",
        Command::Diff(_) | Command::Init(_) | Command::Setup(_) => {
            "--table: this command works on no ledger"
        }
        Command::Invoke(it) if matches!(it.function, Function::Clock | Function::Publish) => {
            "--table: what these functions send would go nowhere and be gone from the table; \
             invoke the deployed one with `aws lambda invoke`"
        }
        _ => return Ok(()),
    };
    Err(Failure::unusable(why))
}

/// The configuration file in force, with its warnings told.
pub(crate) fn load_config(path: Option<&Path>) -> Result<Loaded, Failure> {
    let path = path.map_or_else(|| PathBuf::from(CONFIG), Path::to_path_buf);
    let loaded = Config::load(&path).map_err(|errors| {
        let fix = if path.exists() {
            ""
        } else {
            "; name the configuration with --config or PLUMBLINE_CONFIG, or let plumbline init write one"
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

async fn run_scan(config: Option<&Path>, place: &Place, scan: args::Scan) -> Result<u8, Failure> {
    let loaded = load_config(config)?;
    for name in &scan.targets {
        loaded.config.target(name).map_err(Failure::unusable)?;
    }
    let request = Request {
        targets: scan.targets,
        layer: scan.layer,
        timeout: scan.timeout,
        attribution: !scan.no_attribution,
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
    let connection = Arc::new(Connection::from_env(Options::default()).await);
    let (ledger, kept): (Arc<dyn Store>, _) = match place {
        Place::File(path) => {
            let (ledger, key) = ledger::for_scan(path)?;
            (Arc::clone(&ledger) as _, Kept::Here(ledger, key))
        }
        Place::Table(name) => {
            let key = ledger::table_key(&connection).await?;
            let table = Arc::new(ledger::table(name, &connection).await?);
            is_in_force(&*table, &loaded).await?;
            (table, Kept::Deployed(key))
        }
    };
    let desk = Desk {
        root: crate::clusters::root(config),
        connection,
        clock: Arc::new(SystemClock),
        ledger,
        loaded,
        telling: kept.telling(),
        key: kept.key(),
    };
    let progress = Progress::on_terminal();
    let scanned = desk.scan(&request, &progress).await;
    progress.finish();
    let scanned = scanned.map_err(Failure::unusable)?;
    for notice in &scanned.notices {
        screen::tell("note", notice);
    }
    let report = &scanned.report;
    if let Kept::Here(ledger, _) = &kept {
        ledger.keep_report(report).map_err(Failure::unusable)?;
    }
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

/// Who keeps what a scan saw.
enum Kept {
    /// A ledger of this machine, to which nobody listens.
    Here(Arc<SqliteLedger>, HashKey),
    /// That of a deployment, whose functions tell what changes in it.
    Deployed(HashKey),
}

impl Kept {
    const fn telling(&self) -> Telling {
        match self {
            Kept::Here(..) => Telling::Nobody,
            Kept::Deployed(_) => Telling::Everybody,
        }
    }

    fn key(&self) -> HashKey {
        match self {
            Kept::Here(_, key) | Kept::Deployed(key) => key.clone(),
        }
    }
}

/// Warns where a deployment goes by another configuration: its next look would
/// judge otherwise, and its messages go where that one says.
async fn is_in_force(ledger: &dyn Items, loaded: &Loaded) -> Result<(), Failure> {
    let current = current::in_force(ledger).await.map_err(Failure::unusable)?;
    if current.is_none_or(|it| it.hash != loaded.hash) {
        screen::tell(
            "warning",
            &format!(
                "{} is not the configuration that the deployment goes by: its next look judges by its own",
                loaded.file()
            ),
        );
    }
    Ok(())
}
