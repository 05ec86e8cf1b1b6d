//! `setup`: exactly the permissions, and nothing that is only nice to have.

use serde_json::{Value, json};

use super::parsed;
use crate::support::Workshop;

fn guide(arguments: &[&str]) -> Value {
    let workshop = Workshop::new("http://127.0.0.1:9");
    let ran = workshop.run(&[&["setup"], arguments, &["-o", "json"]].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    parsed(&ran)
}

#[test]
fn the_github_apps_have_exactly_their_permissions() {
    let guide = guide(&["github", "--org", "shop"]);
    let manifest = |index: usize| &guide["apps"][index]["manifest"];
    assert_eq!(
        manifest(0)["default_permissions"],
        json!({"metadata": "read", "contents": "read", "pull_requests": "read", "checks": "read", "statuses": "read", "actions": "read"})
    );
    assert_eq!(
        manifest(1)["default_permissions"],
        json!({"metadata": "read", "contents": "write", "pull_requests": "write", "issues": "write"})
    );
    for index in [0, 1] {
        assert_eq!(manifest(index)["public"], false);
        assert_eq!(manifest(index)["default_events"], json!([]));
        assert!(manifest(index).get("hook_attributes").is_none());
        let link = guide["apps"][index]["link"].as_str().unwrap();
        assert!(
            link.starts_with("https://github.com/organizations/shop/settings/apps/new?"),
            "{link}"
        );
    }
}

#[test]
fn only_the_reader_hears_events_and_only_with_an_address() {
    let guide = guide(&["github", "--url", "https://x.example/hook", "--teams"]);
    let reader = &guide["apps"][0]["manifest"];
    assert_eq!(
        reader["hook_attributes"],
        json!({"url": "https://x.example/hook", "active": true})
    );
    assert_eq!(reader["default_permissions"]["members"], "read");
    assert!(
        reader["default_events"]
            .as_array()
            .unwrap()
            .contains(&json!("workflow_run"))
    );
    assert_eq!(guide["apps"][1]["manifest"]["default_events"], json!([]));
}

#[test]
fn the_slack_app_asks_for_no_more_than_posting_and_finding_its_own() {
    let app = &guide(&["slack"])["apps"][0]["manifest"];
    assert_eq!(
        app["oauth_config"]["scopes"]["bot"],
        json!([
            "incoming-webhook",
            "chat:write",
            "channels:history",
            "groups:history"
        ])
    );
    assert_eq!(
        app["settings"]["interactivity"],
        json!({"is_enabled": false})
    );
    let clicked = guide(&["slack", "--url", "https://x.example/slack"]);
    assert_eq!(
        clicked["apps"][0]["manifest"]["settings"]["interactivity"],
        json!({"is_enabled": true, "request_url": "https://x.example/slack"})
    );
}

#[test]
fn for_people_the_manifest_the_link_and_the_steps_are_printed() {
    let workshop = Workshop::new("http://127.0.0.1:9");
    let ran = workshop.run(&["setup", "slack"]);
    for part in [
        "\"chat:write\"",
        "https://api.slack.com/apps?new_app=1&manifest_json=%7B",
        "  1. ",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    assert_eq!(
        workshop.run(&["setup", "github", "--url", "http://x"]).code,
        2
    );
    assert_eq!(workshop.run(&["setup"]).code, 2);
}
