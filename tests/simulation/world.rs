//! The course of a world: what is due is done, one step at a time, by an order
//! that the seed alone decides.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use domain::work::Queue;
use jiff::Timestamp;
use serde_json::json;

use crate::chance::{Fault, Rates, Tally};
use crate::lambda::{FUNCTIONS, Function, Job, Report, Running};
use crate::logs;
use crate::queue::Message;
use crate::script::Script;
use crate::sim::{Event, HOUR, Inserted, MINUTE, SECOND, Sim, State, plus};

/// What a world is made from.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) rates: Rates,
    /// How many of the script's happenings happen.
    pub(crate) happenings: usize,
    pub(crate) with_story: bool,
}

/// How a world ended.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) broken: Option<String>,
    pub(crate) story: String,
    pub(crate) tally: Tally,
    pub(crate) happenings: usize,
}

/// What a running job was, should it have to be done again.
enum Origin {
    Batch(Queue, Vec<u64>),
    Scan(Timestamp, u32),
    Minute,
    Stream(Vec<Inserted>, u32),
}

struct Task {
    function: usize,
    origin: Origin,
    running: Running,
}

/// A world in its course.
pub(crate) struct World {
    pub(crate) sim: Arc<Sim>,
    functions: Vec<Function>,
    tasks: BTreeMap<u64, Task>,
    script: Script,
}

impl World {
    /// Lives a world from its beginning to its end.
    pub(crate) fn live(plan: &Plan) -> End {
        let script = Script::of(plan.seed, plan.happenings);
        let happenings = script.happenings.len();
        let sim = Arc::new(Sim::new(plan.seed, plan.rates.clone(), plan.with_story));
        let functions = FUNCTIONS
            .iter()
            .flat_map(|(name, many)| std::iter::repeat_n(*name, *many))
            .map(|name| Function::new(&sim, name))
            .collect();
        let mut world = Self {
            sim,
            functions,
            tasks: BTreeMap::new(),
            script,
        };
        world.begin();
        let ((), leak) = logs::read_along(|| world.run());
        if let Some(line) = leak {
            let what = format!("invariant 10: a secret value in the logs: {line}");
            world.sim.state().breaks(what);
        }
        crate::invariants::at_the_end(&world.sim);
        let state = world.sim.state();
        End {
            broken: state.broken.clone(),
            story: state.story(),
            tally: state.tally.clone(),
            happenings,
        }
    }

    fn begin(&mut self) {
        let mut state = self.sim.state();
        let start = state.now;
        for (at, happening) in &self.script.happenings {
            state.at(plus(start, *at), Event::World(happening.clone()));
        }
        let end = plus(start, self.script.ends);
        let mut minute = plus(start, MINUTE);
        while minute < end {
            state.at(minute, Event::Minute);
            minute = plus(minute, MINUTE);
        }
        let mut time = plus(start, 10 * MINUTE);
        while time < plus(end, -2 * HOUR) {
            state.at(time, Event::Schedule { time, tries: 0 });
            if state.fault(Fault::Duplicate) {
                let late = state.delays.between(SECOND, 20 * MINUTE);
                state.at(plus(time, late), Event::Schedule { time, tries: 0 });
            }
            time = plus(time, self.script.every);
        }
    }

    fn run(&mut self) {
        let start = self.sim.state().now;
        let quiet_from = plus(start, self.script.quiet);
        loop {
            let event = {
                let mut state = self.sim.state();
                if state.broken.is_some() {
                    return;
                }
                let Some(((at, _), event)) = state.agenda.pop_first() else {
                    return;
                };
                state.now = at;
                if !state.quiet && at >= quiet_from {
                    self.calm(&mut state);
                }
                event
            };
            self.happen(event);
        }
    }

    /// From now on nothing fails, and somebody sends the dead letters again that were no poison.
    fn calm(&self, state: &mut State) {
        state.tell(|| "from here on nothing fails".to_owned());
        state.quiet = true;
        state.redrive();
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::World(happening) => self.sim.state().happens(&happening),
            Event::Check {
                detection,
                logical_id,
            } => self.sim.state().check(&detection, &logical_id),
            Event::Ends { detection } => self.sim.state().ends(&detection),
            Event::Arrives { queue, body, from } => self.sim.state().put(queue, (&body, from), 0),
            Event::Receivable { queue, entry } => self.receivable(queue, entry),
            Event::Step { task } => self.step(task),
            Event::Minute => self.minute(),
            Event::Schedule { time, tries } => self.scheduled(time, tries),
            Event::Stream { records, tries } => self.streamed(records, tries),
        }
    }

    fn idle(&self, name: &str) -> Option<usize> {
        self.functions
            .iter()
            .position(|it| it.process.name == name && !it.is_busy)
    }

    fn receivable(&mut self, queue: Queue, entry: u64) {
        let Some(function) = self.idle(queue.as_str()) else {
            let mut state = self.sim.state();
            if state.line(queue).entries.contains_key(&entry) {
                state.after(SECOND, Event::Receivable { queue, entry });
            }
            return;
        };
        let received: Vec<(u64, Message)> = {
            let mut state = self.sim.state();
            let most = usize::try_from(state.delays.between(1, 5)).unwrap_or(1);
            state.receive(queue, entry, most)
        };
        if received.is_empty() {
            return;
        }
        let entries = received.iter().map(|(it, _)| *it).collect();
        self.start(
            function,
            Origin::Batch(queue, entries),
            Job::Batch(queue, received),
        );
    }

    fn minute(&mut self) {
        {
            // What ran out of tries before it got quiet may be buried only after that.
            let mut state = self.sim.state();
            if state.quiet {
                state.redrive();
            }
        }

        {
            let mut state = self.sim.state();
            let now = state.now;
            if state.fault(Fault::RunSkipped) {
                return;
            }
            // Runs that would find nothing but themselves are left out, but for a few.
            let is_due = state.watched.pending.values().any(|at| *at <= now);
            if !is_due && !state.config_is_news() && !state.delays.hits(30) {
                return;
            }
        }
        if let Some(function) = self.idle("clock") {
            self.start(function, Origin::Minute, Job::Minute);
        }
    }

    fn scheduled(&mut self, time: Timestamp, tries: u32) {
        if tries == 0 && self.sim.state().fault(Fault::RunSkipped) {
            return;
        }
        match self.idle("drift-scan") {
            Some(function) => {
                self.start(function, Origin::Scan(time, tries), Job::Scan(time));
            }
            None => self
                .sim
                .state()
                .after(MINUTE, Event::Schedule { time, tries }),
        }
    }

    fn streamed(&mut self, records: Vec<Inserted>, tries: u32) {
        {
            let state = self.sim.state();
            // A stream gives up on a record after some tries; the clock has it then.
            if tries > 3 {
                return;
            }
            if !state.quiet && state.stream_stopped_until > state.now {
                return;
            }
        }
        match self.idle("publish") {
            Some(function) => self.start(
                function,
                Origin::Stream(records.clone(), tries),
                Job::Stream(records),
            ),
            None => self
                .sim
                .state()
                .after(SECOND, Event::Stream { records, tries }),
        }
    }

    fn start(&mut self, function: usize, origin: Origin, job: Job) {
        let running = self.functions[function].run(job);
        self.functions[function].is_busy = true;
        let mut state = self.sim.state();
        let task = state.number();
        let name = self.functions[function].process.name;
        state.tell(|| format!("{name} begins"));
        state.after(1, Event::Step { task });
        drop(state);
        let started = Task {
            function,
            origin,
            running,
        };
        self.tasks.insert(task, started);
    }

    fn step(&mut self, number: u64) {
        let Some(mut task) = self.tasks.remove(&number) else {
            return;
        };
        let mut context = Context::from_waker(Waker::noop());
        let process = Arc::clone(&self.functions[task.function].process);
        let polled = task.running.as_mut().poll(&mut context);
        match polled {
            Poll::Pending if process.is_dead() => {
                drop(task.running);
                self.functions[task.function].is_busy = false;
                self.sim.state().tell(|| format!("{} died", process.name));
                self.again(task.origin, None);
            }
            Poll::Pending => {
                let slept = i64::try_from(process.sleeps().as_millis()).unwrap_or(0);
                let mut state = self.sim.state();
                let takes = match state.delays.hits(20) && !state.quiet {
                    true => state.delays.between(50, 5 * SECOND),
                    false => state.delays.between(1, 60),
                };
                state.after(slept + takes, Event::Step { task: number });
                drop(state);
                self.tasks.insert(number, task);
            }
            Poll::Ready(report) => {
                self.functions[task.function].is_busy = false;
                let is_lost = self.sim.state().fault(Fault::AckLost);
                if is_lost {
                    self.sim
                        .state()
                        .tell(|| format!("{}: nobody hears that it is done", process.name));
                }
                self.again(task.origin, Some(report).filter(|_| !is_lost));
            }
        }
    }

    /// What the platform does when a job is over; `None` where it does not know how it went.
    fn again(&mut self, origin: Origin, report: Option<Report>) {
        let mut state = self.sim.state();
        match (origin, report) {
            (Origin::Batch(queue, entries), Some(Report::Batch(returned))) => {
                for entry in entries.into_iter().filter(|it| !returned.contains(it)) {
                    state.acknowledge(queue, entry);
                }
            }
            // Whatever was received comes again when it is visible again.
            (Origin::Batch(..), _) | (Origin::Minute, _) => {}
            (Origin::Scan(..), Some(Report::Run(Ok(())))) => {}
            (Origin::Scan(time, tries), _) => {
                if tries < 5 {
                    let tries = tries + 1;
                    state.after(i64::from(tries) * MINUTE, Event::Schedule { time, tries });
                } else {
                    let body = json!({ "time": time }).to_string();
                    state.bury((None, "the schedule"), &body, "tried too often");
                }
            }
            (Origin::Stream(..), Some(Report::Stream(None))) => {}
            (Origin::Stream(records, tries), report) => {
                let from = match report {
                    Some(Report::Stream(Some(index))) => index,
                    _ => 0,
                };
                let records = records[from..].to_vec();
                let tries = tries + 1;
                state.after(SECOND, Event::Stream { records, tries });
            }
        }
    }
}
