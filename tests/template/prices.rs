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
    (
        "KMS requests (the AWS-managed key of SNS; keys that are looked at)",
        "10,000",
        0.03,
    ),
    ("S3 GET requests", "1,000", 0.000_4),
    ("S3 storage", "GB-month", 0.023),
    (
        "CloudFormation drift detection, CloudTrail LookupEvents, reads of EC2, IAM and EKS, STS",
        "call",
        0.0,
    ),
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
pub(super) const ASSUMPTIONS: [(&str, f64); 40] = [
    ("connections that Lambda keeps open to poll one queue", 5.0),
    ("seconds that clock runs", 0.1),
    ("seconds that drift-scan runs, and for each stack more", 2.0),
    ("seconds for each stack of drift-scan", 0.05),
    ("messages of one look (start, completion, backstop)", 3.0),
    ("seconds of stack-drift for one look", 1.5),
    ("applications in clusters, for each stack", 0.1),
    ("seconds of cluster-drift for one application", 4.0),
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
        "read units of one event (the configuration, the stacks around)",
        3.0,
    ),
    (
        "write units of what one look remembers that its stack declares",
        2.0,
    ),
    ("looks of a hundred that ask what other stacks declare", 5.0),
    (
        "read units of that answer, for each stack of the account",
        0.5,
    ),
    ("KMS calls of one look", 0.4),
    ("S3 calls of one look", 0.6),
    ("questions who it was, for each finding", 3.0),
    ("seconds of stack-drift for one question who it was", 0.4),
    (
        "write units of one question (its timer, written and deleted)",
        3.0,
    ),
    ("read units of one question", 6.0),
    (
        "CloudTrail events of security settings, for each stack",
        20.0,
    ),
    ("seconds of stack-drift for one CloudTrail event", 0.05),
    (
        "write units of one CloudTrail event, one for each resource that it names",
        3.0,
    ),
    ("KB of the ledger for one CloudTrail event, kept a day", 0.2),
    (
        "looks at single resources that AWS Config saw change, for each stack",
        40.0,
    ),
    ("seconds of stack-drift for a single resource", 1.0),
    (
        "write units of a single resource (its timer, written and deleted, included)",
        8.0,
    ),
    ("read units of a single resource", 10.0),
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
