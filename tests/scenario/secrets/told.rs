//! The same markers, and what people are told of the findings: no body that goes to a channel has one.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::current::{self, Current, Refused};
use domain::handled::Handled;
use domain::message::{Kind, Message};
use domain::ports::{Address, Channels, Clock, PortError, Queues};
use domain::work::{Queue, Work};
use jiff::{SignedDuration, Timestamp};
use local::SqliteLedger;
use policy::{Config, InForce};
use serde_json::Value;

use super::account::Account;
use super::{account, assert_absent};
use crate::support::{Workshop, id};

const CONFIG: &str = "apiVersion: plumbline/v1
environment: test
targets: [{name: stacks, cloudformation: {stacks: ['*']}}]
notify:
  routes: [{when: 'true', to: [team, audit]}]
  channels:
    team: {slack: {webhook: 'env:TEAM'}}
    audit: {webhook: {url: 'env:AUDIT'}}
";

/// Everything around the function but the ledger; it keeps what is posted.
#[derive(Default)]
struct Around {
    posted: Mutex<Vec<(Address, Value)>>,
    ahead: Mutex<SignedDuration>,
}

#[async_trait]
impl Channels for Around {
    async fn post(
        &self,
        address: &Address,
        _: &str,
        body: &Value,
    ) -> Result<Option<String>, PortError> {
        let mut posted = self.posted.lock().unwrap();
        posted.push((address.clone(), body.clone()));
        Ok(None)
    }
}

#[async_trait]
impl Queues for Around {
    async fn send(&self, _: Queue, _: &str, _: Duration) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl Clock for Around {
    fn now(&self) -> Timestamp {
        Timestamp::now() + *self.ahead.lock().unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

/// The function `notify` over a ledger that scans write.
struct Desk {
    deps: notify::Deps,
    around: Arc<Around>,
}

impl Desk {
    async fn over(workshop: &Workshop) -> Self {
        let store = SqliteLedger::open(&workshop.path(".plumbline/ledger")).unwrap();
        let current = Current {
            location: "s3://config/plumbline.yaml".to_owned(),
            text: CONFIG.to_owned(),
            hash: "c0ffee".to_owned(),
            environment: "test".to_owned(),
            tag: "1".to_owned(),
            since: Timestamp::now(),
        };
        current::take(&store, &current).await.unwrap();
        let around = Arc::new(Around::default());
        let deps = notify::Deps {
            store: Arc::new(store),
            config: InForce::new(),
            queues: around.clone(),
            channels: around.clone(),
            clock: around.clone(),
        };
        Self { deps, around }
    }

    async fn hear(&self, subject: &str, kind: Kind) -> Handled {
        let message = Message::about((subject, 1), kind, "test", Timestamp::now());
        let body = serde_json::to_string(&message).unwrap();
        notify::handle(&self.deps, &body).await
    }

    /// What was posted since: the Slack bodies and the others.
    fn posted(&self) -> (Vec<Value>, Vec<Value>) {
        let posted = std::mem::take(&mut *self.around.posted.lock().unwrap());
        let (slack, other): (Vec<_>, Vec<_>) = posted
            .into_iter()
            .partition(|(to, _)| matches!(to, Address::SlackWebhook { .. }));
        let bodies = |them: Vec<(Address, Value)>| them.into_iter().map(|it| it.1).collect();
        (bodies(slack), bodies(other))
    }
}

#[tokio::test]
async fn no_marker_of_any_place_is_in_anything_that_people_are_told() {
    let (mut resources, markers) = account();
    // There is no IAM here to ask for what hangs on users, and only a complete look closes.
    resources.retain(|it| !it.kind.starts_with("AWS::IAM::"));
    let account = Account::start(resources, &[]);
    account.straighten(true);
    let workshop = Workshop::new(&account.endpoint());
    workshop.watch(&[], &["*"]);
    workshop.scan(&["--no-attribution"]);
    // What drifts after the baseline is told one by one.
    account.straighten(false);
    let scan = workshop.scan(&["--no-attribution"]);
    let findings: Vec<String> = scan.list("findings").iter().map(id).collect();
    assert!(findings.len() >= 60, "{:#}", scan.report["summary"]);
    let desk = Desk::over(&workshop).await;
    for finding in &findings {
        let handled = desk.hear(finding, Kind::FindingOpened).await;
        assert_eq!(handled, Handled::Done, "{finding}");
    }
    let (slack, webhook) = desk.posted();
    assert_eq!(
        (slack.len(), webhook.len()),
        (findings.len(), findings.len())
    );
    for (finding, body) in findings.iter().zip(slack.iter().chain(&webhook)) {
        assert!(body.to_string().contains(finding), "{finding}: {body:#}");
    }
    let mut told = [slack, webhook].concat();

    account.straighten(true);
    workshop.scan(&["--no-attribution"]);
    workshop.scan(&["--no-attribution"]);
    for finding in &findings {
        let handled = desk.hear(finding, Kind::FindingClosed).await;
        assert!(matches!(handled, Handled::Drop(_)), "{handled:?}");
    }
    // Long after, so that nobody waits for another look.
    *desk.around.ahead.lock().unwrap() = SignedDuration::from_hours(48);
    for finding in &findings {
        let finding = serde_json::from_value(finding.as_str().into()).unwrap();
        let incident = domain::incident::of_finding(&*desk.deps.store, &finding).await;
        let work = Work::SettleIncident {
            incident: incident.unwrap().unwrap().id,
        };
        let handled = notify::handle(&desk.deps, &work.body()).await;
        assert_eq!(handled, Handled::Done);
    }
    let (slack, webhook) = desk.posted();
    assert_eq!(
        (slack.len(), webhook.len()),
        (findings.len(), findings.len())
    );
    told.extend([slack, webhook].concat());

    let baseline = Work::TellBaseline {
        target: "stacks".to_owned(),
    };
    notify::handle(&desk.deps, &baseline.body()).await;
    told.extend(desk.posted().0);
    for body in told {
        assert_absent(&markers, body.to_string().as_bytes(), "a message");
    }
}

#[tokio::test]
async fn a_configuration_that_was_refused_is_told_without_the_secrets_that_stand_in_it() {
    let workshop = Workshop::new("http://127.0.0.1:9");
    std::fs::create_dir(workshop.path(".plumbline")).unwrap();
    let desk = Desk::over(&workshop).await;
    let text = CONFIG.replace(
        "    audit:",
        "    pager: {pagerduty: {routingKey: 'willow-literal-one'}}
    other: {slack: {webhook: 'https://hooks.slack.com/services/T0/B0/willow-literal-two'}}
    bot: {slack: {token: ghp_16C7e42F292c6912E3141592a38347Ae178B4a, chanel: '#x'}}
    hook: {webhook: {url: 'https://user:willow-literal-three@example.com', secret: willow-literal-four}}
    audit:",
    );
    let now = Timestamp::now();
    let errors = Config::parse(&text, "plumbline.yaml", now)
        .unwrap_err()
        .to_string();
    let refused = Refused {
        tag: "2".to_owned(),
        errors: format!("{errors}\nthe other side said: password=willow-literal-five"),
        at: now,
    };
    current::refuse(&*desk.deps.store, &refused, "test")
        .await
        .unwrap();
    assert_eq!(
        desk.hear("config", Kind::ConfigRefused).await,
        Handled::Done
    );
    let (slack, webhook) = desk.posted();
    assert_eq!((slack.len(), webhook.len()), (1, 1));
    let markers = ["willow-literal", "3141592"].map(str::to_owned);
    for body in slack.iter().chain(&webhook) {
        let text = body.to_string();
        assert!(text.contains("notify.channels.pager"), "{body:#}");
        assert_absent(&markers, text.as_bytes(), "the refusal");
    }
}
