//! What the stacks of an account declare on each other's resources.
//!
//! Something that hangs on a resource and that its own stack does not declare
//! may be another stack's. So a look that saw such a thing is held back until
//! all that may declare it has been looked at in this scan: the stacks of its
//! region, or for IAM those of all regions of its account. What this scan does
//! not look at has said in the ledger what it declares, at its last look.

use std::collections::{BTreeMap, BTreeSet};

use additions::index::{self, Declares, Others, Record};
use additions::{Seen, complete, needs_others};
use domain::look::{Look, Observed, Outcome};
use domain::ports::{PortError, Write};
use domain::stack::{StackId, StackSummary};
use jiff::Timestamp;
use policy::watch::{reaching, reading_role};

use super::Desk;
use super::hanging::Live;
use super::region::Stacks;
use super::stacks::Looked;

/// What a look at a stack learned of what stacks declare, and what hangs there.
#[derive(Debug)]
pub(crate) struct Said {
    /// When the detection began, by the API's clock: the stack's time of change is by the same.
    pub(crate) at: Timestamp,
    /// What the stack says of its resources of the catalogue's types.
    pub(crate) declared: Vec<domain::stack::Declared>,
    /// What hangs on them.
    pub(crate) live: Live,
}

/// A look that can be judged, and what is remembered with it.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) look: Look,
    /// What the stack declares, for the looks at others.
    pub(crate) declares: Option<Write>,
}

/// What becomes of a look.
#[derive(Debug)]
pub(crate) enum Taken {
    /// It need not wait for others.
    Ready(Box<Ready>),
    /// It is held back. This is what it comes to if nobody says more than is known so far.
    Held(Box<Look>),
}

/// One account and region of the scan.
#[derive(Debug)]
struct Place {
    /// `None` while nobody knows which account it is.
    account: Option<String>,
    region: String,
    /// The stacks that any target of the config watches; `None` where they were not listed.
    watched: Option<Vec<StackSummary>>,
    is_over: bool,
}

impl Place {
    fn may_be_of(&self, account: &str) -> bool {
        self.account.as_deref().is_none_or(|it| it == account)
    }
}

/// What was learned so far, and the looks that wait for more.
#[derive(Debug, Default)]
pub(crate) struct Neighbours {
    places: Vec<Place>,
    /// What the stacks of each account declare that were looked at in this scan.
    said: BTreeMap<String, Vec<Record>>,
    /// The stacks of each account that were looked at, whatever came of it.
    looked: BTreeMap<String, BTreeSet<(String, String)>>,
    held: Vec<Held>,
    /// What is known so far of what the stacks of each account declare, older
    /// words of those included that this scan has yet to look at.
    so_far: BTreeMap<String, Others>,
}

#[derive(Debug)]
struct Held {
    id: StackId,
    ready: Ready,
    said: Said,
    /// Whether something of the account as a whole is open, and not of the region alone.
    is_global: bool,
}

impl Taken {
    fn ready(look: Look, declares: Option<Write>) -> Self {
        Self::Ready(Box::new(Ready { look, declares }))
    }
}

impl Neighbours {
    /// Of these accounts, as far as they are known, and regions.
    pub(crate) fn new(places: impl Iterator<Item = (Option<String>, String)>) -> Self {
        let places = places.map(|(account, region)| Place {
            account,
            region,
            watched: None,
            is_over: false,
        });
        Self {
            places: places.collect(),
            ..Self::default()
        }
    }

    /// The stacks of a place were listed.
    ///
    /// # Errors
    ///
    /// Whatever the ledger answers.
    pub(crate) async fn listed(
        &mut self,
        desk: &Desk,
        place: usize,
        (account, stacks): (Option<String>, &Stacks),
    ) -> Result<(), PortError> {
        if let Some(account) = &account
            && !self.so_far.contains_key(account)
        {
            let mut others = Others::default();
            for it in index::read(&*desk.ledger, account).await? {
                others.declare(&it.region, it.declares.claims);
            }
            self.so_far.insert(account.clone(), others);
        }
        let Some(place) = self.places.get_mut(place) else {
            return Ok(());
        };
        let watched = account.as_deref().map(|account| {
            let watches = reaching(&desk.loaded.config, account, &place.region);
            let is_watched = |stack: &&StackSummary| watches.iter().any(|it| it.selects(stack));
            stacks.values().filter(is_watched).cloned().collect()
        });
        // Nobody knows the account only where there are no stacks either.
        place.watched = Some(watched.unwrap_or_default());
        if account.is_some() {
            place.account = account;
        }
        Ok(())
    }

    /// Every stack of a place was looked at, or none could be.
    pub(crate) fn over(&mut self, place: usize) {
        if let Some(place) = self.places.get_mut(place) {
            place.is_over = true;
        }
    }

    /// Takes what a look learned, and tells whether it must wait for others.
    ///
    /// # Errors
    ///
    /// Where what the stack declares cannot be written down.
    pub(crate) fn take(&mut self, looked: Looked) -> Result<Taken, PortError> {
        let Looked {
            id,
            mut look,
            said,
            nested: _,
        } = looked;
        let at = (id.region().to_owned(), id.name().to_owned());
        let looked = self.looked.entry(id.account().to_owned()).or_default();
        looked.insert(at);
        let Some(said) = said else {
            return Ok(Taken::ready(look, None));
        };
        let declares = Some(index::put(&id, said.at, &said.declared)?);
        let claims = additions::declared(&said.declared);
        let so_far = self.so_far.entry(id.account().to_owned()).or_default();
        so_far.declare(id.region(), claims.clone());
        let records = self.said.entry(id.account().to_owned()).or_default();
        records.push(Record {
            region: id.region().to_owned(),
            stack: id.name().to_owned(),
            declares: Declares {
                looked_at: said.at,
                claims,
            },
        });
        let Outcome::Seen(resources) = &mut look.outcome else {
            return Ok(Taken::ready(look, declares));
        };
        let nobody = Others::default();
        let seen = seen(&said, &nobody);
        if !needs_others(resources, &seen) {
            complete(resources, &seen);
            return Ok(Taken::ready(look, declares));
        }
        let of_the_account: Vec<Observed> = resources
            .iter()
            .filter(|it| it.resource.kind.starts_with("AWS::IAM::"))
            .cloned()
            .collect();
        let is_global = needs_others(&of_the_account, &seen);
        let mut likely = resources.clone();
        complete(&mut likely, &self::seen(&said, so_far));
        let likely = Look {
            outcome: Outcome::Seen(likely),
            ..look.clone()
        };
        self.held.push(Held {
            id,
            ready: Ready { look, declares },
            said,
            is_global,
        });
        Ok(Taken::Held(Box::new(likely)))
    }

    /// The looks for which there is nothing more to wait for, with what was added in them.
    ///
    /// # Errors
    ///
    /// Whatever the ledger answers.
    pub(crate) async fn ready(&mut self, desk: &Desk) -> Result<Vec<Ready>, PortError> {
        let held = std::mem::take(&mut self.held);
        let (free, held): (Vec<Held>, Vec<Held>) =
            held.into_iter().partition(|it| !self.must_wait(it));
        self.held = held;
        let mut by_account: BTreeMap<String, Vec<Held>> = BTreeMap::new();
        for it in free {
            let account = it.id.account().to_owned();
            by_account.entry(account).or_default().push(it);
        }
        let mut ready = Vec::new();
        for (account, looks) in by_account {
            let is_global = looks.iter().any(|it| it.is_global);
            let others = self.others(desk, &account, is_global).await?;
            for mut it in looks {
                if let Outcome::Seen(resources) = &mut it.ready.look.outcome {
                    complete(resources, &seen(&it.said, &others));
                }
                ready.push(it.ready);
            }
        }
        Ok(ready)
    }

    fn must_wait(&self, held: &Held) -> bool {
        self.places.iter().any(|place| {
            !place.is_over
                && place.may_be_of(held.id.account())
                && (held.is_global || place.region == held.id.region())
        })
    }

    /// What the watched stacks of an account declare: by this scan and, where it
    /// did not look, by the ledger. A stack whose look failed has not said.
    async fn others(
        &self,
        desk: &Desk,
        account: &str,
        is_global: bool,
    ) -> Result<Others, PortError> {
        let looked = self.looked.get(account);
        let mut records = index::read(&*desk.ledger, account).await?;
        records.retain(|it| {
            let at = (it.region.clone(), it.stack.clone());
            looked.is_none_or(|looked| !looked.contains(&at))
        });
        records.extend(self.said.get(account).into_iter().flatten().cloned());
        let mut watched = Vec::new();
        let mut unlisted = BTreeSet::new();
        for place in self.places.iter().filter(|it| it.may_be_of(account)) {
            match &place.watched {
                Some(stacks) => watched.extend(stacks.iter().cloned()),
                None => {
                    unlisted.insert(place.region.clone());
                }
            }
        }
        if is_global {
            for region in self.other_regions(desk, account) {
                match listed(desk, account, &region).await {
                    Ok(stacks) => watched.extend(stacks),
                    Err(_) => {
                        unlisted.insert(region);
                    }
                }
            }
        }
        // Two places can turn out to be one.
        let mut known = BTreeSet::new();
        watched.retain(|stack| known.insert(stack.id.clone()));
        let mut others = Others::of(&records, None, &watched);
        for region in &unlisted {
            others.undecide(region);
        }
        Ok(others)
    }

    /// The regions in which a target of the config watches stacks of an account, and this scan does not look.
    fn other_regions(&self, desk: &Desk, account: &str) -> BTreeSet<String> {
        let config = &desk.loaded.config;
        let targets = config.targets.iter().filter_map(|it| it.cloudformation());
        let mut regions: BTreeSet<String> = targets
            .flat_map(|it| it.regions.iter().map(|it| it.as_str().to_owned()))
            .filter(|region| !reaching(config, account, region).is_empty())
            .collect();
        for place in self.places.iter().filter(|it| it.may_be_of(account)) {
            regions.remove(&place.region);
        }
        regions
    }
}

fn seen<'a>(said: &'a Said, others: &'a Others) -> Seen<'a> {
    Seen {
        declared: &said.declared,
        live: &said.live,
        others,
    }
}

/// The watched stacks of a region in which this scan does not look.
async fn listed(desk: &Desk, account: &str, region: &str) -> Result<Vec<StackSummary>, PortError> {
    let config = &desk.loaded.config;
    let watches = reaching(config, account, region);
    let role = reading_role(config, account);
    let port = cloudformation::stacks(&desk.connection, Some(region), role.as_ref()).await?;
    let mut stacks = port.list().await?;
    stacks.retain(|it| it.id.account() == account && watches.iter().any(|watch| watch.selects(it)));
    Ok(stacks)
}
