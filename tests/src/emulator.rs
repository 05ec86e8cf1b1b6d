//! A private AWS emulator per test: MiniStack from the pinned virtual environment, on a free loopback port.

use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::aws::Aws;

/// How long one start may take before it counts as failed.
const START_LIMIT: Duration = Duration::from_secs(10);

/// How often another port is tried when the chosen one was taken in between.
const PORT_TRIES: u32 = 5;

/// Runs the emulator until its standard input closes.
///
/// The test holds the other end, so the emulator also ends when the test is killed and no destructor runs.
const RUN_UNTIL_STDIN_CLOSES: &str = "\
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
from ministack.app import main
main()
";

/// A running emulator; dropping it ends the process and removes everything that it wrote.
#[derive(Debug)]
pub struct Emulator {
    process: Child,
    port: u16,
    home: TempDir,
}

impl Emulator {
    /// Starts an emulator that shares nothing with any other on this machine.
    ///
    /// # Panics
    /// When it does not answer within ten seconds, with its log; or when the virtual environment is missing, with the
    /// command that makes it. A missing server must fail a test, not skip it.
    #[must_use]
    pub fn start() -> Self {
        started(Self::try_start(&python(), START_LIMIT))
    }

    /// [`start`](Self::start) with rights enforced, which the emulator else does not: who assumes a role must be
    /// trusted by it, and may then do what its policies allow. The key `test` and those of twelve digits may do all.
    ///
    /// # Panics
    /// As [`start`](Self::start) does.
    #[must_use]
    pub fn start_with_rights() -> Self {
        let settings = [("AUTH", "true")];
        started(Self::attempt(
            &python(),
            START_LIMIT,
            &settings,
            &mut str::to_owned,
        ))
    }

    /// [`start`](Self::start), with an address of its own for the Lambda functions that it runs: `calling` is given the
    /// emulator's address, before it runs, and gives back the one that the functions are to call.
    ///
    /// # Panics
    /// As [`start`](Self::start) does.
    #[must_use]
    pub fn start_with_functions(calling: &mut dyn FnMut(&str) -> String) -> Self {
        started(Self::attempt(&python(), START_LIMIT, &[], calling))
    }

    /// [`start`](Self::start) with a chosen interpreter and time limit.
    ///
    /// # Errors
    /// The message for the person who runs the tests: what is missing and the fix, or what the emulator logged.
    pub fn try_start(python: &Path, limit: Duration) -> Result<Self, String> {
        Self::attempt(python, limit, &[], &mut str::to_owned)
    }

    fn attempt(
        python: &Path,
        limit: Duration,
        settings: &[(&str, &str)],
        calling: &mut dyn FnMut(&str) -> String,
    ) -> Result<Self, String> {
        if !python.is_file() {
            return Err(format!(
                "no emulator: {} does not exist; run `tests/run`, which makes the environment (or set \
                 PLUMBLINE_TEST_VENV to the one it made)",
                python.display()
            ));
        }
        let mut last = String::new();
        for _ in 0..PORT_TRIES {
            let port = free_port();
            let endpoint = calling(&address(port));
            match Self::launch(python, (port, &endpoint), settings, limit) {
                Ok(emulator) => return Ok(emulator),
                Err(Failure::PortTaken(log)) => last = log,
                Err(Failure::Final(message)) => return Err(message),
            }
        }
        Err(format!(
            "the emulator found every one of {PORT_TRIES} ports taken:\n{last}"
        ))
    }

    /// The address to give to a client, such as `http://127.0.0.1:21570`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        address(self.port)
    }

    /// A client for this emulator, in its default account and region.
    #[must_use]
    pub fn aws(&self) -> Aws {
        Aws::new(&self.endpoint())
    }

    /// The process, for tests that end it on purpose.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The directory that stands in for its home, temporary and state directories.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// What the emulator has written to its log so far.
    #[must_use]
    pub fn log(&self) -> String {
        read_log(self.home.path())
    }

    /// Closes its standard input, as the operating system does when the test is killed; it ends then.
    pub fn close_stdin(&mut self) {
        self.process.stdin = None;
    }

    fn launch(
        python: &Path,
        (port, endpoint): (u16, &str),
        settings: &[(&str, &str)],
        limit: Duration,
    ) -> Result<Self, Failure> {
        let home = TempDir::with_prefix("plumbline-emulator-").expect("a temporary directory");
        // The emulator reports this as its version: an answer on the port is then known to be from this very process.
        let nonce = format!("plumbline-{:016x}", fastrand::u64(..));
        let process = command(python, home.path(), (port, endpoint), &nonce)
            .envs(settings.iter().copied())
            .spawn();
        let process =
            process.map_err(|e| Failure::Final(format!("cannot run {}: {e}", python.display())))?;
        let mut emulator = Self {
            process,
            port,
            home,
        };
        emulator.wait_until_ready(&nonce, limit)?;
        Ok(emulator)
    }

    fn wait_until_ready(&mut self, nonce: &str, limit: Duration) -> Result<(), Failure> {
        let started = Instant::now();
        let health = format!("{}/_ministack/health", self.endpoint());
        let probe: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(1)))
            .proxy(None)
            .build()
            .into();
        while started.elapsed() < limit {
            if let Some(status) = self
                .process
                .try_wait()
                .expect("the state of the emulator's process")
            {
                let log = self.log();
                return Err(
                    if log.contains("already in use") || log.contains("Address already") {
                        Failure::PortTaken(log)
                    } else {
                        Failure::Final(format!(
                            "the emulator ended at its start ({status}); if a module is missing, run `tests/run`, which \
                         makes the environment anew when its requirements changed. Its log:\n{log}"
                        ))
                    },
                );
            }
            let answer = probe
                .get(&health)
                .call()
                .and_then(|mut a| a.body_mut().read_to_string());
            if answer.is_ok_and(|body| body.contains(nonce)) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(25));
        }
        Err(Failure::Final(format!(
            "the emulator did not answer on {health} within {limit:?}. Its log:\n{}",
            self.log()
        )))
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Both fail only when the process is gone, which is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

enum Failure {
    PortTaken(String),
    Final(String),
}

fn started(result: Result<Emulator, String>) -> Emulator {
    result.unwrap_or_else(|message| panic!("{message}"))
}

fn address(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn command(python: &Path, home: &Path, (port, endpoint): (u16, &str), nonce: &str) -> Command {
    let log = fs::File::create(home.join("log")).expect("the emulator's log");
    let mut command = Command::new(python);
    command
        .args(["-c", RUN_UNTIL_STDIN_CLOSES])
        .current_dir(home)
        .stdin(Stdio::piped())
        .stderr(log.try_clone().expect("the emulator's log"))
        .stdout(log)
        // Nothing of the developer's environment may reach it: not credentials, not PERSIST_STATE, not a Redis host.
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("MINISTACK_VERSION", nonce)
        // Where the Lambda functions that it runs find AWS; they inherit it.
        .env("AWS_ENDPOINT_URL", endpoint)
        // Its pid file, code caches and certificates lie in the temporary directory; state and objects would be in /tmp.
        .envs(["HOME", "TMPDIR"].map(|name| (name, home)))
        .env("STATE_DIR", home.join("state"))
        .env("S3_DATA_DIR", home.join("objects"))
        // These two listen on fixed ports, the first of them on every interface, where their libraries are installed.
        .env("IOT_MTLS_ENABLED", "0")
        .env("SFTP_ENABLED", "0")
        // At its start it removes containers that look like its own, also those of the developer's own emulator.
        .env(
            "DOCKER_HOST",
            format!("unix://{}/no-docker.sock", home.display()),
        );
    command
}

/// The interpreter of the test environment: `PLUMBLINE_TEST_VENV`, else where `tests/run` makes it.
#[must_use]
pub fn python() -> PathBuf {
    let venv = env::var_os("PLUMBLINE_TEST_VENV")
        .map_or_else(|| target_directory().join("test-venv"), PathBuf::from);
    venv.join("bin").join("python")
}

/// The directory that cargo builds into, as `tests/run` computes it.
fn target_directory() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package lies in the workspace");
    let configured =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    workspace.join(configured)
}

/// A port that nobody listens on.
///
/// It is taken from below the range that systems give to outgoing connections (32768 and up), so that no client's
/// connection, of which parallel tests make thousands, can take it before the emulator does.
fn free_port() -> u16 {
    loop {
        let port = fastrand::u16(18_000..32_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn read_log(home: &Path) -> String {
    fs::read_to_string(home.join("log")).unwrap_or_default()
}
