//! The JSON schema. The committed file is what every build reads config files
//! along; with the feature `schema` it is made from the same types that the file
//! is read into, and a test holds the two to be equal. The functions do without
//! the generator, which is a megabyte of each of them.

use std::sync::LazyLock;

use serde_json::Value;

#[cfg(feature = "schema")]
pub use generated::schema;
#[cfg(feature = "schema")]
pub(crate) use generated::{cause, of, severities};

/// The schema as it is committed, for editors and for [`crate::Config::parse`].
pub(crate) const TEXT: &str = include_str!("../../../docs/plumbline.schema.json");

/// The committed schema, read once.
pub(crate) fn committed() -> &'static Value {
    // Were the file no JSON, which a test rules out, the types alone would speak.
    static COMMITTED: LazyLock<Value> =
        LazyLock::new(|| serde_json::from_str(TEXT).unwrap_or_default());
    &COMMITTED
}

#[cfg(feature = "schema")]
mod generated {
    use domain::severity::{Cause, Severity};
    use schemars::generate::SchemaSettings;
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    use serde_json::Value;

    use crate::config::Config;

    /// The schema's own name. A URN, because it is found beside the program and not at an address.
    const ID: &str = "urn:plumbline:schema:config:v1";

    /// The JSON schema (2020-12) of `plumbline.yaml`, made from its types.
    #[must_use]
    pub fn schema() -> Value {
        let mut schema = of::<Config>();
        if let Value::Object(root) = &mut schema {
            root.insert("$id".to_owned(), ID.into());
            root.insert("title".to_owned(), "plumbline.yaml".into());
        }
        schema
    }

    /// The schema of any of the package's files.
    pub(crate) fn of<T: JsonSchema>() -> Value {
        SchemaSettings::draft2020_12()
            .for_deserialize()
            .into_generator()
            .into_root_schema_for::<T>()
            .to_value()
    }

    /// The severities by name. `domain` knows no schema, so they are listed from its own list.
    pub(crate) fn severities(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "enum": Severity::ALL.map(Severity::as_str)})
    }

    /// The causes by name.
    pub(crate) fn cause(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "enum": Cause::ALL.map(Cause::as_str)})
    }
}
