//! Closing what nobody watches any more.

use std::collections::BTreeSet;

use additions::index;
use domain::layer::Layer;
use domain::life;
use domain::ports::PortError;
use domain::record::commit_with;
use domain::stack::StackId;
use domain::unit::Unit;
use domain::watch::{Presence, Selection, has_left};

use policy::watch::reaching;

use super::Desk;
use super::region::{LookedAt, Stacks};

/// What one place came to, as far as units are concerned.
#[derive(Debug)]
pub(crate) struct Round {
    /// The account: as the config names it and, once listed, as it proved to be.
    pub(crate) account: Option<String>,
    /// The region.
    pub(crate) region: String,
    /// The targets that look here.
    pub(crate) targets: Vec<String>,
    /// Whether the stacks could be listed.
    pub(crate) listed: bool,
    /// The list.
    pub(crate) stacks: Stacks,
    /// The stacks that were looked at, nested ones included.
    pub(crate) looked: LookedAt,
    /// Whether every look was whole, so that every nested stack was met.
    pub(crate) all_followed: bool,
}

impl Default for Round {
    fn default() -> Self {
        Self {
            account: None,
            region: String::new(),
            targets: Vec::new(),
            listed: false,
            stacks: Stacks::new(),
            looked: LookedAt::new(),
            all_followed: true,
        }
    }
}

impl Round {
    /// Whether this round listed the unit's account and region.
    fn listed_place_of(&self, unit: &Unit) -> bool {
        self.listed
            && self.region == unit.region
            && self.account.as_deref() == Some(unit.account.as_str())
    }

    fn looked_at(&self, unit: &Unit) -> bool {
        self.looked.iter().any(|id| is_unit(id, unit))
    }
}

fn is_unit(id: &domain::stack::StackId, unit: &Unit) -> bool {
    id.account() == unit.account && id.region() == unit.region && id.name() == unit.name
}

/// Closes the findings of units that were deleted or that no target selects any
/// more, and says how many. `whole` is whether every target was looked at.
pub(crate) async fn close(desk: &Desk, rounds: &[Round], whole: bool) -> Result<usize, PortError> {
    let mut closed = 0;
    for unit in desk.ledger.units().await? {
        if unit.layer != Layer::CloudFormation {
            continue;
        }
        let presence = presence(rounds, &unit);
        if !has_left(presence, selection(desk, rounds, &unit, whole)) {
            continue;
        }
        closed += close_unit(desk, &unit).await?;
    }
    Ok(closed)
}

/// Closes the findings of applications that no target watches any more, and says
/// how many. `watched` are the units of every target of the config.
pub(crate) async fn close_applications(desk: &Desk, watched: &[Unit]) -> Result<usize, PortError> {
    let mut closed = 0;
    for unit in desk.ledger.units().await? {
        if unit.layer == Layer::Kubernetes && !watched.contains(&unit) {
            closed += close_unit(desk, &unit).await?;
        }
    }
    Ok(closed)
}

async fn close_unit(desk: &Desk, unit: &Unit) -> Result<usize, PortError> {
    let mut closed = 0;
    for finding in desk.ledger.unit_findings(unit).await? {
        if finding.closed.is_some() {
            continue;
        }
        let now = desk.clock.now();
        commit_with(&*desk.ledger, &finding.id, |previous| {
            previous.and_then(|previous| life::unwatched(previous, desk.telling, now))
        })
        .await?;
        closed += 1;
    }
    Ok(closed)
}

/// Forgets what stacks declared that are no longer there.
pub(crate) async fn forget(desk: &Desk, rounds: &[Round]) -> Result<(), PortError> {
    let listed = rounds.iter().filter(|it| it.listed);
    let accounts: BTreeSet<&str> = listed.filter_map(|it| it.account.as_deref()).collect();
    for account in accounts {
        for record in index::read(&*desk.ledger, account).await? {
            let (region, name) = (&record.region, &record.stack);
            if presence(rounds, &Unit::stack(account, region, name)) != Presence::Gone {
                continue;
            }
            // Its own id went with it; its place and its name are what it is remembered by.
            let id = format!("arn:aws:cloudformation:{region}:{account}:stack/{name}/");
            if let Some(id) = StackId::parse(&id) {
                desk.ledger.write(&[index::remove(&id)]).await?;
            }
        }
    }
    Ok(())
}

fn presence(rounds: &[Round], unit: &Unit) -> Presence {
    let mut presence = Presence::NotListed;
    for round in rounds.iter().filter(|it| it.listed_place_of(unit)) {
        if round.stacks.keys().any(|id| is_unit(id, unit)) {
            return Presence::Listed;
        }
        presence = Presence::Gone;
    }
    presence
}

fn selection(desk: &Desk, rounds: &[Round], unit: &Unit, whole: bool) -> Selection {
    let watches = reaching(&desk.loaded.config, &unit.account, &unit.region);
    if watches.is_empty() {
        return Selection::Deselected;
    }
    let place: Vec<&Round> = rounds
        .iter()
        .filter(|it| it.listed_place_of(unit))
        .collect();
    let root = place
        .iter()
        .flat_map(|it| it.stacks.values())
        .find(|it| is_unit(&it.id, unit))
        .and_then(|it| it.root.as_ref());
    let by_name = watches.iter().any(|it| {
        it.selects_name(&unit.name) || root.is_some_and(|root| it.selects_name(root.name()))
    });
    if by_name || place.iter().any(|it| it.looked_at(unit)) {
        return Selection::Selected;
    }
    // A nested stack is met only by following its parents, all of them.
    let followed = whole && !place.is_empty() && place.iter().all(|it| it.all_followed);
    if followed {
        Selection::Deselected
    } else {
        Selection::Unsure
    }
}
