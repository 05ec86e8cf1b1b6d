//! Maintenance windows.

use domain::judge::Comparison;

use crate::rule::Rule;
use crate::texts::{self, Place, place};

/// The days of a maintenance window in another case.
pub(crate) struct MaintenanceWindowCase;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const FORM: &str = "API Reference of the service, the creating call: `ddd:hh24:mi-ddd:hh24:mi`";

const PLACES: &[Place] = &[
    place(
        "AWS::ElastiCache::CacheCluster",
        "/PreferredMaintenanceWindow",
        FORM,
    ),
    place(
        "AWS::ElastiCache::ReplicationGroup",
        "/PreferredMaintenanceWindow",
        FORM,
    ),
    place(
        "AWS::Neptune::DBCluster",
        "/PreferredMaintenanceWindow",
        FORM,
    ),
    place(
        "AWS::Neptune::DBInstance",
        "/PreferredMaintenanceWindow",
        FORM,
    ),
    place("AWS::RDS::DBCluster", "/PreferredMaintenanceWindow", FORM),
    place("AWS::RDS::DBInstance", "/PreferredMaintenanceWindow", FORM),
    place(
        "AWS::Redshift::Cluster",
        "/PreferredMaintenanceWindow",
        FORM,
    ),
];

impl Rule for MaintenanceWindowCase {
    fn name(&self) -> &'static str {
        "maintenance-window-case"
    }

    fn source(&self) -> &'static str {
        "<https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-rds/pull/413> (the service returns the window in lower case) and Amazon RDS API Reference, CreateDBInstance, PreferredMaintenanceWindow"
    }

    fn summary(&self) -> &'static str {
        "A weekly maintenance window whose days are written in another case is the same window."
    }

    fn notes(&self) -> String {
        format!(
            "Only a window of the form `ddd:hh24:mi-ddd:hh24:mi` with days of the week, only where nothing but the \
             case of the days differs, and only at these properties.\n\n{}",
            texts::table(PLACES)
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let (expected, actual) = texts::changed(comparison, PLACES)?;
        (is_window(expected) && expected.eq_ignore_ascii_case(actual))
            .then(|| "the same maintenance window, its days in another case".to_owned())
    }
}

fn is_window(text: &str) -> bool {
    let is_end = |end: &str| {
        let mut parts = end.split(':');
        let day = parts.next().unwrap_or_default().to_ascii_lowercase();
        let times: Vec<&str> = parts.collect();
        DAYS.contains(&day.as_str())
            && times.len() == 2
            && times
                .iter()
                .all(|time| time.len() == 2 && time.bytes().all(|byte| byte.is_ascii_digit()))
    };
    text.split_once('-')
        .is_some_and(|(begin, end)| is_end(begin) && is_end(end))
}
