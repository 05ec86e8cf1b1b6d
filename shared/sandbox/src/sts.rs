//! STS: who is asking, and as whom they may go on.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::answer::Failure;
use crate::form::Form;
use crate::time::{after, iso_seconds};
use crate::xml::Xml;

pub(crate) const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Who makes a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) account: String,
    pub(crate) arn: String,
}

/// The sessions that roles were assumed in, by access key. One role and session
/// name is one key, so their number is bounded by what callers are called.
#[derive(Debug, Default)]
pub(crate) struct Sessions(HashMap<String, Caller>);

impl Sessions {
    /// The owner of an access key: a session, an account's number, or the default account.
    pub(crate) fn caller(&self, key: &str, default: &str) -> Caller {
        if let Some(caller) = self.0.get(key) {
            return caller.clone();
        }
        let is_account = key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit());
        let account = if is_account { key } else { default };
        Caller {
            account: account.to_owned(),
            arn: format!("arn:aws:iam::{account}:user/sandbox"),
        }
    }

    /// AssumeRole.
    pub(crate) fn assume(&mut self, form: &Form, now: Timestamp) -> Result<String, Failure> {
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
        let name = resource.rsplit('/').next().unwrap_or_default();
        let arn = format!("arn:aws:sts::{account}:assumed-role/{name}/{session}");
        // The same session gets the same key.
        let mark = arn.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let key = format!("ASIA{mark:016X}");
        let caller = Caller {
            account: account.to_owned(),
            arn: arn.clone(),
        };
        self.0.insert(key.clone(), caller);
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
