//! Plays Lambda and SQS: hands out events, takes answers, takes messages.

use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

pub(super) const QUEUE_ARN: &str = "arn:aws:sqs:eu-west-1:111122223333:stack-drift";

/// What a function did with its events.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Per event: `response` or `error`, and what it holds.
    pub(super) answers: Vec<(String, Value)>,
    /// The bodies of the calls of SQS.
    pub(super) sent: Vec<Value>,
    /// Its logs and whatever else it wrote.
    pub(super) output: String,
}

impl Outcome {
    /// The ids that the answer to the n-th event returns.
    pub(super) fn returned(&self, event: usize) -> Vec<String> {
        let (kind, answer) = &self.answers[event];
        assert_eq!(kind, "response", "{answer}");
        let list = answer["batchItemFailures"].as_array().unwrap();
        list.iter()
            .map(|it| it["itemIdentifier"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// What Lambda is to do.
pub(super) struct Play {
    pub(super) function: &'static str,
    pub(super) events: Vec<Value>,
    /// The time of each invocation.
    pub(super) limit: Duration,
    /// Whether SQS refuses what is sent.
    pub(super) sqs_refuses: bool,
    pub(super) variables: Vec<(&'static str, &'static str)>,
}

impl Play {
    pub(super) fn of(function: &'static str, events: Vec<Value>) -> Self {
        Self {
            function,
            events,
            limit: Duration::from_secs(30),
            sqs_refuses: false,
            variables: Vec::new(),
        }
    }

    /// Runs the function in a process of its own until every event is answered, or it ends.
    pub(super) async fn run(self) -> Outcome {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::child::function", "--nocapture"])
            .env_clear()
            .envs([
                ("FUNCTION", self.function),
                ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
                ("AWS_LAMBDA_FUNCTION_NAME", "stack-drift"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
                ("AWS_REGION", "eu-west-1"),
                ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
                ("AWS_SECRET_ACCESS_KEY", "not-a-real-secret"),
                ("AWS_MAX_ATTEMPTS", "1"),
            ])
            .env("AWS_ENDPOINT_URL", format!("http://{address}"))
            .env("PLUMBLINE_QUEUE_STACK_DRIFT", "http://sqs/own")
            .env("PLUMBLINE_DEAD_LETTER_QUEUE", "http://sqs/dead")
            .envs(self.variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let events = self.events.len();
        let lambda = Arc::new(Lambda {
            play: self,
            next: Mutex::new(0),
            outcome: Mutex::default(),
        });
        let server = Arc::clone(&lambda);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let lambda = Arc::clone(&server);
                tokio::spawn(async move { lambda.serve(stream).await });
            }
        });
        let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let reading = tokio::spawn(async move {
            let (mut one, mut two) = (String::new(), String::new());
            let _ = tokio::join!(out.read_to_string(&mut one), err.read_to_string(&mut two));
            one + &two
        });
        let all_answered = async {
            while lambda.outcome.lock().unwrap().answers.len() < events {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            () = all_answered, if events > 0 => {}
            _ = child.wait() => {}
            () = tokio::time::sleep(Duration::from_secs(60)) => panic!("the function answers nothing"),
        }
        let _ = child.kill().await;
        let output = reading.await.unwrap();
        accepting.abort();
        let mut outcome = std::mem::take(&mut *lambda.outcome.lock().unwrap());
        outcome.output = output;
        outcome
    }
}

struct Lambda {
    play: Play,
    next: Mutex<usize>,
    outcome: Mutex<Outcome>,
}

impl Lambda {
    async fn serve(&self, mut stream: TcpStream) {
        let mut buffer = Vec::new();
        while let Some((path, body)) = read_request(&mut stream, &mut buffer).await {
            let answer = self.answer(&path, &body);
            let Some(answer) = answer else {
                return std::future::pending().await;
            };
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    /// `None` where nothing is said: there is no next event.
    fn answer(&self, path: &str, body: &str) -> Option<String> {
        if path.ends_with("/invocation/next") {
            let mut next = self.next.lock().unwrap();
            let event = self.play.events.get(*next)?.to_string();
            *next += 1;
            let end = SystemTime::now() + self.play.limit;
            let end = end.duration_since(SystemTime::UNIX_EPOCH).unwrap();
            let head = format!(
                "Lambda-Runtime-Aws-Request-Id: request-{next}\r\nLambda-Runtime-Deadline-Ms: {}\r\n\
                 Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:111122223333:function:f\r\n",
                end.as_millis()
            );
            return Some(http(200, &head, &event));
        }
        let value: Value = serde_json::from_str(body).unwrap_or(Value::Null);
        let mut outcome = self.outcome.lock().unwrap();
        if path.contains("/runtime/") {
            let kind = path.rsplit('/').next().unwrap().to_owned();
            outcome.answers.push((kind, value));
            return Some(http(202, "", "{}"));
        }
        outcome.sent.push(value);
        Some(if self.play.sqs_refuses {
            http(
                403,
                "",
                &json!({"__type": "com.amazonaws.sqs#AccessDenied", "message": "no"}).to_string(),
            )
        } else {
            http(
                200,
                "",
                &json!({"MessageId": "m", "MD5OfMessageBody": "d"}).to_string(),
            )
        })
    }
}

fn http(status: u16, head: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\n{head}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The path and the body of the next request.
async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<(String, String)> {
    loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let length = head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, value)| value.trim().parse::<usize>().unwrap());
            let whole = end + 4 + length;
            if buffer.len() >= whole {
                let body = String::from_utf8_lossy(&buffer[end + 4..whole]).into_owned();
                buffer.drain(..whole);
                let path = head.split(' ').nth(1).unwrap().to_owned();
                return Some((path, body));
            }
        }
        let mut part = [0; 4096];
        match stream.read(&mut part).await {
            Ok(read) if read > 0 => buffer.extend_from_slice(&part[..read]),
            _ => return None,
        }
    }
}

/// A record of a queue.
pub(super) fn message(id: &str, body: &str) -> Value {
    json!({"messageId": id, "receiptHandle": "r", "body": body, "attributes": {"ApproximateReceiveCount": "2"},
           "messageAttributes": {}, "md5OfBody": "d", "eventSource": "aws:sqs", "eventSourceARN": QUEUE_ARN,
           "awsRegion": "eu-west-1"})
}

/// An event of records.
pub(super) fn event(records: &[Value]) -> Value {
    json!({ "Records": records })
}
