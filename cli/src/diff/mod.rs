//! `plumbline diff`: manifests against a cluster, in the place of `kubectl diff`.
//!
//! The comparison is that of a scan, so it tells also what kubectl cannot see:
//! fields that somebody added. Shown is the object that is there beside the same
//! object with every difference put back to what Git says.

mod context;
mod files;
mod hide;
mod options;
mod pairs;
mod place;
mod program;
mod remember;
mod selector;
#[cfg(test)]
mod tests;
mod text;
mod yaml;

use std::collections::BTreeMap;
use std::path::Path;

use cluster::Way;
use domain::conceal::{self, HashKey};
use domain::judge::{Judge, Judged, Notices};
use domain::layer::Layer;
use domain::life::{Moment, Telling};
use domain::look::{Gap, Look, Observed, Outcome, Reason, Verdict};
use domain::ports::{Clock as _, Cluster, Kind, Manifest, Manifests, ObjectName, Unreadable};
use domain::record;
use domain::report::{ReportBuilder, ScanReport};
use domain::resource::Resource;
use domain::unit::Unit;
use equivalence::Catalogue;
use kubernetes::{Options, Request, Trust};
use policy::clusters::ClusterWatch;
use policy::{Config, Loaded, Policy};
use serde_json::Value;

use crate::clock::SystemClock;
use crate::commands::{CONFIG, load_config, out};
use crate::failure::Failure;
use crate::{clusters, ledger, screen};
use options::DiffFormat;
use pairs::Material;
use remember::Remembering;

pub(crate) use options::Diff;

/// What stands in reports where a scan has its target.
const TARGET: &str = "diff";

/// The policy where there is no configuration: the default rules alone.
const NO_CONFIG: &str = "apiVersion: plumbline/v1\nenvironment: local\n";

/// Compares, prints, and gives the exit code.
pub(crate) async fn run(config: Option<&Path>, asked: &Diff) -> Result<u8, Failure> {
    if let Some(why) = asked.kubectl.refused() {
        return Err(Failure::unusable(why));
    }
    for remark in asked.kubectl.remarks() {
        screen::tell("note", remark);
    }
    let loaded = rules(config)?;
    let mut manifests = files::read(asked).await?;
    select(asked, &mut manifests)?;
    let way = Way::Kubeconfig {
        path: asked.kubeconfig.clone(),
        context: asked.context.clone(),
    };
    let server = clusters::connect(&way).await.map_err(Failure::unusable)?;
    let comparing = Comparing {
        name: server.name().to_owned(),
        cluster: &Remembering::new(&server),
        asked,
        loaded: &loaded,
    };
    comparing.run(&manifests).await
}

/// The configuration that is there, else none but the default rules.
fn rules(config: Option<&Path>) -> Result<Loaded, Failure> {
    if config.is_some() || Path::new(CONFIG).exists() {
        return load_config(config);
    }
    Config::parse(NO_CONFIG, "no configuration", SystemClock.now()).map_err(Failure::unusable)
}

/// Leaves the objects that were asked for.
fn select(asked: &Diff, manifests: &mut Manifests) -> Result<(), Failure> {
    if let Some(selector) = &asked.selector {
        manifests.objects.retain(|it| selector.matches(&it.object));
    }
    if let Some(namespace) = &asked.namespace {
        let of = |it: &Manifest| {
            let of = it.object.pointer("/metadata/namespace")?.as_str()?;
            (!of.is_empty() && of != namespace).then(|| of.to_owned())
        };
        let other = manifests.objects.iter().find_map(|it| Some((it, of(it)?)));
        if let Some((manifest, of)) = other {
            return Err(Failure::unusable(format!(
                "{}: the object is of namespace {of}, and --namespace {namespace} was given; leave that out, or the namespace in the manifest",
                manifest.place
            )));
        }
    }
    if manifests.objects.is_empty() && manifests.unreadable.is_empty() {
        return Err(Failure::unusable(if asked.selector.is_some() {
            "no object that was given has the labels of --selector"
        } else {
            "there is no object in what was given"
        }));
    }
    Ok(())
}

struct Comparing<'a> {
    name: String,
    cluster: &'a dyn Cluster,
    asked: &'a Diff,
    loaded: &'a Loaded,
}

impl Comparing<'_> {
    async fn run(&self, manifests: &Manifests) -> Result<u8, Failure> {
        let started_at = SystemClock.now();
        let options = self.options();
        let request = Request {
            cluster: &self.name,
            manifests: &manifests.objects,
            head: None,
            options: &options,
        };
        let looked = kubernetes::look(self.cluster, &request).await;
        let mut seen = Vec::new();
        for it in looked.map_err(Failure::unusable)? {
            if let Some(refusal) = it.refusal {
                let (of, said) = (named(&it.observed.resource), conceal::text(&refusal));
                screen::tell(
                    "note",
                    &format!("{of}: the server refused the dry run: {said}"),
                );
            }
            seen.push(it.observed);
        }
        let unmanaged = self.unmanaged(&mut seen).await?;

        let (ledger, key) = ledger::for_scan(Path::new("none"))?;
        let look = Look {
            unit: Unit::application(&self.name, TARGET),
            target: TARGET.to_owned(),
            started_at,
            outcome: Outcome::Seen(seen.clone()),
        };
        let judged = self.judge(look, &key);
        let now = SystemClock.now();
        let environment = self.loaded.config.environment.as_str();
        let moment = Moment {
            now,
            look_started_at: started_at,
            config: &self.loaded.hash,
            environment,
            telling: Telling::Nobody,
        };
        let findings = record::record(&*ledger, &judged, (moment, &[])).await;
        let mut builder = ReportBuilder::new(environment, started_at);
        builder.look(&judged, &findings.map_err(Failure::unusable)?, now);
        for it in &manifests.unreadable {
            let gap = Gap::new(Reason::Invalid, it.problem.clone());
            builder.gap((Layer::Kubernetes, TARGET), Some(self.broken(it)), &gap);
        }
        let report = builder.finish(SystemClock.now(), self.cluster.requests());

        let material = Material {
            manifests: &manifests.objects,
            namespace: &options.default_namespace,
            seen: &seen,
            unmanaged: &unmanaged,
            key: &key,
        };
        let code = self.print(&report, &material.pairs(&judged.sightings))?;
        self.tell(&report);
        Ok(code)
    }

    fn options(&self) -> Options {
        let asked = self.asked;
        let defaults = Options::default();
        let requests = asked.concurrency.map(usize::from);
        let namespace = asked
            .namespace
            .clone()
            .or_else(|| context::namespace(asked.kubeconfig.as_deref(), asked.context.as_deref()));
        Options {
            trust: self.trust(),
            namespaces: asked.unmanaged.clone(),
            default_namespace: namespace.unwrap_or(defaults.default_namespace),
            reads: requests.unwrap_or(defaults.reads),
            dry_runs: requests.unwrap_or(defaults.dry_runs),
            ..defaults
        }
    }

    /// Whom the configuration's targets of the same cluster trust, and who was named as the one that applies.
    fn trust(&self) -> Trust {
        let mut trust = Trust::default();
        let targets = self.loaded.config.targets.iter();
        for watch in targets.filter_map(ClusterWatch::of) {
            if watch.cluster_name().is_none_or(|it| !self.is_named(it)) {
                continue;
            }
            let managers = watch.section.trusted_managers.iter();
            trust
                .managers
                .extend(managers.map(|it| it.as_str().to_owned()));
        }
        if let Some(manager) = &self.asked.field_manager {
            trust.managers.push(manager.clone());
            trust.managers.push(format!("{manager}/Update"));
        }
        trust
    }

    /// Whether the cluster has a name that the configuration gives: `aws eks
    /// update-kubeconfig` calls a context by the cluster's ARN.
    fn is_named(&self, name: &str) -> bool {
        self.name == name
            || (self.name.starts_with("arn:")
                && self.name.rsplit_once(":cluster/").map(|(_, it)| it) == Some(name))
    }

    /// The objects that only the cluster has, of those that were asked for. One that
    /// went away meanwhile is no longer seen.
    async fn unmanaged(&self, seen: &mut Vec<Observed>) -> Result<Vec<(Resource, Value)>, Failure> {
        let mut objects = Vec::new();
        if self.asked.unmanaged.is_empty() {
            return Ok(objects);
        }
        let served = self.cluster.kinds().await.map_err(Failure::unusable)?;
        let mut kept = Vec::with_capacity(seen.len());
        for mut observed in seen.drain(..) {
            if !matches!(observed.verdict, Verdict::Added(_)) {
                kept.push(observed);
                continue;
            }
            let resource = observed.resource.clone();
            let mut kinds = served.kinds.iter();
            let kind = kinds.find(|it| it.type_name() == resource.kind);
            let got = match kind {
                Some(kind) => self.cluster.get(&address(kind, &resource)).await,
                None => Ok(None),
            };
            match got {
                Ok(None) => continue,
                Ok(Some(object)) => {
                    let selector = self.asked.selector.as_ref();
                    if selector.is_some_and(|it| !it.matches(&object)) {
                        continue;
                    }
                    objects.push((resource, object));
                }
                Err(error) => observed.verdict = Verdict::Unknown(error.gap()),
            }
            kept.push(observed);
        }
        *seen = kept;
        Ok(objects)
    }

    fn judge(&self, look: Look, key: &HashKey) -> Judged {
        let judge = Judge {
            catalogue: &Catalogue::all(),
            rules: &Policy::new(self.loaded),
            key,
            now: SystemClock.now(),
        };
        let mut notices = Notices::default();
        let judged = judge.judge(look, &mut notices);
        for (rule, why) in &notices.failed {
            let text = format!("{rule} could not be evaluated and did not match: {why}");
            screen::tell("note", &text);
        }
        judged
    }

    fn broken(&self, unreadable: &Unreadable) -> Resource {
        Resource {
            kind: "Manifest".to_owned(),
            id: unreadable.place.to_string(),
            name: unreadable.place.file.clone(),
            cluster: Some(self.name.clone()),
            ..Resource::default()
        }
    }

    /// Prints the differences; gives the exit code.
    fn print(&self, report: &ScanReport, pairs: &[text::Pair]) -> Result<u8, Failure> {
        let code = report.verdict(false).exit_code();
        match self.asked.output {
            DiffFormat::Json => out(&render::json(report).map_err(Failure::unusable)?)?,
            DiffFormat::Name => out(&render::name(&report.findings))?,
            DiffFormat::Diff => {
                let program = std::env::var(program::VARIABLE).unwrap_or_default();
                if program.trim().is_empty() {
                    let color = screen::style(false).color;
                    let all = pairs.iter();
                    let text: String = all.map(|it| text::painted(&it.unified(), color)).collect();
                    out(&text)?;
                } else if !pairs.is_empty() {
                    // What the program does not call a difference is none; what is unknown stays so.
                    let is_different = program::run(&program, pairs)?;
                    return Ok(if code == 1 { is_different.into() } else { code });
                }
            }
        }
        Ok(code)
    }

    /// Says what the differences do not show.
    fn tell(&self, report: &ScanReport) {
        for it in &report.unknown {
            let of = it.resource.as_ref().map_or_else(String::new, named);
            let text = format!("{of} was not compared: {}: {}", it.reason, it.detail);
            screen::tell("error", &text);
        }
        if report.summary.potential > 0 {
            let text = format!(
                "{} object(s) differ as far as can be told, and the server did not confirm it",
                report.summary.potential
            );
            screen::tell("error", &text);
        }
        if report.ignored.is_empty() {
            return;
        }
        let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
        for it in &report.ignored {
            *rules.entry(&it.rule).or_default() += 1;
            if self.asked.show_ignored {
                let (of, path) = (named(&it.resource), it.path.as_deref().unwrap_or_default());
                let text = format!("{of} {path} is not drift: {}: {}", it.rule, it.detail);
                screen::tell("note", &text);
            }
        }
        if !self.asked.show_ignored {
            let rules: Vec<String> = rules.iter().map(|(it, n)| format!("{it} {n}")).collect();
            let (are, them) = match report.ignored.len() {
                1 => ("difference is", "it"),
                _ => ("differences are", "them"),
            };
            let (all, rules) = (report.ignored.len(), rules.join(", "));
            let text = format!("{all} {are} not drift ({rules}); --show-ignored lists {them}");
            screen::tell("note", &text);
        }
    }
}

fn named(resource: &Resource) -> String {
    format!("{} {}", resource.kind, resource.id)
}

fn address(kind: &Kind, resource: &Resource) -> ObjectName {
    ObjectName {
        kind: kind.clone(),
        namespace: resource.namespace.clone(),
        name: resource.name.clone(),
    }
}
