//! Reading the file, and saying everything that is wrong with it in one go.
//!
//! The YAML becomes a tree that knows the place of every node; the tree is
//! walked along the JSON schema ([`walk`]), which finds what is unknown, missing
//! or of the wrong kind; what is left is turned into the types and checked for
//! what no schema can say ([`semantic`]).

mod file;
mod later;
mod path;
mod problem;
mod semantic;
mod tree;
mod walk;

use domain::conceal::{canonical, sha256};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use crate::config::Config;

pub(crate) use path::Path;
pub(crate) use problem::Problems;
pub use problem::{ConfigErrors, Problem};
pub(crate) use tree::Node;

/// A config file that is in order.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What it says.
    pub config: Config,
    /// The hex SHA-256 of the canonical JSON of what the file says (keys sorted,
    /// no white space, defaults not filled in): comments and layout do not change
    /// it, every value does. Findings carry the hash they were decided under.
    pub hash: String,
    /// What deserves a second look and does not make the file wrong.
    pub warnings: Vec<Problem>,
    file: String,
    root: Node,
}

impl Loaded {
    /// The file's name, as problems give it.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line of an entry of a list of the file (`ignore`, `notify.routes`), from 1.
    pub(crate) fn line(&self, list: &str, index: usize) -> u64 {
        let list = list
            .split('.')
            .fold(Path::root(), |path, key| path.key(key));
        self.root.place(&list.index(index)).line
    }
}

impl Config {
    /// Reads the text of a config file. `now` tells which ignores and waivers are past their date.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, in the order of the file.
    pub fn parse(text: &str, file: &str, now: Timestamp) -> Result<Loaded, ConfigErrors> {
        let mut problems = Problems::new(file);
        let schema = crate::schema::committed();
        let Some((root, config)) = read::<Config>(text, schema, &mut problems) else {
            return Err(problems.into_errors());
        };
        if let Some(config) = &config {
            semantic::check(config, &root, now, &mut problems);
        }
        match config {
            Some(config) if problems.is_empty() => Ok(Loaded {
                config,
                hash: sha256(canonical(&root.to_json()).as_bytes()),
                warnings: problems.into_warnings(),
                file: file.to_owned(),
                root,
            }),
            _ => Err(problems.into_errors()),
        }
    }

    /// Reads a config file, as of now by the machine's clock.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, also where it cannot be read at all.
    pub fn load(path: &std::path::Path) -> Result<Loaded, ConfigErrors> {
        let file = path.display().to_string();
        Self::parse(&file::text(path)?, &file, Timestamp::now())
    }
}

/// Reads any of the package's files: the tree, and the typed value where the
/// tree is near enough to it (unknown keys are left out, and reported).
pub(crate) fn read<T: DeserializeOwned>(
    text: &str,
    schema: &serde_json::Value,
    problems: &mut Problems,
) -> Option<(Node, Option<T>)> {
    let root = match tree::parse(text) {
        Ok(root) => root,
        Err((place, message)) => {
            problems.at(place, &Path::root(), message);
            return None;
        }
    };
    let cleaned = walk::walk(schema, &root, problems);
    let value = match serde_json::from_value(cleaned) {
        Ok(value) => Some(value),
        Err(error) => {
            // The walk says all that can be wrong; this is for what it should miss.
            if problems.is_empty() {
                problems.at(root.at, &Path::root(), error.to_string());
            }
            None
        }
    };
    Some((root, value))
}

/// Reads another file of the package from disk.
#[cfg(feature = "schema")]
pub(crate) use file::text as read_text;
