//! The Slack App.

use serde_json::json;

use super::{App, Permission, encoded};

const SCOPES: [Permission; 4] = [
    scope(
        "incoming-webhook",
        "an address that posts to one channel, without a token",
    ),
    scope("chat:write", "post messages and edit its own, with a token"),
    scope(
        "channels:history",
        "find its own message again by the metadata it carries, in public channels",
    ),
    scope("groups:history", "the same in private channels"),
];

const fn scope(name: &'static str, why: &'static str) -> Permission {
    Permission {
        name,
        access: "",
        why,
    }
}

/// The App, and the steps that make it.
pub(super) fn guide(url: Option<&str>) -> (Vec<App>, Vec<String>) {
    let scopes: Vec<&str> = SCOPES.iter().map(|it| it.name).collect();
    let interactivity = match url {
        Some(url) => json!({"is_enabled": true, "request_url": url}),
        None => json!({"is_enabled": false}),
    };
    let manifest = json!({
        "display_information": {
            "name": "Plumbline",
            "description": "Says what drifted, who bent it, and when it is over",
        },
        "features": {"bot_user": {"display_name": "plumbline", "always_online": false}},
        "oauth_config": {"scopes": {"bot": scopes}},
        "settings": {
            "interactivity": interactivity,
            "org_deploy_enabled": false,
            "socket_mode_enabled": false,
            "token_rotation_enabled": false,
        },
    });
    let link = format!(
        "https://api.slack.com/apps?new_app=1&manifest_json={}",
        encoded(&manifest.to_string())
    );
    let mut steps = vec![
        "Open the link (or: api.slack.com/apps, Create New App, From a manifest), choose the workspace, create and install the App; Slack asks which channel its webhook posts to.".to_owned(),
        "Incoming Webhooks: copy the address, and store it: aws ssm put-parameter --name /plumbline/slack --type SecureString --value 'https://hooks.slack.com/services/…'. On this machine a variable will do: env:SLACK_WEBHOOK.".to_owned(),
        "In plumbline.yaml: notify: {channels: {drift: {slack: {webhook: \"ssm-secure:/plumbline/slack\"}}}}.".to_owned(),
        "The bot's token (OAuth & Permissions, xoxb-…) edits messages in place: slack: {token: …, channel: \"#drift\"}, and /invite @plumbline there. It comes with a later version of Plumbline; this one posts through the webhook.".to_owned(),
    ];
    if url.is_none() {
        steps.push("Interactivity is off until there is an address to send clicks to: run this again with --url once the webhook function is deployed.".to_owned());
    }
    let app = App {
        name: "Plumbline".to_owned(),
        purpose: "tells people, one message per problem",
        manifest,
        link,
        permissions: SCOPES.to_vec(),
    };
    (vec![app], steps)
}
