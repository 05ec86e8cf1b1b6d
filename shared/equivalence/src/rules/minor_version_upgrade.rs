//! Minor versions that the service installs by itself.

use domain::judge::{Comparison, SuppressionKind};
use domain::pointer;

use crate::rule::Rule;
use crate::texts::{self, Place, place};

/// A later minor version where the service may upgrade.
pub(crate) struct MinorVersionUpgrade;

const PLACES: &[Place] = &[place(
    "AWS::RDS::DBInstance",
    "/EngineVersion",
    "Amazon RDS User Guide",
)];

/// A version of an engine, in its two parts.
struct Version {
    major: Vec<u32>,
    minor: u32,
}

impl Rule for MinorVersionUpgrade {
    fn name(&self) -> &'static str {
        "minor-version-upgrade"
    }

    fn kind(&self) -> SuppressionKind {
        SuppressionKind::NotOurs
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.Upgrading.html> (automatic minor version upgrades)"
    }

    fn summary(&self) -> &'static str {
        "A later minor version of a database that may upgrade itself is for Amazon RDS to install, and is put down to it."
    }

    fn notes(&self) -> String {
        "Only PostgreSQL, MySQL and MariaDB instances, where it is documented which part of a version is the \
         minor one; only where `AutoMinorVersionUpgrade` is true on one side and false on none; only within the \
         same major version, and only upwards. An earlier version, another major version and an instance without \
         automatic upgrades are drift."
            .to_owned()
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let (expected, actual) = texts::changed(comparison, PLACES)?;
        let allowed = [comparison.expected, comparison.actual]
            .map(|tree| texts::flag(pointer::get(tree, "/AutoMinorVersionUpgrade")));
        if allowed.contains(&Some(false)) || !allowed.contains(&Some(true)) {
            return None;
        }
        let engine = pointer::get(comparison.expected, "/Engine")?.as_str()?;
        if pointer::get(comparison.actual, "/Engine").is_some_and(|it| it.as_str() != Some(engine))
        {
            return None;
        }
        let (from, to) = (
            Version::read(engine, expected)?,
            Version::read(engine, actual)?,
        );
        (from.major == to.major && to.minor > from.minor)
            .then(|| "a later minor version, which the service may install by itself".to_owned())
    }
}

impl Version {
    /// Reads a version that is stated in full; `None` for any other engine.
    fn read(engine: &str, text: &str) -> Option<Self> {
        let mut parts = text
            .split('.')
            .map(|part| part.parse().ok())
            .collect::<Option<Vec<u32>>>()?;
        let minor = parts.pop()?;
        let is_full = match engine {
            // Since version 10 the first number alone is the major version.
            "postgres" => parts.len() == 1 && parts.first() >= Some(&10),
            "mysql" | "mariadb" => parts.len() == 2,
            _ => false,
        };
        is_full.then_some(Self {
            major: parts,
            minor,
        })
    }
}
