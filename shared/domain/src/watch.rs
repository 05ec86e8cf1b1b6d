//! Which units are provably no longer watched.
//!
//! A unit that left the config or was deleted closes its findings as
//! `unwatched`. What cannot be proven changes nothing: a region that could not
//! be listed says nothing about its stacks.

/// Whether the unit is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Its account and region were listed, and it is not among them.
    Gone,
    /// It was listed.
    Listed,
    /// Its account and region were not listed, or not completely.
    NotListed,
}

/// Whether the config still selects the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// A target selects it.
    Selected,
    /// No target can select it.
    Deselected,
    /// It cannot be told: a nested stack whose parents could not all be looked at, say.
    Unsure,
}

/// Whether a unit's findings are to be closed as unwatched.
#[must_use]
pub const fn has_left(presence: Presence, selection: Selection) -> bool {
    match presence {
        Presence::Gone => true,
        Presence::Listed | Presence::NotListed => matches!(selection, Selection::Deselected),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_proven_to_have_left_has_left() {
        for selection in [
            Selection::Selected,
            Selection::Deselected,
            Selection::Unsure,
        ] {
            assert!(has_left(Presence::Gone, selection));
        }
        for presence in [Presence::Listed, Presence::NotListed] {
            assert!(has_left(presence, Selection::Deselected));
            assert!(!has_left(presence, Selection::Selected));
            assert!(!has_left(presence, Selection::Unsure));
        }
    }
}
