//! What the page of costs takes for granted: AWS's list prices, and what an installation is like.

/// Prices in dollars: name, unit, price. Order is that of the page.
pub(super) const PRICES: [(&str, &str, f64); 21] = [
    ("Lambda requests", "million", 0.20),
    ("Lambda x86_64 duration", "GB-second", 0.000_016_666_7),
    ("SQS standard requests", "million", 0.40),
    (
        "SNS publishes (deliveries to SQS are free)",
        "million",
        0.50,
    ),
    ("DynamoDB on-demand writes", "million units", 0.625),
    ("DynamoDB on-demand reads", "million units", 0.125),
    ("DynamoDB storage", "GB-month", 0.25),
    ("DynamoDB point-in-time recovery", "GB-month", 0.20),
    ("EventBridge Scheduler", "million invocations", 1.00),
    ("EventBridge events of AWS services", "million", 0.0),
    (
        "EventBridge events from other regions and accounts",
        "million",
        1.00,
    ),
    ("CloudWatch alarm", "alarm-month", 0.10),
    ("CloudWatch composite alarm", "alarm-month", 0.50),
    ("CloudWatch Logs ingestion", "GB", 0.50),
    ("CloudWatch Logs storage", "GB-month", 0.03),
    ("Secrets Manager secret", "secret-month", 0.40),
    ("Secrets Manager requests", "10,000", 0.05),
    ("KMS requests (AWS-managed key of SNS)", "10,000", 0.03),
    ("S3 GET requests", "1,000", 0.000_4),
    ("S3 storage", "GB-month", 0.023),
    ("CloudFormation drift detection, STS", "call", 0.0),
];

/// The price whose name starts so.
pub(super) fn price(name: &str) -> f64 {
    PRICES
        .iter()
        .find(|(known, _, _)| known.starts_with(name))
        .unwrap_or_else(|| panic!("no price of {name}"))
        .2
}

/// What is assumed of an installation; all of it per month unless said otherwise.
pub(super) const ASSUMPTIONS: [(&str, f64); 20] = [
    ("connections that Lambda keeps open to poll one queue", 5.0),
    ("seconds that clock runs", 0.1),
    ("seconds that drift-scan runs, and for each stack more", 2.0),
    ("seconds for each stack of drift-scan", 0.05),
    ("messages of one look (start, completion, backstop)", 3.0),
    ("seconds of stack-drift for one look", 1.2),
    ("findings that open or close, for each stack", 1.0),
    ("seconds of publish and notify for each of them", 0.6),
    ("AWS Config and ECR events, for each stack", 200.0),
    (
        "seconds of config-change and image-push for one event",
        0.05,
    ),
    (
        "read units of one clock (8 timer shards, 8 outbox shards, the configuration)",
        17.0,
    ),
    ("write units of one clock (heartbeat)", 1.0),
    ("write units of one look (transactions count twice)", 12.0),
    ("read units of one look", 8.0),
    (
        "write units of one finding that opens or closes, its message included",
        40.0,
    ),
    ("read units of the same", 20.0),
    ("write units of one event", 2.0),
    (
        "KB of the ledger for each stack, with a year of history",
        140.0,
    ),
    ("KB of the ledger for one event, kept half a month", 1.0),
    ("KB of log for one invocation", 1.5),
];

/// The assumption whose name starts so.
pub(super) fn assumed(name: &str) -> f64 {
    ASSUMPTIONS
        .iter()
        .find(|(known, _)| known.starts_with(name))
        .unwrap_or_else(|| panic!("nothing assumed of {name}"))
        .1
}
