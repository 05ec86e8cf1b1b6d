//! Who made what a finding shows.

use std::collections::BTreeMap;

use super::{Decision, Draft, Moment, fingerprint};
use crate::attribute::Attributed;
use crate::difference::{Change, DifferenceKind};
use crate::finding::{Event, Finding, LastSeen};
use crate::judge::Sighting;
use crate::message::Kind;

/// It became known who made what it shows; `None` where it is closed, or no
/// longer shows what was asked about. Who was told of it is told again only
/// where its severity rose.
#[must_use]
pub fn attributed(
    previous: &Finding,
    attributed: &Attributed,
    moment: Moment<'_>,
) -> Option<Decision> {
    let before = fingerprint(previous.change, &previous.differences);
    let asked_about = fingerprint(previous.change, &attributed.differences);
    let is_news = previous.attribution != attributed.attribution
        || previous.differences != attributed.differences;
    if previous.closed.is_some() || before != asked_about || !is_news {
        return None;
    }
    let mut draft = Draft::of(previous);
    let rose = attributed.severity > previous.severity;
    draft
        .finding
        .differences
        .clone_from(&attributed.differences);
    draft
        .finding
        .attribution
        .clone_from(&attributed.attribution);
    if rose {
        draft.finding.severity = attributed.severity;
        draft.finding.cause = attributed.cause;
        draft.finding.rule.clone_from(&attributed.rule);
    }
    draft.note(moment.now, Event::Attributed, None, by_whom(attributed));
    // Of a baseline nobody hears one by one: it is no change that its author is known now.
    if rose && !draft.finding.baseline {
        draft.tell(Kind::FindingChanged, moment);
    }
    Some(draft.decide())
}

/// Who made it and how, each once.
fn by_whom(attributed: &Attributed) -> String {
    let differences = attributed.differences.iter();
    let all = differences
        .filter_map(|it| it.attribution.as_ref())
        .chain(&attributed.attribution);
    let mut words: Vec<String> = Vec::new();
    for who in all {
        let console = if who.console { " in the console" } else { "" };
        let word = format!("{} by {}{console}", who.how, who.who);
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(", ")
}

/// Where something could not be read, what was added and is not seen now is not
/// gone for that: a look that failed takes nothing away.
fn keep_unread(sighting: &mut Sighting, previous: &Finding) {
    if !sighting.is_partial {
        return;
    }
    for known in &previous.differences {
        let is_seen = sighting.differences.iter().any(|it| it.path == known.path);
        if known.kind != DifferenceKind::Added || is_seen {
            continue;
        }
        if known.severity > sighting.severity {
            (sighting.severity, sighting.cause) = (known.severity, known.cause);
            sighting.rule.clone_from(&previous.rule);
        }
        sighting.differences.push(known.clone());
    }
    sighting
        .differences
        .sort_by(|a, b| (&a.path, a.kind).cmp(&(&b.path, b.kind)));
}

/// What of a sighting was kept and not read, with the look that last saw it.
pub(super) fn unread(
    (kept, read): (&Sighting, &Sighting),
    previous: &Finding,
) -> BTreeMap<String, LastSeen> {
    let is_read = |path: &String| read.differences.iter().any(|it| it.path == *path);
    let paths = kept.differences.iter().map(|it| &it.path);
    paths
        .filter(|path| !is_read(path))
        .map(|path| (path.clone(), previous.last_saw(path)))
        .collect()
}

/// The sighting with what is known of who made the very same differences, which
/// a look that was judged before somebody found out does not know. Under the
/// same config no severity falls that rose with it.
pub(super) fn inheriting(sighting: &Sighting, previous: &Finding, moment: Moment<'_>) -> Sighting {
    let mut sighting = sighting.clone();
    if previous.closed.is_some() || previous.change != sighting.change {
        return sighting;
    }
    if sighting.attribution.is_none() {
        sighting.attribution.clone_from(&previous.attribution);
    }
    for difference in &mut sighting.differences {
        let known = previous
            .differences
            .iter()
            .find(|it| it.is_same(difference));
        let Some(known) = known.filter(|it| it.attribution.is_some()) else {
            continue;
        };
        if difference.attribution.is_none() {
            difference.attribution.clone_from(&known.attribution);
        }
        if previous.config == moment.config && known.severity > difference.severity {
            (difference.severity, difference.cause) = (known.severity, known.cause);
        }
    }
    keep_unread(&mut sighting, previous);
    let is_whole = sighting.change != Change::Modified;
    let rose = match is_whole {
        true => previous.attribution.is_some(),
        false => sighting
            .differences
            .iter()
            .any(|it| it.severity > sighting.severity),
    };
    if rose && previous.config == moment.config && previous.severity > sighting.severity {
        (sighting.severity, sighting.cause) = (previous.severity, previous.cause);
        sighting.rule.clone_from(&previous.rule);
    }
    sighting
}
