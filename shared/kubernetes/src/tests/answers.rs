use domain::look::{Reason, Verdict};
use domain::ports::{PortError, PortErrorKind, Refused};
use serde_json::json;

use super::{THEN, config, deployment, differences, look_at, told};
use crate::answer::{Answer, decide};
use crate::testing::Memory;

fn refused(status: u16, message: &str) -> Refused {
    Refused::ByServer {
        status,
        reason: "Reason".to_owned(),
        message: message.to_owned(),
    }
}

#[test]
fn every_answer_decides_what_the_table_says() {
    let of = |status, message: &str| decide(Err(refused(status, message)), false, false);
    let reason = |answer| match answer {
        Answer::Unknown(gap) => gap.reason,
        other => panic!("{other:?}"),
    };
    assert!(matches!(
        decide(Ok(json!({})), false, false),
        Answer::Result(_)
    ));
    assert!(matches!(of(422, "immutable"), Answer::Confirmed(_)));
    for status in [400, 403, 405, 415] {
        assert!(matches!(of(status, "no"), Answer::Potential(_)));
    }
    let schema = ".spec.prots: field not declared in schema";
    assert!(matches!(of(500, schema), Answer::Potential(_)));
    assert_eq!(reason(of(500, "etcd is on fire")), Reason::Failed);
    assert_eq!(of(409, "conflict"), Answer::Again);
    let again = decide(Err(refused(409, "conflict")), true, false);
    assert_eq!(reason(again), Reason::Conflict);
    assert_eq!(of(404, "namespaces \"shop\" not found"), Answer::Gone);
    let page = Refused::ByServer {
        status: 404,
        reason: String::new(),
        message: "404 page not found\n".to_owned(),
    };
    assert_eq!(reason(decide(Err(page), false, false)), Reason::NoSuchKind);
    assert_eq!(reason(of(429, "slow down")), Reason::Throttled);
    assert_eq!(reason(of(503, "")), Reason::Unreachable);
    assert_eq!(reason(of(504, "")), Reason::Timeout);
    assert_eq!(reason(of(401, "")), Reason::Denied);
    let failed = PortError::new(PortErrorKind::Timeout, "kubernetes:apply", "late");
    assert_eq!(
        reason(decide(Err(failed.into()), false, false)),
        Reason::Timeout
    );
}

#[test]
fn of_a_secret_nothing_is_quoted_and_of_others_no_secret() {
    let message = "spec.password: Invalid value: \"AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"";
    let said = |is_secret| match decide(Err(refused(422, message)), false, is_secret) {
        Answer::Confirmed(said) => said,
        other => panic!("{other:?}"),
    };
    assert_eq!(said(true), "422 Reason");
    let lines = decide(Err(refused(422, "one\n  two\n")), false, false);
    assert_eq!(lines, Answer::Confirmed("422 Reason: one two".to_owned()));
    assert!(said(false).starts_with("422 Reason: spec.password"));
    assert!(!said(false).contains("wJalrXUtnFEMI"));
}

fn edited() -> Memory {
    let cluster = Memory::default();
    cluster.put(&deployment(), ("kubectl", "Apply"), THEN);
    cluster.edit(&deployment(), ("kubectl-edit", ""), |it| {
        it["spec"]["replicas"] = json!(5);
    });
    cluster
}

#[test]
fn a_refused_dry_run_leaves_what_can_be_seen_without_it() {
    for (status, potential) in [(422, false), (403, true), (400, true)] {
        let mut cluster = edited();
        cluster.refuse_applies(move |_| Some(refused(status, "no")));
        let seen = look_at(&cluster, &[deployment()]);
        assert_eq!(told(&seen), ["/spec/replicas changed kubectl-edit"]);
        assert_eq!(differences(&seen)[0].potential, potential, "{status}");
        assert_eq!(
            seen[0].refusal.as_deref(),
            Some(format!("{status} Reason: no").as_str())
        );
    }
}

#[test]
fn without_the_right_to_patch_everything_is_potential_and_nobody_is_asked() {
    let cluster = edited();
    let name = cluster.name_of(&deployment()).unwrap();
    let mut bare = name.clone();
    bare.kind.verbs = vec!["list".to_owned()];
    let node = crate::schema::Node::UNKNOWN_OBJECT;
    let trust = crate::Trust::default();
    let autoscalers = crate::Autoscalers::default();
    let context = crate::Context {
        node,
        trust: &trust,
        autoscalers: &autoscalers,
    };
    let live = super::wait(domain::ports::Cluster::get(&cluster, &name)).unwrap();
    let (_, step) = crate::Comparing::start(&context, &bare, &deployment(), live);
    let crate::Step::Done(outcome) = step else {
        panic!("it asked");
    };
    let Verdict::Modified(modified) = outcome.verdict else {
        panic!("no difference");
    };
    assert!(modified.differences.iter().all(|it| it.potential));
}

#[test]
fn one_objects_refusal_ends_nothing_but_that_object() {
    let mut cluster = edited();
    cluster.put(&config(), ("kubectl", "Apply"), THEN);
    cluster.edit(&config(), ("kubectl-edit", ""), |it| {
        it["data"]["a"] = json!("9")
    });
    cluster.refuse_applies(|name| {
        (name.kind.name == "Deployment").then(|| refused(409, "the object has been modified"))
    });
    let seen = look_at(&cluster, &[deployment(), config()]);
    assert_eq!(told(&seen), ["/data/a changed kubectl-edit"]);
    let conflict = seen.iter().find_map(|it| match &it.observed.verdict {
        Verdict::Unknown(gap) => Some(gap.reason),
        _ => None,
    });
    assert_eq!(conflict, Some(Reason::Conflict));
}

#[test]
fn a_conflict_that_passes_is_no_conflict() {
    let mut cluster = edited();
    let once = std::sync::atomic::AtomicBool::new(true);
    cluster.refuse_applies(move |_| {
        once.swap(false, std::sync::atomic::Ordering::Relaxed)
            .then(|| refused(409, "modified"))
    });
    assert_eq!(
        told(&look_at(&cluster, &[deployment()])),
        ["/spec/replicas changed kubectl-edit"]
    );
}
