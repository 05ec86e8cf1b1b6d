//! Every flow through the handler, each message twice.

mod channels;
mod crashes;
mod desk;
mod digests;
mod incidents;
mod messages;
mod rendering;
mod settling;
