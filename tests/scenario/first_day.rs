//! A new user's first day: a configuration that is written for them, what is not in order yet, and the policy as it grows.

mod doctor;
mod init;
mod policy;
mod setup;

use std::process::Command;
use std::sync::mpsc;

use sandbox::{NewResource, NewStack, Sandbox};
use serde_json::{Value, json};

use crate::support::{Ran, Workshop};

/// A sandbox on a thread of its own, which ends with this.
struct Account {
    sandbox: Sandbox,
    _running: mpsc::Sender<()>,
}

impl Account {
    fn start() -> Self {
        let (give, take) = mpsc::channel();
        let (running, ended) = mpsc::channel::<()>();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().unwrap();
            let started = runtime.block_on(Sandbox::start(sandbox::Options::default()));
            give.send(started.unwrap()).unwrap();
            runtime.block_on(async {
                while ended.try_recv() != Err(mpsc::TryRecvError::Disconnected) {
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
            });
        });
        Self {
            sandbox: take.recv().unwrap(),
            _running: running,
        }
    }

    fn put(&self, region: &str, name: &str) {
        let queue = NewResource::new(
            "Orders",
            "AWS::SQS::Queue",
            json!({"VisibilityTimeout": 30}),
        );
        let stack = NewStack {
            place: Some(("000000000000".to_owned(), region.to_owned())),
            ..NewStack::new(name, vec![queue])
        };
        self.sandbox.create_stack(stack).unwrap();
    }

    fn workshop(&self) -> Workshop {
        Workshop::new(&self.sandbox.endpoint())
    }
}

#[track_caller]
fn parsed(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {ran:?}"))
}

/// Runs Git in the workshop's directory, as a person who is set up there.
#[track_caller]
fn git(workshop: &Workshop, arguments: &[&str]) {
    let ran = Command::new("git")
        .args([
            "-c",
            "user.name=tester",
            "-c",
            "user.email=tester@example.com",
        ])
        .args(arguments)
        .current_dir(workshop.path(""))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("git can be started");
    assert!(ran.status.success(), "git {arguments:?}: {ran:?}");
}
