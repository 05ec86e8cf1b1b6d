//! The functions, run as Lambda runs them: in processes that handle one batch
//! at a time, by the one table from an outcome to what becomes of a message.

use std::pin::Pin;
use std::sync::Arc;

use domain::handled::Handled;
use domain::ports::{Clock as _, Items as _, PortError, Queues as _};
use domain::timer;
use domain::work::Queue;
use equivalence::Catalogue;
use jiff::{SignedDuration, Timestamp};
use policy::InForce;
use serde_json::{Value, json};

use crate::account::World;
use crate::ports::{HASH_KEY, Ports};
use crate::process::Process;
use crate::queue::Message;
use crate::sim::{Inserted, Sim};
use crate::store::Store;

/// What a process is to do.
pub(crate) enum Job {
    Batch(Queue, Vec<(u64, Message)>),
    Scan(Timestamp),
    Minute,
    Stream(Vec<Inserted>),
}

/// What came of it.
pub(crate) enum Report {
    /// The entries that are to come again.
    Batch(Vec<u64>),
    /// Whether a run by schedule went well.
    Run(Result<(), String>),
    /// The first record that is to come again.
    Stream(Option<usize>),
}

pub(crate) type Running = Pin<Box<dyn Future<Output = Report>>>;

/// A process of a function, with what its handler works with.
pub(crate) struct Function {
    pub(crate) process: Arc<Process>,
    handler: Handler,
    pub(crate) is_busy: bool,
}

#[derive(Clone)]
enum Handler {
    StackDrift(Arc<stack_drift::Deps>),
    DriftScan(Arc<drift_scan::Deps>),
    Publish(Arc<publish::Deps>),
    Clock(Arc<clock::Deps>),
    ConfigChange(Arc<config_change::Deps>),
    ImagePush(Arc<image_push::Deps>),
    Notify(Arc<notify::Deps>),
}

/// The names of the functions, with how many processes each may have at once.
pub(crate) const FUNCTIONS: [(&str, usize); 7] = [
    ("stack-drift", 2),
    ("drift-scan", 1),
    ("publish", 1),
    ("clock", 1),
    ("notify", 2),
    ("config-change", 1),
    ("image-push", 1),
];

impl Function {
    pub(crate) fn new(sim: &Arc<Sim>, name: &'static str) -> Self {
        let process = Process::new(sim, name);
        let store = Arc::new(Store(Arc::clone(&process)));
        let ports = Arc::new(Ports(Arc::clone(&process)));
        let accounts = Arc::new(World(Arc::clone(&process)));
        let clock = Arc::clone(&process);
        let handler = match name {
            "stack-drift" => Handler::StackDrift(Arc::new(stack_drift::Deps {
                store,
                config: InForce::new(),
                evidence: Arc::clone(&accounts) as _,
                accounts,
                queues: Arc::clone(&ports) as _,
                secrets: ports,
                hash_key: HASH_KEY.to_owned(),
                catalogue: Catalogue::all(),
                clock,
            })),
            "drift-scan" => Handler::DriftScan(Arc::new(drift_scan::Deps {
                store,
                config: InForce::new(),
                accounts,
                queues: ports,
                clock,
            })),
            "publish" => Handler::Publish(Arc::new(publish::Deps {
                store,
                topic: ports,
            })),
            "clock" => Handler::Clock(Arc::new(clock::Deps {
                store,
                queues: Arc::clone(&ports) as _,
                topic: Arc::clone(&ports) as _,
                objects: Arc::clone(&ports) as _,
                dead_letters: ports,
                clock,
                config: "s3://plumbline-config/plumbline.yaml".to_owned(),
            })),
            "config-change" => Handler::ConfigChange(Arc::new(config_change::Deps {
                store,
                config: InForce::new(),
                clock,
            })),
            "image-push" => Handler::ImagePush(Arc::new(image_push::Deps { store, clock })),
            _ => Handler::Notify(Arc::new(notify::Deps {
                store,
                config: InForce::new(),
                queues: Arc::clone(&ports) as _,
                channels: ports,
                clock,
            })),
        };
        Self {
            process,
            handler,
            is_busy: false,
        }
    }

    /// Begins a job.
    pub(crate) fn run(&self, job: Job) -> Running {
        self.process.begins();
        let process = Arc::clone(&self.process);
        let handler = self.handler.clone();
        Box::pin(async move {
            match (job, handler) {
                (Job::Batch(queue, messages), handler) => {
                    let driver = Driver {
                        store: Store(Arc::clone(&process)),
                        ports: Ports(Arc::clone(&process)),
                        process,
                        queue,
                        handler,
                    };
                    Report::Batch(driver.batch(messages).await)
                }
                (Job::Scan(time), Handler::DriftScan(deps)) => {
                    let request = drift_scan::Request {
                        targets: Vec::new(),
                        time: Some(time),
                        every_hours: None,
                    };
                    let done = drift_scan::handle(&deps, &request).await;
                    Report::Run(done.map(|_| ()).map_err(|error| error.to_string()))
                }
                (Job::Minute, Handler::Clock(deps)) => {
                    let until = process.now() + SignedDuration::from_secs(50);
                    let done = clock::handle(&deps, until).await;
                    Report::Run(done.map_err(|error| error.to_string()))
                }
                (Job::Stream(records), Handler::Publish(deps)) => {
                    Report::Stream(stream(&process, &deps, records).await)
                }
                _ => Report::Run(Ok(())),
            }
        })
    }
}

/// The records of a stream in their order, up to the first that must come again.
async fn stream(
    process: &Arc<Process>,
    deps: &publish::Deps,
    records: Vec<Inserted>,
) -> Option<usize> {
    for (index, record) in records.iter().enumerate() {
        let record = publish::Record {
            is_new: true,
            keys: json!({"PK": record.pk, "SK": record.sk}),
            image: Some(json!({ "body": record.body })),
        };
        let handled = publish::handle(deps, &record).await;
        process.note("a record of the stream", &handled);
        match handled {
            Handled::Retry(_) => return Some(index),
            Handled::Fail(reason) => {
                let mut state = process.sim.state();
                let body = record
                    .image
                    .as_ref()
                    .map_or(String::new(), Value::to_string);
                state.bury((None, "the stream"), &body, &reason);
            }
            _ => {}
        }
    }
    None
}

impl Process {
    /// Says what became of a message, and that it is fit to be logged.
    fn note(&self, what: &str, handled: &Handled) {
        let mut state = self.sim.state();
        let text = format!("{handled:?}");
        state.outside("an outcome", &text);
        state.tally.count(match handled {
            Handled::Done => "handled: done",
            Handled::Later { .. } => "handled: later",
            Handled::Drop(_) => "handled: dropped",
            Handled::Retry(_) => "handled: returned",
            Handled::Fail(_) => "handled: failed",
        });
        state.tell(|| format!("  {}: {what}: {text}", self.name));
    }
}

/// Drives a queue's handler through a batch.
struct Driver {
    process: Arc<Process>,
    store: Store,
    ports: Ports,
    queue: Queue,
    handler: Handler,
}

impl Driver {
    async fn batch(&self, messages: Vec<(u64, Message)>) -> Vec<u64> {
        let mut returned = Vec::new();
        for (entry, message) in messages {
            {
                let mut state = self.process.sim.state();
                let (name, id, times) = (self.process.name, message.id, message.receives);
                state.tell(|| format!("  {name}: message {id} (time {times}): {}", message.body));
            }
            self.process.takes_up(&message.body);
            let handled = self.handle(&message.body).await;
            self.process
                .note(&format!("message {}", message.id), &handled);
            match self.carry_out(&message, handled).await {
                Ok(true) => {}
                Ok(false) => returned.push(entry),
                Err(error) => {
                    let mut state = self.process.sim.state();
                    state.tell(|| format!("  {}: could not be sent on: {error}", message.id));
                    returned.push(entry);
                }
            }
        }
        returned
    }

    async fn handle(&self, body: &str) -> Handled {
        match &self.handler {
            Handler::StackDrift(deps) => stack_drift::handle(deps, body).await,
            Handler::ConfigChange(deps) => config_change::handle(deps, body).await,
            Handler::ImagePush(deps) => image_push::handle(deps, body).await,
            Handler::Notify(deps) => notify::handle(deps, body).await,
            _ => Handled::Drop("no queue feeds it".to_owned()),
        }
    }

    /// The one table; whether the message is done with.
    async fn carry_out(&self, message: &Message, handled: Handled) -> Result<bool, PortError> {
        match handled {
            Handled::Done | Handled::Drop(_) => {}
            Handled::Retry(_) => return Ok(false),
            Handled::Later { at, body } => {
                let body = body.unwrap_or_else(|| message.body.clone());
                let delay = timer::until(at, self.process.now());
                if delay > Queue::LONGEST_DELAY {
                    let key = format!("later#{}#{}", self.queue, message.id);
                    let timer = timer::put_body(at, self.queue, (&key, body))?;
                    self.store.write(&[timer]).await?;
                } else {
                    self.ports.send(self.queue, &body, delay).await?;
                }
            }
            Handled::Fail(reason) => {
                let from = (self.queue, message.from);
                self.ports.bury(from, &message.body, &reason).await?;
            }
        }
        Ok(true)
    }
}
