//! What AWS fills in where the template sets nothing.

mod table;

use domain::difference::DifferenceKind;
use domain::judge::Comparison;
use domain::pointer;

use crate::defaults::{self, is_default};
use crate::rule::Rule;

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
        let defaults = defaults::table(table::DEFAULTS);
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
        (silent
            && is_default(
                table::DEFAULTS,
                comparison.resource_type,
                &difference.path,
                actual,
            ))
        .then(|| "the documented default of a property that the template leaves out".to_owned())
    }
}
