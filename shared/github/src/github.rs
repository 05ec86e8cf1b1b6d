//! GitHub's REST API: who asks, and one question.

use std::fmt;
use std::sync::Arc;

use domain::ports::{Clock, PortError, PortErrorKind, Secret, Secrets};
use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use reqwest::header::{ACCEPT, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::app::{App, Credentials};
use crate::archive::Limits;
use crate::web::{self, Answer, Patience, Question, Web};

/// The API of github.com.
pub const GITHUB: &str = "https://api.github.com";

/// The version of the API that is spoken.
const VERSION: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-github-api-version"),
    HeaderValue::from_static("2022-11-28"),
);

/// How long before its end an installation's token is renewed.
const RENEWED: SignedDuration = SignedDuration::from_mins(5);

const TOKEN: &str = "github:CreateInstallationToken";

/// How GitHub is reached.
#[derive(Clone, Debug)]
pub struct Options {
    /// The API: [`GITHUB`], or `https://HOST/api/v3` of a GitHub Enterprise Server.
    pub server: String,
    /// A reference to a token, or to an App's `{appId, installationId,
    /// privateKey}`; `None` reads public repositories, sixty times an hour.
    pub credentials: Option<String>,
    /// How patient the client is.
    pub patience: Patience,
    /// How large an archive may be.
    pub limits: Limits,
}

impl Default for Options {
    /// github.com without credentials.
    fn default() -> Self {
        Self {
            server: GITHUB.to_owned(),
            credentials: None,
            patience: Patience::default(),
            limits: Limits::default(),
        }
    }
}

/// GitHub, read by one App's installation, one token or nobody.
pub struct Github {
    web: Web,
    server: String,
    credentials: Option<String>,
    secrets: Arc<dyn Secrets>,
    pub(crate) limits: Limits,
    /// The installation's token and its end.
    kept: Mutex<Option<(Secret, Timestamp)>>,
}

/// It holds a token, so nothing but the address is shown.
impl fmt::Debug for Github {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Github")
            .field("server", &self.server)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

/// A GET below the API's address.
pub(crate) struct Get<'a> {
    pub(crate) op: &'static str,
    /// What errors call the place: `owner/name`.
    pub(crate) about: &'a str,
    /// Path and query, `/repos/…`, its parts encoded.
    pub(crate) path: String,
    pub(crate) accept: &'static str,
    /// An entity tag that the answer may still have.
    pub(crate) known: Option<HeaderValue>,
    /// The most bytes of the answer.
    pub(crate) most: usize,
    pub(crate) time: Option<std::time::Duration>,
}

/// JSON as GitHub gives it.
pub(crate) const JSON: &str = "application/vnd.github+json";

impl Github {
    /// GitHub by its options. Nothing is asked of anybody yet.
    ///
    /// # Errors
    ///
    /// [`PortErrorKind::Invalid`] for a server's address that is none, or where
    /// `SSL_CERT_FILE` holds no certificates.
    pub fn new(
        options: Options,
        secrets: Arc<dyn Secrets>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, PortError> {
        Ok(Self {
            server: web::address("github:settings", &options.server)?,
            web: Web::new(clock, options.patience)?,
            credentials: options.credentials.filter(|it| !it.trim().is_empty()),
            secrets,
            limits: options.limits,
            kept: Mutex::default(),
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.web.clock().now()
    }

    pub(crate) fn is_anonymous(&self) -> bool {
        self.credentials.is_none()
    }

    /// Asks, and takes refusals for errors. An installation's token that is
    /// refused is renewed once: it may have been revoked.
    pub(crate) async fn get(&self, get: Get<'_>) -> Result<Answer, PortError> {
        let url = self.url(get.op, &get.path)?;
        let mut question = Question {
            most: get.most,
            time: get.time,
            ..Question::get(get.op, get.about, url)
        };
        question.headers = vec![(ACCEPT, HeaderValue::from_static(get.accept)), VERSION];
        let known = get.known.into_iter();
        question
            .headers
            .extend(known.map(|it| (reqwest::header::IF_NONE_MATCH, it)));
        let (token, is_renewable) = self.token().await?;
        question.authorization = token.as_ref().map(bearer);
        let mut answer = self.ask(&question).await?;
        if answer.status == 401 && is_renewable {
            self.forget(token.as_ref()).await;
            let (token, _) = self.token().await?;
            question.authorization = token.as_ref().map(bearer);
            answer = self.ask(&question).await?;
        }
        match answer.status {
            200 | 304 => Ok(answer),
            _ => Err(self.refusal(&question, &answer)),
        }
    }

    async fn ask(&self, question: &Question<'_>) -> Result<Answer, PortError> {
        self.web.ask(question).await.map_err(|error| {
            if error.kind == PortErrorKind::Throttled && self.is_anonymous() {
                let detail = format!(
                    "{}; without credentials GitHub answers sixty times an hour: give it some",
                    error.detail
                );
                return PortError { detail, ..error };
            }
            error
        })
    }

    fn url(&self, op: &'static str, path: &str) -> Result<Url, PortError> {
        Url::parse(&format!("{}{path}", self.server)).map_err(|_| {
            let what = "the address cannot be made of the server's and a path";
            PortError::new(PortErrorKind::Invalid, op, what)
        })
    }

    /// What goes with a question, and whether it can be had anew.
    async fn token(&self) -> Result<(Option<Secret>, bool), PortError> {
        let Some(reference) = &self.credentials else {
            return Ok((None, false));
        };
        // Held while a token is fetched, so that it is fetched once.
        let mut kept = self.kept.lock().await;
        if let Some((token, end)) = &*kept
            && self.now().duration_until(*end) > RENEWED
        {
            return Ok((Some(token.clone()), true));
        }
        let secret = self.secrets.resolve(reference).await?;
        let named = |what: String| {
            PortError::new(
                PortErrorKind::Invalid,
                TOKEN,
                format!("{reference}: {what}"),
            )
        };
        match Credentials::read(&secret).map_err(named)? {
            Credentials::Token(token) => Ok((Some(token), false)),
            Credentials::App(app) => {
                let own = app.token(self.now()).map_err(named)?;
                let fresh = self.exchange(reference, &app, &own).await?;
                let token = fresh.0.clone();
                *kept = Some(fresh);
                Ok((Some(token), true))
            }
        }
    }

    /// Drops a token that was refused, unless somebody has renewed it since.
    async fn forget(&self, refused: Option<&Secret>) {
        let mut kept = self.kept.lock().await;
        if kept.as_ref().map(|(token, _)| token) == refused {
            *kept = None;
        }
    }

    /// The installation's token for the App's own.
    async fn exchange(
        &self,
        reference: &str,
        app: &App,
        own: &Secret,
    ) -> Result<(Secret, Timestamp), PortError> {
        let path = format!("/app/installations/{}/access_tokens", app.installation);
        let question = Question {
            authorization: Some(bearer(own)),
            headers: vec![(ACCEPT, HeaderValue::from_static(JSON)), VERSION],
            // No more than what is asked for here, whatever the App may.
            body: Some(r#"{"permissions":{"contents":"read"}}"#.to_owned()),
            ..Question::get(TOKEN, reference, self.url(TOKEN, &path)?)
        };
        let answer = self.web.ask(&question).await?;
        let fail = |kind, what: &str| {
            let words = match answer.words() {
                words if words.is_empty() => String::new(),
                words => format!(" ({words})"),
            };
            question.error(
                kind,
                &format!("GitHub answered {}{words}: {what}", answer.status),
            )
        };
        match answer.status {
            200 | 201 => {}
            401 => {
                let what = "it does not know the App's key; check appId and privateKey, and this machine's clock";
                return Err(fail(PortErrorKind::Denied, what));
            }
            403 => {
                let what = "the App's installation is suspended or refused; see the App's settings";
                return Err(fail(PortErrorKind::Denied, what));
            }
            404 => {
                let what = "the App has no such installation; check installationId";
                return Err(fail(PortErrorKind::Denied, what));
            }
            422 => {
                let what = "the App may not read contents; give it the permission Contents: read, and accept that in the installation";
                return Err(fail(PortErrorKind::Denied, what));
            }
            _ => {
                let what = "no token; check the server's address";
                return Err(fail(PortErrorKind::Invalid, what));
            }
        }
        // The parser's message would quote from the answer.
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let end = body["expires_at"].as_str().and_then(|it| it.parse().ok());
        match (body["token"].as_str(), end) {
            (Some(token), Some(end)) => Ok((Secret::new(token), end)),
            _ => {
                let what = "the answer holds no token; check the server's address";
                Err(question.error(PortErrorKind::Invalid, what))
            }
        }
    }

    /// What a refusal means, and what to do about it.
    fn refusal(&self, question: &Question<'_>, answer: &Answer) -> PortError {
        let words = answer.words();
        let who = self.credentials.as_deref();
        let (kind, what) = match answer.status {
            401 => (
                PortErrorKind::Denied,
                match who {
                    Some(reference) => format!("the token of {reference} is not valid, or not any more; store another"),
                    None => "the server answers nobody without credentials; give some".to_owned(),
                },
            ),
            403 if !answer.header("x-github-sso").is_empty() => (
                PortErrorKind::Denied,
                "the organization wants the token authorized for its single sign-on; authorize it, or use an App".to_owned(),
            ),
            403 => (
                PortErrorKind::Denied,
                "the caller may not; it needs the permission Contents: read, and an address that the organization allows".to_owned(),
            ),
            // GitHub says so of a commit or branch that is not there.
            404 | 422 if words.contains("No commit found") => (
                PortErrorKind::NotFound,
                "there is no such branch, tag or commit".to_owned(),
            ),
            404 => (
                PortErrorKind::NotFound,
                match who {
                    Some(reference) => format!("not found, or the App or token of {reference} may not see it: check the name, and that the App is installed there"),
                    None => "not found, or private: check the name, or give credentials".to_owned(),
                },
            ),
            409 => (PortErrorKind::NotFound, "the repository is empty".to_owned()),
            413 => (PortErrorKind::TooLarge, "GitHub finds it too large".to_owned()),
            status => (
                PortErrorKind::Invalid,
                format!("answered {status}; check the server's address"),
            ),
        };
        let words = match words.as_str() {
            "" | "Not Found" => String::new(),
            words => format!(" (GitHub: {words})"),
        };
        question.error(kind, &format!("{what}{words}"))
    }
}

fn bearer(token: &Secret) -> Secret {
    Secret::new(format!("Bearer {}", token.reveal()))
}
