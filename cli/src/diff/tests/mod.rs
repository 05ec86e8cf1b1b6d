//! Pure steps of the diff: putting back, YAML, hiding, text, selectors, files.

mod hiding;
mod merging;
mod reading;
mod showing;
