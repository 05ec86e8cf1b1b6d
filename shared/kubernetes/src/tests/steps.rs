//! One object, step by step, with the server's answers written out.

use domain::look::Verdict;
use domain::ports::{Cluster as _, ObjectName};
use serde_json::{Value, json};

use super::wait;
use crate::autoscaler::Autoscalers;
use crate::schema::Document;
use crate::testing::Memory;
use crate::{Comparing, Context, Outcome, Step, Trust};

struct Bench {
    document: Document,
    trust: Trust,
    autoscalers: Autoscalers,
    name: ObjectName,
}

impl Bench {
    fn new() -> Self {
        let cluster = Memory::default();
        Self {
            document: Document::new(wait(cluster.schema("example.org/v1")).unwrap()),
            trust: Trust::default(),
            autoscalers: Autoscalers::default(),
            name: cluster.name_of(&widget(json!({}))).unwrap(),
        }
    }

    fn context(&self) -> Context<'_> {
        Context {
            node: self.document.kind("example.org", "v1", "Widget"),
            trust: &self.trust,
            autoscalers: &self.autoscalers,
        }
    }

    fn start(&self, git: &Value, live: &Value, owned: &Value) -> (Box<Comparing>, Step) {
        let mut live = live.clone();
        live["metadata"]["managedFields"] = json!([
            {"manager": "somebody", "operation": "Update", "time": "2026-11-24T05:12:09Z",
             "fieldsV1": {"f:spec": owned}}]);
        let (comparing, step) = Comparing::start(&self.context(), &self.name, git, Some(live));
        (comparing.unwrap(), step)
    }
}

fn widget(spec: Value) -> Value {
    json!({"apiVersion": "example.org/v1", "kind": "Widget",
           "metadata": {"name": "w", "namespace": "shop"}, "spec": spec})
}

fn done(step: Step) -> Outcome {
    match step {
        Step::Done(outcome) => *outcome,
        other => panic!("{other:?}"),
    }
}

fn paths(outcome: &Outcome) -> Vec<String> {
    match &outcome.verdict {
        Verdict::Modified(modified) => modified
            .differences
            .iter()
            .map(|it| format!("{} {}", it.path, it.kind))
            .collect(),
        _ => Vec::new(),
    }
}

#[test]
fn what_git_does_not_speak_of_is_the_servers_unless_it_is_within_one_value() {
    let bench = Bench::new();
    let git = widget(json!({"color": "blue", "steps": [{"run": "a"}]}));
    let live =
        widget(json!({"color": "green", "every": "1h", "steps": [{"run": "a", "retries": 9}]}));
    let (mut it, step) = bench.start(&git, &live, &json!({"f:color": {}, "f:steps": {}}));
    assert!(matches!(step, Step::Apply(_)));
    // With another color, another field comes and goes by itself.
    let result =
        widget(json!({"color": "blue", "note": "x", "steps": [{"run": "a", "retries": 3}]}));
    let outcome = done(it.applied(&bench.context(), Ok(result)));
    assert_eq!(
        paths(&outcome),
        ["/spec/color changed", "/spec/steps/0/retries added"]
    );
}

#[test]
fn what_the_server_stores_in_another_form_is_no_difference_and_is_counted() {
    let bench = Bench::new();
    let (git, live) = (
        widget(json!({"color": "BLUE"})),
        widget(json!({"color": "blue"})),
    );
    let (mut it, _) = bench.start(&git, &live, &json!({}));
    let outcome = done(it.applied(&bench.context(), Ok(live)));
    assert!(matches!(outcome.verdict, Verdict::InSync));
    assert_eq!(
        outcome.aside.same_meaning.get("server-normalised"),
        Some(&1)
    );
}

#[test]
fn the_expected_value_is_gits_own_spelling() {
    let bench = Bench::new();
    let (git, live) = (
        widget(json!({"color": "BLUE"})),
        widget(json!({"color": "green"})),
    );
    let (mut it, _) = bench.start(&git, &live, &json!({"f:color": {}}));
    let outcome = done(it.applied(&bench.context(), Ok(widget(json!({"color": "blue"})))));
    let Verdict::Modified(modified) = outcome.verdict else {
        panic!("in sync");
    };
    assert_eq!(modified.differences[0].expected, Some(json!("BLUE")));
}

#[test]
fn what_an_apply_takes_away_by_itself_is_a_consequence() {
    let bench = Bench::new();
    let git = widget(json!({"color": "blue"}));
    let live = widget(json!({"color": "green", "every": "1h", "size": 4}));
    let owned = json!({"f:color": {}, "f:every": {}, "f:size": {}});
    let (mut it, _) = bench.start(&git, &live, &owned);
    let kept = widget(json!({"color": "blue", "size": 4}));
    let Step::Create(..) = it.applied(&bench.context(), Ok(kept)) else {
        panic!("nothing is asked");
    };
    // Git's object gets no size, and neither does one with the color as it is.
    let Step::Create(_, moved) = it.created(&bench.context(), Ok(git)) else {
        panic!("nothing more is asked");
    };
    assert_eq!(moved["spec"]["color"], "green");
    let outcome = done(it.created(&bench.context(), Ok(widget(json!({"color": "green"})))));
    assert_eq!(paths(&outcome), ["/spec/color changed", "/spec/size added"]);
}

#[test]
fn what_only_follows_from_a_changed_value_is_no_addition() {
    let bench = Bench::new();
    let git = widget(json!({"color": "blue"}));
    let live = widget(json!({"color": "green", "size": 4}));
    let (mut it, _) = bench.start(&git, &live, &json!({"f:color": {}, "f:size": {}}));
    it.applied(
        &bench.context(),
        Ok(widget(json!({"color": "blue", "size": 4}))),
    );
    it.created(&bench.context(), Ok(git));
    let outcome = done(it.created(&bench.context(), Ok(live)));
    assert_eq!(paths(&outcome), ["/spec/color changed"]);
    assert_eq!(outcome.aside.same_meaning.get("server-default"), Some(&1));
}

#[test]
fn after_a_refused_apply_a_creation_tells_defaults_from_edits() {
    let bench = Bench::new();
    let git = widget(json!({"color": "BLUE", "steps": [{"run": "a"}]}));
    let live = widget(json!({"color": "blue", "steps": [{"run": "b", "note": "given"}]}));
    let (mut it, _) = bench.start(&git, &live, &json!({"f:steps": {}}));
    let refused = domain::ports::Refused::ByServer {
        status: 422,
        reason: "Invalid".to_owned(),
        message: "immutable".to_owned(),
    };
    assert!(matches!(
        it.applied(&bench.context(), Err(refused)),
        Step::Create(..)
    ));
    let fresh = widget(json!({"color": "blue", "steps": [{"run": "a", "note": "given"}]}));
    let outcome = done(it.created(&bench.context(), Ok(fresh)));
    assert_eq!(paths(&outcome), ["/spec/steps/0/run changed"]);
    assert_eq!(outcome.refusal.as_deref(), Some("422 Invalid: immutable"));
}

#[test]
fn the_rest_of_what_the_server_gives_a_part_of_is_told_at_its_own_root() {
    let bench = Bench::new();
    let git = widget(json!({}));
    let live = widget(json!({"selector": {"matchLabels": {"given": "1", "mine": "2"}}}));
    let owned = json!({"f:selector": {"f:matchLabels": {"f:mine": {}}}});
    let (mut it, _) = bench.start(&git, &live, &owned);
    let fresh = widget(json!({"selector": {"matchLabels": {"given": "1"}}}));
    let outcome = done(it.created(&bench.context(), Ok(fresh)));
    assert_eq!(paths(&outcome), ["/spec/selector/matchLabels/mine added"]);
    let (mut it, _) = bench.start(&git, &live, &owned);
    let outcome = done(it.created(&bench.context(), Ok(git)));
    assert_eq!(paths(&outcome), ["/spec/selector added"]);
}

#[test]
fn what_may_be_a_default_within_a_value_is_not_said_to_be_not_applied() {
    let bench = Bench::new();
    let git = widget(json!({"steps": [{"run": "a"}]}));
    let mut live = widget(json!({"steps": [{"run": "a", "given": 1}]}));
    live["metadata"]["managedFields"] = json!([
        {"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:spec": {"f:steps": {}}}}]);
    let refused = || {
        Err(domain::ports::Refused::ByServer {
            status: 403,
            reason: "Forbidden".to_owned(),
            message: String::new(),
        })
    };
    let (it, _) = Comparing::start(&bench.context(), &bench.name, &git, Some(live));
    let mut it = it.unwrap();
    it.applied(&bench.context(), refused());
    let outcome = done(it.created(&bench.context(), refused()));
    let Verdict::Modified(modified) = outcome.verdict else {
        panic!("in sync");
    };
    assert!(modified.differences[0].potential);
    assert_eq!(modified.differences[0].cause, None);
}

/// The server writes down nobody who edits an object that was applied with nothing but a name.
#[test]
fn what_was_added_to_an_object_that_nobody_owns_is_told_without_an_author() {
    let bench = Bench::new();
    let git = widget(json!({"color": "blue"}));
    let mut live = widget(json!({"color": "blue", "every": "1h"}));
    live["metadata"]["labels"] = json!({"by-hand": "yes"});
    let start = |live: &Value| {
        let live = Some(live.clone());
        Comparing::start(&bench.context(), &bench.name, &git, live)
    };
    let (it, step) = start(&live);
    assert!(matches!(step, Step::Create(..)));
    let given = widget(json!({"color": "blue", "every": "1h"}));
    let outcome = done(it.unwrap().created(&bench.context(), Ok(given)));
    assert_eq!(paths(&outcome), ["/metadata/labels/by-hand added"]);
    let Verdict::Modified(modified) = &outcome.verdict else {
        unreachable!("it differs");
    };
    let label = &modified.differences[0];
    assert!(label.attribution.is_none() && label.cause.is_none() && !label.potential);

    let (_, step) = start(&git);
    assert!(matches!(done(step).verdict, Verdict::InSync));
}
