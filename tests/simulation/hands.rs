//! Hands and deployments: what is added to groups and roles, and taken away
//! again, by people and by stacks; and what AWS Config tells of it.

use domain::work::Queue;
use serde_json::json;

use crate::account::REGION;
use crate::chance::Dice;
use crate::cloud::ACCOUNT;
use crate::hanging::{Hand, Item, Rule};
use crate::resource::{Bend, GROUP, INGRESS, Resource};
use crate::script::Happening;
use crate::sim::{Event, MINUTE, State};
use crate::trail::{Act, Call, PEOPLE, name_of};

/// Something that changes what hangs on a group or role.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Somebody adds a rule or a policy by hand; a rule perhaps for the whole world.
    Add {
        which: usize,
        is_open: bool,
    },
    /// Somebody takes one away.
    Remove {
        which: usize,
    },
    /// A stack is updated; the update makes a rule of a group, of its own or another stack's.
    Deploy {
        stack: usize,
        which: usize,
        takes: i64,
    },
    Makes {
        arn: String,
        group: String,
    },
    /// A stack is updated; the update deletes such a rule.
    Undeploy {
        stack: usize,
        which: usize,
        takes: i64,
    },
    Deletes {
        arn: String,
        logical_id: String,
    },
    /// An event of an account that nobody here knows.
    Stranger,
}

impl Change {
    pub(crate) fn of(dice: &mut Dice) -> Self {
        let (stack, which) = (dice.index(1000), dice.index(1000));
        let takes = dice.between(MINUTE, 12 * MINUTE);
        match dice.between(0, 99) {
            0..=39 => Change::Add {
                which,
                is_open: dice.hits(500),
            },
            40..=61 => Change::Remove { which },
            62..=81 => Change::Deploy {
                stack,
                which,
                takes,
            },
            82..=95 => Change::Undeploy {
                stack,
                which,
                takes,
            },
            _ => Change::Stranger,
        }
    }
}

impl State {
    pub(crate) fn changes(&mut self, change: &Change) {
        match change {
            Change::Add { which, is_open } => self.add(*which, *is_open),
            Change::Remove { which } => self.remove(*which),
            Change::Deploy {
                stack,
                which,
                takes,
            } => {
                let mut groups = self.cloud.parents();
                groups.retain(|it| it.3 == GROUP);
                let group = groups.get(which % groups.len().max(1));
                if let (Some(id), Some((.., group, _))) = (self.resting(*stack), group) {
                    let (arn, group) = (id.as_str().to_owned(), group.clone());
                    let makes = Change::Makes {
                        arn: arn.clone(),
                        group,
                    };
                    self.update_with(arn, makes, *takes);
                }
            }
            Change::Makes { arn, group } => self.makes(arn, group),
            Change::Undeploy {
                stack,
                which,
                takes,
            } => {
                let Some(id) = self.resting(*stack) else {
                    return;
                };
                let arn = id.as_str().to_owned();
                let there = self.cloud.stacks.get(&arn).into_iter();
                let mut rules: Vec<String> = there
                    .flat_map(|it| &it.resources)
                    .filter(|it| it.kind == INGRESS && it.is_there())
                    .map(|it| it.logical_id.clone())
                    .collect();
                if !rules.is_empty() {
                    let logical_id = rules.swap_remove(which % rules.len());
                    let deletes = Change::Deletes {
                        arn: arn.clone(),
                        logical_id,
                    };
                    self.update_with(arn, deletes, *takes);
                }
            }
            Change::Deletes { arn, logical_id } => {
                if let Some(rule) = self.cloud.resource(arn, logical_id) {
                    let call = rule.call(Bend::Deleted);
                    rule.deleted();
                    self.called(None, &call);
                    self.tally.count("rules deleted by stacks");
                }
            }
            Change::Stranger => self.stranger(),
        }
    }

    /// A stack is updated, and somewhere in the middle that happens.
    fn update_with(&mut self, arn: String, change: Change, takes: i64) {
        let now = self.now;
        self.cloud.begin_update(&arn, now);
        let when = self.delays.between(1, takes - 1);
        self.after(when, Event::World(Happening::Hands(change)));
        self.after(takes, Event::World(Happening::Unstuck { arn }));
    }

    fn add(&mut self, which: usize, is_open: bool) {
        let parents = self.cloud.parents();
        let Some((arn, logical_id, on, kind)) = parents.get(which % parents.len().max(1)) else {
            return;
        };
        self.cloud.made += 1;
        let made = self.cloud.made;
        let id = format!("sgr-{made:08x}");
        let (item, name, parameters) = if *kind == GROUP {
            let cidr = if is_open {
                "0.0.0.0/0"
            } else {
                "172.16.0.0/12"
            };
            let rule = Rule {
                port: port(made),
                cidr: cidr.to_owned(),
            };
            let names = vec![("groupId", on.clone()), ("securityGroupRuleId", id.clone())];
            (Item::Rule(rule), "AuthorizeSecurityGroupIngress", names)
        } else if is_open {
            let arn = format!("arn:aws:iam::aws:policy/Extra{made}");
            let names = vec![("roleName", on.clone()), ("policyArn", arn.clone())];
            (Item::Attached(arn), "AttachRolePolicy", names)
        } else {
            let policy = format!("extra-{made}");
            let names = vec![("roleName", on.clone()), ("policyName", policy.clone())];
            (Item::Policy(policy), "PutRolePolicy", names)
        };
        let who = self.delays.index(PEOPLE.len());
        let call = Call {
            service: if *kind == GROUP { "ec2" } else { "iam" },
            name,
            parameters,
        };
        let (path, value) = item.place();
        let act = (path, Some(value));
        self.cloud.by_hand.push(Hand {
            on: on.clone(),
            id,
            item,
        });
        self.tally.count("added by hand");
        self.acts((arn, logical_id), act, (who, &call));
        self.item_changed(arn, logical_id);
    }

    fn remove(&mut self, which: usize) {
        let count = self.cloud.by_hand.len();
        if count == 0 {
            return;
        }
        let hand = self.cloud.by_hand.remove(which % count);
        let (service, name, parameters) = match hand.item {
            Item::Rule(_) => (
                "ec2",
                "RevokeSecurityGroupIngress",
                vec![
                    ("groupId", hand.on.clone()),
                    ("securityGroupRuleId", hand.id),
                ],
            ),
            Item::Policy(name) => (
                "iam",
                "DeleteRolePolicy",
                vec![("roleName", hand.on.clone()), ("policyName", name)],
            ),
            Item::Attached(arn) => (
                "iam",
                "DetachRolePolicy",
                vec![("roleName", hand.on.clone()), ("policyArn", arn)],
            ),
        };
        let who = self.delays.index(PEOPLE.len());
        let call = Call {
            service,
            name,
            parameters,
        };
        self.called(Some(who), &call);
        self.tally.count("removed by hand");
        let parents = self.cloud.parents();
        if let Some((arn, logical_id, ..)) = parents.iter().find(|it| it.2 == hand.on) {
            self.item_changed(arn, logical_id);
        }
    }

    /// The update of a stack makes a rule.
    fn makes(&mut self, arn: &str, group: &str) {
        self.cloud.made += 1;
        let made = self.cloud.made;
        let at = self.cloud.api_time(self.now);
        let id = format!("sgr-{made:08x}");
        let Some(stack) = self.cloud.stacks.get_mut(arn) else {
            return;
        };
        let mut rule = Resource::new(&format!("Rule{made}"), id.clone(), INGRESS, at);
        rule.rule = Some((group.to_owned(), port(made)));
        let (path, _) = Item::Rule(rule.live_rule()).place();
        stack.resources.push(rule);
        let stack = stack.id.name().to_owned();
        self.declared.insert(path, stack);
        let call = Call {
            service: "ec2",
            name: "AuthorizeSecurityGroupIngress",
            parameters: vec![("groupId", group.to_owned()), ("securityGroupRuleId", id)],
        };
        self.called(None, &call);
        self.tally.count("rules made by stacks");
        let parents = self.cloud.parents();
        if let Some((arn, logical_id, ..)) = parents.iter().find(|it| it.2 == group) {
            self.item_changed(arn, logical_id);
        }
    }

    /// Somebody bends a resource of a stack, or (`None`) puts it right by hand.
    pub(crate) fn bends(&mut self, (arn, index): (&str, usize), bend: Option<Bend>) {
        let resource = self.cloud.stacks.get_mut(arn).map(|it| &mut it.resources);
        let Some(resource) = resource.and_then(|it| it.get_mut(index)) else {
            return;
        };
        let Some(call) = bend.or(resource.bend).map(|it| resource.call(it)) else {
            return;
        };
        let logical_id = resource.logical_id.clone();
        self.put_right((arn, &logical_id));
        let resource = self.cloud.resource(arn, &logical_id);
        let Some(resource) = resource else { return };
        if bend.is_none() && resource.bend == Some(Bend::Deleted) {
            let again = resource.made_again();
            resource.bend = None;
            let who = self.delays.index(PEOPLE.len());
            let call = self.called(Some(who), &again);
            self.acts_on_group((arn, &logical_id), (Some(who), call));
            return;
        }
        resource.bend = bend;
        let who = self.delays.index(PEOPLE.len());
        let place = resource.truth(false).map(|(_, place)| match place {
            Some((path, value)) => (path.to_owned(), value),
            None => ("deleted".to_owned(), None),
        });
        match place {
            Some(place) => self.acts((arn, &logical_id), place, (who, &call)),
            None => {
                let call = self.called(Some(who), &call);
                self.acts_on_group((arn, &logical_id), (Some(who), call));
            }
        }
        self.item_changed(arn, &logical_id);
    }

    /// Somebody does something that drifts, and it is recorded.
    fn acts(
        &mut self,
        (arn, logical_id): (&str, &str),
        place: (String, Option<serde_json::Value>),
        (who, call): (usize, &Call),
    ) {
        let recorded = self.called(Some(who), call);
        let (name, console) = PEOPLE[who];
        let act = Act {
            who: name,
            console,
            place,
            call: recorded,
            is_undone: false,
        };
        self.remember((arn, logical_id), act);
        self.acts_on_group((arn, logical_id), (Some(who), recorded));
    }

    /// A rule was changed that is a resource of its own: where nobody watches
    /// its stack, it shows on its group.
    pub(crate) fn acts_on_group(
        &mut self,
        (arn, logical_id): (&str, &str),
        (who, call): (Option<usize>, usize),
    ) {
        let rule = self.cloud.resource(arn, logical_id);
        let rule = rule.filter(|it| it.is_there());
        let Some((rule, group)) = rule.and_then(|it| Some((it.live_rule(), it.rule.clone()?.0)))
        else {
            return;
        };
        let (path, value) = Item::Rule(rule).place();
        let (name, console) = name_of(who);
        let parents = self.cloud.parents();
        if let Some((arn, logical_id, ..)) = parents.iter().find(|it| it.2 == group) {
            let act = Act {
                who: name,
                console,
                place: (path, Some(value)),
                call,
                is_undone: false,
            };
            self.remember((arn, logical_id), act);
        }
    }

    /// What was done to a resource's own properties is put right, or done over.
    pub(crate) fn put_right(&mut self, (arn, logical_id): (&str, &str)) {
        let Some(resource) = self.cloud.resource(arn, logical_id) else {
            return;
        };
        let Some((_, place)) = resource.truth(false) else {
            return;
        };
        let place = place.map_or(("deleted".to_owned(), None), |(path, value)| {
            (path.to_owned(), value)
        });
        let stack = self.cloud.stacks.get(arn).map(|it| it.id.name().to_owned());
        let key = (stack.unwrap_or_default(), logical_id.to_owned());
        let acts = self.acts.entry(key).or_default().iter_mut();
        for act in acts.filter(|it| it.place == place) {
            act.is_undone = true;
        }
    }

    fn remember(&mut self, (arn, logical_id): (&str, &str), act: Act) {
        let stack = self.cloud.stacks.get(arn).map(|it| it.id.name().to_owned());
        let key = (stack.unwrap_or_default(), logical_id.to_owned());
        self.acts.entry(key).or_default().push(act);
    }

    /// AWS Config tells of a change, if it does: it promises no more than its best effort.
    fn item_changed(&mut self, arn: &str, logical_id: &str) {
        if !self.delays.hits(600) {
            return;
        }
        let Some(resource) = self.cloud.resource(arn, logical_id) else {
            return;
        };
        let (kind, id) = (resource.kind, resource.physical_id.clone());
        let (number, at) = (self.number(), self.now.to_string());
        let body = json!({
            "version": "0",
            "id": format!("item-{number}"),
            "detail-type": "Config Configuration Item Change",
            "source": "aws.config",
            "account": ACCOUNT,
            "time": at,
            "region": REGION,
            "resources": [],
            "detail": {
                "recordVersion": "1.3",
                "messageType": "ConfigurationItemChangeNotification",
                "configurationItemDiff": {"changedProperties": {}, "changeType": "UPDATE"},
                "notificationCreationTime": at,
                "configurationItem": {
                    "configurationItemCaptureTime": at,
                    "configurationItemStatus": "OK",
                    "awsAccountId": ACCOUNT,
                    "awsRegion": REGION,
                    "resourceType": kind,
                    "resourceId": id,
                    "tags": {
                        "aws:cloudformation:stack-id": arn,
                        "aws:cloudformation:logical-id": logical_id,
                    },
                },
            },
        })
        .to_string();
        self.tally.count("item changes");
        self.delivered(Queue::ConfigChange, &body, 5 * MINUTE);
    }
}

/// A port that no other rule has.
fn port(made: u64) -> u16 {
    u16::try_from(1_000 + made % 60_000).unwrap_or(1_000)
}
