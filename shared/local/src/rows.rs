//! From the domain's types to rows and back.

use domain::layer::Layer;
use domain::unit::Unit;
use rusqlite::Row;
use rusqlite::types::Type;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why a call was not carried out.
pub(crate) enum Fault {
    /// SQLite refused or failed.
    Sqlite(rusqlite::Error),
    /// Somebody else was faster.
    Conflict(String),
    /// The request makes no sense.
    Invalid(String),
    /// A row is there and is not what this program writes.
    Damaged(String),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Fault::Sqlite(error)
    }
}

/// A state as JSON.
pub(crate) fn body(state: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(state).map_err(|error| Fault::Invalid(error.to_string()))
}

/// A state from its JSON. An error says where, never what: serde's own words would quote values.
pub(crate) fn parse<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, Fault> {
    let mut reader = serde_json::Deserializer::from_str(text);
    // A value may be as deep as the parser that first read it allowed, and here it stands deeper still.
    reader.disable_recursion_limit();
    T::deserialize(&mut reader)
        .map_err(|error| Fault::Damaged(format!("{what}, column {} of its body", error.column())))
}

/// A count as SQLite holds it.
pub(crate) fn integer(count: u64) -> Result<i64, Fault> {
    i64::try_from(count).map_err(|_| Fault::Invalid(format!("{count} is too large")))
}

/// The four columns that name a unit, in order.
pub(crate) fn unit_columns(unit: &Unit) -> [&str; 4] {
    [unit.layer.as_str(), &unit.account, &unit.region, &unit.name]
}

/// A unit from the four columns that name it.
pub(crate) fn unit_of(row: &Row<'_>) -> rusqlite::Result<Unit> {
    let layer: String = row.get(0)?;
    Ok(Unit {
        layer: Layer::from_name(&layer).ok_or_else(|| {
            let unknown = format!("{layer:?} is no layer");
            rusqlite::Error::FromSqlConversionFailure(0, Type::Text, unknown.into())
        })?,
        account: row.get(1)?,
        region: row.get(2)?,
        name: row.get(3)?,
    })
}
