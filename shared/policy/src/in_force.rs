//! The configuration in force, as the functions read it: from the ledger, parsed once a version.

use std::sync::{Arc, Mutex, PoisonError};

use domain::conceal::HashKey;
use domain::current::{self, Current};
use domain::judge::{Equivalences, Judge, Judged, Notices};
use domain::life::{Moment, Telling};
use domain::look::Look;
use domain::ports::{Items, PortError, PortErrorKind};

use jiff::Timestamp;

use crate::watch::names_account;
use crate::{Config, Loaded, Policy};

/// Reads the configuration in force, and keeps what it made of the last version.
#[derive(Debug, Default)]
pub struct InForce {
    own: Option<String>,
    last: Mutex<Option<Arc<InForceConfig>>>,
}

/// A version of the configuration, ready to be asked.
#[derive(Debug)]
pub struct InForceConfig {
    /// What it says.
    pub loaded: Loaded,
    /// Its rules over the default ones.
    pub policy: Policy,
    /// Its hash, under which findings are decided.
    pub hash: String,
}

impl InForceConfig {
    /// The environment it is for.
    #[must_use]
    pub fn environment(&self) -> &str {
        self.loaded.config.environment.as_str()
    }

    /// Judges a look. Rules that could not be evaluated and what is unknown go to the log.
    #[must_use]
    pub fn judge(
        &self,
        look: Look,
        (catalogue, key): (&dyn Equivalences, &HashKey),
        now: Timestamp,
    ) -> Judged {
        let judge = Judge {
            catalogue,
            rules: &self.policy,
            key,
            now,
        };
        let mut notices = Notices::default();
        let judged = judge.judge(look, &mut notices);
        for (rule, why) in &notices.failed {
            tracing::warn!(rule, why, "a rule could not be evaluated and did not match");
        }
        for (resource, gap) in &judged.unknown {
            let (id, name) = (resource.id.as_str(), resource.name.as_str());
            let (reason, detail) = (gap.reason.as_str(), gap.detail.as_str());
            tracing::warn!(
                resource.id = id,
                resource.name = name,
                reason,
                detail,
                "unknown"
            );
        }
        judged
    }

    /// The moment in which a judged look is written, told to everybody.
    #[must_use]
    pub fn moment(&self, judged: &Judged, now: Timestamp) -> Moment<'_> {
        Moment {
            now,
            look_started_at: judged.started_at,
            config: &self.hash,
            environment: self.environment(),
            telling: Telling::Everybody,
        }
    }
}

impl InForce {
    /// A reader that has read nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, by a function of that account; `None` where it does not know its own.
    #[must_use]
    pub fn in_account(self, own: Option<String>) -> Self {
        Self { own, ..self }
    }

    /// Whether an account may be one that this configuration can look at: it names
    /// it, or it is the function's own, which may be any where that is not known.
    #[must_use]
    pub fn may_know(&self, config: &InForceConfig, account: &str) -> bool {
        self.own.as_deref().is_none_or(|own| own == account)
            || names_account(&config.loaded.config, account)
    }

    /// The configuration in force.
    ///
    /// # Errors
    ///
    /// [`PortErrorKind::NotFound`] where there is none yet; else those of [`Self::read_if_any`].
    pub async fn read(&self, items: &dyn Items) -> Result<Arc<InForceConfig>, PortError> {
        self.read_if_any(items).await?.ok_or_else(|| {
            PortError::new(
                PortErrorKind::NotFound,
                "ledger:config",
                "no configuration is in force yet: clock fetches it from PLUMBLINE_CONFIG within a minute",
            )
        })
    }

    /// The configuration in force; `None` before the first.
    ///
    /// # Errors
    ///
    /// [`PortErrorKind::Unavailable`] where this version cannot read what another
    /// one put in force; else whatever the items answer.
    pub async fn read_if_any(
        &self,
        items: &dyn Items,
    ) -> Result<Option<Arc<InForceConfig>>, PortError> {
        let Some(current) = current::in_force(items).await? else {
            return Ok(None);
        };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = last.as_ref().filter(|it| it.hash == current.hash) {
            return Ok(Some(Arc::clone(known)));
        }
        let read = Arc::new(parse(&current)?);
        *last = Some(Arc::clone(&read));
        Ok(Some(read))
    }
}

fn parse(current: &Current) -> Result<InForceConfig, PortError> {
    // It was in order when it was taken; as of then, an ignore that has expired since is only not in force.
    let loaded =
        Config::parse(&current.text, &current.location, current.since).map_err(|errors| {
            PortError::new(
                PortErrorKind::Unavailable,
                "ledger:config",
                format!("{errors} (it was put in force by another version of Plumbline)"),
            )
        })?;
    Ok(InForceConfig {
        policy: Policy::new(&loaded),
        loaded,
        hash: current.hash.clone(),
    })
}
