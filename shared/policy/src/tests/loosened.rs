//! What a change of the file loosens, and what it tightens.

use std::collections::BTreeSet;

use domain::difference::{Change, DifferenceKind};
use domain::judge::Facts;
use domain::layer::Layer;
use domain::resource::Resource;
use proptest::prelude::*;
use proptest::sample::subsequence;

use super::{now, parse, with};
use crate::defaults::RULES;
use crate::loosened::samples::representative;
use crate::{Comparison, Loaded, Policy, Step, compare};

fn loaded(more: &str) -> Loaded {
    parse(&with(more)).unwrap_or_else(|errors| panic!("{errors}\n{more}"))
}

fn compared(before: &str, after: &str) -> Comparison {
    compare(&loaded(before), &loaded(after), now())
}

fn line(it: &Step) -> String {
    format!("{} {}: {} → {}", it.place, it.what, it.before, it.after)
}

/// That this change loosens just this, and the way back tightens it.
#[track_caller]
fn loosens(before: &str, after: &str, expected: &[&str]) {
    let told = |steps: &[Step]| steps.iter().map(line).collect::<Vec<_>>();
    let there = compared(before, after);
    assert_eq!(told(&there.loosens), expected, "{there:#?}");
    assert_eq!(told(&there.tightens), <[&str; 0]>::default());
    let back = compared(after, before);
    assert_eq!(told(&back.loosens), <[&str; 0]>::default());
    assert_eq!(back.tightens.len(), expected.len());
}

fn target(rest: &str) -> String {
    format!("targets: [{{name: shop, {rest}}}]\n")
}

fn stacks(rest: &str) -> String {
    target(&format!("cloudformation: {{{rest}}}"))
}

#[test]
fn regions_globs_and_targets_that_go_are_loosened() {
    loosens(
        &stacks("regions: [eu-west-1, us-east-1], stacks: [\"a-*\", \"b-*\"]"),
        &stacks("regions: [eu-west-1], stacks: [\"a-*\"]"),
        &[
            "target shop regions: us-east-1 → none",
            "target shop stacks: b-* → only a-*",
        ],
    );
    loosens(
        &stacks("regions: [eu-west-1]"),
        "",
        &["target shop watched: stacks * in eu-west-1 → none"],
    );
    // A glob that another one covers is not lost, and a new name for the same is only told.
    let wider = compared(&stacks("stacks: [\"a-*\"]"), &stacks("stacks: [\"*\"]"));
    assert_eq!(wider.loosens, []);
    let renamed = compared(
        &stacks("stacks: [x]"),
        &stacks("stacks: [x]").replace("shop", "store"),
    );
    assert_eq!(
        (&renamed.loosens[..], &renamed.tightens[..]),
        (&[][..], &[][..])
    );
    assert_eq!(renamed.changes, ["target shop is called store now"]);
}

#[test]
fn a_glob_with_more_than_stars_is_never_said_to_cover_another() {
    let change = compared(&stacks("stacks: [\"a*\"]"), &stacks("stacks: [\"a?\"]"));
    assert_eq!(
        change.loosens.iter().map(line).collect::<Vec<_>>(),
        ["target shop stacks: a* → only a?"]
    );
}

#[test]
fn another_account_or_mode_loosens_one_thing_and_tightens_another() {
    let accounts = "accounts: [{id: \"111111111111\"}, {id: \"222222222222\"}]\n";
    let of = |id: &str| format!("{accounts}{}", stacks(&format!("accounts: [\"{id}\"]")));
    let moved = compared(&of("111111111111"), &of("222222222222"));
    assert_eq!(
        moved.loosens.iter().map(line).collect::<Vec<_>>(),
        ["target shop accounts: 111111111111 → none"]
    );
    let mode = |it: &str| target(&format!("mode: {it}, cloudformation: {{}}"));
    let there = compared(&mode("enforce"), &mode("observe"));
    let back = compared(&mode("observe"), &mode("enforce"));
    assert_eq!(
        there.loosens.iter().map(line).collect::<Vec<_>>(),
        ["target shop drift: is put straight → is only told"]
    );
    assert_eq!(
        back.loosens.iter().map(line).collect::<Vec<_>>(),
        ["target shop changed automatically: never → as the strategies say"]
    );
}

fn ignore(when: &str, expires: &str) -> String {
    format!("ignore: [{{when: '{when}', reason: r, owner: o, expires: {expires}}}]\n")
}

#[test]
fn an_ignore_that_is_new_wider_or_longer_is_loosened_and_an_expired_one_is_none() {
    let tags = "difference.path == \"/Tags\"";
    let topics = "difference.path == \"/Tags\" && resource.type == \"AWS::SNS::Topic\"";
    loosens(
        "",
        &ignore(topics, "2027-06-30"),
        &[
            "ignore difference.path == \"/Tags\" && resource.type == \"AWS::SNS::Topic\": none → until 2027-06-30",
            "ignored AWS::SNS::Topic at /Tags: no → yes",
        ],
    );
    loosens(
        &ignore(tags, "2027-06-30"),
        &ignore(tags, "2027-07-30"),
        &["ignore difference.path == \"/Tags\": until 2027-06-30 → until 2027-07-30"],
    );
    loosens(
        &ignore(topics, "2027-06-30"),
        &ignore(tags, "2027-06-30"),
        &[
            "ignore widened: `difference.path == \"/Tags\" && resource.type == \"AWS::SNS::Topic\"` → `difference.path == \"/Tags\"` until 2027-06-30",
            "ignored any resource at /Tags: no → yes",
        ],
    );
    loosens("", &ignore(tags, "2026-11-23"), &[]);
}

#[test]
fn a_rule_that_lowers_a_severity_is_found_wherever_it_says_what_it_is_about() {
    loosens(
        "",
        "severity: [{when: resource.type == \"AWS::RDS::DBInstance\" && difference.path.startsWith(\"/Engine\") && resource.stack == \"shop\", severity: low}]\n",
        &[
            "severity AWS::RDS::DBInstance at /Engine: medium by default: property → low by `resource.type == \"AWS::RDS::DBInstance\" && difference.path.startsWith(\"/Engine\") && resource.stack == \"shop\"`",
        ],
    );
    let all = compared("", "severity: [{when: \"true\", severity: low}]\n");
    let about: BTreeSet<&str> = all.loosens.iter().map(|it| it.what.as_str()).collect();
    for expected in [
        "a cluster role",
        "a role's policy",
        "the stopped recorder",
        "a Secret's data",
    ] {
        assert!(about.contains(expected), "{about:?}");
    }
    // One of several that one rule names is enough.
    let several = compared(
        "",
        "severity: [{when: 'resource.type in [\"AWS::SNS::Topic\", \"AWS::SQS::Queue\"] && (resource.name == \"A\" || resource.name == \"B\")', severity: low}]\n",
    );
    assert_eq!(several.loosens.len(), 4, "{several:#?}");
    // The same severities by another text are no change at all.
    let same = compared(
        "severity: [{when: resource.type == \"A::B::C\", severity: high}]\n",
        "severity: [{when: \"\\\"A::B::C\\\" == resource.type\", severity: high}]\n",
    );
    assert_eq!((same.loosens, same.tightens), (vec![], vec![]));
}

const CHANNELS: &str = "channels: {a: {webhook: {url: \"https://a.example\"}}, b: {webhook: {url: \"https://b.example\"}}}";

#[test]
fn a_severity_that_reaches_nobody_or_fewer_is_loosened() {
    let notify = |routes: &str| format!("notify: {{routes: [{routes}], {CHANNELS}}}\n");
    let critical = "{when: finding.severity == \"critical\", to: [a, b]}";
    let high = "{when: finding.severity == \"high\", to: [b]}";
    loosens(
        &notify(&format!("{critical}, {high}")),
        &notify(critical),
        &[
            "findings of severity high channels: b → none",
            "findings of severity high told to somebody: yes → no, for example a security group opened to the world",
        ],
    );
    loosens(
        &notify(critical),
        &notify("{when: finding.severity == \"critical\", to: [a]}"),
        &["findings of severity critical channels: b → none"],
    );
    // Without routes every channel is told everything.
    let routed = compared(&notify(""), &notify(critical));
    assert_eq!(routed.loosens.len(), 6, "{routed:#?}");
}

#[test]
fn what_may_be_done_automatically_is_compared_entry_by_entry() {
    let remediation = |it: &str| format!("remediation: {{{it}}}\n");
    for (strict, loose, expected) in [
        (
            "",
            "allowAutomatic: [iam]",
            "remediation allowAutomatic: none → iam",
        ),
        (
            "maxPerRun: 10",
            "maxPerRun: 20",
            "remediation maxPerRun: 10 → 20",
        ),
        (
            "",
            "fights: {reverts: 9}",
            "remediation fights.reverts: 3 → 9",
        ),
        (
            "",
            "fights: {within: 1h}",
            "remediation fights.within: 1d → 1h",
        ),
        (
            "freeze: [{cron: \"0 18 * * FRI\", for: 62h}]",
            "",
            "remediation freeze: \"0 18 * * FRI\" for 2d14h → none",
        ),
        (
            "freeze: [{cron: \"0 18 * * FRI\", for: 62h}]",
            "freeze: [{cron: \"0 18 * * FRI\", for: 1h}]",
            "remediation freeze: \"0 18 * * FRI\" for 2d14h → only 1h",
        ),
        (
            "medium: {attempt: false}",
            "medium: {attempt: true}",
            "remediation medium.attempt: false → true",
        ),
        (
            "high: {onFailure: page}",
            "high: {onFailure: ticket}",
            "remediation high.onFailure: page → ticket",
        ),
        (
            "low: {onSuccess: pull-request}",
            "low: {onSuccess: log}",
            "remediation low.onSuccess: pull-request → log",
        ),
    ] {
        let after = compared(&remediation(strict), &remediation(loose));
        let told: Vec<String> = after.loosens.iter().map(line).collect();
        assert!(
            told.iter().any(|it| it == expected),
            "{told:#?} has no {expected}"
        );
        assert_eq!(after.tightens, [], "{loose}");
    }
}

#[test]
fn the_rest_of_what_loosens_is_told_with_both_values() {
    let service = |rest: &str, waivers: &str| {
        format!(
            "services: {{s: {{image: i, write: [{{values: f, path: p}}], {rest}}}}}\nwaivers: [{waivers}]\n"
        )
    };
    let waiver =
        |until: &str| format!("{{service: s, vulnerability: CVE-1, owner: o, expires: {until}}}");
    for (strict, loose, expected) in [
        (
            "timing: {maxAge: 1h}\n".to_owned(),
            "timing: {maxAge: 2h}\n".to_owned(),
            "timing maxAge: 1h → 2h",
        ),
        (
            "timing: {settle: 5m}\n".to_owned(),
            "timing: {settle: 1m}\n".to_owned(),
            "timing settle: 5m → 1m",
        ),
        (
            "timing: {reopen: 5m}\n".to_owned(),
            "timing: {reopen: 1h}\n".to_owned(),
            "timing reopen: 5m → 1h",
        ),
        (
            String::new(),
            "show: [{when: difference.path == \"/A\", reason: r}]\n".to_owned(),
            "show values in plain: none → difference.path == \"/A\"",
        ),
        (
            "github: {repository: o/r}\n".to_owned(),
            "github: {repository: o/r, public: true}\n".to_owned(),
            "github tickets in a public repository: carry ids only → carry names and values",
        ),
        (
            "approvers: [a]\n".to_owned(),
            "approvers: [a, b]\n".to_owned(),
            "approvers may approve: none → b",
        ),
        (
            service("", ""),
            service("", &waiver("2027-01-31")),
            "waivers CVE-1 in s: none → until 2027-01-31",
        ),
        (
            service("", &waiver("2027-01-31")),
            service("", &waiver("2027-02-28")),
            "waivers CVE-1 in s: until 2027-01-31 → until 2027-02-28",
        ),
        (
            service("", ""),
            service("commit: direct", ""),
            "service s commit: pull-request → direct",
        ),
        (
            service("promote: {after: {environment: staging}}", ""),
            service("", ""),
            "service s promote.after: staging → none",
        ),
        (
            service("verify: {baseline: {p95: 9%}}", ""),
            service("verify: {baseline: {p95: 20%}}", ""),
            "service s verify.baseline: 9% → 20%",
        ),
        (
            service("verify: {flow: f}", ""),
            service("", ""),
            "service s verify.flow: f → none",
        ),
    ] {
        loosens(&strict, &loose, &[expected]);
    }
}

#[test]
fn every_default_rule_has_a_difference_in_the_list_and_each_is_called_something_else() {
    let policy = Policy::new(&loaded(""));
    let samples = representative();
    let decided: BTreeSet<String> = samples
        .iter()
        .map(|it| policy.explain(&it.facts(), now()).rule)
        .collect();
    for rule in &RULES {
        let name = format!("default: {}", rule.name);
        assert!(decided.contains(&name), "no difference for {name}");
    }
    let labels: BTreeSet<&str> = samples.iter().map(|it| it.label.as_str()).collect();
    assert_eq!(labels.len(), samples.len());
    for layer in Layer::ALL {
        assert!(
            samples.iter().any(|it| it.facts().layer == layer),
            "{layer}"
        );
    }
}

#[test]
fn who_is_told_is_the_same_as_what_a_finding_would_be_told() {
    let loaded = loaded(&format!(
        "notify: {{routes: [{{when: resource.type == \"A\", to: [a]}}, {{when: difference.path == \"/p\", to: [b]}}], {CHANNELS}}}\n"
    ));
    let resource = Resource {
        kind: "A".to_owned(),
        ..Resource::default()
    };
    let facts = Facts {
        layer: Layer::CloudFormation,
        target: "",
        change: Change::Modified,
        severity: None,
        cause: None,
        resource: &resource,
        path: "/p",
        kind: DifferenceKind::Changed,
        expected: None,
        actual: None,
        attribution: None,
        console: false,
    };
    let policy = Policy::new(&loaded);
    assert_eq!(policy.told(&facts), BTreeSet::from(["a", "b"]));
}

/// Lines of a file, any of which can be there; each is a whole top-level section.
const SECTIONS: [&str; 12] = [
    "targets: [{name: a, cloudformation: {regions: [eu-west-1, us-east-1]}}, {name: b, mode: enforce, inventory: {}}]",
    "timing: {maxAge: 2h, settle: 1m}",
    "show: [{when: difference.path == \"/A\", reason: r}]",
    "severity: [{when: resource.type == \"AWS::IAM::Role\", severity: low}, {when: difference.kind == \"added\", severity: critical}]",
    "ignore: [{when: resource.name == \"a\", reason: r, owner: o, expires: 2027-06-30}]",
    "remediation: {allowAutomatic: [iam], maxPerRun: 3, freeze: [{cron: \"0 18 * * FRI\", for: 62h}]}",
    "services: {s: {image: i, write: [{values: f, path: p}], commit: direct}}",
    "notify: {routes: [{when: finding.severity == \"critical\", to: [a]}], channels: {a: {webhook: {url: \"https://a.example\"}}}}",
    "approvers: [team]",
    "accounts: [{id: \"111111111111\", remediate: \"arn:aws:iam::111111111111:role/fix\"}]",
    "github: {repository: o/r, public: true}",
    "invariants: []",
];

fn some_file() -> impl Strategy<Value = String> {
    subsequence(SECTIONS.to_vec(), 0..=SECTIONS.len()).prop_map(|it| it.join("\n") + "\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_file_against_itself_loosens_and_tightens_nothing(text in some_file()) {
        let change = compared(&text, &text);
        prop_assert_eq!(change, Comparison::default());
    }

    #[test]
    fn what_loosens_there_tightens_on_the_way_back(a in some_file(), b in some_file()) {
        let (there, back) = (compared(&a, &b), compared(&b, &a));
        let mirrored = |steps: &[Step]| {
            let turned = steps.iter().map(|it| Step {
                before: it.after.clone(),
                after: it.before.clone(),
                ..it.clone()
            });
            turned.collect::<Vec<_>>()
        };
        prop_assert_eq!(&there.loosens, &mirrored(&back.tightens));
        prop_assert_eq!(&there.tightens, &mirrored(&back.loosens));
    }

    #[test]
    fn any_two_files_that_say_something_else_differ_in_something(a in some_file(), b in some_file()) {
        let change = compared(&a, &b);
        let same = loaded(&a).hash == loaded(&b).hash;
        // Empty lists say what their absence says.
        let nothing = |text: &str| text.trim_start().replace("invariants: []\n", "").replace("github: {repository: o/r, public: true}\n", "g");
        prop_assert!(same || change != Comparison::default() || nothing(&a) == nothing(&b), "{a}\n---\n{b}");
    }
}
