//! Points in time.

use domain::judge::Comparison;

use crate::rule::Rule;
use crate::texts::{self, Place, place};

/// Two spellings of one point in time.
pub(crate) struct TimestampSpelling;

const LIFECYCLE: &str = "CloudFormation Template Reference, Rule: ISO 8601, always midnight UTC";
const ACTION: &str =
    "CloudFormation Template Reference, AWS::AutoScaling::ScheduledAction: a date and time in UTC";
const SCHEDULE: &str = "CloudFormation Template Reference, AWS::Scheduler::Schedule: a date in UTC";

const PLACES: &[Place] = &[
    place("AWS::AutoScaling::ScheduledAction", "/EndTime", ACTION),
    place("AWS::AutoScaling::ScheduledAction", "/StartTime", ACTION),
    place(
        "AWS::S3::Bucket",
        "/LifecycleConfiguration/Rules/*/ExpirationDate",
        LIFECYCLE,
    ),
    place(
        "AWS::S3::Bucket",
        "/LifecycleConfiguration/Rules/*/Transition/TransitionDate",
        LIFECYCLE,
    ),
    place(
        "AWS::S3::Bucket",
        "/LifecycleConfiguration/Rules/*/Transitions/*/TransitionDate",
        LIFECYCLE,
    ),
    place("AWS::Scheduler::Schedule", "/EndDate", SCHEDULE),
    place("AWS::Scheduler::Schedule", "/StartDate", SCHEDULE),
];

impl Rule for TimestampSpelling {
    fn name(&self) -> &'static str {
        "timestamp-spelling"
    }

    fn source(&self) -> &'static str {
        "ISO 8601 and RFC 3339, section 5 (one instant has many spellings) and the page named beside the property"
    }

    fn summary(&self) -> &'static str {
        "Two spellings of one point in time, such as `2030-01-01T00:00:00Z` and `2030-01-01T00:00:00.000Z`, are one."
    }

    fn notes(&self) -> String {
        format!(
            "A date alone is midnight in UTC. Only these properties; a time that differs by a millisecond is \
             drift.\n\n{}",
            texts::table(PLACES)
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let (expected, actual) = texts::changed(comparison, PLACES)?;
        (instant(expected)? == instant(actual)?)
            .then(|| "the same point in time in another spelling".to_owned())
    }
}

fn instant(text: &str) -> Option<jiff::Timestamp> {
    let is_date = text.len() == 10;
    let text = if is_date {
        format!("{text}T00:00:00Z")
    } else {
        text.to_owned()
    };
    text.parse().ok()
}
