#![doc = include_str!("../README.md")]

mod answer;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Clock, Manifests, PortError, PortErrorKind, Secret, Secrets, Source};
use github::web::{self, Answer, Patience, Question, Web, encoded};
use jiff::Timestamp;
use reqwest::Url;

const OP: &str = "argocd:GetManifests";

/// How long a server may take: it may have to fetch a repository and render it first.
const RENDERING: Duration = Duration::from_secs(60);

/// Bytes of an answer: all objects of an application.
const LARGEST: usize = manifests::LARGEST_SOURCE;

/// An application of an Argo CD server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The server's address, `https://argocd.example.com`.
    pub server: String,
    /// A reference to the token of an account that may get applications.
    pub token: String,
    /// The application's name.
    pub name: String,
    /// The namespace that it is in; `None` for the server's own.
    pub namespace: Option<String>,
}

/// What an Argo CD server renders of an application.
pub struct Rendered {
    application: Application,
    server: String,
    /// What errors and places call it.
    place: String,
    secrets: Arc<dyn Secrets>,
    web: Web,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered")
            .field("application", &self.application)
            .finish_non_exhaustive()
    }
}

impl Rendered {
    /// An application's manifests. Trusts the certificate authorities in
    /// `SSL_CERT_FILE` where that is set, else Mozilla's. Nothing is asked yet.
    ///
    /// # Errors
    ///
    /// [`PortErrorKind::Invalid`] for a server's address or a name that is none,
    /// or where `SSL_CERT_FILE` holds no certificates.
    pub fn new(
        application: Application,
        patience: Patience,
        secrets: Arc<dyn Secrets>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, PortError> {
        let names = [Some(&application.name), application.namespace.as_ref()];
        if let Some(name) = names.into_iter().flatten().find(|it| !is_name(it)) {
            let what = format!(
                "`{}` is no name of an application or a namespace",
                name.escape_debug()
            );
            return Err(PortError::new(PortErrorKind::Invalid, OP, what));
        }
        Ok(Self {
            server: web::address(OP, &application.server)?,
            place: format!("argocd application {}", application.name),
            web: Web::new(clock, patience)?,
            secrets,
            application,
        })
    }

    fn url(&self, revision: Option<&str>) -> Option<Url> {
        let namespace = self.application.namespace.as_deref();
        let query: Vec<String> = [("revision", revision), ("appNamespace", namespace)]
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}={}", encoded(value?))))
            .collect();
        let name = &self.application.name;
        let address = format!(
            "{}/api/v1/applications/{name}/manifests?{}",
            self.server,
            query.join("&")
        );
        Url::parse(&address).ok()
    }

    /// What a refusal means, and what to do about it.
    fn refusal(&self, question: &Question<'_>, answer: &Answer) -> PortError {
        let token = &self.application.token;
        let (kind, what) = match answer.status {
            401 => (
                PortErrorKind::Denied,
                format!("the token of {token} is not valid, or not any more; store another"),
            ),
            // The server says 403 of what is not there, too.
            403 => (
                PortErrorKind::Denied,
                format!(
                    "there is no such application, or the account of {token} may not get it: check name and namespace, and give it `applications, get`"
                ),
            ),
            404 => (
                PortErrorKind::NotFound,
                "there is no such application, or no Argo CD at the server's address".to_owned(),
            ),
            300..=399 => (
                PortErrorKind::Invalid,
                format!(
                    "answered {}, a redirect, which is not followed with a token; give the address it leads to",
                    answer.status
                ),
            ),
            status => (PortErrorKind::Invalid, format!("answered {status}")),
        };
        let words = match answer.words() {
            words if words.is_empty() => words,
            words => format!(" (Argo CD: {words})"),
        };
        question.error(kind, &format!("{what}{words}"))
    }
}

#[async_trait]
impl Source for Rendered {
    async fn read(&self, revision: Option<&str>) -> Result<Manifests, PortError> {
        let url = self.url(revision).ok_or_else(|| {
            let what = format!("{}: no address can be made of it", self.place);
            PortError::new(PortErrorKind::Invalid, OP, what)
        })?;
        let token = self.secrets.resolve(&self.application.token).await?;
        let question = Question {
            authorization: Some(Secret::new(format!("Bearer {}", token.reveal().trim()))),
            follow: false,
            time: Some(RENDERING),
            most: LARGEST,
            ..Question::get(OP, &self.place, url)
        };
        let answer = self.web.ask(&question).await?;
        if answer.status != 200 {
            return Err(self.refusal(&question, &answer));
        }
        let mut manifests = answer::read(&self.place, &answer.body).ok_or_else(|| {
            let what = "the answer holds no manifests; check the server's address";
            question.error(PortErrorKind::Invalid, what)
        })?;
        if manifests.revision.is_none() {
            manifests.revision = revision.map(str::to_owned);
        }
        Ok(manifests)
    }

    /// The server tells no times of commits.
    async fn ahead_since(&self, _revision: &str) -> Result<Option<Timestamp>, PortError> {
        Ok(None)
    }
}

/// Whether a text can be the name of an object; it becomes part of an address.
fn is_name(text: &str) -> bool {
    let is_allowed =
        |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-' || it == b'.';
    (1..=253).contains(&text.len())
        && text.bytes().all(is_allowed)
        && text.starts_with(|it: char| it.is_ascii_alphanumeric())
        && text.ends_with(|it: char| it.is_ascii_alphanumeric())
}
