use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use plumbline_tests::{
    aws::Aws,
    emulator::Emulator,
    proxy::{Fault, Proxy, Rule, rewrite},
    xml,
};
use serde_json::{Value, json};

const DETECT: &str = "DetectStackDrift";
const ROWS: &str = "DescribeStackResourceDrifts";

/// An emulator with a stack of two queues, of which `Bent` has drifted, behind a proxy.
struct Fixture {
    proxy: Proxy,
    aws: Aws,
    _emulator: Emulator,
}

impl Fixture {
    fn new() -> Self {
        let emulator = Emulator::start();
        let direct = emulator.aws();
        let queue = |name: &str| json!({"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name, "DelaySeconds": 5}});
        let template = json!({"Resources": {"Bent": queue("bent"), "Straight": queue("straight")}});
        direct.create_stack("orders", &template);
        direct.set_queue_attributes("bent", json!({"DelaySeconds": 9}).as_object().unwrap());
        let proxy = Proxy::start(&emulator.endpoint());
        let aws = Aws::new(&proxy.endpoint());
        Self {
            proxy,
            aws,
            _emulator: emulator,
        }
    }

    fn statuses(&self) -> Vec<(String, String)> {
        self.aws
            .drift("orders")
            .into_iter()
            .map(|row| (row.logical_id, row.status))
            .collect()
    }

    fn ask(&self, action: &str) -> (u16, String) {
        let answer = self.aws.cloudformation(action, &[("StackName", "orders")]);
        (answer.status, answer.body)
    }

    /// The bytes of one answer, read without any HTTP client's opinion, until the connection ends.
    fn raw(&self, action: &str) -> Vec<u8> {
        let mut stream = raw_request(
            &self.proxy,
            &format!("Action={action}&StackName=orders"),
            "close",
        );
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        bytes
    }
}

fn raw_request(proxy: &Proxy, body: &str, connection: &str) -> TcpStream {
    let mut stream = TcpStream::connect(proxy.endpoint().trim_start_matches("http://")).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    write!(
        stream,
        "POST / HTTP/1.1\r\nhost: x\r\nconnection: {connection}\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/cloudformation/aws4_request\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    stream
}

fn sync(bent: &str) -> Vec<(String, String)> {
    [("Bent", bent), ("Straight", "IN_SYNC")]
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .to_vec()
}

#[test]
fn without_rules_it_is_transparent_and_remembers_every_request() {
    let fixture = Fixture::new();
    assert_eq!(fixture.statuses(), sync("MODIFIED"));
    assert_eq!(
        (fixture.proxy.count(DETECT), fixture.proxy.count(ROWS)),
        (1, 1)
    );
    let requests = fixture.proxy.requests();
    assert!(
        requests
            .iter()
            .all(|request| request.status == Some(200) && request.fault.is_none())
    );
    assert!(
        requests[0].body.contains("StackName=orders"),
        "{}",
        requests[0].body
    );
    fixture.proxy.forget();
    assert!(fixture.proxy.requests().is_empty());
    assert_eq!(fixture.ask("DescribeStackEvents").0, 200);
    assert_eq!(
        fixture.proxy.requests()[0].status,
        Some(200),
        "an answer after forgetting finds its own entry"
    );
}

#[test]
fn every_protocol_and_method_passes_through() {
    let fixture = Fixture::new();
    let aws = &fixture.aws;
    aws.put_parameter("/a b/ü", "välue & more", "words");
    aws.create_bucket("some-bucket");
    aws.set_bucket_versioning("some-bucket", "Enabled");
    assert_eq!(aws.rest("s3", ("HEAD", "/some-bucket"), "").status, 200);
    assert_eq!(aws.rest("s3", ("HEAD", "/no-such-bucket"), "").status, 404);
    aws.delete_bucket("some-bucket");
    aws.create_topic("topic");
    let read = aws
        .json("ssm", "AmazonSSM.GetParameter", &json!({"Name": "/a b/ü"}))
        .good();
    let read: Value = serde_json::from_str(&read.body).unwrap();
    assert_eq!(read["Parameter"]["Value"], "välue & more");
    let actions: Vec<_> = fixture
        .proxy
        .requests()
        .into_iter()
        .map(|request| request.action)
        .collect();
    for action in [
        "PutParameter",
        "HEAD /some-bucket",
        "PUT /some-bucket?versioning",
        "CreateTopic",
    ] {
        assert!(
            actions.iter().any(|seen| seen == action),
            "{action} is not among {actions:?}"
        );
    }
}

#[test]
fn one_connection_carries_many_requests() {
    let fixture = Fixture::new();
    let mut stream = raw_request(&fixture.proxy, "Action=DescribeStacks", "keep-alive");
    for _ in 0..3 {
        let mut reader = BufReader::new(&stream);
        let (mut line, mut length) = (String::new(), 0);
        while line != "\r\n" {
            line.clear();
            reader.read_line(&mut line).unwrap();
            length = line
                .strip_prefix("content-length: ")
                .map_or(length, |value| value.trim().parse().unwrap());
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        assert!(
            String::from_utf8(body)
                .unwrap()
                .contains("<StackName>orders</StackName>")
        );
        let again = "Action=DescribeStacks";
        write!(
            stream,
            "POST / HTTP/1.1\r\nhost: x\r\nauthorization: AWS4-HMAC-SHA256 \
             Credential=test/20260101/us-east-1/cloudformation/aws4_request\r\n\
             content-type: application/x-www-form-urlencoded\r\ntransfer-encoding: chunked\r\n\r\n\
             {:x}\r\n{again}\r\n0\r\n\r\n",
            again.len()
        )
        .unwrap();
    }
}

#[test]
fn a_lost_answer_is_one_of_a_request_that_was_carried_out() {
    let fixture = Fixture::new();
    fixture
        .proxy
        .set([Rule::new(Fault::Lose).action("SetQueueAttributes")]);
    let body =
        json!({"QueueUrl": fixture.aws.queue_url("straight"), "Attributes": {"DelaySeconds": "7"}});
    let request = format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-amz-json-1.0\r\n\
         x-amz-target: AmazonSQS.SetQueueAttributes\r\ncontent-length: {}\r\n\r\n{body}",
        body.to_string().len()
    );
    let mut stream =
        TcpStream::connect(fixture.proxy.endpoint().trim_start_matches("http://")).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, b"");
    let straight = fixture.statuses().into_iter().find(|it| it.0 == "Straight");
    assert_eq!(straight.unwrap().1, "MODIFIED");
}

#[test]
fn errors_have_the_form_of_the_json_protocol_where_it_is_spoken() {
    let fixture = Fixture::new();
    fixture.proxy.set([Rule::new(Fault::Throttle)]);
    let answer = fixture.aws.json("sqs", "AmazonSQS.ListQueues", &json!({}));
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(answer.status, 400);
    assert_eq!(
        body,
        json!({"__type": "Throttling", "message": "Rate exceeded"})
    );
}

#[test]
fn errors_have_the_query_protocols_form() {
    let fixture = Fixture::new();
    let cases = [
        (
            Fault::Throttle,
            400,
            "Sender",
            "Throttling",
            "Rate exceeded",
        ),
        (
            Fault::AccessDenied,
            403,
            "Sender",
            "AccessDenied",
            "cloudformation:DetectStackDrift on resource",
        ),
        (
            Fault::error("ValidationError", "a < b", 400),
            400,
            "Sender",
            "ValidationError",
            "a < b",
        ),
        (
            Fault::ServerError(500),
            500,
            "Receiver",
            "InternalFailure",
            "internal error",
        ),
        (
            Fault::ServerError(503),
            503,
            "Receiver",
            "ServiceUnavailable",
            "unavailable",
        ),
    ];
    for (fault, status, kind, code, message) in cases {
        let name = fault.name();
        fixture.proxy.forget();
        fixture.proxy.set([Rule::new(fault).action(DETECT)]);
        let (got, body) = fixture.ask(DETECT);
        assert_eq!(got, status, "{name}");
        assert_eq!(xml::text(&body, "Type").as_deref(), Some(kind), "{name}");
        assert_eq!(xml::text(&body, "Code").as_deref(), Some(code), "{name}");
        assert!(
            xml::text(&body, "Message").unwrap().contains(message),
            "{name}: {body}"
        );
        let logged = &fixture.proxy.requests()[0];
        assert_eq!((logged.status, logged.fault), (Some(status), Some(name)));
        assert_eq!(fixture.ask(ROWS).0, 200, "{name} is only for {DETECT}");
    }
    fixture.proxy.clear();
    assert_eq!(fixture.ask(DETECT).0, 200);
}

#[test]
fn a_hanging_request_gets_no_answer_and_the_proxy_ends_without_waiting_for_it() {
    let fixture = Fixture::new();
    fixture
        .proxy
        .set([Rule::new(Fault::Hang(Duration::from_millis(400)))]);
    let started = Instant::now();
    assert!(fixture.raw(DETECT).is_empty());
    assert!(started.elapsed() >= Duration::from_millis(400));
    assert_eq!(fixture.proxy.requests()[0].status, None);

    fixture
        .proxy
        .set([Rule::new(Fault::Hang(Duration::from_secs(60)))]);
    let mut stream = raw_request(&fixture.proxy, "Action=DescribeStacks", "close");
    while fixture.proxy.count("DescribeStacks") == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let started = Instant::now();
    drop(fixture.proxy);
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    assert!(bytes.is_empty() && started.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_delayed_answer_is_late_and_right() {
    let fixture = Fixture::new();
    fixture
        .proxy
        .set([Rule::new(Fault::Delay(Duration::from_millis(300))).action(DETECT)]);
    let started = Instant::now();
    assert_eq!(fixture.statuses(), sync("MODIFIED"));
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[test]
fn an_answer_that_comes_after_its_request_was_forgotten_marks_no_other() {
    let fixture = Fixture::new();
    let slow = Rule::new(Fault::Delay(Duration::from_millis(300))).first(1);
    fixture.proxy.set([slow, Rule::new(Fault::Reset)]);
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| fixture.ask(DETECT));
        while fixture.proxy.count(DETECT) == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        fixture.proxy.forget();
        assert!(fixture.raw(ROWS).is_empty());
        assert_eq!(slow.join().unwrap().0, 200);
    });
    let requests = fixture.proxy.requests();
    assert_eq!((requests.len(), requests[0].status), (1, None));
}

#[test]
fn a_reset_connection_carries_no_answer() {
    let fixture = Fixture::new();
    fixture.proxy.set([Rule::new(Fault::Reset)]);
    assert!(fixture.raw(DETECT).is_empty());
}

#[test]
fn a_truncated_answer_is_whole_for_http_and_a_cut_one_is_not() {
    let fixture = Fixture::new();
    let whole = fixture.ask(ROWS).1;
    fixture.proxy.set([Rule::new(Fault::Truncate(100))]);
    let (status, body) = fixture.ask(ROWS);
    assert_eq!((status, body.as_str()), (200, &whole[..100]));

    fixture.proxy.set([Rule::new(Fault::CutMidBody)]);
    let raw = String::from_utf8(fixture.raw(ROWS)).unwrap();
    let (head, body) = raw.split_once("\r\n\r\n").unwrap();
    let promised: usize = head
        .split("content-length: ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!(
        head.starts_with("HTTP/1.1 200") && promised == whole.len() && body.len() == promised / 2,
        "{head}"
    );
}

#[test]
fn a_malformed_answer_is_no_xml_to_its_end() {
    let fixture = Fixture::new();
    fixture.proxy.set([Rule::new(Fault::Malformed)]);
    let (status, body) = fixture.ask(ROWS);
    assert_eq!(status, 200);
    assert!(
        body.starts_with("<DescribeStackResourceDriftsResponse>") && !body.contains("</"),
        "{body}"
    );
}

#[test]
fn an_oversized_answer_arrives_whole() {
    let fixture = Fixture::new();
    fixture.proxy.set([Rule::new(Fault::Oversized(5_000_000))]);
    let (status, body) = fixture.ask(ROWS);
    assert_eq!(status, 200);
    assert_eq!(xml::text(&body, "Padding").unwrap().len(), 5_000_000);
    assert!(body.ends_with("</DescribeStackResourceDriftsResponse>"));
}

#[test]
fn rewritten_answers_show_states_that_the_emulator_does_not_get_into() {
    let fixture = Fixture::new();
    let set = |action: &str, fault: Fault| fixture.proxy.set([Rule::new(fault).action(action)]);
    let detection = xml::text(&fixture.ask(DETECT).1, "StackDriftDetectionId").unwrap();
    let detected = || {
        let id = [("StackDriftDetectionId", detection.as_str())];
        fixture
            .aws
            .cloudformation("DescribeStackDriftDetectionStatus", &id)
            .good()
            .body
    };
    set(
        "DescribeStackDriftDetectionStatus",
        rewrite::detection_in_progress(),
    );
    assert_eq!(
        xml::text(&detected(), "DetectionStatus").as_deref(),
        Some("DETECTION_IN_PROGRESS")
    );
    assert_eq!(xml::text(&detected(), "DriftedStackResourceCount"), None);

    let reason = r#"{"Bent": "Rate exceeded & more"}"#;
    set(
        "DescribeStackDriftDetectionStatus",
        rewrite::detection_failed(reason),
    );
    assert_eq!(
        xml::text(&detected(), "DetectionStatus").as_deref(),
        Some("DETECTION_FAILED")
    );
    assert_eq!(
        xml::text(&detected(), "DetectionStatusReason").as_deref(),
        Some(reason)
    );

    set(ROWS, rewrite::unknown_row("Bent", "Rate exceeded"));
    assert_eq!(fixture.statuses(), sync("UNKNOWN"));
    assert!(fixture.aws.drift("orders")[0].differences.is_empty());
    let body = fixture.ask(ROWS).1;
    assert_eq!(
        xml::text(&body, "DriftStatusReason").as_deref(),
        Some("Rate exceeded")
    );

    set(ROWS, rewrite::row_from("Straight", "2020-01-01T00:00:00Z"));
    let times: Vec<_> = xml::list(&fixture.ask(ROWS).1, "StackResourceDrifts")
        .into_iter()
        .map(|row| {
            (
                xml::text(row, "LogicalResourceId").unwrap(),
                xml::text(row, "Timestamp").unwrap(),
            )
        })
        .collect();
    assert_eq!(
        times[1],
        ("Straight".to_owned(), "2020-01-01T00:00:00Z".to_owned())
    );
    assert_ne!(times[0].1, times[1].1);

    set(ROWS, rewrite::without_row("Bent"));
    assert_eq!(
        fixture.statuses(),
        [("Straight".to_owned(), "IN_SYNC".to_owned())]
    );

    set(
        "DescribeStacks",
        rewrite::stack_status("orders", "UPDATE_IN_PROGRESS"),
    );
    assert_eq!(fixture.aws.stack_status("orders"), "UPDATE_IN_PROGRESS");
    set(
        "ListStacks",
        rewrite::stack_status("orders", "UPDATE_IN_PROGRESS"),
    );
    assert_eq!(
        xml::text(&fixture.ask("ListStacks").1, "StackStatus").as_deref(),
        Some("UPDATE_IN_PROGRESS")
    );
}

#[test]
fn a_list_in_pages_has_each_entry_once() {
    let fixture = Fixture::new();
    fixture.proxy.set([Rule::new(Fault::Pages {
        list: "StackResourceDrifts",
        size: 1,
    })
    .action(ROWS)]);
    assert_eq!(fixture.statuses(), sync("MODIFIED"));
    assert_eq!(fixture.proxy.count(ROWS), 2);
}

#[test]
fn a_rule_fires_when_it_is_its_turn() {
    let fixture = Fixture::new();
    let throttled = |rule: Rule, requests: usize| -> Vec<usize> {
        fixture.proxy.set([rule]);
        (1..=requests)
            .filter(|_| fixture.ask(DETECT).0 == 400)
            .collect()
    };
    let rule = || Rule::new(Fault::Throttle).action(DETECT);
    assert_eq!(throttled(rule().nth(2), 4), [2]);
    assert_eq!(throttled(rule().every_nth(2), 5), [2, 4]);
    assert_eq!(throttled(rule().first(2), 4), [1, 2]);
    assert_eq!(throttled(rule(), 3), [1, 2, 3]);
    assert_eq!(throttled(rule().containing("no-such-stack"), 3), [0; 0]);
    assert_eq!(throttled(rule().containing("StackName=orders"), 2), [1, 2]);
    assert_eq!(
        throttled(Rule::new(Fault::Throttle).action(ROWS), 2),
        [0; 0]
    );

    let by_chance = throttled(rule().chance(50, 4), 40);
    assert_eq!(
        by_chance,
        throttled(rule().chance(50, 4), 40),
        "the same seed, the same choice"
    );
    assert_ne!(by_chance, throttled(rule().chance(50, 5), 40));
    assert!((8..=32).contains(&by_chance.len()), "{by_chance:?}");
}

#[test]
fn the_first_rule_that_fires_decides() {
    let fixture = Fixture::new();
    fixture.proxy.set([
        Rule::new(Fault::Throttle).first(1),
        Rule::new(Fault::AccessDenied),
    ]);
    assert_eq!(fixture.ask(DETECT).0, 400);
    assert_eq!(fixture.ask(DETECT).0, 403);
}

#[test]
fn an_emulator_that_is_gone_is_told_apart_from_a_fault() {
    let proxy = Proxy::start("http://127.0.0.1:1");
    let answer = Aws::new(&proxy.endpoint()).cloudformation("ListStacks", &[]);
    assert_eq!(answer.status, 502);
    assert!(
        answer.body.contains("got no answer from 127.0.0.1:1"),
        "{}",
        answer.body
    );
}

#[test]
fn many_clients_at_once_are_all_served() {
    let fixture = Fixture::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..10).for_each(|_| assert_eq!(fixture.ask(ROWS).0, 200)));
        }
    });
    assert_eq!(fixture.proxy.count(ROWS), 80);
}
