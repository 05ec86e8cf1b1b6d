//! `plumbline`: looks at what hangs crooked, from a laptop or in CI.

mod accept;
mod args;
mod caller;
mod clock;
mod clusters;
mod commands;
mod dead_letters;
mod demo;
mod diff;
mod doctor;
mod explain;
mod failure;
mod findings;
mod functions;
mod ignore;
mod init;
mod invoke;
mod ledger;
mod outside;
mod policy_against;
mod policy_command;
mod policy_test;
mod progress;
mod report;
mod scan;
mod screen;
mod setup;
mod standing;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = args::Cli::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            screen::tell("error", &format!("cannot start: {error}"));
            return ExitCode::from(2);
        }
    };
    match runtime.block_on(commands::run(cli)) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            screen::tell("error", &failure.to_string());
            ExitCode::from(failure.code())
        }
    }
}
