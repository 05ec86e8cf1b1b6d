//! One thing goes wrong at a time: what is unknown then, why, and that nothing else suffers.

mod answers;
mod calls;
mod detections;
mod motion;
mod places;
mod resources;
mod summaries;

use std::{thread, time::Duration};

use plumbline_tests::{
    aws::Aws,
    emulator::Emulator,
    proxy::{Fault, Proxy, Rule},
    world::{Change, Difference, DifferenceKind, Drift},
    xml,
};
use serde_json::{Value, json};

use crate::support::{REGION, Scan, Workshop, address, assert_same, text};

const LIST: &str = "ListStacks";
const DETECT: &str = "DetectStackDrift";
const DETECTION: &str = "DescribeStackDriftDetectionStatus";
const RESOURCES: &str = "ListStackResources";
const DRIFTS: &str = "DescribeStackResourceDrifts";
const DETECT_RESOURCE: &str = "DetectStackResourceDrift";

/// How often a call is tried where nothing is said: once more is enough to see that it is tried again.
const ATTEMPTS: &str = "2";

/// How many resources of the account have drift support, and how many have none.
const RESOURCES_COMPARED: u64 = 9;
const RESOURCES_UNCOVERED: u64 = 1;

/// An account of three stacks, `alpha`, `beta` and `gamma`, each of a queue, a parameter and a topic, that was looked at
/// once and has changed since: in each of them a finding can now be closed wrongly, opened wrongly, or both.
///
/// | stack | at the first look        | now                   |
/// |-------|--------------------------|-----------------------|
/// | alpha | Queue                    | Queue, Topic          |
/// | beta  | Queue                    | Parameter             |
/// | gamma | Topic                    | nothing               |
///
/// `alpha` also has a resource without drift support. Faults meet `beta`.
struct Bench {
    proxy: Proxy,
    shop: Workshop,
    aws: Aws,
    emulator: Emulator,
}

impl Bench {
    fn new() -> Self {
        let emulator = Emulator::start();
        let aws = emulator.aws();
        for stack in ["alpha", "beta", "gamma"] {
            aws.create_stack(stack, &template(stack));
        }
        let proxy = Proxy::start(&emulator.endpoint());
        let shop = Workshop::new(&proxy.endpoint()).with("AWS_MAX_ATTEMPTS", ATTEMPTS);
        shop.watch(&[REGION], &["alpha", "beta", "gamma"]);
        let timeout = |seconds: u64| json!({"VisibilityTimeout": seconds});
        let set = |stack: &str, seconds| {
            aws.set_queue_attributes(
                &format!("{stack}-queue"),
                timeout(seconds).as_object().unwrap(),
            );
        };

        set("alpha", 70);
        set("beta", 70);
        aws.set_topic_display_name("gamma-topic", "loud");
        let first = shop.scan(&[]);
        first.assert_drift(&[queue("alpha"), queue("beta"), topic("gamma")]);
        assert_eq!(first.code, 1);

        set("beta", 30);
        aws.put_parameter("/beta-parameter", "bent", "a parameter");
        aws.set_topic_display_name("alpha-topic", "loud");
        aws.set_topic_display_name("gamma-topic", "quiet");
        proxy.forget();
        Self {
            proxy,
            shop,
            aws,
            emulator,
        }
    }

    /// Scans under these rules; the proxy is clear again afterwards.
    #[track_caller]
    fn scan(&self, rules: impl IntoIterator<Item = Rule>, arguments: &[&str]) -> Scan {
        self.proxy.forget();
        self.proxy.set(rules);
        let scan = self.shop.scan(arguments);
        self.proxy.clear();
        let seen = self.proxy.requests().len() as u64;
        assert_eq!(scan.count("requests"), seen, "{:#?}", self.proxy.requests());
        scan
    }

    /// That under these rules a scan tells exactly the drift, as if nothing were wrong.
    #[track_caller]
    fn exact(&self, rules: impl IntoIterator<Item = Rule>, arguments: &[&str]) -> Scan {
        let scan = self.scan(rules, arguments);
        scan.assert_unknown(&[]);
        scan.assert_drift(&[queue("alpha"), topic("alpha"), parameter("beta")]);
        assert_eq!(scan.code, 1, "{}", scan.report);
        assert_eq!(
            scan.count("inSync") + scan.count("drifted"),
            RESOURCES_COMPARED
        );
        assert_eq!(scan.count("uncovered"), RESOURCES_UNCOVERED);
        let kept = self.shop.findings(false);
        assert_same(&kept, &[queue("alpha"), topic("alpha"), parameter("beta")]);
        scan
    }

    /// That under these rules exactly this of `beta` is unknown, that nothing in `beta` is closed or opened by it, and
    /// that the other stacks are told exactly.
    #[track_caller]
    fn beta_unknown(
        &self,
        rules: impl IntoIterator<Item = Rule>,
        arguments: &[&str],
        unknown: &[(&str, &str)],
    ) -> Scan {
        let before = self.open_in("beta");
        let scan = self.scan(rules, arguments);
        let unknown: Vec<_> = unknown
            .iter()
            .map(|(name, reason)| ("beta", *name, *reason))
            .collect();
        scan.assert_unknown(&unknown);
        scan.assert_drift(&[queue("alpha"), topic("alpha")]);
        assert_eq!(scan.code, 2, "{}", scan.report);
        assert_same(
            &self.shop.findings(false),
            &[queue("alpha"), topic("alpha"), queue("beta")],
        );
        assert_eq!(self.open_in("beta"), before);
        scan
    }

    /// That under these rules nothing at all is known, for this reason, and nothing at all changes.
    #[track_caller]
    fn all_unknown(
        &self,
        rules: impl IntoIterator<Item = Rule>,
        arguments: &[&str],
        unknown: &[(&str, &str, &str)],
    ) -> Scan {
        let before = self.shop.findings(true);
        let scan = self.scan(rules, arguments);
        scan.assert_unknown(unknown);
        scan.assert_drift(&[]);
        assert_eq!(scan.code, 2, "{}", scan.report);
        assert_eq!(self.shop.findings(true), before);
        scan
    }

    /// That the next scan, with nothing in its way, tells everything and puts the ledger right.
    #[track_caller]
    fn recovers(&self) {
        self.exact([], &[]);
    }

    /// The ledger's open findings of a stack.
    #[track_caller]
    fn open_in(&self, stack: &str) -> Vec<Value> {
        let open = self.shop.findings(false);
        open.into_iter()
            .filter(|finding| address(finding).0 == stack)
            .collect()
    }

    /// Waits until the proxy has seen so many requests of this operation with this text.
    fn wait_for(&self, action: &str, containing: &str, times: usize) {
        for _ in 0..2000 {
            let seen = self.proxy.requests();
            let seen = seen
                .iter()
                .filter(|it| it.action == action && it.body.contains(containing));
            if seen.count() >= times {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("no {action} about {containing:?} was seen");
    }
}

/// `beta` in the requests about one stack: they name it by its ARN.
const BETA: &str = ":stack/beta/";

/// A rule for one operation on `beta`.
fn on_beta(action: &str, fault: Fault) -> Rule {
    Rule::new(fault).action(action).containing(BETA)
}

/// What the scan said of `beta`'s unknown.
fn detail(scan: &Scan) -> String {
    text(&scan.list("unknown")[0]["detail"])
}

/// Edits the list entry of one resource of an answer.
fn edit_row(logical_id: &str, edit: impl Fn(&str) -> String + Send + Sync + 'static) -> Fault {
    plumbline_tests::proxy::rewrite::edit_entry("LogicalResourceId", logical_id, edit)
}

/// Adds elements to a resource's entry, or replaces them.
fn with_elements(row: &str, elements: &[(&str, &str)]) -> String {
    elements.iter().fold(row.to_owned(), |row, (tag, text)| {
        format!(
            "{}<{tag}>{}</{tag}>",
            xml::without(&row, tag),
            xml::escape(text)
        )
    })
}

fn template(stack: &str) -> Value {
    let mut template = json!({"Resources": {
        "Queue": {"Type": "AWS::SQS::Queue",
            "Properties": {"QueueName": format!("{stack}-queue"), "VisibilityTimeout": 30}},
        "Parameter": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": format!("/{stack}-parameter"),
            "Type": "String", "Value": "straight", "Description": "a parameter"}},
        "Topic": {"Type": "AWS::SNS::Topic",
            "Properties": {"TopicName": format!("{stack}-topic"), "DisplayName": "quiet"}},
    }});
    if stack == "alpha" {
        template["Resources"]["Handle"] =
            json!({"Type": "AWS::CloudFormation::WaitConditionHandle"});
    }
    template
}

fn queue(stack: &str) -> Drift {
    changed(
        (stack, "Queue", "AWS::SQS::Queue"),
        "/VisibilityTimeout",
        (30.into(), 70.into()),
    )
}

fn topic(stack: &str) -> Drift {
    changed(
        (stack, "Topic", "AWS::SNS::Topic"),
        "/DisplayName",
        ("quiet".into(), "loud".into()),
    )
}

fn parameter(stack: &str) -> Drift {
    changed(
        (stack, "Parameter", "AWS::SSM::Parameter"),
        "/Value",
        ("straight".into(), "bent".into()),
    )
}

fn changed(
    (stack, logical_id, resource_type): (&str, &str, &'static str),
    path: &str,
    (expected, actual): (Value, Value),
) -> Drift {
    Drift {
        stack: stack.to_owned(),
        logical_id: logical_id.to_owned(),
        resource_type,
        change: Change::Modified,
        differences: vec![Difference {
            path: path.to_owned(),
            kind: DifferenceKind::Changed,
            expected: Some(expected),
            actual: Some(actual),
        }],
    }
}
