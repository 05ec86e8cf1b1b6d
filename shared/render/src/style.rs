//! How a terminal report may look.

/// What the terminal can do and what the user asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether colours are written.
    pub color: bool,
    /// The terminal's width in columns. No line is longer. `None` where the
    /// output is no terminal: then only very long values are cut.
    pub width: Option<usize>,
    /// Whether the terminal shows more than ASCII.
    pub unicode: bool,
    /// Whether `--strict` was given, which makes anything uncovered incomplete.
    pub strict: bool,
}

impl Style {
    /// What stands where something was cut off.
    pub(crate) const fn ellipsis(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    /// What stands between expected and actual.
    pub(crate) const fn arrow(self) -> &'static str {
        if self.unicode { " → " } else { " -> " }
    }

    /// What stands between the parts of a line.
    pub(crate) const fn dot(self) -> &'static str {
        if self.unicode { " · " } else { " - " }
    }

    /// The width to lay out for; terminals that do not know theirs say 0.
    pub(crate) fn columns(self) -> Option<usize> {
        self.width.filter(|&columns| columns > 0)
    }
}
