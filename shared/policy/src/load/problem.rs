//! What is wrong with a file, or deserves a second look, and where.

use std::fmt;

use super::path::Path;
use super::tree::Place;

/// Something wrong or remarkable at a place of a file. It never holds a value
/// that may be secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file's name.
    pub file: String,
    /// Line and column, from 1; `None` where it is about the file as a whole.
    pub place: Option<(u64, u64)>,
    /// The keys that lead there, `targets[0].name`; empty at the root.
    pub path: String,
    /// What it is, and what would mend it.
    pub message: String,
}

impl Problem {
    pub(crate) fn of_file(file: &str, message: String) -> Self {
        Self {
            file: file.to_owned(),
            place: None,
            path: String::new(),
            message,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        f.write_str(": ")?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// Everything that is wrong with a file, one line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(Vec<Problem>);

impl ConfigErrors {
    pub(crate) fn one(problem: Problem) -> Self {
        Self(vec![problem])
    }

    /// The problems, in the order of the file; at least one.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// Collects errors and warnings while a file is read.
pub(crate) struct Problems {
    file: String,
    errors: Vec<(Path, Problem)>,
    warnings: Vec<Problem>,
}

impl Problems {
    pub(crate) fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            errors: Vec::new(),
            warnings: Vec::new(),
        }
    }

    pub(crate) fn at(&mut self, place: Place, path: &Path, message: impl Into<String>) {
        let problem = self.problem(place, path, message.into());
        self.errors.push((path.clone(), problem));
    }

    pub(crate) fn warn(&mut self, place: Place, path: &Path, message: impl Into<String>) {
        let problem = self.problem(place, path, message.into());
        self.warnings.push(problem);
    }

    fn problem(&self, place: Place, path: &Path, message: String) -> Problem {
        Problem {
            file: self.file.clone(),
            place: Some((place.line, place.column)),
            path: path.to_string(),
            message,
        }
    }

    /// Whether something within that node is wrong already, so that what follows from it need not be said.
    pub(crate) fn has_within(&self, path: &Path) -> bool {
        self.errors.iter().any(|(at, _)| path.holds(at))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    pub(crate) fn into_errors(mut self) -> ConfigErrors {
        self.errors.sort_by_key(|(_, problem)| problem.place);
        ConfigErrors(
            self.errors
                .into_iter()
                .map(|(_, problem)| problem)
                .collect(),
        )
    }

    pub(crate) fn into_warnings(mut self) -> Vec<Problem> {
        self.warnings.sort_by_key(|problem| problem.place);
        self.warnings
    }
}
