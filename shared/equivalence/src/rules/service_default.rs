//! What AWS fills in where the template sets nothing.

mod table;

use domain::difference::DifferenceKind;
use domain::judge::Comparison;
use domain::pointer;
use serde_json::Value;

use crate::document;
use crate::places;
use crate::rule::Rule;
use crate::spelling::{Spelling, same};

/// A documented default at a place where the template sets nothing.
pub(crate) struct ServiceDefault;

impl Rule for ServiceDefault {
    fn name(&self) -> &'static str {
        "service-default"
    }

    fn source(&self) -> &'static str {
        "the page named beside the property"
    }

    fn summary(&self) -> &'static str {
        "A property that the template leaves out has the value that AWS documents as its default."
    }

    fn notes(&self) -> String {
        let defaults = document::table(
            ["type", "property", "default", "documented by"],
            table::DEFAULTS.iter().map(|default| {
                [
                    format!("`{}`", default.resource_type),
                    format!("`{}`", default.path),
                    format!("`{}`", default.json),
                    default.source.to_owned(),
                ]
            }),
        );
        format!(
            "Only where the template has nothing at the path: where it says something, a live value equal to the default is drift. \
             An item that is added to a list is drift, whatever it holds. \
             Defaults that depend on other properties, on the engine (DB parameter and option groups) or on the account \
             are not in the table, and a value that was once the default and is no more is drift.\n\n{defaults}"
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let difference = comparison.difference;
        if difference.kind != DifferenceKind::Added || difference.expected.is_some() {
            return None;
        }
        let (container, _) = pointer::parent(&difference.path)?;
        // The container is an object on the template's side, so an added item of a list is none.
        let silent = pointer::get(comparison.expected, container)?.is_object()
            && pointer::get(comparison.expected, &difference.path).is_none();
        let actual = difference.actual.as_ref()?;
        (silent && is_default(comparison.resource_type, &difference.path, actual))
            .then(|| "the documented default of a property that the template leaves out".to_owned())
    }
}

/// Whether a value is the default of its path, or an object of nothing but defaults.
fn is_default(resource_type: &str, path: &str, value: &Value) -> bool {
    let is_listed = table::DEFAULTS.iter().any(|default| {
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
                    is_default(resource_type, &format!("{path}/{name}"), value)
                })
        })
    };
    is_listed || holds_only_defaults()
}
