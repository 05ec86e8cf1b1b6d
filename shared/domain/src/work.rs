//! What the functions ask of each other through their queues.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::message::API_VERSION;
use crate::ports::{PortError, PortErrorKind};

/// A function that is fed by a queue of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Queue {
    /// Looks at stacks.
    StackDrift,
    /// Looks at clusters.
    ClusterDrift,
    /// Follows AWS Config.
    ConfigChange,
    /// Tells people.
    Notify,
    /// Follows the registry.
    ImagePush,
}

impl Queue {
    /// Every queue.
    pub const ALL: [Self; 5] = [
        Queue::StackDrift,
        Queue::ClusterDrift,
        Queue::ConfigChange,
        Queue::Notify,
        Queue::ImagePush,
    ];

    /// The longest that a queue holds a message back.
    pub const LONGEST_DELAY: Duration = Duration::from_secs(900);

    /// The function's name, which is its folder's.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Queue::StackDrift => "stack-drift",
            Queue::ClusterDrift => "cluster-drift",
            Queue::ConfigChange => "config-change",
            Queue::Notify => "notify",
            Queue::ImagePush => "image-push",
        }
    }

    /// The environment variable that holds the queue's URL.
    #[must_use]
    pub const fn variable(self) -> &'static str {
        match self {
            Queue::StackDrift => "PLUMBLINE_QUEUE_STACK_DRIFT",
            Queue::ClusterDrift => "PLUMBLINE_QUEUE_CLUSTER_DRIFT",
            Queue::ConfigChange => "PLUMBLINE_QUEUE_CONFIG_CHANGE",
            Queue::Notify => "PLUMBLINE_QUEUE_NOTIFY",
            Queue::ImagePush => "PLUMBLINE_QUEUE_IMAGE_PUSH",
        }
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A piece of work. It only says what to look at; who does it reads the present state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all_fields = "camelCase")]
pub enum Work {
    /// Look at a stack.
    LookAtStack {
        /// Its ARN.
        stack_id: String,
        /// The target that leads to it.
        target: String,
        /// When the look was asked for; one that began since then will do.
        asked_at: Timestamp,
        /// The slot that was reserved for its detection.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        not_before: Option<Timestamp>,
        /// How often it was tried before.
        #[serde(default)]
        attempt: u32,
    },
    /// Collect what a detection found, should its completion event be lost.
    CollectStack {
        /// The stack's ARN.
        stack_id: String,
        /// The detection, where it is known.
        detection_id: Option<String>,
    },
    /// Look at one resource of a stack, which changed as AWS Config says.
    LookAtResource {
        /// The stack's ARN.
        stack_id: String,
        /// The resource's name in the template.
        logical_id: String,
        /// When the change was; a look that began since then will do.
        asked_at: Timestamp,
        /// How often it was tried before.
        #[serde(default)]
        attempt: u32,
    },
    /// Ask the trail who made what a finding shows.
    Attribute {
        /// The finding's id.
        finding: String,
        /// How often was asked before.
        #[serde(default)]
        attempt: u32,
        /// The slot that was reserved for looking it up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        not_before: Option<Timestamp>,
    },
    /// Look at what a target watches in a cluster.
    LookAtCluster {
        /// The target's name.
        target: String,
        /// When the look was asked for; one that began since then will do.
        asked_at: Timestamp,
        /// How often it was tried before.
        #[serde(default)]
        attempt: u32,
    },
    /// See whether an incident is settled: closed, and clean in one more look.
    SettleIncident {
        /// The incident's id.
        incident: String,
    },
    /// See whether a target's baseline is to be told.
    TellBaseline {
        /// The target's name.
        target: String,
    },
}

impl Work {
    /// The queue it belongs on.
    #[must_use]
    pub const fn queue(&self) -> Queue {
        match self {
            Work::LookAtStack { .. }
            | Work::CollectStack { .. }
            | Work::LookAtResource { .. }
            | Work::Attribute { .. } => Queue::StackDrift,
            Work::LookAtCluster { .. } => Queue::ClusterDrift,
            Work::SettleIncident { .. } | Work::TellBaseline { .. } => Queue::Notify,
        }
    }

    /// What it is about; the same for the same work, whenever it is to be done.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Work::LookAtStack { stack_id, .. } => format!("look#{stack_id}"),
            Work::CollectStack { stack_id, .. } => format!("collect#{stack_id}"),
            Work::LookAtResource {
                stack_id,
                logical_id,
                ..
            } => format!("look#{stack_id}#{logical_id}"),
            Work::Attribute { finding, .. } => format!("attribute#{finding}"),
            Work::LookAtCluster { target, .. } => format!("cluster#{target}"),
            Work::SettleIncident { incident } => format!("settle#{incident}"),
            Work::TellBaseline { target } => format!("baseline#{target}"),
        }
    }

    /// The body of its message.
    #[must_use]
    pub fn body(&self) -> String {
        // Strings, numbers and times only: none of them can fail to be JSON.
        serde_json::to_value(self)
            .map(|mut body| {
                body["apiVersion"] = API_VERSION.into();
                body.to_string()
            })
            .unwrap_or_default()
    }

    /// Reads a body; `None` where it is no message of Plumbline's at all (an event from elsewhere, say).
    ///
    /// # Errors
    ///
    /// [`PortErrorKind::Invalid`] where it calls itself one and cannot be read; names the key.
    pub fn read(body: &serde_json::Value) -> Option<Result<Self, PortError>> {
        let version = body.get("apiVersion")?;
        let invalid = |detail: String| PortError::new(PortErrorKind::Invalid, "message", detail);
        if version != API_VERSION {
            let given = version
                .as_str()
                .filter(|it| it.starts_with("plumbline/") && it.len() <= 20);
            return Some(Err(invalid(format!(
                "apiVersion: this version reads {API_VERSION}, not {}",
                given.unwrap_or("what is there")
            ))));
        }
        Some(Self::deserialize(body).map_err(|error| invalid(without_values(&error.to_string()))))
    }
}

/// The parser's words without what it read there, but for a short name of a kind.
fn without_values(words: &str) -> String {
    let is_name = |it: &&str| it.len() <= 40 && it.chars().all(|c| c.is_ascii_alphabetic());
    if words.starts_with("missing field") {
        return words.to_owned();
    }
    if let Some(rest) = words.strip_prefix("unknown variant `") {
        let kind = rest.split('`').next().filter(is_name);
        return format!("kind: {} is none that is known", kind.unwrap_or("it"));
    }
    match words.rsplit_once("expected ") {
        Some((_, expected)) => format!("a field is not {expected}"),
        None => "it cannot be read".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_comes_back_from_its_body() {
        let at = Timestamp::new(1_790_000_000, 5).unwrap();
        for work in [
            Work::LookAtStack {
                stack_id: "arn".to_owned(),
                target: "t".to_owned(),
                asked_at: at,
                not_before: Some(at),
                attempt: 2,
            },
            Work::CollectStack {
                stack_id: "arn".to_owned(),
                detection_id: None,
            },
            Work::LookAtResource {
                stack_id: "arn".to_owned(),
                logical_id: "Queue".to_owned(),
                asked_at: at,
                attempt: 1,
            },
            Work::Attribute {
                finding: "f-1".to_owned(),
                attempt: 0,
                not_before: None,
            },
            Work::LookAtCluster {
                target: "t".to_owned(),
                asked_at: at,
                attempt: 1,
            },
            Work::SettleIncident {
                incident: "i-1".to_owned(),
            },
            Work::TellBaseline {
                target: "t".to_owned(),
            },
        ] {
            let body = serde_json::from_str(&work.body()).unwrap();
            assert_eq!(Work::read(&body).unwrap().unwrap(), work);
        }
    }

    #[test]
    fn what_is_not_ours_is_told_from_what_is_broken() {
        let read = |text: &str| Work::read(&serde_json::from_str(text).unwrap());
        assert!(read(r#"{"detail-type":"x"}"#).is_none());
        let error = |text| read(text).unwrap().unwrap_err().to_string();
        assert!(error(r#"{"apiVersion":"plumbline/v2","kind":"LookAtStack"}"#).contains("v2"));
        assert!(error(r#"{"apiVersion":"plumbline/v1","kind":"Dance"}"#).contains("Dance"));
        assert!(error(r#"{"apiVersion":"plumbline/v1","kind":"LookAtStack"}"#).contains("stackId"));
        for secret in [
            r#"{"apiVersion":"plumbline/v1","kind":"SettleIncident","incident":{"hunter2":1}}"#,
            r#"{"apiVersion":"plumbline/v1","kind":"hunter2-hunter2"}"#,
            r#"{"apiVersion":"plumbline/v1","kind":"LookAtStack","stackId":"a","target":"t","askedAt":"hunter2"}"#,
            r#"{"apiVersion":"plumbline/v1","kind":"LookAtStack","stackId":"a","target":"t","attempt":"hunter2"}"#,
            r#"{"apiVersion":"hunter2"}"#,
        ] {
            assert!(!error(secret).contains("hunter2"), "{}", error(secret));
        }
    }
}
