//! Tables of documented defaults.

use serde_json::Value;

use crate::document;
use crate::places;
use crate::spelling::{Spelling, same};

/// What AWS sets where the template sets nothing.
pub(crate) struct Default {
    resource_type: &'static str,
    /// Where; `*` stands for an index.
    path: &'static str,
    /// The default, as JSON.
    json: &'static str,
    /// The page that documents it, and what it says.
    source: &'static str,
}

/// A row of a table of defaults.
pub(crate) const fn row(
    resource_type: &'static str,
    path: &'static str,
    json: &'static str,
    source: &'static str,
) -> Default {
    Default {
        resource_type,
        path,
        json,
        source,
    }
}

/// Whether a value is the default of its path, or an object of nothing but defaults.
pub(crate) fn is_default(
    defaults: &[Default],
    resource_type: &str,
    path: &str,
    value: &Value,
) -> bool {
    let is_listed = defaults.iter().any(|default| {
        default.resource_type == resource_type
            && places::fits(default.path, path)
            && serde_json::from_str(default.json)
                .is_ok_and(|default: Value| same(&default, value, Spelling::Scalars))
    });
    let holds_only_defaults = || {
        value.as_object().is_some_and(|map| {
            !map.is_empty()
                && map.iter().all(|(name, value)| {
                    let name = name.replace('~', "~0").replace('/', "~1");
                    is_default(defaults, resource_type, &format!("{path}/{name}"), value)
                })
        })
    };
    is_listed || holds_only_defaults()
}

/// The defaults as a table of the page.
pub(crate) fn table(defaults: &[Default]) -> String {
    document::table(
        ["type", "property", "default", "documented by"],
        defaults.iter().map(|default| {
            [
                format!("`{}`", default.resource_type),
                format!("`{}`", default.path),
                format!("`{}`", default.json),
                default.source.to_owned(),
            ]
        }),
    )
}
