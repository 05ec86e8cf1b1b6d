//! What happens in the account and around it, as a seed tells it beforehand.

use domain::stack::StackId;
use domain::work::Queue;
use serde_json::{Value, json};

use crate::account::REGION;
use crate::chance::{Dice, Fault};
use crate::cloud::ACCOUNT;
use crate::hands::Change;
use crate::queue::Buried;
use crate::resource::{Bend, GROUP, KINDS, NESTED, ROLE, Resource};
use crate::sim::{Event, HOUR, MINUTE, SECOND, State, plus};

/// Something that happens. Numbers choose among what is there then.
#[derive(Clone, Debug)]
pub(crate) enum Happening {
    /// A stack is created, some of its resources bent at once.
    Create {
        name: String,
        resources: Vec<(usize, Option<Bend>)>,
        inner: bool,
    },
    Bend {
        stack: usize,
        resource: usize,
        bend: Bend,
    },
    Mend {
        which: usize,
    },
    /// A stack is updated; the update puts a resource right.
    Update {
        stack: usize,
        resource: usize,
        takes: i64,
    },
    UpdateEnds {
        arn: String,
        resource: usize,
    },
    Delete {
        stack: usize,
    },
    DeleteEnds {
        arn: String,
    },
    /// Somebody else starts a detection.
    Foreign {
        stack: usize,
    },
    /// A stack is in a state without detection for a while.
    Stuck {
        stack: usize,
        takes: i64,
    },
    Unstuck {
        arn: String,
    },
    /// The second target leaves the configuration, or comes back.
    Config {
        whole: bool,
    },
    /// A new version that nobody can read, until the next.
    BrokenConfig,
    StreamStops {
        takes: i64,
    },
    /// Something is added to a group or role, or taken away.
    Hands(Change),
    /// An event of the registry or of AWS Config.
    Recorded {
        which: usize,
    },
}

/// The script of one seed; times are milliseconds since its beginning.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) happenings: Vec<(i64, Happening)>,
    /// How often drift-scan is scheduled.
    pub(crate) every: i64,
    /// From when nothing happens and nothing fails.
    pub(crate) quiet: i64,
    /// When the clock stops.
    pub(crate) ends: i64,
}

impl Script {
    pub(crate) fn of(seed: u64, most: usize) -> Self {
        let mut dice = Dice::of(seed, 4);
        let active = dice.between(4, 9) * HOUR;
        let mut happenings = vec![(0, Happening::Config { whole: true })];
        for number in 0..dice.between(2, 4) {
            let target = if dice.hits(650) { "shop" } else { "data" };
            let name = format!("{target}-{number}");
            let at = match dice.hits(700) {
                true => 0,
                false => dice.between(0, active),
            };
            happenings.push((at, create(&mut dice, name)));
        }
        for _ in 0..dice.between(5, 30) {
            let at = dice.between(20 * MINUTE, active);
            happenings.push((at, happening(&mut dice)));
        }
        for _ in 0..dice.between(2, 16) {
            let at = dice.between(5 * MINUTE, active);
            happenings.push((at, Happening::Hands(Change::of(&mut dice))));
        }
        happenings.truncate(most);
        happenings.sort_by_key(|(at, _)| *at);
        let quiet = active + 40 * MINUTE;
        Self {
            happenings,
            every: dice.between(90, 180) * MINUTE,
            quiet,
            ends: quiet + 10 * HOUR,
        }
    }
}

fn create(dice: &mut Dice, name: String) -> Happening {
    let resources = (0..dice.between(1, 5))
        .map(|_| {
            let kind = dice.index(KINDS.len());
            let bend = dice.hits(250).then(|| bend(dice));
            (kind, bend)
        })
        .collect();
    Happening::Create {
        name,
        resources,
        inner: dice.hits(250),
    }
}

fn bend(dice: &mut Dice) -> Bend {
    let number = u32::try_from(dice.between(1, 120)).unwrap_or(1);
    match dice.between(0, 9) {
        0..=4 => Bend::Property(number),
        5..=6 => Bend::Secret(number),
        7 => Bend::Spelling,
        _ => Bend::Deleted,
    }
}

fn happening(dice: &mut Dice) -> Happening {
    let (stack, resource) = (dice.index(1000), dice.index(1000));
    match dice.between(0, 99) {
        0..=37 => Happening::Bend {
            stack,
            resource,
            bend: bend(dice),
        },
        38..=62 => Happening::Mend { which: resource },
        63..=69 => Happening::Update {
            stack,
            resource,
            takes: dice.between(MINUTE, 20 * MINUTE),
        },
        70..=72 => Happening::Delete { stack },
        73..=76 => {
            let target = if dice.hits(650) { "shop" } else { "data" };
            let name = format!("{target}-{}", dice.between(0, 4));
            create(dice, name)
        }
        77..=82 => Happening::Foreign { stack },
        83..=84 => Happening::Stuck {
            stack,
            takes: dice.between(10 * MINUTE, 3 * HOUR),
        },
        85..=88 => Happening::Config { whole: false },
        89..=91 => Happening::Config { whole: true },
        92 => Happening::BrokenConfig,
        93..=95 => Happening::StreamStops {
            takes: dice.between(5 * MINUTE, 5 * HOUR),
        },
        _ => Happening::Recorded { which: resource },
    }
}

impl State {
    pub(crate) fn happens(&mut self, happening: &Happening) {
        self.tell(|| format!("THE WORLD: {happening:?}"));
        match happening {
            Happening::Create {
                name,
                resources,
                inner,
            } => self.create(name, resources, *inner),
            Happening::Bend {
                stack,
                resource,
                bend,
            } => {
                let Some(stack) = self.resting(*stack) else {
                    return;
                };
                let arn = stack.as_str();
                let many = self.cloud.stacks.get(arn).map(|it| &it.resources);
                let index = resource % many.map_or(1, |it| it.len().max(1));
                let bent = many.and_then(|it| it.get(index));
                // Nobody can change what is gone, itself or with its group: the API refuses it.
                let is_there = |it: &Resource| it.is_there() && !self.cloud.is_groupless(it);
                if bent.is_some_and(|it| is_there(it) && it.can_be(*bend)) {
                    self.bends((arn, index), Some(*bend));
                    self.tally.count("bent");
                }
            }
            Happening::Mend { which } => {
                let stacks = self.cloud.stacks.iter();
                let there = stacks.filter(|(_, it)| it.is_there());
                let mut bent: Vec<(String, usize)> = there
                    .flat_map(|(arn, it)| {
                        let many = it.resources.iter().enumerate();
                        let bent = many.filter(|(_, it)| it.is_in_stack() && it.bend.is_some());
                        bent.map(|(index, _)| (arn.clone(), index))
                    })
                    .collect();
                if !bent.is_empty() {
                    let (arn, index) = bent.swap_remove(which % bent.len());
                    self.bends((&arn, index), None);
                    self.tally.count("mended");
                }
            }
            Happening::Update {
                stack,
                resource,
                takes,
            } => {
                if let Some(id) = self.resting(*stack) {
                    let arn = id.as_str().to_owned();
                    let now = self.now;
                    self.cloud.begin_update(&arn, now);
                    let resource = *resource;
                    let ends = Happening::UpdateEnds { arn, resource };
                    self.after(*takes, Event::World(ends));
                }
            }
            Happening::UpdateEnds { arn, resource } => {
                let now = self.now;
                let many = self.cloud.rows(arn).map_or(1, |it| it.len().max(1));
                let index = resource % many;
                let stack = self.cloud.stacks.get(arn);
                let resource = stack.and_then(|it| it.resources.get(index));
                let call = resource.and_then(|it| {
                    it.bend.map(|bend| match bend {
                        Bend::Deleted => it.made_again(),
                        _ => it.call(bend),
                    })
                });
                let logical_id = resource.map(|it| it.logical_id.clone());
                let logical_id = logical_id.unwrap_or_default();
                let call = call.map(|it| self.called(None, &it));
                self.put_right((arn, &logical_id));
                self.cloud.update(arn, index, now);
                if let Some(call) = call {
                    self.acts_on_group((arn, &logical_id), (None, call));
                }
                self.cloud.set_status(arn, "UPDATE_COMPLETE");
            }
            Happening::Delete { stack } => {
                if let Some(id) = self.resting(*stack) {
                    // A nested stack goes with the one around it.
                    let stacks = &self.cloud.stacks;
                    let root = stacks.get(id.as_str()).and_then(|it| it.root.clone());
                    let arn = root.unwrap_or(id).as_str().to_owned();
                    self.cloud.set_status(&arn, "DELETE_IN_PROGRESS");
                    let takes = self.delays.between(SECOND, 10 * MINUTE);
                    self.after(takes, Event::World(Happening::DeleteEnds { arn }));
                }
            }
            Happening::DeleteEnds { arn } => self.cloud.delete(arn),
            Happening::Foreign { stack } => {
                if let Some(id) = self.resting(*stack) {
                    let begun = self.start_detection(id.as_str());
                    self.tally.count(match begun {
                        Ok(_) => "detections by others",
                        Err(_) => "detections by others, refused",
                    });
                }
            }
            Happening::Stuck { stack, takes } => {
                if let Some(id) = self.resting(*stack) {
                    let arn = id.as_str().to_owned();
                    self.cloud.set_status(&arn, "UPDATE_FAILED");
                    self.after(*takes, Event::World(Happening::Unstuck { arn }));
                }
            }
            Happening::Unstuck { arn } => self.cloud.set_status(arn, "UPDATE_COMPLETE"),
            Happening::Config { whole } => {
                let text = config(*whole);
                self.was_narrowed |= !whole;
                if self.config.1 != text {
                    self.config = (self.config.0 + 1, text);
                }
            }
            Happening::BrokenConfig => {
                let whole = self.config.1.contains("data-*");
                let broken = self.config.1.replace("targets:", "tragets:");
                self.config = (self.config.0 + 1, broken);
                let mended = Event::World(Happening::Config { whole });
                self.after(30 * MINUTE, mended);
            }
            Happening::StreamStops { takes } => {
                if self.fault(Fault::StreamStopped) {
                    self.stream_stopped_until = plus(self.now, *takes);
                }
            }
            Happening::Hands(change) => self.changes(change),
            Happening::Recorded { which } => {
                let (queue, text) = RECORDED[which % RECORDED.len()];
                let event: Value = serde_json::from_str(text).expect("a sample event");
                let body = event["Records"][0]["body"].as_str().expect("a body");
                self.put(queue, (body, "EventBridge"), 0);
            }
        }
    }

    /// One of the stacks that are there and rest.
    pub(crate) fn resting(&self, which: usize) -> Option<StackId> {
        let stacks = self.cloud.stacks.values();
        let resting: Vec<&StackId> = stacks
            .filter(|it| matches!(it.status, "CREATE_COMPLETE" | "UPDATE_COMPLETE"))
            .map(|it| &it.id)
            .collect();
        let which = which % resting.len().max(1);
        resting.get(which).copied().cloned()
    }

    fn create(&mut self, name: &str, resources: &[(usize, Option<Bend>)], inner: bool) {
        let mut stacks = self.cloud.stacks.values();
        if stacks.any(|it| it.is_there() && it.id.name() == name) {
            return;
        }
        let id = self.cloud.create((name, REGION), None);
        let half = resources.len().div_ceil(2);
        let (outer, nested) = match inner {
            true => resources.split_at(half),
            false => (resources, &[][..]),
        };
        self.fill(&id, outer);
        if inner {
            let inner = format!("inner-of-{name}");
            let nested_id = self.cloud.create((&inner, REGION), Some(id.clone()));
            self.fill(&nested_id, nested);
            let arn = nested_id.as_str().to_owned();
            let at = self.cloud.api_time(self.now);
            let row = Resource::new("Inner", arn, NESTED, at);
            if let Some(stack) = self.cloud.stacks.get_mut(id.as_str()) {
                stack.resources.push(row);
            }
        }
        self.tally.count("stacks");
    }

    fn fill(&mut self, id: &StackId, resources: &[(usize, Option<Bend>)]) {
        let at = self.cloud.api_time(self.now);
        for (index, (kind, bend)) in resources.iter().enumerate() {
            self.cloud.made += 1;
            let name = format!("{}-r{index}", id.name());
            let physical = match KINDS[*kind] {
                GROUP => format!("sg-{:08x}", self.cloud.made),
                ROLE => format!("{name}-role"),
                "AWS::SQS::Queue" => {
                    format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}")
                }
                _ => name,
            };
            let resource = Resource::new(&format!("R{index}"), physical, KINDS[*kind], at);
            let bend = bend.filter(|it| resource.can_be(*it));
            if let Some(stack) = self.cloud.stacks.get_mut(id.as_str()) {
                stack.resources.push(resource);
            }
            if bend.is_some() {
                self.bends((id.as_str(), index), bend);
            }
        }
    }

    /// A detection ends; its event comes late, twice, or not at all.
    pub(crate) fn ends(&mut self, detection: &str) {
        let is_complete = self.cloud.end(detection);
        self.tell(|| format!("  CloudFormation: {detection} ends, complete: {is_complete}"));
        let Some(running) = self.cloud.detections.get(detection) else {
            return;
        };
        let arn = running.stack.as_str().to_owned();
        let status = if is_complete {
            "DETECTION_COMPLETE"
        } else {
            "DETECTION_FAILED"
        };
        let body = json!({
            "version": "0",
            "detail-type": "CloudFormation Drift Detection Status Change",
            "source": "aws.cloudformation",
            "resources": [arn],
            "detail": {
                "stack-id": arn,
                "stack-drift-detection-id": detection,
                "status-details": {"stack-drift-status": "DRIFTED", "detection-status": status},
                "drift-detection-details": {"drifted-stack-resource-count": 1},
                "client-request-token": "",
            },
        })
        .to_string();
        if self.fault(Fault::EventLost) {
            return;
        }
        let wait = match self.fault(Fault::Delay) {
            true => self.delays.between(SECOND, 40 * MINUTE),
            false => self.delays.between(100, 2 * SECOND),
        };
        let queue = Queue::StackDrift;
        let from = "EventBridge";
        self.after(
            wait,
            Event::Arrives {
                queue,
                body: body.clone(),
                from,
            },
        );
        if self.fault(Fault::Duplicate) {
            let wait = self.delays.between(SECOND, 30 * MINUTE);
            self.after(wait, Event::Arrives { queue, body, from });
        }
    }

    /// Whether the configuration's source has a version that no run has taken.
    pub(crate) fn config_is_news(&mut self) -> bool {
        let (seen, now) = (self.config_seen, self.config.0);
        self.config_seen = now;
        // Should that run fail, the next few look again.
        self.config_looks = if seen == now {
            self.config_looks.saturating_sub(1)
        } else {
            12
        };
        self.config_looks > 0
    }

    /// Dead letters that were no poison are sent again, as an operator does.
    pub(crate) fn redrive(&mut self) {
        let buried = std::mem::take(&mut self.buried);
        for letter in buried {
            match letter {
                Buried {
                    queue: Some(queue),
                    ref body,
                    from,
                    ref reason,
                } if from != crate::queue::POISON && reason.starts_with("received") => {
                    self.tell(|| format!("sent again to {queue}: {body}"));
                    self.tally.count("redriven");
                    self.put(queue, (body, from), 0);
                }
                other => self.buried.push(other),
            }
        }
    }
}

/// The configuration: both targets, or the first alone.
fn config(whole: bool) -> String {
    let second = match whole {
        true => "  - {name: data, cloudformation: {regions: [eu-west-1], stacks: [\"data-*\"]}}\n",
        false => "",
    };
    format!(
        r#"apiVersion: plumbline/v1
environment: production
targets:
  - {{name: shop, cloudformation: {{regions: [eu-west-1], stacks: ["shop-*"]}}}}
{second}timing: {{maxAge: 1h, settle: 5m, reopen: 30m}}
notify:
  routes:
    - {{when: finding.severity == "critical", to: [oncall]}}
    - {{when: "true", to: [log]}}
  channels:
    oncall: {{slack: {{webhook: "ssm-secure:/plumbline/oncall"}}}}
    log: {{webhook: {{url: "https://example.com/plumbline"}}}}
"#
    )
}

/// Events for the functions that only record.
const RECORDED: [(Queue, &str); 6] = [
    (
        Queue::ImagePush,
        include_str!("../../events/image-push.push.json"),
    ),
    (
        Queue::ImagePush,
        include_str!("../../events/image-push.delete.json"),
    ),
    (
        Queue::ImagePush,
        include_str!("../../events/image-push.scan-basic.json"),
    ),
    (
        Queue::ConfigChange,
        include_str!("../../events/config-change.compliant.json"),
    ),
    (
        Queue::ConfigChange,
        include_str!("../../events/config-change.non-compliant.json"),
    ),
    (
        Queue::ConfigChange,
        include_str!("../../events/config-change.item-updated.json"),
    ),
];
