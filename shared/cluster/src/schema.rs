//! The OpenAPI v3 documents, one for each group and version, kept by the hash that the server gives each.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use domain::ports::{PortError, PortErrorKind};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{Mutex, OnceCell};

use crate::ask::{Ask, JSON, op};
use crate::cache::Cache;
use crate::exchange::Exchange;
use crate::json;

const INDEX: &str = "/openapi/v3";

/// The documents of one server.
pub(crate) struct Schemas {
    cache: Arc<dyn Cache>,
    index: OnceCell<BTreeMap<String, String>>,
    /// As text: parsed, one is many times as large.
    documents: Mutex<HashMap<String, Arc<OnceCell<Bytes>>>>,
}

#[derive(Deserialize)]
struct Index {
    paths: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(rename = "serverRelativeURL")]
    url: String,
}

impl Schemas {
    pub(crate) fn new(cache: Arc<dyn Cache>) -> Self {
        Self {
            cache,
            index: OnceCell::new(),
            documents: Mutex::default(),
        }
    }

    /// The document of a group and version.
    pub(crate) async fn of(
        &self,
        exchange: &Exchange,
        api_version: &str,
    ) -> Result<Value, PortError> {
        let index = self.index.get_or_try_init(|| index(exchange)).await?;
        let path = match api_version.contains('/') {
            true => format!("apis/{api_version}"),
            false => format!("api/{api_version}"),
        };
        let url = index.get(&path).ok_or_else(|| {
            let name: String = api_version.escape_debug().take(200).collect();
            let ask = Ask::read(op::SCHEMA, INDEX, JSON);
            let what = format!("the server has no schema of {name}");
            exchange.about(&ask, PortErrorKind::NotFound, &what)
        })?;
        let cell = {
            let mut documents = self.documents.lock().await;
            Arc::clone(documents.entry(path).or_default())
        };
        let mut fresh = None;
        // Who asks while another fetches it waits for that answer.
        let document = cell
            .get_or_try_init(async || {
                let (document, value) = self.document(exchange, url).await?;
                fresh = Some(value);
                Ok(document)
            })
            .await?;
        fresh
            .or_else(|| parsed(document))
            .ok_or_else(|| not_one(exchange, url))
    }

    /// From the cache, else from the server: as text, and parsed.
    async fn document(&self, exchange: &Exchange, url: &str) -> Result<(Bytes, Value), PortError> {
        let hash = url
            .split_once('?')
            .and_then(|(_, query)| query.split('&').find_map(|it| it.strip_prefix("hash=")));
        if let Some(hash) = hash
            && let Some(kept) = self.cache.get(hash).await
            && let Some(value) = parsed(&kept)
        {
            return Ok((kept, value));
        }
        let document = exchange.success(&Ask::read(op::SCHEMA, url, JSON)).await?;
        let value = parsed(&document).ok_or_else(|| not_one(exchange, url))?;
        if let Some(hash) = hash {
            self.cache.put(hash, &document).await;
        }
        Ok((document, value))
    }
}

async fn index(exchange: &Exchange) -> Result<BTreeMap<String, String>, PortError> {
    let ask = Ask::read(op::SCHEMA, INDEX, JSON);
    let body = exchange.success(&ask).await?;
    let unreadable = |what: &str| exchange.about(&ask, PortErrorKind::Invalid, what);
    let index: Index =
        json::read(&body).map_err(|_| unreadable("the answer is no index of OpenAPI documents"))?;
    // It goes back to the server as an address.
    let is_below = |url: &str| {
        let path = url.split('?').next().unwrap_or_default();
        path.starts_with("/openapi/v3/") && !path.contains("..")
    };
    if let Some((name, _)) = index.paths.iter().find(|(_, entry)| !is_below(&entry.url)) {
        let name: String = name.escape_debug().take(200).collect();
        return Err(unreadable(&format!(
            "the address of {name} is not below {INDEX}"
        )));
    }
    let urls = index
        .paths
        .into_iter()
        .map(|(path, entry)| (path, entry.url));
    Ok(urls.collect())
}

/// A document has schemas; anything else is none, and what a cache gives may be anything.
fn parsed(document: &Bytes) -> Option<Value> {
    let value: Value = json::read(document).ok()?;
    (value["components"].is_object() || value["openapi"].is_string()).then_some(value)
}

fn not_one(exchange: &Exchange, url: &str) -> PortError {
    let ask = Ask::read(op::SCHEMA, url, JSON);
    let what = "the answer is no OpenAPI document";
    exchange.about(&ask, PortErrorKind::Invalid, what)
}
