#![doc = include_str!("../README.md")]

mod ahead;
mod app;
mod archive;
mod github;
mod names;
mod objects;
mod repository;
mod source;
#[cfg(test)]
mod tests;
pub mod web;

pub use archive::{Archive, Files, Limits};
pub use github::{GITHUB, Github, Options};
pub use names::Location;
pub use objects::objects;
pub use repository::Repository;
pub use source::{GithubSource, What};
