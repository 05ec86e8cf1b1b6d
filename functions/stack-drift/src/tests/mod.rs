//! The function through its door, each message twice.

mod around;
mod authors;
mod desk;
mod ends;
mod looks;
mod resources;
mod stack_sets;
mod summaries;
