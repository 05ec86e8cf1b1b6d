//! From a way to a server.

use std::sync::Arc;

use domain::ports::PortError;
use kube::Config;

use crate::cache::Cache;
use crate::exchange::{Exchange, Place};
use crate::failure::{causes, clean, invalid};
use crate::kubeconfig::{self, Entry, Files};
use crate::options::{Options, Way};
use crate::plugin::Plugin;
use crate::server::ApiServer;
use crate::token::Token;
use crate::transport::transport;

/// The `op` of errors before any call.
pub(crate) const CONNECT: &str = "kubernetes:connect";

/// The name of a cluster that has no other.
const IN_CLUSTER: &str = "in-cluster";

/// What leads to a server.
pub(crate) struct Entrance {
    pub(crate) name: String,
    pub(crate) config: Config,
    pub(crate) proxy: Option<String>,
    pub(crate) token: Option<Token>,
    /// What may help where no connection comes about.
    pub(crate) hint: Option<String>,
    /// What may help where the server does not know who asks.
    pub(crate) stranger: &'static str,
}

/// A cluster's API server, reached by one of the ways. `cache` keeps schemas.
///
/// Kubeconfigs are read, plugins are run and AWS is asked where an EKS cluster is; the server itself is not asked yet,
/// so an address or an identity that it refuses shows at the first call.
///
/// # Errors
/// [`domain::ports::PortErrorKind::Invalid`] where the settings cannot be used, which names the file and what is wrong
/// with it; [`domain::ports::PortErrorKind::Denied`] where a plugin fails; else what AWS says.
pub async fn connect(
    way: &Way,
    options: Options,
    cache: Arc<dyn Cache>,
) -> Result<ApiServer, PortError> {
    // Whoever was first has chosen, and there is no other to choose.
    _ = rustls::crypto::ring::default_provider().install_default();
    let entrance = match way {
        Way::Kubeconfig { path, context } => {
            match kubeconfig::files(path.as_deref(), context.as_deref())? {
                Files::These(files) => {
                    let entry = kubeconfig::read(&files, context.as_deref()).await?;
                    by_kubeconfig(entry, options).await?
                }
                Files::InCluster => in_cluster()?,
            }
        }
        Way::InCluster => in_cluster()?,
        #[cfg(feature = "eks")]
        Way::Eks(eks) => eks.entrance().await?,
    };
    let transport = transport(
        &entrance.config,
        entrance.proxy.as_deref(),
        options.connect_timeout,
    )?;
    let url = &entrance.config.cluster_url;
    let port = url
        .port_u16()
        .map_or_else(String::new, |it| format!(":{it}"));
    let place = Place {
        place: clean(&format!(
            "cluster {} at {}://{}{port}",
            entrance.name,
            url.scheme_str().unwrap_or_default(),
            url.host().unwrap_or_default()
        )),
        hint: entrance.hint,
        stranger: entrance.stranger,
    };
    let exchange = Exchange::new(transport, entrance.token, options, place);
    Ok(ApiServer::new(entrance.name, exchange, cache))
}

async fn by_kubeconfig(entry: Entry, options: Options) -> Result<Entrance, PortError> {
    let mut config = entry.config;
    let mut token = None;
    let mut stranger =
        " (the kubeconfig's credentials are refused or have ended: log in to the cluster again)";
    if let Some(plugin) = entry.plugin {
        stranger = " (what the kubeconfig's credential plugin gives is refused: log in to the cluster again)";
        let plugin = Plugin::new(plugin, options.plugin_timeout)?;
        let given = plugin.run().await?;
        if let Some(certificate) = given.certificate {
            config.auth_info.client_certificate_data = certificate.client_certificate_data;
            config.auth_info.client_key_data = certificate.client_key_data;
        }
        token = given.token.map(|first| Token::new(plugin, Some(first)));
    }
    Ok(Entrance {
        name: entry.name,
        config,
        proxy: entry.proxy,
        token,
        hint: None,
        stranger,
    })
}

fn in_cluster() -> Result<Entrance, PortError> {
    let config = Config::incluster_env().map_err(|error| {
        let detail = format!(
            "this is no pod with a service account ({}); name a kubeconfig or an EKS cluster",
            causes(&error)
        );
        invalid(CONNECT, clean(&detail))
    })?;
    Ok(Entrance {
        name: IN_CLUSTER.to_owned(),
        config,
        proxy: None,
        token: None,
        hint: None,
        stranger: " (the pod's service account token is refused)",
    })
}
