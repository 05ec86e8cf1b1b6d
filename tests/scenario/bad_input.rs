//! What a user is told who got something wrong: one table of inputs, exit codes and sentences.
//!
//! `cargo test -p plumbline --test scenario -- bad_input_table --nocapture` prints it, as Markdown.

mod aws;
mod config;
mod ledger;

use plumbline_tests::emulator::Emulator;
use serde_json::{Value, json};

use crate::support::{Ran, Workshop};

/// One thing that a user can get wrong.
struct Case {
    /// What it is, for the table.
    input: &'static str,
    /// The exit code.
    code: i32,
    /// What standard error must say.
    stderr: &'static [&'static str],
    /// What standard output must say; it must be empty when this is.
    stdout: &'static [&'static str],
    /// Does it.
    run: fn(&Ground) -> Ran,
}

/// Where everything is right, until a case gets something wrong.
struct Ground {
    emulator: Emulator,
}

impl Ground {
    /// An account whose stack `orders` has a bent queue and a parameter that is in order.
    fn new() -> Self {
        let emulator = Emulator::start();
        let aws = emulator.aws();
        let template = json!({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {
            "Orders": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "orders", "VisibilityTimeout": 30}},
            "Notice": {"Type": "AWS::SSM::Parameter", "Properties":
                {"Name": "/shop/notice", "Type": "String", "Value": "open", "Description": "on the door"}}}});
        aws.create_stack("orders", &template);
        aws.set_queue_attributes(
            "orders",
            json!({"VisibilityTimeout": 5})
                .as_object()
                .expect("an object"),
        );
        Self { emulator }
    }

    /// A workshop that watches every stack.
    fn workshop(&self) -> Workshop {
        let workshop = Workshop::new(&self.emulator.endpoint());
        workshop.watch(&[], &["*"]);
        workshop
    }

    /// A scan under this configuration.
    fn scan(&self, yaml: &str) -> Ran {
        let workshop = self.workshop();
        workshop.configure(yaml);
        workshop.run(&["scan"])
    }
}

/// A configuration in which all is right, up to its last line, to be gone on with.
const GOOD: &str = "\
apiVersion: plumbline/v1
environment: test
targets:
  - name: stacks
    cloudformation:
      stacks: ['*']
";

impl Case {
    /// What is wrong with what came of it.
    fn faults(&self, ran: &Ran) -> Vec<String> {
        let mut faults = Vec::new();
        if ran.code != self.code {
            faults.push(format!("exit code {} instead of {}", ran.code, self.code));
        }
        for (stream, said, expected) in [
            ("stderr", &ran.stderr, self.stderr),
            ("stdout", &ran.stdout, self.stdout),
        ] {
            for part in expected {
                if !said.contains(part) {
                    faults.push(format!("{stream} does not say {part:?}"));
                }
            }
            if expected.is_empty() && !said.is_empty() {
                faults.push(format!("{stream} is not empty"));
            }
        }
        faults
    }

    /// Its row of the table: of standard output only the lines that speak of it.
    fn row(&self, ran: &Ran) -> String {
        let told = |line: &&str| self.stdout.iter().any(|part| line.contains(part));
        let lines = ran.stderr.lines().chain(ran.stdout.lines().filter(told));
        let cells: Vec<String> = lines
            .map(|line| format!("`{}`", line.trim().replace('|', "\\|")))
            .collect();
        format!("| {} | {} | {} |", self.input, ran.code, cells.join("<br>"))
    }
}

#[test]
fn bad_input_table() {
    let ground = Ground::new();
    let cases = [config::CASES, ledger::CASES, aws::CASES];
    let mut rows = vec![
        "| input | exit | what it prints |".to_owned(),
        "|---|---|---|".to_owned(),
    ];
    let mut faults = Vec::new();
    for case in cases.into_iter().flatten() {
        let ran = (case.run)(&ground);
        rows.push(case.row(&ran));
        let wrong = case.faults(&ran);
        if !wrong.is_empty() {
            faults.push(format!("{}: {}\n{ran:#?}", case.input, wrong.join("; ")));
        }
    }
    println!("{}", rows.join("\n"));
    assert!(
        faults.is_empty(),
        "{} of the inputs:\n\n{}",
        faults.len(),
        faults.join("\n\n")
    );
}

/// The value of a report's difference by its path.
fn difference<'r>(report: &'r Value, path: &str) -> Option<&'r Value> {
    let findings = report["findings"].as_array()?;
    let differences = findings
        .iter()
        .filter_map(|it| it["differences"].as_array())
        .flatten();
    differences.into_iter().find(|it| it["path"] == path)
}
