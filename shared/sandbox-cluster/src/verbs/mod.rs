//! From a request to what it does.

mod create;
mod delete;
mod patch;
mod read;
mod scale;
mod status;
mod update;
mod write;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::access::User;
use crate::admission::Admission;
use crate::answer::{Answer, Failure};
use crate::call::{Address, Call, Verb};
use crate::discovery;
use crate::kinds::Kind;
use crate::managed::{Operation, Who};
use crate::state::State;
use crate::time::rfc3339;

/// A request on its way through the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) call: &'a Call,
    pub(crate) user: &'a User,
    pub(crate) now: Timestamp,
    pub(crate) admission: &'a Admission,
}

/// The same, on a kind that is served.
#[derive(Clone, Copy, Debug)]
pub(crate) struct On<'a> {
    asked: Asked<'a>,
    kind: &'a Kind,
    address: &'a Address,
}

/// Answers a request.
pub(crate) fn answer(state: &mut State, asked: Asked<'_>) -> Result<Answer, Failure> {
    let call = asked.call;
    let Some(address) = &call.address else {
        let found = discovery::answer(&state.kinds, call);
        return found.unwrap_or_else(|| Ok(discovery::not_here()));
    };
    allowed(asked, call.verb, &call.resource())?;
    let kind = state
        .kinds
        .find(&address.group, &address.version, &address.plural);
    let Some(kind) = kind else {
        return discovery::unknown(&state.kinds, &address.group);
    };
    let on = On {
        asked,
        kind: &kind,
        address,
    };
    on.check_address()?;
    match (address.subresource.as_str(), call.verb) {
        ("", Verb::List) => read::list(state, on),
        ("", Verb::Get) => read::get(state, on),
        ("", Verb::Create) => create::create(state, on),
        ("", Verb::Update) => update::update(state, on),
        ("", Verb::Patch) => patch::patch(state, on),
        ("", Verb::Delete) => delete::delete(state, on),
        ("status", Verb::Get) if kind.status => read::get(state, on),
        ("status", Verb::Update | Verb::Patch) if kind.status => status::write(state, on),
        ("scale", Verb::Get | Verb::Update | Verb::Patch) if kind.scale => scale::answer(state, on),
        ("" | "status" | "scale", _) => Err(Failure::new(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        )),
        _ => Err(Failure::no_such_resource()),
    }
}

/// Refuses what the user may not do.
pub(crate) fn allowed(asked: Asked<'_>, verb: Verb, resource: &str) -> Result<(), Failure> {
    if asked.user.rights.allow(verb, resource) {
        return Ok(());
    }
    let address = asked.call.address.clone().unwrap_or_default();
    let whole = match address.group.as_str() {
        "" => address.plural.clone(),
        group => format!("{}.{group}", address.plural),
    };
    let named = match address.name.as_str() {
        "" => String::new(),
        name => format!(" {name:?}"),
    };
    let place = match address.namespace.as_str() {
        "" => "at the cluster scope".to_owned(),
        namespace => format!("in the namespace {namespace:?}"),
    };
    let (user, group) = (&asked.user.name, &address.group);
    let message = format!(
        "{whole}{named} is forbidden: User {user:?} cannot {verb} resource {resource:?} in API group {group:?} {place}"
    );
    let mut failure = Failure::new(403, "Forbidden", message);
    failure.details =
        serde_json::json!({"name": address.name, "group": group, "kind": address.plural});
    Err(failure)
}

impl<'a> On<'a> {
    /// A namespace where the kind has none, none where it has one, a dry run that is none.
    fn check_address(self) -> Result<(), Failure> {
        let wants = self.kind.namespaced;
        let (has, named) = (
            !self.address.namespace.is_empty(),
            !self.address.name.is_empty(),
        );
        if (has && !wants) || (named && wants && !has) {
            return Err(Failure::no_such_resource());
        }
        let call = self.asked.call;
        if !matches!(call.query("dryRun"), "" | "All") {
            let options = match call.verb {
                Verb::Create => "CreateOptions",
                Verb::Update => "UpdateOptions",
                Verb::Delete => "DeleteOptions",
                _ => "PatchOptions",
            };
            let message = format!(
                "{options}.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [{:?}]: supported values: \"All\"",
                call.query("dryRun")
            );
            return Err(Failure::new(422, "Invalid", message));
        }
        Ok(())
    }

    fn now(self) -> String {
        rfc3339(self.asked.now)
    }

    fn who(self, operation: Operation) -> Who {
        Who::new(
            self.asked.call.manager(),
            operation,
            &self.kind.api_version(),
        )
    }

    /// The object that is asked for, in the version that is asked for.
    fn live(self, state: &State) -> Option<Arc<Value>> {
        let (namespace, name) = (&self.address.namespace, &self.address.name);
        let object = state.get(self.kind, namespace, name)?;
        if self.kind.stored {
            return Some(object);
        }
        Some(Arc::new(crate::object::convert(&object, self.kind)))
    }

    fn live_or_not_found(self, state: &State) -> Result<Arc<Value>, Failure> {
        let live = self.live(state);
        live.ok_or_else(|| Failure::not_found(self.kind, &self.address.name))
    }

    /// The body, which may be YAML where an apply says so.
    fn body(self) -> Result<Value, Failure> {
        let call = self.asked.call;
        if let Ok(body) = serde_json::from_slice(&call.body) {
            return Ok(body);
        }
        if call.content_type.contains("protobuf") {
            let message = "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml";
            return Err(Failure::new(415, "UnsupportedMediaType", message));
        }
        let text = String::from_utf8_lossy(&call.body);
        if call.content_type.contains("yaml")
            && let Ok(body) = serde_saphyr::from_str(&text)
        {
            return Ok(body);
        }
        Err(Failure::bad_request(
            "error decoding the body: it is neither JSON nor, where its content type says so, YAML",
        ))
    }
}
