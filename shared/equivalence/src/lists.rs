//! Lists whose order means nothing, and the differences that only order makes.
//!
//! A list that was reordered shows as differences at its indexes. Such a
//! difference is no drift where both items that meet there have an equal
//! elsewhere on the other side. An item without one keeps its difference, so
//! what was really added, removed or changed in the same list stays.

use std::collections::HashMap;

use domain::difference::{DifferenceKind, RawDifference};
use serde_json::Value;

use crate::places;
use crate::spelling::{Spelling, normal};

/// Two lists that are compared as sets.
pub(crate) struct Unordered {
    expected: Vec<String>,
    actual: Vec<String>,
}

impl Unordered {
    /// Reads both lists. `None` where there is nothing that could be compared,
    /// and where an item is there more often on one side than on the other:
    /// such a list has a change that no single index stands for.
    pub(crate) fn read(expected: &Value, actual: &Value) -> Option<Self> {
        let read = |side: &Value| {
            side.as_array()?
                .iter()
                .map(|item| normal(item, Spelling::Scalars))
                .collect::<Option<Vec<String>>>()
        };
        let lists = Self {
            expected: read(expected)?,
            actual: read(actual)?,
        };
        lists
            .counts()
            .values()
            .all(|(expected, actual)| expected == actual || *expected == 0 || *actual == 0)
            .then_some(lists)
    }

    /// Whether both hold the same items.
    pub(crate) fn equal(&self) -> bool {
        self.counts()
            .values()
            .all(|(expected, actual)| expected == actual)
    }

    /// Whether a difference at an item, or below it, exists only because of order.
    pub(crate) fn only_order(&self, difference: &RawDifference, list: &str) -> bool {
        let Some((index, below)) = places::item(&difference.path, list) else {
            return false;
        };
        let settled = |here: &[String], there: &[String]| {
            here.get(index).is_some_and(|item| there.contains(item))
        };
        match difference.kind {
            DifferenceKind::Added if below.is_empty() => settled(&self.actual, &self.expected),
            DifferenceKind::Removed if below.is_empty() => settled(&self.expected, &self.actual),
            // Equal items at one index are another rule's business: there order did nothing.
            _ => {
                self.expected.get(index) != self.actual.get(index)
                    && settled(&self.expected, &self.actual)
                    && settled(&self.actual, &self.expected)
            }
        }
    }

    fn counts(&self) -> HashMap<&str, (usize, usize)> {
        let mut counts = HashMap::<&str, (usize, usize)>::new();
        for item in &self.expected {
            counts.entry(item).or_default().0 += 1;
        }
        for item in &self.actual {
            counts.entry(item).or_default().1 += 1;
        }
        counts
    }
}
