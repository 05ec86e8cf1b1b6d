//! `plumbline setup`: the Apps that Plumbline needs at GitHub and Slack, with
//! exactly the permissions that it uses.

mod github;
mod slack;

use clap::{Args, Subcommand};
use domain::report::API_VERSION;
use serde::Serialize;
use serde_json::Value;

use crate::args::PlainFormat;
use crate::commands::out;
use crate::failure::Failure;

/// Arguments of `setup`.
#[derive(Debug, Args)]
pub(crate) struct Setup {
    /// Where the App is made.
    #[command(subcommand)]
    at: At,
    /// How to print it.
    #[arg(
        short,
        long,
        global = true,
        default_value = "table",
        value_name = "FORMAT"
    )]
    output: PlainFormat,
    /// The address that its events go to: output `WebhookUrl` of the deployed stack.
    #[arg(long, global = true, value_name = "URL", value_parser = address)]
    url: Option<String>,
}

#[derive(Debug, Subcommand)]
enum At {
    /// Two GitHub Apps: one that reads, and one that writes.
    Github(github::Github),
    /// A Slack App that posts, edits and finds again its messages.
    Slack,
}

/// An App to make.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct App {
    /// What it is called.
    name: String,
    /// What it is for, and who holds its key.
    purpose: &'static str,
    /// The manifest.
    manifest: Value,
    /// A link that opens its form, filled in.
    link: String,
    /// Why each permission.
    permissions: Vec<Permission>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Permission {
    /// Its name.
    name: &'static str,
    /// `read` or `write`; empty where it is a scope.
    access: &'static str,
    /// What needs it.
    why: &'static str,
}

/// What `setup` prints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Guide {
    api_version: &'static str,
    kind: &'static str,
    apps: Vec<App>,
    steps: Vec<String>,
}

/// Prints the manifests and the steps.
pub(crate) fn run(asked: &Setup) -> Result<(), Failure> {
    let url = asked.url.as_deref();
    let (apps, steps) = match &asked.at {
        At::Github(it) => github::guide(it, url),
        At::Slack => slack::guide(url),
    };
    let guide = Guide {
        api_version: API_VERSION,
        kind: "SetupGuide",
        apps,
        steps,
    };
    match asked.output {
        PlainFormat::Json => out(&render::json(&guide).map_err(Failure::unusable)?),
        PlainFormat::Table => out(&told(&guide)?),
    }
}

fn told(guide: &Guide) -> Result<String, Failure> {
    let mut text = String::new();
    for app in &guide.apps {
        text.push_str(&format!("{}: {}\n\n", app.name, app.purpose));
        text.push_str(&render::json(&app.manifest).map_err(Failure::unusable)?);
        text.push_str("\nwhy each permission\n");
        for it in &app.permissions {
            text.push_str(&format!("  {:<17} {:<6} {}\n", it.name, it.access, it.why));
        }
        text.push_str(&format!("\nthe form, filled in\n  {}\n\n", app.link));
    }
    text.push_str("steps\n");
    for (number, step) in (1..).zip(&guide.steps) {
        text.push_str(&format!("  {number}. {step}\n"));
    }
    Ok(text)
}

fn address(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").unwrap_or_default();
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '@';
    if rest.is_empty() || !rest.chars().all(plain) {
        return Err("write an address as https://example.com/path, without a user".to_owned());
    }
    Ok(text.to_owned())
}

/// A text as a part of a query.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_holds_no_character_with_a_meaning_of_its_own() {
        assert_eq!(encoded("a b&c=ü"), "a%20b%26c%3D%C3%BC");
    }

    #[test]
    fn only_an_https_address_is_taken() {
        assert!(address("https://x.example/hook").is_ok());
        for wrong in ["http://x.example", "https://", "https://u@x.example", "x"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
