//! Credential plugins: the commands that a kubeconfig names under `exec`.
//!
//! They are run here and not by `kube`, which runs one three times at the start, waits for it without end and prints
//! what it wrote, tokens included, when it fails.

use std::io::{ErrorKind, IsTerminal as _};
use std::process::{Output, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{PortError, PortErrorKind};
use jiff::Timestamp;
use kube::config::{AuthInfo, ExecConfig, ExecInteractiveMode};
use serde::Deserialize;
use serde_json::json;
use tokio::process::Command;

use crate::failure::{clean, foreign, invalid};
use crate::token::{Issued, Issuer};

const PLUGIN: &str = "kubernetes:exec-plugin";

/// A plugin.
pub(crate) struct Plugin {
    config: ExecConfig,
    command: String,
    limit: Duration,
}

/// What a plugin gave.
#[derive(Default)]
pub(crate) struct Given {
    /// A token.
    pub(crate) token: Option<Issued>,
    /// A client certificate and its key, as a kubeconfig would hold them.
    pub(crate) certificate: Option<AuthInfo>,
}

#[derive(Deserialize)]
struct Credential {
    #[serde(default)]
    status: Option<CredentialStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CredentialStatus {
    #[serde(default)]
    expiration_timestamp: Option<Timestamp>,
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    client_certificate_data: Option<String>,
    #[serde(default)]
    client_key_data: Option<String>,
}

impl Plugin {
    pub(crate) fn new(config: ExecConfig, limit: Duration) -> Result<Self, PortError> {
        let command = config.command.clone().filter(|it| !it.is_empty());
        let command =
            command.ok_or_else(|| invalid(PLUGIN, "the kubeconfig's exec has no command"))?;
        Ok(Self {
            config,
            command,
            limit,
        })
    }

    /// Runs it.
    pub(crate) async fn run(&self) -> Result<Given, PortError> {
        let output = self.output().await?;
        if !output.status.success() {
            // What it wrote to its standard output may be a credential; the other is for people.
            let said = String::from_utf8_lossy(&output.stderr);
            let lines: Vec<&str> = said.lines().filter(|it| !it.trim().is_empty()).collect();
            let last = lines
                .last()
                .map_or_else(String::new, |it| format!(": {}", foreign(it)));
            return Err(self.failed(PortErrorKind::Denied, &format!("{}{last}", output.status)));
        }
        let credential: Credential = serde_json::from_slice(&output.stdout).map_err(|_| {
            self.failed(PortErrorKind::Invalid, "it wrote no ExecCredential in JSON")
        })?;
        let status = credential.status.ok_or_else(|| {
            self.failed(PortErrorKind::Invalid, "its ExecCredential has no status")
        })?;
        let until = status.expiration_timestamp;
        let token = match status.token.as_deref().map(str::trim) {
            Some(token) if !token.is_empty() => Some(Issued::bearer(PLUGIN, token, until)?),
            _ => None,
        };
        let certificate = match (status.client_certificate_data, status.client_key_data) {
            (Some(certificate), Some(key)) => Some(self.certificate(&certificate, &key)?),
            _ => None,
        };
        if token.is_none() && certificate.is_none() {
            let what =
                "its ExecCredential has neither a token nor a client certificate with its key";
            return Err(self.failed(PortErrorKind::Invalid, what));
        }
        Ok(Given { token, certificate })
    }

    fn certificate(&self, certificate: &str, key: &str) -> Result<AuthInfo, PortError> {
        let held = json!({
            "client-certificate-data": base64(certificate.as_bytes()),
            "client-key-data": base64(key.as_bytes()),
        });
        serde_json::from_value(held).map_err(|_| {
            let what = "its client certificate cannot be used";
            self.failed(PortErrorKind::Invalid, what)
        })
    }

    async fn output(&self) -> Result<Output, PortError> {
        let terminal = std::io::stdin().is_terminal();
        let interactive = match self.config.interactive_mode {
            Some(ExecInteractiveMode::Never) => false,
            Some(ExecInteractiveMode::Always) if !terminal => {
                let what = "it must ask on a terminal (interactiveMode: Always), and this is none";
                return Err(self.failed(PortErrorKind::Denied, what));
            }
            _ => terminal,
        };
        let mut spec = json!({ "interactive": interactive });
        if self.config.provide_cluster_info {
            spec["cluster"] = json!(self.config.cluster);
        }
        let version = self.config.api_version.as_deref();
        let about = json!({
            "apiVersion": version.unwrap_or("client.authentication.k8s.io/v1"),
            "kind": "ExecCredential",
            "spec": spec,
        });
        let mut command = Command::new(&self.command);
        command
            .args(self.config.args.iter().flatten())
            .env("KUBERNETES_EXEC_INFO", about.to_string())
            .kill_on_drop(true)
            .stdout(Stdio::piped());
        for pair in self.config.env.iter().flatten() {
            if let (Some(name), Some(value)) = (pair.get("name"), pair.get("value")) {
                command.env(name, value);
            }
        }
        if interactive {
            command.stdin(Stdio::inherit()).stderr(Stdio::inherit());
        } else {
            command.stdin(Stdio::null()).stderr(Stdio::piped());
        }
        let run = async { command.spawn()?.wait_with_output().await };
        match tokio::time::timeout(self.limit, run).await {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(error)) if error.kind() == ErrorKind::NotFound => {
                let hint = self
                    .config
                    .install_hint
                    .as_deref()
                    .unwrap_or("is it installed?");
                Err(self.failed(
                    PortErrorKind::Denied,
                    &format!("there is no such command; {hint}"),
                ))
            }
            Ok(Err(error)) => Err(self.failed(PortErrorKind::Denied, &error.to_string())),
            Err(_) => {
                let what = format!(
                    "it did not end within {:?}; run it by hand once",
                    self.limit
                );
                Err(self.failed(PortErrorKind::Timeout, &what))
            }
        }
    }

    /// The arguments are left out: they may hold a secret.
    fn failed(&self, kind: PortErrorKind, what: &str) -> PortError {
        let detail = clean(&format!("credential plugin {}: {what}", self.command));
        PortError::new(kind, PLUGIN, detail)
    }
}

#[async_trait]
impl Issuer for Plugin {
    async fn issue(&self) -> Result<Issued, PortError> {
        let given = self.run().await?;
        given.token.ok_or_else(|| {
            let what = "it gave a token before and now gives none";
            self.failed(PortErrorKind::Invalid, what)
        })
    }
}

/// Bytes as a kubeconfig holds them.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |index: usize| u32::from(three.get(index).copied().unwrap_or_default());
        let bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place)) as usize & 63];
            let is_there = place <= three.len();
            text.push(if is_there { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn bytes_are_written_in_base64_with_padding() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("\u{3ff}\u{3ff}?", "z7/Pvz8="),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
