//! Secrets by reference: Secrets Manager, SSM's SecureStrings, variables, files.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use domain::ports::{PortError, PortErrorKind, Secret, Secrets};
use serde_json::{Value, json};

use crate::connection::Access;
use crate::failure::invalid;
use crate::refusal::refusal_in_json;
use crate::signed::{Call, Service, bytes_of};

const SECRETS_MANAGER: Service = Service {
    name: "secretsmanager",
    id: "Secrets Manager",
};
const SSM: Service = Service {
    name: "ssm",
    id: "SSM",
};

const GET_SECRET: &str = "secretsmanager:GetSecretValue";
const GET_PARAMETER: &str = "ssm:GetParameter";
const REFERENCE: &str = "secret";

/// How long a secret is used before it is asked for again: so long does a
/// rotated one go on working, and so rarely is its keeper asked.
const LIFETIME: Duration = Duration::from_secs(300);

/// Secrets by reference. What AWS keeps is asked for at its first use and kept
/// for five minutes; nothing is asked of AWS yet.
#[must_use]
pub fn secrets(access: &Access) -> Arc<dyn Secrets> {
    Arc::new(AwsSecrets {
        access: access.clone(),
        lifetime: LIFETIME,
        known: Mutex::default(),
    })
}

pub(crate) struct AwsSecrets {
    pub(crate) access: Access,
    pub(crate) lifetime: Duration,
    /// By scheme and name, so that two keys of one secret are one call.
    pub(crate) known: Mutex<HashMap<String, (Instant, Secret)>>,
}

#[async_trait]
impl Secrets for AwsSecrets {
    async fn resolve(&self, reference: &str) -> Result<Secret, PortError> {
        let (scheme, name) = reference.split_once(':').unwrap_or(("", ""));
        if name.is_empty() {
            return Err(no_reference());
        }
        match scheme {
            "env" => variable(name),
            "file" => file(name),
            "ssm-secure" => self.kept(scheme, name).await,
            "secretsmanager" => match name.rsplit_once('#') {
                None => self.kept(scheme, name).await,
                Some((name, key)) => {
                    let whole = self.kept(scheme, name).await?;
                    member(&whole, name, key)
                }
            },
            _ => Err(no_reference()),
        }
    }
}

impl AwsSecrets {
    async fn kept(&self, scheme: &str, name: &str) -> Result<Secret, PortError> {
        let at = format!("{scheme}:{name}");
        let known = self
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&at)
            .filter(|(since, _)| since.elapsed() < self.lifetime)
            .map(|(_, secret)| secret.clone());
        if let Some(secret) = known {
            return Ok(secret);
        }
        let secret = match scheme {
            "ssm-secure" => self.parameter(name).await?,
            _ => self.secret(name).await?,
        };
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(at, (Instant::now(), secret.clone()));
        Ok(secret)
    }

    async fn secret(&self, name: &str) -> Result<Secret, PortError> {
        let answer = self
            .ask(
                (
                    GET_SECRET,
                    &SECRETS_MANAGER,
                    "secretsmanager.GetSecretValue",
                ),
                json!({"SecretId": name}),
            )
            .await?;
        text(&answer, "/SecretString").ok_or_else(|| {
            invalid(
                GET_SECRET,
                format!("{name}: the secret has no text; store it as SecretString, not as binary"),
            )
        })
    }

    async fn parameter(&self, name: &str) -> Result<Secret, PortError> {
        let answer = self
            .ask(
                (GET_PARAMETER, &SSM, "AmazonSSM.GetParameter"),
                json!({"Name": name, "WithDecryption": true}),
            )
            .await?;
        // A plain parameter is readable by whoever may list parameters.
        if answer.pointer("/Parameter/Type") != Some(&json!("SecureString")) {
            return Err(invalid(
                GET_PARAMETER,
                format!("{name}: the parameter is not a SecureString"),
            ));
        }
        text(&answer, "/Parameter/Value")
            .ok_or_else(|| invalid(GET_PARAMETER, format!("{name}: the answer has no Value")))
    }

    async fn ask(
        &self,
        (op, service, target): (&'static str, &Service, &str),
        body: Value,
    ) -> Result<Value, PortError> {
        let url = self
            .access
            .own_endpoint(service)
            .unwrap_or_else(|| format!("https://{}", self.access.host(service)));
        let call = Call {
            op,
            service,
            method: "POST",
            url: format!("{url}/"),
            headers: vec![
                ("content-type", "application/x-amz-json-1.1".to_owned()),
                ("x-amz-target", target.to_owned()),
            ],
            body: body.to_string(),
            refusal: refusal_in_json,
        };
        let answer = self.access.call(&call).await.map_err(own_meaning)?;
        // The parser's message would quote from the answer.
        serde_json::from_slice(&bytes_of(&answer))
            .map_err(|_| invalid(op, "the answer is not JSON"))
    }
}

/// What only these services' codes mean.
fn own_meaning(error: PortError) -> PortError {
    let code = error.detail.split([':', ' ']).next().unwrap_or_default();
    let kind = match code {
        "ParameterNotFound" | "ParameterVersionNotFound" => PortErrorKind::NotFound,
        "DecryptionFailure" | "InvalidKeyId" => PortErrorKind::Denied,
        _ => error.kind,
    };
    PortError { kind, ..error }
}

fn text(answer: &Value, pointer: &str) -> Option<Secret> {
    let text = answer.pointer(pointer)?.as_str()?;
    (!text.is_empty()).then(|| Secret::new(text))
}

fn member(whole: &Secret, name: &str, key: &str) -> Result<Secret, PortError> {
    let body: Option<Value> = serde_json::from_str(whole.reveal()).ok();
    let value = body.as_ref().and_then(|body| body.get(key));
    match value {
        Some(Value::String(text)) if !text.is_empty() => Ok(Secret::new(text.as_str())),
        Some(Value::Object(object)) => Ok(Secret::new(Value::from(object.clone()).to_string())),
        _ => Err(invalid(
            GET_SECRET,
            format!("{name}: the secret is no JSON object with a text at its key `{key}`"),
        )),
    }
}

fn variable(name: &str) -> Result<Secret, PortError> {
    match std::env::var(name) {
        Ok(text) if !text.is_empty() => Ok(Secret::new(text)),
        _ => Err(PortError::new(
            PortErrorKind::NotFound,
            REFERENCE,
            format!("env:{name}: the variable is not set or empty"),
        )),
    }
}

fn file(path: &str) -> Result<Secret, PortError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => PortErrorKind::NotFound,
            std::io::ErrorKind::PermissionDenied => PortErrorKind::Denied,
            _ => PortErrorKind::Invalid,
        };
        PortError::new(kind, REFERENCE, format!("file:{path}: {error}"))
    })?;
    // Editors end a file with a line break that is not the secret's.
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(invalid(
            REFERENCE,
            format!("file:{path}: the file is empty"),
        )),
        text => Ok(Secret::new(text)),
    }
}

/// It may be the secret itself that stands there, so it is not quoted.
fn no_reference() -> PortError {
    invalid(
        REFERENCE,
        "not a reference to a secret: write ssm-secure:NAME, secretsmanager:NAME[#key], env:NAME or file:PATH",
    )
}
