//! What is asked about a finding whose author is not known.

use std::slice;

use domain::attribution::Attribution;
use domain::difference::{Difference, DifferenceKind};
use domain::finding::Finding;
use domain::heard;
use domain::ports::{Items, PortError, TrailCall};
use domain::resource::Resource;
use jiff::{SignedDuration, Timestamp};

use crate::author::{Drifted, author};
use crate::region::region_of;

/// How far back CloudTrail keeps its record.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Where, under which names and of what time calls on a finding's resource are recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The account.
    pub account: String,
    /// The region that keeps the record.
    pub region: String,
    /// The resource's physical id and, where that is an ARN, a URL or a path, its last part.
    pub names: Vec<String>,
    /// From the last complete look that did not show it, or as far back as the
    /// record goes, to when it was seen.
    pub window: (Timestamp, Timestamp),
}

impl Question {
    /// The question about a finding.
    #[must_use]
    pub fn of(finding: &Finding) -> Self {
        Self::about(&finding.resource, (finding.since, finding.last_seen))
    }

    /// The question about a resource that was straight at the first time, if it
    /// ever was, and was seen bent at the second.
    #[must_use]
    pub fn about(resource: &Resource, (since, to): (Option<Timestamp>, Timestamp)) -> Self {
        let region = resource.region.as_deref().unwrap_or_default();
        let earliest = to.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
        Self {
            account: resource.account.clone().unwrap_or_default(),
            region: region_of(&resource.kind, region),
            names: names(resource),
            window: (since.unwrap_or(earliest).max(earliest), to),
        }
    }

    /// The calls that a trail told of by itself.
    ///
    /// # Errors
    ///
    /// Whatever the items answer.
    pub async fn heard(&self, items: &dyn Items) -> Result<Vec<TrailCall>, PortError> {
        let mut calls = Vec::new();
        for name in &self.names {
            let of = (self.account.as_str(), name.as_str());
            calls.extend(heard::calls(items, of, self.window).await?);
        }
        Ok(calls)
    }

    /// Whether what was answered to this question answers the other one, which
    /// was asked later about what the same look saw: what was called in between
    /// cannot be what it saw.
    #[must_use]
    pub fn answers(&self, later: &Self) -> bool {
        let of = |it: &Self| (it.account.clone(), it.region.clone(), it.names.clone());
        of(self) == of(later) && self.window.0 <= later.window.0
    }

    /// Who made a difference of the finding or, without one, deleted the
    /// resource: the [`author`] among calls, where it can have been nobody else.
    ///
    /// Who takes away has not put there what is there, nor the other way round.
    /// What was called since the look began may be what it saw, or have come
    /// after that; and of an entry without an id the record does not say whether
    /// a call was about another. Where two have been at it, nobody is named. What
    /// the last look could not read was made before the one that last saw it.
    #[must_use]
    pub fn whom(
        &self,
        calls: &[TrailCall],
        (finding, difference): (&Finding, Option<&Difference>),
    ) -> Option<Attribution> {
        let path = difference.map(|it| it.path.as_str());
        let entry = difference.and_then(|it| it.entry.as_deref());
        let drifted = Drifted {
            resource: &finding.resource,
            paths: path.as_slice(),
            items: entry.as_slice(),
        };
        let other_way: &[&str] = match difference.map(|it| it.kind) {
            Some(DifferenceKind::Added) => &["Delete", "Detach", "Revoke"],
            Some(DifferenceKind::Removed) => &["Attach", "Authorize"],
            _ => &[],
        };
        let mut calls = calls.to_vec();
        calls.retain(|call| !other_way.iter().any(|it| call.name.starts_with(it)));
        let (from, to) = self.window;
        let last = finding.last_saw(path.unwrap_or_default());
        let to = to.min(last.at);
        let named = author(&calls, (from, to), &drifted)?;
        let is_some_entry = entry.is_none() && path.is_some_and(|it| it.split('/').any(is_number));
        let begun = last.look_started_at.clamp(from, to.max(from));
        let doubtful = (if is_some_entry { from } else { begun }, to);
        let mut possible = calls
            .iter()
            .filter_map(|call| author(slice::from_ref(call), doubtful, &drifted))
            .chain(author(&calls, (from, begun), &drifted));
        possible.all(|it| it.who == named.who).then_some(named)
    }
}

fn is_number(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|it| it.is_ascii_digit())
}

fn names(resource: &Resource) -> Vec<String> {
    let id = resource.id.as_str();
    let last = id.rsplit(['/', ':']).next().unwrap_or_default();
    let mut names = vec![id.to_owned()];
    if last != id {
        names.push(last.to_owned());
    }
    names.retain(|it| !it.is_empty());
    names
}

#[cfg(test)]
mod tests {
    use domain::finding::LastSeen;
    use domain::unit::Unit;

    use super::*;
    use crate::tests::{ACCOUNT, REGION, at, call, resource};

    fn finding(path: &str, kind: DifferenceKind) -> Finding {
        let unit = Unit::stack(ACCOUNT, REGION, "shop");
        let mut finding = domain::testing::finding(&unit, "Queue", at(100));
        finding.resource = resource("AWS::SQS::Queue", "https://queue/orders");
        finding.look_started_at = at(60);
        finding.differences.truncate(1);
        path.clone_into(&mut finding.differences[0].path);
        finding.differences[0].kind = kind;
        finding
    }

    fn by(who: &str, second: i64, name: &str) -> TrailCall {
        TrailCall {
            who: who.to_owned(),
            ..call(second, ("sqs", name), &["https://queue/orders"])
        }
    }

    fn named(finding: &Finding, calls: &[TrailCall]) -> Option<String> {
        let difference = finding.differences.first();
        let question = Question::of(finding);
        Some(question.whom(calls, (finding, difference))?.who)
    }

    #[test]
    fn who_called_before_the_look_began_is_named_and_two_since_then_are_not() {
        let finding = finding("/DelaySeconds", DifferenceKind::Changed);
        let set = |who, second| by(who, second, "SetQueueAttributes");
        let before = [set("alice", 30)];
        assert_eq!(named(&finding, &before).as_deref(), Some("alice"));
        // Of two before it, the newest set what is there.
        let two = [set("alice", 30), set("bob", 40)];
        assert_eq!(named(&finding, &two).as_deref(), Some("bob"));
        // What came while the look went on may be what it saw, or not.
        let during = [set("alice", 30), set("bob", 70)];
        assert_eq!(named(&finding, &during), None);
        let alone = [set("bob", 70)];
        assert_eq!(named(&finding, &alone).as_deref(), Some("bob"));
    }

    #[test]
    fn what_the_last_look_could_not_read_was_not_made_since_it_was_last_seen() {
        let mut finding = finding("/DelaySeconds", DifferenceKind::Added);
        let set = |who, second| by(who, second, "SetQueueAttributes");
        let calls = [set("alice", 20), set("bob", 50)];
        assert_eq!(named(&finding, &calls).as_deref(), Some("bob"));
        let last = LastSeen {
            look_started_at: at(25),
            at: at(40),
        };
        finding.unread.insert("/DelaySeconds".to_owned(), last);
        assert_eq!(named(&finding, &calls).as_deref(), Some("alice"));
        // In the look that last saw it, two may have been it.
        let during = [set("alice", 20), set("bob", 30)];
        assert_eq!(named(&finding, &during), None);
        // Of what was read, the last look counts.
        "/Other".clone_into(&mut finding.differences[0].path);
        assert_eq!(named(&finding, &calls).as_deref(), Some("bob"));
    }

    #[test]
    fn of_an_entry_without_an_id_two_people_are_nobody() {
        let finding = finding("/RedrivePolicy/0", DifferenceKind::Changed);
        let set = |who, second| by(who, second, "SetQueueAttributes");
        let two = [set("alice", 30), set("bob", 40)];
        assert_eq!(named(&finding, &two), None);
        let one = [set("bob", 30), set("bob", 40)];
        assert_eq!(named(&finding, &one).as_deref(), Some("bob"));
    }

    #[test]
    fn an_answer_holds_for_the_same_resource_and_no_time_before_its_own() {
        let finding = finding("/DelaySeconds", DifferenceKind::Changed);
        let asked = |since: Option<i64>, to: i64| {
            Question::about(&finding.resource, (since.map(at), at(to)))
        };
        assert_eq!(Question::of(&finding), asked(None, 100));
        assert!(asked(Some(10), 90).answers(&asked(Some(10), 100)));
        assert!(!asked(Some(10), 90).answers(&asked(Some(5), 100)));
        let another = Resource {
            id: "https://queue/parcels".to_owned(),
            ..finding.resource.clone()
        };
        let another = Question::about(&another, (Some(at(10)), at(100)));
        assert!(!asked(Some(10), 90).answers(&another));
    }

    #[test]
    fn a_resource_is_asked_after_by_its_id_and_by_the_end_of_it() {
        let of = |id: &str| {
            names(&Resource {
                id: id.to_owned(),
                ..Resource::default()
            })
        };
        assert_eq!(of("sg-1"), ["sg-1"]);
        assert_eq!(
            of("https://sqs.eu-west-1.amazonaws.com/1/orders"),
            ["https://sqs.eu-west-1.amazonaws.com/1/orders", "orders"]
        );
        assert_eq!(of("arn:aws:sns:r:1:t"), ["arn:aws:sns:r:1:t", "t"]);
        assert_eq!(of("ends/"), ["ends/"]);
        assert!(of("").is_empty());
    }
}
