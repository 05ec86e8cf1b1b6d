//! What all clients share: HTTP, credentials, region, retries, time limits.

use std::collections::HashMap;
use std::str::FromStr;
use std::time::Duration;

use aws_config::retry::{RetryConfig, RetryMode};
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::service_config::ServiceConfigKey;
use domain::ports::{PortError, Role};
use tokio::sync::{Mutex, OnceCell};

use crate::failure::{Place, invalid};
use crate::http::CountingClient;
use crate::roots::Roots;
use crate::session::Session;

/// The `op` of errors in the settings, before any call.
pub(crate) const SETTINGS: &str = "aws settings";

/// The name that assumed sessions have in CloudTrail.
const SESSION: &str = "plumbline";

/// Limits and habits of a [`Connection`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Which certificate authorities are trusted. Default: the system's.
    pub roots: Roots,
    /// Whether one throttled call slows all others down to what the account
    /// allows. Else each spends its own attempts. Default true.
    pub adaptive: bool,
    /// Attempts of one call, the first included. `AWS_MAX_ATTEMPTS`, or
    /// `max_attempts` of the profile, goes before it. Default 6.
    pub max_attempts: u32,
    /// The wait before the second attempt, at most; it doubles after that. Default 500 ms.
    pub initial_backoff: Duration,
    /// The longest wait between attempts. Default 8 s.
    pub max_backoff: Duration,
    /// Time to connect. Default 3 s.
    pub connect_timeout: Duration,
    /// Time for one attempt, its whole answer included. Default 15 s.
    pub attempt_timeout: Duration,
    /// Time for one call, its retries included; each page is a call. Default 60 s.
    pub operation_timeout: Duration,
    /// Bytes of one answer. Default 64 MiB.
    pub body_cap: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            roots: Roots::System,
            adaptive: true,
            max_attempts: 6,
            initial_backoff: Duration::from_millis(500),
            max_backoff: Duration::from_secs(8),
            connect_timeout: Duration::from_secs(3),
            attempt_timeout: Duration::from_secs(15),
            operation_timeout: Duration::from_secs(60),
            body_cap: 64 * 1024 * 1024,
        }
    }
}

impl Options {
    /// Those of a Lambda function: few roots, and limits far enough under its
    /// time-out that an error still reaches its handler. A function that waits
    /// is paid for, so it gives up early and leaves the waiting to its queue.
    #[must_use]
    pub fn in_function() -> Self {
        Self {
            roots: Roots::Aws,
            adaptive: false,
            max_attempts: 4,
            initial_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(2),
            connect_timeout: Duration::from_secs(2),
            attempt_timeout: Duration::from_secs(5),
            operation_timeout: Duration::from_secs(12),
            body_cap: 16 * 1024 * 1024,
        }
    }
}

/// What an adapter makes its client from.
#[derive(Clone, Debug)]
pub struct Access {
    /// The settings for `Client::new`: region, credentials, HTTP client, retries, time limits.
    pub config: SdkConfig,
    /// Where the client's calls go, for the messages of their errors.
    pub place: Place,
    /// The same HTTP client, for calls that no SDK client makes.
    #[cfg(feature = "signed")]
    pub(crate) http: CountingClient,
}

/// The way into AWS, by the SDK's own environment variables and profile.
#[derive(Debug)]
pub struct Connection {
    config: SdkConfig,
    http: CountingClient,
    options: Options,
    /// What is wrong in the user's settings; said at the first use of them.
    settings: Result<(), PortError>,
    roles: Mutex<HashMap<Role, SharedCredentialsProvider>>,
    /// Whose the caller's own credentials are, once it was asked.
    own: OnceCell<String>,
}

impl Connection {
    /// A connection as the environment and the AWS profile say. What is wrong
    /// with them shows in [`Self::access`], missing credentials and an
    /// unreachable region at the first call.
    pub async fn from_env(options: Options) -> Self {
        Self::load(
            aws_config::defaults(BehaviorVersion::v2026_01_12()),
            options,
        )
        .await
    }

    /// A connection from a loader on which the caller has set credentials, region
    /// or endpoint. Its HTTP client, retries and time limits are ours all the same.
    pub async fn load(loader: ConfigLoader, options: Options) -> Self {
        let (tls, roots_are_there) = options.roots.context();
        let http = CountingClient::new(tls, options.body_cap);
        let mode = if options.adaptive {
            RetryMode::Adaptive
        } else {
            RetryMode::Standard
        };
        let retry = RetryConfig::standard()
            .with_retry_mode(mode)
            .with_max_attempts(options.max_attempts)
            .with_initial_backoff(options.initial_backoff)
            .with_max_backoff(options.max_backoff);
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(options.connect_timeout)
            .operation_attempt_timeout(options.attempt_timeout)
            .operation_timeout(options.operation_timeout)
            .build();
        // Given a retry config, the loader does not read the user's own, on whose mistakes it would panic.
        let config = loader
            .http_client(http.clone())
            .retry_config(retry.clone())
            .timeout_config(timeouts)
            .load()
            .await;
        let config = match config.credentials_provider() {
            Some(provider) => config
                .into_builder()
                .credentials_provider(Session::of(provider))
                .build(),
            None => config,
        };
        let retry = roots_are_there.and_then(|()| user_retry(&config, retry));
        let (config, settings) = match retry {
            Ok(retry) => (config.into_builder().retry_config(retry).build(), Ok(())),
            Err(error) => (config, Err(error)),
        };
        Self {
            config,
            http,
            options,
            settings,
            roles: Mutex::new(HashMap::new()),
            own: OnceCell::new(),
        }
    }

    /// The region of the environment or profile, if there is one.
    #[must_use]
    pub fn default_region(&self) -> Option<String> {
        let region = self.config.region().map(ToString::to_string);
        region.filter(|name| !name.is_empty())
    }

    /// HTTP requests sent so far, retries and those for credentials included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.http.requests()
    }

    /// The settings for clients in a region (default: [`Self::default_region`]),
    /// with the caller's own rights or through a role. A role is assumed once,
    /// at the first call, for all regions and services.
    ///
    /// # Errors
    /// [`domain::ports::PortErrorKind::Invalid`] where there is no region, or it
    /// cannot be one, or a retry setting of the environment or profile makes no
    /// sense, or `SSL_CERT_FILE` holds no certificate.
    pub async fn access(
        &self,
        region: Option<&str>,
        role: Option<&Role>,
    ) -> Result<Access, PortError> {
        self.settings.clone()?;
        let region = region.map(str::to_owned).or_else(|| self.default_region()).ok_or_else(|| {
            invalid(SETTINGS, "no region: set AWS_REGION, or `region` in the AWS profile, or name regions in the target")
        })?;
        // It becomes part of a host name.
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if region.is_empty() || region.len() > 63 || !region.bytes().all(is_name) {
            let name: String = region.escape_debug().take(63).collect();
            return Err(invalid(
                SETTINGS,
                format!("`{name}` is not a region's name; they look like eu-west-1"),
            ));
        }
        let mut config = self
            .config
            .clone()
            .into_builder()
            .region(Region::new(region.clone()));
        if let Some(role) = role {
            config = config.credentials_provider(self.assumed(role, &region).await);
        }
        Ok(Access {
            config: config.build(),
            place: self.place(region),
            #[cfg(feature = "signed")]
            http: self.http.clone(),
        })
    }

    /// The account that the caller's own credentials are for, asked once of STS
    /// in a region (default: [`Self::default_region`]).
    ///
    /// # Errors
    /// Where STS cannot be asked, or says no.
    pub async fn account(&self, region: Option<&str>) -> Result<String, PortError> {
        self.own
            .get_or_try_init(|| self.ask_account(region))
            .await
            .cloned()
    }

    async fn ask_account(&self, region: Option<&str>) -> Result<String, PortError> {
        const OP: &str = "sts:GetCallerIdentity";
        self.settings.clone()?;
        let region = region.map(str::to_owned).or_else(|| self.default_region());
        let mut config = self.config.clone().into_builder();
        config.set_region(region.clone().map(Region::new));
        let place = self.place(region.unwrap_or_default());
        let identity = aws_sdk_sts::Client::new(&config.build())
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| place.error(OP, &error))?;
        identity
            .account
            .filter(|account| !account.is_empty())
            .ok_or_else(|| invalid(OP, "the answer has no Account"))
    }

    fn place(&self, region: String) -> Place {
        Place {
            region,
            attempt: self.options.attempt_timeout,
            operation: self.options.operation_timeout,
        }
    }

    /// The provider of a role. One provider has one place in the identity cache
    /// that all clients share, so it must be the same one each time.
    async fn assumed(&self, role: &Role, region: &str) -> SharedCredentialsProvider {
        let mut roles = self.roles.lock().await;
        if let Some(provider) = roles.get(role) {
            return provider.clone();
        }
        let region = self.default_region().unwrap_or_else(|| region.to_owned());
        let mut builder = AssumeRoleProvider::builder(&role.arn)
            .session_name(SESSION)
            .region(Region::new(region))
            .configure(&self.config);
        if let Some(id) = &role.external_id {
            builder = builder.external_id(id);
        }
        let provider = Session::of(builder.build().await);
        roles.insert(role.clone(), provider.clone());
        provider
    }
}

/// The user's own retry settings over ours.
fn user_retry(config: &SdkConfig, ours: RetryConfig) -> Result<RetryConfig, PortError> {
    let mut retry = ours;
    if let Some(text) = setting(config, "AWS_MAX_ATTEMPTS", "max_attempts") {
        match text.trim().parse::<u32>() {
            Ok(attempts) if attempts > 0 => retry = retry.with_max_attempts(attempts),
            _ => {
                let detail = "AWS_MAX_ATTEMPTS (or max_attempts of the AWS profile) is not a whole number above 0";
                return Err(invalid(SETTINGS, detail));
            }
        }
    }
    match setting(config, "AWS_RETRY_MODE", "retry_mode") {
        // `legacy` belongs to other SDKs and is common in shared profiles.
        Some(mode) if !mode.trim().eq_ignore_ascii_case("legacy") => {
            match RetryMode::from_str(&mode) {
                Ok(mode) => Ok(retry.with_retry_mode(mode)),
                Err(_) => {
                    let detail = "AWS_RETRY_MODE (or retry_mode of the AWS profile) is not standard, adaptive or legacy";
                    Err(invalid(SETTINGS, detail))
                }
            }
        }
        _ => Ok(retry),
    }
}

fn setting(config: &SdkConfig, env: &str, profile: &str) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id("STS")
        .env(env)
        .profile(profile)
        .build()
        .ok()?;
    config.service_config()?.load_config(key)
}
