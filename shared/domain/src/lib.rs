//! Plumbline's words, decisions and ports.
//!
//! Everything here is vendor-free: no AWS SDK, no Kubernetes client, no async
//! runtime. Decisions are pure functions; what they need from outside comes
//! through the traits in [`ports`], and what they mean is fixed by the words in
//! the other modules. Adapters, functions and the command line depend on this
//! crate, never the other way round.

pub mod attribution;
pub mod conceal;
pub mod difference;
pub mod finding;
pub mod identity;
pub mod judge;
pub mod layer;
pub mod life;
pub mod look;
pub mod pointer;
pub mod ports;
pub mod record;
pub mod report;
pub mod resource;
pub mod sensitive;
pub mod severity;
pub mod stack;
pub mod unit;
pub mod watch;
