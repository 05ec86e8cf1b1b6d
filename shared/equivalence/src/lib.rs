#![doc = include_str!("../README.md")]

mod defaults;
mod dns;
mod document;
mod lists;
mod net;
mod places;
mod rule;
mod rules;
mod spelling;
mod tags;
mod texts;

use domain::difference::{DifferenceKind, RawDifference};
use domain::judge::{Comparison, Equivalences, Suppression, SuppressionKind};

use rule::Rule;

/// The catalogue: its rules, in the order in which they are asked.
pub struct Catalogue {
    rules: &'static [&'static dyn Rule],
}

impl Catalogue {
    /// The catalogue with every rule there is.
    #[must_use]
    pub const fn all() -> Self {
        Self { rules: rules::ALL }
    }

    /// What the catalogue says of its own rules, in the order in which they are asked.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        self.rules.iter().map(|rule| Entry {
            name: rule.name(),
            kind: rule.kind(),
            source: rule.source(),
            summary: rule.summary(),
        })
    }

    /// The catalogue as a page of documentation, in markdown: one heading a rule.
    #[must_use]
    pub fn document(&self) -> String {
        document::page(self.rules)
    }
}

impl Equivalences for Catalogue {
    fn recognise(&self, comparison: &Comparison<'_>) -> Option<Suppression> {
        if is_unexplained(comparison.difference) {
            return None;
        }
        self.rules
            .iter()
            .filter(|rule| rule.layers().contains(&comparison.layer))
            .find_map(|rule| {
                rule.recognise(comparison).map(|detail| Suppression {
                    rule: rule.name(),
                    kind: rule.kind(),
                    detail,
                })
            })
    }
}

/// Whether a change is reported that the two values do not show. Then the trees
/// do not tell what differs (an item that was compared with one at another
/// index, say), and nobody can say that it means nothing.
fn is_unexplained(difference: &RawDifference) -> bool {
    difference.kind == DifferenceKind::Changed && difference.expected == difference.actual
}

/// One rule, as the catalogue describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name that reports give it, `tag-order`.
    pub name: &'static str,
    /// What a difference that it recognises counts as.
    pub kind: SuppressionKind,
    /// The documentation that justifies it: an address, or a title.
    pub source: &'static str,
    /// What it recognises, in one sentence.
    pub summary: &'static str,
}
