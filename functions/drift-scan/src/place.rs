//! One account and region: its stacks, and a look at each that is watched.

use std::collections::{BTreeMap, BTreeSet};

use domain::ports::{PortError, PortErrorKind, Stacks};
use domain::slot::{self, Limit};
use domain::stack::{Admission, StackId, StackSummary, admission};
use domain::timer;
use domain::unit::Unit;
use domain::work::Work;
use domain::{baseline, nest, record};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use policy::InForceConfig;
use policy::watch::{Place, Watch, reading_role};

use crate::{Asked, Deps, unwatched};

/// How many calls to the ledger or a queue are under way at once.
const AT_ONCE: usize = 16;

/// How long a stack that is being changed is left alone before it is asked for again.
const IN_MOTION_PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// The most writes of one transaction.
const BATCH: usize = 100;

/// One run.
pub(crate) struct Scan<'a> {
    pub(crate) deps: &'a Deps,
    pub(crate) config: &'a InForceConfig,
    /// For when the run was scheduled.
    pub(crate) asked_at: Timestamp,
    /// How often it runs, where it was said.
    pub(crate) every: Option<SignedDuration>,
}

/// A stack that is watched, and what the ledger knows of it.
struct Watched<'w> {
    id: StackId,
    unit: Unit,
    target: &'w str,
    in_motion: bool,
    is_undetectable: bool,
    last_look: Option<record::Scan>,
    checked_at: Option<Timestamp>,
    /// The root of the nest it is in.
    root: Option<Unit>,
}

impl Scan<'_> {
    /// Asks for a look at every watched stack of a place, and closes what is gone from it.
    pub(crate) async fn place(
        &self,
        place: &Place,
        watches: &[Watch<'_>],
    ) -> Result<Asked, PortError> {
        let (account, region) = (place.0.as_deref(), place.1.as_deref());
        let role = account.and_then(|it| reading_role(&self.config.loaded.config, it));
        let stacks = self.deps.accounts.stacks(region, role.as_ref()).await?;
        let listed_at = self.deps.clock.now();
        let listed = by_id(&*stacks).await?;
        let own = self.whose(place, &listed).await?;

        let mut asked = Asked::default();
        let mut watched = self.watched(&listed, watches).await?;
        // A stack made anew under its name while the list was read is in it twice.
        let mut known = BTreeSet::new();
        watched.retain(|it| known.insert(it.unit.clone()));
        let (fresh, due): (Vec<_>, Vec<_>) = watched.into_iter().partition(|it| self.is_fresh(it));
        asked.fresh = fresh.len();
        asked.looks = due.len();
        self.introduce(&due).await?;
        self.ask(&due).await?;
        if let (Some(account), Some(region)) = (own, region) {
            asked.unwatched =
                unwatched::close_gone(self.deps, (&account, region), (&listed, listed_at)).await?;
        }
        Ok(asked)
    }

    /// The account that was listed; another one than the configuration names
    /// is an error, or findings of the right account would seem gone.
    async fn whose(
        &self,
        (named, region): &Place,
        listed: &BTreeMap<StackId, StackSummary>,
    ) -> Result<Option<String>, PortError> {
        let account = match listed.keys().next() {
            Some(id) => Some(id.account().to_owned()),
            // Nothing says whose the empty list is but the role, or whoever the credentials belong to.
            None => match named
                .as_deref()
                .filter(|it| reading_role(&self.config.loaded.config, it).is_some())
            {
                Some(named) => Some(named.to_owned()),
                None => self.deps.accounts.own_account(region.as_deref()).await.ok(),
            },
        };
        match (named, &account) {
            (Some(named), Some(account)) if named != account => Err(PortError::new(
                PortErrorKind::Denied,
                "drift-scan",
                format!(
                    "the credentials in use are for account {account}, not {named}: give accounts[].read a role there"
                ),
            )),
            _ => Ok(account),
        }
    }

    async fn watched<'w>(
        &self,
        listed: &BTreeMap<StackId, StackSummary>,
        watches: &'w [Watch<'_>],
    ) -> Result<Vec<Watched<'w>>, PortError> {
        let selected = listed.values().filter_map(|stack| {
            let watch = watches.iter().find(|it| it.selects(stack))?;
            Some((stack, watch.target))
        });
        stream::iter(selected.map(|(stack, target)| async move {
            let id = stack.id.clone();
            let unit = unit_of(&id);
            Ok(Watched {
                last_look: self.deps.store.scan(&unit).await?,
                in_motion: admission(&stack.status) == Admission::InMotion,
                is_undetectable: admission(&stack.status) == Admission::NoDetection,
                checked_at: stack.drift_checked_at,
                root: stack.root.as_ref().map(unit_of),
                id,
                unit,
                target,
            })
        }))
        .buffered(AT_ONCE)
        .try_collect()
        .await
    }

    /// Whether a stack was completely looked at within `maxAge`, for the same
    /// target and under the configuration in force. Half the time between two
    /// scans is the most: a look begins a little after its scan, and must not
    /// make the next one skip the stack.
    fn is_fresh(&self, stack: &Watched<'_>) -> bool {
        let max_age = self.config.loaded.config.timing.max_age.get();
        let max_age = self.every.map_or(max_age, |it| max_age.min(it / 2));
        let is_young = |at: Timestamp| self.deps.clock.now().duration_since(at) < max_age;
        stack.checked_at.is_some_and(is_young)
            && stack.last_look.as_ref().is_some_and(|it| {
                is_young(it.started_at)
                    && it.config == self.config.hash
                    && it.target == stack.target
            })
    }

    /// What is to be known of a stack before its first look: the digest of its
    /// target waits for it, and it may be nested in another.
    async fn introduce(&self, due: &[Watched<'_>]) -> Result<(), PortError> {
        let mut new = Vec::new();
        for stack in due.iter().filter(|it| it.last_look.is_none()) {
            // One that is in a state without detection has no complete look to wait for.
            if !stack.is_undetectable {
                new.push(baseline::wait_for(stack.target, &stack.unit)?);
            }
            if let Some(root) = stack.root.as_ref().filter(|root| **root != stack.unit) {
                new.push(nest::remember(&stack.unit, root)?);
            }
        }
        for batch in new.chunks(BATCH) {
            self.deps.store.write(batch).await?;
        }
        Ok(())
    }

    /// Asks for the looks, each at its slot; a stack in motion is asked for later.
    async fn ask(&self, due: &[Watched<'_>]) -> Result<(), PortError> {
        let now = self.deps.clock.now();
        let (moving, resting): (Vec<&Watched<'_>>, Vec<_>) =
            due.iter().partition(|it| it.in_motion);
        let later = now.checked_add(IN_MOTION_PAUSE).unwrap_or(now);
        let mut asks: Vec<(&Watched<'_>, Timestamp, Option<Timestamp>)> =
            moving.iter().map(|it| (*it, later, None)).collect();
        if let Some(first) = resting.first() {
            let limit = Limit::detections(first.id.account(), first.id.region());
            let slots = slot::reserve(&*self.deps.store, limit, resting.len(), now).await?;
            asks.extend(
                resting
                    .iter()
                    .enumerate()
                    .map(|(index, it)| (*it, slots.at(index), Some(slots.at(index)))),
            );
        }
        stream::iter(asks.iter().map(|(stack, at, not_before)| async move {
            let work = Work::LookAtStack {
                stack_id: stack.id.as_str().to_owned(),
                target: stack.target.to_owned(),
                asked_at: self.asked_at,
                not_before: *not_before,
                attempt: 0,
            };
            let through = (&*self.deps.store as _, &*self.deps.queues);
            timer::ask_at(through, *at, &work, now).await
        }))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
    }
}

fn unit_of(id: &StackId) -> Unit {
    Unit::stack(id.account(), id.region(), id.name())
}

/// The stacks of a place that are not deleted.
async fn by_id(stacks: &dyn Stacks) -> Result<BTreeMap<StackId, StackSummary>, PortError> {
    Ok(stacks
        .list()
        .await?
        .into_iter()
        // The API remembers deleted stacks for 90 days.
        .filter(|stack| stack.status != "DELETE_COMPLETE")
        .map(|stack| (stack.id.clone(), stack))
        .collect())
}
