//! What no schema can say: names that must exist, or be unique, or go together.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::path::Path;
use super::problem::Problems;
use super::tree::Node;
use crate::config::{Channel, Cluster, Config, Section, Target};
use crate::scalar::{AccountId, Date};
use crate::suggest::nearest;

/// From how many days before its end an ignore or waiver is warned about.
const WARN_DAYS: i64 = 14;

/// Checks the whole file. Where a node is wrong already, what follows from it is not said again.
pub(super) fn check(config: &Config, root: &Node, now: Timestamp, problems: &mut Problems) {
    let mut check = Check {
        config,
        root,
        now,
        problems,
    };
    check.accounts();
    check.targets();
    check.invariants();
    check.rules();
    check.services();
    check.channels();
}

struct Check<'c> {
    config: &'c Config,
    root: &'c Node,
    now: Timestamp,
    problems: &'c mut Problems,
}

impl<'c> Check<'c> {
    fn error(&mut self, path: &Path, message: String) {
        if !self.problems.has_within(path) {
            self.problems.at(self.root.place(path), path, message);
        }
    }

    fn warn(&mut self, path: &Path, message: String) {
        self.problems.warn(self.root.place(path), path, message);
    }

    /// Every name only once.
    fn unique(&mut self, list: &Path, key: &str, names: impl Iterator<Item = &'c str>) {
        let mut first = BTreeMap::new();
        for (index, name) in names.enumerate() {
            if let Some(before) = first.insert(name, index) {
                first.insert(name, before);
                self.error(
                    &list.index(index).key(key),
                    format!("{name:?} is there twice; {list}[{before}] has it too"),
                );
            }
        }
    }

    fn accounts(&mut self) {
        let list = Path::root().key("accounts");
        self.unique(
            &list,
            "id",
            self.config.accounts.iter().map(|it| it.id.as_str()),
        );
        for (index, account) in self.config.accounts.iter().enumerate() {
            for (key, role) in [("read", &account.read), ("remediate", &account.remediate)] {
                let Some(role) = role else { continue };
                if role.as_str().split(':').nth(4) != Some(account.id.as_str()) {
                    self.error(
                        &list.index(index).key(key),
                        format!("is a role of another account than {}", account.id),
                    );
                }
            }
        }
    }

    fn targets(&mut self) {
        let list = Path::root().key("targets");
        self.unique(
            &list,
            "name",
            self.config.targets.iter().map(|it| it.name.as_str()),
        );
        for (index, target) in self.config.targets.iter().enumerate() {
            self.target(target, &list.index(index));
        }
    }

    fn target(&mut self, target: &'c Target, path: &Path) {
        let sections = target.sections();
        if sections.len() != 1 {
            let there = match sections.len() {
                0 => "it has none".to_owned(),
                _ => format!(
                    "it has {}; make them targets of their own",
                    sections.join(" and ")
                ),
            };
            self.error(
                path,
                format!(
                    "needs exactly one of {}; {there}",
                    crate::config::SECTIONS.join(", ")
                ),
            );
            return;
        }
        let section = path.key(sections[0]);
        match target.section() {
            Some(Section::CloudFormation(it)) => {
                self.known_accounts(&it.accounts, &section.key("accounts"));
                if it.stacks.is_empty() {
                    self.error(
                        &section.key("stacks"),
                        "selects nothing; write [\"*\"] for every stack".to_owned(),
                    );
                }
            }
            Some(Section::Policy(it)) => {
                self.known_accounts(&it.accounts, &section.key("accounts"))
            }
            Some(Section::Inventory(it)) => {
                self.known_accounts(&it.accounts, &section.key("accounts"))
            }
            Some(Section::Kubernetes(it)) => {
                if let Cluster::Eks(eks) = &it.cluster
                    && let Some(account) = &eks.account
                {
                    self.known_account(account, &section.key("cluster").key("eks").key("account"));
                }
            }
            Some(Section::Terraform(_)) | None => {}
        }
    }

    fn known_accounts(&mut self, accounts: &[AccountId], path: &Path) {
        for (index, account) in accounts.iter().enumerate() {
            self.known_account(account, &path.index(index));
        }
    }

    fn known_account(&mut self, account: &AccountId, path: &Path) {
        let ids = || self.config.accounts.iter().map(|it| it.id.as_str());
        if !ids().any(|id| id == account.as_str()) {
            let hint = nearest(account.as_str(), ids());
            self.error(path, format!("account {account} is not in accounts{hint}"));
        }
    }

    fn known_target(&mut self, name: &str, path: &Path) {
        if let Err(error) = self.config.target(name) {
            self.error(path, error.to_string());
        }
    }

    fn known_service(&mut self, name: &str, path: &Path) {
        if !self.config.services.contains_key(name) {
            let hint = nearest(name, self.config.services.keys().map(String::as_str));
            self.error(path, format!("no service is named {name:?}{hint}"));
        }
    }

    fn invariants(&mut self) {
        let list = Path::root().key("invariants");
        self.unique(
            &list,
            "name",
            self.config.invariants.iter().map(|it| it.name.as_str()),
        );
        for (index, invariant) in self.config.invariants.iter().enumerate() {
            let path = list.index(index);
            self.known_target(invariant.target.as_str(), &path.key("target"));
            match (&invariant.when, &invariant.sql) {
                (Some(_), Some(_)) => self.error(
                    &path,
                    "has when and sql; it needs exactly one of them".to_owned(),
                ),
                (None, None) => self.error(
                    &path,
                    "needs when (a CEL condition) or sql (an AWS Config query)".to_owned(),
                ),
                (Some(_), None) if invariant.kinds.is_empty() => {
                    self.error(&path, "when needs kinds, for example [v1/Node]".to_owned());
                }
                _ => {}
            }
        }
    }

    fn rules(&mut self) {
        let list = Path::root().key("severity");
        for (index, rule) in self.config.severity.iter().enumerate() {
            let path = list.index(index);
            if rule.severity.is_none() && rule.cause.is_none() {
                self.error(
                    &path,
                    "gives neither severity nor cause; it needs at least one of them".to_owned(),
                );
            }
            for field in ["finding.severity", "finding.cause"] {
                if rule.when.as_str().contains(field) {
                    self.warn(
                        &path.key("when"),
                        format!("{field} is what severity rules decide; it is \"\" here"),
                    );
                }
            }
        }
        let list = Path::root().key("ignore");
        for (index, ignore) in self.config.ignore.iter().enumerate() {
            self.dated("ignore", ignore.expires, &list.index(index).key("expires"));
        }
        let list = Path::root().key("waivers");
        for (index, waiver) in self.config.waivers.iter().enumerate() {
            let path = list.index(index);
            self.known_service(waiver.service.as_str(), &path.key("service"));
            self.dated("waiver", waiver.expires, &path.key("expires"));
        }
    }

    fn dated(&mut self, what: &str, expires: Date, path: &Path) {
        match expires.days_left(self.now) {
            ..0 => self.warn(
                path,
                format!(
                    "this {what} expired on {expires} and is not in force; extend it or take it out"
                ),
            ),
            days @ 0..=WARN_DAYS => {
                self.warn(
                    path,
                    format!("this {what} expires on {expires}, in {days} days"),
                );
            }
            _ => {}
        }
    }

    fn services(&mut self) {
        for (name, service) in &self.config.services {
            if let Some(argocd) = &service.argocd {
                let path = Path::root()
                    .key("services")
                    .key(name)
                    .key("argocd")
                    .key("target");
                self.known_target(argocd.target.as_str(), &path);
            }
        }
    }

    fn channels(&mut self) {
        let notify = Path::root().key("notify");
        let channels = &self.config.notify.channels;
        for (name, channel) in channels {
            let path = notify.key("channels").key(name);
            match channel {
                Channel::Slack(slack) => {
                    let bot = slack.token.is_some() && slack.channel.is_some();
                    let half = slack.token.is_some() != slack.channel.is_some();
                    if half || bot == slack.webhook.is_some() {
                        self.error(
                            &path.key("slack"),
                            "needs either token and channel, or webhook".to_owned(),
                        );
                    }
                }
                Channel::Github(github)
                    if github.repository.is_none() && self.config.github.is_none() =>
                {
                    self.error(
                        &path.key("github"),
                        "needs a repository; there is no github section to take it from".to_owned(),
                    );
                }
                _ => {}
            }
        }
        for (index, route) in self.config.notify.routes.iter().enumerate() {
            for (position, channel) in route.to.iter().enumerate() {
                if !channels.contains_key(channel.as_str()) {
                    let hint = nearest(channel.as_str(), channels.keys().map(String::as_str));
                    let path = notify.key("routes").index(index).key("to").index(position);
                    self.error(
                        &path,
                        format!("no channel is named {:?}{hint}", channel.as_str()),
                    );
                }
            }
        }
    }
}
