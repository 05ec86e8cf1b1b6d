//! Lists that are sets.

mod table;

use domain::judge::Comparison;

use crate::document;
use crate::lists::Unordered;
use crate::places;
use crate::rule::Rule;

/// A difference that only the order of a set-like list makes.
pub(crate) struct SetOrder;

impl Rule for SetOrder {
    fn name(&self) -> &'static str {
        "set-order"
    }

    fn source(&self) -> &'static str {
        "the resource types' own schemas (`insertionOrder: false`), <https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html>, or the page named beside the property"
    }

    fn summary(&self) -> &'static str {
        "A list that AWS documents as a set holds the same items in another order."
    }

    fn notes(&self) -> String {
        let properties = document::table(
            ["type", "property", "documented by"],
            table::SETS.iter().map(|set| {
                [
                    format!("`{}`", set.resource_type),
                    format!("`{}`", set.path),
                    set.source.to_owned(),
                ]
            }),
        );
        format!(
            "Only the properties of this table. Where order has a meaning (`Layers` of a function, `KeySchema`, \
             `ContainerDefinitions`, listener rules, …) it is never ignored. \
             An item that was really added, removed or changed keeps its difference; so does every difference \
             of a list in which an item is there more often on one side than on the other.\n\n{properties}"
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let difference = comparison.difference;
        let list = places::prefixes(&difference.path)
            .find(|prefix| table::is_set(comparison.resource_type, prefix))?;
        let (expected, actual) = places::both(comparison, list)?;
        let lists = Unordered::read(expected, actual)?;
        let order = if list == difference.path {
            lists.equal()
        } else {
            lists.only_order(difference, list)
        };
        order.then(|| format!("the same items of {} in another order", places::last(list)))
    }
}
