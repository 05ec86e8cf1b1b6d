//! A request, understood.

use std::collections::BTreeMap;
use std::fmt;

use crate::kinds::Kind;

/// What is asked of a resource, in the words of access rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// One object, or a path that is no resource.
    Get,
    /// The objects of a kind.
    List,
    /// Changes from now on, which this server does not serve.
    Watch,
    /// A new object.
    Create,
    /// An object in place of another.
    Update,
    /// A change of an object; a server-side apply, too.
    Patch,
    /// An object's end.
    Delete,
}

impl Verb {
    /// `list`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }

    /// Whether it changes something.
    #[must_use]
    pub fn writes(self) -> bool {
        !matches!(self, Self::Get | Self::List | Self::Watch)
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The address of objects: a kind's, one namespace's, one object, a part of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) plural: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// `status`, `scale`; empty for the object itself.
    pub(crate) subresource: String,
}

/// A request, taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) verb: Verb,
    pub(crate) path: String,
    /// `None` where the path is no resource.
    pub(crate) address: Option<Address>,
    query: BTreeMap<String, String>,
    pub(crate) content_type: String,
    pub(crate) accept: String,
    pub(crate) user_agent: String,
    /// The bearer token; empty without one.
    pub(crate) token: String,
    pub(crate) body: Vec<u8>,
}

impl Call {
    /// Takes a request apart. `target` is path and query.
    pub(crate) fn new(method: &str, target: &str, body: Vec<u8>) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query = read_query(query);
        let address = address(path);
        let watches = query
            .get("watch")
            .is_some_and(|it| it == "true" || it == "1");
        let named = address.as_ref().is_some_and(|it| !it.name.is_empty());
        let verb = match method {
            "POST" => Verb::Create,
            "PUT" => Verb::Update,
            "PATCH" => Verb::Patch,
            "DELETE" => Verb::Delete,
            _ if address.is_some() && watches => Verb::Watch,
            _ if address.is_some() && !named => Verb::List,
            _ => Verb::Get,
        };
        Self {
            verb,
            path: path.to_owned(),
            address,
            query,
            content_type: String::new(),
            accept: String::new(),
            user_agent: String::new(),
            token: String::new(),
            body,
        }
    }

    /// A request at the address of a kind, with namespace, name and part where they are not empty.
    pub(crate) fn to(
        method: &str,
        kind: &Kind,
        (namespace, name, part): (&str, &str, &str),
    ) -> Self {
        let mut call = Self::new(method, "", Vec::new());
        call.verb = match (method, name) {
            ("GET", "") => Verb::List,
            _ => call.verb,
        };
        call.address = Some(Address {
            group: kind.group.clone(),
            version: kind.version.clone(),
            plural: kind.plural.clone(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            subresource: part.to_owned(),
        });
        call
    }

    pub(crate) fn add_query(&mut self, name: &str, value: &str) {
        self.query.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn query(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    /// Whether nothing is to be kept.
    pub(crate) fn is_dry_run(&self) -> bool {
        !self.query("dryRun").is_empty()
    }

    /// Whether it is a server-side apply.
    pub(crate) fn is_apply(&self) -> bool {
        self.verb == Verb::Patch && self.content_type.starts_with("application/apply-patch")
    }

    /// In whose name it writes.
    pub(crate) fn manager(&self) -> &str {
        match self.query("fieldManager") {
            "" => match self.user_agent.split('/').next() {
                None | Some("") => "unknown",
                Some(name) => name,
            },
            manager => manager,
        }
    }

    /// The resource as access rules and logs name it: `deployments`, `deployments/scale`.
    pub(crate) fn resource(&self) -> String {
        match &self.address {
            None => String::new(),
            Some(it) if it.subresource.is_empty() => it.plural.clone(),
            Some(it) => format!("{}/{}", it.plural, it.subresource),
        }
    }
}

fn read_query(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name, true), decode(value, true))
        })
        .collect()
}

fn decode(text: &str, plus: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        bytes.push(match byte {
            b'+' if plus => b' ',
            b'%' => {
                let (high, low) = (hex(rest.next()), hex(rest.next()));
                match (high, low) {
                    (Some(high), Some(low)) => (high * 16 + low) as u8,
                    _ => b'%',
                }
            }
            byte => byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `/apis/apps/v1/namespaces/shop/deployments/web/scale`.
fn address(path: &str) -> Option<Address> {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let mut found = Address::default();
    match parts.next()? {
        "api" => found.version = decode(parts.next()?, false),
        "apis" => {
            found.group = decode(parts.next()?, false);
            found.version = decode(parts.next()?, false);
        }
        _ => return None,
    }
    let rest: Vec<String> = parts.map(|part| decode(part, false)).collect();
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    let (namespace, rest) = match rest.as_slice() {
        // The namespace itself and its own parts.
        ["namespaces"] | ["namespaces", _] | ["namespaces", _, "status" | "finalize"] => {
            ("", rest.as_slice())
        }
        ["namespaces", namespace, rest @ ..] => (*namespace, rest),
        rest => ("", rest),
    };
    let mut rest = rest.iter().copied();
    found.plural = rest.next()?.to_owned();
    found.namespace = namespace.to_owned();
    found.name = rest.next().unwrap_or_default().to_owned();
    found.subresource = rest.next().unwrap_or_default().to_owned();
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(path: &str) -> String {
        let it = address(path).unwrap();
        [
            it.group,
            it.version,
            it.namespace,
            it.plural,
            it.name,
            it.subresource,
        ]
        .join("|")
    }

    #[test]
    fn addresses_are_taken_apart() {
        assert_eq!(words("/api/v1/namespaces"), "|v1||namespaces||");
        assert_eq!(words("/api/v1/namespaces/shop"), "|v1||namespaces|shop|");
        assert_eq!(words("/api/v1/namespaces/shop/pods"), "|v1|shop|pods||");
        assert_eq!(words("/api/v1/pods"), "|v1||pods||");
        assert_eq!(
            words("/apis/apps/v1/namespaces/shop/deployments/web/scale"),
            "apps|v1|shop|deployments|web|scale"
        );
        assert_eq!(
            words("/apis/rbac/v1/clusterroles/system%3Anode"),
            "rbac|v1||clusterroles|system:node|"
        );
        for none in [
            "/api",
            "/apis/apps",
            "/apis/apps/v1",
            "/openapi/v3",
            "/version",
        ] {
            assert_eq!(address(none), None, "{none}");
        }
    }

    #[test]
    fn a_manager_is_named_or_told_by_the_client_s_own_name() {
        let mut call = Call::new("POST", "/api/v1/namespaces?fieldManager=a%20b", Vec::new());
        assert_eq!(call.manager(), "a b");
        call = Call::new("POST", "/api/v1/namespaces", Vec::new());
        assert_eq!(call.manager(), "unknown");
        call.user_agent = "kubectl/v1.32.4 (linux/amd64)".to_owned();
        assert_eq!(call.manager(), "kubectl");
    }
}
