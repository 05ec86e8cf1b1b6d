//! The sentences and names that every format shares.

use std::collections::BTreeMap;

use domain::attribution::Attribution;
use domain::difference::{Change, Difference};
use domain::finding::Status;
use domain::report::{Entry, FindingEntry, ScanReport, ScanVerdict, seconds};
use domain::resource::Resource;
use jiff::Timestamp;

/// The characters of a hash that are shown: enough to tell two states apart.
const HASH: usize = 16;

/// The reason of an unknown that is no resource: a target that matched no unit.
const MATCHED_NOTHING: &str = "matched-nothing";

/// `1 resource`, `3 resources`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// A length as the number the report's figures are written in.
pub(crate) fn number(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// A time to the minute, `2026-11-24 06:00 UTC`.
pub(crate) fn minute(at: Timestamp) -> String {
    let text = seconds::text(at);
    let text = text.strip_suffix('Z').unwrap_or(&text);
    let text = text.rsplit_once(':').map_or(text, |(head, _)| head);
    format!("{} UTC", text.replace('T', " "))
}

/// How long a scan took.
pub(crate) fn duration(report: &ScanReport) -> String {
    let seconds = report
        .finished_at
        .duration_since(report.started_at)
        .as_secs()
        .max(0);
    match (seconds / 60, seconds % 60) {
        (0, 0) => "under 1 s".to_owned(),
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

/// A resource's name with what it belongs to: `shop/WebGroup`.
pub(crate) fn name(resource: &Resource) -> String {
    let name = [&resource.name, &resource.id, &resource.kind]
        .into_iter()
        .find(|it| !it.is_empty())
        .map_or("", String::as_str);
    if let Some(address) = &resource.address {
        return address.clone();
    }
    let owner = [&resource.stack, &resource.namespace, &resource.rule]
        .into_iter()
        .flatten()
        .find(|it| !it.is_empty());
    match owner {
        Some(owner) if owner != name => format!("{owner}/{name}"),
        _ => name.to_owned(),
    }
}

/// The resource of an entry, or what stands for it where there is none.
pub(crate) fn subject(resource: Option<&Resource>, target: &str) -> String {
    resource.map_or_else(|| format!("target {target}"), name)
}

/// Where a resource is, for those who have several of the name.
pub(crate) fn place(resource: &Resource) -> Vec<String> {
    let id = Some(&resource.id).filter(|id| !id.is_empty() && **id != name(resource));
    let names = [&resource.account, &resource.region, &resource.cluster];
    id.into_iter()
        .chain(names.into_iter().flatten())
        .cloned()
        .collect()
}

/// What an added or deleted resource means.
pub(crate) const fn change(change: Change) -> &'static str {
    match change {
        Change::Modified => "modified",
        Change::Deleted => "deleted: code has it, reality has not",
        Change::Added => "added: reality has it, code has not",
    }
}

/// Who, when and how, and whether it was in a console session.
pub(crate) fn attribution(attribution: &Attribution) -> Vec<String> {
    let how = Some(attribution.how.clone()).filter(|how| !how.is_empty());
    std::iter::once(attribution.who.clone())
        .chain(attribution.at.map(minute))
        .chain(how)
        .chain(attribution.console.then(|| "console".to_owned()))
        .collect()
}

/// Everybody a finding is attributed to, once each, in the order of its differences.
pub(crate) fn attributions(entry: &FindingEntry) -> Vec<&Attribution> {
    let mut known: Vec<&Attribution> = Vec::new();
    let each = entry.differences.iter().map(|it| &it.attribution);
    for attribution in std::iter::once(&entry.attribution).chain(each).flatten() {
        if known.last() != Some(&attribution) && !known.contains(&attribution) {
            known.push(attribution);
        }
    }
    known
}

/// How often each word stands in a list, `2 throttled, 1 denied`; the words in order.
pub(crate) fn tally<'w>(words: impl Iterator<Item = &'w str>) -> Vec<(&'w str, u64)> {
    let mut tally: BTreeMap<&str, u64> = BTreeMap::new();
    for word in words {
        *tally.entry(word).or_default() += 1;
    }
    tally.into_iter().collect()
}

/// How much of what was looked at could be compared, in tenths of a percent,
/// rounded down: only all of it is 100 %. `None` where there was nothing.
pub(crate) fn coverage(report: &ScanReport) -> Option<(u64, u64)> {
    let summary = &report.summary;
    let missing = summary.unknown.saturating_add(summary.uncovered);
    let compared = summary.resources.saturating_sub(missing);
    let permille = compared
        .saturating_mul(1_000)
        .checked_div(summary.resources)?;
    Some((compared, permille))
}

/// `190 of 203 resources compared (93.5 %)`.
pub(crate) fn coverage_sentence(report: &ScanReport) -> String {
    coverage(report).map_or_else(
        || "There was nothing to compare".to_owned(),
        |(compared, permille)| {
            format!(
                "{compared} of {} compared ({})",
                count(report.summary.resources, "resource"),
                percent(permille)
            )
        },
    )
}

/// Tenths of a percent as `93.5 %`, and the whole as `100 %`.
pub(crate) fn percent(permille: u64) -> String {
    match (permille / 10, permille % 10) {
        (whole, 0) => format!("{whole} %"),
        (whole, tenths) => format!("{whole}.{tenths} %"),
    }
}

/// The scan in one line: `3 of 203 resources drifted; 1 could not be looked at
/// (throttled); 12 uncovered`.
pub(crate) fn summary(report: &ScanReport) -> String {
    let summary = &report.summary;
    let mut parts = vec![if summary.resources == 0 {
        "No resource was found to look at".to_owned()
    } else if summary.drifted == 0 {
        "No drift found".to_owned()
    } else {
        let of = count(summary.resources, "resource");
        format!("{} of {of} drifted{}", summary.drifted, quiet(report))
    }];
    if summary.potential > 0 {
        parts.push(format!(
            "{} could not be confirmed",
            count(summary.potential, "finding")
        ));
    }
    if summary.unknown > 0 {
        parts.push(format!(
            "{} could not be looked at{}",
            summary.unknown,
            reasons(report, |it| !is_in_part(report, it))
        ));
    }
    let in_part = report.unknown.iter().filter(|it| is_in_part(report, it));
    let in_part = number(in_part.count());
    if in_part > 0 {
        parts.push(format!(
            "{} could be looked at only in part{}",
            count(in_part, "drifted resource"),
            reasons(report, |it| is_in_part(report, it))
        ));
    }
    let unmatched = report
        .unknown
        .iter()
        .filter(|it| it.reason == MATCHED_NOTHING)
        .count();
    if unmatched > 0 {
        parts.push(format!(
            "{} matched nothing",
            count(number(unmatched), "target")
        ));
    }
    for (number, word) in [
        (summary.pending, "pending"),
        (summary.ignored, "ignored"),
        (summary.uncovered, "uncovered"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    parts.join("; ")
}

/// How many findings somebody has accepted or silenced, in brackets.
fn quiet(report: &ScanReport) -> String {
    let quiet = report
        .findings
        .iter()
        .filter(|it| matches!(it.status, Status::Accepted | Status::Silenced))
        .map(|it| it.status.as_str());
    let parts: Vec<String> = tally(quiet)
        .into_iter()
        .map(|(status, times)| format!("{times} {status}"))
        .collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!(" ({})", parts.join(", "))
    }
}

/// Whether an unknown is about the rest of a resource that drifted: it is
/// counted as drifted then, and said beside.
fn is_in_part(report: &ScanReport, entry: &Entry) -> bool {
    let is_it = |resource: &Resource| {
        report
            .findings
            .iter()
            .any(|it| it.layer == entry.layer && it.resource == *resource)
    };
    entry.resource.as_ref().is_some_and(is_it)
}

/// Why something could not be looked at, in brackets; counted where there are several reasons.
fn reasons(report: &ScanReport, counts: impl Fn(&Entry) -> bool) -> String {
    let reasons = report
        .unknown
        .iter()
        .filter(|it| counts(it))
        .map(|it| reason(&it.reason))
        .filter(|&reason| reason != MATCHED_NOTHING);
    match tally(reasons).as_slice() {
        [] => String::new(),
        [(reason, _)] => format!(" ({reason})"),
        several => {
            let parts: Vec<String> = several
                .iter()
                .map(|(reason, times)| format!("{times} {reason}"))
                .collect();
            format!(" ({})", parts.join(", "))
        }
    }
}

/// A reason as part of a sentence. It is a word of a closed list; a report that
/// was read from elsewhere may hold anything, and only a word is let through.
fn reason(reason: &str) -> &str {
    const LONGEST: usize = 24;
    let is_word = reason
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if is_word && !reason.is_empty() && reason.len() <= LONGEST {
        reason
    } else {
        "other"
    }
}

/// What the exit code says, or `None` where it is 0.
pub(crate) fn exit(report: &ScanReport, strict: bool) -> Option<String> {
    let because = match report.verdict(strict) {
        ScanVerdict::InSync => return None,
        ScanVerdict::Drift => "there is drift that nobody accepted or silenced",
        ScanVerdict::Incomplete if !report.unknown.is_empty() => {
            "the scan is incomplete: not everything could be looked at"
        }
        ScanVerdict::Incomplete if report.verdict(false) == ScanVerdict::Incomplete => {
            "the scan is incomplete: a finding could not be confirmed"
        }
        ScanVerdict::Incomplete => "--strict was given, and not everything is covered",
    };
    let code = report.verdict(strict).exit_code();
    Some(format!("Exit code {code}: {because}."))
}

/// The verdict as a headline.
pub(crate) fn headline(report: &ScanReport) -> &'static str {
    match report.verdict(false) {
        ScanVerdict::InSync if report.summary.resources == 0 => "Nothing was looked at",
        ScanVerdict::InSync if report.findings.is_empty() => "Everything hangs straight",
        ScanVerdict::InSync => "Nothing new hangs crooked",
        ScanVerdict::Drift => "Some things hang crooked",
        ScanVerdict::Incomplete if report.findings.is_empty() => {
            "Not everything could be looked at"
        }
        ScanVerdict::Incomplete => {
            "Some things hang crooked, and not everything could be confirmed"
        }
    }
}

/// How many characters of an id after `f-` tell it from every other here, 6 at least.
pub(crate) fn id_length(entries: &[FindingEntry]) -> usize {
    const SHORTEST: usize = 8;
    let mut ids: Vec<&str> = entries.iter().map(|it| it.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.windows(2)
        .map(|pair| {
            let alike = pair[0].chars().zip(pair[1].chars());
            alike.take_while(|(one, other)| one == other).count() + 1
        })
        .max()
        .map_or(SHORTEST, |longest| longest.max(SHORTEST))
}

/// The beginning of an id, that many characters long.
pub(crate) fn short_id(entry: &FindingEntry, length: usize) -> String {
    entry.id.as_str().chars().take(length).collect()
}

/// The places of as many differences as may be shown: the most severe, in the
/// order of their paths, so that what is left out is never worse than what is shown.
pub(crate) fn worst(entry: &FindingEntry, shown: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..entry.differences.len()).collect();
    places.sort_by_key(|&at| std::cmp::Reverse(entry.differences[at].severity));
    places.truncate(shown);
    places.sort_unstable();
    places
}

/// How many differences there are, also where the report holds only some of them.
pub(crate) fn differences(entry: &FindingEntry) -> u64 {
    let here = number(entry.differences.len());
    entry
        .cut
        .as_ref()
        .map_or(here, |it| it.differences.max(here))
}

/// That the report does not hold all of them, and what the whole can be known by again.
pub(crate) fn cut(entry: &FindingEntry) -> Option<String> {
    let cut = entry.cut.as_ref()?;
    let missing = differences(entry) - number(entry.differences.len());
    let hash: String = cut.fingerprint.chars().take(HASH).collect();
    Some(format!(
        "{}, cut; hash of all {hash}",
        count(missing, "more difference")
    ))
}

/// The most severe difference, the first of several.
pub(crate) fn first(entry: &FindingEntry) -> Option<&Difference> {
    let at = worst(entry, 1).first().copied()?;
    entry.differences.get(at)
}

/// The cause of a difference where it is not the finding's own.
pub(crate) fn own_cause(entry: &FindingEntry, difference: &Difference) -> Option<String> {
    (difference.cause != entry.cause || difference.severity != entry.severity)
        .then(|| format!("{}, {}", difference.severity, difference.cause))
}

/// A difference's path, or what stands for the whole resource.
pub(crate) fn path(path: &str) -> &str {
    if path.is_empty() {
        "(whole resource)"
    } else {
        path
    }
}
