//! CloudFormation's drift detection, over the AWS SDK.
//!
//! [`stacks`] is the door: [`domain::ports::Stacks`] over a connection, in a
//! region and, where asked, through an assumed role. Everything the SDK says is
//! turned into the domain's words here, and every failure into a
//! [`domain::ports::PortError`] that carries no property value.

mod answer;
mod dated;
mod stacks;
#[cfg(test)]
mod tests;
mod wellformed;

pub use stacks::{AwsAccounts, stacks};
