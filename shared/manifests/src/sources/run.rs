//! Running the user's own programs: without a shell, for a bounded time, with
//! bounded output, in the user's own environment.

use std::ffi::{OsStr, OsString};
use std::io::{ErrorKind, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use domain::conceal;
use domain::ports::{PortError, PortErrorKind};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::Tools;

/// How much of what a program complains about is kept, in bytes, and how many lines are told.
const COMPLAINT: usize = 8 << 10;
const LINES: usize = 5;

/// A program to run.
pub(super) struct Run<'a> {
    op: &'static str,
    command: Command,
    tools: &'a Tools,
    input: Vec<u8>,
    /// The most that it may print, in bytes.
    output: usize,
}

/// What came of it.
pub(super) struct Done {
    pub(super) status: ExitStatus,
    pub(super) output: Vec<u8>,
    /// The last lines of what it complained about, secrets taken out.
    pub(super) complaint: String,
}

impl<'a> Run<'a> {
    pub(super) fn new(op: &'static str, program: &str, directory: &Path, tools: &'a Tools) -> Self {
        let mut command = Command::new(program);
        command.current_dir(directory);
        if let Some(path) = &tools.path {
            command.env("PATH", path);
        }
        Self {
            op,
            command,
            tools,
            input: Vec::new(),
            output: tools.output,
        }
    }

    pub(super) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    pub(super) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.command.env(name, value.into());
        self
    }

    pub(super) fn without_env(mut self, names: &[&str]) -> Self {
        for name in names {
            self.command.env_remove(name);
        }
        self
    }

    pub(super) fn input(mut self, input: Vec<u8>) -> Self {
        self.input = input;
        self
    }

    /// Lets it print at least so many bytes, because what is asked of it is limited already.
    pub(super) fn output(mut self, bytes: usize) -> Self {
        self.output = self.output.max(bytes);
        self
    }

    /// Runs it to its end; `None` where there is no such program.
    pub(super) fn run(mut self) -> Result<Option<Done>, PortError> {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own, so that what it starts can be ended with it.
            .process_group(0);
        let child = match self.command.spawn() {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(PortErrorKind::Unavailable, error.to_string())),
        };
        let mut group = Group(child);
        let until = Instant::now() + self.tools.time;
        if let Some(mut stdin) = group.0.stdin.take() {
            let input = std::mem::take(&mut self.input);
            // A program that does not read all of it says itself what is wrong.
            thread::spawn(move || stdin.write_all(&input));
        }
        let output = group.0.stdout.take().map(|it| first(it, self.output));
        let complaint = group.0.stderr.take().map(last);
        let output = self.within(until, output)?;
        if output.len() > self.output {
            let detail = format!(
                "printed more than {} MiB; name a smaller source",
                self.output >> 20
            );
            return Err(self.failed(PortErrorKind::TooLarge, detail));
        }
        let complaint = self.within(until, complaint)?;
        let status = loop {
            match group.0.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if Instant::now() >= until => return Err(self.late()),
                Ok(None) => thread::sleep(Duration::from_millis(2)),
                Err(error) => {
                    return Err(self.failed(PortErrorKind::Unavailable, error.to_string()));
                }
            }
        };
        Ok(Some(Done {
            status,
            output,
            complaint: told(&complaint),
        }))
    }

    /// What a pipe gave, if it closes in time.
    fn within(
        &self,
        until: Instant,
        pipe: Option<Receiver<Vec<u8>>>,
    ) -> Result<Vec<u8>, PortError> {
        let Some(pipe) = pipe else {
            return Ok(Vec::new());
        };
        match pipe.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(bytes) => Ok(bytes),
            Err(RecvTimeoutError::Timeout) => Err(self.late()),
            Err(RecvTimeoutError::Disconnected) => Ok(Vec::new()),
        }
    }

    fn late(&self) -> PortError {
        let detail = format!("did not end within {} s", self.tools.time.as_secs_f32());
        self.failed(PortErrorKind::Timeout, detail)
    }

    fn failed(&self, kind: PortErrorKind, detail: String) -> PortError {
        PortError::new(kind, self.op, detail)
    }
}

/// A program and all that it started; ended when it is dropped.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        // Nobody is left in the group of a program that ended as it should.
        if let Ok(id) = i32::try_from(self.0.id()) {
            let _ended = killpg(Pid::from_raw(id), Signal::SIGKILL);
        }
        let _reaped = self.0.wait();
    }
}

/// The first bytes of a pipe, one more than allowed where there are more.
fn first(pipe: impl Read + Send + 'static, most: usize) -> Receiver<Vec<u8>> {
    let (send, receive) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let most = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        let _read = pipe.take(most).read_to_end(&mut bytes);
        send.send(bytes)
    });
    receive
}

/// The last bytes of a pipe.
fn last(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (send, receive) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = pipe.read(&mut buffer) {
            bytes.extend_from_slice(&buffer[..read]);
            let surplus = bytes.len().saturating_sub(COMPLAINT);
            bytes.drain(..surplus);
        }
        send.send(bytes)
    });
    receive
}

fn told(complaint: &[u8]) -> String {
    let text = String::from_utf8_lossy(complaint);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim_end)
        .filter(|it| !it.is_empty())
        .collect();
    let from = lines.len().saturating_sub(LINES);
    let text: String = lines[from..]
        .join("; ")
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    conceal::text(&text)
}
