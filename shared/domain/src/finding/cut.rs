//! Findings with more differences than one item of a ledger holds.

use serde::{Deserialize, Serialize};

use super::Finding;
use crate::difference::Difference;
use crate::life;

/// The bytes of JSON that a finding's differences may take where an item has a limit.
pub const MOST_DIFFERENCES: usize = 64 * 1024;

/// What a finding was before its differences were cut. What was accepted and
/// what has changed is judged by the whole, not by what is left of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// How many differences there were.
    pub differences: u64,
    /// The SHA-256 of all of them, as [`Finding::fingerprint`] gives it.
    pub fingerprint: String,
}

impl Finding {
    /// The hash of the change and of every difference's path, kind and values;
    /// of all of them, also where only some are left here.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        match &self.cut {
            Some(cut) => cut.fingerprint.clone(),
            None => life::fingerprint(self.change, &self.differences),
        }
    }

    /// The same finding with no more differences than take `limit` bytes as
    /// JSON: the most severe, of those the first by path. A ledger that can
    /// hold any finding needs no cut.
    #[must_use]
    pub fn cut_to(&self, limit: usize) -> Self {
        // A difference is data, which cannot fail to be JSON; if it did, it would not fit.
        let size = |it: &Difference| serde_json::to_vec(it).map_or(usize::MAX, |json| json.len());
        let sizes: Vec<usize> = self.differences.iter().map(size).collect();
        let mut order: Vec<usize> = (0..sizes.len()).collect();
        // Stable: the differences stand in the order of their paths.
        order.sort_by_key(|&at| std::cmp::Reverse(self.differences[at].severity));
        // The brackets; each difference brings its comma.
        let mut left = limit.saturating_sub(2);
        let mut kept: Vec<usize> = Vec::with_capacity(order.len());
        for at in order {
            if let Some(rest) = left.checked_sub(sizes[at].saturating_add(1)) {
                left = rest;
                kept.push(at);
            }
        }
        if kept.len() == sizes.len() {
            return self.clone();
        }
        kept.sort_unstable();
        let whole = Cut {
            differences: sizes.len() as u64,
            fingerprint: self.fingerprint(),
        };
        Self {
            differences: kept
                .into_iter()
                .map(|at| self.differences[at].clone())
                .collect(),
            cut: Some(self.cut.clone().unwrap_or(whole)),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::finding::Event;
    use crate::judge::Sighting;
    use crate::life::tests::{at, moment, sighting};
    use crate::life::{Word, opened, said, seen};
    use crate::severity::Severity;

    /// A queue with that many differences of about a hundred bytes of values, the last of them the worst.
    fn large(many: usize, value: u8) -> Sighting {
        let mut large = sighting("Queue", value);
        let one = large.differences.remove(0);
        large.differences = (0..many)
            .map(|i| Difference {
                path: format!("/P{i:04}"),
                actual: Some(json!([value, "é".repeat(50)])),
                severity: match i + 1 == many {
                    true => Severity::Critical,
                    false => Severity::Medium,
                },
                ..one.clone()
            })
            .collect();
        large
    }

    fn json_len(finding: &Finding) -> usize {
        serde_json::to_string(&finding.differences).unwrap().len()
    }

    #[test]
    fn what_fits_is_not_cut() {
        let whole = opened(&large(9, 1), moment(0, 0)).finding;
        let just = json_len(&whole) + 1;
        assert_eq!(whole.cut_to(just), whole);
        assert_eq!(whole.cut_to(usize::MAX), whole);
        let over = whole.cut_to(just - 1);
        assert_eq!(over.differences.len(), 8);
        assert!(over.cut.is_some());
    }

    #[test]
    fn the_worst_differences_are_kept_in_the_order_of_their_paths() {
        let whole = opened(&large(1_000, 1), moment(0, 0)).finding;
        let cut = whole.cut_to(MOST_DIFFERENCES);
        assert!(json_len(&cut) <= MOST_DIFFERENCES);
        assert!(json_len(&cut) > MOST_DIFFERENCES - 400);
        let paths: Vec<&str> = cut.differences.iter().map(|it| it.path.as_str()).collect();
        assert!(paths.is_sorted());
        assert_eq!(paths.first(), Some(&"/P0000"));
        assert_eq!(paths.last(), Some(&"/P0999"), "the critical one");
        assert_eq!(cut.cut.as_ref().map(|it| it.differences), Some(1_000));
        assert_eq!(cut.fingerprint(), whole.fingerprint());
        let rest = |it: &Finding| Finding {
            differences: vec![],
            cut: None,
            ..it.clone()
        };
        assert_eq!(rest(&cut), rest(&whole));
    }

    #[test]
    fn one_difference_that_is_too_large_does_not_take_the_others_with_it() {
        let mut seen = large(3, 1);
        seen.differences[0].actual = Some(json!("x".repeat(2_000)));
        let cut = opened(&seen, moment(0, 0)).finding.cut_to(1_000);
        let paths: Vec<&str> = cut.differences.iter().map(|it| it.path.as_str()).collect();
        assert_eq!(paths, ["/P0001", "/P0002"]);
        assert_eq!(
            opened(&seen, moment(0, 0)).finding.cut_to(0).differences,
            []
        );
    }

    #[test]
    fn a_cut_finding_is_cut_further_without_losing_what_it_was() {
        let whole = opened(&large(1_000, 1), moment(0, 0)).finding;
        let twice = whole.cut_to(MOST_DIFFERENCES).cut_to(1_000);
        assert!(json_len(&twice) <= 1_000);
        assert_eq!(twice.cut, whole.cut_to(MOST_DIFFERENCES).cut);
    }

    #[test]
    fn a_look_at_a_cut_finding_is_judged_by_the_whole() {
        let stored = opened(&large(1_000, 1), moment(0, 0))
            .finding
            .cut_to(MOST_DIFFERENCES);
        let events = |it: &life::Decision| it.history.iter().map(|it| it.event).collect::<Vec<_>>();
        let same = seen(Some(&stored), &large(1_000, 1), moment(5, 5)).unwrap();
        assert_eq!(events(&same), []);
        assert_eq!(
            (same.finding.cut.as_ref(), same.finding.differences.len()),
            (None, 1_000)
        );
        // A change in one that was not kept.
        let mut other = large(1_000, 1);
        other.differences[998].actual = Some(json!("other"));
        let changed = seen(Some(&stored), &other, moment(5, 5)).unwrap();
        assert_eq!(events(&changed), [Event::Changed]);
    }

    #[test]
    fn an_acceptance_of_a_cut_finding_accepts_the_whole() {
        let stored = opened(&large(1_000, 1), moment(0, 0))
            .finding
            .cut_to(MOST_DIFFERENCES);
        let accept = Word::Accept {
            reason: "fine".to_owned(),
            until: at(900),
        };
        let accepted = said(&stored, &accept, "ana", at(1)).unwrap().finding;
        let same = seen(Some(&accepted), &large(1_000, 1), moment(5, 5)).unwrap();
        assert!(same.history.is_empty() && same.finding.acceptance.is_some());
        let mut other = large(1_000, 1);
        other.differences[998].actual = Some(json!("other"));
        let ended = seen(Some(&accepted), &other, moment(5, 5)).unwrap();
        assert!(ended.finding.acceptance.is_none());
    }

    #[test]
    fn a_finding_that_was_never_cut_reads_as_before() {
        let whole = opened(&large(2, 1), moment(0, 0)).finding;
        let json = serde_json::to_value(&whole).unwrap();
        assert!(json.get("cut").is_none());
        assert_eq!(serde_json::from_value::<Finding>(json).unwrap(), whole);
        let cut = whole.cut_to(10);
        let json = serde_json::to_value(&cut).unwrap();
        assert_eq!(serde_json::from_value::<Finding>(json).unwrap(), cut);
    }
}
