//! `plumbline doctor`: everything that has to be in order before a scan or a
//! deployment can work, one line each, with the fix. Nothing ends it early, and
//! no question takes longer than [`PATIENCE`].

mod channels;
mod config;
mod environment;
mod files;
mod places;
mod table;

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws::{Connection, Options};
use clap::Args;
use domain::ports::{PortError, PortErrorKind};
use domain::report::API_VERSION;
use serde::Serialize;

use crate::args::PlainFormat;
use crate::commands::out;
use crate::failure::Failure;
use crate::ledger::Place;
use crate::screen;

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Post a test message to every channel; without it nothing is sent.
    #[arg(long)]
    send: bool,
    /// Look into the queues of a deployment, too: the name of its CloudFormation stack.
    #[arg(long, value_name = "NAME")]
    stack: Option<String>,
    /// How to print it.
    #[arg(short, long, default_value = "table", value_name = "FORMAT")]
    output: PlainFormat,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warn,
    Fail,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Check {
    /// What it is.
    what: String,
    state: State,
    /// How it is.
    found: String,
    /// What would mend it.
    fix: Option<String>,
}

impl Check {
    fn ok(what: impl Into<String>, found: impl ToString) -> Self {
        Self {
            what: what.into(),
            state: State::Ok,
            found: found.to_string(),
            fix: None,
        }
    }

    fn warn(what: impl Into<String>, found: impl ToString, fix: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            state: State::Warn,
            found: found.to_string(),
            fix: Some(fix.into()),
        }
    }

    fn fail(what: impl Into<String>, found: impl ToString, fix: impl Into<String>) -> Self {
        Self {
            state: State::Fail,
            ..Self::warn(what, found, fix)
        }
    }

    /// What an answer of AWS means: no right is a failure, no answer is worth another try.
    fn of_error(what: impl Into<String>, error: &PortError, fix: impl Into<String>) -> Self {
        match error.kind {
            PortErrorKind::Throttled | PortErrorKind::Unavailable | PortErrorKind::Timeout => {
                Self::warn(
                    what,
                    error,
                    "it could not be asked: try again, and check endpoint and network",
                )
            }
            _ => Self::fail(what, error, fix),
        }
    }
}

/// What was found, as others script against it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    api_version: &'a str,
    kind: &'a str,
    ok: usize,
    warn: usize,
    fail: usize,
    checks: &'a [Check],
}

/// Looks at everything, and gives exit code 1 where something fails.
pub(crate) async fn run(
    config: Option<&Path>,
    place: &Place,
    asked: &Doctor,
) -> Result<u8, Failure> {
    let (mut checks, loaded) = config::look(config);
    let options = Options {
        adaptive: false,
        max_attempts: 2,
        connect_timeout: Duration::from_secs(2),
        attempt_timeout: Duration::from_secs(4),
        operation_timeout: PATIENCE,
        ..Options::default()
    };
    let connection = Arc::new(Connection::from_env(options).await);
    checks.extend(environment::look(&connection, loaded.as_ref()));
    let (asked_who, caller) = environment::credentials(&connection).await;
    checks.extend(asked_who);
    match place {
        Place::File(path) => {
            checks.extend(files::look(path).await);
            checks.push(Check::ok(
                "clock function",
                "not looked at, and its last run not known: this ledger is a file; --table NAME looks at a deployed system's",
            ));
        }
        Place::Table(name) => {
            checks.extend(table::look(name, &connection, loaded.as_ref()).await);
        }
    }
    if let Some(loaded) = &loaded {
        if let Some(caller) = &caller {
            checks.extend(places::look(&connection, (loaded, caller)).await);
        }
        checks.extend(channels::look(&connection, (loaded, asked.send)).await);
    }
    if let Some(stack) = &asked.stack {
        checks.extend(table::queues(stack, &connection).await);
    }
    let count = |state| checks.iter().filter(|it| it.state == state).count();
    let (ok, warn, fail) = (count(State::Ok), count(State::Warn), count(State::Fail));
    out(&match asked.output {
        PlainFormat::Json => render::json(&Report {
            api_version: API_VERSION,
            kind: "DoctorReport",
            ok,
            warn,
            fail,
            checks: &checks,
        })
        .map_err(Failure::unusable)?,
        PlainFormat::Table => {
            let lines: String = checks.iter().map(told).collect();
            screen::clean(&format!("{lines}{ok} ok, {warn} warn, {fail} fail\n"))
        }
    })?;
    Ok(u8::from(fail > 0))
}

fn told(check: &Check) -> String {
    let state = match check.state {
        State::Ok => "ok",
        State::Warn => "warn",
        State::Fail => "fail",
    };
    // What AWS says may hold line breaks; a line is one thing.
    let found = check.found.replace('\n', "; ");
    let fix = match &check.fix {
        Some(fix) => format!("\n      → {fix}"),
        None => String::new(),
    };
    format!("{state:<5} {}: {found}{fix}\n", check.what)
}

/// An answer, or that it took too long.
async fn within<T>(
    op: &'static str,
    asking: impl Future<Output = Result<T, PortError>>,
) -> Result<T, PortError> {
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(answer) => answer,
        Err(_) => Err(PortError::new(
            PortErrorKind::Timeout,
            op,
            format!("no answer within {} s", PATIENCE.as_secs()),
        )),
    }
}
