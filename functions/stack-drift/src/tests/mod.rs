//! The function through its door, each message twice.

mod desk;
mod ends;
mod looks;
