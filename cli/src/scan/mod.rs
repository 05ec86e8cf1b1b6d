//! `plumbline scan`: look, judge, record, report. It sends nothing and fixes nothing.

mod ages;
mod authors;
mod clusters;
mod hanging;
mod listing;
mod neighbours;
mod pace;
mod recorded;
mod region;
mod stacks;
#[cfg(test)]
mod tests;
mod unwatched;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws::Connection;
use domain::attribute;
use domain::conceal::HashKey;
use domain::finding::Finding;
use domain::judge::{Judge, Judged, Notices};
use domain::layer::Layer;
use domain::life::{Moment, Telling};
use domain::look::{Gap, Look, Reason};
use domain::ports::{Clock, PortError, Store};
use domain::report::{ReportBuilder, ScanReport, matched_nothing};
use domain::resource::Resource;
use equivalence::Catalogue;
use jiff::Timestamp;
use policy::watch::{self, Watch};
use policy::{Cluster, Loaded, Policy, Section, Target};
use tokio::sync::mpsc;

use crate::progress::Progress;
use authors::{Authors, Wanted};
use neighbours::{Neighbours, Ready, Taken};
use region::{Shared, Sighted, scan_place};
use unwatched::Round;

/// What a scan works with.
pub(crate) struct Desk {
    /// The config file.
    pub(crate) loaded: Loaded,
    /// The ledger.
    pub(crate) ledger: Arc<dyn Store>,
    /// Who is told of what changes in it.
    pub(crate) telling: Telling,
    /// The key of the ledger's hashes.
    pub(crate) key: HashKey,
    /// The way to AWS.
    pub(crate) connection: Arc<Connection>,
    /// What paths in the config file are relative to.
    pub(crate) root: PathBuf,
    /// Time.
    pub(crate) clock: Arc<dyn Clock>,
}

/// What a scan is asked for.
pub(crate) struct Request {
    /// Only these targets; all where empty.
    pub(crate) targets: Vec<String>,
    /// Only this layer.
    pub(crate) layer: Option<Layer>,
    /// How long one detection may take.
    pub(crate) timeout: Duration,
    /// Whether CloudTrail is asked who made what is seen.
    pub(crate) attribution: bool,
}

impl Request {
    /// The targets that it is about.
    pub(crate) fn select<'c>(&self, targets: &'c [Target]) -> Vec<&'c Target> {
        let named = |target: &Target| {
            self.targets.is_empty() || self.targets.iter().any(|it| it == target.name.as_str())
        };
        targets
            .iter()
            .filter(|it| named(it) && self.layer.is_none_or(|layer| it.covers(layer)))
            .collect()
    }
}

/// What a scan gave.
pub(crate) struct Scanned {
    /// The report.
    pub(crate) report: ScanReport,
    /// What a person should know besides, in sentences.
    pub(crate) notices: Vec<String>,
}

impl Desk {
    /// Looks at every selected target.
    ///
    /// # Errors
    ///
    /// Where the ledger fails: what was seen could not be recorded.
    pub(crate) async fn scan(
        &self,
        request: &Request,
        progress: &Progress,
    ) -> Result<Scanned, PortError> {
        let config = &self.loaded.config;
        let policy = Policy::new(&self.loaded);
        let catalogue = Catalogue::all();
        let started_at = self.clock.now();
        let mut notices = Notices::default();
        let mut remarks = Vec::new();
        let mut builder = ReportBuilder::new(config.environment.as_str(), started_at);

        let selected = request.select(&config.targets);
        let is_built = |it: &Target| it.cloudformation.is_some() || it.kubernetes.is_some();
        for target in selected.iter().filter(|it| !is_built(it)) {
            not_built_yet(&mut builder, target);
        }

        let (sender, mut receiver) = mpsc::unbounded_channel();
        let places = watch::places(&selected, self.connection.default_region().as_deref());
        let shared = Shared::default();
        let ways = clusters::ways(self);
        let looking = async {
            let rounds = places.iter().enumerate().map(|(number, (place, watches))| {
                scan_place(
                    self,
                    (place, watches),
                    (number, request.timeout, &shared),
                    sender.clone(),
                )
            });
            let rounds = futures_util::future::join_all(rounds);
            let watched = clusters::look_at(self, (&*ways, &selected), sender.clone());
            let both = futures_util::future::join(rounds, watched).await;
            drop(sender);
            Ok::<_, PortError>(both)
        };
        let (authorless, to_ask) = mpsc::unbounded_channel();
        let mut recorder = Recorder {
            desk: self,
            policy: &policy,
            catalogue: &catalogue,
            notices: &mut notices,
            builder: &mut builder,
            progress,
            authorless: request.attribution.then_some(authorless),
            layer: request.layer,
        };
        let regions = places.keys().map(|(account, region)| {
            let region = region.clone().or_else(|| self.connection.default_region());
            (account.clone(), region.unwrap_or_else(|| "-".to_owned()))
        });
        let mut neighbours = Neighbours::new(regions);
        let recording = async {
            while let Some(sighted) = receiver.recv().await {
                let ready = match sighted {
                    Sighted::Found(units) => {
                        progress.found(units);
                        continue;
                    }
                    Sighted::Gap(layer, target, resource, gap) => {
                        let layer = (layer, target.as_str());
                        recorder.builder.gap(layer, *resource, &gap);
                        continue;
                    }
                    Sighted::Listed(place, account, stacks) => {
                        neighbours.listed(self, place, (account, &stacks)).await?;
                        continue;
                    }
                    Sighted::Looked(looked) => match neighbours.take(*looked)? {
                        Taken::Ready(ready) => vec![*ready],
                        Taken::Held(likely) => {
                            recorder.foresee(*likely).await?;
                            continue;
                        }
                    },
                    Sighted::Cluster(look) => vec![Ready {
                        look: *look,
                        declares: None,
                    }],
                    Sighted::Over(place) => {
                        neighbours.over(place);
                        neighbours.ready(self).await?
                    }
                };
                for ready in ready {
                    recorder.record(ready).await?;
                }
            }
            // Whoever asks about authors learns by this that there are no more.
            drop(recorder);
            Ok::<(), PortError>(())
        };
        let asking = authors::ask(self, &policy, to_ask);
        // A ledger that fails ends the looking, too.
        let ((rounds, watched), (), authors) = tokio::try_join!(looking, recording, asking)?;
        let Authors {
            found,
            remarks: unasked,
        } = authors;
        for finding in &found {
            builder.attributed(finding, self.clock.now());
        }
        remarks.extend(unasked);
        remarks.extend(watched.refusals);

        for watch in selected.iter().filter_map(|target| Watch::of(target)) {
            judge_selection(&watch, &rounds, &mut builder, &mut remarks);
        }
        unwatched::forget(self, &rounds).await?;
        let whole = request.targets.is_empty() && request.layer.is_none();
        let mut closed = unwatched::close(self, &rounds, whole).await?;
        if whole && watched.all_named {
            closed += unwatched::close_applications(self, &watched.units).await?;
        }
        if closed > 0 {
            remarks.push(format!(
                "{closed} finding(s) closed as unwatched: their stack was deleted, or it or their application left the configuration"
            ));
        }
        remarks.extend(rules_remarks(
            &policy,
            &notices,
            whole.then_some(started_at),
        ));
        let report = builder.finish(
            self.clock.now(),
            self.connection.requests() + watched.requests,
        );
        Ok(Scanned {
            report,
            notices: remarks,
        })
    }
}

/// Judges looks, and writes them down in the ledger and the report.
struct Recorder<'a> {
    desk: &'a Desk,
    policy: &'a Policy,
    catalogue: &'a Catalogue,
    notices: &'a mut Notices,
    builder: &'a mut ReportBuilder,
    progress: &'a Progress,
    /// Where to send findings whose author CloudTrail may know; `None` where it is not asked.
    authorless: Option<mpsc::UnboundedSender<Wanted>>,
    /// The one layer that the report is about.
    layer: Option<Layer>,
}

impl Recorder<'_> {
    async fn record(&mut self, ready: Ready) -> Result<(), PortError> {
        let desk = self.desk;
        let now = desk.clock.now();
        let rules = (self.policy, self.catalogue);
        let shown = clusters::only(self.layer, &ready.look);
        let judged = judge(desk, rules, (ready.look, now), self.notices).await?;
        let moment = Moment {
            now,
            look_started_at: judged.started_at,
            config: &desk.loaded.hash,
            environment: desk.loaded.config.environment.as_str(),
            telling: desk.telling,
        };
        let findings = recorded::record(&*desk.ledger, &judged, (moment, ready.declares)).await?;
        match shown {
            None => self.builder.look(&judged, &findings, now),
            Some(shown) => {
                let of_layer = judge(desk, rules, (shown, now), &mut Notices::default()).await?;
                let mine =
                    |it: &&Finding| of_layer.sightings.iter().any(|s| s.identity == it.identity);
                let findings: Vec<Finding> = findings.iter().filter(mine).cloned().collect();
                self.builder.look(&of_layer, &findings, now);
            }
        }
        self.progress.done(&judged);
        if let Some(authorless) = &self.authorless {
            for finding in findings {
                if authors::is_asked(desk, &finding, now).await? {
                    // The receiver ends only with the scan.
                    let _ = authorless.send(Wanted::Found(Box::new(finding)));
                }
            }
        }
        Ok(())
    }

    /// Has CloudTrail asked about what a look may come to that is held back.
    async fn foresee(&self, likely: Look) -> Result<(), PortError> {
        let Some(authorless) = &self.authorless else {
            return Ok(());
        };
        let now = self.desk.clock.now();
        // What the rules say on the way is said when the look is judged.
        let rules = (self.policy, self.catalogue);
        let judged = judge(self.desk, rules, (likely, now), &mut Notices::default()).await?;
        for foreseen in authors::foreseen(self.desk, &judged.sightings, now).await? {
            // The receiver ends only with the scan.
            let _ = authorless.send(Wanted::Foreseen(foreseen));
        }
        Ok(())
    }
}

/// Judges a look, with what the ledger knows of who made what it shows.
async fn judge(
    desk: &Desk,
    (policy, catalogue): (&Policy, &Catalogue),
    (look, now): (Look, Timestamp),
    notices: &mut Notices,
) -> Result<Judged, PortError> {
    let judge = Judge {
        catalogue,
        rules: policy,
        key: &desk.key,
        now,
    };
    let mut judged = judge.judge(look, notices);
    if !judged.sightings.is_empty() {
        let before = desk.ledger.unit_findings(&judged.unit).await?;
        let known = attribute::known(&before);
        attribute::look(&mut judged, (policy, now), &known, notices);
    }
    Ok(judged)
}

/// Says where a target matched no stack at all, or one of its globs matched none.
fn judge_selection(
    watch: &Watch<'_>,
    rounds: &[Round],
    builder: &mut ReportBuilder,
    remarks: &mut Vec<String>,
) {
    let mine: Vec<&Round> = rounds
        .iter()
        .filter(|round| round.targets.iter().any(|it| it == watch.target))
        .collect();
    // A place that could not be listed is an unknown of its own.
    if mine.iter().any(|round| !round.listed) {
        return;
    }
    let names: Vec<&str> = mine
        .iter()
        .flat_map(|round| round.stacks.keys().map(|id| id.name()))
        .collect();
    let layer = (Layer::CloudFormation, watch.target);
    if !names.iter().any(|name| watch.selects_name(name)) {
        let globs: Vec<&str> = watch.stacks.stacks.iter().map(|it| it.as_str()).collect();
        let regions: Vec<&str> = mine.iter().map(|round| round.region.as_str()).collect();
        let detail = format!(
            "no stack in {} is named {}; names are case-sensitive",
            regions.join(", "),
            globs.join(" or ")
        );
        builder.gap(layer, None, &matched_nothing(detail));
        return;
    }
    for glob in watch.stacks.idle_globs(&names) {
        remarks.push(format!("target {}: no stack is named {glob}", watch.target));
    }
}

/// A target of a layer that this version cannot look at: reported, never passed over.
fn not_built_yet(builder: &mut ReportBuilder, target: &Target) {
    let (Some(section), Some(layer)) = (target.section(), target.layer()) else {
        return;
    };
    let name = target.name.as_str();
    builder.gap(
        (layer, name),
        Some(unit_of(name, &section)),
        &Gap::new(Reason::Failed, format!("comes with layer {layer}")),
    );
}

/// The resource that stands for a target's unit as a whole.
fn unit_of(target: &str, section: &Section<'_>) -> Resource {
    let whole = |kind: &str, id: &str| Resource {
        kind: kind.to_owned(),
        id: id.to_owned(),
        name: id.to_owned(),
        ..Resource::default()
    };
    match section {
        Section::CloudFormation(_) => whole("AWS::CloudFormation::Stack", "*"),
        Section::Policy(_) => whole("AWS::Config::ConfigRule", "*"),
        Section::Terraform(it) => whole("terraform", it.plan.as_str()),
        Section::Inventory(_) => whole("Inventory", target),
        Section::Kubernetes(it) => {
            let cluster = match &it.cluster {
                Cluster::Eks(eks) => eks.name.as_str(),
                Cluster::Kubeconfig(it) => it.context.as_ref().map_or(target, |it| it.as_str()),
            };
            Resource {
                cluster: Some(cluster.to_owned()),
                ..whole("Cluster", cluster)
            }
        }
    }
}

/// What judging came across: rules that failed and, where everything was looked
/// at (`whole_at`), ignores that matched nothing.
fn rules_remarks(policy: &Policy, notices: &Notices, whole_at: Option<Timestamp>) -> Vec<String> {
    let mut remarks: Vec<String> = notices
        .failed
        .iter()
        .map(|(rule, why)| format!("{rule} could not be evaluated and did not match: {why}"))
        .collect();
    if let Some(now) = whole_at {
        remarks.extend(
            policy
                .unmatched_ignores(notices, now)
                .into_iter()
                .map(|it| format!("{it} matched nothing in this scan")),
        );
    }
    remarks
}
