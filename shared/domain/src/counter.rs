//! Durable counters, counted up in the transaction of what they count.

use sha2::{Digest as _, Sha256};

use crate::ports::{Items, Key, PortError, Range, Write};

/// Over how many items the counts of one label set are spread.
const SHARDS: u8 = 10;

/// Looks at units by layer and outcome (`clean`, `drift`, `error`, `uncovered`).
pub const DETECTION_RUNS: &str = "drift_detection_runs_total";

/// Openings of findings, by layer and severity.
pub const OPENED: &str = "plumbline_findings_opened_total";

/// Closings of findings, by layer and how they closed.
pub const CLOSED: &str = "plumbline_findings_closed_total";

/// Runs of `clock`.
pub const HEARTBEATS: &str = "plumbline_heartbeats_total";

/// Counts one more of `metric` under these labels. `by` is what is counted: it
/// picks the item, so that many at once do not meet on one.
#[must_use]
pub fn one(metric: &str, labels: &[(&str, &str)], by: &str) -> Write {
    let shard = Sha256::digest(by.as_bytes())[0] % SHARDS;
    let key = Key::new(format!("CTR#{metric}"), format!("{}#{shard}", text(labels)));
    Write::Add(key, 1)
}

fn text(labels: &[(&str, &str)]) -> String {
    let labels: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    labels.join(",")
}

/// What a counter stands at under these labels.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn value(
    items: &dyn Items,
    metric: &str,
    labels: &[(&str, &str)],
) -> Result<u64, PortError> {
    let prefix = Range::Prefix(format!("{}#", text(labels)));
    let shards = items
        .query(&format!("CTR#{metric}"), &prefix, usize::from(SHARDS))
        .await?;
    Ok(shards
        .iter()
        .filter_map(|it| it.body.get("n")?.as_u64())
        .sum())
}
