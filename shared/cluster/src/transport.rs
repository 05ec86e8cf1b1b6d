//! The HTTP client below: connection, proxy, TLS, and whatever identity is not a token that we renew ourselves.
//!
//! `kube` gives the TLS settings and the identities of a kubeconfig. The layers around them are ours, since those of
//! its client log every failed attempt as an error and run a credential plugin three times at the start.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use domain::ports::PortError;
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kube::Config;
use kube::client::ConfigExt as _;
use tower::timeout::Timeout;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceBuilder, ServiceExt as _};

use crate::connect::CONNECT;
use crate::failure::{causes, clean, invalid};

/// Sends a request and gives the head of its answer.
pub(crate) type Transport = BoxCloneSyncService<Request<Full<Bytes>>, Response<Incoming>, BoxError>;

/// The client for a server. `proxy` is the kubeconfig's own.
pub(crate) fn transport(
    config: &Config,
    proxy: Option<&str>,
    limit: Duration,
) -> Result<Transport, PortError> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    // Requests are small, and a held-back one costs more than the network.
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(limit));
    let Some(proxy) = proxy_for(&config.cluster_url, proxy)? else {
        return over(config, tcp, limit);
    };
    let address = proxy.uri().clone();
    match address.scheme_str() {
        Some("http") => over(config, tunnel(address, tcp, &proxy), limit),
        Some("https") => {
            let to_proxy = config
                .rustls_https_connector_with_connector(tcp)
                .map_err(|error| unusable(&error))?;
            over(config, tunnel(address, to_proxy, &proxy), limit)
        }
        Some(scheme @ ("socks5" | "socks5h")) => {
            let mut socks = SocksV5::new(address.clone(), tcp).local_dns(scheme == "socks5");
            if let Some((user, password)) = proxy.raw_auth() {
                socks = socks.with_auth(user.to_owned(), password.to_owned());
            }
            over(config, socks, limit)
        }
        _ => Err(invalid(
            CONNECT,
            "the proxy is none of http, https and socks5",
        )),
    }
}

fn tunnel<C>(address: Uri, connector: C, proxy: &Intercept) -> Tunnel<C> {
    let tunnel = Tunnel::new(address, connector);
    match proxy.basic_auth() {
        Some(header) => tunnel.with_auth(header.clone()),
        None => tunnel,
    }
}

fn over<C>(config: &Config, connector: C, limit: Duration) -> Result<Transport, PortError>
where
    C: tower::Service<Uri> + Clone + Send + Sync + 'static,
    C::Response: Connection + Read + Write + Send + Unpin + 'static,
    C::Future: Send + 'static,
    C::Error: Into<BoxError>,
{
    let tls = config
        .rustls_https_connector_with_connector(connector)
        .map_err(|error| unusable(&error))?;
    let connector = Timeout::new(tls, limit).map_future(Box::pin);
    let client = legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .build::<_, Full<Bytes>>(connector);
    let identity = config.auth_layer().map_err(|error| unusable(&error))?;
    let headers = config
        .extra_headers_layer()
        .map_err(|error| unusable(&error))?;
    let stack = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(identity)
        .layer(headers)
        .map_err(BoxError::from)
        .service(client);
    Ok(BoxCloneSyncService::new(stack))
}

fn unusable(error: &kube::Error) -> PortError {
    invalid(
        CONNECT,
        clean(&format!(
            "the identity or the TLS settings: {}",
            causes(error)
        )),
    )
}

/// The proxy to a server: the kubeconfig's own, else the environment's by `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`,
/// which never apply to this machine.
fn proxy_for(server: &Uri, own: Option<&str>) -> Result<Option<Intercept>, PortError> {
    if let Some(own) = own.filter(|it| !it.is_empty()) {
        let found = Matcher::builder().all(own).build().intercept(server);
        return found.map(Some).ok_or_else(|| {
            invalid(
                CONNECT,
                "the kubeconfig's proxy-url is no address of a proxy; they look like http://proxy.example.com:3128",
            )
        });
    }
    if is_this_machine(server) {
        return Ok(None);
    }
    Ok(Matcher::from_env().intercept(server))
}

/// Whether a server is reached without leaving this machine.
pub(crate) fn is_this_machine(server: &Uri) -> bool {
    let host = server.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|it| it.is_loopback())
}
