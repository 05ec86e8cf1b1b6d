//! One change of one row, as a call of its own or a part of a transaction.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use domain::ports::{Guard, Key};

use crate::keys::{COUNT, PK, VERSION};
use crate::rows::{self, Row};

/// What must hold of the stored row for a change to happen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    /// Nothing.
    None,
    /// There is none.
    Absent,
    /// There is one with these attributes.
    Has(Vec<(&'static str, AttributeValue)>),
}

impl From<Guard> for Condition {
    fn from(guard: Guard) -> Self {
        match guard {
            Guard::None => Condition::None,
            Guard::Absent => Condition::Absent,
            Guard::Version(version) => Condition::version(version),
        }
    }
}

impl Condition {
    /// There is one of that version.
    pub(crate) fn version(version: u64) -> Self {
        Condition::Has(vec![(VERSION, rows::number(version))])
    }

    /// The condition in DynamoDB's words.
    pub(crate) fn words(&self) -> Words {
        match self {
            Condition::None => Words::default(),
            Condition::Absent => Words {
                expression: Some("attribute_not_exists(#pk)".to_owned()),
                names: Some(HashMap::from([("#pk".to_owned(), PK.to_owned())])),
                values: None,
            },
            Condition::Has(attributes) => {
                let terms: Vec<String> = attributes
                    .iter()
                    .map(|(name, _)| format!("#{name} = :{name}"))
                    .collect();
                let names = attributes
                    .iter()
                    .map(|(name, _)| (format!("#{name}"), (*name).to_owned()));
                let values = attributes
                    .iter()
                    .map(|(name, value)| (format!(":{name}"), value.clone()));
                Words {
                    expression: Some(terms.join(" AND ")),
                    names: Some(names.collect()),
                    values: Some(values.collect()),
                }
            }
        }
    }
}

/// An expression with what its placeholders stand for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    pub(crate) expression: Option<String>,
    pub(crate) names: Option<HashMap<String, String>>,
    pub(crate) values: Option<HashMap<String, AttributeValue>>,
}

/// One change of one row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// Put it there, over what is there.
    Put(Row, Condition),
    /// Take it away.
    Delete(Key, Condition),
    /// Count it up.
    Add(Key, u64),
}

impl Change {
    /// What it changes, for messages.
    pub(crate) fn place(&self) -> String {
        let of = |key: &Key| format!("{} {}", key.pk, key.sk);
        match self {
            Change::Put(row, _) => rows::key(row).map_or_else(|error| error.detail, |it| of(&it)),
            Change::Delete(key, _) | Change::Add(key, _) => of(key),
        }
    }

    /// The change as a part of a transaction.
    pub(crate) fn in_transaction(&self, table: &str) -> Result<TransactWriteItem, BuildError> {
        let part = TransactWriteItem::builder();
        Ok(match self {
            Change::Put(row, condition) => {
                let words = condition.words();
                part.put(
                    Put::builder()
                        .table_name(table)
                        .set_item(Some(row.clone()))
                        .set_condition_expression(words.expression)
                        .set_expression_attribute_names(words.names)
                        .set_expression_attribute_values(words.values)
                        .return_values_on_condition_check_failure(
                            ReturnValuesOnConditionCheckFailure::AllOld,
                        )
                        .build()?,
                )
            }
            Change::Delete(key, condition) => {
                let words = condition.words();
                part.delete(
                    Delete::builder()
                        .table_name(table)
                        .set_key(Some(rows::bare(key)))
                        .set_condition_expression(words.expression)
                        .set_expression_attribute_names(words.names)
                        .set_expression_attribute_values(words.values)
                        .build()?,
                )
            }
            Change::Add(key, by) => part.update(
                Update::builder()
                    .table_name(table)
                    .set_key(Some(rows::bare(key)))
                    .update_expression("ADD #n :by SET #v = if_not_exists(#v, :one)")
                    .expression_attribute_names("#n", COUNT)
                    .expression_attribute_names("#v", VERSION)
                    .expression_attribute_values(":by", rows::number(*by))
                    .expression_attribute_values(":one", rows::number(1))
                    .build()?,
            ),
        }
        .build())
    }
}
