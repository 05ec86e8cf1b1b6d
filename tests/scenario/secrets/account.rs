//! An account with one stack whose resources are of any type and bent in any way.

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
};

use serde_json::Value;

/// The stack's ARN.
const STACK: &str = "arn:aws:cloudformation:us-east-1:000000000000:stack/vault/0a1b2c3d-0000-4000-8000-000000000000";

/// When every check was: later than any detection that a test starts.
const CHECKED: &str = "2999-01-01T00:00:00.000Z";

/// A resource as the template has it and as it is.
#[derive(Clone)]
pub(super) struct Resource {
    name: String,
    pub(super) kind: String,
    expected: Value,
    actual: Value,
    /// Why it could not be checked.
    reason: Option<String>,
}

impl Resource {
    pub(super) fn new(name: &str, kind: &str, expected: Value, actual: Value) -> Self {
        Self {
            name: name.to_owned(),
            kind: kind.to_owned(),
            expected,
            actual,
            reason: None,
        }
    }
}

/// It answers until the test's process ends.
pub(super) struct Account {
    port: u16,
    stack: Arc<Stack>,
}

impl Account {
    /// One with these resources, and one more for each reason why a check failed.
    pub(super) fn start(mut resources: Vec<Resource>, failed: &[&str]) -> Self {
        for (at, reason) in failed.iter().enumerate() {
            let mut resource = Resource::new(
                &format!("Failed{at}"),
                "AWS::SQS::Queue",
                Value::Null,
                Value::Null,
            );
            resource.reason = Some((*reason).to_owned());
            resources.push(resource);
        }
        let straight = |it: &Resource| Resource {
            actual: it.expected.clone(),
            reason: None,
            ..it.clone()
        };
        let stack = Arc::new(Stack {
            straight: resources.iter().map(straight).collect(),
            resources,
            is_straight: AtomicBool::new(false),
            detections: AtomicU32::new(0),
        });
        let serving = Arc::clone(&stack);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its address").port();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let stack = Arc::clone(&serving);
                // A client that goes away has its answer already.
                thread::spawn(move || answer(stream, &stack));
            }
        });
        Self { port, stack }
    }

    /// From now on everything is as the template has it, or bent again.
    pub(super) fn straighten(&self, is_straight: bool) {
        self.stack.is_straight.store(is_straight, Ordering::Relaxed);
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

struct Stack {
    resources: Vec<Resource>,
    /// The same, as the template has them.
    straight: Vec<Resource>,
    is_straight: AtomicBool,
    /// How many there were; each moves the time of the last check.
    detections: AtomicU32,
}

fn answer(stream: TcpStream, stack: &Stack) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let form = String::from_utf8(body).ok()?;
    let field = |name: &str| {
        let pair = form
            .split('&')
            .find_map(|it| it.strip_prefix(name)?.strip_prefix('='));
        pair.unwrap_or_default().to_owned()
    };
    let action = field("Action");
    let (status, xml) = match result(&action, &field("LogicalResourceId"), stack) {
        Some(xml) => (
            "200 OK",
            format!("<{action}Response><{action}Result>{xml}</{action}Result></{action}Response>"),
        ),
        None => (
            "400 Bad Request",
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>no {action} here</Message></Error></ErrorResponse>"
            ),
        ),
    };
    let mut stream = stream;
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        xml.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(xml.as_bytes()).ok()
}

fn result(action: &str, name: &str, stack: &Stack) -> Option<String> {
    let resources = match stack.is_straight.load(Ordering::Relaxed) {
        true => &stack.straight,
        false => &stack.resources,
    };
    let year = 2900 + stack.detections.load(Ordering::Relaxed);
    let now = "2026-11-24T06:00:00.000Z";
    Some(match action {
        "GetCallerIdentity" => {
            "<Account>000000000000</Account><UserId>a</UserId><Arn>arn:aws:iam::000000000000:user/a</Arn>".to_owned()
        }
        "ListStacks" => format!(
            "<StackSummaries><member><StackId>{STACK}</StackId><StackName>vault</StackName>\
             <CreationTime>{now}</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><DriftInformation>\
             <StackDriftStatus>DRIFTED</StackDriftStatus><LastCheckTimestamp>{year}-01-01T00:00:00.000Z</LastCheckTimestamp>\
             </DriftInformation></member></StackSummaries>"
        ),
        "DetectStackDrift" => {
            stack.detections.fetch_add(1, Ordering::Relaxed);
            "<StackDriftDetectionId>d</StackDriftDetectionId>".to_owned()
        }
        "DescribeStackDriftDetectionStatus" => format!(
            "<StackId>{STACK}</StackId><StackDriftDetectionId>d</StackDriftDetectionId>\
             <DetectionStatus>DETECTION_COMPLETE</DetectionStatus><StackDriftStatus>DRIFTED</StackDriftStatus>\
             <Timestamp>{now}</Timestamp>"
        ),
        "ListStackResources" => list("StackResourceSummaries", resources, row),
        "DescribeStackResourceDrifts" => list("StackResourceDrifts", resources, drift),
        "DetectStackResourceDrift" => {
            let resource = resources.iter().find(|it| it.name == name)?;
            format!("<StackResourceDrift>{}</StackResourceDrift>", drift(resource))
        }
        _ => return None,
    })
}

fn list(name: &str, resources: &[Resource], member: fn(&Resource) -> String) -> String {
    let members = resources.iter().fold(String::new(), |mut text, it| {
        let _ = write!(text, "<member>{}</member>", member(it));
        text
    });
    format!("<{name}>{members}</{name}>")
}

fn status(resource: &Resource) -> &'static str {
    match resource.reason {
        Some(_) => "UNKNOWN",
        None if resource.expected == resource.actual => "IN_SYNC",
        None => "MODIFIED",
    }
}

fn row(it: &Resource) -> String {
    format!(
        "<LogicalResourceId>{0}</LogicalResourceId><PhysicalResourceId>the-{0}</PhysicalResourceId>\
         <ResourceType>{1}</ResourceType><LastUpdatedTimestamp>2026-01-01T00:00:00.000Z</LastUpdatedTimestamp>\
         <ResourceStatus>CREATE_COMPLETE</ResourceStatus><DriftInformation><StackResourceDriftStatus>{2}\
         </StackResourceDriftStatus><LastCheckTimestamp>{CHECKED}</LastCheckTimestamp></DriftInformation>",
        it.name,
        it.kind,
        status(it)
    )
}

fn drift(it: &Resource) -> String {
    let mut found = String::new();
    compare(&it.expected, &it.actual, "", &mut found);
    let reason = it
        .reason
        .as_ref()
        .map(|it| format!("<DriftStatusReason>{}</DriftStatusReason>", escaped(it)));
    format!(
        "<StackId>{STACK}</StackId><LogicalResourceId>{0}</LogicalResourceId>\
         <PhysicalResourceId>the-{0}</PhysicalResourceId><ResourceType>{1}</ResourceType>\
         <ExpectedProperties>{2}</ExpectedProperties><ActualProperties>{3}</ActualProperties>\
         <PropertyDifferences>{found}</PropertyDifferences><StackResourceDriftStatus>{4}</StackResourceDriftStatus>{5}\
         <Timestamp>{CHECKED}</Timestamp>",
        it.name,
        it.kind,
        escaped(&it.expected.to_string()),
        escaped(&it.actual.to_string()),
        status(it),
        reason.unwrap_or_default()
    )
}

/// The differences of two trees; of lists, by place.
fn compare(expected: &Value, actual: &Value, path: &str, found: &mut String) {
    let keys = |value: &Value| -> Vec<String> {
        match value {
            Value::Object(map) => map.keys().cloned().collect(),
            Value::Array(items) => (0..items.len()).map(|it| it.to_string()).collect(),
            _ => Vec::new(),
        }
    };
    let is_tree = |value: &Value| value.is_object() || value.is_array();
    if expected == actual {
        return;
    }
    if !is_tree(expected) || !is_tree(actual) {
        difference(path, Some(expected), Some(actual), found);
        return;
    }
    let mut all = keys(expected);
    all.extend(
        keys(actual)
            .into_iter()
            .filter(|it| !keys(expected).contains(it)),
    );
    for key in all {
        let escaped = key.replace('~', "~0").replace('/', "~1");
        let at = format!("{path}/{escaped}");
        match (member(expected, &key), member(actual, &key)) {
            (Some(expected), Some(actual)) => compare(expected, actual, &at, found),
            (expected, actual) => difference(&at, expected, actual, found),
        }
    }
}

fn member<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    match value {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        other => other.get(key),
    }
}

fn difference(path: &str, expected: Option<&Value>, actual: Option<&Value>, found: &mut String) {
    let kind = match (expected, actual) {
        (None, _) => "ADD",
        (_, None) => "REMOVE",
        _ => "NOT_EQUAL",
    };
    let said = |value: Option<&Value>| match value {
        None => "null".to_owned(),
        Some(Value::String(text)) => escaped(text),
        Some(other) => escaped(&other.to_string()),
    };
    let _ = write!(
        found,
        "<member><PropertyPath>{}</PropertyPath><ExpectedValue>{}</ExpectedValue><ActualValue>{}</ActualValue>\
         <DifferenceType>{kind}</DifferenceType></member>",
        escaped(path),
        said(expected),
        said(actual)
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\n', "&#10;")
}
