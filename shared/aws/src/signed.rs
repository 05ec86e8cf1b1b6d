//! Calls that are signed here and not by an SDK client.
//!
//! They go over the same HTTP client, with the same credentials, retries, time
//! limits and table of failures as those of the SDK.

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_types::service_config::ServiceConfigKey;
use bytes::Bytes;
use domain::ports::{PortError, PortErrorKind};

use crate::connection::Access;
use crate::failure::invalid;

/// A service as its parts of names go.
pub(crate) struct Service {
    /// In host names and signatures: `secretsmanager`.
    pub(crate) name: &'static str,
    /// In settings: `Secrets Manager`, hence `AWS_ENDPOINT_URL_SECRETS_MANAGER`.
    pub(crate) id: &'static str,
}

/// One call.
pub(crate) struct Call<'a> {
    pub(crate) op: &'static str,
    pub(crate) service: &'a Service,
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
    /// Code and message of a refusal, as this service writes them.
    pub(crate) refusal: fn(&HttpResponse) -> (Option<String>, String),
}

impl Access {
    /// The endpoint that was set for a service, without a slash at its end;
    /// `None` where it is AWS's own.
    pub(crate) fn own_endpoint(&self, service: &Service) -> Option<String> {
        let set = self.config.endpoint_url().map(str::to_owned);
        let url = if self.config.get_origin("endpoint_url").is_client_config() {
            set
        } else {
            let key = ServiceConfigKey::builder()
                .service_id(service.id)
                .env("AWS_ENDPOINT_URL")
                .profile("endpoint_url")
                .build()
                .ok();
            key.zip(self.config.service_config())
                .and_then(|(key, settings)| settings.load_config(key))
                .or(set)
        };
        url.map(|url| url.trim_end_matches('/').to_owned())
    }

    /// AWS's own host name of a service in this region.
    pub(crate) fn host(&self, service: &Service) -> String {
        let region = &self.place.region;
        let fips = match self.config.use_fips() {
            Some(true) => "-fips",
            _ => "",
        };
        let suffix = match region.split('-').next() {
            Some("cn") => "amazonaws.com.cn",
            Some("eusc") => "amazonaws.eu",
            _ => "amazonaws.com",
        };
        format!("{}{fips}.{region}.{suffix}", service.name)
    }

    /// Makes a call, and makes it again where that may help. Gives a success, or 304.
    pub(crate) async fn call(&self, call: &Call<'_>) -> Result<HttpResponse, PortError> {
        tokio::time::timeout(self.place.operation, self.attempts(call))
            .await
            .unwrap_or_else(|_| Err(self.place.too_late(call.op)))
    }

    async fn attempts(&self, call: &Call<'_>) -> Result<HttpResponse, PortError> {
        let retry = self.config.retry_config();
        let most = retry.map_or(1, |it| it.max_attempts());
        let (mut wait, longest) = retry.map_or_else(Default::default, |it| {
            (it.initial_backoff(), it.max_backoff())
        });
        for _ in 1..most {
            match self.attempt(call).await {
                Err(error) if heals(error.kind) => {
                    tokio::time::sleep(wait.mul_f64(fastrand::f64())).await;
                    wait = wait.saturating_mul(2).min(longest);
                }
                result => return result,
            }
        }
        self.attempt(call).await
    }

    async fn attempt(&self, call: &Call<'_>) -> Result<HttpResponse, PortError> {
        let request = self.signed(call).await?;
        let connector = self
            .http
            .connector(self.settings(), self.config.sleep_impl());
        let response = tokio::time::timeout(self.place.attempt, connector.call(request))
            .await
            .map_err(|_| self.place.too_late(call.op))?
            .map_err(|error| self.place.silence(call.op, &error))?;
        let status = response.status().as_u16();
        if !response.status().is_success() && status != 304 {
            let (code, message) = (call.refusal)(&response);
            return Err(self
                .place
                .refusal(call.op, status, (code.as_deref(), &message)));
        }
        Ok(response)
    }

    fn settings(&self) -> HttpConnectorSettings {
        let connect = self
            .config
            .timeout_config()
            .and_then(|limits| limits.connect_timeout());
        HttpConnectorSettings::builder()
            .connect_timeout(connect.unwrap_or(Duration::from_secs(3)))
            .build()
    }

    async fn signed(&self, call: &Call<'_>) -> Result<HttpRequest, PortError> {
        let credentials = match self.config.credentials_provider() {
            Some(provider) => provider
                .provide_credentials()
                .await
                .map_err(|error| self.place.silence(call.op, &error))?,
            None => return Err(self.place.silence(call.op, &no_provider())),
        };
        // Neither the request nor a key stands in these errors.
        let unusable =
            |error: &dyn std::fmt::Display| invalid(call.op, format!("the request: {error}"));
        let identity = credentials.into();
        let mut settings = SigningSettings::default();
        if call.service.name == "s3" {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&self.place.region)
            .name(call.service.name)
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(|error| unusable(&error))?
            .into();
        let headers = call
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()));
        let signable = SignableRequest::new(
            call.method,
            call.url.as_str(),
            headers.clone(),
            SignableBody::Bytes(call.body.as_bytes()),
        )
        .map_err(|error| unusable(&error))?;
        let (instructions, _) = sign(signable, &params)
            .map_err(|error| unusable(&error))?
            .into_parts();
        let mut builder = http::Request::builder().method(call.method).uri(&call.url);
        for (name, value) in headers {
            builder = builder.header(name, value);
        }
        let mut request = builder
            .body(SdkBody::from(call.body.as_str()))
            .map_err(|error| unusable(&error))?;
        instructions.apply_to_request_http1x(&mut request);
        request
            .try_into()
            .map_err(|error: aws_smithy_runtime_api::http::HttpError| unusable(&error))
    }
}

fn no_provider() -> aws_credential_types::provider::error::CredentialsError {
    aws_credential_types::provider::error::CredentialsError::not_loaded_no_source()
}

/// Whether another attempt may go better.
fn heals(kind: PortErrorKind) -> bool {
    matches!(
        kind,
        PortErrorKind::Throttled | PortErrorKind::Unavailable | PortErrorKind::Timeout
    )
}

/// The body, which the HTTP client has read already.
pub(crate) fn bytes_of(response: &HttpResponse) -> Bytes {
    response
        .body()
        .bytes()
        .map_or_else(Bytes::new, Bytes::copy_from_slice)
}
