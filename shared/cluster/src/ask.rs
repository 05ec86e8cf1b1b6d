//! Requests, and the only place where those that could write are made: each of them is a dry run.

use std::fmt::{self, Write as _};

use bytes::Bytes;
use domain::ports::{Kind, ObjectName, PageOf, PortError, PortErrorKind};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Method, Request};
use http_body_util::Full;
use serde_json::Value;

/// The name under which the server would note our fields.
const MANAGER: &str = "plumbline";

/// The calls by their names in errors.
pub(crate) mod op {
    pub(crate) const DISCOVERY: &str = "kubernetes:discovery";
    pub(crate) const SCHEMA: &str = "kubernetes:openapi";
    pub(crate) const LIST: &str = "kubernetes:list";
    pub(crate) const GET: &str = "kubernetes:get";
    pub(crate) const APPLY: &str = "kubernetes:patch";
    pub(crate) const CREATE: &str = "kubernetes:create";
}

/// One request, before it has an identity. Its fields are private: there is no other way to make one than below.
pub(crate) struct Ask {
    op: &'static str,
    method: Method,
    path: String,
    query: String,
    accept: &'static str,
    body: Option<(&'static str, Bytes)>,
}

impl Ask {
    /// A read of a path that the server is known to have; it may end in a query.
    pub(crate) fn read(op: &'static str, path: &str, accept: &'static str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Self {
            op,
            method: Method::GET,
            path: path.to_owned(),
            query: query.to_owned(),
            accept,
            body: None,
        }
    }

    /// One page of a list.
    pub(crate) fn list(page: &PageOf, limit: u32) -> Result<Self, PortError> {
        let path = collection(op::LIST, &page.kind, page.namespace.as_deref())?;
        let mut query = format!("limit={limit}");
        if let Some(token) = &page.token {
            query.push_str("&continue=");
            encode(&mut query, token);
        }
        Ok(Self {
            query,
            ..Self::read(op::LIST, &path, JSON)
        })
    }

    /// One object.
    pub(crate) fn get(name: &ObjectName) -> Result<Self, PortError> {
        Ok(Self::read(op::GET, &object(op::GET, name)?, JSON))
    }

    /// A server-side apply by force, as a dry run.
    pub(crate) fn apply(name: &ObjectName, manifest: &Value) -> Result<Self, PortError> {
        let path = object(op::APPLY, name)?;
        let ask = Self::dry_run(
            op::APPLY,
            Method::PATCH,
            path,
            ("application/apply-patch+yaml", manifest),
        )?;
        Ok(Self {
            query: ask.query + "&force=true",
            ..ask
        })
    }

    /// A creation, as a dry run.
    pub(crate) fn create(name: &ObjectName, manifest: &Value) -> Result<Self, PortError> {
        let path = collection(op::CREATE, &name.kind, name.namespace.as_deref())?;
        // The object's name is in the manifest; it is checked all the same, so that a wrong one is refused alike.
        segment(op::CREATE, "name", &name.name)?;
        Self::dry_run(op::CREATE, Method::POST, path, (JSON, manifest))
    }

    /// Whatever has a body goes through here. Field validation is left off: for an apply the server refuses
    /// undeclared fields whatever it is told, and a creation should tell defaults even where Git has one such field.
    fn dry_run(
        op: &'static str,
        method: Method,
        path: String,
        (content_type, manifest): (&'static str, &Value),
    ) -> Result<Self, PortError> {
        let body = serde_json::to_vec(manifest).map_err(|_| {
            let detail = "the manifest cannot be written as JSON";
            PortError::new(PortErrorKind::Invalid, op, detail)
        })?;
        Ok(Self {
            op,
            method,
            path,
            query: format!("dryRun=All&fieldManager={MANAGER}&fieldValidation=Ignore"),
            accept: JSON,
            body: Some((content_type, body.into())),
        })
    }

    /// Its name in errors.
    pub(crate) fn op(&self) -> &'static str {
        self.op
    }

    /// The request, without an identity.
    pub(crate) fn request(&self) -> Result<Request<Full<Bytes>>, http::Error> {
        let separator = if self.query.is_empty() { "" } else { "?" };
        let mut builder = Request::builder()
            .method(self.method.clone())
            .uri(format!("{}{separator}{}", self.path, self.query))
            .header(ACCEPT, self.accept);
        let mut body = Full::default();
        if let Some((content_type, bytes)) = &self.body {
            builder = builder.header(CONTENT_TYPE, *content_type);
            body = Full::new(bytes.clone());
        }
        builder.body(body)
    }
}

/// As errors name it, `GET /apis/apps/v1/deployments`.
impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// JSON, and nothing else.
pub(crate) const JSON: &str = "application/json";

/// Where the objects of a kind are.
fn collection(op: &'static str, kind: &Kind, namespace: Option<&str>) -> Result<String, PortError> {
    let mut path = String::from("/api");
    if !kind.group.is_empty() {
        path.push_str("s/");
        path.push_str(&segment(op, "group", &kind.group)?);
    }
    path.push('/');
    path.push_str(&segment(op, "version", &kind.version)?);
    if let Some(namespace) = namespace {
        path.push_str("/namespaces/");
        path.push_str(&segment(op, "namespace", namespace)?);
    }
    path.push('/');
    path.push_str(&segment(op, "plural", &kind.plural)?);
    Ok(path)
}

/// Where an object is.
fn object(op: &'static str, name: &ObjectName) -> Result<String, PortError> {
    let mut path = collection(op, &name.kind, name.namespace.as_deref())?;
    path.push('/');
    path.push_str(&segment(op, "name", &name.name)?);
    Ok(path)
}

/// One segment of a path. An empty one would address the collection, and one with a slash something else, so what the
/// server takes for no name is not sent to it.
fn segment(op: &'static str, what: &str, text: &str) -> Result<String, PortError> {
    let usable =
        !matches!(text, "" | "." | "..") && !text.contains(['/', '%']) && text.len() < 1024;
    if !usable {
        let text: String = text.escape_debug().take(100).collect();
        let detail = format!("`{text}` cannot be the {what} of an object");
        return Err(PortError::new(PortErrorKind::Invalid, op, detail));
    }
    let mut out = String::with_capacity(text.len());
    encode(&mut out, text);
    Ok(out)
}

/// Text as it stands in an address: everything but the unreserved in percent.
fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            // Writing to a string does not fail.
            _ => _ = write!(out, "%{byte:02X}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kind(group: &str, plural: &str) -> Kind {
        Kind {
            group: group.to_owned(),
            version: "v1".to_owned(),
            name: "Any".to_owned(),
            plural: plural.to_owned(),
            namespaced: true,
            verbs: Vec::new(),
            preferred: true,
        }
    }

    fn named(group: &str, namespace: Option<&str>, name: &str) -> ObjectName {
        ObjectName {
            kind: kind(group, "things"),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        }
    }

    fn uri(ask: Result<Ask, PortError>) -> String {
        ask.unwrap().request().unwrap().uri().to_string()
    }

    #[test]
    fn no_request_that_could_write_is_made_without_dry_run() {
        let hostile = [
            "web",
            "a?dryRun=",
            "a&dryRun=None",
            "a#b",
            "a;b",
            "a b",
            "ü",
            "system:node",
            "x=y",
            "?",
            "#",
        ];
        for name in hostile {
            for namespace in [None, Some("shop"), Some(name)] {
                for group in ["", "apps", name] {
                    let object = named(group, namespace, name);
                    for (ask, method) in [
                        (Ask::apply(&object, &json!({})), Method::PATCH),
                        (Ask::create(&object, &json!({})), Method::POST),
                    ] {
                        let request = ask.unwrap().request().unwrap();
                        assert_eq!(request.method(), method);
                        let query = request.uri().query().unwrap();
                        let dry: Vec<_> = query
                            .split('&')
                            .filter(|it| it.contains("dryRun"))
                            .collect();
                        assert_eq!(dry, ["dryRun=All"], "{}", request.uri());
                        assert!(query.split('&').any(|it| it == "fieldManager=plumbline"));
                        assert!(
                            !request.uri().path().contains("dryRun="),
                            "{}",
                            request.uri()
                        );
                    }
                }
            }
        }
    }

    /// Requests have methods only here, and a request is sent only if it was made here.
    #[test]
    fn no_other_file_knows_a_method() {
        let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = vec![directory];
        let mut read = 0;
        while let Some(path) = files.pop() {
            if path.is_dir() {
                if !path.ends_with("tests") {
                    files.extend(
                        std::fs::read_dir(path)
                            .unwrap()
                            .map(|it| it.unwrap().path()),
                    );
                }
                continue;
            }
            if path.ends_with("ask.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            read += 1;
            // A request without a body type of ours is none that the transport takes.
            let text = text
                .replace("Request::new(())", "")
                .replace("SignableRequest::", "");
            for word in [
                "Method::",
                "Request::",
                ".method_mut(",
                "kube::Api",
                "kube::Client",
            ] {
                assert!(!text.contains(word), "{} has {word}", path.display());
            }
            let sends = text.contains(".oneshot(") || text.contains(".call(request");
            assert_eq!(sends, path.ends_with("exchange.rs"), "{}", path.display());
        }
        assert!(read > 8, "{read}");
    }

    #[test]
    fn what_is_read_is_read() {
        let page = PageOf {
            kind: kind("apps", "deployments"),
            namespace: None,
            token: Some("a+b/c=".to_owned()),
        };
        let ask = Ask::list(&page, 500).unwrap();
        assert_eq!(ask.to_string(), "GET /apis/apps/v1/deployments");
        assert_eq!(
            uri(Ok(ask)),
            "/apis/apps/v1/deployments?limit=500&continue=a%2Bb%2Fc%3D"
        );
        assert_eq!(
            uri(Ask::get(&named("", Some("shop"), "system:node"))),
            "/api/v1/namespaces/shop/things/system%3Anode"
        );
        assert_eq!(
            uri(Ask::apply(&named("apps", Some("shop"), "web"), &json!({}))),
            "/apis/apps/v1/namespaces/shop/things/web?dryRun=All&fieldManager=plumbline&fieldValidation=Ignore&force=true"
        );
        assert_eq!(
            uri(Ask::create(&named("", None, "web"), &json!({}))),
            "/api/v1/things?dryRun=All&fieldManager=plumbline&fieldValidation=Ignore"
        );
    }

    #[test]
    fn what_cannot_be_a_name_is_not_sent() {
        for bad in ["", ".", "..", "a/b", "a%2Fb"] {
            for object in [named("", Some("shop"), bad), named("", Some(bad), "web")] {
                assert!(Ask::get(&object).is_err(), "{bad}");
                assert!(Ask::apply(&object, &json!({})).is_err(), "{bad}");
                assert!(Ask::create(&object, &json!({})).is_err(), "{bad}");
            }
        }
    }
}
