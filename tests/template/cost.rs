//! What Plumbline costs a month, computed from the template, the prices and the assumptions below, and written into
//! `docs/COST.md`. `UPDATE_DOCS=1 tests/run -p plumbline-tests cost` writes it anew.

use std::{env, fmt::Write as _, fs};

use serde_json::json;

use super::{
    prices::{ASSUMPTIONS, PRICES, assumed, price},
    support::{FED_BY_QUEUE, FUNCTIONS, Template, list, root},
};

const HOURS: f64 = 730.0;
const MILLION: f64 = 1_000_000.0;

/// An installation: its name, stacks, and the share of events that come from other accounts.
const SIZES: [(&str, f64, f64); 4] = [
    ("idle", 0.0, 0.0),
    ("small: 20 stacks", 20.0, 0.0),
    ("middle: 200 stacks", 200.0, 0.0),
    ("large: 2,000 stacks in 5 accounts", 2000.0, 0.8),
];

/// What the template says that costs.
struct Facts {
    clocks: f64,
    scans: f64,
    queues: f64,
    poll_seconds: f64,
    alarms: f64,
    composites: f64,
    secrets: f64,
    log_days: f64,
    memory: [f64; 8],
}

impl Facts {
    fn of(template: &Template) -> Self {
        let count = |kind: &str| template.of_type(kind).len() as f64;
        assert_eq!(
            template.property("ClockSchedule", "ScheduleExpression"),
            "rate(1 minute)",
            "reckoned as one a minute"
        );
        let hours = template
            .at("/Parameters/ScanEveryHours/Default")
            .as_str()
            .and_then(|h| h.parse::<f64>().ok())
            .expect("hours");
        Self {
            clocks: HOURS * 60.0,
            scans: HOURS / hours,
            queues: FED_BY_QUEUE
                .iter()
                .filter(|f| template.property(f, "Events/Messages/Type") == "SQS")
                .count() as f64,
            poll_seconds: template
                .property("NotifyQueue", "ReceiveMessageWaitTimeSeconds")
                .as_f64()
                .expect("seconds"),
            alarms: count("AWS::CloudWatch::Alarm"),
            composites: count("AWS::CloudWatch::CompositeAlarm"),
            secrets: count("AWS::SecretsManager::Secret"),
            log_days: template
                .at("/Parameters/LogRetentionDays/Default")
                .as_f64()
                .expect("days"),
            memory: FUNCTIONS.map(|(f, _)| {
                template.function(f, "MemorySize").as_f64().expect("memory") / 1024.0
            }),
        }
    }

    fn gigabytes(&self, function: &str) -> f64 {
        let index = FUNCTIONS
            .iter()
            .position(|(f, _)| *f == function)
            .expect("a function");
        self.memory[index]
    }
}

/// What an installation does in a month.
#[derive(Clone, Copy)]
struct Use {
    looks: f64,
    /// Looks at applications in clusters.
    applications: f64,
    /// Findings that open or close.
    changes: f64,
    /// Events of AWS Config and ECR.
    events: f64,
    /// Events of CloudTrail.
    calls: f64,
    /// Looks at one resource.
    singles: f64,
    /// Questions who it was.
    questions: f64,
    /// Stacks of one account.
    neighbours: f64,
}

impl Use {
    fn of(facts: &Facts, stacks: f64, away: f64) -> Self {
        let changes = stacks * assumed("findings that open");
        Self {
            looks: stacks * facts.scans,
            applications: stacks * assumed("applications in clusters") * facts.scans,
            changes,
            events: stacks * assumed("AWS Config and ECR events"),
            calls: stacks * assumed("CloudTrail events"),
            singles: stacks * assumed("looks at single resources"),
            questions: changes * assumed("questions who it was"),
            // Accounts are of the same size: one of five is the share that stays at home.
            neighbours: stacks * (1.0 - away),
        }
    }

    /// Messages on the way to stack-drift.
    fn messages(&self) -> f64 {
        self.looks * assumed("messages of one look") + self.calls + self.singles + self.questions
    }

    /// Seconds of stack-drift.
    fn seconds(&self) -> f64 {
        self.looks * assumed("seconds of stack-drift for one look")
            + self.calls * assumed("seconds of stack-drift for one CloudTrail event")
            + self.singles * assumed("seconds of stack-drift for a single resource")
            + self.questions * assumed("seconds of stack-drift for one question")
    }

    fn writes(&self) -> f64 {
        self.applications * assumed("write units of one look")
            + self.looks
                * (assumed("write units of one look")
                    + assumed("write units of what one look remembers"))
            + self.changes * assumed("write units of one finding")
            + self.events * assumed("write units of one event")
            + self.calls * assumed("write units of one CloudTrail event")
            + self.singles * assumed("write units of a single resource")
            + self.questions * assumed("write units of one question")
    }

    fn reads(&self) -> f64 {
        let asking = self.looks * assumed("looks of a hundred") / 100.0;
        (self.looks + self.applications) * assumed("read units of one look")
            + asking * self.neighbours * assumed("read units of that answer")
            + self.changes * assumed("read units of the same")
            + self.events * assumed("read units of one event")
            + self.singles * assumed("read units of a single resource")
            + self.questions * assumed("read units of one question")
    }
}

/// The lines of a bill: service, and what it was reckoned from.
fn bill(facts: &Facts, stacks: f64, away: f64) -> Vec<(&'static str, f64)> {
    let month = Use::of(facts, stacks, away);
    let (looks, changes, events) = (month.looks, month.changes, month.events);
    let asked = month.messages() + month.applications;
    let invocations = facts.clocks + facts.scans + asked + 2.0 * changes + events;
    let duration = facts.clocks * assumed("seconds that clock") * facts.gigabytes("Clock")
        + facts.scans
            * (assumed("seconds that drift-scan") + stacks * assumed("seconds for each stack"))
            * facts.gigabytes("DriftScan")
        + month.seconds() * facts.gigabytes("StackDrift")
        + month.applications
            * assumed("seconds of cluster-drift")
            * facts.gigabytes("ClusterDrift")
        + changes * assumed("seconds of publish") * facts.gigabytes("Notify")
        + events * assumed("seconds of config-change") * facts.gigabytes("ConfigChange");
    let polls = facts.queues * assumed("connections") * HOURS * 3600.0 / facts.poll_seconds;
    // Each message is sent, received and deleted.
    let requests = polls + 3.0 * (asked + changes + events);
    let writes = facts.clocks * assumed("write units of one clock") + month.writes();
    let reads = facts.clocks * assumed("read units of one clock") + month.reads();
    let ledger = (stacks * assumed("KB of the ledger for each")
        + events * assumed("KB of the ledger for one event")
        + month.calls * assumed("KB of the ledger for one CloudTrail event"))
        / MILLION;
    let log = invocations * assumed("KB of log") / MILLION;
    vec![
        (
            "Lambda",
            invocations / MILLION * price("Lambda requests") + duration * price("Lambda x86_64"),
        ),
        ("SQS, polling idle queues", polls / MILLION * price("SQS")),
        ("SQS, messages", (requests - polls) / MILLION * price("SQS")),
        (
            "SNS and its key",
            changes / MILLION * price("SNS") + changes / 10_000.0 * price("KMS"),
        ),
        (
            "DynamoDB, reads and writes",
            writes / MILLION * price("DynamoDB on-demand writes")
                + reads / MILLION * price("DynamoDB on-demand reads"),
        ),
        (
            "DynamoDB, storage and recovery",
            ledger * (price("DynamoDB storage") + price("DynamoDB point")),
        ),
        (
            "KMS and S3, asked what hangs on keys and buckets",
            looks * assumed("KMS calls") / 10_000.0 * price("KMS")
                + looks * assumed("S3 calls") / 1000.0 * price("S3 GET"),
        ),
        (
            "Scheduler",
            (facts.clocks + facts.scans) / MILLION * price("EventBridge Scheduler"),
        ),
        (
            "EventBridge, forwarded events",
            (events + looks + month.calls) * away / MILLION * price("EventBridge events from"),
        ),
        (
            "CloudWatch alarms",
            facts.alarms * price("CloudWatch alarm"),
        ),
        (
            "CloudWatch composite alarms",
            facts.composites * price("CloudWatch composite"),
        ),
        (
            "CloudWatch Logs",
            log * (price("CloudWatch Logs ingestion")
                + facts.log_days / 30.0 * price("CloudWatch Logs storage")),
        ),
        (
            "Secrets Manager",
            facts.secrets * price("Secrets Manager secret")
                + looks / 10_000.0 * price("Secrets Manager requests"),
        ),
        ("S3", facts.clocks / 1000.0 * price("S3 GET")),
    ]
}

/// A number without needless digits.
fn plain(number: f64) -> String {
    format!("{number:.7}")
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}

fn facts_table(facts: &Facts) -> String {
    let mut text = "| in the template | |\n|---|---|\n".to_owned();
    for (what, value) in [
        ("runs of clock a month", plain(facts.clocks)),
        ("scans a month", plain(facts.scans.round())),
        ("queues that Lambda polls", plain(facts.queues)),
        ("seconds that a poll waits", plain(facts.poll_seconds)),
        ("alarms", plain(facts.alarms)),
        (
            "composite alarms (only with `AlarmTopicArn`)",
            plain(facts.composites),
        ),
        ("secrets", plain(facts.secrets)),
        ("days that logs are kept", plain(facts.log_days)),
        (
            "MB of stack-drift",
            plain(facts.gigabytes("StackDrift") * 1024.0),
        ),
        (
            "MB of every other function",
            plain(facts.gigabytes("Notify") * 1024.0),
        ),
    ] {
        let _ = writeln!(text, "| {what} | {value} |");
    }
    text
}

fn prices_table() -> String {
    PRICES.iter().fold(
        "| what | unit | $ |\n|---|---|---:|\n".to_owned(),
        |mut text, (what, unit, price)| {
            let _ = writeln!(
                text,
                "| {what} | {unit} | {price} |",
                price = plain_price(*price)
            );
            text
        },
    )
}

/// Prices below a cent need all their digits.
fn plain_price(price: f64) -> String {
    if price == 0.0 {
        "free".to_owned()
    } else if price < 0.01 {
        format!("{price}")
    } else {
        format!("{price:.3}")
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned()
    }
}

fn assumptions_table() -> String {
    ASSUMPTIONS.iter().fold(
        "| assumed | |\n|---|---:|\n".to_owned(),
        |mut text, (what, value)| {
            let _ = writeln!(text, "| {what} | {} |", plain(*value));
            text
        },
    )
}

fn bills_table(facts: &Facts) -> String {
    let bills = SIZES.map(|(_, stacks, away)| bill(facts, stacks, away));
    let mut text = format!(
        "| $ a month | {} |\n|---|---:|---:|---:|---:|\n",
        SIZES.map(|(name, _, _)| name).join(" | ")
    );
    for (line, (service, _)) in bills[0].iter().enumerate() {
        let _ = writeln!(
            text,
            "| {service} | {} |",
            bills
                .each_ref()
                .map(|b| format!("{:.2}", b[line].1))
                .join(" | ")
        );
    }
    let _ = writeln!(
        text,
        "| **all** | {} |",
        bills
            .each_ref()
            .map(|b| format!("**{:.2}**", total(b)))
            .join(" | ")
    );
    text
}

fn total(bill: &[(&str, f64)]) -> f64 {
    bill.iter().map(|(_, dollars)| dollars).sum()
}

/// The page with its computed parts put in anew.
fn page(old: &str, template: &Template) -> String {
    let facts = Facts::of(template);
    let mut text = old.to_owned();
    for (name, table) in [
        ("facts", facts_table(&facts)),
        ("prices", prices_table()),
        ("assumptions", assumptions_table()),
        ("bills", bills_table(&facts)),
    ] {
        let (from, to) = (
            format!("<!-- computed: {name} -->\n"),
            format!("<!-- end: {name} -->"),
        );
        let start = text
            .find(&from)
            .unwrap_or_else(|| panic!("docs/COST.md has no place for {name}"))
            + from.len();
        let end = start
            + text[start..]
                .find(&to)
                .unwrap_or_else(|| panic!("docs/COST.md has no end of {name}"));
        text.replace_range(start..end, &table);
    }
    text
}

#[test]
fn the_cost_page_says_what_the_template_costs() {
    let path = root().join("docs/COST.md");
    let old = fs::read_to_string(&path).expect("docs/COST.md");
    let new = page(&old, &Template::deployed());
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &new).expect("docs/COST.md");
        return;
    }
    assert!(
        old == new,
        "docs/COST.md is not what the template costs; UPDATE_DOCS=1 writes it anew:\n{new}"
    );
}

#[test]
fn a_template_that_costs_more_changes_the_page() {
    let template = Template::deployed();
    let old = fs::read_to_string(root().join("docs/COST.md")).expect("docs/COST.md");
    for (pointer, value) in [
        (
            "/Resources/AnotherAlarm",
            json!({"Type": "AWS::CloudWatch::Alarm"}),
        ),
        (
            "/Resources/AnotherSecret",
            json!({"Type": "AWS::SecretsManager::Secret"}),
        ),
        ("/Resources/StackDrift/Properties/MemorySize", json!(1024)),
        ("/Parameters/ScanEveryHours/Default", json!("1")),
        (
            "/Resources/NotifyQueue/Properties/ReceiveMessageWaitTimeSeconds",
            json!(1),
        ),
    ] {
        assert_ne!(
            page(&old, &template),
            page(&old, &template.with(pointer, value)),
            "{pointer}"
        );
    }
}

/// What happens more often is in the bill: nothing is assumed and then forgotten.
#[test]
fn every_kind_of_use_is_paid_for() {
    let facts = Facts::of(&Template::deployed());
    let usual = Use::of(&facts, 200.0, 0.0);
    for (what, more) in [
        (
            "looks",
            Use {
                looks: 2.0 * usual.looks,
                ..usual
            },
        ),
        (
            "applications",
            Use {
                applications: 2.0 * usual.applications,
                ..usual
            },
        ),
        (
            "changes",
            Use {
                changes: 2.0 * usual.changes,
                ..usual
            },
        ),
        (
            "events",
            Use {
                events: 2.0 * usual.events,
                ..usual
            },
        ),
        (
            "calls",
            Use {
                calls: 2.0 * usual.calls,
                ..usual
            },
        ),
        (
            "singles",
            Use {
                singles: 2.0 * usual.singles,
                ..usual
            },
        ),
        (
            "questions",
            Use {
                questions: 2.0 * usual.questions,
                ..usual
            },
        ),
        (
            "neighbours",
            Use {
                neighbours: 2.0 * usual.neighbours,
                ..usual
            },
        ),
    ] {
        assert!(
            more.writes() + more.reads() > usual.writes() + usual.reads(),
            "{what} cost nothing in the ledger"
        );
        let is_of_stack_drift = matches!(what, "looks" | "calls" | "singles" | "questions");
        assert_eq!(
            more.messages() > usual.messages(),
            is_of_stack_drift,
            "{what}"
        );
        assert_eq!(
            more.seconds() > usual.seconds(),
            is_of_stack_drift,
            "{what}"
        );
    }
}

/// The promise: a few dollars a month, whether or not anything happens; the least that is charged is said.
#[test]
fn idle_and_small_cost_a_few_dollars() {
    let facts = Facts::of(&Template::deployed());
    let [idle, small, middle, large] =
        SIZES.map(|(_, stacks, away)| total(&bill(&facts, stacks, away)));
    assert!(
        idle < 7.0 && small < 7.5 && middle < 10.0 && large < 40.0,
        "{idle} {small} {middle} {large}"
    );
    let template = Template::deployed();
    assert_eq!(
        list(template.property("Ledger", "GlobalSecondaryIndexes")).len(),
        1,
        "each index is written, and paid, again"
    );
}
