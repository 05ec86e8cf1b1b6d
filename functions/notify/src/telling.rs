//! Claim, post, record: how each channel is told once.

use std::collections::BTreeSet;

use domain::effect::{self, Claim, Effect, Outcome};
use domain::handled::Handled;
use domain::incident::{self, Incident, Transition};
use domain::ports::{PortError, PortErrorKind};
use jiff::{SignedDuration, Timestamp};
use policy::InForceConfig;
use serde_json::Value;

use crate::Deps;
use crate::channel::{self, Form};
use crate::render::{self, Story};

/// How long a channel is left alone that is told too often.
const THROTTLED_PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// Tells channels under the configuration in force.
pub(crate) struct Telling<'a> {
    deps: &'a Deps,
    config: &'a InForceConfig,
}

/// How one channel's effect went.
enum Went {
    /// It was told, now or before, or is a channel no more.
    Done,
    /// It cannot be told as things stand.
    Failed(String),
    /// Somebody else is telling it, or it takes no more for now: until then at most.
    Busy(Timestamp),
    /// It may go well another time.
    NotNow(String),
}

/// How all of them went.
#[derive(Default)]
pub(crate) struct Tally {
    failed: Vec<String>,
    not_now: Vec<String>,
    busy: Option<Timestamp>,
}

impl Tally {
    /// Whether no channel is left that may still be told.
    pub(crate) fn is_finished(&self) -> bool {
        self.not_now.is_empty() && self.busy.is_none()
    }

    fn busy(&mut self, until: Timestamp) {
        self.busy = Some(self.busy.map_or(until, |at| at.min(until)));
    }

    /// What becomes of the message. What was done is not done again when it comes again.
    pub(crate) fn handled(mut self) -> Handled {
        if !self.not_now.is_empty() {
            self.not_now.append(&mut self.failed);
            return Handled::Retry(self.not_now.join("; "));
        }
        if let Some(at) = self.busy {
            return Handled::Later { at, body: None };
        }
        if self.failed.is_empty() {
            Handled::Done
        } else {
            Handled::Fail(self.failed.join("; "))
        }
    }
}

impl<'a> Telling<'a> {
    pub(crate) const fn new(deps: &'a Deps, config: &'a InForceConfig) -> Self {
        Self { deps, config }
    }

    /// Tells what an incident owes, and again what could not be told under
    /// this very message: then it was taken out of the dead letters.
    pub(crate) async fn incident(
        &self,
        incident: &Incident,
        message: &str,
    ) -> Result<Handled, PortError> {
        let failed_before = failed_under(incident, message);
        if incident.owed.is_empty() && failed_before.is_empty() {
            return Ok(Handled::Drop(format!("{} owes nothing", incident.id)));
        }
        let Some(finding) = self.deps.store.finding(&incident.finding).await? else {
            let what = format!("{} is not in the ledger", incident.finding);
            return Ok(Handled::Drop(what));
        };
        let mut tally = Tally::default();
        // A channel that cannot be told now hears the later ones later too; the others go on.
        let mut held = BTreeSet::new();
        for transition in failed_before.iter().chain(&incident.owed) {
            let story = Story {
                environment: self.config.environment(),
                incident,
                transition,
                finding: &finding,
                now: self.deps.clock.now(),
            };
            self.transition(&story, message, (&mut held, &mut tally))
                .await?;
        }
        Ok(tally.handled())
    }

    async fn transition(
        &self,
        story: &Story<'_>,
        message: &str,
        (held, tally): (&mut BTreeSet<String>, &mut Tally),
    ) -> Result<(), PortError> {
        let Story {
            incident,
            transition,
            ..
        } = *story;
        let mut failed = Vec::new();
        let mut is_open = false;
        for name in &transition.channels {
            if held.contains(name) {
                is_open = true;
                continue;
            }
            let effect = Effect {
                incident: incident.id.clone(),
                channel: name.clone(),
                transition: transition.name(),
            };
            let write = |form| render::incident(form, story, &effect.idempotency_key());
            match self.effect(&effect, &write).await? {
                Went::Done => {}
                Went::Failed(why) => {
                    tally.failed.push(why);
                    failed.push(name.clone());
                }
                Went::Busy(until) => {
                    tally.busy(until);
                    held.insert(name.clone());
                    is_open = true;
                }
                Went::NotNow(why) => {
                    tally.not_now.push(why);
                    held.insert(name.clone());
                    is_open = true;
                }
            }
        }
        if is_open {
            return Ok(());
        }
        let store = &*self.deps.store;
        incident::told(store, &incident.id, transition, (message, &failed)).await
    }

    /// Tells every channel but pagers something that is no incident, once. With
    /// `only_failed`, just those that it could not be told to before.
    pub(crate) async fn everybody(
        &self,
        (subject, transition): (&str, &str),
        only_failed: bool,
        write: &(dyn Fn(Form, &str) -> Value + Sync),
    ) -> Result<Tally, PortError> {
        let mut tally = Tally::default();
        for (name, channel) in &self.config.loaded.config.notify.channels {
            if channel::is_pager(channel) {
                continue;
            }
            let effect = Effect {
                incident: subject.to_owned(),
                channel: name.clone(),
                transition: transition.to_owned(),
            };
            if only_failed {
                let progress = effect::progress(&*self.deps.store, &effect).await?;
                if !matches!(progress, Some(effect::Progress::Failed { .. })) {
                    continue;
                }
            }
            let key = effect.idempotency_key();
            match self.effect(&effect, &|form| write(form, &key)).await? {
                Went::Done => {}
                Went::Failed(why) => tally.failed.push(why),
                Went::Busy(until) => tally.busy(until),
                Went::NotNow(why) => tally.not_now.push(why),
            }
        }
        Ok(tally)
    }

    async fn effect(
        &self,
        effect: &Effect,
        write: &(dyn Fn(Form) -> Value + Sync),
    ) -> Result<Went, PortError> {
        let name = &effect.channel;
        let Some(channel) = self.config.loaded.config.notify.channels.get(name) else {
            // It left the configuration: nobody listens there any more.
            return Ok(Went::Done);
        };
        let (store, clock) = (&*self.deps.store, &self.deps.clock);
        let held = match effect::claim(store, effect, clock.now()).await? {
            Claim::Ours(held) => held,
            Claim::Done => return Ok(Went::Done),
            Claim::Busy(until) => return Ok(Went::Busy(until)),
        };
        let posted = match channel::way(channel) {
            Ok((form, address)) => {
                let key = effect.idempotency_key();
                let body = write(form);
                self.deps.channels.post(&address, &key, &body).await
            }
            Err(why) => Err(PortError::new(PortErrorKind::Invalid, "channel", why)),
        };
        let (outcome, went) = judged(name, posted, clock.now());
        effect::record(store, effect, (held, &outcome), clock.now()).await?;
        Ok(went)
    }
}

/// What a post came to, for the ledger and for the message.
fn judged(
    name: &str,
    posted: Result<Option<String>, PortError>,
    now: Timestamp,
) -> (Outcome, Went) {
    let error = match posted {
        Ok(external_id) => return (Outcome::Done(external_id), Went::Done),
        Err(error) => error,
    };
    let why = format!("channel {name}: {error}");
    match error.kind {
        // Nothing but a person can change these; told now, with the reason, they can be put right and sent again.
        PortErrorKind::Invalid
        | PortErrorKind::NotFound
        | PortErrorKind::Denied
        | PortErrorKind::TooLarge => (Outcome::Failed(why.clone()), Went::Failed(why)),
        // It comes again without being counted as a try: a channel that takes one message a second is not broken.
        PortErrorKind::Throttled => {
            let free = now.checked_add(THROTTLED_PAUSE).unwrap_or(Timestamp::MAX);
            (Outcome::NotNow, Went::Busy(free))
        }
        PortErrorKind::Conflict | PortErrorKind::Unavailable | PortErrorKind::Timeout => {
            (Outcome::NotNow, Went::NotNow(why))
        }
    }
}

/// What could not be told under a message: each transition with the channels that it failed for.
fn failed_under(incident: &Incident, message: &str) -> Vec<Transition> {
    let mut found: Vec<Transition> = Vec::new();
    for failure in incident.failed.iter().filter(|it| it.message == message) {
        let of = &failure.transition;
        let known = found
            .iter_mut()
            .find(|it| it.step == of.step && it.number == of.number);
        match known {
            Some(known) => known.channels.push(failure.channel.clone()),
            None => found.push(Transition {
                channels: vec![failure.channel.clone()],
                ..of.clone()
            }),
        }
    }
    found
}
