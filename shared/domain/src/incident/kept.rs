//! Incidents in the ledger.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Incident, Settled, State, Terms, Timing, Transition, observe, settled};
use crate::finding::Finding;
use crate::gone;
use crate::identity::FindingId;
use crate::ports::{
    ATTEMPTS, Guard, Item, Items, Key, PortError, PortErrorKind, Store, Write, replace, update,
};
use crate::timer;
use crate::work::Work;

fn key(id: &str) -> Key {
    Key::new(format!("INC#{id}"), "META")
}

/// Which incident a finding is in.
#[derive(Serialize, Deserialize)]
struct Pointer {
    incident: String,
}

fn pointer_key(finding: &FindingId) -> Key {
    Key::new(format!("FIND#{finding}"), "INC")
}

/// An incident; `None` where there is none of that id.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn by_id(items: &dyn Items, id: &str) -> Result<Option<Incident>, PortError> {
    let stored = items.get(&key(id)).await?;
    stored.as_ref().map(Item::read).transpose()
}

/// The incident that a finding is in, or was in last.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn of_finding(
    items: &dyn Items,
    finding: &FindingId,
) -> Result<Option<Incident>, PortError> {
    match items.get(&pointer_key(finding)).await? {
        None => Ok(None),
        Some(item) => by_id(items, &item.read::<Pointer>()?.incident).await,
    }
}

/// Brings a finding's incident to what the finding's state makes of it
/// ([`observe`]) and, where it begins to settle, writes the timer of that.
/// Gives the incident as it then stands.
///
/// # Errors
///
/// Whatever the ledger answers; a conflict only after many attempts.
pub async fn watch(
    store: &dyn Store,
    id: &FindingId,
    routing: impl Fn(&Finding) -> (Timing, Vec<String>) + Send + Sync,
    now: Timestamp,
) -> Result<Option<Incident>, PortError> {
    for _ in 0..ATTEMPTS {
        let pointer_at = pointer_key(id);
        let pointer = store.get(&pointer_at).await?;
        let stored = match &pointer {
            None => None,
            Some(item) => store.get(&key(&item.read::<Pointer>()?.incident)).await?,
        };
        let incident: Option<Incident> = stored.as_ref().map(Item::read).transpose()?;
        // Read after the incident: a finding that is newer than what was decided on is decided on now.
        let Some(finding) = store.finding(id).await? else {
            return Ok(incident);
        };
        let (timing, channels) = routing(&finding);
        let Some(next) = observe(incident.as_ref(), &finding, (timing, &channels), now) else {
            return Ok(incident);
        };
        let is_same = incident.as_ref().is_some_and(|it| it.id == next.id);
        let mut writes = vec![replace(
            &key(&next.id),
            stored.as_ref().filter(|_| is_same),
            &next,
        )?];
        if !is_same {
            let to = Pointer {
                incident: next.id.clone(),
            };
            writes.push(replace(&pointer_at, pointer.as_ref(), &to)?);
            let member = Key::new(format!("INC#{}", next.id), format!("F#{id}"));
            writes.push(Write::Put(Item::first(member, id)?, Guard::None));
        }
        if next.state == State::Settling {
            writes.push(settle_timer(&next, timing.settle)?);
        }
        match store.write(&writes).await {
            Ok(()) => return Ok(Some(next)),
            Err(error) if error.kind == PortErrorKind::Conflict => {}
            Err(error) => return Err(error),
        }
    }
    Err(PortError::new(
        PortErrorKind::Conflict,
        "ledger:write",
        format!("the incident of {id} is being written by others all the time"),
    ))
}

fn settle_timer(incident: &Incident, settle: SignedDuration) -> Result<Write, PortError> {
    let closed_at = incident.closed_at.unwrap_or(incident.opened_at);
    let at = closed_at.checked_add(settle).unwrap_or(Timestamp::MAX);
    let work = Work::SettleIncident {
        incident: incident.id.clone(),
    };
    timer::put(at, &work)
}

/// Resolves an incident that has settled. Gives what became of it, and the incident as it then stands.
///
/// # Errors
///
/// Whatever the ledger answers; a conflict only after many attempts.
pub async fn settle(
    store: &dyn Store,
    id: &str,
    terms: impl Fn(&Finding) -> Terms + Send + Sync,
) -> Result<(Settled, Option<Incident>), PortError> {
    for _ in 0..ATTEMPTS {
        let stored = store.get(&key(id)).await?;
        let Some(item) = &stored else {
            return Ok((Settled::Moot, None));
        };
        let incident: Incident = item.read()?;
        let look = store.scan(&incident.unit).await?;
        let gone_at = gone::since(store, &incident.unit).await?;
        // Read after the look: had the finding opened again meanwhile, the look would not be clean.
        let Some(finding) = store.finding(&incident.finding).await? else {
            return Ok((Settled::Moot, Some(incident)));
        };
        let verdict = settled(
            &incident,
            &finding,
            (look.as_ref(), gone_at),
            terms(&finding),
        );
        let Settled::Over(next) = &verdict else {
            return Ok((verdict, Some(incident)));
        };
        let next = (**next).clone();
        match store
            .write(&[replace(&key(id), stored.as_ref(), &next)?])
            .await
        {
            Ok(()) => return Ok((verdict, Some(next))),
            Err(error) if error.kind == PortErrorKind::Conflict => {}
            Err(error) => return Err(error),
        }
    }
    Err(PortError::new(
        PortErrorKind::Conflict,
        "ledger:write",
        format!("incident {id} is being written by others all the time"),
    ))
}

/// Notes that a look was asked for (`asked_at`), or that one is still awaited,
/// and writes the timer of the next check with it. Nothing where another
/// message did so meanwhile, or where the incident no longer settles.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn asked(
    items: &dyn Items,
    seen: &Incident,
    (asked_at, check_at): (Option<Timestamp>, Timestamp),
) -> Result<(), PortError> {
    let key = key(&seen.id);
    update(items, &key, |stored| {
        let Some(stored) = stored else {
            return Ok((Vec::new(), ()));
        };
        let incident: Incident = stored.read()?;
        let is_as_seen = incident.state == State::Settling
            && incident.closed_at == seen.closed_at
            && incident.check_at == seen.check_at;
        if !is_as_seen {
            return Ok((Vec::new(), ()));
        }
        let next = Incident {
            asked_at,
            check_at: Some(check_at),
            ..incident
        };
        let work = Work::SettleIncident {
            incident: seen.id.clone(),
        };
        let writes = vec![
            replace(&key, Some(stored), &next)?,
            timer::put(check_at, &work)?,
        ];
        Ok((writes, ()))
    })
    .await
}

/// Notes that all channels of an incident were told of a transition, but for
/// those that `failed` for good under that message.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn told(
    items: &dyn Items,
    id: &str,
    transition: &Transition,
    (message, failed): (&str, &[String]),
) -> Result<(), PortError> {
    let key = key(id);
    update(items, &key, |stored| {
        let Some(stored) = stored else {
            return Ok((Vec::new(), ()));
        };
        let incident: Incident = stored.read()?;
        let mut next = incident.clone();
        next.note(transition, (message, failed));
        if next == incident {
            return Ok((Vec::new(), ()));
        }
        Ok((vec![replace(&key, Some(stored), &next)?], ()))
    })
    .await
}
