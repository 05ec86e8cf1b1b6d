//! A deployed system that watches stacks and tells a sink.

use std::collections::BTreeSet;

use plumbline_tests::deploy::{Deployment, PLACE, sink::Sink, table::Row};
use serde_json::{Value, json};

/// The secret under which the address of Slack's webhook is.
const SLACK: &str = "plumbline/slack";

/// The parameter under which the webhook's key is.
const KEY: &str = "/plumbline/hook-key";

/// The route of what is critical. Nothing listens at the pager's end.
const PAGED: &str = r#"
    - {when: 'finding.severity == "critical"', to: [pager]}"#;

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
        Self::routing(PAGED)
    }

    /// The same, but nobody is paged.
    pub(crate) fn start_without_pager() -> Self {
        Self::routing("")
    }

    fn routing(first: &str) -> Self {
        let (plumbline, sink) = (Deployment::start(), Sink::start());
        plumbline.put_secret(SLACK, &sink.url("/slack"));
        plumbline.put_secure_parameter(KEY, "the webhook's key");
        plumbline.put_configuration(&configuration(&sink.url("/hook"), first));
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

    /// Has the resolve of what was closed told: after one more clean look, which is asked for by itself.
    pub(crate) fn settle(&self, stack: &Stack, told: usize) {
        let plumbline = &self.plumbline;
        let looks = self.generation(stack);
        plumbline.wait("the look that settles it", || {
            plumbline.run_schedule("clock", 1);
            plumbline.table().get(&unit(&stack.name), "LEASE")
        });
        self.end_look(stack, (End::Event, looks + 1));
        // Whether it is settled is looked at two minutes after that look was asked for, which are made to pass.
        plumbline.wait("the resolve", || {
            plumbline.table().make_due("settle#");
            plumbline.run_schedule("clock", 1);
            (self.told() == [told, told]).then_some(())
        });
    }

    /// The one finding of a stack.
    #[track_caller]
    pub(crate) fn finding(&self, stack: &Stack) -> Value {
        let rows = self.findings(stack);
        let [finding] = &rows[..] else {
            panic!("there are {} findings: {rows:?}", rows.len())
        };
        finding.body.clone()
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

/// The event of a call that changed something, as a trail tells of it; by a user of that account.
pub(crate) fn called(
    (source, name): (&str, &str),
    (account, user): (&str, &str),
    parameters: Value,
) -> Value {
    let (_, region) = PLACE;
    let now = jiff::Timestamp::now().to_string();
    json!({
        "version": "0",
        "id": "0b8f1c3e-6a56-4a54-9d70-0e4d4a3c6a11",
        "detail-type": "AWS API Call via CloudTrail",
        "source": format!("aws.{source}"),
        "account": account,
        "time": now,
        "region": region,
        "resources": [],
        "detail": {
            "eventVersion": "1.09",
            "userIdentity": {"type": "IAMUser", "accountId": account, "userName": user,
                "arn": format!("arn:aws:iam::{account}:user/{user}")},
            "eventTime": now,
            "eventSource": format!("{source}.amazonaws.com"),
            "eventName": name,
            "awsRegion": region,
            "requestParameters": parameters,
            "responseElements": {"_return": true},
            "eventID": "7c1d3f2a-54a1-4c61-8f0d-0a0c9c1f5e21",
            "readOnly": false,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": account,
            "eventCategory": "Management",
        },
    })
}

/// The event of a change of a resource of a stack, as AWS Config tells of it. The emulator sends none.
pub(crate) fn changed(stack_id: &str, logical_id: &str, (kind, id): (&str, &str)) -> Value {
    let parts: Vec<&str> = stack_id.split(':').collect();
    let (region, account) = (parts[3], parts[4]);
    let now = jiff::Timestamp::now();
    json!({
        "version": "0",
        // Each change is an event of its own.
        "id": format!("5e1f0c52-0000-4000-8000-{:012x}", now.as_microsecond() & 0xffff_ffff_ffff),
        "detail-type": "Config Configuration Item Change",
        "source": "aws.config",
        "account": account,
        "time": now.to_string(),
        "region": region,
        "resources": [],
        "detail": {
            "recordVersion": "1.3",
            "messageType": "ConfigurationItemChangeNotification",
            "configurationItemDiff": {"changedProperties": {}, "changeType": "UPDATE"},
            "notificationCreationTime": now.to_string(),
            "configurationItem": {
                "configuration": {},
                "tags": {"aws:cloudformation:stack-id": stack_id, "aws:cloudformation:logical-id": logical_id},
                "configurationItemCaptureTime": now.to_string(),
                "configurationItemStatus": "OK",
                "awsAccountId": account,
                "awsRegion": region,
                "resourceType": kind,
                "resourceId": id,
            },
        },
    })
}

fn configuration(hook: &str, first: &str) -> String {
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
  routes:{first}
    - {{when: "true", to: [team, hook]}}
  channels:
    team: {{slack: {{webhook: "secretsmanager:{SLACK}"}}}}
    hook: {{webhook: {{url: "{hook}", secret: "ssm-secure:{KEY}"}}}}
    pager: {{pagerduty: {{routingKey: "ssm-secure:/plumbline/pager"}}}}
"#
    )
}
