//! What a look calls in the account that it looks at: allowed by name here and in the read role of other accounts, and
//! taken away by no denial.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};

use super::{
    rights::statements,
    support::{Complaints, Template, holds_and_notices, list, root},
};

/// Where the calls of a look are made: each names its action.
const ADAPTERS: [&str; 3] = ["attachments", "cloudformation", "cloudtrail"];

/// The actions that the adapters of a look call, out of their sources.
fn called() -> BTreeSet<String> {
    let mut actions = BTreeSet::new();
    for adapter in ADAPTERS {
        let folder = root().join("shared").join(adapter).join("src");
        for entry in fs::read_dir(folder).expect("an adapter's sources") {
            let path = entry.expect("a source").path();
            if path.is_file() {
                actions.extend(actions_in(&path));
            }
        }
    }
    actions
}

fn actions_in(source: &Path) -> Vec<String> {
    let text = fs::read_to_string(source).expect("a source");
    text.split('"')
        .skip(1)
        .step_by(2)
        .filter(|literal| is_action(literal))
        .map(str::to_owned)
        .collect()
}

/// `ec2:DescribeRouteTables`.
fn is_action(text: &str) -> bool {
    let Some((service, action)) = text.split_once(':') else {
        return false;
    };
    !service.is_empty()
        && service
            .bytes()
            .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
        && action.starts_with(|it: char| it.is_ascii_uppercase())
        && action.bytes().all(|it| it.is_ascii_alphanumeric())
}

fn allowed(template: &Template, role: &str) -> BTreeSet<String> {
    statements(template, role)
        .into_iter()
        .filter(|it| it["Effect"] == "Allow")
        .flat_map(|it| list(&it["Action"]))
        .filter_map(|it| it.as_str().map(str::to_owned))
        .collect()
}

/// What a role's denials say, `s3:GetObject*`, wherever they hold and whatever their conditions are.
fn denied(template: &Template, role: &str) -> Vec<String> {
    statements(template, role)
        .into_iter()
        .filter(|it| it["Effect"] == "Deny")
        .flat_map(|it| list(&it["Action"]))
        .filter_map(|it| it.as_str().map(str::to_owned))
        .collect()
}

fn covers(pattern: &str, action: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern.eq_ignore_ascii_case(action),
        Some((start, rest)) => {
            let action = action.to_ascii_lowercase();
            action.starts_with(&start.to_ascii_lowercase())
                && (rest.is_empty() || action.ends_with(rest))
        }
    }
}

fn complaints(template: &Template, role: &str) -> Complaints {
    let (allowed, denied) = (allowed(template, role), denied(template, role));
    let mut complaints = Complaints::new();
    for action in called() {
        if !allowed.contains(&action) {
            complaints.push(format!(
                "a look calls {action}, which {role} does not allow"
            ));
        }
        if denied.iter().any(|pattern| covers(pattern, &action)) {
            complaints.push(format!("a look calls {action}, which {role} denies"));
        }
    }
    complaints
}

fn here(template: &Template) -> Complaints {
    complaints(template, "StackDriftRole")
}

fn away(template: &Template) -> Complaints {
    complaints(template, "ReadRole")
}

#[test]
fn what_a_look_calls_is_allowed_in_every_account_and_denied_in_none() {
    let actions = called();
    for known in [
        "cloudformation:DetectStackResourceDrift",
        "cloudtrail:LookupEvents",
        "ec2:DescribeSecurityGroupRules",
        "kms:ListGrants",
    ] {
        assert!(actions.contains(known), "{known} is not found: {actions:?}");
    }
    for (template, check, role) in [
        (
            Template::deployed(),
            here as fn(&Template) -> Complaints,
            "StackDriftRole",
        ),
        (Template::of("iam/read-role.yaml"), away, "ReadRole"),
    ] {
        let all = template.property(role, "Policies/0/PolicyDocument/Statement");
        let place = |sid: &str| {
            let index = list(all).iter().position(|it| it["Sid"] == sid);
            let index = index.unwrap_or_else(|| panic!("{role} has no statement {sid}"));
            format!("/Resources/{role}/Properties/Policies/0/PolicyDocument/Statement/{index}")
        };
        holds_and_notices(
            &template,
            check,
            &[
                (
                    &format!("{}/Action/0", place("Evidence")),
                    Value::Null,
                    "cloudtrail:LookupEvents, which",
                ),
                (
                    &format!("{}/Action/0", place("Detect")),
                    Value::Null,
                    "cloudformation:DetectStackDrift, which",
                ),
                (
                    &format!("{}/Action/-", place("NoData")),
                    json!("s3:GetBucket*"),
                    "s3:GetBucketPolicy, which",
                ),
                (
                    &format!("{}/Action/-", place("NoData")),
                    json!("kms:listgrants"),
                    "kms:ListGrants, which",
                ),
            ],
        );
    }
}
