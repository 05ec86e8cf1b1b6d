//! One seed's world: a cluster, what Git says of it, what was done to it, and what has to be told.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use sandbox_cluster::{Admission, Hand, Object, Options, Patch, SandboxCluster, Sidecar, Way};
use serde_json::{Value, json};

use crate::drifts::{EDITS, Edit, is_for};
use crate::traps::{EVERYWHERE, TRAPS};
use crate::{objects, tree};

/// The namespaces that Git has and in which everything counts.
pub(crate) const NAMESPACES: [&str; 5] = ["data", "front", "ops", "pay", "shop"];

/// The fewest drifts of a corpus.
const DRIFTS: usize = 48;

/// Who edits.
const HANDS: [&str; 6] = [
    "kubectl-edit",
    "kubectl-patch",
    "kubectl-set",
    "node-fetch",
    "OpenAPI-Generator",
    "terraform",
];

/// An object that Git has.
pub(crate) struct Item {
    pub(crate) manifest: Value,
    pub(crate) way: Way,
    /// Whether something happened to it, so that nothing else may.
    taken: bool,
}

impl Item {
    fn kind(&self) -> &str {
        self.manifest["kind"].as_str().unwrap()
    }
}

/// Something that has to be told, and what was done for it.
pub(crate) struct Expected {
    pub(crate) line: String,
    pub(crate) done: String,
    /// What Git says and what is there, where that may be shown.
    pub(crate) values: Option<(String, String)>,
}

pub(crate) struct World {
    pub(crate) cluster: SandboxCluster,
    pub(crate) items: Vec<Item>,
    pub(crate) expected: Vec<Expected>,
    pub(crate) traps: usize,
    rng: Rng,
    now: Timestamp,
}

impl World {
    /// Makes the world of a seed.
    pub(crate) async fn new(seed: u64) -> Self {
        let options = Options {
            seed,
            ..Options::default()
        };
        let mut world = Self {
            cluster: SandboxCluster::start(options).await.unwrap(),
            items: Vec::new(),
            expected: Vec::new(),
            traps: EVERYWHERE,
            rng: Rng::with_seed(seed),
            now: "2026-11-23T06:00:00Z".parse().unwrap(),
        };
        let sidecar = Sidecar {
            annotation: "sidecar.example.org/inject".to_owned(),
            name: "proxy".to_owned(),
            image: "proxy:1".to_owned(),
        };
        world.cluster.admit(Admission {
            inject: Some(sidecar),
            ..Admission::default()
        });
        let traps = world.write();
        world.deploy();
        world.spring(&traps);
        world.drift();
        if world.rng.bool() {
            world.cluster.run_controllers().unwrap();
        }
        world
    }

    fn tick(&mut self) -> Timestamp {
        self.now += SignedDuration::from_secs(self.rng.i64(30..900));
        self.now
    }

    /// One of the ways to put an object onto a cluster.
    fn way(&mut self) -> Way {
        let by = ["kubectl", "kustomize-controller", "argocd-controller"];
        match self.rng.u8(..5) {
            0 => Way::ServerSide(by[self.rng.usize(..3)].to_owned()),
            1 => Way::ClientSide,
            2 => Way::ArgoCd("shop".to_owned()),
            3 => Way::Helm("shop".to_owned()),
            _ => Way::CreatedThenServerSide,
        }
    }

    /// Writes what Git has. Gives the traps' namespaces and names.
    fn write(&mut self) -> Vec<(&'static str, String)> {
        let mut manifests = objects::cluster_wide(&NAMESPACES);
        for namespace in NAMESPACES {
            for name in ["api", "web", "worker"] {
                manifests.extend(objects::application(&mut self.rng, (namespace, name)));
            }
            manifests.extend(objects::extras(&mut self.rng, namespace));
        }
        for manifest in manifests {
            let way = self.way();
            self.items.push(Item {
                manifest,
                way,
                taken: false,
            });
        }
        let mut places = Vec::new();
        for (at, trap) in TRAPS.iter().enumerate() {
            let (namespace, name) = (
                NAMESPACES[self.rng.usize(..NAMESPACES.len())],
                format!("trap-{at}"),
            );
            for manifest in (trap.git)(&mut self.rng, (namespace, &name)) {
                let way = self.way();
                self.items.push(Item {
                    manifest,
                    way,
                    taken: true,
                });
            }
            places.push((namespace, name));
            self.traps += 1;
        }
        places
    }

    /// Puts everything onto the cluster, and lets the controllers run.
    fn deploy(&mut self) {
        let is_first =
            |item: &Item| matches!(item.kind(), "Namespace" | "CustomResourceDefinition");
        for first in [true, false] {
            for item in self.items.iter().filter(|it| is_first(it) == first) {
                let applied = self.cluster.apply(
                    &item.way,
                    Some(self.now),
                    std::slice::from_ref(&item.manifest),
                );
                applied.unwrap_or_else(|refusal| panic!("{:?}: {refusal}", item.way));
            }
        }
        self.cluster.run_controllers().unwrap();
    }

    fn spring(&mut self, places: &[(&'static str, String)]) {
        for (trap, (namespace, name)) in TRAPS.iter().zip(places) {
            (trap.then)(&self.cluster, (namespace, name))
                .unwrap_or_else(|refusal| panic!("trap {}: {refusal}", trap.name));
        }
    }

    fn drift(&mut self) {
        for _ in 0..4 {
            self.delete();
            self.add();
        }
        for _ in 0..3 {
            self.scale();
        }
        let mut edits: Vec<&Edit> = EDITS.iter().collect();
        self.rng.shuffle(&mut edits);
        for edit in edits {
            if self.expected.len() >= DRIFTS {
                break;
            }
            self.edit(edit);
        }
    }

    /// An object that nothing happened to yet, and that fits.
    fn take(&mut self, fits: impl Fn(&Item) -> bool) -> Option<usize> {
        let free: Vec<usize> = (0..self.items.len())
            .filter(|at| !self.items[*at].taken && fits(&self.items[*at]))
            .collect();
        let at = *self.rng.choice(&free)?;
        self.items[at].taken = true;
        Some(at)
    }

    fn edit(&mut self, edit: &Edit) {
        let (sign, path) = edit.1.split_at(1);
        let Some(at) = self.take(|item| {
            let is_scaled =
                path == "/spec/replicas" && item.manifest["metadata"]["name"] == "scaled";
            is_for(edit, item.kind()) && !is_scaled && fits(&item.manifest, sign, path)
        }) else {
            return;
        };
        let manifest = self.items[at].manifest.clone();
        let object = Object::of(&manifest);
        let hand = HANDS[self.rng.usize(..HANDS.len())];
        let time = self.tick();
        let value = (sign != "-").then(|| serde_json::from_str::<Value>(edit.2).unwrap());
        let (by, how) = (Hand::new(hand).at(time), self.rng.u8(..4));
        let before = self.cluster.object(&object).unwrap();
        let mut edited = before.clone();
        match &value {
            Some(value) => tree::set(&mut edited, path, value.clone()),
            None => tree::remove(&mut edited, path),
        }
        let is_custom =
            object.api_version.contains("example.org") || object.api_version.contains(".com/");
        let strategic = tree::strategic(path, value.as_ref()).filter(|_| how == 2 && !is_custom);
        let applies = how == 3
            && value.is_some()
            && ["/metadata/labels", "/metadata/annotations", "/data/"]
                .iter()
                .any(|it| path.starts_with(it));
        let (done, written) = if applies {
            let mut patch = json!({"apiVersion": object.api_version, "kind": object.kind, "metadata": {"name": object.name}});
            tree::set(&mut patch, path, value.clone().unwrap());
            (
                "applied",
                self.cluster
                    .patch(&by, &object, Patch::ApplyByForce, &patch),
            )
        } else if let Some(patch) = strategic {
            (
                "patched",
                self.cluster.patch(&by, &object, Patch::Strategic, &patch),
            )
        } else if how == 1 {
            (
                "merged",
                self.cluster
                    .patch(&by, &object, Patch::Merge, &tree::merge(&before, &edited)),
            )
        } else {
            ("replaced", self.cluster.replace(&by, &edited))
        };
        let live = written.unwrap_or_else(|refusal| panic!("{edit:?} {done}: {refusal}"));
        // A list without keys is one value: that it is longer or shorter is told of it as a whole.
        let parent = parent(path);
        let is_of_list = sign != "~"
            && !path.ends_with(']')
            && tree::get(&manifest, parent).is_some_and(Value::is_array);
        let (path, sign) = if is_of_list {
            (parent, "~")
        } else {
            (path, sign)
        };
        // Of an object that was applied with nothing but a name the server keeps no author until the next apply.
        let is_kept = applies || before["metadata"]["managedFields"].is_array();
        let who = (sign != "-" && is_kept)
            .then(|| format!("{hand} {} {time}", if applies { "Apply" } else { "Update" }));
        let kind = ["changed", "added", "removed"]
            [["~", "+", "-"].iter().position(|it| *it == sign).unwrap()];
        let done = format!(
            "{done} by {hand}: {} {path} {}; {:?}",
            edit.0, edit.2, self.items[at].way
        );
        let told = Told {
            manifest: &manifest,
            change: "modified",
            difference: Some((path, kind)),
            who,
        };
        self.expect(told, done);
        let last = self.expected.last_mut().unwrap();
        let is_secret = object.kind == "Secret";
        let text =
            |object: &Value| tree::get(object, path).map_or("-".to_owned(), Value::to_string);
        last.values = (!is_secret).then(|| (text(&manifest), text(&live)));
    }

    /// A person scales something that no autoscaler scales.
    fn scale(&mut self) {
        let Some(at) = self.take(|item| {
            matches!(item.kind(), "Deployment" | "StatefulSet")
                && item.manifest["metadata"]["name"] != "scaled"
        }) else {
            return;
        };
        let manifest = self.items[at].manifest.clone();
        let way = self.items[at].way.clone();
        self.cluster
            .scale(&Hand::new("kubectl"), &Object::of(&manifest), 9)
            .unwrap();
        let in_git = manifest["spec"]["replicas"].is_number();
        // The server writes down who scaled only where somebody owned the replicas before.
        let is_written = in_git || !matches!(way, Way::ServerSide(_));
        let who = is_written.then(|| "kubectl Update scale -".to_owned());
        let kind = if in_git { "changed" } else { "added" };
        let told = Told {
            manifest: &manifest,
            change: "modified",
            difference: Some(("/spec/replicas", kind)),
            who,
        };
        self.expect(told, format!("scaled by a person; {way:?}"));
    }

    fn delete(&mut self) {
        let Some(at) = self.take(|item| {
            !matches!(
                item.kind(),
                "Namespace" | "CustomResourceDefinition" | "HorizontalPodAutoscaler"
            )
        }) else {
            return;
        };
        let manifest = self.items[at].manifest.clone();
        self.cluster.delete(&Object::of(&manifest)).unwrap();
        self.expect(
            Told {
                manifest: &manifest,
                change: "deleted",
                difference: None,
                who: None,
            },
            "deleted".to_owned(),
        );
    }

    /// Somebody makes an object that Git does not know.
    fn add(&mut self) {
        let name = format!("by-hand-{}", self.expected.len());
        let at = (
            NAMESPACES[self.rng.usize(..NAMESPACES.len())],
            name.as_str(),
        );
        let rng = &mut self.rng;
        let object = match rng.u8(..8) {
            0 => objects::workload(rng, "Deployment", at),
            1 => objects::config(rng, at),
            2 => objects::secret(rng, at),
            3 => objects::service(rng, at),
            4 => objects::role("Role", at),
            5 => objects::gadget(at),
            6 => objects::autoscaler(at, "nothing"),
            _ => objects::workload(rng, "StatefulSet", at),
        };
        let hand = HANDS[self.rng.usize(..HANDS.len())];
        let time = self.tick();
        self.cluster
            .create(&Hand::new(hand).at(time), &object)
            .unwrap();
        let who = Some(format!("{hand} Update {time}"));
        self.expect(
            Told {
                manifest: &object,
                change: "added",
                difference: None,
                who,
            },
            "made by hand".to_owned(),
        );
    }

    fn expect(&mut self, told: Told<'_>, done: String) {
        self.expected.push(Expected {
            line: told.line(),
            done,
            values: None,
        });
    }

    /// How many objects and kinds Git has.
    pub(crate) fn size(&self) -> (usize, usize) {
        let kinds: BTreeSet<String> = self.items.iter().map(|it| type_of(&it.manifest)).collect();
        (self.items.len(), kinds.len())
    }

    /// Everything that Git has, as files of several documents each.
    pub(crate) fn files(&self) -> BTreeMap<String, String> {
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for (at, item) in self.items.iter().enumerate() {
            let namespace = item.manifest["metadata"]["namespace"]
                .as_str()
                .unwrap_or("cluster");
            match at % 7 {
                0 => {
                    files.insert(format!("{namespace}/{at}.json"), item.manifest.to_string());
                }
                1 => {
                    let list =
                        json!({"apiVersion": "v1", "kind": "List", "items": [item.manifest]});
                    files.insert(format!("{namespace}/{at}.yml"), tree::yaml(&list));
                }
                _ => {
                    let file = files.entry(format!("{namespace}/all.yaml")).or_default();
                    file.push_str(&format!("---\n{}", tree::yaml(&item.manifest)));
                }
            }
        }
        files
    }
}

/// The place one step further up.
fn parent(path: &str) -> &str {
    let last = if path.ends_with(']') { '[' } else { '/' };
    path.rfind(last).map_or("", |at| &path[..at])
}

fn fits(manifest: &Value, sign: &str, path: &str) -> bool {
    let is_there = tree::get(manifest, path).is_some();
    if sign != "+" {
        return is_there;
    }
    // What is added in a field or an item that Git has not either would be told further up.
    let parent = parent(path);
    let is_shared = parent.starts_with("/metadata/")
        || parent == "/data"
        || parent == "/binaryData"
        || parent.starts_with("/spec/template/metadata");
    let is_given =
        parent == "/spec/strategy/rollingUpdate" || parent == "/spec/updateStrategy/rollingUpdate";
    let is_next = path[parent.len() + 1..]
        .parse::<usize>()
        .map_or(true, |at| {
            tree::get(manifest, parent)
                .and_then(Value::as_array)
                .is_none_or(|it| it.len() == at)
        });
    !is_there && is_next && (is_shared || is_given || tree::get(manifest, parent).is_some())
}

/// What has to be told of an object.
struct Told<'a> {
    manifest: &'a Value,
    change: &'a str,
    difference: Option<(&'a str, &'a str)>,
    who: Option<String>,
}

pub(crate) fn type_of(manifest: &Value) -> String {
    let text = |key: &str| manifest[key].as_str().unwrap_or_default().to_owned();
    format!("{}/{}", text("apiVersion"), text("kind"))
}

pub(crate) fn id_of(manifest: &Value) -> String {
    let text = |key: &str| manifest["metadata"][key].as_str();
    let name = text("name").unwrap_or_default();
    text("namespace").map_or(name.to_owned(), |namespace| format!("{namespace}/{name}"))
}

impl Told<'_> {
    fn line(&self) -> String {
        let kind = type_of(self.manifest);
        let is_content = matches!(kind.as_str(), "v1/ConfigMap" | "v1/Secret")
            && self.difference.is_none_or(|(path, _)| {
                path.starts_with("/data") || path.starts_with("/binaryData")
            });
        let layer = if is_content {
            "configuration"
        } else {
            "kubernetes"
        };
        let (path, how) = self.difference.unwrap_or(("", ""));
        let who = self.who.as_deref().unwrap_or("nobody");
        format!(
            "{layer} {kind} {} {} {path} {how} by {who}",
            id_of(self.manifest),
            self.change
        )
    }
}
