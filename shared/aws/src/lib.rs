//! What Plumbline's AWS adapters share.
//!
//! [`Connection`] holds what every client needs: one HTTP client (which counts
//! requests and caps answers), the credentials, the region, retries and time
//! limits. It hands out an [`Access`] for a region and, where asked, an assumed
//! role; an adapter makes its SDK client from that, and turns every failure
//! into a [`domain::ports::PortError`] with [`Place::error`]. An adapter of few
//! calls needs no SDK: it writes a `Call` and makes it with `Access::call`
//! (feature `signed`).

mod connection;
mod failure;
mod http;
#[cfg(feature = "objects")]
mod objects;
#[cfg(feature = "queues")]
mod queues;
#[cfg(feature = "signed")]
mod refusal;
mod roots;
#[cfg(feature = "secrets")]
mod secrets;
mod session;
#[cfg(feature = "signed")]
mod signed;
#[cfg(test)]
mod tests;
#[cfg(feature = "topic")]
mod topic;

pub use connection::{Access, Connection, Options};
pub use failure::{Place, Refused, invalid};
#[cfg(feature = "objects")]
pub use objects::objects;
#[cfg(feature = "queues")]
pub use queues::{Backlog, Letter, Received, Sqs, account_of, queues};
#[cfg(feature = "signed")]
pub use refusal::refusal_in_json;
pub use roots::Roots;
#[cfg(feature = "secrets")]
pub use secrets::secrets;
#[cfg(feature = "signed")]
pub use signed::{Call, Service, Unanswered, bytes_of};
#[cfg(feature = "topic")]
pub use topic::topic;

/// An answer as it came, its body read. See [`bytes_of`].
#[cfg(feature = "signed")]
pub use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
