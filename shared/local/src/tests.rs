//! What only this ledger promises; what every ledger promises is in `tests/contract_ledger.rs`.

mod file;
mod key;
mod kill;
mod refusals;

use std::path::Path;
use std::process::{Command, Stdio};

use domain::difference::{Change, Difference, DifferenceKind};
use domain::identity::Identity;
use domain::judge::Sighting;
use domain::life::{self, Decision, Moment, Telling};
use domain::resource::Resource;
use domain::severity::{Cause, Severity};
use domain::unit::Unit;
use jiff::Timestamp;
use serde_json::json;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn unit() -> Unit {
    Unit::stack("111122223333", "eu-west-1", "shop")
}

/// A finding of that resource, opened; with a hashed value if it is sensitive.
fn opened(name: &str, sensitive: bool) -> Decision {
    let sighting = Sighting {
        is_partial: false,
        identity: Identity::stack_resource("111122223333", "eu-west-1", "shop", name),
        unit: unit(),
        target: "stacks".to_owned(),
        resource: Resource {
            name: name.to_owned(),
            ..Resource::default()
        },
        change: Change::Modified,
        severity: Severity::High,
        cause: Cause::SecretChange,
        rule: "default: Secret content".to_owned(),
        differences: vec![Difference {
            entry: None,
            path: "/Environment/Variables/TOKEN".to_owned(),
            kind: DifferenceKind::Changed,
            expected: Some(json!({"hmac": "v1:00"})),
            actual: Some(json!({"hmac": "v1:11"})),
            sensitive,
            potential: false,
            severity: Severity::High,
            cause: Cause::SecretChange,
            attribution: None,
        }],
        attribution: None,
    };
    let moment = Moment {
        now: at(1),
        look_started_at: at(0),
        config: "c0ffee",
        environment: "",
        telling: Telling::Nobody,
    };
    life::opened(&sighting, moment)
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// This test program again, to run the one test that plays a part in another process.
fn again(program: &Path, part: &str, variable: &str, value: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--exact", part, "--nocapture", "--test-threads=1"])
        .env(variable, value)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}
