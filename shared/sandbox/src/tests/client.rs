//! A plain client: no SDK, so that the wire itself is what is looked at.

use std::time::Duration;

use serde_json::Value;

/// Requests signed for an account and region, after a fashion.
#[derive(Clone)]
pub(super) struct Client {
    http: ureq::Agent,
    endpoint: String,
    key: String,
    region: String,
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) date: String,
    pub(super) retry_after: Option<String>,
    /// The code of a refusal in JSON.
    pub(super) error: String,
    pub(super) body: String,
}

impl Client {
    pub(super) fn new(endpoint: &str) -> Self {
        let http = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(5)))
            .proxy(None)
            .max_redirects(0)
            .build()
            .into();
        Self {
            http,
            endpoint: endpoint.to_owned(),
            key: super::PLACE.to_owned(),
            region: "eu-west-1".to_owned(),
        }
    }

    pub(super) fn with(&self, key: &str, region: &str) -> Self {
        Self {
            key: key.to_owned(),
            region: region.to_owned(),
            ..self.clone()
        }
    }

    /// A call of CloudFormation.
    pub(super) fn call(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.query("cloudformation", action, parameters).unwrap()
    }

    /// The same, whose connection may break.
    pub(super) fn query(
        &self,
        service: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Answer, ureq::Error> {
        let mut form = format!("Action={action}&Version=2010-05-15");
        for (name, value) in parameters {
            form.push_str(&format!("&{name}="));
            for byte in value.bytes() {
                form.push_str(&format!("%{byte:02X}"));
            }
        }
        self.post(
            "/",
            &[("authorization", &self.scope(service))],
            form.as_bytes(),
        )
    }

    /// LookupEvents.
    pub(super) fn lookup(&self, ask: &Value) -> Answer {
        let target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";
        let scope = self.scope("cloudtrail");
        let headers = [("authorization", scope.as_str()), ("x-amz-target", target)];
        self.post("/", &headers, ask.to_string().as_bytes())
            .unwrap()
    }

    /// A call of KMS.
    pub(super) fn kms(&self, operation: &str, ask: &Value) -> Answer {
        let target = format!("TrentService.{operation}");
        let scope = self.scope("kms");
        let headers = [("authorization", scope.as_str()), ("x-amz-target", &target)];
        self.post("/", &headers, ask.to_string().as_bytes())
            .unwrap()
    }

    /// A GET of a REST service.
    pub(super) fn get(&self, service: &str, path: &str) -> Answer {
        let request = self.http.get(format!("{}{path}", self.endpoint));
        let request = request.header("authorization", self.scope(service));
        answer(request.call().unwrap()).unwrap()
    }

    pub(super) fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, ureq::Error> {
        let mut request = self.http.post(format!("{}{path}", self.endpoint));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request.send(body)?)
    }

    fn scope(&self, service: &str) -> String {
        let (key, region) = (&self.key, &self.region);
        format!(
            "AWS4-HMAC-SHA256 Credential={key}/20261124/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"
        )
    }
}

fn answer(mut answer: http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let header = |name: &str| {
        let value = answer.headers().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    Ok(Answer {
        status: answer.status().as_u16(),
        date: header("date").unwrap_or_default(),
        retry_after: header("retry-after"),
        error: header("x-amzn-errortype").unwrap_or_default(),
        body: answer.body_mut().read_to_string()?,
    })
}

impl Answer {
    #[track_caller]
    pub(super) fn good(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.body);
        self
    }

    /// The text of the first element of this name.
    pub(super) fn text(&self, tag: &str) -> Option<String> {
        self.texts(tag).into_iter().next()
    }

    /// The texts of all elements of this name.
    pub(super) fn texts(&self, tag: &str) -> Vec<String> {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        let parts = self.body.split(&open).skip(1);
        parts
            .map(|part| {
                let text = part.split(&close).next().unwrap();
                text.replace("&quot;", "\"")
                    .replace("&lt;", "<")
                    .replace("&gt;", ">")
                    .replace("&amp;", "&")
            })
            .collect()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The status and the code of a refusal.
    pub(super) fn refusal(&self) -> (u16, String, String) {
        let text = |tag| self.text(tag).unwrap_or_default();
        (self.status, text("Code"), text("Message"))
    }
}
