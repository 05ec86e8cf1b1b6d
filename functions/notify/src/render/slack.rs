//! Slack's blocks.
//!
//! Slack refuses a message of more than 50 blocks, a section of more than
//! 3,000 characters, a header of more than 150, and (documented nowhere) one of
//! more than about 13,000 in all: what is shown has a bound for each part.

use domain::current::Refused;
use domain::difference::Difference;
use domain::finding::{Closing, Finding};
use domain::incident::Step;
use domain::severity::Severity;
use serde_json::{Value, json};

use super::Story;
use super::escape::{block, code, plain};
use super::words::{
    Hidden, attribution, closed_at, count, is_potential, minute, predicate, sides, span, whole,
};
use crate::digest::{Digest, MOST_WAITING};

const HEADER: usize = 150;
const NAME: usize = 120;
const PATH: usize = 160;
const VALUE: usize = 120;
const FALLBACK: usize = 400;

/// How many differences a message shows.
const SHOWN: usize = 8;

/// How many units a digest names.
const UNITS: usize = 20;

/// The message of a transition.
pub(super) fn incident(story: &Story<'_>) -> Value {
    let finding = story.finding;
    let predicate = predicate(story);
    let headline = format!(
        "{}: {} {predicate}",
        match story.transition.step {
            Step::Fire | Step::Raise => finding.severity.as_str().to_uppercase(),
            Step::Resolve => "RESOLVED".to_owned(),
        },
        name(finding)
    );
    let mut blocks = vec![header(&headline), section(&place(story))];
    match story.transition.step {
        Step::Fire | Step::Raise => {
            if is_potential(finding) {
                blocks.push(section(
                    "*Not confirmed* None of this could be confirmed: it may be in order, \
                     as where another stack declares it. A later look decides.",
                ));
            }
            blocks.extend(differences(finding, SHOWN).iter().map(|it| section(it)));
            if let Some(closed) = &finding.closed {
                let at = minute(closed.at);
                blocks.push(section(&format!("It closed meanwhile, at {at}.")));
            }
            let prevention = finding.cause.prevention();
            blocks.push(section(&format!("*Prevention* {prevention}")));
        }
        Step::Resolve => {
            blocks.push(section(&format!("{}\n*What it was*", ending(story))));
            blocks.extend(differences(finding, 3).iter().map(|it| section(it)));
        }
    }
    blocks.push(context(&format!(
        "Finding {id} · incident {} · `plumbline explain {} --table TABLE` · first seen {}",
        code(&story.incident.id, NAME),
        plain(finding.id.as_str(), NAME),
        minute(finding.first_seen),
        id = code(finding.id.as_str(), NAME),
    )));
    let stack = finding
        .resource
        .stack
        .as_deref()
        .unwrap_or(&finding.unit.name);
    message(
        &format!(
            "[{}] {headline} in {stack} ({})",
            story.environment, finding.id
        ),
        blocks,
    )
}

/// `Queue (AWS::SQS::Queue)`.
fn name(finding: &Finding) -> String {
    let resource = &finding.resource;
    let name = if resource.name.is_empty() {
        &resource.id
    } else {
        &resource.name
    };
    // Cut here, so that the verb behind them stays in the headline.
    format!("{} ({})", cut(name, 60), cut(&resource.kind, 50))
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// What it is and where it is.
fn place(story: &Story<'_>) -> String {
    let finding = story.finding;
    let (resource, unit) = (&finding.resource, &finding.unit);
    let now = match story.transition.step {
        Step::Raise => "now ",
        Step::Fire | Step::Resolve => "",
    };
    let first = format!(
        "*Severity* {now}{} · *Cause* {} · *Environment* {}",
        finding.severity,
        finding.cause,
        code(story.environment, NAME)
    );
    let mut second = vec![format!("*Stack* {}", code(&unit.name, NAME))];
    if unit.account != "-" {
        second.push(format!("account {}", code(&unit.account, NAME)));
    }
    if unit.region != "-" {
        second.push(format!("region {}", code(&unit.region, NAME)));
    }
    format!(
        "{first}\n*Resource* {} {} · id {}\n{}",
        code(&resource.name, NAME),
        code(&resource.kind, NAME),
        code(&resource.id, NAME),
        second.join(" · ")
    )
}

/// The differences, a line each, in as many sections as they need.
fn differences(finding: &Finding, most: usize) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(whole) = whole(finding.change) {
        lines.push(format!("{whole}: {}", who(finding, None)));
    }
    let shown = finding.differences.iter().take(most);
    lines.extend(shown.map(|it| line(finding, it)));
    let hidden = finding.differences.len().saturating_sub(most);
    if hidden > 0 {
        let more = count(hidden, "more difference");
        lines.push(format!(
            "and {more}: `plumbline explain {} --table TABLE`",
            finding.id
        ));
    }
    packed(&lines)
}

fn line(finding: &Finding, difference: &Difference) -> String {
    let absent = |it: Option<String>| it.map_or("(absent)".to_owned(), |it| code(&it, VALUE));
    let change = match sides(difference) {
        Err(Hidden) => "changed, not shown".to_owned(),
        Ok([expected, actual]) => format!("{} → {}", absent(expected), absent(actual)),
    };
    let doubt = if difference.potential {
        " (not confirmed)"
    } else {
        ""
    };
    format!(
        "• {} {change}{doubt}: {}",
        code(&difference.path, PATH),
        who(finding, Some(difference))
    )
}

/// Who and when, or that it is not known.
fn who(finding: &Finding, difference: Option<&Difference>) -> String {
    match attribution(finding, difference) {
        Some(by) => {
            let when = by
                .at
                .map_or_else(|| format!("seen {}", minute(finding.last_seen)), minute);
            format!("by {} ({}), {when}", code(&by.who, NAME), code(&by.how, 60))
        }
        None => format!("by whom is not known, seen {}", minute(finding.last_seen)),
    }
}

/// Lines in texts that a section can hold.
fn packed(lines: &[String]) -> Vec<String> {
    const SECTION: usize = 2900;
    let mut texts: Vec<String> = Vec::new();
    for line in lines {
        let length = line.chars().count();
        match texts.last_mut() {
            Some(text) if text.chars().count() + length < SECTION => {
                text.push('\n');
                text.push_str(line);
            }
            _ => texts.push(line.clone()),
        }
    }
    texts
}

/// How long it lasted, and how it ended.
fn ending(story: &Story<'_>) -> String {
    let (incident, finding) = (story.incident, story.finding);
    let mut text = match closed_at(incident, finding) {
        Some(at) => format!(
            "It drifted for {}, from {} to {}.",
            span(at.duration_since(incident.opened_at)),
            minute(incident.opened_at),
            minute(at)
        ),
        None => format!("It drifted from {} on.", minute(incident.opened_at)),
    };
    if incident.fired > 1 {
        let again = match incident.fired - 1 {
            1 => "once".to_owned(),
            times => format!("{times} times"),
        };
        text.push_str(&format!(" It came back {again} meanwhile."));
    }
    let how = finding.closed.as_ref().map(|it| it.how);
    text.push_str(match (how, incident.unconfirmed) {
        (Some(Closing::Unwatched), _) => {
            " Nobody looks at it any more: its stack was deleted or left the configuration."
        }
        (_, true) => " No later look could confirm that.",
        (_, false) => " A later look saw it in order.",
    });
    text
}

/// The digest of a baseline.
pub(super) fn digest(digest: &Digest, environment: &str) -> Value {
    let target = &digest.target;
    let (findings, stacks) = (digest.findings(), count(digest.looked_at, "stack"));
    let headline = match findings {
        0 => format!("Baseline of {target}: {stacks}, nothing drifts"),
        _ => format!(
            "Baseline of {target}: {} in {stacks}",
            count(findings, "finding")
        ),
    };
    let mut text = format!("*Environment* {}\n", code(environment, NAME));
    for severity in Severity::ALL.iter().rev() {
        if let Some(count) = digest.by_severity.get(severity) {
            text.push_str(&format!("*{severity}* {count}\n"));
        }
    }
    match digest.waiting {
        0 => {}
        waiting if waiting >= MOST_WAITING => {
            text.push_str(&format!(
                "{waiting} units or more had no complete look yet.\n"
            ));
        }
        waiting => {
            let units = count(waiting, "unit");
            text.push_str(&format!("{units} had no complete look yet.\n"));
        }
    }
    let mut blocks = vec![header(&headline), section(text.trim_end())];
    if findings > 0 {
        let units = digest.units();
        let mut lines: Vec<String> = units
            .iter()
            .take(UNITS)
            .map(|(unit, count)| {
                format!(
                    "• {} {count} ({} {})",
                    code(&unit.name, NAME),
                    code(&unit.account, 40),
                    code(&unit.region, 40)
                )
            })
            .collect();
        if let Some(more) = units.len().checked_sub(UNITS).filter(|it| *it > 0) {
            lines.push(format!("and {}", count(more, "more stack")));
        }
        blocks.extend(packed(&lines).iter().map(|it| section(it)));
        blocks.push(section(
            "This drift was there before anybody watched. None of it is told one by one until it changes.\n\
             See it: `plumbline findings list --table TABLE`\n\
             Accept it: `plumbline findings accept --all --until DATE --reason TEXT --table TABLE`",
        ));
    }
    message(&format!("[{environment}] {headline}"), blocks)
}

/// That a version of the configuration was refused.
pub(super) fn refused((refused, location): (&Refused, &str), environment: &str) -> Value {
    let headline = "A new version of the configuration was refused";
    let place = format!(
        "*Environment* {} · *File* {} · seen {}\nThe last good version stays in force.",
        code(environment, NAME),
        code(location, 300),
        minute(refused.at)
    );
    let blocks = vec![
        header(headline),
        section(&place),
        section(&block(&refused.errors, 2800)),
        context("`plumbline policy check` says the same before it is pushed."),
    ];
    message(&format!("[{environment}] {headline}: {location}"), blocks)
}

fn message(fallback: &str, blocks: Vec<Value>) -> Value {
    json!({
        "text": plain(fallback, FALLBACK),
        "blocks": blocks,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

fn header(text: &str) -> Value {
    json!({"type": "header", "text": {"type": "plain_text", "text": plain(text, HEADER), "emoji": false}})
}

/// A text that is escaped already. `verbatim` keeps Slack from making links of what it recognises.
fn section(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}})
}

fn context(text: &str) -> Value {
    json!({"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": true}]})
}
