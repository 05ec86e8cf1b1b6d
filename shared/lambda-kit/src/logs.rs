//! Logs as lines of JSON, as CloudWatch reads them.

use std::{fmt, panic};

use domain::conceal;
use serde_json::Value;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
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
    let lines = lines(std::io::stdout).with_filter(targets);
    // Somebody who has installed a subscriber before wants that one.
    _ = tracing_subscriber::registry().with(lines).try_init();
    panic::set_hook(Box::new(|info| {
        let at = info.location().map(ToString::to_string).unwrap_or_default();
        // The message may hold anything, a record's body too.
        tracing::error!(panic.at = at, "panic");
    }));
}

/// The layer that writes each event as one line.
fn lines<S, W>(writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .map_event_format(Concealed)
        .with_writer(writer)
}

/// Takes away from each line what looks like a secret. Errors come from other
/// services and may quote what was sent or stored; here every one of them passes.
struct Concealed<F>(F);

impl<S, N, F> FormatEvent<S, N> for Concealed<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.0
            .format_event(context, Writer::new(&mut line), event)?;
        // Text by text: in the line as a whole, JSON's own marks could end a secret early.
        match serde_json::from_str(&line) {
            Ok(line) => writeln!(writer, "{}", concealed(line)),
            Err(_) => writer.write_str(&conceal::text(&line)),
        }
    }
}

fn concealed(value: Value) -> Value {
    match value {
        Value::String(text) => conceal::text(&text).into(),
        Value::Array(items) => items.into_iter().map(concealed).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, concealed(value)))
            .collect(),
        other => other,
    }
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
    use std::io;
    use std::sync::{Arc, Mutex, PoisonError};

    use domain::ports::{PortError, PortErrorKind};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines that are logged meanwhile.
    fn logged(log: impl FnOnce()) -> Vec<Value> {
        let written = Written::default();
        let to = written.clone();
        let subscriber = tracing_subscriber::registry().with(lines(move || to.clone()));
        tracing::subscriber::with_default(subscriber, log);
        let bytes = written.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&bytes);
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap_or_default())
            .collect()
    }

    #[test]
    fn no_secret_that_an_error_quotes_is_logged_and_all_else_stays() {
        let quoted = "the parameter \"DbPassword=hunter2-tUrnip9\" is invalid";
        let error = PortError::new(PortErrorKind::Invalid, "sqs:SendMessage", quoted);
        let id = "00000000-1111-2222-3333-444455556666";
        let arn = "arn:aws:cloudformation:eu-west-1:111122223333:stack/shop-net/b4f3c2d0-0c2a-11ef-9e2a-0a1b2c3d4e5f";
        let lines = logged(|| {
            let span = tracing::info_span!(
                "record",
                message.id = id,
                correlation.id = "f-7k3qz2m90abcdef1.3"
            );
            let _in = span.enter();
            tracing::error!(outcome = "returned", error = %error, stack = arn, "could not be sent on: token=ghp_16C7e42F292c6912E7710c838347Ae178B4a");
            super::super::sqs::note(&domain::handled::Handled::Retry(error.to_string()));
        });
        assert_eq!(lines.len(), 2);
        for line in &lines {
            let text = line.to_string();
            for secret in ["hunter2", "tUrnip9", "ghp_16C7"] {
                assert!(!text.contains(secret), "{text}");
            }
            assert_eq!(line["span"]["message.id"], id);
            assert_eq!(line["span"]["correlation.id"], "f-7k3qz2m90abcdef1.3");
            assert_eq!(line["outcome"], "returned");
        }
        assert_eq!(
            (&lines[0]["level"], &lines[0]["stack"]),
            (&"ERROR".into(), &arn.into())
        );
        assert!(lines[0]["timestamp"].is_string());
        let said = lines[1]["reason"].as_str().unwrap_or_default();
        assert!(
            said.contains("sqs:SendMessage") && said.contains("[hidden]"),
            "{said}"
        );
    }

    #[test]
    fn the_level_is_lambdas_and_info_where_it_names_none() {
        assert_eq!(level(Some("DEBUG")), LevelFilter::DEBUG);
        assert_eq!(level(Some("fatal")), LevelFilter::ERROR);
        assert_eq!(level(Some("loud")), LevelFilter::INFO);
        assert_eq!(level(None), LevelFilter::INFO);
    }
}
