//! CloudFormation's drift detection, over the AWS SDK.
//!
//! [`Connection`] holds what every client shares: one HTTP client (which counts
//! requests and caps answers), the credentials, the region. It hands out
//! [`domain::ports::Stacks`] for a region and, where asked, an assumed role.
//! Everything the SDK says is turned into the domain's words here, and every
//! failure into a [`domain::ports::PortError`] that carries no property value.

mod answer;
mod connection;
mod failure;
mod http;
mod stacks;
#[cfg(test)]
mod tests;
mod wellformed;

pub use connection::{AssumeRole, Connection, Options};
