//! A plain client, so that the wire itself is what is looked at.

use std::time::Duration;

use serde_json::Value;

pub(super) struct Client {
    http: ureq::Agent,
    endpoint: String,
    token: String,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) retry_after: Option<String>,
    pub(super) warning: Option<String>,
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
            token: String::new(),
        }
    }

    pub(super) fn with(&self, token: &str) -> Self {
        Self {
            http: self.http.clone(),
            endpoint: self.endpoint.clone(),
            token: token.to_owned(),
        }
    }

    pub(super) fn send(
        &self,
        method: &str,
        target: &str,
        (content_type, body): (&str, &str),
    ) -> Result<Answer, ureq::Error> {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{}{target}", self.endpoint))
            .header("authorization", format!("Bearer {}", self.token))
            .header("accept", content_type)
            .header("content-type", content_type)
            .header("user-agent", "test/1.0")
            .body(body.to_owned())?;
        let mut answer = self.http.run(request)?;
        let header = |name: &str| {
            let value = answer.headers().get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        Ok(Answer {
            status: answer.status().as_u16(),
            content_type: header("content-type").unwrap_or_default(),
            retry_after: header("retry-after"),
            warning: header("warning"),
            body: answer.body_mut().read_to_string()?,
        })
    }

    pub(super) fn get(&self, target: &str) -> Answer {
        self.send("GET", target, ("application/json", "")).unwrap()
    }

    pub(super) fn post(&self, target: &str, body: &Value) -> Answer {
        let body = body.to_string();
        self.send("POST", target, ("application/json", &body))
            .unwrap()
    }

    pub(super) fn put(&self, target: &str, body: &Value) -> Answer {
        let body = body.to_string();
        self.send("PUT", target, ("application/json", &body))
            .unwrap()
    }

    pub(super) fn delete(&self, target: &str) -> Answer {
        self.send("DELETE", target, ("application/json", ""))
            .unwrap()
    }

    /// A patch of the kind `merge`, `json`, `strategic-merge`.
    pub(super) fn patch(&self, kind: &str, target: &str, body: &Value) -> Answer {
        let content_type = format!("application/{kind}-patch+json");
        self.send("PATCH", target, (&content_type, &body.to_string()))
            .unwrap()
    }

    /// A server-side apply; `more` is added to the query.
    pub(super) fn apply(
        &self,
        target: &str,
        (manager, more): (&str, &str),
        body: &Value,
    ) -> Answer {
        let target = format!("{target}?fieldManager={manager}{more}");
        let content = ("application/apply-patch+yaml", &*body.to_string());
        self.send("PATCH", &target, content).unwrap()
    }
}

impl Answer {
    #[track_caller]
    pub(super) fn good(self) -> Value {
        assert!(
            (200..300).contains(&self.status),
            "{} {}",
            self.status,
            self.body
        );
        self.json()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Status, reason and message of a refusal.
    pub(super) fn refusal(&self) -> (u16, String, String) {
        let body = self.json();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        assert_eq!(body["kind"], "Status");
        (self.status, text("reason"), text("message"))
    }
}
