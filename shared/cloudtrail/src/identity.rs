//! Who made a call.

use serde_json::Value;

/// Characters of a name.
const LIMIT: usize = 256;

/// What a record says of its caller.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) who: String,
    pub(crate) console: bool,
    pub(crate) invoked_by: Option<String>,
}

pub(crate) fn read(record: &Value) -> Caller {
    let identity = &record["userIdentity"];
    let invoked_by = invoked_by(record);
    let who = who(identity)
        .or_else(|| invoked_by.clone())
        .or_else(|| text(&record["eventSource"]))
        .unwrap_or_else(|| "unknown".to_owned());
    Caller {
        console: invoked_by.is_none() && is_console(record),
        who,
        invoked_by,
    }
}

/// A user by name; an assumed role with its session, which is the person where
/// people come through an identity provider; an account's root; a service.
fn who(identity: &Value) -> Option<String> {
    let user = text(&identity["userName"]);
    let issuer = text(&identity["sessionContext"]["sessionIssuer"]["userName"]);
    let kind = identity["type"].as_str().unwrap_or_default();
    match kind {
        "Root" => Some("root".to_owned()),
        "AssumedRole" => {
            let (role, session) = of_assumed_role(identity);
            match (issuer.or(role), session) {
                (Some(role), Some(session)) => Some(format!("{role}/{session}")),
                (name, other) => name.or(other),
            }
        }
        "FederatedUser" => text(&identity["arn"])
            .and_then(|arn| {
                arn.rsplit_once("federated-user/")
                    .map(|(_, name)| name.to_owned())
            })
            .or(user)
            .or(issuer),
        "AWSService" => text(&identity["invokedBy"]),
        // A caller of another account, of whom only that and perhaps the session is known.
        "AWSAccount" => match (text(&identity["accountId"]), session(identity)) {
            (Some(account), Some(session)) => Some(format!("{account}/{session}")),
            (account, session) => account.or(session),
        },
        "IdentityCenterUser" => user.or_else(|| text(&identity["onBehalfOf"]["userId"])),
        _ => user.or_else(|| text(&identity["invokedBy"])),
    }
}

/// Role and session of `arn:aws:sts::111122223333:assumed-role/ROLE/SESSION`.
fn of_assumed_role(identity: &Value) -> (Option<String>, Option<String>) {
    let arn = identity["arn"].as_str().unwrap_or_default();
    match arn
        .split_once(":assumed-role/")
        .and_then(|(_, rest)| rest.split_once('/'))
    {
        Some((role, session)) => (clean(role), clean(session)),
        None => (None, session(identity)),
    }
}

/// The session of `AROAEXAMPLE:SESSION`.
fn session(identity: &Value) -> Option<String> {
    identity["principalId"]
        .as_str()
        .and_then(|id| id.split_once(':'))
        .and_then(|(_, session)| clean(session))
}

/// The service that called for somebody. The console stands there too, in older
/// records; it is no service that acts by itself.
fn invoked_by(record: &Value) -> Option<String> {
    let named = text(&record["userIdentity"]["invokedBy"]);
    let address = text(&record["sourceIPAddress"]);
    named
        .or(address)
        .filter(|name| is_service(name) && !is_console_host(name))
}

fn is_service(name: &str) -> bool {
    name == "AWS Internal"
        || [".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu"]
            .iter()
            .any(|suffix| name.ends_with(suffix))
}

/// Whether a person made the call in a console session: what CloudTrail says of
/// the session's keys, else what the console calls itself.
fn is_console(record: &Value) -> bool {
    let says = match &record["sessionCredentialFromConsole"] {
        Value::Bool(flag) => *flag,
        Value::String(text) => text.eq_ignore_ascii_case("true"),
        _ => false,
    };
    let agent = record["userAgent"].as_str().unwrap_or_default();
    let agent = agent.trim_start_matches('[');
    says || record["eventType"].as_str() == Some("AwsConsoleAction")
        || record["userIdentity"]["invokedBy"]
            .as_str()
            .is_some_and(is_console_host)
        || is_console_host(agent)
        || agent.starts_with("S3Console/")
        || agent.starts_with("AWS CloudWatch Console")
        || agent.contains("AWSLambdaConsole/")
}

/// `console.amazonaws.com`, `console.ec2.amazonaws.com`, `signin.amazonaws.com`.
fn is_console_host(name: &str) -> bool {
    let host = name.split([' ', ']', '/']).next().unwrap_or_default();
    is_service(host) && (host.starts_with("console.") || host.starts_with("signin."))
}

fn text(value: &Value) -> Option<String> {
    value.as_str().and_then(clean)
}

/// A name on one line and not longer than a name is.
fn clean(text: &str) -> Option<String> {
    let line: String = text
        .chars()
        .filter(|c| {
            !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        })
        .take(LIMIT)
        .collect();
    (!line.is_empty()).then_some(line)
}
