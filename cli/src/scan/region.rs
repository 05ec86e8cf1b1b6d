//! All the stacks of one account and region.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use cloudformation::AssumeRole;
use domain::look::{Gap, Look, Outcome, Reason};
use domain::resource::Resource;
use domain::stack::{StackId, StackSummary};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc::UnboundedSender;

use super::Desk;
use super::plan::{Place, Watch};
use super::stacks::{Looked, Region};
use super::unwatched::Round;

/// How many stacks of one region are waited for at once.
const STACKS: usize = 200;

/// What comes out of a region while it is looked at.
pub(crate) enum Sighted {
    /// So many more units were found.
    Found(usize),
    /// A look is done.
    Look(Box<Look>),
    /// A target could not be looked at in a region as a whole.
    Gap(String, Box<Option<Resource>>, Gap),
}

/// Looks at the selected stacks of one place, nested ones included, and sends
/// each look as it is done. A stack that several targets select is looked at
/// once, for the first of them.
pub(crate) async fn scan_place(
    desk: &Desk,
    (place, watches): (&Place, &[Watch<'_>]),
    timeout: Duration,
    out: UnboundedSender<Sighted>,
) -> Round {
    let mut round = Round {
        account: place.0.clone(),
        region: place
            .1
            .clone()
            .or_else(|| desk.connection.default_region())
            .unwrap_or_else(|| "-".to_owned()),
        targets: watches.iter().map(|it| it.target.to_owned()).collect(),
        ..Round::default()
    };
    let opened = match open(desk, place, timeout).await {
        Ok(region) => region,
        Err(gap) => {
            for watch in watches {
                let unlisted = Some(all_stacks(&round));
                let gap = Sighted::Gap(watch.target.to_owned(), Box::new(unlisted), gap.clone());
                // The receiver outlives every sender.
                let _ = out.send(gap);
            }
            return round;
        }
    };
    let listed = opened.listing.last().await;
    round.listed = true;
    round.stacks = (*listed).clone();
    if round.stacks.is_empty() && round.account.is_none() {
        // Without it, findings of the stacks that were here could never close.
        round.account = desk.connection.account(place.1.as_deref()).await.ok();
    }

    let mut waiting: VecDeque<(StackId, &str)> = listed
        .values()
        .filter_map(|stack| {
            let watch = watches.iter().find(|it| it.selects(stack))?;
            Some((stack.id.clone(), watch.target))
        })
        .collect();
    round.looked = waiting.iter().map(|(id, _)| id.clone()).collect();
    let _ = out.send(Sighted::Found(waiting.len()));

    let mut looks = FuturesUnordered::new();
    loop {
        while looks.len() < STACKS
            && let Some((id, target)) = waiting.pop_front()
        {
            let summary = listed.get(&id).cloned();
            let region = &opened;
            let round_account = place.0.as_deref();
            looks.push(async move {
                let looked = match wrong_account(round_account, &id) {
                    Some(gap) => region.not_looked(&id, target, gap),
                    None => region.look(&id, summary.as_ref(), target).await,
                };
                (target, looked)
            });
        }
        let Some((target, Looked { look, nested })) = looks.next().await else {
            break;
        };
        round.all_followed &= saw_resources(&look);
        for id in nested {
            if round.looked.insert(id.clone()) {
                let _ = out.send(Sighted::Found(1));
                waiting.push_back((id, target));
            }
        }
        let _ = out.send(Sighted::Look(Box::new(look)));
    }
    round
}

async fn open(desk: &Desk, place: &Place, timeout: Duration) -> Result<Region, Gap> {
    let role = place
        .0
        .as_deref()
        .and_then(|account| reading_role(desk, account));
    let stacks = desk
        .connection
        .stacks(place.1.as_deref(), role.as_ref())
        .await
        .map_err(|error| error.gap())?;
    Region::open(stacks, Arc::clone(&desk.clock), timeout)
        .await
        .map_err(|error| error.gap())
}

/// The role that the config names for looking at an account; without one, the
/// caller's own credentials must be for it.
fn reading_role(desk: &Desk, account: &str) -> Option<AssumeRole> {
    let account = desk.loaded.config.account(account)?;
    Some(AssumeRole {
        arn: account.read.as_ref()?.as_str().to_owned(),
        external_id: account
            .external_id
            .as_ref()
            .map(|it| it.as_str().to_owned()),
    })
}

/// Whether a look saw the stack's resources, so that every nested stack was met.
fn saw_resources(look: &Look) -> bool {
    matches!(look.outcome, Outcome::Seen(_))
}

/// The gap of a stack that lies in another account than the config says.
fn wrong_account(account: Option<&str>, id: &StackId) -> Option<Gap> {
    let account = account.filter(|it| *it != id.account())?;
    Some(Gap::new(
        Reason::Denied,
        format!(
            "the credentials in use are for account {}, not {account}: give accounts[].read a role there",
            id.account()
        ),
    ))
}

/// All the stacks of a place that could not be listed, as one resource.
fn all_stacks(round: &Round) -> Resource {
    Resource {
        kind: "AWS::CloudFormation::Stack".to_owned(),
        id: "*".to_owned(),
        name: "*".to_owned(),
        account: round.account.clone(),
        region: Some(round.region.clone()),
        stack: Some("*".to_owned()),
        ..Resource::default()
    }
}

/// The stacks of a region by ARN.
pub(crate) type Stacks = BTreeMap<StackId, StackSummary>;

/// The stacks that were looked at.
pub(crate) type LookedAt = BTreeSet<StackId>;
