//! From the domain's types to the table's rows and back.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::finding::{Finding, MOST_DIFFERENCES};
use domain::ports::{Item, Key, PortError, PortErrorKind};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::keys::{self, BODY, COUNT, EXPIRES, EXPIRES_AT, PK, SK, VERSION};

/// The attributes of one row.
pub(crate) type Row = HashMap<String, AttributeValue>;

const READ: &str = "ledger:read";
const WRITE: &str = "ledger:write";

/// A text.
pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number.
pub(crate) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A row of nothing but its key.
pub(crate) fn bare(key: &Key) -> Row {
    HashMap::from([
        (PK.to_owned(), text(key.pk.as_str())),
        (SK.to_owned(), text(key.sk.as_str())),
    ])
}

/// The row of a state.
pub(crate) fn row(key: &Key, state: &impl Serialize) -> Result<Row, PortError> {
    let body = serde_json::to_string(state).map_err(|error| {
        let detail = format!("{} {}: {error}", key.pk, key.sk);
        PortError::new(PortErrorKind::Invalid, WRITE, detail)
    })?;
    let mut row = bare(key);
    row.insert(BODY.to_owned(), text(body));
    Ok(row)
}

/// The row of a state that has versions.
pub(crate) fn versioned(key: &Key, version: u64, state: &impl Serialize) -> Result<Row, PortError> {
    let mut row = row(key, state)?;
    row.insert(VERSION.to_owned(), number(version));
    Ok(row)
}

/// The row of a finding, with as many differences as fit; in the index while it is open.
pub(crate) fn of_finding(finding: &Finding) -> Result<Row, PortError> {
    let key = keys::finding(&finding.unit, &finding.id);
    let mut row = versioned(&key, finding.version, &finding.cut_to(MOST_DIFFERENCES))?;
    if finding.closed.is_none() {
        let (_, pk, sk) = keys::INDEX;
        row.insert(pk.to_owned(), text(keys::open_in(&finding.environment)));
        row.insert(sk.to_owned(), text(keys::open_place(finding)));
    }
    Ok(row)
}

/// The row of an item.
pub(crate) fn of_item(item: &Item) -> Result<Row, PortError> {
    let mut row = match count(&item.body) {
        Some(count) => {
            let mut row = bare(&item.key);
            row.insert(COUNT.to_owned(), number(count));
            row.insert(VERSION.to_owned(), number(item.version));
            row
        }
        None => versioned(&item.key, item.version, &item.body)?,
    };
    if let Some(expires) = item.expires {
        let has_rest = expires.subsec_nanosecond() > 0;
        // Up: a row must not go before its time.
        let second = expires.as_second() + i64::from(has_rest);
        let second = AttributeValue::N(second.to_string());
        row.insert(EXPIRES.to_owned(), second);
        if expires.subsec_nanosecond() != 0 {
            row.insert(EXPIRES_AT.to_owned(), text(expires.to_string()));
        }
    }
    Ok(row)
}

/// What a body counts, if it is the body of a counter. Such a one is kept as a
/// number, so that it can be counted up where it stands.
fn count(body: &Value) -> Option<u64> {
    let body = body.as_object().filter(|it| it.len() == 1)?;
    body.get(COUNT)?.as_u64()
}

/// An item from its row.
pub(crate) fn item(row: &Row) -> Result<Item, PortError> {
    let key = key(row)?;
    let body = match row.get(COUNT) {
        Some(_) if !row.contains_key(BODY) => json!({ COUNT: integer(row, COUNT)? }),
        _ => body(row)?,
    };
    Ok(Item {
        version: integer(row, VERSION)?,
        body,
        expires: expires(row)?,
        key,
    })
}

fn expires(row: &Row) -> Result<Option<Timestamp>, PortError> {
    let at = if let Some(exact) = row.get(EXPIRES_AT) {
        exact.as_s().ok().and_then(|it| it.parse().ok())
    } else if let Some(second) = row.get(EXPIRES) {
        let second = second.as_n().ok().and_then(|it| it.parse().ok());
        second.and_then(|it| Timestamp::from_second(it).ok())
    } else {
        return Ok(None);
    };
    at.map(Some)
        .ok_or_else(|| damaged(row, &format!("`{EXPIRES}` is no time")))
}

/// A state from its row's body.
pub(crate) fn body<T: DeserializeOwned>(row: &Row) -> Result<T, PortError> {
    let text = string(row, BODY)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    // A value may be as deep as the parser that first read it allowed, and here it stands deeper still.
    reader.disable_recursion_limit();
    // serde's own words would quote values.
    T::deserialize(&mut reader).map_err(|error| {
        let column = error.column();
        damaged(
            row,
            &format!("`{BODY}` is not what Plumbline writes (column {column})"),
        )
    })
}

/// A text attribute of a row.
pub(crate) fn string<'a>(row: &'a Row, name: &str) -> Result<&'a str, PortError> {
    row.get(name)
        .and_then(|it| it.as_s().ok())
        .map(String::as_str)
        .ok_or_else(|| damaged(row, &format!("`{name}` is no text")))
}

/// A whole number of a row.
pub(crate) fn integer(row: &Row, name: &str) -> Result<u64, PortError> {
    row.get(name)
        .and_then(|it| it.as_n().ok())
        .and_then(|it| it.parse().ok())
        .ok_or_else(|| damaged(row, &format!("`{name}` is no whole number")))
}

/// The key of a row.
pub(crate) fn key(row: &Row) -> Result<Key, PortError> {
    Ok(Key::new(string(row, PK)?, string(row, SK)?))
}

/// A row that is not what this program writes. It is named by its key; values stay unsaid.
pub(crate) fn damaged(row: &Row, what: &str) -> PortError {
    let name = |name| {
        let value = row.get(name).and_then(|it| it.as_s().ok());
        value.map_or("?", String::as_str)
    };
    let detail = format!("{} {} is damaged: {what}", name(PK), name(SK));
    PortError::new(PortErrorKind::Invalid, READ, detail)
}
