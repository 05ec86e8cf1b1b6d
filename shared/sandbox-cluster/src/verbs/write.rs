//! What all writes have in common.

use std::sync::Arc;

use serde_json::{Value, json};

use super::On;
use crate::admission::{escalation, only_tried};
use crate::answer::{Answer, Failure};
use crate::call::Verb;
use crate::fields::Set;
use crate::managed::{Change, Managers, Operation, Who, update};
use crate::object::{Birth, convert, fill, meta, prepare_create, prepare_update, tidy};
use crate::state::State;
use crate::validate;

/// An object as its type has it, with what is said of fields that it has not.
pub(super) struct Decoded {
    pub(super) object: Value,
    pub(super) warnings: Vec<String>,
}

impl<'a> On<'a> {
    /// Reads an object as its type, and fills in what it leaves to the server.
    pub(super) fn decode(self, object: &Value) -> Result<Decoded, Failure> {
        let kind = self.kind;
        let (version, name) = (&kind.version, &kind.name);
        let cannot = format!("{name} in version {version:?} cannot be handled as a {name}");
        let tidied = tidy(kind.node(), object);
        if let Some(wrong) = tidied.wrong.first() {
            return Err(match self.asked.call.verb {
                Verb::Patch => self.unreadable(object, wrong),
                _ => Failure::bad_request(format!("{cannot}: {wrong}")),
            });
        }
        let unknown = tidied.unknown.iter();
        let warnings: Vec<String> = unknown
            .map(|path| format!("unknown field {path:?}"))
            .collect();
        let strict = self.asked.call.query("fieldValidation") == "Strict";
        if strict && !warnings.is_empty() {
            let all = warnings.join(", ");
            let message = format!("strict decoding error: {all}");
            return Err(match self.asked.call.verb {
                Verb::Patch => self.unreadable(object, &message),
                _ => Failure::bad_request(format!("{cannot}: {message}")),
            });
        }
        let ignores = self.asked.call.query("fieldValidation") == "Ignore";
        let mut object = tidied.object;
        fill(kind.node(), &mut object);
        if kind.is("", "Secret") {
            crate::object::fold(&mut object);
        }
        if kind.is("apps", "DaemonSet") {
            crate::object::give_template_generation(&mut object);
        }
        Ok(Decoded {
            object,
            warnings: if ignores { Vec::new() } else { warnings },
        })
    }

    /// What the server says of a patched object that is not of its type. It quotes all of it.
    fn unreadable(self, object: &Value, why: &str) -> Failure {
        if self.asked.call.is_apply() {
            let (named, kind) = (self.named(object), &self.kind.name);
            let group_version = self.kind.api_version();
            return Failure::internal(format!(
                "failed to convert new object ({named}) to proper version: unable to convert unstructured object to {group_version}, Kind={kind}: {why}"
            ));
        }
        let quoted = object.to_string();
        let message = format!(" \"\" is invalid: patch: Invalid value: {quoted:?}: {why}");
        Failure::new(422, "Invalid", message)
    }

    /// What a write of the whole object leaves as it is.
    pub(super) fn ignored(self) -> Set {
        match self.kind.status {
            true => Set::of(&[&["status"]]),
            false => Set::default(),
        }
    }

    pub(super) fn change(self, who: Who, ignored: Set) -> Change<'a> {
        Change {
            node: self.kind.node(),
            who,
            api_version: self.kind.api_version(),
            now: self.now(),
            ignored,
        }
    }

    /// The body says what and where it is; it has to be what was asked for.
    pub(super) fn check_body(self, object: &mut Value) -> Result<(), Failure> {
        let kind = self.kind;
        if !object.is_object() || !object["metadata"].is_object() {
            let message = "the body is no object with metadata";
            return Err(Failure::bad_request(message));
        }
        let expected = kind.api_version();
        if object["apiVersion"] != expected.as_str() || object["kind"] != kind.name.as_str() {
            let (version, name) = (&object["apiVersion"], &object["kind"]);
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            if self.asked.call.is_apply() {
                let message = format!(
                    "invalid object type: {}, Kind={}",
                    text(version),
                    text(name)
                );
                return Err(Failure::bad_request(message));
            }
            return Err(Failure::bad_request(format!(
                "the API version in the data ({}, Kind={}) does not match the expected API version ({expected}, Kind={})",
                text(version),
                text(name),
                kind.name
            )));
        }
        let name = meta(object, "name").to_owned();
        if !self.address.name.is_empty() && name != self.address.name {
            return Err(Failure::bad_request(format!(
                "the name of the object ({name}) does not match the name on the URL ({})",
                self.address.name
            )));
        }
        let namespace = meta(object, "namespace").to_owned();
        if kind.namespaced {
            if !namespace.is_empty() && namespace != self.address.namespace {
                return Err(Failure::bad_request(
                    "the namespace of the provided object does not match the namespace sent on the request",
                ));
            }
            object["metadata"]["namespace"] = self.address.namespace.clone().into();
        } else if let Some(meta) = object["metadata"].as_object_mut() {
            meta.remove("namespace");
        }
        Ok(())
    }

    /// Keeps a new object, if it is to be kept.
    pub(super) fn finish_create(
        self,
        state: &mut State,
        mut object: Value,
        managers: &Managers,
    ) -> Result<Value, Failure> {
        let (asked, kind) = (self.asked, self.kind);
        let name = meta(&object, "name").to_owned();
        self.check_namespace(state)?;
        asked.admission.admit(kind, &mut object)?;
        only_tried(asked.user, asked.call, (kind, &name))?;
        escalation(asked.user, kind, None, &object)?;
        let number = state.number();
        let birth = Birth {
            uid: state.uid(number),
            now: self.now(),
            number,
        };
        prepare_create(kind, &mut object, &birth);
        let name = meta(&object, "name").to_owned();
        let causes = validate::create(kind, &object);
        if !causes.is_empty() {
            return Err(Failure::invalid(kind, &name, &causes));
        }
        if state.get(kind, &self.address.namespace, &name).is_some() {
            return Err(Failure::already_exists(kind, &name));
        }
        managers.put(&mut object);
        self.keep(state, object)
    }

    /// Keeps a changed object, if it is to be kept and has changed.
    pub(super) fn finish_update(
        self,
        state: &mut State,
        (old, mut new): (&Value, Value),
        managers: &Managers,
    ) -> Result<Value, Failure> {
        let (asked, kind) = (self.asked, self.kind);
        let name = meta(old, "name").to_owned();
        asked.admission.admit(kind, &mut new)?;
        only_tried(asked.user, asked.call, (kind, &name))?;
        escalation(asked.user, kind, Some(old), &new)?;
        let wanted = meta(&new, "resourceVersion");
        if !wanted.is_empty() && wanted != meta(old, "resourceVersion") {
            return Err(Failure::modified(kind, &name));
        }
        prepare_update(kind, old, &mut new);
        self.finish_changed(state, (old, new), managers)
    }

    /// The same, for what has been prepared.
    pub(super) fn finish_changed(
        self,
        state: &mut State,
        (old, mut new): (&Value, Value),
        managers: &Managers,
    ) -> Result<Value, Failure> {
        let kind = self.kind;
        let causes = validate::update(kind, old, &new);
        if !causes.is_empty() {
            return Err(Failure::invalid(kind, meta(old, "name"), &causes));
        }
        new["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"].clone();
        let same = bare(old) == bare(&new) && Managers::of(old).same_fields(managers);
        if same {
            return Ok(old.clone());
        }
        managers.put(&mut new);
        self.keep(state, new)
    }

    fn keep(self, state: &mut State, mut object: Value) -> Result<Value, Failure> {
        if self.asked.call.is_dry_run() {
            return Ok(object);
        }
        if self.kind.stored {
            state.put(self.kind, &mut object);
            return Ok(object);
        }
        let stored = state.kinds.stored(self.kind);
        let stored = stored.ok_or_else(Failure::no_such_resource)?;
        let mut converted = convert(&object, &stored);
        state.put(&stored, &mut converted);
        let version = converted["metadata"]["resourceVersion"].clone();
        object["metadata"]["resourceVersion"] = version;
        Ok(object)
    }

    pub(super) fn check_namespace(self, state: &State) -> Result<(), Failure> {
        let namespace = &self.address.namespace;
        let namespaces = state.kinds.find("", "v1", "namespaces");
        let known = |kind: Arc<crate::kinds::Kind>| match state.get(&kind, "", namespace) {
            Some(_) => Ok(()),
            None => Err(Failure::not_found(&kind, namespace)),
        };
        match namespaces {
            Some(kind) if self.kind.namespaced => known(kind),
            _ => Ok(()),
        }
    }

    /// The managers after a write that is no apply.
    pub(super) fn managers_after(self, before: &Value, after: &Value, live: &Value) -> Managers {
        let managers = self.managers_given(after, live);
        // An object that nobody has ever owned fields of is not tracked until it is applied.
        if managers.0.is_empty() && !meta(live, "uid").is_empty() {
            return managers;
        }
        let change = self.change(self.who(Operation::Update), self.ignored());
        update(&change, (&bare(before), &bare(after)), &managers)
    }

    /// The managers as a writer gives them, else as they are. One empty entry takes them all away.
    fn managers_given(self, after: &Value, live: &Value) -> Managers {
        let given = &after["metadata"]["managedFields"];
        if *given == json!([{}]) {
            return Managers::default();
        }
        let own = Managers::of(after);
        if own.0.is_empty() {
            Managers::of(live)
        } else {
            own
        }
    }
}

/// An object without its managers.
pub(super) fn bare(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(meta) = object["metadata"].as_object_mut() {
        meta.remove("managedFields");
    }
    object
}

/// The answer with an object.
pub(super) fn with_object(status: u16, object: &Value, warnings: &[String]) -> Answer {
    Answer::json(status, object).with_warnings(warnings)
}
