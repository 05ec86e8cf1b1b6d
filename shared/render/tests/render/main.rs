//! Every format over one report that holds every kind of entry, and over
//! reports whose names and values are hostile.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper that cannot go on fails its test"
)]

mod hostile;
mod html;
mod machine;
mod markdown;
mod sample;
mod sarif;
mod terminal;
