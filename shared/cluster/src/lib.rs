#![doc = include_str!("../README.md")]

mod ask;
mod cache;
mod connect;
mod discovery;
#[cfg(feature = "eks")]
mod eks;
mod exchange;
mod failure;
mod json;
mod kubeconfig;
mod options;
mod plugin;
mod schema;
mod server;
#[cfg(test)]
mod tests;
mod token;
mod transport;

pub use cache::{Cache, DiskCache, NoCache};
pub use connect::connect;
#[cfg(feature = "eks")]
pub use eks::Eks;
pub use options::{Options, Way};
pub use server::ApiServer;
