//! All the stacks of one account and region.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use attachments::AwsEvidence;
use domain::layer::Layer;
use domain::look::{Gap, Look, Outcome, Reason};
use domain::ports::Evidence as _;
use domain::resource::Resource;
use domain::stack::{StackId, StackSummary};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use policy::watch::{Place, Watch, reading_role};
use tokio::sync::mpsc::UnboundedSender;

use super::Desk;

use super::hanging::{Hanging, IamTurns};
use super::stacks::{Looked, Region};
use super::unwatched::Round;

/// How many stacks of one region are waited for at once.
const STACKS: usize = 500;

/// What comes out of a region while it is looked at.
pub(crate) enum Sighted {
    /// So many more units were found.
    Found(usize),
    /// The stacks of the place of that number were listed, and the account that they are of.
    Listed(usize, Option<String>, Stacks),
    /// A stack was looked at.
    Looked(Box<Looked>),
    /// Every stack of the place of that number was looked at, or none could be.
    Over(usize),
    /// What a target watches was looked at in a cluster.
    Cluster(Box<Look>),
    /// A target could not be looked at in a region, or in its cluster, as a whole.
    Gap(Layer, String, Box<Option<Resource>>, Gap),
}

/// Looks at the selected stacks of one place, nested ones included, and sends
/// each look as it is done. A stack that several targets select is looked at
/// once, for the first of them.
pub(crate) async fn scan_place(
    desk: &Desk,
    (place, watches): (&Place, &[Watch<'_>]),
    (number, timeout, shared): (usize, Duration, &Shared),
    out: UnboundedSender<Sighted>,
) -> Round {
    let round = look_at_place(desk, (place, watches), (number, timeout, shared), &out).await;
    // The receiver outlives every sender.
    let _ = out.send(Sighted::Over(number));
    round
}

async fn look_at_place(
    desk: &Desk,
    (place, watches): (&Place, &[Watch<'_>]),
    (number, timeout, shared): (usize, Duration, &Shared),
    out: &UnboundedSender<Sighted>,
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
    let opened = match open(desk, place, (timeout, shared)).await {
        Ok(region) => region,
        Err(gap) => {
            refuse(&round, watches, &gap, out);
            return round;
        }
    };
    let listed = opened.listing.last();
    let account = match whose(desk, place, &listed).await {
        Ok(account) => account,
        Err(gap) => {
            refuse(&round, watches, &gap, out);
            return round;
        }
    };
    round.account = account;
    round.listed = true;
    round.stacks = (*listed).clone();
    let _ = out.send(Sighted::Listed(
        number,
        round.account.clone(),
        round.stacks.clone(),
    ));

    let mut waiting: VecDeque<(StackId, &str)> = listed
        .values()
        .filter_map(|stack| {
            let watch = watches.iter().find(|it| it.selects(stack))?;
            Some((stack.id.clone(), watch.target))
        })
        .collect();
    round.looked = waiting.iter().map(|(id, _)| id.clone()).collect();
    waiting.retain(|(id, _)| shared.claimed.claim(id));
    let _ = out.send(Sighted::Found(waiting.len()));

    let mut looks = FuturesUnordered::new();
    loop {
        while looks.len() < STACKS
            && let Some((id, target)) = waiting.pop_front()
        {
            let summary = listed.get(&id).cloned();
            let region = &opened;
            looks.push(async move { (target, region.look(&id, summary.as_ref(), target).await) });
        }
        let Some((target, looked)) = looks.next().await else {
            break;
        };
        round.all_followed &= saw_resources(&looked.look);
        for id in &looked.nested {
            if round.looked.insert(id.clone()) && shared.claimed.claim(id) {
                let _ = out.send(Sighted::Found(1));
                waiting.push_back((id.clone(), target));
            }
        }
        let _ = out.send(Sighted::Looked(Box::new(looked)));
    }
    round
}

async fn open(
    desk: &Desk,
    place: &Place,
    (timeout, shared): (Duration, &Shared),
) -> Result<Region, Gap> {
    let role = place
        .0
        .as_deref()
        .and_then(|account| reading_role(&desk.loaded.config, account));
    let stacks = cloudformation::stacks(&desk.connection, place.1.as_deref(), role.as_ref())
        .await
        .map_err(|error| error.gap())?;
    let evidence = AwsEvidence(Arc::clone(&desk.connection));
    let hanging = evidence
        .attachments(place.1.as_deref(), role.as_ref())
        .await
        .map_err(|error| error.gap())?;
    let hanging = Hanging::new(hanging, shared.iam.of(place.0.as_deref()));
    Region::open((stacks, hanging), Arc::clone(&desk.clock), timeout)
        .await
        .map_err(|error| error.gap())
}

/// Whether a look saw the stack's resources, so that every nested stack was met.
fn saw_resources(look: &Look) -> bool {
    matches!(look.outcome, Outcome::Seen(_))
}

/// The account that was listed: as the stacks say, as the role says, or as STS
/// says; `None` where nobody does. Another one than the config names is a gap
/// of the place as a whole, or findings of the right account would seem gone.
async fn whose(desk: &Desk, place: &Place, listed: &Stacks) -> Result<Option<String>, Gap> {
    let (named, region) = place;
    let account = match listed.keys().next() {
        Some(id) => Some(id.account().to_owned()),
        None => match named
            .as_deref()
            .and_then(|it| reading_role(&desk.loaded.config, it))
        {
            Some(role) => role.arn.split(':').nth(4).map(str::to_owned),
            None => desk.connection.account(region.as_deref()).await.ok(),
        },
    };
    match (named, &account) {
        (Some(named), Some(account)) if named != account => Err(Gap::new(
            Reason::Denied,
            format!(
                "the credentials in use are for account {account}, not {named}: give accounts[].read a role there"
            ),
        )),
        _ => Ok(account),
    }
}

/// Says of each target that it could not look at a place as a whole.
fn refuse(round: &Round, watches: &[Watch<'_>], gap: &Gap, out: &UnboundedSender<Sighted>) {
    for watch in watches {
        let unlisted = Box::new(Some(all_stacks(round)));
        // The receiver outlives every sender.
        let _ = out.send(Sighted::Gap(
            Layer::CloudFormation,
            watch.target.to_owned(),
            unlisted,
            gap.clone(),
        ));
    }
}

/// What the places of a scan share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    claimed: Claimed,
    iam: IamTurns,
}

/// The stacks that a scan has begun to look at. Two places can turn out to be
/// one, where a target leaves the account or region to the caller.
#[derive(Debug, Default)]
struct Claimed(Mutex<LookedAt>);

impl Claimed {
    /// Whether the caller is the first to look at the stack.
    fn claim(&self, id: &StackId) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id.clone())
    }
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
