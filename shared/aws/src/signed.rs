//! Calls that are signed here and not by an SDK client.
//!
//! They go over the same HTTP client, with the same credentials, retries, time
//! limits and table of failures as those of the SDK. An adapter writes the
//! request ([`Call`]) and reads the answer; it never sees a credential.

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

/// Services that answer in the GovCloud partition under their plain names only, which are FIPS endpoints there.
const PLAIN_IN_GOV: [&str; 5] = ["cloudtrail", "ec2", "eks", "iam", "ssm"];

/// A service as its parts of names go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// In host names and signatures: `secretsmanager`.
    pub name: &'static str,
    /// In settings: `Secrets Manager`, hence `AWS_ENDPOINT_URL_SECRETS_MANAGER`.
    pub id: &'static str,
}

/// One call, before it is signed.
#[derive(Debug)]
pub struct Call<'a> {
    /// Its name in errors and in rights, `kms:ListGrants`.
    pub op: &'static str,
    /// Whose it is.
    pub service: &'a Service,
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The whole address, its query encoded.
    pub url: String,
    /// Headers besides those of the signature.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty where there is none.
    pub body: String,
    /// Code and message of a refusal, as this service writes them.
    pub refusal: fn(&HttpResponse) -> (Option<String>, String),
}

/// Why a call has no success to give.
#[derive(Debug)]
pub struct Unanswered {
    /// What it means to a port.
    pub error: PortError,
    /// The other side's refusal, where one came: its code and headers say more than the error.
    pub refusal: Option<Box<HttpResponse>>,
}

impl From<PortError> for Unanswered {
    fn from(error: PortError) -> Self {
        Self {
            error,
            refusal: None,
        }
    }
}

impl Access {
    /// The endpoint that was set for a service, without a slash at its end;
    /// `None` where it is AWS's own.
    #[must_use]
    pub fn own_endpoint(&self, service: &Service) -> Option<String> {
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

    /// Where a service is called, without a slash at its end: the endpoint that was set, else AWS's own.
    #[must_use]
    pub fn endpoint(&self, service: &Service) -> String {
        self.own_endpoint(service)
            .unwrap_or_else(|| format!("https://{}", self.host(service)))
    }

    /// AWS's own host name of a service in this region. IAM has one for its whole partition.
    #[must_use]
    pub fn host(&self, service: &Service) -> String {
        host(
            service.name,
            &self.place.region,
            self.config.use_fips() == Some(true),
        )
    }

    /// Makes a call, and makes it again where that may help. Gives a success, or 304.
    ///
    /// # Errors
    /// What the refusal, or the silence, means by the table that all services share.
    pub async fn call(&self, call: &Call<'_>) -> Result<HttpResponse, PortError> {
        self.ask(call).await.map_err(|failed| failed.error)
    }

    /// [`Self::call`], where the refusal itself is needed too.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn ask(&self, call: &Call<'_>) -> Result<HttpResponse, Unanswered> {
        tokio::time::timeout(self.place.operation, self.attempts(call))
            .await
            .unwrap_or_else(|_| Err(self.place.too_late(call.op).into()))
    }

    async fn attempts(&self, call: &Call<'_>) -> Result<HttpResponse, Unanswered> {
        let retry = self.config.retry_config();
        let most = retry.map_or(1, |it| it.max_attempts());
        let (mut wait, longest) = retry.map_or_else(Default::default, |it| {
            (it.initial_backoff(), it.max_backoff())
        });
        for _ in 1..most {
            match self.attempt(call).await {
                Err(failed) if heals(failed.error.kind) => {
                    tokio::time::sleep(wait.mul_f64(fastrand::f64())).await;
                    wait = wait.saturating_mul(2).min(longest);
                }
                result => return result,
            }
        }
        self.attempt(call).await
    }

    async fn attempt(&self, call: &Call<'_>) -> Result<HttpResponse, Unanswered> {
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
            let said = (code.as_deref(), message.as_str());
            return Err(Unanswered {
                error: self.place.refusal(call.op, status, said),
                refusal: Some(Box::new(response)),
            });
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

/// AWS's own host name of a service.
fn host(service: &str, region: &str, fips: bool) -> String {
    let suffix = match region.split('-').next() {
        Some("cn") => "amazonaws.com.cn",
        Some("eusc") => "amazonaws.eu",
        _ => "amazonaws.com",
    };
    let is_gov = region.starts_with("us-gov-");
    let fips = match fips {
        true if !(is_gov && PLAIN_IN_GOV.contains(&service)) => "-fips",
        _ => "",
    };
    match (service, suffix) {
        ("iam", "amazonaws.com") if is_gov => "iam.us-gov.amazonaws.com".to_owned(),
        ("iam", "amazonaws.com") => format!("iam{fips}.amazonaws.com"),
        ("eks", "amazonaws.com") if fips == "-fips" => format!("fips.eks.{region}.{suffix}"),
        _ => format!("{service}{fips}.{region}.{suffix}"),
    }
}

/// The body of an answer, which the HTTP client has read already.
#[must_use]
pub fn bytes_of(response: &HttpResponse) -> Bytes {
    response
        .body()
        .bytes()
        .map_or_else(Bytes::new, Bytes::copy_from_slice)
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn every_partition_has_its_own_host_names() {
        for (service, region, name) in [
            ("ec2", "eu-west-1", "ec2.eu-west-1.amazonaws.com"),
            ("ec2", "cn-north-1", "ec2.cn-north-1.amazonaws.com.cn"),
            ("kms", "eusc-de-east-1", "kms.eusc-de-east-1.amazonaws.eu"),
            ("kms", "us-gov-west-1", "kms.us-gov-west-1.amazonaws.com"),
            ("iam", "us-east-1", "iam.amazonaws.com"),
            ("iam", "cn-north-1", "iam.cn-north-1.amazonaws.com.cn"),
            ("iam", "us-gov-west-1", "iam.us-gov.amazonaws.com"),
            ("iam", "eusc-de-east-1", "iam.eusc-de-east-1.amazonaws.eu"),
        ] {
            assert_eq!(host(service, region, false), name);
        }
    }

    #[test]
    fn fips_endpoints_go_by_the_name_that_each_service_gave_them() {
        for (service, region, name) in [
            ("ec2", "us-east-1", "ec2-fips.us-east-1.amazonaws.com"),
            ("iam", "us-east-1", "iam-fips.amazonaws.com"),
            ("eks", "us-east-1", "fips.eks.us-east-1.amazonaws.com"),
            ("s3", "us-east-1", "s3-fips.us-east-1.amazonaws.com"),
            ("ec2", "us-gov-west-1", "ec2.us-gov-west-1.amazonaws.com"),
            ("eks", "us-gov-west-1", "eks.us-gov-west-1.amazonaws.com"),
            ("iam", "us-gov-west-1", "iam.us-gov.amazonaws.com"),
            (
                "kms",
                "us-gov-west-1",
                "kms-fips.us-gov-west-1.amazonaws.com",
            ),
        ] {
            assert_eq!(host(service, region, true), name);
        }
    }
}
