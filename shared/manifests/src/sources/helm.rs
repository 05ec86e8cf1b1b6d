//! What Helm renders.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use domain::ports::{Manifest, Manifests, PortError, PortErrorKind, Source};
use jiff::Timestamp;

use super::export::Tree;
use super::kustomize::{ahead_since, succeeded};
use super::run::Run;
use super::{Tools, beside, name, walk};
use crate::rendered;

const OP: &str = "helm template";

/// A chart, rendered by the user's own `helm template`.
///
/// Hooks, tests among them, run beside a release and are no part of it, so they
/// are left out; so are the CRDs of the chart's `crds` directory, which Helm
/// installs once and never again.
#[derive(Clone, Debug)]
pub struct Helm {
    /// What `chart` and `values` are relative to.
    pub root: PathBuf,
    /// The chart's directory or archive.
    pub chart: PathBuf,
    /// The files of values, the last one winning.
    pub values: Vec<PathBuf>,
    /// The release's name.
    pub release: String,
    /// The release's namespace.
    pub namespace: String,
    /// How `helm` and `git` are run.
    pub tools: Tools,
}

#[async_trait]
impl Source for Helm {
    async fn read(&self, revision: Option<&str>) -> Result<Manifests, PortError> {
        let this = self.clone();
        let revision = revision.map(str::to_owned);
        beside(move || {
            let tree = Tree::at(&this.root, revision.as_deref(), &this.tools)?;
            let mut manifests = this.render(&tree.root)?;
            manifests.revision = tree.revision;
            Ok(manifests)
        })
        .await
    }

    async fn ahead_since(&self, revision: &str) -> Result<Option<Timestamp>, PortError> {
        let this = self.clone();
        let revision = revision.to_owned();
        beside(move || {
            let mut paths = vec![this.chart.as_path()];
            paths.extend(this.values.iter().map(PathBuf::as_path));
            ahead_since(&this.root, &paths, &revision, &this.tools)
        })
        .await
    }
}

impl Helm {
    fn render(&self, root: &Path) -> Result<Manifests, PortError> {
        if self.release.is_empty() || self.release.starts_with('-') {
            let detail = format!("{:?} is no name of a release", self.release);
            return Err(PortError::new(PortErrorKind::Invalid, OP, detail));
        }
        let chart = walk::real(root, &root.join(&self.chart))?;
        let mut args = vec![
            OsString::from("template"),
            OsString::from(&self.release),
            chart.into_os_string(),
            OsString::from(format!("--namespace={}", self.namespace)),
        ];
        for values in &self.values {
            let values = walk::real(root, &root.join(values))?;
            let mut arg = OsString::from("--values=");
            arg.push(one_of_a_list(values.as_os_str()));
            args.push(arg);
        }
        let Some(done) = Run::new(OP, "helm", root, &self.tools).args(args).run()? else {
            return Err(PortError::new(
                PortErrorKind::Unavailable,
                OP,
                "helm is not on the PATH; install it",
            ));
        };
        let output = succeeded(OP, done, root)?;
        let shown = name(root, &root.join(&self.chart));
        Ok(rendered::keep(&format!("{OP} {shown}"), output, |it| {
            !is_hook(it)
        }))
    }
}

/// A path as Helm wants it, which splits what it is given at commas.
fn one_of_a_list(path: &OsStr) -> OsString {
    match path.to_str() {
        Some(text) if text.contains([',', '"']) => {
            format!("\"{}\"", text.replace('"', "\"\"")).into()
        }
        _ => path.to_owned(),
    }
}

fn is_hook(manifest: &Manifest) -> bool {
    manifest
        .object
        .pointer("/metadata/annotations/helm.sh~1hook")
        .is_some()
}
