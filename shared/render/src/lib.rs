//! Turns what Plumbline found into text, for people and for tools.
//!
//! Every function takes what `domain` already holds and gives a `String`;
//! nothing is read, printed or measured here, and equal input gives equal
//! text. Names and values come from outside and may be hostile, so each format
//! escapes them for its own channel before it writes them.

mod html;
mod machine;
mod markdown;
mod pair;
mod sarif;
mod style;
mod terminal;
mod text;
mod value;
mod words;

pub use html::{Histories, html};
pub use machine::{RenderError, json, name, yaml};
pub use markdown::markdown;
pub use sarif::sarif;
pub use style::Style;
pub use terminal::{FindingPage, finding, findings_table, findings_wide, table, wide};
