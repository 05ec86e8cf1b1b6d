//! Manifests that are not on this machine: in a repository of GitHub, or rendered by Argo CD.

use std::sync::Arc;

use argocd::{Application, Rendered};
use domain::ports::{Clock, PortError, PortErrorKind, Secrets, Source};
use github::web::Patience;
use github::{Github, GithubSource, Options, Repository, What};
use manifests::Tools;
use policy::clusters::{Chart, ClusterWatch};
use policy::{Config, Manifests};

/// The ways to manifests that are elsewhere.
pub struct Remote {
    /// A reference to GitHub's credentials; `None` reads public repositories.
    pub credentials: Option<String>,
    /// How patient the clients are.
    pub patience: Patience,
    /// Where secrets are.
    pub secrets: Arc<dyn Secrets>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// A repository of GitHub, and the branch, tag or commit that is read of it.
pub type Home = (String, Option<String>);

impl Remote {
    /// Where a target's manifests are, if they are elsewhere. `home` is the
    /// repository that the config's own paths are in, where that is not this machine.
    ///
    /// # Errors
    ///
    /// [`PortErrorKind::Invalid`] where the target says too little, or what cannot be.
    pub fn source(
        &self,
        (config, watch): (&Config, &ClusterWatch<'_>),
        home: Option<&Home>,
    ) -> Result<Option<Arc<dyn Source>>, PortError> {
        match (&watch.section.manifests, home) {
            (Manifests::Github(it), _) => {
                let reference = it.reference.as_ref().map(|it| it.as_str().to_owned());
                let path = it.path.as_ref().map_or("", |it| it.as_str());
                let place = (it.repository.as_str().to_owned(), reference);
                self.of_github(config, &place, What::Directory(path.to_owned()))
                    .map(Some)
            }
            (Manifests::Argocd(it), _) => {
                let Some(argocd) = &watch.section.argocd else {
                    return Err(PortError::new(
                        PortErrorKind::Invalid,
                        "manifests",
                        format!(
                            "target {}: manifests.argocd renders an application; name it in kubernetes.argocd.application",
                            watch.target
                        ),
                    ));
                };
                let application = Application {
                    server: it.rendered.server.as_str().to_owned(),
                    token: it.rendered.token.as_str().to_owned(),
                    name: argocd.application.as_str().to_owned(),
                    namespace: argocd.namespace.as_ref().map(|it| it.as_str().to_owned()),
                };
                let (secrets, clock) = (Arc::clone(&self.secrets), Arc::clone(&self.clock));
                let rendered = Rendered::new(application, self.patience, secrets, clock)?;
                Ok(Some(Arc::new(rendered)))
            }
            (Manifests::Directory(path), Some(home)) => self
                .of_github(config, home, What::Directory(path.as_str().to_owned()))
                .map(Some),
            (Manifests::Kustomize(path), Some(home)) => self
                .of_github(config, home, What::Kustomize(path.as_str().to_owned()))
                .map(Some),
            (Manifests::Helm(_), Some(home)) => match watch.chart() {
                Some(chart) => self.of_github(config, home, helm(&chart)).map(Some),
                None => Ok(None),
            },
            (_, None) => Ok(None),
        }
    }

    fn of_github(
        &self,
        config: &Config,
        (repository, reference): &Home,
        what: What,
    ) -> Result<Arc<dyn Source>, PortError> {
        let named = config
            .github
            .as_ref()
            .and_then(|it| it.credentials.as_ref());
        let options = Options {
            credentials: named
                .map(|it| it.as_str().to_owned())
                .or_else(|| self.credentials.clone()),
            patience: self.patience,
            ..Options::default()
        };
        let (secrets, clock) = (Arc::clone(&self.secrets), Arc::clone(&self.clock));
        let github = Arc::new(Github::new(options, secrets, clock)?);
        let repository = Arc::new(Repository::new(github, repository)?);
        let source = GithubSource::new(repository, reference.clone(), what, Tools::default())?;
        Ok(Arc::new(source))
    }
}

fn helm(chart: &Chart<'_>) -> What {
    What::Helm {
        chart: chart.chart.to_owned(),
        values: chart.values.iter().map(|it| (*it).to_owned()).collect(),
        release: chart.release.to_owned(),
        namespace: chart.namespace.to_owned(),
    }
}
