//! The function through its door, each scan twice.

use std::sync::Arc;

use domain::current::{self, Current};
use domain::ports::{Clock as _, Items as _, Ledger as _, PortErrorKind, Range};
use domain::stack::StackId;
use domain::testing::{
    ManualClock, MemoryCloud, MemoryQueues, MemoryStore, block_on, finding, scan,
};
use domain::unit::Unit;
use domain::work::Work;
use domain::{nest, timer};
use jiff::{SignedDuration, Timestamp};
use policy::InForce;
use serde_json::json;

use super::*;

const HOME: (&str, &str) = ("111122223333", "eu-west-1");

struct Desk {
    deps: Deps,
    store: Arc<MemoryStore>,
    cloud: Arc<MemoryCloud>,
    queues: Arc<MemoryQueues>,
    clock: Arc<ManualClock>,
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn unit(id: &StackId) -> Unit {
    Unit::stack(id.account(), id.region(), id.name())
}

fn desk(stacks: &str) -> Desk {
    let store = Arc::new(MemoryStore::new());
    let desk = Desk {
        deps: Deps {
            store: store.clone(),
            config: InForce::new(),
            accounts: Arc::new(MemoryCloud::default()),
            queues: Arc::new(MemoryQueues::new()),
            clock: Arc::new(ManualClock::at(at(0))),
        },
        store,
        cloud: Arc::new(MemoryCloud::default()),
        queues: Arc::new(MemoryQueues::new()),
        clock: Arc::new(ManualClock::at(at(0))),
    };
    desk.take(stacks);
    Desk {
        deps: Deps {
            accounts: desk.cloud.clone(),
            queues: desk.queues.clone(),
            clock: desk.clock.clone(),
            ..desk.deps
        },
        ..desk
    }
}

impl Desk {
    /// Puts a configuration with these globs in force.
    fn take(&self, stacks: &str) {
        let text = format!(
            "apiVersion: plumbline/v1\nenvironment: production\ntargets:\n  - name: shops\n    cloudformation: {{regions: [eu-west-1], stacks: [{stacks}]}}\n"
        );
        let current = Current {
            location: "s3://config/plumbline.yaml".to_owned(),
            hash: format!("hash of {stacks}"),
            text,
            environment: "production".to_owned(),
            tag: stacks.to_owned(),
            since: at(0),
        };
        block_on(current::take(&*self.store, &current)).unwrap();
    }

    /// Puts another configuration in force, given from its accounts on.
    fn take_text(&self, rest: &str) {
        let current = Current {
            location: "s3://config/plumbline.yaml".to_owned(),
            hash: "another".to_owned(),
            text: format!("apiVersion: plumbline/v1\nenvironment: production\n{rest}"),
            environment: "production".to_owned(),
            tag: "another".to_owned(),
            since: at(0),
        };
        block_on(current::take(&*self.store, &current)).unwrap();
    }

    fn scan(&self) -> Asked {
        let request = Request {
            time: Some(at(0)),
            ..Request::default()
        };
        block_on(handle(&self.deps, &request)).unwrap()
    }

    /// The names of the stacks that a look was asked for, with the delay in seconds.
    fn asked(&self) -> Vec<(String, u64)> {
        let mut asked: Vec<_> = self
            .queues
            .take()
            .iter()
            .map(|sent| {
                let work = Work::read(&serde_json::from_str(&sent.body).unwrap());
                let Some(Ok(Work::LookAtStack { stack_id, .. })) = work else {
                    panic!("{}", sent.body)
                };
                let id = StackId::parse(&stack_id).unwrap();
                (id.name().to_owned(), sent.delay.as_secs())
            })
            .collect();
        asked.sort();
        asked
    }

    fn status(&self, id: &StackId) -> Vec<String> {
        let now = self.clock.now();
        let found = block_on(self.store.unit_findings(&unit(id))).unwrap();
        found.iter().map(|it| it.status(now).to_string()).collect()
    }
}

#[test]
fn every_watched_stack_is_asked_for_and_no_other() {
    let desk = desk("'shop*'");
    desk.cloud.put(HOME, "shop-1", &["A"]);
    desk.cloud.put(HOME, "shop-2", &["A"]);
    desk.cloud.put(HOME, "Shop-3", &["A"]);
    assert_eq!(desk.scan().looks, 2);
    let names: Vec<_> = desk.asked().into_iter().map(|it| it.0).collect();
    assert_eq!(names, ["shop-1", "shop-2"]);
}

#[test]
fn a_repeated_run_asks_for_the_same_looks() {
    let desk = desk("'*'");
    desk.cloud.put(HOME, "shop", &["A"]);
    let asked_at = |desk: &Desk| {
        let sent = desk.queues.take();
        let body: serde_json::Value = serde_json::from_str(&sent[0].body).unwrap();
        body["askedAt"].clone()
    };
    desk.scan();
    let first = asked_at(&desk);
    desk.clock.advance(SignedDuration::from_secs(60));
    desk.scan();
    assert_eq!(asked_at(&desk), first);
}

#[test]
fn looks_are_spread_over_the_slots_and_over_a_quarter_of_an_hour_they_are_timers() {
    let desk = desk("'*'");
    for number in 0..41 {
        desk.cloud.put(HOME, &format!("s{number:02}"), &[]);
    }
    desk.scan();
    let delays: Vec<u64> = desk.asked().into_iter().map(|it| it.1).collect();
    assert_eq!(
        (delays[0], delays[20], delays[40]),
        (0, 1, 2),
        "20 a second"
    );

    let far = slot_after(&desk, 20 * 1000);
    assert!(far > at(900));
    assert_eq!(desk.scan().looks, 41);
    assert!(desk.asked().is_empty());
    assert_eq!(
        block_on(timer::due(&*desk.store, Timestamp::MAX, 100))
            .unwrap()
            .len(),
        41
    );
}

fn slot_after(desk: &Desk, count: usize) -> Timestamp {
    let limit = domain::slot::Limit::detections(HOME.0, HOME.1);
    let slots = domain::slot::reserve(&*desk.store, limit, count, at(0));
    block_on(slots).unwrap().at(count)
}

#[test]
fn a_stack_that_was_looked_at_lately_is_fresh_and_another_check_alone_does_not_make_it_so() {
    let desk = desk("'*'");
    let fresh = desk.cloud.put(HOME, "fresh", &[]);
    let foreign = desk.cloud.put(HOME, "foreign", &[]);
    let old = desk.cloud.put(HOME, "old", &[]);
    for id in [&fresh, &foreign, &old] {
        desk.cloud.change(id, |it| it.checked_at = Some(at(-60)));
    }
    let looked = |id: &StackId, at| domain::record::Scan {
        target: "shops".to_owned(),
        config: "hash of '*'".to_owned(),
        ..scan(&unit(id), 1, at)
    };
    desk.store.put_scan(looked(&fresh, at(-60)));
    desk.store.put_scan(looked(&old, at(-3601)));
    let asked = desk.scan();
    assert_eq!((asked.looks, asked.fresh), (2, 1));
    let names: Vec<_> = desk.asked().into_iter().map(|it| it.0).collect();
    assert_eq!(names, ["foreign", "old"]);
    // A look that began right after the last hourly scan must not make this one skip the stack.
    desk.store.put_scan(looked(&fresh, at(-3590)));
    let hourly = Request {
        every_hours: Some(1),
        ..Request::default()
    };
    let asked = block_on(handle(&desk.deps, &hourly)).unwrap();
    assert_eq!((asked.looks, asked.fresh), (3, 0));
}

#[test]
fn a_look_under_another_configuration_is_not_fresh() {
    let desk = desk("'*'");
    let id = desk.cloud.put(HOME, "shop", &[]);
    desk.cloud.change(&id, |it| it.checked_at = Some(at(-60)));
    for (target, config, fresh) in [
        ("shops", "hash of '*'", 1),
        ("shops", "another", 0),
        ("others", "hash of '*'", 0),
    ] {
        desk.store.put_scan(domain::record::Scan {
            target: target.to_owned(),
            config: config.to_owned(),
            ..scan(&unit(&id), 1, at(-60))
        });
        assert_eq!(desk.scan().fresh, fresh, "{target} {config}");
    }
}

#[test]
fn a_stack_in_a_state_without_detection_is_not_waited_for() {
    let desk = desk("'*'");
    let id = desk.cloud.put(HOME, "shop", &[]);
    desk.cloud
        .change(&id, |it| it.status = "ROLLBACK_COMPLETE".to_owned());
    desk.scan();
    let waits = block_on(desk.store.query("TARGET#shops", &Range::All, 10)).unwrap();
    assert!(waits.is_empty());
}

#[test]
fn an_empty_list_of_an_account_without_a_role_closes_nothing_of_another() {
    let desk = desk("'*'");
    desk.take_text(
        "accounts: [{id: \"222222222222\"}]\ntargets:\n  - name: shops\n    cloudformation: {accounts: [\"222222222222\"], regions: [eu-west-1], stacks: ['*']}\n",
    );
    let other = Unit::stack("222222222222", "eu-west-1", "shop");
    desk.store.put_finding(finding(&other, "A", at(-10)));
    let error = block_on(handle(&desk.deps, &Request::default())).unwrap_err();
    assert!(error.to_string().contains("111122223333"), "{error}");
    let found = block_on(desk.store.unit_findings(&other)).unwrap();
    assert!(found[0].closed.is_none());
}

#[test]
fn a_stack_in_motion_is_asked_for_in_five_minutes() {
    let desk = desk("'*'");
    let id = desk.cloud.put(HOME, "shop", &[]);
    desk.cloud
        .change(&id, |it| it.status = "UPDATE_IN_PROGRESS".to_owned());
    desk.scan();
    assert_eq!(desk.asked(), [("shop".to_owned(), 300)]);
}

#[test]
fn a_new_stack_is_waited_for_by_its_targets_baseline() {
    let desk = desk("'*'");
    let new = desk.cloud.put(HOME, "new", &[]);
    let known = desk.cloud.put(HOME, "known", &[]);
    desk.store.put_scan(scan(&unit(&known), 1, at(-9999)));
    desk.scan();
    desk.scan();
    let waits = block_on(desk.store.query("TARGET#shops", &Range::All, 10)).unwrap();
    assert_eq!(waits.len(), 1);
    assert!(waits[0].key.sk.contains(new.name()));
}

#[test]
fn what_was_deleted_or_deselected_is_unwatched_and_nothing_else() {
    let desk = desk("'shop*'");
    let kept = desk.cloud.put(HOME, "shop", &[]);
    let gone = desk.cloud.put(HOME, "shop-gone", &[]);
    let inner = desk.cloud.put(HOME, "inner", &[]);
    let elsewhere = desk.cloud.put(("999988887777", "eu-west-1"), "shop", &[]);
    let another = desk.cloud.put((HOME.0, "us-east-1"), "shop", &[]);
    for id in [&kept, &gone, &inner, &elsewhere, &another] {
        desk.store.put_finding(finding(&unit(id), "A", at(-10)));
    }
    block_on(
        desk.store
            .write(&[nest::remember(&unit(&inner), &unit(&kept)).unwrap()]),
    )
    .unwrap();
    for id in [&gone, &elsewhere, &another] {
        desk.cloud.delete(id);
    }
    assert_eq!(
        desk.scan().unwatched,
        2,
        "the deleted one, and that of a region no target looks at"
    );
    assert_eq!(desk.scan().unwatched, 0);
    assert_eq!(desk.status(&gone), ["unwatched"]);
    assert_eq!(desk.status(&another), ["unwatched"]);
    for id in [&kept, &inner, &elsewhere] {
        assert_eq!(desk.status(id), ["open"], "{id}");
    }
    desk.take("'other'");
    assert_eq!(desk.scan().unwatched, 3);
}

#[test]
fn the_resolve_of_what_is_unwatched_is_told() {
    let desk = desk("'*'");
    let id = desk.cloud.put(HOME, "shop", &[]);
    desk.store.put_finding(finding(&unit(&id), "A", at(-10)));
    desk.cloud.delete(&id);
    desk.cloud.put(HOME, "other", &[]);
    desk.scan();
    let forgotten = domain::outbox::forgotten(&*desk.store, at(1000), 10);
    let kinds: Vec<String> = block_on(forgotten)
        .unwrap()
        .iter()
        .map(|it| it.body["message"]["kind"].to_string())
        .collect();
    assert_eq!(kinds, ["\"FindingClosed\""]);
}

#[test]
fn an_event_that_cannot_be_read_or_names_no_target_says_so() {
    let desk = desk("'*'");
    for (event, says) in [
        (json!({"target": "shops"}), "target"),
        (json!({"targets": ["shop"]}), "shop"),
        (json!([]), "event"),
    ] {
        let error = block_on(run(&desk.deps, event.clone())).unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Invalid, "{event}");
        assert!(error.to_string().contains(says), "{event}: {error}");
    }
    assert!(block_on(run(&desk.deps, json!({}))).is_ok());
}

#[test]
fn before_the_first_configuration_there_is_nothing_to_look_at_and_no_failure() {
    let mut desk = desk("'*'");
    desk.deps.store = Arc::new(MemoryStore::new());
    desk.deps.config = InForce::new();
    desk.cloud.put(HOME, "shop", &[]);
    assert_eq!(desk.scan(), Asked::default());
    assert!(desk.asked().is_empty());
}

#[test]
fn what_a_look_saw_since_the_list_was_read_is_not_gone() {
    let desk = desk("'*'");
    let unit = Unit::stack(HOME.0, HOME.1, "shop");
    // The helper's finding was seen by a look that began at its time.
    desk.store.put_finding(finding(&unit, "A", at(5)));
    let listed = std::collections::BTreeMap::new();
    let close = |listed_at| {
        block_on(unwatched::close_gone(
            &desk.deps,
            HOME,
            (&listed, listed_at),
        ))
    };
    assert_eq!(close(at(5)).unwrap(), 0);
    assert_eq!(close(at(6)).unwrap(), 1);
}

const CLUSTERS: &str = "targets:
  - {name: web, kubernetes: {cluster: {eks: {name: shop, region: eu-west-1}}, manifests: {directory: k8s}}}
  - {name: jobs, kubernetes: {cluster: {eks: {name: shop, region: eu-west-1}}, manifests: {directory: jobs}}}
";

#[test]
fn every_target_of_a_cluster_is_asked_for_once_a_run_on_its_own_queue() {
    let desk = desk("'*'");
    desk.take_text(CLUSTERS);
    assert_eq!((desk.scan().looks, desk.scan().looks), (2, 2));
    let sent = desk.queues.take();
    let works: Vec<Work> = sent
        .iter()
        .map(|it| {
            Work::read(&serde_json::from_str(&it.body).unwrap())
                .unwrap()
                .unwrap()
        })
        .collect();
    let look = |target: &str| Work::LookAtCluster {
        target: target.to_owned(),
        asked_at: at(0),
        attempt: 0,
    };
    let both = [look("web"), look("jobs")];
    assert_eq!(works, [both.clone(), both].concat());
    assert!(
        sent.iter()
            .all(|it| it.queue == domain::work::Queue::ClusterDrift)
    );
}

#[test]
fn an_application_that_left_the_configuration_closes_its_findings_as_unwatched() {
    let desk = desk("'*'");
    desk.take_text(CLUSTERS);
    let open = |name: &str, of: &str| {
        let unit = Unit::application("shop", name);
        desk.store.put_finding(finding(&unit, of, at(-10)));
    };
    open("directory:k8s", "kept");
    open("directory:old", "gone");
    assert_eq!((desk.scan().unwatched, desk.scan().unwatched), (1, 0));
    let status = |name: &str| {
        let unit = Unit::application("shop", name);
        let found = block_on(desk.store.unit_findings(&unit)).unwrap();
        found[0].status(desk.clock.now()).to_string()
    };
    assert_eq!(status("directory:k8s"), "open");
    assert_eq!(status("directory:old"), "unwatched");
}
