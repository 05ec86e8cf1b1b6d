//! The ways to clusters and manifests from this machine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use aws::Connection;
use cluster::{ApiServer, Cache, DiskCache, Eks, NoCache, Options, Way};
use cluster_drift::remote::Remote;
use cluster_drift::{Reached, Ways};
use domain::ports::{PortError, PortErrorKind, Source};
use github::web::Patience;
use manifests::{Directory, Helm, Kustomize, Tools};
use policy::clusters::ClusterWatch;
use policy::watch::reading_role;
use policy::{Config, Loaded, Manifests};

use crate::clock::SystemClock;
use crate::commands::CONFIG;
use crate::outside::LazySecrets;

/// The folder that paths in a config file are relative to: the file's own.
pub(crate) fn root(config: Option<&Path>) -> PathBuf {
    let file = config.unwrap_or_else(|| Path::new(CONFIG));
    let folder = file.parent().filter(|it| !it.as_os_str().is_empty());
    folder.unwrap_or_else(|| Path::new(".")).to_path_buf()
}

/// The ways from this machine: its kubeconfigs, its AWS identity, its files and programs.
pub(crate) struct Here {
    /// The way to AWS.
    connection: Arc<Connection>,
    /// What paths in the config file are relative to.
    root: PathBuf,
    /// The ways to manifests that are elsewhere.
    remote: Remote,
}

impl Here {
    /// The ways from this machine. GitHub is read with the config's credentials, else with `GITHUB_TOKEN`.
    pub(crate) fn new(connection: Arc<Connection>, root: PathBuf) -> Self {
        let token = std::env::var_os("GITHUB_TOKEN").filter(|it| !it.is_empty());
        Self {
            remote: Remote {
                credentials: token.map(|_| "env:GITHUB_TOKEN".to_owned()),
                patience: Patience::default(),
                secrets: Arc::new(LazySecrets(Arc::clone(&connection))),
                clock: Arc::new(SystemClock),
            },
            connection,
            root,
        }
    }
}

#[async_trait]
impl Ways for Here {
    async fn cluster(
        &self,
        config: &Config,
        watch: &ClusterWatch<'_>,
    ) -> Result<Reached, PortError> {
        let way = self.way(config, &watch.section.cluster).await?;
        let server = connect(&way).await?;
        Ok(Reached {
            name: server.name().to_owned(),
            server: Arc::new(server),
        })
    }

    async fn source(
        &self,
        loaded: &Loaded,
        watch: &ClusterWatch<'_>,
    ) -> Result<Arc<dyn Source>, PortError> {
        if let Some(elsewhere) = self.remote.source((&loaded.config, watch), None)? {
            return Ok(elsewhere);
        }
        let (root, tools) = (self.root.clone(), Tools::default());
        if let Some(chart) = watch.chart() {
            return Ok(Arc::new(Helm {
                root,
                chart: chart.chart.into(),
                values: chart.values.iter().map(PathBuf::from).collect(),
                release: chart.release.to_owned(),
                namespace: chart.namespace.to_owned(),
                tools,
            }));
        }
        match &watch.section.manifests {
            Manifests::Directory(path) => Ok(Arc::new(Directory {
                root,
                path: path.as_str().into(),
                tools,
            })),
            Manifests::Kustomize(directory) => Ok(Arc::new(Kustomize {
                root,
                directory: directory.as_str().into(),
                tools,
            })),
            Manifests::Helm(_) | Manifests::Github(_) | Manifests::Argocd(_) => {
                Err(PortError::new(
                    PortErrorKind::Invalid,
                    "manifests",
                    format!("target {}: there is no way to its manifests", watch.target),
                ))
            }
        }
    }
}

impl Here {
    async fn way(&self, config: &Config, cluster: &policy::Cluster) -> Result<Way, PortError> {
        Ok(match cluster {
            policy::Cluster::Kubeconfig(it) => Way::Kubeconfig {
                path: it.path.as_ref().map(|it| self.root.join(it.as_str())),
                context: it.context.as_ref().map(|it| it.as_str().to_owned()),
            },
            policy::Cluster::Eks(eks) => {
                let account = eks.account.as_ref().map(|it| it.as_str());
                let role = account.and_then(|it| reading_role(config, it));
                let region = eks.region.as_ref().map(|it| it.as_str());
                Way::Eks(Box::new(Eks {
                    name: eks.name.as_str().to_owned(),
                    access: self.connection.access(region, role.as_ref()).await?,
                }))
            }
        })
    }
}

/// The API server at the end of a way. Its schemas are kept in the user's cache directory, by their hash.
///
/// # Errors
///
/// Those of [`cluster::connect`].
pub(crate) async fn connect(way: &Way) -> Result<ApiServer, PortError> {
    let cache: Arc<dyn Cache> = match cache_directory() {
        Some(directory) => Arc::new(DiskCache::new(directory)),
        None => Arc::new(NoCache),
    };
    cluster::connect(way, Options::default(), cache).await
}

/// `$XDG_CACHE_HOME/plumbline/schemas`, else `~/.cache/plumbline/schemas`.
fn cache_directory() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|it| !it.is_empty());
    let base = set("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(set("HOME")?).join(".cache")))?;
    Some(base.join("plumbline").join("schemas"))
}
