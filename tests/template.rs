//! The deployed template, held to what an emulator does not show: who may do what, what cannot be delivered, what is
//! kept for how long, and what it costs.
//!
//! A check is a function from a template to complaints. The real template gets none; a template with one thing broken
//! gets the one that names it, so that every check is known to notice.

mod cost;
mod data;
mod delivery;
mod detections;
mod forwarding;
mod functions;
mod looks;
mod prices;
mod rights;
mod state;
mod support;
mod trail;
mod triggers;
mod yaml;
