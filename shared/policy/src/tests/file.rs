//! What a file that is in order becomes.

use std::time::SystemTime;

use domain::layer::Layer;
use domain::severity::{Cause, Severity};

use super::{now, parse, with};
use crate::{Channel, Cluster, Config, Manifests, Mode, OnFailure, OnSuccess, TagOrder, Write};

const EVERY_SECTION: &str = include_str!("../../tests/fixtures/every-section.yaml");
const EXAMPLE: &str = include_str!("../../../../docs/plumbline.example.yaml");

#[test]
fn the_file_with_every_section_is_read_as_it_is_meant() {
    let loaded = parse(EVERY_SECTION).unwrap();
    let config = &loaded.config;
    assert_eq!(config.environment.as_str(), "production");
    assert_eq!(
        config.accounts[0].read.as_ref().unwrap().as_str(),
        "arn:aws:iam::222222222222:role/plumbline-read"
    );
    assert_eq!(config.accounts[0].remediate, None);
    let layers: Vec<_> = config
        .targets
        .iter()
        .map(|it| it.layer().unwrap())
        .collect();
    assert_eq!(
        layers,
        [
            Layer::CloudFormation,
            Layer::Kubernetes,
            Layer::Policy,
            Layer::Terraform,
            Layer::Inventory
        ]
    );
    assert!(
        config.targets[1].covers(Layer::Configuration)
            && !config.targets[0].covers(Layer::Configuration)
    );
    assert_eq!(config.targets[0].mode, Mode::Observe);
    let kubernetes = config.targets[1].kubernetes.as_ref().unwrap();
    assert!(
        matches!(&kubernetes.cluster, Cluster::Eks(it) if it.name.as_str() == "kong-microservices-cluster")
    );
    assert!(
        matches!(&kubernetes.manifests, Manifests::Directory(it) if it.as_str() == "k8s/services")
    );
    assert_eq!(kubernetes.unmanaged_kinds, None);
    assert_eq!(config.timing.settle.get().as_secs(), 300);
    assert_eq!(config.severity[0].severity, Some(Severity::Medium));
    assert_eq!(config.severity[0].cause, Some(Cause::ManualScaling));
    let medium = config.remediation.medium.as_ref().unwrap();
    assert_eq!(
        (medium.attempt, medium.on_success, medium.on_failure),
        (
            Some(true),
            Some(OnSuccess::PullRequest),
            Some(OnFailure::Page)
        )
    );
    assert_eq!(config.remediation.freeze[0].lasts.get().as_hours(), 62);
    let service = &config.services["product-service"];
    assert_eq!(service.tags.order, TagOrder::Semver);
    assert!(
        matches!(&service.write[0], Write::Kustomize { image, .. } if image.as_str() == "product-service")
    );
    assert!(
        matches!(&config.notify.channels["oncall"], Channel::Slack(it) if it.channel.as_ref().unwrap().as_str() == "#oncall")
    );
    assert_eq!(config.approvers[0].as_str(), "team-slug");
    // The two conditions that are only hinted at there.
    let warned: Vec<_> = loaded.warnings.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(warned, ["invariants[0].when", "show[0].when"]);
}

#[test]
fn the_commented_example_is_in_order_and_without_a_warning() {
    let loaded = parse(EXAMPLE).unwrap();
    assert_eq!(loaded.warnings, []);
}

#[test]
fn every_form_that_the_reference_names_is_read() {
    for more in [
        "targets: [{name: a, kubernetes: {cluster: {kubeconfig: {path: F, context: C}}, manifests: {kustomize: D}}}]",
        "targets: [{name: a, kubernetes: {cluster: {kubeconfig: {}}, manifests: {helm: {chart: D, values: [v.yaml]}}}}]",
        "targets: [{name: a, kubernetes: {cluster: {eks: {name: c}}, manifests: {github: {repository: a/b, ref: main, path: k8s}}}}]",
        "targets: [{name: a, kubernetes: {cluster: {eks: {name: c}}, manifests: {argocd: {rendered: {server: 'https://argocd.example.com', token: 'env:TOKEN'}}}, unmanagedKinds: [v1/Secret]}}]",
        "targets: [{name: a, mode: enforce, terraform: {plan: plans/network.json}}]",
        "targets: [{name: a, cloudformation: {}}]",
        "services: {a: {image: r, write: [{manifest: F, container: N}, {values: F, path: image.tag}, {application: F, image: N}, {kustomize: F, image: N}]}}",
        "services: {a: {image: r, write: [{values: F, path: p}], commit: direct, tags: {order: pushed, match: '^v', ignore: [latest]}}}",
        "notify: {channels: {a: {github: {repository: a/b}}, b: {sns: {topic: 'arn:aws:sns:eu-west-1:222222222222:t'}}, c: {webhook: {url: 'https://example.com/h', secret: 'file:k'}}, d: {email: {from: a@example.com, to: [b@example.com]}}, e: {slack: {webhook: 'secretsmanager:hook#url'}}}}",
        "targets: [{name: a, inventory: {}}]\ninvariants: [{name: i, target: a, sql: 'SELECT resourceId', reason: r}]",
        "github: {repository: a/b, credentials: null}",
        "remediation: {allowAutomatic: [iam], low: {attempt: false, onFailure: ticket}}",
        "severity: [{when: 'true', cause: iam}, {when: 'true', severity: low}]",
    ] {
        if let Err(errors) = parse(&with(more)) {
            panic!("{more}:\n{errors}");
        }
    }
}

#[test]
fn what_is_left_out_has_the_documented_default() {
    let config = parse(&with("targets: [{name: a, cloudformation: {}}]"))
        .unwrap()
        .config;
    assert_eq!(config.timing.max_age.to_string(), "1h");
    assert_eq!(config.timing.max_pending.to_string(), "1h");
    assert_eq!(config.timing.settle.to_string(), "5m");
    assert_eq!(config.timing.reopen.to_string(), "30m");
    assert_eq!(config.remediation.max_per_run, 10);
    assert_eq!(config.remediation.fights.reverts, 3);
    assert_eq!(config.remediation.fights.within.get().as_hours(), 24);
    let stacks = config.targets[0].cloudformation().unwrap();
    assert!(stacks.selection().selects("any-stack"));
}

#[test]
fn globs_select_by_the_whole_name_and_capitals_count() {
    let text =
        with("targets: [{name: a, cloudformation: {stacks: ['*Kong*', 'net-?', 'Idle{A,B}']}}]");
    let config = parse(&text).unwrap().config;
    let stacks = config.targets[0].cloudformation().unwrap();
    let selection = stacks.selection();
    for (name, selected) in [
        ("MyKongStack", true),
        ("Kong", true),
        ("mykong", false),
        ("net-1", true),
        ("net-12", false),
        ("a-net-1", false),
    ] {
        assert_eq!(selection.selects(name), selected, "{name}");
    }
    let idle: Vec<_> = stacks
        .idle_globs(&["Kong", "net-1"])
        .map(|it| it.as_str())
        .collect();
    assert_eq!(idle, ["Idle{A,B}"]);
}

#[test]
fn a_mistyped_target_name_gets_the_one_that_was_meant() {
    let config = parse(EVERY_SECTION).unwrap().config;
    assert_eq!(config.target("rules").unwrap().name.as_str(), "rules");
    assert_eq!(
        config.target("kong-stack").unwrap_err().to_string(),
        "no target is named \"kong-stack\"; did you mean \"kong-stacks\"?"
    );
    assert_eq!(
        config.target("zzz").unwrap_err().to_string(),
        "no target is named \"zzz\"; known: kong-stacks, microservices, rules, network, estate"
    );
}

#[test]
fn the_hash_follows_what_the_file_says_and_not_how_it_is_laid_out() {
    let hash = |text: &str| parse(text).unwrap().hash;
    let one = hash("apiVersion: plumbline/v1\nenvironment: test\napprovers: [a]\n");
    assert_eq!(
        one,
        hash("# a comment\nenvironment: 'test'\napprovers:\n  - a\napiVersion: plumbline/v1\n")
    );
    assert_ne!(
        one,
        hash("apiVersion: plumbline/v1\nenvironment: test\napprovers: [b]\n")
    );
    assert_eq!(one.len(), 64);
}

#[test]
fn dates_warn_before_they_pass_and_never_are_errors() {
    let ignore = |expires: &str| {
        let text = with(&format!(
            "ignore: [{{when: 'false', reason: r, owner: o, expires: {expires}}}]"
        ));
        let loaded = parse(&text).unwrap();
        let said = loaded
            .warnings
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>();
        (said.join("\n"), loaded.config.ignore[0].in_force(now()))
    };
    assert_eq!(ignore("2026-12-09"), (String::new(), true));
    assert_eq!(
        ignore("2026-12-08"),
        (
            "plumbline.yaml:3:56: ignore[0].expires: this ignore expires on 2026-12-08, in 14 days"
                .to_owned(),
            true
        )
    );
    assert!(ignore("2026-11-24").1);
    assert_eq!(
        ignore("2026-11-23"),
        ("plumbline.yaml:3:56: ignore[0].expires: this ignore expired on 2026-11-23 and is not in force; extend it or take it out".to_owned(), false)
    );
}

#[test]
fn a_region_that_is_newer_than_this_version_is_a_warning() {
    let text = with("targets: [{name: a, cloudformation: {regions: [ap-southeast-9]}}]");
    let said = parse(&text).unwrap().warnings[0].to_string();
    assert!(said.starts_with("plumbline.yaml:3:48: targets[0].cloudformation.regions[0]: \"ap-southeast-9\" is no region that this version"), "{said}");
}

#[test]
fn aliases_are_followed_and_bombs_are_refused() {
    let text = with(
        "targets:\n  - {name: a, cloudformation: &here {regions: [eu-west-1]}}\n  - {name: b, cloudformation: *here}\n",
    );
    assert_eq!(
        parse(&text).unwrap().config.targets[1]
            .cloudformation()
            .unwrap()
            .regions
            .len(),
        1
    );
    let mut bomb = with("approvers: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("k{level}: &a{level} [{before}]\n"));
    }
    let began = SystemTime::now();
    let error = parse(&bomb).unwrap_err().to_string();
    assert!(error.contains("cannot be read as YAML"), "{error}");
    assert!(began.elapsed().unwrap().as_secs() < 10);
    let deep = with(&format!(
        "approvers: {}{}",
        "[".repeat(5000),
        "]".repeat(5000)
    ));
    assert!(
        parse(&deep)
            .unwrap_err()
            .to_string()
            .contains("cannot be read as YAML")
    );
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let said = |path: &std::path::Path| {
        let error = Config::load(path).unwrap_err().to_string();
        error
            .strip_prefix(&path.display().to_string())
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        said(folder.path()),
        ": is a directory; name the file itself"
    );
    assert_eq!(said(&folder.path().join("none.yaml")), ": is not there");
    let latin = folder.path().join("latin.yaml");
    std::fs::write(&latin, b"apiVersion: plumbline/v1\nenvironment: caf\xe9\n").unwrap();
    assert_eq!(
        said(&latin),
        ": is no UTF-8 text (line 2); save it as UTF-8"
    );
    let empty = folder.path().join("empty.yaml");
    std::fs::write(&empty, b"# nothing\n\n").unwrap();
    assert_eq!(
        said(&empty),
        ":1:1: is empty; it needs apiVersion: plumbline/v1 and an environment"
    );
    let fine = folder.path().join("plumbline.yaml");
    std::fs::write(&fine, with("")).unwrap();
    assert_eq!(
        Config::load(&fine).unwrap().config.environment.as_str(),
        "test"
    );
}
