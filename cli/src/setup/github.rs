//! The two GitHub Apps. What reads can never write: the writer's key is held by
//! `commit` and `notify` alone.

use clap::Args;
use serde_json::{Map, Value, json};

use super::{App, Permission, encoded};

/// What the Apps' pages at GitHub link to; a manifest needs an address.
const HOME: &str = "https://github.com";

/// Arguments of `setup github`.
#[derive(Debug, Args)]
pub(crate) struct Github {
    /// The organization that owns the Apps [default: your own account].
    #[arg(long, value_name = "NAME", value_parser = login)]
    org: Option<String>,
    /// Let the reader see who is in a team: `approvers` of the configuration names teams.
    #[arg(long)]
    teams: bool,
}

const READS: [Permission; 6] = [
    read("metadata", "every App has it"),
    read(
        "contents",
        "the configuration, manifests, and which commit came after which",
    ),
    read(
        "pull_requests",
        "what became of the pull requests it opened",
    ),
    read("checks", "the required checks of a source commit"),
    read("statuses", "the same, where they are statuses"),
    read("actions", "the workflow runs behind a deployment"),
];

const MEMBERS: Permission = read("members", "who is in a team of approvers");

const WRITES: [Permission; 4] = [
    read("metadata", "every App has it"),
    write("contents", "signed commits that promote or roll back"),
    write("pull_requests", "the pull requests that carry them"),
    write("issues", "one ticket per incident, edited and closed again"),
];

/// The events that the reader hears of, each of a permission that it has.
const EVENTS: [&str; 6] = [
    "push",
    "pull_request",
    "issue_comment",
    "check_suite",
    "status",
    "workflow_run",
];

const fn read(name: &'static str, why: &'static str) -> Permission {
    Permission {
        name,
        access: "read",
        why,
    }
}

const fn write(name: &'static str, why: &'static str) -> Permission {
    Permission {
        name,
        access: "write",
        why,
    }
}

/// The Apps, and the steps that make them.
pub(super) fn guide(asked: &Github, url: Option<&str>) -> (Vec<App>, Vec<String>) {
    let form = match &asked.org {
        Some(org) => format!("{HOME}/organizations/{org}/settings/apps/new"),
        None => format!("{HOME}/settings/apps/new"),
    };
    let mut reads = READS.to_vec();
    reads.extend(asked.teams.then_some(MEMBERS));
    let apps = vec![
        app(
            (
                "plumbline-reader",
                "reads; every function that asks GitHub holds its key",
            ),
            (&form, url),
            reads,
        ),
        app(
            (
                "plumbline-writer",
                "writes; only commit and notify hold its key",
            ),
            (&form, None),
            WRITES.to_vec(),
        ),
    ];
    let mut steps = vec![
        "Open the two links and make both Apps (App names are unique at GitHub: give them another where these are taken), or post each manifest as the form field `manifest` to the same page without its query.".to_owned(),
        "On each App's page: note the App ID, generate a private key, and install the App on the repositories that Plumbline is to see; the number at the end of the installation's address is its id.".to_owned(),
        "Store both keys, the reader's first: aws ssm put-parameter --name /plumbline/github --type SecureString --value '{\"appId\": \"…\", \"installationId\": \"…\", \"privateKey\": \"…\"}', and the writer's the same as /plumbline/github-writer. Delete the downloaded files.".to_owned(),
        "In plumbline.yaml: github: {repository: OWNER/NAME, credentials: \"ssm-secure:/plumbline/github\"}.".to_owned(),
    ];
    steps.push(match url {
        Some(_) => "Set a webhook secret on the reader's page and store it as /plumbline/github-webhook: what is not signed with it is refused.".to_owned(),
        None => "Its webhook is off until there is an address to send to: run this again with --url once the webhook function is deployed.".to_owned(),
    });
    steps.push("This version reads configurations and manifests with the reader's App; what writes to GitHub comes with later ones. Nothing is lost by making the writer then.".to_owned());
    (apps, steps)
}

fn app(
    (name, purpose): (&str, &'static str),
    (form, url): (&str, Option<&str>),
    permissions: Vec<Permission>,
) -> App {
    let wanted: Map<String, Value> = permissions
        .iter()
        .map(|it| (it.name.to_owned(), it.access.into()))
        .collect();
    let mut manifest = json!({
        "name": name,
        "url": HOME,
        "public": false,
        "default_permissions": wanted,
        "default_events": [],
    });
    let mut link = format!("{form}?name={name}&url={}&public=false", encoded(HOME));
    for it in permissions.iter().filter(|it| it.name != "metadata") {
        link.push_str(&format!("&{}={}", it.name, it.access));
    }
    match url {
        Some(url) => {
            manifest["hook_attributes"] = json!({"url": url, "active": true});
            manifest["default_events"] = json!(EVENTS);
            link.push_str(&format!(
                "&webhook_active=true&webhook_url={}",
                encoded(url)
            ));
            for event in EVENTS {
                link.push_str(&format!("&events[]={event}"));
            }
        }
        None => link.push_str("&webhook_active=false"),
    }
    App {
        name: name.to_owned(),
        purpose,
        manifest,
        link,
        permissions,
    }
}

fn login(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if text.is_empty() || text.starts_with('-') || !text.chars().all(plain) {
        return Err("write the organization's name as it stands in its address".to_owned());
    }
    Ok(text.to_owned())
}
