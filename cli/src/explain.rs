//! `plumbline explain`: why a finding exists and what comes next, or what a
//! rule of the catalogue recognises that a report names.

use domain::difference::Change;
use domain::finding::{Finding, Status};
use domain::judge::SuppressionKind;
use domain::report::FindingEntry;
use domain::severity::Severity;
use equivalence::Catalogue;
use jiff::Timestamp;
use render::FindingPage;

use crate::failure::Failure;
use crate::ledger::Place;
use crate::{ledger, screen};

/// Prints all that is known of a finding, or of a rule of the catalogue: a
/// difference that a rule recognised is no finding, so the report's name of the
/// rule is all that there is to ask about. No id of a finding is a rule's name.
pub(crate) async fn run(place: &Place, id: &str) -> Result<(), Failure> {
    if let Some(text) = rule(id) {
        return show(&text);
    }
    let ledger = ledger::existing(place).await?;
    let finding = ledger::find(&*ledger, id).await?;
    let history = ledger
        .history(&finding.id)
        .await
        .map_err(Failure::unusable)?;
    let now = Timestamp::now();
    let notes = [
        ("why".to_owned(), why(&finding)),
        (
            "severity".to_owned(),
            format!(
                "{} ({}), set by {}",
                finding.severity, finding.cause, finding.rule
            ),
        ),
        ("next".to_owned(), next(&finding, now)),
    ];
    let page = render::finding(
        &FindingPage {
            entry: &FindingEntry::of(&finding, now),
            history: &history,
            notes: &notes,
        },
        screen::style(false),
    );
    show(&page)
}

fn show(text: &str) -> Result<(), Failure> {
    screen::print(text).map_err(|error| Failure::unusable(format!("standard output: {error}")))
}

/// What a rule of the catalogue recognises, and what says that it means nothing.
fn rule(name: &str) -> Option<String> {
    let entry = Catalogue::all()
        .entries()
        .find(|entry| entry.name == name)?;
    let effect = match entry.kind {
        SuppressionKind::SameMeaning => {
            "same meaning: counted under equivalences, and in sync as far as this goes"
        }
        SuppressionKind::NotOurs => "not ours: listed under ignored",
    };
    Some(format!(
        "{name}: a rule of the catalogue of known non-differences\n\n\
         recognises  {}\n\
         effect      {effect}\n\
         source      {}\n",
        entry.summary, entry.source
    ))
}

fn why(finding: &Finding) -> String {
    let name = &finding.resource.name;
    match finding.change {
        Change::Modified => format!(
            "{name} differs from what code says at {} path(s)",
            finding.differences.len()
        ),
        Change::Deleted => format!("code says that {name} exists, and it does not"),
        Change::Added => format!("{name} exists, and no code says so"),
    }
}

/// What happens next, as things stand now.
fn next(finding: &Finding, now: Timestamp) -> String {
    let id = &finding.id;
    match finding.status(now) {
        Status::Resolved | Status::Unwatched => {
            "nothing; it opens again with the same id if a scan sees the drift again".to_owned()
        }
        Status::Accepted => {
            "nothing until then, unless what is there changes: then it counts again".to_owned()
        }
        Status::Silenced => {
            "nothing until then; every scan keeps looking and keeps its values up to date"
                .to_owned()
        }
        Status::Open | Status::Reopened | Status::Acknowledged => {
            let person = if finding.cause.needs_a_person() {
                " A change of this kind is never put straight automatically."
            } else {
                ""
            };
            let urgency = match finding.severity {
                Severity::Critical => "Look at it now",
                Severity::High => "Look at it today",
                Severity::Medium | Severity::Low => "Put it straight when convenient",
            };
            format!(
                "{urgency}: change it back, change the code, or accept it with plumbline findings accept {id}; the next complete scan that sees no drift closes it.{person}"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_that_a_report_can_name_is_explained_with_its_source() {
        for entry in Catalogue::all().entries() {
            let text = rule(entry.name).expect("a rule of the catalogue");
            assert!(text.contains(entry.summary) && text.contains(entry.source));
        }
        let not_ours = rule("desired-capacity").expect("a rule of the catalogue");
        assert!(not_ours.contains("listed under ignored"), "{not_ours}");
        assert_eq!(rule("f-7k3qz2m90abcdef1"), None);
        assert_eq!(rule("tag"), None);
    }
}
