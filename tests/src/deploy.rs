//! Plumbline deployed: the real template, packaged as `sam package` does and created by CloudFormation in an emulator,
//! with the real binaries of the functions behind it.
//!
//! Everything that the functions call goes through the [proxy](crate::proxy), so that a test knows every call.
//!
//! Where the emulator differs from AWS: rights and the policies of queues are not enforced (the template's own tests
//! hold those); a schedule of hours never runs by itself, so a test [runs it](Deployment::run_schedule); services send no
//! events, and nobody may put events in their name, so a test [hands them to the rules](Deployment::tell_rules); a drift
//! detection is over at once, so a second one is never refused; failed stream records do not end in S3; alarms that are
//! made of others are missing, which without a topic the template does not make.

mod package;
mod queues;
mod redelivery;
pub mod sink;
pub mod table;

use std::{
    collections::BTreeMap,
    sync::Mutex,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use crate::{
    aws::Aws,
    emulator::Emulator,
    proxy::{Exchange, Proxy},
};
pub use package::{functions, names};
pub use queues::{Letter, queue_arn};
use redelivery::Redelivered;
use table::Table;

/// The stack's name, by which its functions and queues begin.
pub const STACK: &str = "plumbline";

/// Its account and region.
pub const PLACE: (&str, &str) = ("000000000000", "us-east-1");

/// How long anything may take that is waited for.
const LIMIT: Duration = Duration::from_secs(60);

/// What the scheduler replaces in an input by the time that a run was scheduled for, the same for a repeated run.
const SCHEDULED_TIME: &str = "<aws.scheduler.scheduled-time>";

/// A deployed stack of the template.
#[derive(Debug)]
pub struct Deployment {
    // Before the emulator: closing its connections lets the functions end.
    proxy: Proxy,
    emulator: Emulator,
    aws: Aws,
    outputs: BTreeMap<String, String>,
    redelivered: Mutex<Redelivered>,
}

impl Deployment {
    /// Packages and deploys the template with all its defaults, into an emulator of its own.
    ///
    /// # Panics
    /// When the functions are not built, or CloudFormation does not create the stack, with its reasons.
    #[must_use]
    #[track_caller]
    pub fn start() -> Self {
        let functions = functions();
        let mut proxy = None;
        let emulator = Emulator::start_with_functions(&mut |endpoint| {
            proxy.insert(Proxy::start(endpoint)).endpoint()
        });
        let aws = emulator.aws();
        let mut deployment = Self {
            proxy: proxy.expect("the emulator asked where its functions call"),
            emulator,
            aws,
            outputs: BTreeMap::new(),
            redelivered: Mutex::default(),
        };
        deployment.deploy(&functions);
        deployment
    }

    /// A client for the emulator itself, whose calls the [proxy](Self::calls) does not see.
    #[must_use]
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// An output of the stack.
    ///
    /// # Panics
    /// When it has none of that name.
    #[must_use]
    #[track_caller]
    pub fn output(&self, name: &str) -> &str {
        let value = self.outputs.get(name);
        value.unwrap_or_else(|| panic!("the stack has no output {name}: {:?}", self.outputs))
    }

    /// The ledger.
    #[must_use]
    pub fn table(&self) -> Table<'_> {
        Table::new(&self.aws, self.output("Table"))
    }

    /// Every call of the functions since the start, in order of arrival.
    #[must_use]
    pub fn calls(&self) -> Vec<Exchange> {
        self.proxy.requests()
    }

    /// Puts the configuration where the stack says that it is read from.
    #[track_caller]
    pub fn put_configuration(&self, yaml: &str) {
        let location = self.output("ConfigLocation").to_owned();
        let path = location
            .strip_prefix("s3:/")
            .unwrap_or_else(|| panic!("ConfigLocation is {location:?}"));
        self.put_object(path, yaml.as_bytes().to_vec());
    }

    /// Creates a secret of Secrets Manager.
    #[track_caller]
    pub fn put_secret(&self, name: &str, value: &str) {
        let body = json!({"Name": name, "SecretString": value});
        self.aws
            .json("secretsmanager", "secretsmanager.CreateSecret", &body)
            .good();
    }

    /// Creates a SecureString parameter.
    #[track_caller]
    pub fn put_secure_parameter(&self, name: &str, value: &str) {
        let body = json!({"Name": name, "Value": value, "Type": "SecureString"});
        self.aws.json("ssm", "AmazonSSM.PutParameter", &body).good();
    }

    /// Calls a function, named by its folder, and gives its answer.
    ///
    /// # Panics
    /// When the function failed, with what it and its log said.
    #[track_caller]
    pub fn invoke(&self, function: &str, event: &Value) -> Value {
        let path = format!("/2015-03-31/functions/{STACK}-{function}/invocations");
        let answer = self
            .aws
            .rest("lambda", ("POST", &path), &event.to_string())
            .good();
        let value: Value = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
        assert!(
            value.get("errorMessage").is_none(),
            "{function} failed on {event}: {value}\n{}",
            self.log(function)
        );
        value
    }

    /// Runs a schedule now, `times` times, since the scheduler may repeat a run: calls its target with its input.
    #[track_caller]
    pub fn run_schedule(&self, function: &str, times: usize) {
        let arn = format!(":function:{STACK}-{function}");
        let schedules = self.get("scheduler", "/schedules");
        let summary = items(&schedules, "Schedules")
            .find(|it| text(&it["Target"], "Arn").ends_with(&arn))
            .unwrap_or_else(|| panic!("no schedule has {function} as its target: {schedules}"));
        let path = format!(
            "/schedules/{}?groupName={}",
            text(summary, "Name"),
            text(summary, "GroupName")
        );
        let schedule = self.get("scheduler", &path);
        let mut input = text(&schedule["Target"], "Input").to_owned();
        if input.contains(SCHEDULED_TIME) {
            input = input.replace(SCHEDULED_TIME, &next_second());
        }
        let input = serde_json::from_str(&input).expect("the schedule's input is JSON");
        for _ in 0..times {
            self.invoke(function, &input);
        }
    }

    /// Hands an event of a service to the stack's rules: each whose own pattern takes it puts it on the queues that are
    /// its targets, `times` times. Gives how many rules took it.
    #[track_caller]
    pub fn tell_rules(&self, event: &Value, times: usize) -> usize {
        let rules = self.events("ListRules", &json!({}));
        let mut taken = 0;
        for rule in items(&rules, "Rules") {
            let Some(pattern) = rule["EventPattern"].as_str() else {
                continue;
            };
            let question = json!({"EventPattern": pattern, "Event": event.to_string()});
            if self.events("TestEventPattern", &question)["Result"] != true {
                continue;
            }
            taken += 1;
            let targets = self.events("ListTargetsByRule", &json!({"Rule": text(rule, "Name")}));
            for target in items(&targets, "Targets") {
                for _ in 0..times {
                    self.send_to(text(target, "Arn"), &event.to_string());
                }
            }
        }
        taken
    }

    /// Asks again and again until there is an answer.
    ///
    /// # Panics
    /// When there is none within a minute; shows the functions' logs.
    #[track_caller]
    pub fn wait<T>(&self, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Some(answer) = ask() {
                return answer;
            }
            if started.elapsed() > LIMIT {
                panic!("waited {LIMIT:?} for {what}\n{}", self.logs());
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// A function's variables, as its configuration has them.
    #[must_use]
    #[track_caller]
    pub fn variables(&self, function: &str) -> BTreeMap<String, String> {
        let path = format!("/2015-03-31/functions/{STACK}-{function}/configuration");
        let configuration = self.get("lambda", &path);
        let variables = configuration["Environment"]["Variables"].clone();
        serde_json::from_value(variables).expect("variables are texts")
    }

    /// The last lines of every function's log, for a person.
    #[must_use]
    pub fn logs(&self) -> String {
        names().iter().map(|it| self.log(it)).collect()
    }

    fn log(&self, function: &str) -> String {
        let body =
            json!({"logGroupName": format!("/aws/lambda/{STACK}-{function}"), "limit": 10_000});
        let answer = self
            .aws
            .json("logs", "Logs_20140328.FilterLogEvents", &body);
        let answer: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let lines: Vec<&str> = items(&answer, "events")
            .filter_map(|it| it["message"].as_str())
            .collect();
        let last = &lines[lines.len().saturating_sub(40)..];
        format!("--- {function}\n{}\n", last.join("\n"))
    }

    #[track_caller]
    fn get(&self, service: &str, path: &str) -> Value {
        let answer = self.aws.rest(service, ("GET", path), "").good();
        serde_json::from_str(&answer.body).expect("the service answers in JSON")
    }

    #[track_caller]
    fn events(&self, operation: &str, body: &Value) -> Value {
        self.call("events", &format!("AWSEvents.{operation}"), body)
    }

    #[track_caller]
    fn call(&self, service: &str, target: &str, body: &Value) -> Value {
        let answer = self.aws.json(service, target, body).good();
        serde_json::from_str(&answer.body).unwrap_or_default()
    }
}

/// Waits for the next whole second, and gives it as the scheduler does: by the second. Whatever was done before this was
/// then done before the run.
fn next_second() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a time after 1970");
    thread::sleep(Duration::from_secs(1) - Duration::from_nanos(now.subsec_nanos().into()));
    jiff::Timestamp::from_second(now.as_secs().cast_signed() + 1)
        .expect("a time that can be written")
        .to_string()
}

fn items<'a>(answer: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    answer[name].as_array().into_iter().flatten()
}

#[track_caller]
fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    let found = value[name].as_str();
    found.unwrap_or_else(|| panic!("{value} has no text {name}"))
}
