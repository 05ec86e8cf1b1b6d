//! A record of CloudTrail, freed of values.

use domain::ports::TrailCall;
use jiff::Timestamp;
use serde_json::Value;

use crate::identity;
use crate::names;

/// Characters of an id, a source or a name of a call.
const TEXT_LIMIT: usize = 256;

/// First words of calls that change nothing, for the records that do not say it themselves.
const READS: [&str; 19] = [
    "BatchGet", "Check", "Count", "Decrypt", "Describe", "Detect", "Discover", "Download",
    "Estimate", "Get", "Head", "List", "Lookup", "Query", "Scan", "Search", "Select", "Simulate",
    "View",
];

/// A record that lacks what every record of CloudTrail has. It quotes nothing of the record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a CloudTrail record: {0}")]
pub struct Malformed(String);

impl Malformed {
    fn field(name: &str) -> Self {
        Self(format!("`{name}` is missing or makes no sense"))
    }
}

/// Reads one record: the text of `CloudTrailEvent` that `LookupEvents` gives,
/// parsed, or the `detail` of an EventBridge event such as "AWS API Call via
/// CloudTrail". `None` for what changed nothing: calls that only read, calls
/// that failed, sign-ins and insights.
///
/// # Errors
/// [`Malformed`] where time, source, name, region or account are missing.
pub fn read(record: &Value) -> Result<Option<TrailCall>, Malformed> {
    if !record.is_object() {
        return Err(Malformed("it is no JSON object".to_owned()));
    }
    let name = needs(record, "eventName")?;
    if is_read(record, name) || failed(record) || !is_of_a_resource(record) {
        return Ok(None);
    }
    let at = record["eventTime"]
        .as_str()
        .and_then(|text| text.parse::<Timestamp>().ok())
        .ok_or_else(|| Malformed::field("eventTime"))?;
    let caller = identity::read(record);
    Ok(Some(TrailCall {
        id: needs(record, "eventID")?.to_owned(),
        at,
        source: needs(record, "eventSource")?.to_owned(),
        name: name.to_owned(),
        region: needs(record, "awsRegion")?.to_owned(),
        account: account(record).ok_or_else(|| Malformed::field("recipientAccountId"))?,
        who: caller.who,
        console: caller.console,
        invoked_by: caller.invoked_by,
        resources: names::of(record),
    }))
}

fn needs<'a>(record: &'a Value, name: &str) -> Result<&'a str, Malformed> {
    record[name]
        .as_str()
        .filter(|text| !text.is_empty() && text.len() <= TEXT_LIMIT)
        .filter(|text| !text.chars().any(char::is_control))
        .ok_or_else(|| Malformed::field(name))
}

/// Whether the call changes nothing. Where the record does not say, as those of
/// old and those of service events, the name does.
fn is_read(record: &Value, name: &str) -> bool {
    match &record["readOnly"] {
        Value::Bool(read_only) => *read_only,
        Value::String(text) => text.eq_ignore_ascii_case("true"),
        _ => READS.iter().any(|read| {
            let after = name.strip_prefix(read);
            after.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_lowercase()))
        }),
    }
}

/// A call that was refused, or only tried whether it would be.
fn failed(record: &Value) -> bool {
    ["errorCode", "errorMessage"]
        .iter()
        .any(|name| record[*name].as_str().is_some_and(|text| !text.is_empty()))
}

/// Whether it is a call on resources, and no sign-in or statistic.
fn is_of_a_resource(record: &Value) -> bool {
    let is = |name: &str, value: &str| record[name].as_str() == Some(value);
    !(is("eventType", "AwsConsoleSignIn")
        || is("eventType", "AwsCloudTrailInsight")
        || is("eventCategory", "Insight"))
}

/// The account whose resources it touched: that of the resources where they
/// agree, since a call across accounts is kept in both, else that of the trail.
fn account(record: &Value) -> Option<String> {
    let mut owners: Vec<&str> = record["resources"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|resource| resource["accountId"].as_str())
        .filter(|account| !account.is_empty())
        .collect();
    owners.sort_unstable();
    owners.dedup();
    let account = match owners.as_slice() {
        [owner] => Some(*owner),
        _ => record["recipientAccountId"]
            .as_str()
            .or_else(|| record["userIdentity"]["accountId"].as_str()),
    };
    account
        .filter(|account| account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()))
        .map(str::to_owned)
}
