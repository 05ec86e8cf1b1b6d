//! A deployed system that watches stacks and tells a sink.

use std::collections::BTreeSet;

use plumbline_tests::deploy::{Deployment, PLACE, sink::Sink, table::Row};
use serde_json::{Value, json};

/// The secret under which the address of Slack's webhook is.
const SLACK: &str = "plumbline/slack";

/// The parameter under which the webhook's key is.
const KEY: &str = "/plumbline/hook-key";

/// What a queue's template says, and what it is bent to.
const VISIBILITY: (u64, u64) = (30, 45);

/// Plumbline, what it watches and whom it tells.
pub(crate) struct System {
    pub(crate) plumbline: Deployment,
    pub(crate) sink: Sink,
}

/// A stack that is watched.
#[derive(Debug, Clone)]
pub(crate) struct Stack {
    pub(crate) name: String,
    pub(crate) id: String,
}

/// How a look learns that its detection has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// By the event of its completion, which comes twice.
    Event,
    /// The event is lost; by the timer behind it, whose five minutes are made to pass.
    Timer,
}

impl System {
    /// Deploys Plumbline and puts a configuration in force that watches every stack called `shop-…`.
    ///
    /// Whatever is open goes to Slack's webhook, whose address is a secret, to a webhook whose bodies are signed, and,
    /// where it is critical, to a pager.
    pub(crate) fn start() -> Self {
        let (plumbline, sink) = (Deployment::start(), Sink::start());
        plumbline.put_secret(SLACK, &sink.url("/slack"));
        plumbline.put_secure_parameter(KEY, "the webhook's key");
        plumbline.put_configuration(&configuration(&sink.url("/hook")));
        plumbline.run_schedule("clock", 1);
        assert!(
            plumbline.table().get("CONFIG", "CURRENT").is_some(),
            "the clock took no configuration"
        );
        Self { plumbline, sink }
    }

    /// The same with stacks of one queue each, whose baseline was taken and told.
    pub(crate) fn watching(names: &[&str]) -> (Self, Vec<Stack>) {
        let system = Self::start();
        let stacks: Vec<Stack> = names
            .iter()
            .map(|name| system.make_stack(name, &[queue(name)]))
            .collect();
        system.scan(&stacks, End::Event);
        system.plumbline.wait("the digest of the baseline", || {
            (system.told() == [1, 1]).then_some(())
        });
        (system, stacks)
    }

    /// Makes a stack of these queues.
    pub(crate) fn make_stack(&self, name: &str, queues: &[String]) -> Stack {
        let resources: Value = queues
            .iter()
            .enumerate()
            .map(|(index, queue)| {
                let properties = json!({"QueueName": queue, "VisibilityTimeout": VISIBILITY.0});
                let resource = json!({"Type": "AWS::SQS::Queue", "Properties": properties});
                (format!("Queue{index}"), resource)
            })
            .collect::<serde_json::Map<_, _>>()
            .into();
        let template = json!({"Resources": resources});
        let id = self.plumbline.aws().create_stack(name, &template);
        Stack {
            name: name.to_owned(),
            id,
        }
    }

    /// Changes a queue past its template.
    pub(crate) fn bend(&self, queue: &str) {
        self.set_visibility(queue, VISIBILITY.1);
    }

    /// Puts it back.
    pub(crate) fn mend(&self, queue: &str) {
        self.set_visibility(queue, VISIBILITY.0);
    }

    fn set_visibility(&self, queue: &str, seconds: u64) {
        let attributes = json!({"VisibilityTimeout": seconds});
        let attributes = attributes.as_object().unwrap();
        self.plumbline.aws().set_queue_attributes(queue, attributes);
    }

    /// Runs the schedule twice for the same time, and brings the look that it asks for at each of the stacks to its end.
    pub(crate) fn scan(&self, stacks: &[Stack], end: End) {
        let before: Vec<u64> = stacks.iter().map(|it| self.generation(it)).collect();
        self.plumbline.run_schedule("drift-scan", 2);
        for (stack, before) in stacks.iter().zip(before) {
            self.end_look(stack, (end, before + 1));
        }
    }

    /// Has the end of each detection at a stack heard of, until its complete look of that generation is written and no
    /// other one is under way. Two messages that ask for the same look at once may start two detections here, where
    /// AWS would refuse the second while the first runs; each has its end, as there.
    pub(crate) fn end_look(&self, stack: &Stack, (end, generation): (End, u64)) {
        let mut ended = BTreeSet::new();
        let what = format!("look {generation} at {}", stack.name);
        self.plumbline.wait(&what, || {
            let lease = self.plumbline.table().get(&unit(&stack.name), "LEASE");
            let detection = lease.as_ref().and_then(|it| it.body["detection"].as_str());
            if let Some(detection) = detection.filter(|it| ended.insert((*it).to_owned())) {
                self.end_detection((stack, detection), end);
            }
            (lease.is_none() && self.generation(stack) >= generation).then_some(())
        });
    }

    fn end_detection(&self, (stack, detection): (&Stack, &str), end: End) {
        match end {
            End::Event => {
                let event = ended(&stack.id, detection);
                assert_eq!(self.plumbline.tell_rules(&event, 2), 1);
            }
            End::Timer => {
                let work = format!("collect#{}", stack.id);
                self.plumbline.table().make_due(&work);
                self.plumbline.run_schedule("clock", 1);
            }
        }
    }

    /// How many complete looks a stack had.
    pub(crate) fn generation(&self, stack: &Stack) -> u64 {
        let look = self.plumbline.table().get(&unit(&stack.name), "SCAN");
        look.map_or(0, |it| it.version)
    }

    /// The findings of a stack.
    pub(crate) fn findings(&self, stack: &Stack) -> Vec<Row> {
        self.plumbline.table().query(&unit(&stack.name), "FINDING#")
    }

    /// How many messages Slack and the webhook were sent.
    pub(crate) fn told(&self) -> [usize; 2] {
        ["/slack", "/hook"].map(|path| self.sink.posts(path).len())
    }

    /// What the webhook was sent, by kind.
    pub(crate) fn kinds(&self) -> Vec<String> {
        let posts = self.sink.posts("/hook");
        let kinds = posts.iter().map(|it| it.body["kind"].as_str().unwrap());
        kinds.map(str::to_owned).collect()
    }

    /// Delivers everything once more, and waits until that has changed whatever it changes.
    pub(crate) fn once_more(&self) {
        self.plumbline.redeliver();
        self.plumbline.wait_until_quiet();
    }
}

/// The name of a stack's one queue.
pub(crate) fn queue(stack: &str) -> String {
    format!("{stack}-orders")
}

/// The partition of a stack.
pub(crate) fn unit(stack: &str) -> String {
    let (account, region) = PLACE;
    format!("UNIT#cloudformation#{account}#{region}#{stack}")
}

/// The body that asks for a look at a stack.
pub(crate) fn look_at(stack: &Stack) -> String {
    let work = json!({"apiVersion": "plumbline/v1", "kind": "LookAtStack", "stackId": stack.id,
        "target": "shops", "askedAt": jiff::Timestamp::now()});
    work.to_string()
}

/// The event that says that a drift detection has ended, as CloudFormation words it. The emulator sends none.
pub(crate) fn ended(stack_id: &str, detection: &str) -> Value {
    let (account, region) = PLACE;
    json!({
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": "CloudFormation Drift Detection Status Change",
        "source": "aws.cloudformation",
        "account": account,
        "time": jiff::Timestamp::now().to_string(),
        "region": region,
        "resources": [stack_id],
        "detail": {
            "stack-id": stack_id,
            "stack-drift-detection-id": detection,
            // No function reads the verdict of an event: only the API's answer counts.
            "status-details": {"stack-drift-status": "UNKNOWN", "detection-status": "DETECTION_COMPLETE"},
            "drift-detection-details": {"drifted-stack-resource-count": 0},
            "client-request-token": "",
        },
    })
}

fn configuration(hook: &str) -> String {
    let (_, region) = PLACE;
    // A maxAge of nothing: every run of the schedule looks anew. A settle time of a second: as long as a test waits.
    format!(
        r#"apiVersion: plumbline/v1
environment: e2e
targets:
  - name: shops
    cloudformation: {{regions: [{region}], stacks: ["shop-*"]}}
timing: {{maxAge: 0s, settle: 1s, reopen: 30m}}
notify:
  routes:
    - {{when: 'finding.severity == "critical"', to: [pager]}}
    - {{when: "true", to: [team, hook]}}
  channels:
    team: {{slack: {{webhook: "secretsmanager:{SLACK}"}}}}
    hook: {{webhook: {{url: "{hook}", secret: "ssm-secure:{KEY}"}}}}
    pager: {{pagerduty: {{routingKey: "ssm-secure:/plumbline/pager"}}}}
"#
    )
}
