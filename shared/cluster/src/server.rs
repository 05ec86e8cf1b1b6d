//! The port over HTTP.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::{Cluster, ObjectName, Page, PageOf, PortError, PortErrorKind, Refused, Served};
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::ask::Ask;
use crate::cache::Cache;
use crate::discovery;
use crate::exchange::{Answer, Exchange};
use crate::failure::Status;
use crate::json;
use crate::schema::Schemas;

/// One cluster's API server. It is only read: all that could write is asked as a dry run.
pub struct ApiServer {
    name: String,
    exchange: Exchange,
    schemas: Schemas,
}

impl ApiServer {
    pub(crate) fn new(name: String, exchange: Exchange, cache: Arc<dyn Cache>) -> Self {
        Self {
            name,
            exchange,
            schemas: Schemas::new(cache),
        }
    }

    /// The cluster's name, as identities carry it: that of EKS, or of the kubeconfig's context, or `in-cluster`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The object that a dry run gave, or why it gave none.
    async fn decided(&self, ask: Ask) -> Result<Value, Refused> {
        let answer = self.exchange.ask(&ask).await?;
        if answer.status.is_success() {
            return self.object(&ask, &answer).map_err(Refused::Failed);
        }
        let said = Status::read(answer.status, &answer.body);
        // These are about the request and not about the object.
        if matches!(answer.status.as_u16(), 0..=399 | 401 | 408 | 413 | 429) {
            return Err(self.exchange.refusal(&ask, answer.status, &said).into());
        }
        Err(Refused::ByServer {
            status: answer.status.as_u16(),
            message: said.words(),
            reason: said.reason,
        })
    }

    fn object(&self, ask: &Ask, answer: &Answer) -> Result<Value, PortError> {
        let unreadable = |what: &str| self.exchange.about(ask, PortErrorKind::Invalid, what);
        match json::read(&answer.body) {
            Ok(object @ Value::Object(_)) => Ok(object),
            Ok(_) => Err(unreadable("the answer is not a JSON object")),
            Err(place) => Err(unreadable(&format!(
                "the answer is not a JSON object ({place})"
            ))),
        }
    }

    async fn page(&self, page: &PageOf, limit: u32) -> Result<Page, PortError> {
        let ask = Ask::list(page, limit)?;
        let body = self.exchange.success(&ask).await?;
        let unreadable = |what: &str| self.exchange.about(&ask, PortErrorKind::Invalid, what);
        let list: List = json::read(&body).map_err(|place| {
            unreadable(&format!("the answer is not a list of objects ({place})"))
        })?;
        let (api_version, kind) = (page.kind.api_version(), &page.kind.name);
        let mut objects = list.items.unwrap_or_default();
        for object in &mut objects {
            let object = object
                .as_object_mut()
                .ok_or_else(|| unreadable("an item of the list is not an object"))?;
            // A list says them once for all its items.
            for (key, value) in [("apiVersion", &api_version), ("kind", kind)] {
                let there = object.get(key).is_some_and(Value::is_string);
                if !there {
                    object.insert(key.to_owned(), value.as_str().into());
                }
            }
        }
        Ok(Page {
            objects,
            next: list.metadata.next.filter(|token| !token.is_empty()),
        })
    }
}

/// Neither an identity nor an object is printed.
impl fmt::Debug for ApiServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiServer")
            .field("name", &self.name)
            .field("place", &self.exchange.place())
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct List {
    metadata: ListMeta,
    /// `null` where Go has made none; a list without it is something else.
    #[serde(deserialize_with = "Option::deserialize")]
    items: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct ListMeta {
    #[serde(default, rename = "continue")]
    next: Option<String>,
}

#[async_trait]
impl Cluster for ApiServer {
    async fn kinds(&self) -> Result<Served, PortError> {
        discovery::kinds(&self.exchange).await
    }

    async fn schema(&self, api_version: &str) -> Result<Value, PortError> {
        self.schemas.of(&self.exchange, api_version).await
    }

    async fn list(&self, page: &PageOf) -> Result<Page, PortError> {
        let mut limit = self.exchange.options().page_size.max(1);
        loop {
            match self.page(page, limit).await {
                // Helm keeps whole releases in Secrets: few of them may be as large as many of anything else.
                Err(error) if error.kind == PortErrorKind::TooLarge && limit > 1 => {
                    limit = (limit / 10).max(1);
                }
                result => return result,
            }
        }
    }

    async fn get(&self, name: &ObjectName) -> Result<Option<Value>, PortError> {
        let ask = Ask::get(name)?;
        let answer = self.exchange.ask(&ask).await?;
        if answer.status.is_success() {
            return self.object(&ask, &answer).map(Some);
        }
        let said = Status::read(answer.status, &answer.body);
        // A 404 may also say that there is no such kind or group; only one that names the object is about the object.
        if answer.status == StatusCode::NOT_FOUND && said.object() == name.name {
            return Ok(None);
        }
        Err(self.exchange.refusal(&ask, answer.status, &said))
    }

    async fn apply(&self, name: &ObjectName, manifest: &Value) -> Result<Value, Refused> {
        self.decided(Ask::apply(name, manifest)?).await
    }

    async fn create(&self, name: &ObjectName, manifest: &Value) -> Result<Value, Refused> {
        self.decided(Ask::create(name, manifest)?).await
    }

    fn requests(&self) -> u64 {
        self.exchange.requests()
    }
}
