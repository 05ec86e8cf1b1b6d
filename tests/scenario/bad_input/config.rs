//! The configuration file and the command line.

use std::fs;

use super::{Case, GOOD, Ground};
use crate::support::Ran;

/// An ignore of everything on the queue, without its end.
const IGNORE: &str = "ignore:\n  - when: resource.name == \"Orders\"\n    reason: a trial\n    owner: shop\n    expires: ";

pub(super) const CASES: &[Case] = &[
    Case {
        input: "no configuration file",
        code: 2,
        stderr: &["error: plumbline.yaml: is not there"],
        stdout: &[],
        run: |ground| {
            let workshop = ground.workshop();
            fs::remove_file(workshop.path("plumbline.yaml")).expect("it is there");
            workshop.run(&["scan"])
        },
    },
    Case {
        input: "`--config` names a file that is not there",
        code: 2,
        stderr: &["error: no-such.yaml: is not there"],
        stdout: &[],
        run: |ground| ground.workshop().run(&["scan", "--config", "no-such.yaml"]),
    },
    Case {
        input: "an empty configuration",
        code: 2,
        stderr: &["plumbline.yaml:1:1: is empty; it needs apiVersion: plumbline/v1"],
        stdout: &[],
        run: |ground| ground.scan(""),
    },
    Case {
        input: "the configuration is a directory",
        code: 2,
        stderr: &["error: k8s: is a directory; name the file itself"],
        stdout: &[],
        run: |ground| {
            let workshop = ground.workshop();
            fs::create_dir(workshop.path("k8s")).expect("a directory");
            workshop.run(&["scan", "--config", "k8s"])
        },
    },
    Case {
        input: "not YAML: a list that is not closed",
        code: 2,
        stderr: &["plumbline.yaml:6:15: cannot be read as YAML: unclosed bracket"],
        stdout: &[],
        run: |ground| ground.scan(&GOOD.replace("['*']", "['*'")),
    },
    Case {
        input: "a mistyped key, `targts:`",
        code: 2,
        stderr: &["plumbline.yaml:3:1: targts: unknown key; did you mean \"targets\"?"],
        stdout: &[],
        run: |ground| ground.scan(&GOOD.replace("targets:", "targts:")),
    },
    Case {
        input: "a channel of a kind that comes with a later version",
        code: 0,
        stderr: &[
            "warning: plumbline.yaml:10:7: notify.channels.pager.pagerduty: PagerDuty comes with a later version",
            "ends as a dead letter",
        ],
        stdout: &["plumbline.yaml: valid"],
        run: |ground| {
            let channels =
                "notify:\n  channels:\n    pager:\n      pagerduty: {routingKey: 'env:KEY'}\n";
            let workshop = ground.workshop();
            workshop.configure(&format!("{GOOD}{channels}"));
            workshop.run(&["policy", "check"])
        },
    },
    Case {
        input: "a mistyped key deeper down, `stack:`",
        code: 2,
        stderr: &[
            "plumbline.yaml:6:7: targets[0].cloudformation.stack: unknown key; did you mean \"stacks\"?",
        ],
        stdout: &[],
        run: |ground| ground.scan(&GOOD.replace("stacks: [", "stack: [")),
    },
    Case {
        input: "an unknown layer, `cloudfromation:`",
        code: 2,
        stderr: &[
            "plumbline.yaml:5:5: targets[0].cloudfromation: unknown key; did you mean \"cloudformation\"?",
        ],
        stdout: &[],
        run: |ground| ground.scan(&GOOD.replace("cloudformation:", "cloudfromation:")),
    },
    Case {
        input: "two targets of one name",
        code: 2,
        stderr: &[
            "plumbline.yaml:7:11: targets[1].name: \"stacks\" is there twice; targets[0] has it too",
        ],
        stdout: &[],
        run: |ground| {
            ground.scan(&format!(
                "{GOOD}  - name: stacks\n    cloudformation: {{stacks: [a]}}\n"
            ))
        },
    },
    Case {
        input: "wrong CEL: `=` for `==`",
        code: 2,
        stderr: &["plumbline.yaml:8:11: severity[0].when: is no CEL expression: column 15"],
        stdout: &[],
        run: |ground| severity(ground, "finding.layer = \"cloudformation\""),
    },
    Case {
        input: "wrong CEL: a variable that there is not",
        code: 2,
        stderr: &[
            "plumbline.yaml:8:11: severity[0].when: column 1: unknown variable \"resorce\"; did you mean \"resource\"?",
        ],
        stdout: &[],
        run: |ground| severity(ground, "resorce.type == \"AWS::SQS::Queue\""),
    },
    Case {
        input: "wrong CEL: a field that there is not",
        code: 2,
        stderr: &[
            "plumbline.yaml:8:11: severity[0].when: column 9: resource has no field \"kind\"; known: type, id",
        ],
        stdout: &[],
        run: |ground| severity(ground, "resource.kind == \"AWS::SQS::Queue\""),
    },
    Case {
        input: "a severity that there is not",
        code: 2,
        stderr: &[
            "plumbline.yaml:9:15: severity[0].severity: unknown value \"hihg\"; did you mean \"high\"?",
        ],
        stdout: &[],
        run: |ground| {
            ground.scan(&format!(
                "{GOOD}severity:\n  - when: 'true'\n    severity: hihg\n"
            ))
        },
    },
    Case {
        input: "a secret written into the file",
        code: 2,
        stderr: &[
            "plumbline.yaml:7:40: github.credentials: a secret is never written here",
            "env:NAME",
        ],
        stdout: &[],
        run: |ground| {
            let github = "github: {repository: a/b, credentials: ghp_literal0000000000}\n";
            let ran = ground.scan(&format!("{GOOD}{github}"));
            assert!(
                !format!("{ran:?}").contains("ghp_literal"),
                "the secret itself is not printed: {ran:?}"
            );
            ran
        },
    },
    Case {
        input: "an unknown region, `eu-wset-1`",
        code: 2,
        stderr: &[
            "plumbline.yaml:7:17: ",
            "\"eu-wset-1\" is no AWS region; did you mean \"eu-west-1\"?",
        ],
        stdout: &[],
        run: |ground| ground.scan(&format!("{GOOD}      regions: [eu-wset-1]\n")),
    },
    Case {
        input: "an ignore that has expired",
        code: 1,
        stderr: &[
            "ignore[0].expires: this ignore expired on 2020-01-31 and is not in force; extend it or take it out",
        ],
        stdout: &["Orders"],
        run: |ground| ground.scan(&format!("{GOOD}{IGNORE}2020-01-31\n")),
    },
    Case {
        input: "an ignore without an end",
        code: 2,
        stderr: &["plumbline.yaml:8:5: ignore[0]: \"expires\" is missing"],
        stdout: &[],
        run: |ground| {
            ground.scan(&format!(
                "{GOOD}{}\n",
                IGNORE.trim_end_matches("    expires: ")
            ))
        },
    },
    Case {
        input: "an ignore that matches nothing",
        code: 1,
        stderr: &["note: ignore[0] (plumbline.yaml:8, \"a trial\") matched nothing in this scan\n"],
        stdout: &["Orders"],
        run: |ground| {
            ground.scan(&format!(
                "{GOOD}{}2999-01-31\n",
                IGNORE.replace("Orders", "Ordres")
            ))
        },
    },
    Case {
        input: "a target whose only glob matches no stack",
        code: 2,
        stderr: &[],
        stdout: &["no stack in us-east-1 is named Orders*; names are case-sensitive"],
        run: |ground| ground.scan(&GOOD.replace("'*'", "'Orders*'")),
    },
    Case {
        input: "a glob of several that matches no stack",
        code: 1,
        stderr: &["note: target stacks: no stack is named bills\n"],
        stdout: &["Orders"],
        run: |ground| ground.scan(&GOOD.replace("'*'", "orders, bills")),
    },
    Case {
        input: "`scan` of a target that there is not",
        code: 2,
        stderr: &["error: no target is named \"stack\"; did you mean \"stacks\"?"],
        stdout: &[],
        run: |ground| ground.workshop().run(&["scan", "stack"]),
    },
    Case {
        input: "`--layer` with a layer that there is not",
        code: 2,
        stderr: &["the layers are cloudformation, kubernetes"],
        stdout: &[],
        run: |ground| ground.workshop().run(&["scan", "--layer", "cloudfront"]),
    },
    Case {
        input: "`--timeout soon`",
        code: 2,
        stderr: &["write a duration as 90s, 15m or 1h"],
        stdout: &[],
        run: |ground| ground.workshop().run(&["scan", "--timeout", "soon"]),
    },
    Case {
        input: "`--timeout 0s`",
        code: 2,
        stderr: &["write a duration as 90s, 15m or 1h"],
        stdout: &[],
        run: |ground| ground.workshop().run(&["scan", "--timeout", "0s"]),
    },
    Case {
        input: "`-o` with a format that there is not",
        code: 2,
        stderr: &["possible values: table, wide, json"],
        stdout: &[],
        run: |ground| ground.workshop().run(&["scan", "-o", "xml"]),
    },
    Case {
        input: "`findings accept` without `--until`",
        code: 2,
        stderr: &["--until <DATE>"],
        stdout: &[],
        run: |ground| {
            ground
                .workshop()
                .run(&["findings", "accept", "--all", "--reason", "a trial"])
        },
    },
    Case {
        input: "`findings accept --until tomorrow`",
        code: 2,
        stderr: &["write a date as 2027-01-31 or a moment as 2027-01-31T12:00:00Z"],
        stdout: &[],
        run: |ground| {
            ground.workshop().run(&[
                "findings", "accept", "--all", "--reason", "a trial", "--until", "tomorrow",
            ])
        },
    },
];

/// A scan under a severity rule with this condition, on line 8.
fn severity(ground: &Ground, condition: &str) -> Ran {
    ground.scan(&format!(
        "{GOOD}severity:\n  - when: '{condition}'\n    severity: low\n"
    ))
}
