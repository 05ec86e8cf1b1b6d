//! What is said of a file that is not in order: one line for each thing.

use super::{parse, with};

#[test]
fn every_kind_of_slip_is_named_with_its_place_and_its_fix() {
    // The third line of each file is the first of `more`.
    for (more, said) in [
        (
            "targets: [{name: a, cloudformatoin: {}}]",
            "3:21: targets[0].cloudformatoin: unknown key; did you mean \"cloudformation\"?",
        ),
        (
            "enviroment: x",
            "3:1: enviroment: unknown key; did you mean \"environment\"?",
        ),
        (
            "timing: {zzz: 1h}",
            "3:10: timing.zzz: unknown key; known: maxAge, maxPending, reopen, settle",
        ),
        (
            "targets: [{name: a, mode: obsrve, cloudformation: {}}]",
            "3:27: targets[0].mode: unknown value \"obsrve\"; did you mean \"observe\"?",
        ),
        (
            "targets: [{name: a}]",
            "3:11: targets[0]: needs exactly one of cloudformation, kubernetes, policy, terraform, inventory; it has none",
        ),
        (
            "targets: [{name: a, cloudformation: {}, inventory: {}}]",
            "3:11: targets[0]: needs exactly one of cloudformation, kubernetes, policy, terraform, inventory; it has cloudformation and inventory; make them targets of their own",
        ),
        (
            "targets: [{name: a, inventory: {}}, {name: a, inventory: {}}]",
            "3:44: targets[1].name: \"a\" is there twice; targets[0] has it too",
        ),
        (
            "targets: [{name: '', inventory: {}}]",
            "3:18: targets[0].name: is empty",
        ),
        (
            "targets: [{inventory: {}}]",
            "3:11: targets[0]: \"name\" is missing",
        ),
        (
            "targets: [{name: a, cloudformation: {regions: [us-esat-1]}}]",
            "3:48: targets[0].cloudformation.regions[0]: \"us-esat-1\" is no AWS region; did you mean \"us-east-1\"?",
        ),
        (
            "targets: [{name: a, cloudformation: {stacks: ['[x']}}]",
            "3:47: targets[0].cloudformation.stacks[0]: \"[x\" is no glob: unclosed character class; missing ']'",
        ),
        (
            "targets: [{name: a, cloudformation: {stacks: 'x'}}]",
            "3:46: targets[0].cloudformation.stacks: expected a list, found text; put it in [ ]",
        ),
        (
            "targets: [{name: a, cloudformation: {stacks: []}}]",
            "3:46: targets[0].cloudformation.stacks: selects nothing; write [\"*\"] for every stack",
        ),
        (
            "targets: [{name: a, cloudformation: {accounts: ['222222222222']}}]",
            "3:49: targets[0].cloudformation.accounts[0]: account 222222222222 is not in accounts; there is none",
        ),
        (
            "accounts: [{id: 222222222222}]",
            "3:17: accounts[0].id: expected text, found a number; put it in quotes",
        ),
        (
            "accounts: [{id: '22222'}]",
            "3:17: accounts[0].id: \"22222\" is no account id; it is 12 digits in quotes",
        ),
        (
            "accounts: [{id: '222222222222', read: plumbline-read}]",
            "3:39: accounts[0].read: \"plumbline-read\" is no role ARN; write arn:aws:iam::ACCOUNT:role/NAME",
        ),
        (
            "accounts: [{id: '222222222222', read: 'arn:aws:iam::333333333333:role/x'}]",
            "3:39: accounts[0].read: is a role of another account than 222222222222",
        ),
        (
            "ignore:",
            "3:7: ignore: expected a list, found nothing; write [] or leave the key out",
        ),
        (
            "ignore: [{when: 'true', owner: o, expires: 2027-06-30}]",
            "3:10: ignore[0]: \"reason\" is missing",
        ),
        (
            "ignore: [{when: 'true', reason: r, owner: o, expires: soon}]",
            "3:55: ignore[0].expires: \"soon\" is no date; write it as 2027-06-30",
        ),
        (
            "timing: {settle: 5}",
            "3:18: timing.settle: expected text, found a number; put it in quotes",
        ),
        (
            "timing: {settle: 5 minutes}",
            "3:18: timing.settle: \"5 minutes\" is no duration; write a number and a unit of s, m, h, d: 90s, 5m, 1h30m, 7d",
        ),
        (
            "severity: [{when: 'finding.lyer == \"x\"', severity: low}]",
            "3:19: severity[0].when: column 8: finding has no field \"lyer\"; did you mean \"layer\"?",
        ),
        (
            "severity: [{when: 'true', severity: urgent}]",
            "3:37: severity[0].severity: unknown value \"urgent\"; known: low, medium, high, critical",
        ),
        (
            "severity: [{when: 'true', cause: manual-scalling}]",
            "3:34: severity[0].cause: unknown value \"manual-scalling\"; did you mean \"manual-scaling\"?",
        ),
        (
            "severity: [{when: 'true'}]",
            "3:12: severity[0]: gives neither severity nor cause; it needs at least one of them",
        ),
        (
            "remediation: {medium: {onSuccess: pr}}",
            "3:35: remediation.medium.onSuccess: unknown value \"pr\"; known: pull-request, log",
        ),
        (
            "remediation: {medium: {attempt: yes}}",
            "3:33: remediation.medium.attempt: expected true or false, found text",
        ),
        (
            "remediation: {maxPerRun: 0}",
            "3:26: remediation.maxPerRun: is less than 1",
        ),
        (
            "notify: {channels: {a: {pagerduti: {}}}}",
            "3:25: notify.channels.a.pagerduti: unknown key; did you mean \"pagerduty\"?",
        ),
        (
            "notify: {channels: {a: {slack: {token: 'env:T'}}}}",
            "3:32: notify.channels.a.slack: needs either token and channel, or webhook",
        ),
        (
            "notify: {routes: [{when: 'true', to: [oncal]}], channels: {oncall: {slack: {webhook: 'env:H'}}}}",
            "3:39: notify.routes[0].to[0]: no channel is named \"oncal\"; did you mean \"oncall\"?",
        ),
        (
            "services: {a: {image: r, write: [{image: x}]}}",
            "3:34: services.a.write[0]: needs exactly one of kustomize, manifest, values, application",
        ),
        (
            "services: {a: {image: r, write: [{kustomize: F, imge: x}]}}",
            "3:49: services.a.write[0].imge: unknown key; did you mean \"image\"?",
        ),
        (
            "services: {a: {image: r, write: []}}",
            "3:33: services.a.write: is empty; it needs at least one entry",
        ),
        (
            "waivers: [{service: a, vulnerability: CVE-1, owner: o, expires: 2027-01-01}]",
            "3:21: waivers[0].service: no service is named \"a\"; there is none",
        ),
        (
            "targets: [{name: a, kubernetes: {cluster: {eks: {name: c}, kubeconfig: {}}, manifests: {directory: d}}}]",
            "3:43: targets[0].kubernetes.cluster: needs exactly one of eks, kubeconfig",
        ),
        (
            "targets: [{name: a, kubernetes: {cluster: c, manifests: {directory: d}}}]",
            "3:43: targets[0].kubernetes.cluster: expected a mapping with one of eks, kubeconfig, found text",
        ),
        (
            "invariants: [{name: i, target: a, reason: r, when: 'true'}]",
            "3:32: invariants[0].target: no target is named \"a\"; there is none",
        ),
        (
            "remediation: {freeze: [{cron: '0 18 * *', for: 62h}]}",
            "3:31: remediation.freeze[0].cron: \"0 18 * *\" has 4 fields; write minute, hour, day of month, month and day of week: \"0 18 * * FRI\"",
        ),
        (
            "approvers: [a]\napprovers: [b]",
            "4:1: approvers: is there twice; the first is in line 3",
        ),
    ] {
        let errors = parse(&with(more)).map(|_| ()).unwrap_err().to_string();
        let first = errors.lines().next().unwrap();
        assert_eq!(first, format!("plumbline.yaml:{said}"), "{more}\n{errors}");
    }
}

#[test]
fn everything_is_said_in_one_go_and_nothing_twice() {
    let text = "apiVersion: plumbline/v2\nenvironmnt: x\ntargets:\n  - name: a\n    cloudformatoin: {}\n  - name: b\n    cloudformation: {regions: [us-esat-1], stacsk: []}\nseverity:\n  - {when: 'finding.', severity: low}\nignore:\n  - {when: 'true', reason: r, owner: o, expires: 2027-06-30, until: x}\nremediation: {allowAutomatic: [im]}\n";
    let said: Vec<_> = parse(text)
        .unwrap_err()
        .problems()
        .iter()
        .map(ToString::to_string)
        .collect();
    let places: Vec<_> = said
        .iter()
        .map(|it| it.split(": ").take(2).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        places,
        [
            "plumbline.yaml:1:13 apiVersion",
            "plumbline.yaml:2:1 environmnt",
            "plumbline.yaml:5:5 targets[0].cloudformatoin",
            "plumbline.yaml:7:32 targets[1].cloudformation.regions[0]",
            "plumbline.yaml:7:44 targets[1].cloudformation.stacsk",
            "plumbline.yaml:9:12 severity[0].when",
            "plumbline.yaml:11:62 ignore[0].until",
            "plumbline.yaml:12:32 remediation.allowAutomatic[0]",
        ],
        "{said:#?}"
    );
}

#[test]
fn unknown_keys_do_not_hide_what_else_is_wrong() {
    let text = with("zzz: 1\ntargets: [{name: a, inventory: {accounts: ['222222222222']}}]");
    let errors = parse(&text).unwrap_err();
    assert_eq!(errors.problems().len(), 2, "{errors}");
}

#[test]
fn a_literal_secret_is_refused_and_never_printed() {
    for more in [
        "github: {repository: a/b, credentials: hunter2}",
        "github: {repository: a/b, credentials: {appId: 1, privateKey: hunter2}}",
        "github: {repository: a/b, credentials: [hunter2]}",
        "notify: {channels: {a: {pagerduty: {routingKey: hunter2}}}}",
        "notify: {channels: {a: {slack: {webhook: 'https://hooks.slack.com/services/hunter2'}}}}",
        "notify: {channels: {a: {webhook: {url: 'https://user:hunter2@example.com'}}}}",
        "notify: {channels: {a: {slack: hunter2}}}",
        "notify: {channels: {a: {pagerduty: {routingKey: \"hunter2}}}}",
        "notify: {channels: {a: {pagerduty: {routingKey: *hunter2}}}}",
    ] {
        let errors = parse(&with(more)).map(|_| ()).unwrap_err().to_string();
        assert!(!errors.contains("hunter2"), "{more}: {errors}");
    }
    let errors = parse(&with("github: {repository: a/b, credentials: hunter2}")).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "plumbline.yaml:3:40: github.credentials: a secret is never written here, only where it is kept; write ssm-secure:NAME, secretsmanager:NAME[#key], env:NAME or file:PATH"
    );
}

#[test]
fn a_tag_is_refused_where_it_would_turn_a_condition_round() {
    let condition = |when: &str| {
        let ignore = format!(
            "ignore:\n  - when: {when}\n    reason: r\n    owner: o\n    expires: 2030-01-01\n"
        );
        parse(&format!(
            "apiVersion: plumbline/v1\nenvironment: x\n{ignore}"
        ))
    };
    let error = condition("! (resource.name == \"x\")")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("plumbline.yaml:4:11: begins with !"),
        "{error}"
    );
    assert!(condition("'! (resource.name == \"x\")'").is_ok());
    assert!(
        condition("|-\n      resource.name == \"x\" ? true\n      : !(resource.name == \"y\")")
            .is_ok()
    );
}

#[test]
fn broken_yaml_is_named_with_its_place() {
    let said = |text: &str| parse(text).unwrap_err().to_string();
    for (text, place) in [
        (
            "apiVersion: plumbline/v1\n\tenvironment: x\n",
            "plumbline.yaml:1:13:",
        ),
        ("apiVersion: [\n", "plumbline.yaml:"),
        (
            "apiVersion: plumbline/v1\nenvironment: x\n---\na: b\n",
            "plumbline.yaml:",
        ),
    ] {
        let error = said(text);
        assert!(
            error.starts_with(place) && error.contains("cannot be read as YAML: "),
            "{error}"
        );
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    assert_eq!(
        said("- a\n"),
        "plumbline.yaml:1:1: expected a mapping, found a list"
    );
    assert_eq!(
        said("hello\n"),
        "plumbline.yaml:1:1: expected a mapping, found text"
    );
}
