//! Plumbline's words, decisions and ports.
//!
//! Everything here is vendor-free: no AWS SDK, no Kubernetes client, no async
//! runtime. Decisions are pure functions; what they need from outside comes
//! through the traits in [`ports`], and what they mean is fixed by the words in
//! the other modules. Adapters, functions and the command line depend on this
//! crate, never the other way round.

pub mod attribute;
pub mod attribution;
pub mod baseline;
pub mod conceal;
pub mod counter;
pub mod current;
pub mod difference;
pub mod effect;
pub mod finding;
pub mod gone;
pub mod handled;
pub mod heard;
pub mod identity;
pub mod incident;
pub mod judge;
pub mod layer;
pub mod lease;
pub mod life;
pub mod look;
pub mod message;
pub mod nest;
pub mod once;
pub mod outbox;
pub mod pointer;
pub mod ports;
pub mod record;
pub mod report;
pub mod resource;
pub mod sensitive;
pub mod severity;
pub mod slot;
pub mod stack;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod timer;
pub mod unit;
pub mod watch;
pub mod work;
