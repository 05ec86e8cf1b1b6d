//! Logs as lines of JSON, as CloudWatch reads them.

use std::panic;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Crates that write requests, answers or events into their more talkative
/// logs, by how their targets begin.
const TALKATIVE: [&str; 8] = [
    "aws_",
    "h2",
    "hyper",
    "lambda_runtime",
    "reqwest",
    "rustls",
    "tokio",
    "tower",
];

/// Writes logs from now on, at the level of `AWS_LAMBDA_LOG_LEVEL` (default INFO).
pub(crate) fn install() {
    let level = level(std::env::var("AWS_LAMBDA_LOG_LEVEL").ok().as_deref());
    let targets = TALKATIVE
        .iter()
        .fold(Targets::new().with_default(level), |targets, name| {
            targets.with_target(*name, level.min(LevelFilter::INFO))
        });
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_filter(targets);
    // Somebody who has installed a subscriber before wants that one.
    _ = tracing_subscriber::registry().with(lines).try_init();
    panic::set_hook(Box::new(|info| {
        let at = info.location().map(ToString::to_string).unwrap_or_default();
        // The message may hold anything, a record's body too.
        tracing::error!(panic.at = at, "panic");
    }));
}

/// Lambda's names of levels; FATAL is above what Rust knows.
fn level(name: Option<&str>) -> LevelFilter {
    match name.map(str::to_ascii_uppercase).as_deref() {
        Some("TRACE") => LevelFilter::TRACE,
        Some("DEBUG") => LevelFilter::DEBUG,
        Some("WARN") => LevelFilter::WARN,
        Some("ERROR" | "FATAL") => LevelFilter::ERROR,
        _ => LevelFilter::INFO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_is_lambdas_and_info_where_it_names_none() {
        assert_eq!(level(Some("DEBUG")), LevelFilter::DEBUG);
        assert_eq!(level(Some("fatal")), LevelFilter::ERROR);
        assert_eq!(level(Some("loud")), LevelFilter::INFO);
        assert_eq!(level(None), LevelFilter::INFO);
    }
}
