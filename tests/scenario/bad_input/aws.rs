//! The way to AWS, and what comes back from there.

use std::time::Duration;

use plumbline_tests::proxy::{Fault, Proxy, Rule};
use serde_json::Value;

use super::{Case, Ground, difference};
use crate::support::{Ran, Workshop, text};

/// Nobody listens here: the port is below those that the system gives away.
const NOBODY: &str = "http://127.0.0.1:9";

/// How long somebody who has no credentials may be kept waiting for being told.
const QUICK: Duration = Duration::from_secs(15);

pub(super) const CASES: &[Case] = &[
    Case {
        input: "no credentials at all",
        code: 2,
        stderr: &[],
        stdout: &[
            "denied",
            "no AWS credentials found: run `aws sso login` or `aws login`, or set AWS_PROFILE, or",
        ],
        // Nothing answers where a machine's role would be.
        run: |ground| without_credentials(ground, NOBODY),
    },
    Case {
        input: "no credentials, and a network that swallows the question for them",
        code: 2,
        stderr: &[],
        stdout: &["no AWS credentials found: run `aws sso login`"],
        run: |ground| {
            let proxy = Proxy::start(NOBODY);
            proxy.set([Rule::new(Fault::Hang(Duration::from_secs(60)))]);
            without_credentials(ground, &proxy.endpoint())
        },
    },
    Case {
        input: "a profile that there is not",
        code: 2,
        stderr: &[],
        stdout: &[
            "denied",
            "no AWS credentials found",
            "AWS_PROFILE is",
            "no-such-profile",
        ],
        run: |ground| {
            let workshop = bare(ground)
                .with("AWS_PROFILE", "no-such-profile")
                .with("AWS_EC2_METADATA_DISABLED", "true");
            workshop.run(&["scan"])
        },
    },
    Case {
        input: "wrong credentials",
        code: 2,
        stderr: &[],
        stdout: &[
            "denied",
            "the keys are wrong or inactive, or the region is not enabled for the account",
        ],
        run: |ground| {
            let message = "The security token included in the request is invalid.";
            refused(ground, Fault::error("InvalidClientTokenId", message, 403))
        },
    },
    Case {
        input: "credentials that have expired",
        code: 2,
        stderr: &[],
        stdout: &["denied", "the credentials have expired: log in again"],
        run: |ground| {
            refused(
                ground,
                Fault::error("ExpiredToken", "The security token is expired", 403),
            )
        },
    },
    Case {
        input: "a region that no service answers for, `AWS_REGION=eu-nowhere-1`",
        code: 2,
        stderr: &[],
        stdout: &[
            "unreachable",
            "check that region `eu-nowhere-1` exists, the endpoint and the network",
        ],
        run: |ground| {
            ground
                .workshop()
                .with("AWS_REGION", "eu-nowhere-1")
                .with("AWS_ENDPOINT_URL", NOBODY)
                .run(&["scan"])
        },
    },
    Case {
        input: "an endpoint that cannot be reached",
        code: 2,
        stderr: &[],
        stdout: &[
            "unreachable",
            "check that region `us-east-1` exists, the endpoint and the network",
        ],
        run: |ground| {
            ground
                .workshop()
                .with("AWS_ENDPOINT_URL", NOBODY)
                .run(&["scan"])
        },
    },
    Case {
        input: "no region at all",
        code: 2,
        stderr: &[],
        stdout: &[
            "no region: set AWS_REGION, or `region` in the AWS profile, or name regions in the target",
        ],
        run: |ground| ground.workshop().without("AWS_REGION").run(&["scan"]),
    },
    Case {
        input: "a property of 5 MB",
        code: 1,
        stderr: &[],
        stdout: &["\"sha256\"", "\"bytes\": 5000002"],
        run: large_property,
    },
];

/// A workshop without a way to credentials that leads out of this machine.
fn bare(ground: &Ground) -> Workshop {
    let workshop = ground
        .workshop()
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY");
    workshop.without("AWS_EC2_METADATA_DISABLED")
}

fn without_credentials(ground: &Ground, machine: &str) -> Ran {
    let workshop = bare(ground).with("AWS_EC2_METADATA_SERVICE_ENDPOINT", machine);
    let ran = workshop.run(&["scan"]);
    assert!(ran.took < QUICK, "too slow: {ran:?}");
    ran
}

/// A scan whose every call gets this answer.
fn refused(ground: &Ground, fault: Fault) -> Ran {
    let proxy = Proxy::start(&ground.emulator.endpoint());
    proxy.set([Rule::new(fault)]);
    let workshop = Workshop::new(&proxy.endpoint());
    workshop.watch(&[], &["*"]);
    workshop.run(&["scan"])
}

/// A live description of five million letters, where the template's is short.
fn large_property(ground: &Ground) -> Ran {
    let aws = ground.emulator.aws();
    aws.put_parameter("/shop/notice", "open", "LARGE");
    let proxy = Proxy::start(&ground.emulator.endpoint());
    proxy.set([Rule::new(Fault::rewrite(|body| {
        body.replace("LARGE", &"large ".repeat(833_334)[..5_000_000])
    }))
    .action("DescribeStackResourceDrifts")]);
    let workshop = Workshop::new(&proxy.endpoint());
    workshop.watch(&[], &["*"]);
    let ran = workshop.run(&["scan", "-o", "json"]);
    aws.put_parameter("/shop/notice", "open", "on the door");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_default();
    let found = difference(&report, "/Description")
        .unwrap_or_else(|| panic!("no such difference: {}", ran.stderr));
    assert_eq!(text(&found["expected"]), "on the door");
    assert_eq!(text(&found["actual"]["sha256"]).len(), 64, "{found}");
    assert!(
        ran.stdout.len() < 20_000 && workshop.written().len() < 200_000,
        "the value itself is kept nowhere"
    );
    ran
}
