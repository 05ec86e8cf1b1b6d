//! A plain HTTP client for the emulator: no AWS SDK, so that a test does not check the product with the product's parts.
//!
//! It is `ureq` without its default features: blocking (a test needs no runtime), without TLS (the emulator is on
//! loopback), and not the HTTP code of the [proxy](crate::proxy), which is thereby checked against another's.

pub mod live;

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::xml;

/// How long a stack operation or a drift detection may take.
const STACK_LIMIT: Duration = Duration::from_secs(30);

/// A client bound to an endpoint, an account and a region.
#[derive(Debug, Clone)]
pub struct Aws {
    http: ureq::Agent,
    endpoint: String,
    region: String,
    access_key: String,
}

/// An answer of the service, good or bad.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body as text.
    pub body: String,
}

/// One resource's row of a drift detection, as the service reports it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// The resource's name in the template.
    pub logical_id: String,
    /// `IN_SYNC`, `MODIFIED`, `DELETED`, `NOT_CHECKED` and so on.
    pub status: String,
    /// The property differences, sorted by path.
    pub differences: Vec<RowDifference>,
}

/// One property difference of a [`Row`], in the service's own words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowDifference {
    /// `/VisibilityTimeout`, `/Tags/1/Value`.
    pub path: String,
    /// `NOT_EQUAL`, `ADD` or `REMOVE`.
    pub kind: String,
    /// The template's value as text, `null` when it has none.
    pub expected: String,
    /// The live value as text, `null` when there is none.
    pub actual: String,
}

impl Aws {
    /// A client for `endpoint` in the emulator's default account (`000000000000`) and `us-east-1`.
    #[must_use]
    pub fn new(endpoint: &str) -> Self {
        let http = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(20)))
            .proxy(None)
            .build()
            .into();
        Self {
            http,
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            region: "us-east-1".to_owned(),
            access_key: "test".to_owned(),
        }
    }

    /// The same client for another region.
    #[must_use]
    pub fn region(&self, region: &str) -> Self {
        Self {
            region: region.to_owned(),
            ..self.clone()
        }
    }

    /// The same client for another account: the emulator takes an access key of twelve digits as the account's id.
    #[must_use]
    pub fn account(&self, account: &str) -> Self {
        Self {
            access_key: account.to_owned(),
            ..self.clone()
        }
    }

    /// Creates a stack and waits until it is complete; returns its id.
    ///
    /// # Panics
    /// When the service refuses it, or it is not complete within 30 seconds.
    #[track_caller]
    pub fn create_stack(&self, name: &str, template: &Value) -> String {
        let body = template.to_string();
        let answer = self
            .cloudformation(
                "CreateStack",
                &[("StackName", name), ("TemplateBody", &body)],
            )
            .good();
        let id = xml::text(&answer.body, "StackId").expect("CreateStack returns the stack's id");
        self.wait_for_stack(&id, "CREATE_COMPLETE");
        id
    }

    /// Updates a stack to a new template and waits until it is complete.
    ///
    /// # Panics
    /// When the service refuses it, or it is not complete within 30 seconds.
    #[track_caller]
    pub fn update_stack(&self, name: &str, template: &Value) {
        let body = template.to_string();
        self.cloudformation(
            "UpdateStack",
            &[("StackName", name), ("TemplateBody", &body)],
        )
        .good();
        self.wait_for_stack(name, "UPDATE_COMPLETE");
    }

    /// Deletes a stack and waits until it is gone.
    ///
    /// # Panics
    /// When the service refuses it, or it is still there after 30 seconds.
    #[track_caller]
    pub fn delete_stack(&self, name: &str) {
        self.cloudformation("DeleteStack", &[("StackName", name)])
            .good();
        self.wait_for_stack(name, "DELETE_COMPLETE");
    }

    /// The stack's status; `DELETE_COMPLETE` for one that is not there.
    #[must_use]
    #[track_caller]
    pub fn stack_status(&self, name: &str) -> String {
        let answer = self.cloudformation("DescribeStacks", &[("StackName", name)]);
        if answer.status == 400 && answer.body.contains("does not exist") {
            return "DELETE_COMPLETE".to_owned();
        }
        xml::text(&answer.good().body, "StackStatus").expect("DescribeStacks returns a status")
    }

    /// Runs a drift detection of the whole stack and returns its rows, sorted by logical id.
    ///
    /// # Panics
    /// When a call is refused or the detection does not end within 30 seconds.
    #[must_use]
    #[track_caller]
    pub fn drift(&self, stack: &str) -> Vec<Row> {
        let answer = self
            .cloudformation("DetectStackDrift", &[("StackName", stack)])
            .good();
        let detection =
            xml::text(&answer.body, "StackDriftDetectionId").expect("a detection has an id");
        let started = Instant::now();
        loop {
            let parameters = [("StackDriftDetectionId", detection.as_str())];
            let answer = self
                .cloudformation("DescribeStackDriftDetectionStatus", &parameters)
                .good();
            if xml::text(&answer.body, "DetectionStatus").as_deref()
                != Some("DETECTION_IN_PROGRESS")
            {
                break;
            }
            assert!(
                started.elapsed() < STACK_LIMIT,
                "the detection of {stack} did not end"
            );
            thread::sleep(Duration::from_millis(50));
        }
        let mut rows = self.rows(stack);
        rows.sort();
        rows
    }

    fn rows(&self, stack: &str) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let mut parameters = vec![("StackName", stack)];
            parameters.extend(token.as_deref().map(|token| ("NextToken", token)));
            let answer = self
                .cloudformation("DescribeStackResourceDrifts", &parameters)
                .good();
            rows.extend(
                xml::list(&answer.body, "StackResourceDrifts")
                    .into_iter()
                    .map(row),
            );
            token = xml::text(&answer.body, "NextToken");
            if token.is_none() {
                return rows;
            }
        }
    }

    fn wait_for_stack(&self, name: &str, wanted: &str) {
        let started = Instant::now();
        loop {
            let status = self.stack_status(name);
            if status == wanted {
                return;
            }
            let moving = status.ends_with("_IN_PROGRESS");
            assert!(
                moving,
                "stack {name} is {status} instead of {wanted}:\n{}",
                self.stack_events(name)
            );
            assert!(
                started.elapsed() < STACK_LIMIT,
                "stack {name} is still {status} instead of {wanted}"
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn stack_events(&self, name: &str) -> String {
        self.cloudformation("DescribeStackEvents", &[("StackName", name)])
            .body
    }

    /// A call of CloudFormation's query protocol.
    #[track_caller]
    pub fn cloudformation(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.query("cloudformation", action, parameters)
    }

    /// A call of the query protocol (CloudFormation, SNS, IAM).
    #[track_caller]
    pub fn query(&self, service: &str, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let mut form = format!("Action={action}");
        for (name, value) in parameters {
            form.push_str(&format!(
                "&{}={}",
                percent_encode(name),
                percent_encode(value)
            ));
        }
        let headers = [(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        )];
        self.send(service, ("POST", "/"), &headers, form.into_bytes())
    }

    /// A call of the JSON protocol; `target` is the service's prefix and the operation (`AmazonSSM.PutParameter`).
    #[track_caller]
    pub fn json(&self, service: &str, target: &str, body: &Value) -> Answer {
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", target),
        ];
        self.send(
            service,
            ("POST", "/"),
            &headers,
            body.to_string().into_bytes(),
        )
    }

    /// A call of a service with paths (Lambda, S3).
    #[track_caller]
    pub fn rest(&self, service: &str, call: (&str, &str), body: &str) -> Answer {
        self.send(
            service,
            call,
            &[("content-type", "application/json")],
            body.as_bytes().to_vec(),
        )
    }

    fn send(
        &self,
        service: &str,
        call: (&str, &str),
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let (method, path) = call;
        let scope = format!(
            "{}/20260101/{}/{service}/aws4_request",
            self.access_key, self.region
        );
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.endpoint))
            // The emulator reads account, region and service from the credential and checks no signature.
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
            );
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body).expect("a well-formed request");
        let mut answer = self
            .http
            .run(request)
            .unwrap_or_else(|e| panic!("{service}: {method} {path}: {e}"));
        let status = answer.status().as_u16();
        let body = answer
            .body_mut()
            .read_to_string()
            .unwrap_or_else(|e| panic!("{service}: {method} {path}: {e}"));
        Answer { status, body }
    }
}

impl Answer {
    /// The answer itself when it is a success.
    ///
    /// # Panics
    /// When the service refused the call, with what it said.
    #[track_caller]
    pub fn good(self) -> Self {
        assert!(
            (200..300).contains(&self.status),
            "the service answered {}: {}",
            self.status,
            self.body
        );
        self
    }
}

fn row(member: &str) -> Row {
    let text = |tag: &str| xml::text(member, tag).unwrap_or_default();
    let mut differences: Vec<_> = xml::list(member, "PropertyDifferences")
        .into_iter()
        .map(row_difference)
        .collect();
    differences.sort();
    Row {
        logical_id: text("LogicalResourceId"),
        status: text("StackResourceDriftStatus"),
        differences,
    }
}

fn row_difference(member: &str) -> RowDifference {
    let text = |tag: &str| xml::text(member, tag).unwrap_or_default();
    RowDifference {
        path: text("PropertyPath"),
        kind: text("DifferenceType"),
        expected: text("ExpectedValue"),
        actual: text("ActualValue"),
    }
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
pub(crate) fn percent_encode(text: &str) -> String {
    text.bytes()
        .fold(String::with_capacity(text.len()), |mut out, byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                out.push(char::from(byte));
            } else {
                out.push_str(&format!("%{byte:02X}"));
            }
            out
        })
}
