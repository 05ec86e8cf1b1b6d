//! What a look told of a corpus, beside what it had to tell.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use cluster::{NoCache, Way, connect};
use domain::attribution::Attribution;
use domain::look::{Observed, Verdict};
use domain::ports::{Manifest, Source as _};
use kubernetes::{Options, Request, Trust, look};
use manifests::Directory;
use serde_json::Value;

use crate::world::{NAMESPACES, World, id_of, type_of};

/// A corpus that was looked at.
pub(crate) struct Corpus {
    seed: u64,
    objects: usize,
    kinds: usize,
    drifts: usize,
    traps: usize,
    /// What was missing or too much; `None` where all is as it should be.
    pub(crate) story: Option<String>,
}

impl fmt::Display for Corpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seed,
            objects,
            kinds,
            drifts,
            traps,
            ..
        } = self;
        write!(
            f,
            "seed {seed}: {objects} objects of {kinds} kinds, {drifts} drifts, {traps} traps"
        )
    }
}

impl Corpus {
    /// Makes the corpus of a seed and looks at it as the product does.
    pub(crate) async fn look_at(seed: u64) -> Self {
        let world = World::new(seed).await;
        let seen = observe(&world).await;
        let (objects, kinds) = world.size();
        let (drifts, traps) = (world.expected.len(), world.traps);
        assert!(
            objects >= 200 && kinds >= 20 && drifts >= 40 && traps >= 15,
            "seed {seed} is too small"
        );
        let corpus = Self {
            seed,
            objects,
            kinds,
            drifts,
            traps,
            story: story(seed, &world, &seen),
        };
        world.cluster.stop().await;
        corpus
    }
}

/// Reads the manifests from files and looks at the cluster over HTTP.
async fn observe(world: &World) -> Vec<Observed> {
    let directory = tempfile::tempdir().unwrap();
    let kubeconfig = directory.path().join("kubeconfig");
    std::fs::write(&kubeconfig, world.cluster.kubeconfig("corpus", "")).unwrap();
    let root = directory.path().join("manifests");
    for (name, text) in world.files() {
        let file = root.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let source = Directory {
        root: root.clone(),
        path: root,
        tools: manifests::Tools::default(),
    };
    let read = source.read(None).await.unwrap();
    assert!(read.unreadable.is_empty(), "{:?}", read.unreadable);
    assert_eq!(
        objects_of(&read.objects),
        world.items.iter().map(|it| id(&it.manifest)).collect()
    );
    let way = Way::Kubeconfig {
        path: Some(kubeconfig),
        context: Some("corpus".to_owned()),
    };
    let server = connect(&way, cluster::Options::default(), Arc::new(NoCache))
        .await
        .unwrap();
    let options = Options {
        trust: Trust {
            application: Some("shop".to_owned()),
            ..Trust::default()
        },
        namespaces: NAMESPACES.map(str::to_owned).to_vec(),
        ..Options::default()
    };
    let request = Request {
        cluster: "corpus",
        manifests: &read.objects,
        head: None,
        options: &options,
    };
    let seen = look(&server, &request).await.unwrap();
    seen.into_iter().map(|it| it.observed).collect()
}

fn id(manifest: &Value) -> String {
    format!("{} {}", type_of(manifest), id_of(manifest))
}

fn objects_of(manifests: &[Manifest]) -> BTreeSet<String> {
    manifests.iter().map(|it| id(&it.object)).collect()
}

fn who(attribution: Option<&Attribution>) -> String {
    attribution.map_or("nobody".to_owned(), |it| {
        let at = it.at.map_or("-".to_owned(), |at| at.to_string());
        format!("{} {} {at}", it.who, it.how)
    })
}

/// What was told, a line each, with the values.
fn told(seen: &[Observed]) -> BTreeMap<String, (String, String)> {
    let mut lines = BTreeMap::new();
    let text = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), Value::to_string);
    for it in seen {
        let about = format!(
            "{} {} {}",
            it.identity.layer(),
            it.resource.kind,
            it.resource.id
        );
        let none = (String::new(), String::new());
        match &it.verdict {
            Verdict::InSync => {}
            Verdict::Deleted => drop(lines.insert(format!("{about} deleted   by nobody"), none)),
            Verdict::Added(maker) => {
                drop(lines.insert(format!("{about} added   by {}", who(maker.as_ref())), none))
            }
            Verdict::Modified(modified) => {
                for it in &modified.differences {
                    let mut line = format!(
                        "{about} modified {} {} by {}",
                        it.path,
                        it.kind,
                        who(it.attribution.as_ref())
                    );
                    if it.potential {
                        line.push_str(", potential");
                    }
                    if let Some(cause) = it.cause {
                        write!(line, ", {cause:?}").unwrap();
                    }
                    lines.insert(line, (text(&it.expected), text(&it.actual)));
                }
            }
            other => drop(lines.insert(format!("{about} {other:?}"), none)),
        }
    }
    lines
}

/// What differs between what was planted and what was told; `None` where nothing does.
fn story(seed: u64, world: &World, seen: &[Observed]) -> Option<String> {
    let told = told(seen);
    let mut story = String::new();
    for it in &world.expected {
        match (told.get(&it.line), &it.values) {
            (None, _) => {
                writeln!(story, "  missing  {}\n           [{}]", it.line, it.done).unwrap()
            }
            (Some((expected, actual)), Some((git, live))) if expected != git || actual != live => {
                writeln!(
                    story,
                    "  values   {}\n           told {expected} → {actual}, are {git} → {live} [{}]",
                    it.line, it.done
                )
                .unwrap();
            }
            _ => {}
        }
    }
    let planted: BTreeSet<&str> = world.expected.iter().map(|it| it.line.as_str()).collect();
    for (line, (expected, actual)) in told
        .iter()
        .filter(|(line, _)| !planted.contains(line.as_str()))
    {
        let item = world
            .items
            .iter()
            .find(|it| line.contains(&format!(" {} ", id(&it.manifest))));
        let way = item.map(|it| &it.way);
        writeln!(
            story,
            "  too much {line}\n           {expected} → {actual} [{way:?}]"
        )
        .unwrap();
    }
    let seen: BTreeSet<String> = seen
        .iter()
        .map(|it| format!("{} {}", it.resource.kind, it.resource.id))
        .collect();
    for item in world
        .items
        .iter()
        .filter(|it| !seen.contains(&id(&it.manifest)))
    {
        writeln!(story, "  unseen   {}", id(&item.manifest)).unwrap();
    }
    (!story.is_empty()).then(|| format!("seed {seed} (PLUMBLINE_CORPUS_SEEDS={seed},)\n{story}"))
}
