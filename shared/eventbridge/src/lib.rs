//! The envelope around every EventBridge event, and how its detail is read.
//!
//! An [`Envelope`] says of what type an event is, where and when it was raised,
//! and reads its detail as the type that the reader has for it. It demands what
//! the reader asks for and no more: an event without its time is read by whoever
//! does not need the time. What is missing or of another kind is [`Malformed`],
//! with its JSON path and never with the value, which may be a secret.

mod malformed;
mod names;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use malformed::Malformed;
pub use names::Names;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// An event whose detail is still to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    wire: Wire,
}

/// The type comes first: where much is missing, it is what is named.
#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Wire {
    #[serde(rename = "detail-type", alias = "detailType")]
    detail_type: String,
    detail: Value,
    id: Option<String>,
    account: Option<String>,
    region: Option<String>,
    time: Option<String>,
    resources: Option<Vec<String>>,
}

impl Envelope {
    /// Reads the body of a message.
    ///
    /// # Errors
    ///
    /// Where it is no JSON, or no event.
    pub fn read(body: &str) -> Result<Self, Malformed> {
        let mut text = serde_json::Deserializer::from_str(body);
        let value = Value::deserialize(&mut text).map_err(|error| Malformed::no_json(&error))?;
        text.end()
            .map_err(|_| Malformed::at("body", "more than one JSON value"))?;
        Self::of(&value)
    }

    /// Reads a body that is JSON already.
    ///
    /// # Errors
    ///
    /// Where it is no event.
    pub fn of(body: &Value) -> Result<Self, Malformed> {
        let wire = object("", body)?;
        Ok(Self { wire })
    }

    /// What kind of event it is, `ECR Image Action`.
    #[must_use]
    pub fn detail_type(&self) -> &str {
        &self.wire.detail_type
    }

    /// EventBridge's id of the event, which a second delivery repeats.
    ///
    /// # Errors
    ///
    /// Where it is missing, or no name.
    pub fn id(&self, names: &Names) -> Result<String, Malformed> {
        name("id", self.wire.id.as_deref(), names)
    }

    /// The AWS account id where it was raised.
    ///
    /// # Errors
    ///
    /// Where it is missing, or no name.
    pub fn account(&self, names: &Names) -> Result<String, Malformed> {
        name("account", self.wire.account.as_deref(), names)
    }

    /// The AWS region where it was raised.
    ///
    /// # Errors
    ///
    /// Where it is missing, or no name.
    pub fn region(&self, names: &Names) -> Result<String, Malformed> {
        name("region", self.wire.region.as_deref(), names)
    }

    /// When it was raised, as it stands there: not every event's time is a date.
    ///
    /// # Errors
    ///
    /// Where it is missing.
    pub fn time(&self) -> Result<&str, Malformed> {
        there("time", self.wire.time.as_deref())
    }

    /// The ARNs of what it is about; often none.
    #[must_use]
    pub fn resources(&self) -> &[String] {
        self.wire.resources.as_deref().unwrap_or_default()
    }

    /// The detail, as its type.
    ///
    /// # Errors
    ///
    /// Where something that the type needs is missing or of another kind.
    pub fn detail<T: DeserializeOwned>(&self) -> Result<T, Malformed> {
        object("detail", &self.wire.detail)
    }
}

fn there<'a>(path: &str, text: Option<&'a str>) -> Result<&'a str, Malformed> {
    text.ok_or_else(|| Malformed::at(path, "is missing"))
}

fn name(path: &str, text: Option<&str>, names: &Names) -> Result<String, Malformed> {
    names.check(path, there(path, text)?.to_owned())
}

/// Reads an object. A list is refused here, since it would be taken for the fields in their order.
fn object<T: DeserializeOwned>(path: &str, value: &Value) -> Result<T, Malformed> {
    if value.is_object() {
        serde_path_to_error::deserialize(value).map_err(|error| Malformed::explain(path, &error))
    } else {
        let path = if path.is_empty() { "body" } else { path };
        Err(Malformed::at(path, "is not an object"))
    }
}

#[cfg(test)]
mod tests;
