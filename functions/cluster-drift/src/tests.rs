//! The function through its door, each message twice.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::current::{self, Current};
use domain::handled::Handled;
use domain::ports::{
    Ledger as _, Manifest, Manifests, Place, PortError, PortErrorKind, Secret, Source, Unreadable,
};
use domain::testing::{ManualClock, MemoryStore, block_on};
use domain::unit::Unit;
use domain::work::Work;
use jiff::{SignedDuration, Timestamp};
use kubernetes::testing::Memory;
use policy::Config;
use policy::Loaded;
use policy::clusters::ClusterWatch;
use serde_json::{Value, json};

use super::*;

struct Key;

#[async_trait]
impl Secrets for Key {
    async fn resolve(&self, _: &str) -> Result<Secret, PortError> {
        Ok(Secret::new(
            "a key of this test and of nothing else".to_owned(),
        ))
    }
}

/// Git and a cluster, both in memory.
#[derive(Default)]
struct World {
    cluster: Mutex<Option<Arc<Memory>>>,
    manifests: Mutex<Manifests>,
    /// What the Git of the target `jobs` says.
    others: Mutex<Manifests>,
}

struct Git(Manifests);

#[async_trait]
impl Source for Git {
    async fn read(&self, _: Option<&str>) -> Result<Manifests, PortError> {
        Ok(self.0.clone())
    }

    async fn ahead_since(&self, _: &str) -> Result<Option<Timestamp>, PortError> {
        Ok(None)
    }
}

#[async_trait]
impl Ways for World {
    async fn cluster(&self, _: &Config, _: &ClusterWatch<'_>) -> Result<Reached, PortError> {
        let cluster = self.cluster.lock().unwrap().clone();
        let down = || PortError::new(PortErrorKind::Unavailable, "kubernetes:list", "no answer");
        Ok(Reached {
            name: "shop".to_owned(),
            server: cluster.ok_or_else(down)?,
        })
    }

    async fn source(
        &self,
        _: &Loaded,
        watch: &ClusterWatch<'_>,
    ) -> Result<Arc<dyn Source>, PortError> {
        let manifests = match watch.target {
            "jobs" => &self.others,
            _ => &self.manifests,
        };
        Ok(Arc::new(Git(manifests.lock().unwrap().clone())))
    }
}

struct Desk {
    deps: Deps,
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    world: Arc<World>,
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn config_map(value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "cart", "namespace": "web"}, "data": {"a": value}})
}

fn manifest(object: Value) -> Manifest {
    Manifest {
        object,
        place: Place {
            file: "cart.yaml".to_owned(),
            document: 1,
            line: 1,
        },
    }
}

fn desk() -> Desk {
    let store = Arc::new(MemoryStore::new());
    let clock = Arc::new(ManualClock::at(at(0)));
    let world = Arc::new(World::default());
    let cluster = Memory::default();
    cluster.put(
        &config_map("1"),
        ("kubectl", "Apply"),
        "2026-09-21T00:00:00Z",
    );
    *world.cluster.lock().unwrap() = Some(Arc::new(cluster));
    world.manifests.lock().unwrap().objects = vec![manifest(config_map("1"))];
    let text = "apiVersion: plumbline/v1\nenvironment: production\ntargets:\n  - {name: web, kubernetes: {cluster: {eks: {name: shop}}, manifests: {directory: k8s}, namespaces: [web]}}\n  - {name: jobs, kubernetes: {cluster: {eks: {name: shop}}, manifests: {directory: jobs}}}\n";
    let current = Current {
        location: "s3://config/plumbline.yaml".to_owned(),
        hash: "hash".to_owned(),
        text: text.to_owned(),
        environment: "production".to_owned(),
        tag: "tag".to_owned(),
        since: at(0),
    };
    block_on(current::take(&*store, &current)).unwrap();
    Desk {
        deps: Deps {
            store: store.clone(),
            config: InForce::new(),
            ways: world.clone(),
            secrets: Arc::new(Key),
            hash_key: "env:KEY".to_owned(),
            catalogue: Catalogue::all(),
            clock: clock.clone(),
        },
        store,
        clock,
        world,
    }
}

impl Desk {
    fn ask(&self, target: &str, asked_at: Timestamp, attempt: u32) -> Handled {
        let work = Work::LookAtCluster {
            target: target.to_owned(),
            asked_at,
            attempt,
        };
        block_on(handle(&self.deps, &work.body()))
    }

    fn bend(&self, value: &str) {
        let cluster = self.world.cluster.lock().unwrap().clone().unwrap();
        cluster.edit(&config_map("1"), ("kubectl-edit", ""), |it| {
            it["data"]["a"] = json!(value)
        });
    }

    fn statuses(&self) -> Vec<String> {
        let found = block_on(self.store.unit_findings(&unit())).unwrap();
        let now = self.clock.now();
        found.iter().map(|it| it.status(now).to_string()).collect()
    }

    fn generation(&self) -> Option<u64> {
        let scan = block_on(self.store.scan(&unit())).unwrap();
        scan.map(|it| it.generation)
    }
}

fn unit() -> Unit {
    Unit::application("shop", "directory:k8s")
}

#[test]
fn a_look_opens_once_and_the_look_after_the_mend_closes() {
    let desk = desk();
    desk.bend("2");
    assert!(matches!(desk.ask("web", at(0), 0), Handled::Done));
    assert!(matches!(desk.ask("web", at(0), 0), Handled::Drop(_)));
    assert_eq!(
        (desk.statuses(), desk.generation()),
        (vec!["open".to_owned()], Some(1))
    );
    desk.clock.advance(SignedDuration::from_hours(6));
    desk.bend("1");
    for _ in 0..2 {
        desk.ask("web", at(6 * 3600), 0);
    }
    assert_eq!(
        (desk.statuses(), desk.generation()),
        (vec!["resolved".to_owned()], Some(2))
    );
}

#[test]
fn a_cluster_that_does_not_answer_is_asked_again_and_then_stays_unknown_without_closing_anything() {
    let desk = desk();
    desk.bend("2");
    desk.ask("web", at(0), 0);
    desk.clock.advance(SignedDuration::from_hours(6));
    *desk.world.cluster.lock().unwrap() = None;
    let Handled::Later {
        body: Some(body), ..
    } = desk.ask("web", at(6 * 3600), 0)
    else {
        panic!("it is not asked again");
    };
    assert!(body.contains("\"attempt\":1"), "{body}");
    assert!(matches!(desk.ask("web", at(6 * 3600), 5), Handled::Done));
    assert!(matches!(desk.ask("web", at(6 * 3600), 5), Handled::Drop(_)));
    assert_eq!(
        (desk.statuses(), desk.generation()),
        (vec!["open".to_owned()], Some(1))
    );
}

#[test]
fn a_manifest_that_cannot_be_read_leaves_the_rest_compared_and_closes_nothing() {
    let desk = desk();
    desk.bend("2");
    desk.ask("web", at(0), 0);
    desk.clock.advance(SignedDuration::from_hours(6));
    let mut broken = Manifests::default();
    broken.unreadable.push(Unreadable {
        place: manifest(Value::Null).place,
        problem: "a tab".to_owned(),
    });
    *desk.world.manifests.lock().unwrap() = broken;
    assert!(matches!(desk.ask("web", at(6 * 3600), 0), Handled::Done));
    assert_eq!(
        (desk.statuses(), desk.generation()),
        (vec!["open".to_owned()], Some(1))
    );
}

#[test]
fn work_of_others_and_nonsense_go_to_the_dead_letters_and_a_target_that_left_is_dropped() {
    let desk = desk();
    let handled = |body: &str| block_on(handle(&desk.deps, body));
    assert!(matches!(handled("{"), Handled::Fail(_)));
    assert!(matches!(handled("{}"), Handled::Fail(_)));
    let other = Work::TellBaseline {
        target: "web".to_owned(),
    };
    assert!(matches!(handled(&other.body()), Handled::Fail(_)));
    assert!(matches!(desk.ask("gone", at(0), 0), Handled::Drop(_)));
}

fn stray() -> Value {
    let mut stray = config_map("1");
    stray["metadata"]["name"] = json!("stray");
    stray
}

#[test]
fn an_object_of_another_targets_git_is_not_one_that_git_does_not_know() {
    for (others, statuses) in [(vec![], vec!["open"]), (vec![manifest(stray())], vec![])] {
        let desk = desk();
        let cluster = desk.world.cluster.lock().unwrap().clone().unwrap();
        cluster.put(
            &stray(),
            ("kubectl-create", "Update"),
            "2026-09-21T00:00:00Z",
        );
        desk.world.others.lock().unwrap().objects = others;
        for _ in 0..2 {
            desk.ask("web", at(0), 0);
        }
        assert_eq!(desk.statuses(), statuses);
        assert_eq!(desk.generation(), Some(1));
    }
}

#[test]
fn where_another_targets_git_cannot_be_read_nothing_is_called_unknown_to_git_and_the_look_is_not_complete()
 {
    let desk = desk();
    let cluster = desk.world.cluster.lock().unwrap().clone().unwrap();
    cluster.put(
        &stray(),
        ("kubectl-create", "Update"),
        "2026-09-21T00:00:00Z",
    );
    desk.world
        .others
        .lock()
        .unwrap()
        .unreadable
        .push(Unreadable {
            place: manifest(Value::Null).place,
            problem: "a tab".to_owned(),
        });
    for _ in 0..2 {
        desk.ask("web", at(0), 0);
    }
    assert_eq!((desk.statuses().len(), desk.generation()), (0, None));
}
