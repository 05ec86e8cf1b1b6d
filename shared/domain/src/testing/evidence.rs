//! What tells more of a resource than its stack does, in memory.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;

use super::faults::lock;
use crate::ports::{Attachments, Evidence, PortError, PortErrorKind, Role, Trail, TrailCall};

/// A way to what hangs on resources, the same everywhere, and to a trail.
pub struct MemoryEvidence {
    attachments: Option<Arc<dyn Attachments>>,
    /// What the trail keeps.
    pub trail: Arc<MemoryTrail>,
}

impl MemoryEvidence {
    /// With an empty trail; `None` where nothing may be asked of what hangs on resources.
    #[must_use]
    pub fn new(attachments: Option<Arc<dyn Attachments>>) -> Self {
        Self {
            attachments,
            trail: Arc::new(MemoryTrail::default()),
        }
    }
}

#[async_trait]
impl Evidence for MemoryEvidence {
    async fn attachments(
        &self,
        _region: Option<&str>,
        _role: Option<&Role>,
    ) -> Result<Arc<dyn Attachments>, PortError> {
        self.attachments.clone().ok_or_else(|| {
            let detail = "nothing hangs on anything here";
            PortError::new(PortErrorKind::Invalid, "attachments", detail)
        })
    }

    async fn trail(
        &self,
        _region: Option<&str>,
        _role: Option<&Role>,
    ) -> Result<Arc<dyn Trail>, PortError> {
        Ok(self.trail.clone())
    }
}

/// A trail that answers what it was given, and remembers what it was asked.
#[derive(Debug, Default)]
pub struct MemoryTrail {
    calls: Mutex<Vec<TrailCall>>,
    asked: Mutex<Vec<String>>,
    refusal: Mutex<Option<PortErrorKind>>,
}

impl MemoryTrail {
    /// Keeps a call.
    pub fn keep(&self, call: TrailCall) {
        lock(&self.calls).push(call);
    }

    /// What every question is answered with from now on instead; `None`: what is kept.
    pub fn refuse(&self, kind: Option<PortErrorKind>) {
        *lock(&self.refusal) = kind;
    }

    /// The names that were asked after since this was last asked for.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.asked))
    }
}

#[async_trait]
impl Trail for MemoryTrail {
    async fn calls(
        &self,
        resource: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<TrailCall>, PortError> {
        lock(&self.asked).push(resource.to_owned());
        if let Some(kind) = *lock(&self.refusal) {
            return Err(PortError::new(
                kind,
                "cloudtrail:LookupEvents",
                "as planned",
            ));
        }
        let mut calls: Vec<TrailCall> = lock(&self.calls)
            .iter()
            .filter(|it| {
                from <= it.at && it.at <= to && it.resources.iter().any(|it| it == resource)
            })
            .cloned()
            .collect();
        calls.sort_by_key(|it| std::cmp::Reverse(it.at));
        Ok(calls)
    }
}
