//! How a sandbox behaves.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

/// The time of a sandbox. Tests hand in their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How often a call may be made: a bucket of `burst` calls that refills at `per_second`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Calls a second, in the long run. Zero: none after the burst.
    pub per_second: f64,
    /// Calls at once after a pause.
    pub burst: u32,
}

/// The settings of a sandbox.
#[derive(Clone)]
pub struct Options {
    /// The loopback port; 0 lets the operating system choose a free one. Default 0.
    pub port: u16,
    /// The account of callers whose access key is not twelve digits. Default `000000000000`.
    pub account: String,
    /// The region of what is made without naming one. Default `us-east-1`.
    pub region: String,
    /// The time; `None` is the machine's own. Default `None`.
    pub clock: Option<Clock>,
    /// How long a drift detection of a stack takes, by the clock. Default 200 ms.
    pub detection_time: Duration,
    /// How long a stack operation asked for over HTTP takes, by the clock. Default zero.
    pub operation_time: Duration,
    /// How long a call takes to show in CloudTrail, by the clock. Default zero.
    pub trail_lag: Duration,
    /// The rate of calls like `cloudformation:DetectStackDrift`, or of all calls
    /// of a service together like `ec2:*`, each counted per account and region
    /// (IAM's per account). A call must pass both. Default: `cloudtrail:LookupEvents` at two a second, as AWS has it.
    pub rates: BTreeMap<String, Rate>,
    /// Whether EventBridge tells of every write call that CloudTrail keeps, at
    /// once (`AWS API Call via CloudTrail`). Default false.
    pub trail_events: bool,
    /// Whether AWS Config tells of every resource that is bent, mended, changed
    /// by its stack, or that something is hung on (`Config Configuration Item
    /// Change`). Default false.
    pub config_events: bool,
    /// Whether a detection tells what *other* stacks hang on a resource as
    /// additions to the list that its template declares: CloudFormation looks for
    /// attachments in the template at hand only. Default false.
    pub sees_other_stacks: bool,
    /// How many requests, messages and deliveries are kept, each; the oldest go
    /// first. Counts stay exact. Default 10,000.
    pub keep: usize,
    /// How many CloudTrail events an account and region keeps. Default 10,000.
    pub keep_trail: usize,
    /// What ids that the sandbox makes up follow from. Default 0.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        let lookups = Rate {
            per_second: 2.0,
            burst: 2,
        };
        Self {
            port: 0,
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
            clock: None,
            detection_time: Duration::from_millis(200),
            operation_time: Duration::ZERO,
            trail_lag: Duration::ZERO,
            rates: BTreeMap::from([("cloudtrail:LookupEvents".to_owned(), lookups)]),
            trail_events: false,
            config_events: false,
            sees_other_stacks: false,
            keep: 10_000,
            keep_trail: 10_000,
            seed: 0,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("port", &self.port)
            .field("account", &self.account)
            .field("region", &self.region)
            .field("own_clock", &self.clock.is_some())
            .field("detection_time", &self.detection_time)
            .finish_non_exhaustive()
    }
}
