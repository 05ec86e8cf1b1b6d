//! What hangs on a stack's resources and no watched stack declares.
//!
//! CloudFormation does not see it; the catalogue of `additions` does. What other
//! watched stacks declare stands in the ledger since their last look. One that
//! was changed since then is looked at first: what it may just have made must
//! not be told as somebody's hand.

use std::collections::BTreeSet;

use additions::index::{self, Others, Record};
use additions::{Seen, complete, live, needs_others, parents};
use domain::look::{Gap, Observed, Reason, Verdict};
use domain::ports::PortError;
use domain::stack::{Admission, Declared, StackId, StackSummary, admission};
use domain::timer;
use domain::work::Work;
use policy::InForceConfig;
use policy::watch::{reaching, reading_role};

use crate::{Deps, unit_of};

/// The stack whose resources were looked at.
pub(crate) struct Around<'a> {
    pub(crate) deps: &'a Deps,
    pub(crate) config: &'a InForceConfig,
    pub(crate) id: &'a StackId,
    /// Whether all that the stack declares is known, or that of one resource alone.
    pub(crate) is_whole: bool,
    /// Whether what cannot be decided yet may be left to a later look.
    pub(crate) may_wait: bool,
}

impl Around<'_> {
    /// Puts the undeclared additions into what a look saw.
    ///
    /// # Errors
    ///
    /// Whatever the ledger and the queues answer; what could not be read of
    /// AWS makes the resources that it concerns unknown.
    pub(crate) async fn complete(
        &self,
        resources: &mut [Observed],
        declared: &[Declared],
    ) -> Result<(), PortError> {
        let parents = parents(declared);
        if parents.is_empty() {
            return Ok(());
        }
        let id = self.id;
        let role = reading_role(&self.config.loaded.config, id.account());
        let port = self
            .deps
            .evidence
            .attachments(Some(id.region()), role.as_ref())
            .await?;
        let live = live(&*port, &parents, &additions::declared(declared)).await;
        let nobody = Others::default();
        let mut seen = Seen {
            declared,
            live: &live,
            others: &nobody,
        };
        if !needs_others(resources, &seen) {
            complete(resources, &seen);
            return Ok(());
        }
        let records = index::read(&*self.deps.store, id.account()).await?;
        let (watched, unlisted) = self.watched().await?;
        let own = self.is_whole.then_some(id);
        let mut others = Others::of(&records, own, &watched);
        for region in &unlisted {
            others.undecide(region);
        }
        seen.others = &others;
        let undecided = self.undecided(&records, &watched);
        let waits = self.may_wait && !undecided.is_empty();
        complete(resources, &seen);
        if waits {
            resources.iter_mut().for_each(hold_back);
            self.look_at(&undecided).await?;
        }
        Ok(())
    }

    /// The watched stacks of the account in every region that a target reaches,
    /// and the regions that could not be listed.
    async fn watched(&self) -> Result<(Vec<StackSummary>, BTreeSet<String>), PortError> {
        let config = &self.config.loaded.config;
        let account = self.id.account();
        let role = reading_role(config, account);
        let mut regions = BTreeSet::from([self.id.region().to_owned()]);
        for target in &config.targets {
            if let Some(stacks) = target.cloudformation() {
                regions.extend(stacks.regions.iter().map(|it| it.as_str().to_owned()));
            }
        }
        let mut watched = Vec::new();
        let mut unlisted = BTreeSet::new();
        for region in regions {
            let watches = reaching(config, account, &region);
            if watches.is_empty() {
                continue;
            }
            let listed = match self
                .deps
                .accounts
                .stacks(Some(&region), role.as_ref())
                .await
            {
                Ok(stacks) => stacks.list().await,
                Err(error) => Err(error),
            };
            match listed {
                Ok(stacks) => watched.extend(stacks.into_iter().filter(|stack| {
                    stack.id.account() == account && watches.iter().any(|it| it.selects(stack))
                })),
                Err(error) => {
                    tracing::warn!(region, %error, "stacks could not be listed");
                    unlisted.insert(region);
                }
            }
        }
        Ok((watched, unlisted))
    }

    /// The watched stacks that may declare something else than the ledger knows.
    fn undecided<'w>(
        &self,
        records: &[Record],
        watched: &'w [StackSummary],
    ) -> Vec<&'w StackSummary> {
        let own = unit_of(self.id);
        watched
            .iter()
            .filter(|stack| unit_of(&stack.id) != own)
            .filter(|stack| index::is_undecided(records, stack))
            .collect()
    }

    /// Has stacks looked at that were changed since; one in motion comes by itself, with its next look.
    async fn look_at(&self, undecided: &[&StackSummary]) -> Result<(), PortError> {
        let config = &self.config.loaded.config;
        let now = self.deps.clock.now();
        for stack in undecided {
            if admission(&stack.status) == Admission::NoDetection {
                continue;
            }
            let watches = reaching(config, stack.id.account(), stack.id.region());
            let Some(watch) = watches.iter().find(|it| it.selects(stack)) else {
                continue;
            };
            let work = Work::LookAtStack {
                stack_id: stack.id.as_str().to_owned(),
                target: watch.target.to_owned(),
                // The same for every look that waits for it.
                asked_at: stack.changed_at.unwrap_or(now),
                not_before: None,
                attempt: 0,
            };
            let through = (&*self.deps.store as _, &*self.deps.queues);
            timer::ask_at(through, now, &work, now).await?;
        }
        Ok(())
    }
}

/// Takes what is not certain yet out of a resource, and says that it is open.
fn hold_back(observed: &mut Observed) {
    let Verdict::Modified(modified) = &mut observed.verdict else {
        return;
    };
    if !modified.differences.iter().any(|it| it.potential) {
        return;
    }
    let gap = Gap::new(
        Reason::Stale,
        "a watched stack was changed since its last look, and may declare what was added here",
    );
    modified.differences.retain(|it| !it.potential);
    if modified.differences.is_empty() {
        observed.verdict = Verdict::Unknown(gap);
    } else {
        modified.unread = Some(gap);
    }
}
