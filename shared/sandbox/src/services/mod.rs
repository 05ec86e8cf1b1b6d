//! The services that tell what hangs on resources.

mod ec2;
mod eks;
mod iam;
mod kms;
mod s3;

use serde_json::Value;

use crate::answer::{Answer, Failure};
use crate::form::Form;
use crate::state::{State, Where};

pub(crate) use iam::NAMESPACE as IAM;

/// One call of such a service.
pub(crate) struct Ask<'a> {
    pub(crate) state: &'a State,
    pub(crate) place: &'a Where,
    pub(crate) operation: &'a str,
    pub(crate) form: &'a Form,
    pub(crate) body: &'a [u8],
    pub(crate) path: &'a str,
    /// The query of the address, without its question mark.
    pub(crate) query: &'a str,
    pub(crate) request_id: &'a str,
}

/// One of the services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ec2,
    Iam,
    S3,
    Kms,
    Eks,
}

impl Kind {
    /// The service that a credential's scope names.
    pub(crate) fn of(scope: &str) -> Option<Self> {
        Some(match scope {
            "ec2" => Self::Ec2,
            "iam" => Self::Iam,
            "s3" => Self::S3,
            "kms" => Self::Kms,
            "eks" => Self::Eks,
            _ => return None,
        })
    }

    /// Its name in scopes and actions.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::Iam => "iam",
            Self::S3 => "s3",
            Self::Kms => "kms",
            Self::Eks => "eks",
        }
    }

    /// The action that a request of one of the REST services is.
    pub(crate) fn operation(self, method: &str, path: &str, query: &str) -> String {
        match self {
            Self::S3 => s3::operation(method, query),
            Self::Eks => eks::operation(method, path),
            _ => String::new(),
        }
    }

    /// The resources that a request names.
    pub(crate) fn named(self, form: &Form, body: &[u8], path: &str) -> Vec<String> {
        match self {
            Self::Ec2 => ec2::named(form),
            Self::Iam => iam::named(form),
            Self::S3 => vec![s3::bucket(path)],
            Self::Kms => kms::named(body),
            Self::Eks => eks::named(path),
        }
    }

    pub(crate) fn answer(self, ask: &Ask<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Ec2 => ec2::answer(ask),
            Self::Iam => iam::answer(ask),
            Self::S3 => s3::answer(ask),
            Self::Kms => kms::answer(ask),
            Self::Eks => eks::answer(ask),
        }
    }
}

/// A page of a list, and the token of the next one where there is one.
fn page<T>(
    rows: Vec<T>,
    token: Option<&str>,
    size: usize,
) -> Result<(Vec<T>, Option<String>), &'static str> {
    let offset = match token {
        None => 0,
        Some(token) => token
            .strip_prefix("from-")
            .and_then(|number| number.parse().ok())
            .ok_or("not a token")?,
    };
    let next = (rows.len() > offset + size).then(|| format!("from-{}", offset + size));
    let rows = rows.into_iter().skip(offset).take(size);
    Ok((rows.collect(), next))
}

/// What a list is to have on a page: a number within these bounds.
fn size(given: Option<&str>, bounds: (usize, usize), default: usize) -> Option<usize> {
    let Some(given) = given else {
        return Some(default);
    };
    let number = given.parse().ok()?;
    (bounds.0 <= number && number <= bounds.1).then_some(number)
}

/// A parameter in the query of an address.
fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// An answer in JSON 1.1.
fn json(value: &Value) -> Answer {
    Answer::new(200, "application/x-amz-json-1.1", value.to_string())
}
