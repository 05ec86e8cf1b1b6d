//! STS: who is asking, and as whom they may go on.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::answer::{Failure, Protocol};
use crate::faults::denied;
use crate::form::Form;
use crate::lock;
use crate::mark::mark;
use crate::sandbox::Sandbox;
use crate::time::{after, iso_seconds};
use crate::xml::Xml;

pub(crate) const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Who makes a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) account: String,
    pub(crate) arn: String,
}

/// The sessions that roles were assumed in, by access key, and the roles that can be.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    /// One role and session name is one key, so their number is bounded by what
    /// callers are called.
    callers: HashMap<String, Caller>,
    /// The external id that each role asks for, if any; `None`: every role can
    /// be assumed by everybody.
    trusts: Option<BTreeMap<String, Option<String>>>,
}

impl Sandbox {
    /// Makes a role (by ARN) that can be assumed: with this external id, or
    /// with any and none. From the first role on that is made so, all others
    /// are refused; before, every role can be assumed.
    pub fn trust(&self, role: &str, external_id: Option<&str>) {
        let mut sessions = lock(&self.shared.sessions);
        let trusts = sessions.trusts.get_or_insert_default();
        trusts.insert(role.to_owned(), external_id.map(str::to_owned));
    }

    /// Takes a role away. Its sessions go on until they end, as in AWS.
    pub fn distrust(&self, role: &str) {
        let mut sessions = lock(&self.shared.sessions);
        sessions.trusts.get_or_insert_default().remove(role);
    }
}

impl Sessions {
    /// The owner of an access key: a session, an account's number, or the default account.
    pub(crate) fn caller(&self, key: &str, default: &str) -> Caller {
        if let Some(caller) = self.callers.get(key) {
            return caller.clone();
        }
        let is_account = key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit());
        let account = if is_account { key } else { default };
        Caller {
            account: account.to_owned(),
            arn: format!("arn:aws:iam::{account}:user/sandbox"),
        }
    }

    /// Whether a role can be assumed with this external id.
    fn allows(&self, role: &str, external_id: Option<&str>) -> bool {
        let Some(trusts) = &self.trusts else {
            return true;
        };
        trusts.get(role).is_some_and(|wanted| {
            wanted
                .as_deref()
                .is_none_or(|wanted| Some(wanted) == external_id)
        })
    }

    /// AssumeRole, asked for by the caller of this ARN.
    pub(crate) fn assume(
        &mut self,
        form: &Form,
        (caller, now): (&str, Timestamp),
    ) -> Result<String, Failure> {
        let role = form.get("RoleArn").unwrap_or_default();
        let session = form.get("RoleSessionName").unwrap_or_default();
        let parts: Vec<_> = role.splitn(6, ':').collect();
        let [_, _, "iam", "", account, resource] = parts[..] else {
            return Err(Failure::validation(format!("{role} is invalid")));
        };
        if session.is_empty() || !resource.starts_with("role/") {
            return Err(Failure::validation(format!(
                "{role} or its session name is invalid"
            )));
        }
        // AWS says of a role that is not there what it says of one that does not trust.
        if !self.allows(role, form.get("ExternalId")) {
            let call = format!("sts:AssumeRole on resource: {role}");
            return Err(denied(Protocol::Query(NAMESPACE), caller, &call));
        }
        let name = resource.rsplit('/').next().unwrap_or_default();
        let arn = format!("arn:aws:sts::{account}:assumed-role/{name}/{session}");
        // The same session gets the same key.
        let key = format!("ASIA{:016X}", mark(&arn));
        let caller = Caller {
            account: account.to_owned(),
            arn: arn.clone(),
        };
        self.callers.insert(key.clone(), caller);
        // Callers hold this against their own clock, which may be ahead of the sandbox's.
        let ends = after(
            now.max(Timestamp::now()),
            std::time::Duration::from_secs(3600),
        );
        let mut xml = Xml::new();
        xml.element("Credentials", |xml| {
            xml.text("AccessKeyId", &key)
                .text("SecretAccessKey", "sandbox")
                .text("SessionToken", "sandbox")
                .text("Expiration", &iso_seconds(ends));
        })
        .element("AssumedRoleUser", |xml| {
            xml.text("Arn", &arn)
                .text("AssumedRoleId", &format!("AROASANDBOX:{session}"));
        });
        Ok(xml.into_string())
    }
}

/// GetCallerIdentity.
pub(crate) fn identity(caller: &Caller) -> String {
    let mut xml = Xml::new();
    xml.text("Arn", &caller.arn)
        .text("UserId", "AIDASANDBOX")
        .text("Account", &caller.account);
    xml.into_string()
}
