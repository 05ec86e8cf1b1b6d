//! The ids, names and ARNs that a record names.
//!
//! Only what stands under the key of a name is taken, and never a value: what a
//! call set (a policy, a variable, a password) is none of attribution's business.
//!
//! A name that says nothing of its kind is kept twice, as `deploy` and as
//! `role/deploy`: a role and its inline policy are often called the same, and
//! who changed another role's policy `deploy` did not touch the role `deploy`.

use serde_json::Value;

/// Names of one call. What it names beyond is not attributed to it.
const MOST: usize = 50;

/// Characters of a name; ARNs are shorter.
const LENGTH: usize = 512;

/// How deep names stand at most: `ipPermissions.items[].groups.items[].groupId` is seven.
const DEPTH: usize = 12;

/// Ends of keys under which names stand, in the spelling of CloudTrail and of the APIs.
const ENDS: [&str; 10] = [
    "Id",
    "Ids",
    "Name",
    "Names",
    "Arn",
    "Arns",
    "ARN",
    "ARNs",
    "Identifier",
    "Identifiers",
];

/// Whole keys under which names stand.
const KEYS: [&str; 4] = [
    "destinationCidrBlock",
    "destinationIpv6CidrBlock",
    "queueUrl",
    "resource",
];

/// Whole keys that are the kind of what they name.
const KINDS: [&str; 3] = ["cluster", "service", "topic"];

/// Whole keys that name the thing itself, but only near the top: further down
/// they name a variable, a header, a filter.
const PLAIN: [&str; 3] = ["arn", "id", "name"];

/// Keys that end like a name and hold something else: credentials, the call's own id, who owns it.
const NOT: [&str; 12] = [
    "accessKeyId",
    "accountId",
    "awsAccountId",
    "clientId",
    "externalId",
    "groupOwnerId",
    "ownerId",
    "principalId",
    "requestId",
    "secretAccessKeyId",
    "sourceIdentityId",
    "userId",
];

/// The names, each once, in the order in which they stand.
pub(crate) fn of(record: &Value) -> Vec<String> {
    let mut names = Names(Vec::new());
    for resource in record["resources"].as_array().into_iter().flatten() {
        for key in ["ARN", "arn"] {
            names.take_as("arn", &resource[key]);
        }
    }
    for part in [
        "requestParameters",
        "responseElements",
        "serviceEventDetails",
    ] {
        names.walk(&record[part], 0);
    }
    names.0
}

struct Names(Vec<String>);

impl Names {
    fn walk(&mut self, value: &Value, depth: usize) {
        if depth > DEPTH {
            return;
        }
        match value {
            Value::Object(object) => {
                for (key, value) in object {
                    let key = uncapitalized(key);
                    if is_name(&key, depth) {
                        self.take_as(&key, value);
                        for value in value.as_array().into_iter().flatten() {
                            self.take_as(&key, value);
                        }
                    }
                    self.walk(value, depth + 1);
                }
            }
            Value::Array(values) => {
                for value in values {
                    self.walk(value, depth + 1);
                }
            }
            _ => {}
        }
    }

    /// Takes a name, and where it is only a word, before it the same with its
    /// kind: if there is room for one of the two, the word alone would say too much.
    fn take_as(&mut self, key: &str, value: &Value) {
        let Some(name) = value.as_str().filter(|name| is_a_name(name)) else {
            return;
        };
        match kind(key) {
            Some(kind) if !is_unique(name) => {
                let with_kind = format!("{kind}/{name}");
                if with_kind.chars().count() <= LENGTH {
                    self.push(&with_kind);
                    self.push(name);
                }
            }
            _ => self.push(name),
        }
    }

    fn push(&mut self, name: &str) {
        if self.0.len() < MOST && !self.0.iter().any(|known| known == name) {
            self.0.push(name.to_owned());
        }
    }
}

/// CloudTrail hides what is secret behind a word of its own; a document is no name.
fn is_a_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().count() <= LENGTH
        && !text.starts_with(['{', '[', '<', '*'])
        && !text.starts_with("HIDDEN_")
        && !text.chars().any(char::is_control)
}

/// Whether a name can be one thing's only: an ARN, an address, `sg-0a1b2c3d`, a UUID.
pub(crate) fn is_unique(name: &str) -> bool {
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_uuid = name.len() == 36 && name.split('-').all(is_hex);
    let is_numbered = name.rsplit_once('-').is_some_and(|(kind, number)| {
        let is_kind = kind
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        is_kind && number.len() >= 8 && is_hex(number)
    });
    name.starts_with("arn:") || name.contains("://") || is_uuid || is_numbered
}

/// `role` of `roleName`.
fn kind(key: &str) -> Option<&str> {
    let kind = ["Name", "Names", "Id", "Ids", "Identifier", "Identifiers"]
        .iter()
        .find_map(|end| key.strip_suffix(end));
    kind.or_else(|| KINDS.contains(&key).then_some(key))
}

/// Keys begin in lower case in most services' records and in upper case in some.
fn uncapitalized(key: &str) -> String {
    let mut rest = key.chars();
    let first = rest.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(rest).collect()
}

fn is_name(key: &str, depth: usize) -> bool {
    let is_plain = depth <= 1 && PLAIN.contains(&key);
    let ends = ENDS.iter().any(|end| {
        key.strip_suffix(end)
            .is_some_and(|before| !before.is_empty())
    });
    let is_whole = KEYS.contains(&key) || KINDS.contains(&key);
    (is_plain || ends || is_whole) && !NOT.contains(&key)
}
