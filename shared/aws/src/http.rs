//! The one HTTP client: it counts every request and caps every answer.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_types::sdk_config::SharedAsyncSleep;
use http_body_util::{BodyExt, LengthLimitError, Limited};

/// An answer larger than the cap.
#[derive(Debug, thiserror::Error)]
#[error("the answer is larger than {cap} bytes")]
pub(crate) struct BodyTooLarge {
    cap: usize,
}

/// No whole answer came from a host. `host` has no user, path or query.
#[derive(Debug, thiserror::Error)]
#[error("no answer from {host}")]
pub(crate) struct NoAnswer {
    host: String,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// Shared by every SDK client and credentials provider, so its count is complete.
#[derive(Clone)]
pub(crate) struct CountingClient(Arc<Shared>);

struct Shared {
    requests: AtomicU64,
    tls: TlsContext,
    body_cap: usize,
    behind_proxy: bool,
    connectors: Mutex<HashMap<Kind, SharedHttpConnector>>,
}

/// What makes one connection pool differ from another.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Kind {
    connect: Option<Duration>,
    read: Option<Duration>,
    proxied: bool,
    /// Plain HTTP to an endpoint that was set by hand needs no roots.
    plain: bool,
}

impl CountingClient {
    pub(crate) fn new(tls: TlsContext, body_cap: usize) -> Self {
        Self(Arc::new(Shared {
            requests: AtomicU64::new(0),
            tls,
            body_cap,
            behind_proxy: ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
                .iter()
                .any(|name| {
                    std::env::var_os(name).is_some()
                        || std::env::var_os(name.to_lowercase()).is_some()
                }),
            connectors: Mutex::new(HashMap::new()),
        }))
    }

    /// The way to send requests with these time limits.
    pub(crate) fn connector(
        &self,
        settings: HttpConnectorSettings,
        sleep: Option<SharedAsyncSleep>,
    ) -> CountingConnector {
        CountingConnector {
            shared: Arc::clone(&self.0),
            settings,
            sleep,
        }
    }

    pub(crate) fn requests(&self) -> u64 {
        self.0.requests.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for CountingClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CountingClient").finish_non_exhaustive()
    }
}

impl HttpClient for CountingClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.connector(settings.clone(), components.sleep_impl()))
    }
}

/// Sends requests over the pool that fits their host.
pub(crate) struct CountingConnector {
    shared: Arc<Shared>,
    settings: HttpConnectorSettings,
    sleep: Option<SharedAsyncSleep>,
}

impl fmt::Debug for CountingConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CountingConnector").finish_non_exhaustive()
    }
}

impl CountingConnector {
    /// The pool for this host, made once.
    fn pool(&self, scheme: &str, host: &str) -> SharedHttpConnector {
        let proxied = self.shared.behind_proxy && !is_of_this_machine(host);
        let kind = Kind {
            connect: self.settings.connect_timeout(),
            read: self.settings.read_timeout(),
            proxied,
            plain: scheme == "http" && !proxied,
        };
        let mut connectors = self
            .shared
            .connectors
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        connectors
            .entry(kind)
            .or_insert_with(|| self.connect(kind))
            .clone()
    }

    fn connect(&self, kind: Kind) -> SharedHttpConnector {
        let mut builder = Connector::builder().connector_settings(self.settings.clone());
        builder.set_sleep_impl(self.sleep.clone());
        if kind.plain {
            return SharedHttpConnector::new(builder.build_http());
        }
        if kind.proxied {
            builder.set_proxy_config(Some(ProxyConfig::from_env()));
        }
        SharedHttpConnector::new(
            builder
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(self.shared.tls.clone())
                .build(),
        )
    }
}

impl HttpConnector for CountingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.shared.requests.fetch_add(1, Ordering::Relaxed);
        let scheme = request.uri().split("://").next().unwrap_or_default();
        let host = host(request.uri()).to_owned();
        let answer = self.pool(scheme, &host).call(request);
        let cap = self.shared.body_cap;
        HttpConnectorFuture::new(async move {
            let answer = match answer.await {
                Ok(answer) => read_whole(answer, cap).await,
                Err(error) => Err(error),
            };
            answer.map_err(|error| at_host(error, host))
        })
    }
}

/// Reads the body here and not in the SDK, which would take a body over the cap
/// for a passing failure and fetch it again.
async fn read_whole(mut answer: HttpResponse, cap: usize) -> Result<HttpResponse, ConnectorError> {
    let too_large = || ConnectorError::other(BodyTooLarge { cap }.into(), None);
    let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
    if body
        .content_length()
        .is_some_and(|length| length > cap as u64)
    {
        return Err(too_large());
    }
    match Limited::new(body, cap).collect().await {
        Ok(whole) => {
            *answer.body_mut() = SdkBody::from(whole.to_bytes());
            Ok(answer)
        }
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(error) => Err(ConnectorError::io(error)),
    }
}

/// Names the host in an error and keeps its kind, which decides on retries.
fn at_host(error: ConnectorError, host: String) -> ConnectorError {
    let (timeout, io, user, other) = (
        error.is_timeout(),
        error.is_io(),
        error.is_user(),
        error.as_other(),
    );
    let named = NoAnswer {
        host,
        source: error.into_source(),
    }
    .into();
    if timeout {
        ConnectorError::timeout(named)
    } else if io {
        ConnectorError::io(named)
    } else if user {
        ConnectorError::user(named)
    } else {
        ConnectorError::other(named, other)
    }
}

/// `host:port` of a URI, without a user.
fn host(uri: &str) -> &str {
    let (_, rest) = uri.split_once("://").unwrap_or(("", uri));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

/// Loopback and the metadata addresses of EC2, ECS and EKS: a proxy cannot
/// reach them, and credentials come from there.
fn is_of_this_machine(host: &str) -> bool {
    const METADATA: [&str; 5] = [
        "169.254.169.254",
        "169.254.170.2",
        "169.254.170.23",
        "fd00:ec2::254",
        "fd00:ec2::23",
    ];
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost"
        || name == "::1"
        || name
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
        || METADATA.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_named_without_user_path_or_query() {
        assert_eq!(
            host("https://user:word@sts.amazonaws.com:444/a?b=c"),
            "sts.amazonaws.com:444"
        );
        assert_eq!(host("http://[::1]:80?x"), "[::1]:80");
    }

    #[test]
    fn metadata_and_loopback_addresses_take_no_proxy() {
        for host in [
            "127.0.0.1:4570",
            "localhost",
            "[::1]:80",
            "169.254.169.254",
            "[fd00:ec2::254]",
        ] {
            assert!(is_of_this_machine(host), "{host}");
        }
        for host in [
            "cloudformation.eu-west-1.amazonaws.com",
            "10.0.0.1",
            "127.0.0.1.example.com",
        ] {
            assert!(!is_of_this_machine(host), "{host}");
        }
    }
}
