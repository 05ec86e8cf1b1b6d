//! What the server's answer to a dry run, and its refusals, come to: the status codes of the design.

use sandbox_cluster::{Admission, Effect, Fault, Rights, Verb};
use serde_json::json;

use super::*;

/// Everything that differs was only compared, and not confirmed.
const MAYBE: &str = "kubernetes apps/v1/Deployment shop/web modified /spec/replicas:changed?";

/// The replicas and the ConfigMap bent: one object that the fault meets, and one that it does not.
fn bent() -> World {
    let world = World::shop();
    world.scale_by_hand();
    world.edit(&settings(), &json!({"data": {"mode": "slow"}}));
    world
}

const MODE: &str = "configuration v1/ConfigMap shop/settings modified /data/mode:changed";
const WEB: &str = "apps/v1/Deployment shop/web -";

#[test]
fn a_missing_definition_is_unknown() {
    let world = bent();
    let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a", "namespace": "shop"}});
    world.write_all(&[widget]);
    let scan = world.scan();
    assert_scan(
        &scan,
        2,
        &[REPLICAS, MODE],
        &["no-such-kind example.com/v1/Widget shop/a -"],
    );
}

#[test]
fn objects_of_a_missing_namespace_are_deleted() {
    let world = World::shop();
    let lost = |kind: &str| json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "lost", "namespace": "elsewhere"}});
    world.write_all(&[lost("ConfigMap"), lost("ServiceAccount")]);
    assert_scan(
        &world.scan(),
        1,
        &[
            "configuration v1/ConfigMap elsewhere/lost deleted",
            "kubernetes v1/ServiceAccount elsewhere/lost deleted",
        ],
        &[],
    );
}

#[test]
fn a_kind_that_may_not_be_listed_is_read_one_by_one() {
    let world = bent();
    world.edit(
        &access(),
        &json!({"stringData": {"login": "willow-by-hand"}}),
    );
    world.watch(&target(&json!({"namespaces": []})));
    world.write_all(&[json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "second", "namespace": "shop"}})]);
    let rights = Rights::dry_run_only().without(Verb::List, "secrets");
    world.cluster.add_user("reader", "reader", rights);
    world.enter("reader");
    let secret = "configuration v1/Secret shop/access modified /data/login:changed";
    let gone = "configuration v1/Secret shop/second deleted";
    assert_scan(&world.scan(), 1, &[REPLICAS, MODE, secret, gone], &[]);
}

#[test]
fn a_kind_that_may_not_be_read_is_denied_and_the_rest_is_compared() {
    let world = bent();
    let rights = Rights::dry_run_only()
        .without(Verb::List, "secrets")
        .without(Verb::Get, "secrets");
    world.cluster.add_user("reader", "reader", rights);
    world.enter("reader");
    let scan = world.scan();
    // Which Secrets Git does not know cannot be told either.
    let unknown = [
        "denied v1/Secret shop/* -",
        "denied v1/Secret shop/access -",
    ];
    assert_scan(&scan, 2, &[REPLICAS, MODE], &unknown);
    for entry in scan.list("unknown") {
        assert!(text(&entry["detail"]).contains("reader"), "{entry:#}");
    }
}

#[test]
fn without_the_right_to_patch_every_difference_is_potential() {
    let world = bent();
    world
        .cluster
        .add_user("reader", "reader", Rights::read_only());
    world.enter("reader");
    let scan = world.scan();
    let mode = format!("{MODE}?");
    assert_scan(&scan, 2, &[MAYBE, mode.as_str()], &[]);
    assert_eq!(scan.count("potential"), 2);
    // Nothing of what is in sync becomes a doubt by it.
    assert_eq!(scan.count("inSync"), 3);
}

#[test]
fn the_right_to_try_is_enough_and_changes_nothing() {
    let world = bent();
    world
        .cluster
        .add_user("scanner", "scanner", Rights::dry_run_only());
    world.enter("scanner");
    let before = [web(), settings(), access()].map(|it| world.cluster.object(&it));
    assert_scan(&world.scan(), 1, &[REPLICAS, MODE], &[]);
    assert_eq!(
        before,
        [web(), settings(), access()].map(|it| world.cluster.object(&it))
    );
    let writes = world.cluster.requests().into_iter();
    let kept = writes.filter(|it| !it.dry_run && !matches!(it.verb, Verb::Get | Verb::List));
    assert_eq!(kept.count(), 0);
}

#[test]
fn what_a_webhook_refuses_is_potential() {
    let world = bent();
    world.cluster.admit(Admission {
        refuse: vec![(
            "apps/v1/Deployment".to_owned(),
            "no deploys on Fridays".to_owned(),
        )],
        inject: None,
    });
    let scan = world.scan();
    // The finding has only potential differences, so the scan is incomplete.
    assert_scan(&scan, 2, &[MAYBE, MODE], &[]);
    assert_eq!(scan.count("potential"), 1);
}

#[test]
fn an_immutable_field_is_confirmed_by_its_refusal() {
    let world = World::shop();
    let mut manifest = shop()[1].clone();
    for path in [
        "/spec/selector/matchLabels/app",
        "/spec/template/metadata/labels/app",
    ] {
        *manifest.pointer_mut(path).expect(path) = json!("other");
    }
    world.write_all(&[manifest]);
    let finding = "kubernetes apps/v1/Deployment shop/web modified /spec/selector/matchLabels/app:changed /spec/template/metadata/labels/app:changed";
    let scan = world.scan();
    assert_scan(&scan, 1, &[finding], &[]);
    assert_eq!(
        world.cluster.counts()[&("patch:deployments".to_owned(), 422)],
        1
    );
}

/// One fault on the dry run of the workload.
fn at_dry_run(effect: Effect) -> Fault {
    Fault::on("patch:deployments", effect)
}

#[test]
fn a_conflict_in_spite_of_force_is_tried_once_more() {
    let world = bent();
    world
        .cluster
        .faults()
        .add(at_dry_run(Effect::Conflict).times(1));
    assert_scan(&world.scan(), 1, &[REPLICAS, MODE], &[]);
    world.cluster.forget_requests();
    world.cluster.faults().add(at_dry_run(Effect::Conflict));
    assert_scan(&world.scan(), 2, &[MODE], &[&format!("conflict {WEB}")]);
    assert_eq!(world.cluster.count("patch:deployments"), 2);
}

#[test]
fn what_was_throttled_is_asked_again_when_the_server_says() {
    let world = bent();
    world
        .cluster
        .faults()
        .add(at_dry_run(Effect::Throttle(1)).times(2));
    let scan = world.scan();
    assert_scan(&scan, 1, &[REPLICAS, MODE], &[]);
    assert!(scan.ran.took.as_secs() >= 2, "{:?}", scan.ran.took);
    assert_eq!(world.cluster.count("patch:deployments"), 3);
    assert_eq!(scan.count("requests"), world.cluster.count(""));
}

#[test]
fn what_is_throttled_for_ever_is_unknown() {
    let world = bent();
    world.cluster.faults().add(at_dry_run(Effect::Throttle(0)));
    assert_scan(&world.scan(), 2, &[MODE], &[&format!("throttled {WEB}")]);
    assert!(world.cluster.count("patch:deployments") > 1);
    // A whole kind of which the list is refused so.
    world.cluster.faults().clear();
    world
        .cluster
        .faults()
        .add(Fault::on("list:deployments", Effect::Throttle(3600)));
    let unlisted = format!("throttled {WEB}");
    let every = "throttled apps/v1/Deployment shop/* -";
    assert_scan(&world.scan(), 2, &[MODE], &[unlisted.as_str(), every]);
}

#[test]
fn other_answers_to_a_dry_run_end_nothing_but_their_object() {
    let refuse = |status, reason: &str, message: &str| {
        Effect::Refuse(status, reason.to_owned(), message.to_owned())
    };
    let confirmed = |code, finding: &'static str| (code, vec![finding, MODE], None);
    let unknown = |reason: &'static str| (2, vec![MODE], Some(reason));
    for (effect, (code, findings, reason)) in [
        (
            refuse(400, "BadRequest", "strict decoding error"),
            confirmed(2, MAYBE),
        ),
        (
            refuse(403, "Forbidden", "denied by a policy"),
            confirmed(2, MAYBE),
        ),
        (
            refuse(
                500,
                "",
                "failed to create typed patch object: .spec.x: field not declared in schema",
            ),
            confirmed(2, MAYBE),
        ),
        (
            refuse(422, "Invalid", "spec.replicas: Invalid value"),
            confirmed(1, REPLICAS),
        ),
        (
            refuse(404, "NotFound", "deployments.apps \"web\" not found"),
            confirmed(1, "kubernetes apps/v1/Deployment shop/web deleted"),
        ),
        (
            refuse(401, "Unauthorized", "Unauthorized"),
            unknown("denied"),
        ),
        (
            refuse(413, "RequestEntityTooLarge", "limit is 3145728"),
            unknown("too-large"),
        ),
        (
            refuse(500, "InternalError", "etcd is unhappy"),
            unknown("failed"),
        ),
        (
            refuse(503, "ServiceUnavailable", "starting"),
            unknown("unreachable"),
        ),
        (refuse(504, "Timeout", "too slow"), unknown("timeout")),
    ] {
        let world = bent();
        world.cluster.faults().add(at_dry_run(effect));
        let scan = world.scan();
        let unknown: Vec<String> = reason.map(|it| format!("{it} {WEB}")).into_iter().collect();
        let unknown: Vec<&str> = unknown.iter().map(String::as_str).collect();
        assert_scan(&scan, code, &findings, &unknown);
    }
}

#[test]
fn a_wrong_token_is_denied() {
    let world = bent();
    world.cluster.add_user("right", "admin", Rights::all());
    world.enter("wrong-token-of-nobody");
    let scan = world.scan();
    assert_scan(&scan, 2, &[], &["denied Cluster east -"]);
    assert!(!format!("{:?}", scan.ran).contains("wrong-token-of-nobody"));
    world.enter("right");
    assert_scan(&world.scan(), 1, &[REPLICAS, MODE], &[]);
}
