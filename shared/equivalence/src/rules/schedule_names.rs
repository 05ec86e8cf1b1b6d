//! Days and months of a schedule.

use domain::judge::Comparison;

use crate::rule::Rule;
use crate::texts::{self, Place, place};

/// A schedule with days and months by name and by number.
pub(crate) struct ScheduleNames;

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const PLACES: &[Place] = &[
    place(
        "AWS::Events::Rule",
        "/ScheduleExpression",
        "Amazon EventBridge User Guide, cron expressions",
    ),
    place(
        "AWS::Scheduler::Schedule",
        "/ScheduleExpression",
        "EventBridge Scheduler User Guide, cron-based schedules",
    ),
];

impl Rule for ScheduleNames {
    fn name(&self) -> &'static str {
        "schedule-names"
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html> (months 1-12 or JAN-DEC, days of the week 1-7 or SUN-SAT; one of the two fields for days is a question mark)"
    }

    fn summary(&self) -> &'static str {
        "A cron expression of EventBridge with days or months by name instead of by number, and `* ?` for `? *` in its days, runs at the same times."
    }

    fn notes(&self) -> String {
        format!(
            "Only the expressions of EventBridge rules and schedules, in which Sunday is 1; the recurrence of an Auto \
             Scaling action counts otherwise and is left alone. Another time is drift.\n\n{}",
            texts::table(PLACES)
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let (expected, actual) = texts::changed(comparison, PLACES)?;
        (fields(expected)? == fields(actual)?)
            .then(|| "the same schedule in another spelling".to_owned())
    }
}

/// The six fields of a cron expression, in numbers.
fn fields(expression: &str) -> Option<Vec<String>> {
    let inner = expression.strip_prefix("cron(")?.strip_suffix(')')?;
    let mut fields: Vec<String> = inner
        .split_whitespace()
        .map(str::to_ascii_uppercase)
        .collect();
    let [_, _, day, month, weekday, _] = &mut fields[..] else {
        return None;
    };
    *month = numbered(month, &MONTHS);
    *weekday = numbered(weekday, &DAYS);
    if day == "*" && weekday == "?" {
        *day = "?".to_owned();
        *weekday = "*".to_owned();
    }
    Some(fields)
}

/// The field with each name replaced by its number, which is one more than its index.
fn numbered(field: &str, names: &[&str]) -> String {
    field
        .split_inclusive(|letter: char| !letter.is_ascii_alphabetic())
        .map(|part| {
            let word = part.trim_end_matches(|letter: char| !letter.is_ascii_alphabetic());
            match names.iter().position(|name| *name == word) {
                Some(at) => format!("{}{}", at + 1, &part[word.len()..]),
                None => part.to_owned(),
            }
        })
        .collect()
}
