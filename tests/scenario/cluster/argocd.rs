//! What Argo CD's Application says decides what is expected: the deployed revision, and not the newest.

use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use sandbox_cluster::{Application, Way};
use serde_json::json;

use super::*;

/// A shop in a Git repository, deployed by Argo CD at its first commit.
struct Deployed {
    world: World,
    first: String,
}

impl Deployed {
    /// The first commit was made so long ago.
    fn new(ago: SignedDuration) -> Self {
        let world = World::new();
        git(
            &world,
            &["init", "--quiet", "--initial-branch=main"],
            Timestamp::now(),
        );
        world.write_all(&shop());
        let first = commit(&world, Timestamp::now() - ago);
        let way = Way::ArgoCd("shop".to_owned());
        world.cluster.apply(&way, None, &shop()).expect("applied");
        let argocd =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}});
        world.apply(&[argocd]);
        world.watch(&target(
            &json!({"argocd": {"application": "shop", "namespace": "argocd"}}),
        ));
        let deployed = Self { world, first };
        deployed.say("Succeeded");
        deployed
    }

    /// What the Application says of its last sync, which was to the first commit.
    fn say(&self, phase: &str) {
        let application = Application {
            name: "shop".to_owned(),
            namespace: "argocd".to_owned(),
            repository: "https://github.com/example/shop".to_owned(),
            path: "k8s".to_owned(),
            target: "main".to_owned(),
            destination: "shop".to_owned(),
            revision: self.first.clone(),
            synced: Timestamp::now(),
            phase: phase.to_owned(),
            in_sync: true,
        };
        self.world
            .cluster
            .set_application(&application)
            .expect("the application");
    }

    /// Git goes on: another image, and one object more.
    fn go_on(&self, ago: SignedDuration) -> String {
        let mut manifest = shop()[1].clone();
        manifest["spec"]["template"]["spec"]["containers"][0]["image"] =
            json!("registry.example.com/web:1.5.0");
        let new = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web", "namespace": "shop"}});
        self.world.write_all(&[manifest, new]);
        commit(&self.world, Timestamp::now() - ago)
    }
}

const IMAGE: &str = "/spec/template/spec/containers[name=app]/image";
const DAY: SignedDuration = SignedDuration::from_hours(24);

fn git(world: &World, args: &[&str], at: Timestamp) -> String {
    let date = format!("@{} +0000", at.as_second());
    let out = Command::new("git")
        .current_dir(world.workshop.path(""))
        .args(args)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs([("GIT_AUTHOR_DATE", &date), ("GIT_COMMITTER_DATE", &date)])
        .envs([
            ("GIT_AUTHOR_NAME", "a"),
            ("GIT_AUTHOR_EMAIL", "a@example.com"),
            ("GIT_COMMITTER_NAME", "a"),
            ("GIT_COMMITTER_EMAIL", "a@example.com"),
        ])
        .output()
        .expect("git runs");
    assert!(
        out.status.success(),
        "git {args:?}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8_lossy(&out.stdout).trim().to_owned()
}

fn commit(world: &World, at: Timestamp) -> String {
    git(world, &["add", "k8s"], at);
    git(world, &["commit", "--quiet", "--message", "change"], at);
    git(world, &["rev-parse", "HEAD"], at)
}

fn pending(scan: &Scan) -> Vec<String> {
    let mut pending: Vec<String> = scan.list("pending").iter().map(said).collect();
    pending.sort();
    pending
}

#[test]
fn what_git_is_ahead_of_is_pending_and_no_drift() {
    let deployed = Deployed::new(DAY);
    let scan = deployed.world.scan();
    assert_scan(&scan, 0, &[], &[]);
    assert_eq!(scan.count("inSync"), 5, "{:#}", scan.report);
    let head = deployed.go_on(SignedDuration::ZERO);
    let scan = deployed.world.scan();
    assert_scan(&scan, 0, &[], &[]);
    let image = format!("ahead-of-deployed apps/v1/Deployment shop/web {IMAGE}");
    assert_eq!(
        pending(&scan),
        [
            image.as_str(),
            "ahead-of-deployed v1/ServiceAccount shop/web -"
        ]
    );
    assert_eq!(scan.count("pending"), 2, "{}", scan.report["summary"]);
    let detail = text(&scan.list("pending")[0]["detail"]);
    assert!(
        detail.contains(&deployed.first) && detail.contains(&head),
        "{detail}"
    );
    // What somebody bent meanwhile is drift, of the deployed revision.
    deployed.world.scale_by_hand();
    let scan = deployed.world.scan();
    assert_scan(&scan, 1, &[REPLICAS], &[]);
    assert_eq!(
        scan.list("findings")[0]["differences"][0]["attribution"]["who"],
        "kubectl-edit"
    );
    assert_eq!(pending(&scan).len(), 2);
}

#[test]
fn what_is_pending_for_too_long_was_not_applied() {
    let deployed = Deployed::new(DAY * 2);
    deployed.go_on(DAY);
    let scan = deployed.world.scan();
    let image = format!("kubernetes apps/v1/Deployment shop/web modified {IMAGE}:changed");
    let account = "kubernetes v1/ServiceAccount shop/web deleted";
    assert_scan(&scan, 1, &[image.as_str(), account], &[]);
    let findings = scan.list("findings").iter();
    let causes: Vec<_> = findings
        .map(|it| (text(&it["change"]), text(&it["cause"])))
        .collect();
    let modified = ("modified".to_owned(), "not-applied".to_owned());
    assert!(causes.contains(&modified), "{causes:?}");
    assert_eq!(scan.count("pending"), 0);
    // A longer patience makes it pending again.
    let mut config: Value = serde_json::from_str(&config(&[target(
        &json!({"argocd": {"application": "shop", "namespace": "argocd"}}),
    )]))
    .expect("JSON");
    config["timing"] = json!({"maxPending": "72h"});
    deployed.world.workshop.configure(&config.to_string());
    let scan = deployed.world.scan();
    assert_scan(&scan, 0, &[], &[]);
    assert_eq!(pending(&scan).len(), 2);
}

#[test]
fn an_application_in_motion_is_left_until_it_settles() {
    let deployed = Deployed::new(DAY);
    deployed.world.scale_by_hand();
    deployed.say("Running");
    let scan = deployed.world.scan();
    assert_scan(&scan, 2, &[], &["in-motion Cluster east -"]);
    assert_eq!(scan.list("unknown")[0]["resource"]["name"], "shop");
    deployed.say("Succeeded");
    assert_scan(&deployed.world.scan(), 1, &[REPLICAS], &[]);
}

#[test]
fn an_application_that_is_missing_is_not_found() {
    let deployed = Deployed::new(DAY);
    deployed
        .world
        .watch(&target(&json!({"argocd": {"application": "other"}})));
    let scan = deployed.world.scan();
    assert_scan(&scan, 2, &[], &["not-found Cluster east -"]);
    assert!(
        detail(&scan).contains("other in namespace argocd"),
        "{}",
        detail(&scan)
    );
    assert_eq!(scan.list("unknown")[0]["resource"]["name"], "other");
}

#[test]
fn a_revision_that_is_not_here_is_not_found() {
    let mut deployed = Deployed::new(DAY);
    deployed.first = "0123456789012345678901234567890123456789".to_owned();
    deployed.say("Succeeded");
    let scan = deployed.world.scan();
    assert_scan(&scan, 2, &[], &["not-found Cluster east -"]);
    assert!(detail(&scan).contains("git fetch"), "{}", detail(&scan));
}

#[test]
fn what_git_cannot_say_by_now_is_unknown_and_what_was_deployed_is_compared() {
    let deployed = Deployed::new(DAY);
    deployed.world.scale_by_hand();
    deployed.world.write("broken.yaml", "kind: [\n");
    commit(&deployed.world, Timestamp::now());
    let scan = deployed.world.scan();
    assert_eq!(
        scan.list("findings").iter().map(told).collect::<Vec<_>>(),
        [REPLICAS]
    );
    assert_eq!(
        (scan.code, scan.list("unknown").len()),
        (2, 1),
        "{:#}",
        scan.report
    );
    assert!(said(&scan.list("unknown")[0]).starts_with("invalid Manifest k8s/broken.yaml:"));
}
