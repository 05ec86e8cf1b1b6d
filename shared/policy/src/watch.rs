//! Which accounts and regions are looked at, and which stacks there.

use std::collections::BTreeMap;

use domain::ports::Role;
use domain::stack::StackSummary;

use crate::{CloudFormation, Config, StackSelection, Target};

/// An account as the config names it (`None`: the caller's own) and a region
/// (`None`: the SDK's).
pub type Place = (Option<String>, Option<String>);

/// A target's selection of stacks.
#[derive(Clone, Debug)]
pub struct Watch<'c> {
    /// The target's name.
    pub target: &'c str,
    /// Its section.
    pub stacks: &'c CloudFormation,
    selection: StackSelection,
}

impl<'c> Watch<'c> {
    /// The selection of a target, if it watches stacks.
    #[must_use]
    pub fn of(target: &'c Target) -> Option<Self> {
        let stacks = target.cloudformation()?;
        Some(Self {
            target: target.name.as_str(),
            stacks,
            selection: stacks.selection(),
        })
    }

    /// Whether it selects a stack by its name or, for a nested one, by its root's.
    #[must_use]
    pub fn selects(&self, stack: &StackSummary) -> bool {
        self.selects_name(stack.id.name())
            || stack
                .root
                .as_ref()
                .is_some_and(|root| self.selects_name(root.name()))
    }

    /// Whether one of its globs matches a stack name.
    #[must_use]
    pub fn selects_name(&self, name: &str) -> bool {
        self.selection.selects(name)
    }

    /// The places it looks at.
    fn places(&self) -> Vec<Place> {
        let accounts = or_default(self.stacks.accounts.iter().map(|it| it.as_str()));
        let regions = or_default(self.stacks.regions.iter().map(|it| it.as_str()));
        accounts
            .iter()
            .flat_map(|account| {
                regions
                    .iter()
                    .map(|region| (account.clone(), region.clone()))
            })
            .collect()
    }

    /// Whether it can look at an account and region at all. Without accounts it
    /// looks at whichever one the caller is in, without regions at whichever
    /// one the SDK is set to.
    fn reaches(&self, account: &str, region: &str) -> bool {
        let stacks = self.stacks;
        (stacks.accounts.is_empty() || stacks.accounts.iter().any(|it| it.as_str() == account))
            && (stacks.regions.is_empty() || stacks.regions.iter().any(|it| it.as_str() == region))
    }
}

/// The selections of a scan by the places they look at. A target without
/// regions looks at `default_region`.
#[must_use]
pub fn places<'c>(
    targets: &[&'c Target],
    default_region: Option<&str>,
) -> BTreeMap<Place, Vec<Watch<'c>>> {
    let mut places: BTreeMap<Place, Vec<Watch<'c>>> = BTreeMap::new();
    for watch in targets.iter().filter_map(|target| Watch::of(target)) {
        for (account, region) in watch.places() {
            let region = region.or_else(|| default_region.map(str::to_owned));
            places
                .entry((account, region))
                .or_default()
                .push(watch.clone());
        }
    }
    places
}

/// The selections of the whole config that can look at an account and region.
#[must_use]
pub fn reaching<'c>(config: &'c Config, account: &str, region: &str) -> Vec<Watch<'c>> {
    config
        .targets
        .iter()
        .filter_map(Watch::of)
        .filter(|watch| watch.reaches(account, region))
        .collect()
}

/// Whether the config names an account, among its accounts or in a target.
#[must_use]
pub fn names_account(config: &Config, account: &str) -> bool {
    let in_target = |target: &Target| {
        let stacks = target.cloudformation();
        stacks.is_some_and(|it| it.accounts.iter().any(|it| it.as_str() == account))
    };
    config.account(account).is_some() || config.targets.iter().any(in_target)
}

/// The role that the config names for looking at an account; without one, the
/// caller's own credentials must be for it.
#[must_use]
pub fn reading_role(config: &Config, account: &str) -> Option<Role> {
    let account = config.account(account)?;
    Some(Role {
        arn: account.read.as_ref()?.as_str().to_owned(),
        external_id: account
            .external_id
            .as_ref()
            .map(|it| it.as_str().to_owned()),
    })
}

fn or_default<'n>(names: impl Iterator<Item = &'n str>) -> Vec<Option<String>> {
    let mut names: Vec<_> = names.map(|name| Some(name.to_owned())).collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        names.push(None);
    }
    names
}
