#![doc = include_str!("../README.md")]

mod document;
mod duplicate;
mod files;
mod limits;
mod object;
mod rendered;
mod sources;
mod text;
mod yaml;

pub use files::read_files;
pub use limits::{LARGEST_FILE, LARGEST_SOURCE, MOST_DOCUMENTS, MOST_FILES};
pub use rendered::read_rendered;
pub use sources::{Directory, Helm, Kustomize, Tools};

#[cfg(test)]
mod tests;
