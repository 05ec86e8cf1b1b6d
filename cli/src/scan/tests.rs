//! Whole regions on a virtual clock, before an account that answers as it is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use additions::testing::MemoryAttachments;
use async_trait::async_trait;
use domain::look::{Outcome, Reason};
use domain::ports::{Clock, PortError, PortErrorKind, Stacks};
use domain::stack::{
    Detection, DetectionId, DetectionOutcome, DriftStatus, ResourceDrift, ResourceRow, StackId,
    StackSummary, Started,
};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::hanging::{Hanging, IamTurns};
use super::listing::Listing;
use super::stacks::{Looked, Region};

/// Time as the runtime's, which is paused.
struct VirtualClock(Instant);

impl VirtualClock {
    fn at(&self, moment: Instant) -> Timestamp {
        let since = moment.saturating_duration_since(self.0);
        Timestamp::from_second(1_800_000_000).unwrap() + since
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.at(Instant::now())
    }

    async fn sleep(&self, duration: Duration) {
        sleep(duration).await;
    }
}

/// How an account behaves.
struct Habits {
    stacks: usize,
    /// How long the detection of the stack of that number takes.
    takes: fn(usize) -> Duration,
    /// Detections a second, and as many at once; more are refused.
    per_second: f64,
    /// How long each answer takes, and each page of a list.
    answers_after: Duration,
    /// How long the resources of a stack take.
    rows_after: Duration,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            stacks: 10,
            takes: |_| Duration::from_secs(2),
            per_second: 20.0,
            answers_after: Duration::from_millis(5),
            rows_after: Duration::from_millis(5),
        }
    }
}

struct Account {
    habits: Habits,
    clock: Arc<VirtualClock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When each detection was accepted, by the stack's number.
    accepted: BTreeMap<usize, Instant>,
    calls: BTreeMap<&'static str, usize>,
    tokens: f64,
    filled_at: Option<Instant>,
}

impl Account {
    fn new(habits: Habits) -> Arc<Self> {
        let state = State {
            tokens: habits.per_second,
            ..State::default()
        };
        Arc::new(Self {
            habits,
            clock: Arc::new(VirtualClock(Instant::now())),
            state: Mutex::new(state),
        })
    }

    fn id(number: usize) -> StackId {
        StackId::parse(&format!(
            "arn:aws:cloudformation:eu-west-1:111122223333:stack/s-{number}/g-{number}"
        ))
        .unwrap()
    }

    fn number(stack_id: &str) -> usize {
        stack_id.rsplit('-').next().unwrap().parse().unwrap()
    }

    fn count(&self, call: &'static str) {
        *self.state.lock().unwrap().calls.entry(call).or_default() += 1;
    }

    fn counted(&self, call: &str) -> usize {
        let state = self.state.lock().unwrap();
        state.calls.get(call).copied().unwrap_or_default()
    }

    /// Calls of any kind, of each stack.
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn calls_a_stack(&self) -> f64 {
        let calls: usize = self.state.lock().unwrap().calls.values().sum();
        calls as f64 / self.habits.stacks as f64
    }

    /// Whether the stack's detection, if there was one, has ended.
    fn ended_at(&self, number: usize) -> Option<Instant> {
        let accepted = self.state.lock().unwrap().accepted.get(&number).copied();
        let at = accepted? + (self.habits.takes)(number);
        (at <= Instant::now()).then_some(at)
    }

    fn takes_a_token(&self) -> bool {
        let mut state = self.state.lock().unwrap();
        let now = Instant::now();
        let passed = now - state.filled_at.unwrap_or(now);
        let filled = state.tokens + passed.as_secs_f64() * self.habits.per_second;
        state.tokens = filled.min(self.habits.per_second);
        state.filled_at = Some(now);
        let may = state.tokens >= 1.0;
        if may {
            state.tokens -= 1.0;
        }
        may
    }
}

#[async_trait]
impl Stacks for Account {
    async fn list(&self) -> Result<Vec<StackSummary>, PortError> {
        for _ in 0..self.habits.stacks.div_ceil(100) {
            self.count("list");
            sleep(self.habits.answers_after).await;
        }
        Ok((0..self.habits.stacks)
            .map(|number| StackSummary {
                id: Self::id(number),
                status: "CREATE_COMPLETE".to_owned(),
                root: None,
                drift_checked_at: self.ended_at(number).map(|at| self.clock.at(at)),
                changed_at: None,
            })
            .collect())
    }

    async fn detect(&self, stack_id: &str) -> Result<Started, PortError> {
        sleep(self.habits.answers_after).await;
        if !self.takes_a_token() {
            self.count("refused");
            let op = "cloudformation:DetectStackDrift";
            return Err(PortError::new(
                PortErrorKind::Throttled,
                op,
                "Rate exceeded",
            ));
        }
        self.count("detect");
        let number = Self::number(stack_id);
        let mut state = self.state.lock().unwrap();
        state.accepted.insert(number, Instant::now());
        Ok(Started {
            id: DetectionId(stack_id.to_owned()),
            at: None,
        })
    }

    async fn detection(&self, id: &DetectionId) -> Result<Detection, PortError> {
        self.count("detection");
        sleep(self.habits.answers_after).await;
        let number = Self::number(&id.0);
        let accepted = self.state.lock().unwrap().accepted[&number];
        Ok(Detection {
            outcome: match self.ended_at(number) {
                Some(_) => DetectionOutcome::Complete,
                None => DetectionOutcome::InProgress,
            },
            started_at: self.clock.at(accepted),
        })
    }

    async fn resources(&self, stack_id: &str) -> Result<Vec<ResourceRow>, PortError> {
        self.count("resources");
        sleep(self.habits.rows_after).await;
        let ended_at = self.ended_at(Self::number(stack_id));
        Ok(vec![ResourceRow {
            logical_id: "Queue".to_owned(),
            physical_id: "queue".to_owned(),
            resource_type: "AWS::SQS::Queue".to_owned(),
            status: "CREATE_COMPLETE".to_owned(),
            drift_status: DriftStatus::InSync,
            checked_at: ended_at.map(|at| self.clock.at(at)),
            updated_at: None,
        }])
    }

    async fn describe(&self, _: &str) -> Result<StackSummary, PortError> {
        unreachable!("a scan lists")
    }

    async fn drifts(&self, _: &str) -> Result<Vec<ResourceDrift>, PortError> {
        unreachable!("every stack is clean")
    }

    async fn all_drifts(&self, _: &str) -> Result<Vec<ResourceDrift>, PortError> {
        unreachable!("every stack is clean")
    }

    async fn template(&self, _: &str) -> Result<String, PortError> {
        unreachable!("no stack has anything that a template is asked for")
    }

    async fn detect_resource(&self, _: &str, _: &str) -> Result<ResourceDrift, PortError> {
        unreachable!("every stack is clean")
    }
}

/// Looks at every stack at once; the outcomes and how long it took.
async fn look(account: &Arc<Account>, timeout: Duration) -> (Vec<Outcome>, Duration) {
    let began = Instant::now();
    let clock: Arc<dyn Clock> = account.clock.clone();
    let hanging = Hanging::new(
        Arc::new(MemoryAttachments::new()),
        IamTurns::default().of(None),
    );
    let opened = Region::open((account.clone(), hanging), clock, timeout).await;
    let region = opened.unwrap();
    let listed = region.listing.last();
    let looks: FuturesUnordered<_> = listed
        .values()
        .map(|summary| region.look(&summary.id, Some(summary), "all"))
        .collect();
    let outcomes: Vec<Outcome> = looks
        .map(|Looked { look, .. }| look.outcome)
        .collect()
        .await;
    (outcomes, began.elapsed())
}

fn all_seen(outcomes: &[Outcome]) {
    let unseen = outcomes.iter().find(|it| !matches!(it, Outcome::Seen(_)));
    assert!(unseen.is_none(), "{unseen:?}");
}

const PATIENT: Duration = Duration::from_secs(600);

#[tokio::test(start_paused = true)]
async fn a_thousand_stacks_take_the_limits_own_time_and_three_calls_each() {
    let account = Account::new(Habits {
        stacks: 1_000,
        ..Habits::default()
    });
    let (outcomes, took) = look(&account, PATIENT).await;
    all_seen(&outcomes);
    assert_eq!(account.counted("refused"), 0);
    assert!(took < Duration::from_secs(53), "{took:?}");
    assert!(
        account.calls_a_stack() <= 3.03,
        "{}",
        account.calls_a_stack()
    );
}

#[tokio::test(start_paused = true)]
async fn answers_that_take_as_long_as_those_of_a_far_region_change_nothing() {
    let account = Account::new(Habits {
        stacks: 1_000,
        answers_after: Duration::from_millis(150),
        rows_after: Duration::from_millis(150),
        ..Habits::default()
    });
    let (outcomes, took) = look(&account, PATIENT).await;
    all_seen(&outcomes);
    assert_eq!(account.counted("refused"), 0);
    assert!(took < Duration::from_secs(55), "{took:?}");
    assert!(
        account.calls_a_stack() <= 3.05,
        "{}",
        account.calls_a_stack()
    );
}

#[tokio::test(start_paused = true)]
async fn detections_that_take_as_long_as_they_like_are_all_seen_for_few_calls_more() {
    // Some quick, some slow, one in forty very slow; and slower from the middle on.
    let account = Account::new(Habits {
        stacks: 600,
        takes: |number| match number {
            _ if number % 40 == 7 => Duration::from_secs(70),
            0..300 => Duration::from_millis(500 + 5 * (number as u64 * 37 % 300)),
            _ => Duration::from_millis(4_000 + 5 * (number as u64 * 37 % 300)),
        },
        ..Habits::default()
    });
    let (outcomes, took) = look(&account, PATIENT).await;
    all_seen(&outcomes);
    assert!(took < Duration::from_secs(30 + 70 + 20), "{took:?}");
    assert!(
        account.calls_a_stack() <= 3.35,
        "{}",
        account.calls_a_stack()
    );
}

#[tokio::test(start_paused = true)]
async fn a_handful_of_stacks_is_asked_after_by_list_alone() {
    let account = Account::new(Habits {
        takes: |_| Duration::from_millis(200),
        ..Habits::default()
    });
    let (outcomes, took) = look(&account, PATIENT).await;
    all_seen(&outcomes);
    assert_eq!(account.counted("detection"), 10);
    assert_eq!(account.counted("list"), 2);
    assert!(took < Duration::from_millis(400), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn an_end_shows_no_later_than_a_third_of_its_time_after_however_long_detections_take() {
    for (takes, lists) in [(500, 4), (2_000, 9), (6_000, 12), (12_000, 15)] {
        let account = Account::new(Habits {
            takes: match takes {
                500 => |_| Duration::from_millis(500),
                2_000 => |_| Duration::from_secs(2),
                6_000 => |_| Duration::from_secs(6),
                _ => |_| Duration::from_secs(12),
            },
            ..Habits::default()
        });
        let (outcomes, took) = look(&account, PATIENT).await;
        all_seen(&outcomes);
        let late = Duration::from_millis((takes / 3).max(300) + 100);
        assert!(
            took < Duration::from_millis(takes) + late,
            "{takes}: {took:?}"
        );
        assert!(account.counted("list") <= lists, "{takes}");
    }
}

#[tokio::test(start_paused = true)]
async fn refused_for_asking_too_often_the_others_ask_more_slowly_and_none_is_left_out() {
    let account = Account::new(Habits {
        stacks: 200,
        per_second: 8.0,
        ..Habits::default()
    });
    let (outcomes, _) = look(&account, PATIENT).await;
    let refused = account.counted("refused");
    let throttled = outcomes
        .iter()
        .filter(|it| matches!(it, Outcome::Unknown(_, gap) if gap.reason == Reason::Throttled));
    assert_eq!((outcomes.len(), throttled.count()), (200, refused));
    assert!((1..30).contains(&refused), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn no_detection_waits_behind_stacks_whose_resources_come_slowly() {
    let account = Account::new(Habits {
        stacks: 100,
        rows_after: Duration::from_secs(30),
        ..Habits::default()
    });
    let looking = look(&account, PATIENT);
    let counting = async {
        sleep(Duration::from_secs(6)).await;
        account.counted("detect")
    };
    let ((outcomes, _), detections) = futures_util::future::join(looking, counting).await;
    all_seen(&outcomes);
    assert_eq!(detections, 100);
}

#[tokio::test(start_paused = true)]
async fn the_time_until_its_turn_is_none_of_a_detections_time() {
    let account = Account::new(Habits {
        stacks: 200,
        ..Habits::default()
    });
    let (outcomes, took) = look(&account, Duration::from_secs(5)).await;
    assert!(took > Duration::from_secs(9), "{took:?}");
    all_seen(&outcomes);
}

#[tokio::test(start_paused = true)]
async fn a_detection_that_does_not_end_is_given_up_in_its_time_however_dear_the_lists() {
    let account = Account::new(Habits {
        stacks: 1_000,
        takes: |_| Duration::from_secs(3_600),
        ..Habits::default()
    });
    let (outcomes, took) = look(&account, Duration::from_secs(4)).await;
    assert!(took < Duration::from_secs(50 + 4), "{took:?}");
    for outcome in outcomes {
        assert!(matches!(outcome, Outcome::Unknown(_, gap) if gap.reason == Reason::Timeout));
    }
}

#[tokio::test(start_paused = true)]
async fn who_stops_waiting_for_a_list_stops_no_list_and_keeps_nobody_from_it() {
    let account = Account::new(Habits::default());
    let listing = Listing::first(account.clone()).await.unwrap();
    let moment = Instant::now();
    let impatient = tokio::time::timeout(Duration::from_millis(200), listing.turn(moment));
    let patient = listing.newer_than(moment);
    let (impatient, patient) = futures_util::future::join(impatient, patient).await;
    assert!(impatient.is_err());
    assert_eq!(patient.unwrap().len(), 10);
    assert!(moment.elapsed() < Duration::from_millis(320));
    assert_eq!(account.counted("list"), 2);
}
