//! What people read.

use domain::attribution::Attribution;
use domain::current::Refused;
use domain::difference::{Change, Difference, DifferenceKind};
use domain::finding::Finding;
use domain::incident::{Incident, State, Step, Transition};
use domain::resource::Resource;
use domain::severity::{Cause, Severity};
use domain::unit::Unit;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::desk::{at, closed, open, unit};
use crate::channel::Form;
use crate::digest::Digest;
use crate::render::{self, Story};

fn incident(fired: u32) -> Incident {
    Incident {
        id: "i-0123456789abcdef".to_owned(),
        finding: open().id,
        unit: unit(),
        state: State::Firing,
        fired,
        severity: Severity::Medium,
        opened_at: at(0),
        closed_at: None,
        resolved_at: None,
        unconfirmed: false,
        channels: vec!["team".to_owned()],
        owed: Vec::new(),
        failed: Vec::new(),
        asked_at: None,
        check_at: None,
    }
}

fn tell(form: Form, finding: &Finding, (step, number): (Step, u32)) -> Value {
    let incident = incident(number.min(9));
    let transition = Transition {
        step,
        number,
        channels: vec!["team".to_owned()],
    };
    let story = Story {
        environment: "production",
        incident: &incident,
        transition: &transition,
        finding,
        now: at(10),
    };
    render::incident(form, &story, "i-0123456789abcdef.team.fire.1")
}

fn group() -> Finding {
    let by = |how: &str| Attribution {
        who: "arn:aws:iam::111122223333:user/operator".to_owned(),
        at: Some(at(-30)),
        how: how.to_owned(),
        console: false,
    };
    let difference = |path: &str, expected: Option<Value>, actual: Option<Value>| Difference {
        entry: None,
        path: path.to_owned(),
        kind: DifferenceKind::Changed,
        expected,
        actual,
        sensitive: false,
        potential: false,
        severity: Severity::Critical,
        cause: Cause::SecurityGroupRule,
        attribution: None,
    };
    let mut finding = open();
    finding.severity = Severity::Critical;
    finding.cause = Cause::SecurityGroupRule;
    finding.resource.kind = "AWS::EC2::SecurityGroup".to_owned();
    finding.resource.name = "WebGroup".to_owned();
    finding.resource.id = "sg-0a1b".to_owned();
    finding.differences = vec![
        Difference {
            kind: DifferenceKind::Added,
            attribution: Some(by("AuthorizeSecurityGroupIngress")),
            ..difference(
                "/SecurityGroupIngress[FromPort=22]",
                None,
                Some(json!({"CidrIp": "0.0.0.0/0", "FromPort": 22})),
            )
        },
        Difference {
            sensitive: true,
            ..difference(
                "/Tags/0/Value",
                Some(json!({"hmac": "v1:aa"})),
                Some(json!({"hmac": "v1:bb"})),
            )
        },
        Difference {
            potential: true,
            ..difference(
                "/GroupDescription",
                Some(json!("web")),
                Some(json!("web, open")),
            )
        },
    ];
    finding
}

/// Slack's text as a reader gets it, block by block.
fn read(message: &Value) -> String {
    let mut lines = vec![format!("text: {}", message["text"].as_str().unwrap())];
    for block in message["blocks"].as_array().unwrap() {
        let text = match block["type"].as_str().unwrap() {
            "context" => &block["elements"][0]["text"],
            _ => &block["text"]["text"],
        };
        lines.push(format!(
            "{}: {}",
            block["type"].as_str().unwrap(),
            text.as_str().unwrap()
        ));
    }
    lines.join("\n")
}

#[test]
fn an_opening_reads_like_this() {
    insta::assert_snapshot!(read(&tell(Form::Slack, &group(), (Step::Fire, 1))));
}

#[test]
fn a_second_firing_says_again() {
    let text = read(&tell(Form::Slack, &group(), (Step::Fire, 2)));
    assert!(
        text.contains("WebGroup (AWS::EC2::SecurityGroup) drifts again"),
        "{text}"
    );
    let reopened = Finding {
        occurrences: 2,
        ..group()
    };
    let text = read(&tell(Form::Slack, &reopened, (Step::Fire, 1)));
    assert!(text.contains("drifts again"), "{text}");
}

#[test]
fn a_finding_that_could_not_be_confirmed_says_so_and_is_as_severe_all_the_same() {
    let mut potential = group();
    let read_as = |finding: &Finding, step| read(&tell(Form::Slack, finding, step));
    let half = read_as(&potential, (Step::Fire, 1));
    assert!(
        !half.contains("may drift") && !half.contains("*Not confirmed*"),
        "{half}"
    );
    for difference in &mut potential.differences {
        difference.potential = true;
    }
    for (step, said) in [
        (
            (Step::Fire, 1),
            "CRITICAL: WebGroup (AWS::EC2::SecurityGroup) may drift in",
        ),
        ((Step::Fire, 2), "may drift again in"),
        ((Step::Raise, 3), "may drift more gravely in"),
    ] {
        let text = read_as(&potential, step);
        assert!(text.contains(said), "{said}: {text}");
        assert!(text.contains("*Not confirmed*"), "{text}");
    }
    let body = tell(Form::Webhook, &potential, (Step::Fire, 1));
    assert_eq!(body["finding"]["severity"], "critical");
    let differences = body["finding"]["differences"].as_array().unwrap();
    assert!(differences.iter().all(|it| it["potential"] == true));
    let resolved = read_as(&closed(&potential, 130), (Step::Resolve, 1));
    assert!(resolved.contains("no longer drifts"), "{resolved}");
}

#[test]
fn a_raise_and_a_resolve_read_like_this() {
    let raised = read(&tell(Form::Slack, &group(), (Step::Raise, 13)));
    let resolved = read(&tell(
        Form::Slack,
        &closed(&group(), 130),
        (Step::Resolve, 2),
    ));
    insta::assert_snapshot!(format!("{raised}\n\n{resolved}"));
}

#[test]
fn a_deleted_resource_reads_like_this() {
    let deleted = Finding {
        change: Change::Deleted,
        cause: Cause::ResourceDeleted,
        differences: Vec::new(),
        ..open()
    };
    insta::assert_snapshot!(read(&tell(Form::Slack, &deleted, (Step::Fire, 1))));
}

#[test]
fn the_json_of_an_opening_and_of_a_resolve_is_a_contract() {
    let fired = tell(Form::Webhook, &group(), (Step::Fire, 1));
    let resolved = tell(Form::Webhook, &closed(&group(), 130), (Step::Resolve, 1));
    insta::assert_snapshot!(format!("{fired:#}\n{resolved:#}"));
}

fn some_digest() -> Digest {
    let unit = |name: &str| Unit::stack("111122223333", "eu-west-1", name);
    Digest {
        target: "stacks".to_owned(),
        looked_at: 12,
        waiting: 2,
        by_severity: [(Severity::Critical, 1), (Severity::Low, 4)].into(),
        by_unit: [(unit("shop"), 1), (unit("orders"), 4)].into(),
    }
}

#[test]
fn a_digest_and_a_refusal_read_like_this() {
    let names = ("production", "baseline-stacks.team.digest.1");
    let refused = Refused {
        tag: "2".to_owned(),
        errors: "plumbline.yaml:3:5: targets[0].nme: unknown key; did you mean \"name\"?\nplumbline.yaml:9:1: show: <!channel> ```".to_owned(),
        at: at(1),
    };
    let refusal = (&refused, "s3://config/plumbline.yaml");
    insta::assert_snapshot!(format!(
        "{}\n\n{:#}\n\n{}\n\n{:#}",
        read(&render::digest(Form::Slack, &some_digest(), names, at(1))),
        render::digest(Form::Webhook, &some_digest(), names, at(1)),
        read(&render::refused(Form::Slack, refusal, names, at(1))),
        render::refused(Form::Webhook, refusal, names, at(1)),
    ));
}

#[test]
fn sensitive_values_are_in_no_message() {
    let text = tell(Form::Slack, &group(), (Step::Fire, 1)).to_string();
    assert!(!text.contains("v1:aa") && !text.contains("hmac"), "{text}");
    assert!(text.contains("changed, not shown"));
    // Not even where nothing marks them.
    let mut unmarked = group();
    unmarked.differences[1].sensitive = false;
    let text = tell(Form::Slack, &unmarked, (Step::Fire, 1)).to_string();
    assert!(!text.contains("v1:aa"), "{text}");
}

#[test]
fn nothing_in_a_name_acts_in_slack() {
    let nasty = "<!channel> <@U1> <http://x|y> `*b*` a&b \u{202e}x\n> q\u{200b}";
    let mut finding = group();
    finding.resource.name = nasty.to_owned();
    finding.resource.kind = nasty.to_owned();
    finding.unit.name = nasty.to_owned();
    finding.differences[0].path = nasty.to_owned();
    finding.differences[0].actual = Some(json!(nasty));
    finding.differences[0].attribution.as_mut().unwrap().who = nasty.to_owned();
    let message = tell(Form::Slack, &finding, (Step::Fire, 1));
    check(&message);
    assert!(read(&message).contains(
        "&lt;!channel&gt; &lt;@U1&gt; &lt;http://x|y&gt; '*b*' a&amp;b \\u{202e}x\\n&gt; q\\u{200b}"
    ));
}

/// What Slack asks of a message, and what nobody's name may do in one.
fn check(message: &Value) {
    let blocks = message["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 50, "{} blocks", blocks.len());
    assert!(
        message.to_string().chars().count() <= 12_000,
        "too long in all"
    );
    assert!(!message["text"].as_str().unwrap().is_empty());
    for block in blocks {
        let (text, most) = match block["type"].as_str().unwrap() {
            "header" => (&block["text"], 150),
            "section" => (&block["text"], 3000),
            "context" => (&block["elements"][0], 3000),
            other => panic!("{other}"),
        };
        let text = text["text"].as_str().unwrap();
        assert!((1..=most).contains(&text.chars().count()), "{text}");
        let entities = ["&amp;", "&lt;", "&gt;"];
        let bare = entities
            .iter()
            .fold(text.to_owned(), |text, it| text.replace(it, ""));
        assert!(!bare.contains(['<', '>', '&']), "{text}");
        assert!(!text.contains(['\u{202e}', '\u{200b}', '\r']), "{text:?}");
        for line in text.lines().filter(|it| *it != "```") {
            assert_eq!(line.matches('`').count() % 2, 0, "{line}");
        }
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("<!channel>&`*_~".repeat(40)),
        "[a-z/<>&`*\\n]{0,400}",
        ".{0,60}",
        Just("&".repeat(5000)),
    ]
}

fn any_finding() -> impl Strategy<Value = Finding> {
    let difference = (any_text(), any_text(), any_text(), any::<bool>()).prop_map(
        |(path, value, who, sensitive)| Difference {
            entry: None,
            path,
            kind: DifferenceKind::Changed,
            expected: Some(json!({"a": [value.clone()]})),
            actual: Some(json!(value)),
            sensitive,
            potential: !sensitive,
            severity: Severity::High,
            cause: Cause::PropertyChange,
            attribution: Some(Attribution {
                who: who.clone(),
                at: Some(Timestamp::UNIX_EPOCH),
                how: who,
                console: false,
            }),
        },
    );
    let names = (any_text(), any_text(), any_text(), any_text());
    (prop::collection::vec(difference, 0..40), names).prop_map(|(differences, names)| {
        let (kind, id, name, unit) = names;
        Finding {
            differences,
            resource: Resource {
                kind,
                id,
                name,
                stack: Some(unit.clone()),
                ..Resource::default()
            },
            unit: Unit::stack(&unit, &unit, &unit),
            ..open()
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_message_fits_and_nothing_in_it_acts(
        finding in any_finding(),
        step in prop::sample::select(vec![Step::Fire, Step::Raise, Step::Resolve]),
        errors in any_text(),
    ) {
        check(&tell(Form::Slack, &finding, (step, 3)));
        check(&tell(Form::Slack, &closed(&finding, 5), (step, 1)));
        let digest = Digest {
            target: errors.clone(),
            by_unit: (0..40).map(|it| (Unit::stack(&it.to_string(), &errors, &errors), 3)).collect(),
            ..some_digest()
        };
        check(&render::digest(Form::Slack, &digest, (&errors, "key"), at(0)));
        let refused = Refused { tag: String::new(), errors: errors.repeat(3), at: at(0) };
        check(&render::refused(Form::Slack, (&refused, &errors), (&errors, "key"), at(0)));
    }
}
