//! The way into EKS: where a cluster is, and a token that proves an AWS identity to it.
//!
//! The token is a call of STS that is signed and not made: the cluster makes it, and learns who signed it.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws::{Access, Call, Service, bytes_of, refusal_in_json};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_credential_types::provider::error::CredentialsError;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::base64;
use aws_smithy_types::error::ErrorMetadata;
use domain::ports::{PortError, PortErrorKind};
use jiff::Timestamp;
use kube::Config;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Deserialize;

use crate::connect::Entrance;
use crate::failure::{clean, invalid};
use crate::token::{Issued, Issuer, Token};
use crate::transport::is_this_machine;

const DESCRIBE: &str = "eks:DescribeCluster";
const TOKEN: &str = "sts:GetCallerIdentity";

const EKS: Service = Service {
    name: "eks",
    id: "EKS",
};
const STS: Service = Service {
    name: "sts",
    id: "STS",
};

/// The header that binds a token to one cluster.
const CLUSTER_HEADER: &str = "x-k8s-aws-id";

/// A cluster takes a token for 15 minutes from its signature; clocks may differ by one.
const LIFE: Duration = Duration::from_secs(14 * 60);

/// An EKS cluster.
#[derive(Clone, Debug)]
pub struct Eks {
    /// Its name.
    pub name: String,
    /// AWS in its region, with the identity that both AWS and the cluster are asked with: the caller's own, or a role.
    pub access: Access,
}

#[derive(Deserialize)]
struct Answer {
    cluster: Described,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    #[serde(default)]
    endpoint: Option<String>,
    #[serde(default)]
    certificate_authority: Option<Authority>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    resources_vpc_config: Option<Network>,
}

#[derive(Deserialize)]
struct Authority {
    #[serde(default)]
    data: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Network {
    #[serde(default)]
    endpoint_public_access: Option<bool>,
    #[serde(default)]
    public_access_cidrs: Option<Vec<String>>,
}

impl Network {
    /// Why a connection may not come about.
    fn hint(&self) -> Option<String> {
        if self.endpoint_public_access == Some(false) {
            return Some(
                "its endpoint is private: it is reached only from its VPC, or from a network that is joined to it"
                    .to_owned(),
            );
        }
        let ranges = self.public_access_cidrs.as_deref().unwrap_or_default();
        let is_open = ranges.is_empty() || ranges.iter().any(|it| it == "0.0.0.0/0");
        (!is_open).then(|| {
            "its public endpoint is open to some addresses only: is this machine's in publicAccessCidrs?".to_owned()
        })
    }
}

impl Eks {
    /// `eks:DescribeCluster`.
    pub(crate) async fn entrance(&self) -> Result<Entrance, PortError> {
        let described = self.described().await?;
        let unusable = |what: &str| self.about(PortErrorKind::Invalid, what);
        let state = described.status.as_deref().unwrap_or("without a state");
        let endpoint = described
            .endpoint
            .filter(|it| !it.is_empty())
            .ok_or_else(|| unusable(&format!("it has no endpoint; it is {state}")))?;
        let url: http::Uri = endpoint
            .parse()
            .map_err(|_| unusable("its endpoint is no address"))?;
        let safe = match url.scheme_str() {
            Some("https") => true,
            Some("http") => is_this_machine(&url),
            _ => false,
        };
        if !safe {
            return Err(unusable(
                "its endpoint is not https, and no token is sent there",
            ));
        }
        let mut config = Config::new(url);
        let authority = described.certificate_authority.and_then(|it| it.data);
        if let Some(data) = authority {
            let pem = base64::decode(data.trim()).ok();
            let roots: Option<Vec<Vec<u8>>> = pem.and_then(|pem| {
                CertificateDer::pem_slice_iter(&pem)
                    .map(|it| it.ok().map(|der| der.to_vec()))
                    .collect()
            });
            let roots = roots.filter(|it| !it.is_empty());
            config.root_cert =
                Some(roots.ok_or_else(|| {
                    unusable("its certificateAuthority is no certificate in PEM")
                })?);
        }
        Ok(Entrance {
            name: self.name.clone(),
            config,
            proxy: None,
            token: Some(Token::new(self.clone(), None)),
            hint: described.resources_vpc_config.and_then(|it| it.hint()),
            stranger: " (the cluster does not know this AWS identity: give it an access entry, or map it in aws-auth)",
        })
    }

    async fn described(&self) -> Result<Described, PortError> {
        // It becomes part of a path.
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if self.name.is_empty() || !self.name.bytes().all(is_name) {
            let name: String = self.name.escape_debug().take(100).collect();
            return Err(invalid(
                DESCRIBE,
                format!("`{name}` is not a cluster's name"),
            ));
        }
        let call = Call {
            op: DESCRIBE,
            service: &EKS,
            method: "GET",
            url: format!("{}/clusters/{}", self.access.endpoint(&EKS), self.name),
            headers: Vec::new(),
            body: String::new(),
            refusal: refusal_in_json,
        };
        let answer = self.access.call(&call).await.map_err(|error| PortError {
            detail: format!("cluster {}: {}", self.name, error.detail),
            ..error
        })?;
        let answer: Answer = serde_json::from_slice(&bytes_of(&answer)).map_err(|_| {
            let what = "the answer is not the description of a cluster";
            self.about(PortErrorKind::Invalid, what)
        })?;
        Ok(answer.cluster)
    }

    fn about(&self, kind: PortErrorKind, what: &str) -> PortError {
        let region = self.access.place.region();
        let detail = clean(&format!("cluster {} (region {region}): {what}", self.name));
        PortError::new(kind, DESCRIBE, detail)
    }

    async fn credentials(&self) -> Result<Credentials, PortError> {
        let missing = CredentialsError::not_loaded_no_source;
        let given = match self.access.config.credentials_provider() {
            Some(provider) => provider.provide_credentials().await,
            None => Err(missing()),
        };
        given.map_err(|error| {
            let error = SdkError::<ErrorMetadata, _>::construction_failure(error);
            self.access.place.error(TOKEN, &error)
        })
    }
}

#[async_trait]
impl Issuer for Eks {
    async fn issue(&self) -> Result<Issued, PortError> {
        let credentials = self.credentials().await?;
        let region = self.access.place.region();
        // The cluster makes the call, and knows STS by its plain names.
        let host = self.access.host(&STS).replacen("sts-fips.", "sts.", 1);
        let now = SystemTime::now();
        let until = now + LIFE;
        let until = credentials.expiry().map_or(until, |end| end.min(until));
        let token = token(&credentials, (region, &host), &self.name, now)
            .map_err(|what| invalid(TOKEN, format!("the token cannot be signed: {what}")))?;
        Issued::bearer(TOKEN, &token, Timestamp::try_from(until).ok())
    }
}

/// The token of an identity for a cluster, signed at a time.
fn token(
    credentials: &Credentials,
    (region, host): (&str, &str),
    cluster: &str,
    now: SystemTime,
) -> Result<String, String> {
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    // Clusters do not look at it, but it has to be there.
    settings.expires_in = Some(Duration::from_secs(60));
    let identity = credentials.clone().into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(STS.name)
        .time(now)
        .settings(settings)
        .build()
        .map_err(|error| error.to_string())?
        .into();
    let url = format!("https://{host}/?Action=GetCallerIdentity&Version=2011-06-15");
    let headers = [(CLUSTER_HEADER, cluster)].into_iter();
    let signable = SignableRequest::new("GET", url.as_str(), headers, SignableBody::Bytes(&[]))
        .map_err(|error| error.to_string())?;
    let (instructions, _) = sign(signable, &params)
        .map_err(|error| error.to_string())?
        .into_parts();
    let mut request = http::Request::new(());
    *request.uri_mut() = url
        .parse()
        .map_err(|error: http::uri::InvalidUri| error.to_string())?;
    instructions.apply_to_request_http1x(&mut request);
    // Base64 for addresses, and without padding.
    let encoded: String = base64::encode(request.uri().to_string())
        .chars()
        .filter_map(|digit| match digit {
            '+' => Some('-'),
            '/' => Some('_'),
            '=' => None,
            other => Some(other),
        })
        .collect();
    Ok(format!("k8s-aws-v1.{encoded}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(token: &str) -> http::Uri {
        let text = token.strip_prefix("k8s-aws-v1.").unwrap();
        assert!(!text.contains(['=', '+', '/']), "{text}");
        let mut text = text.replace('-', "+").replace('_', "/");
        while !text.len().is_multiple_of(4) {
            text.push('=');
        }
        String::from_utf8(base64::decode(text).unwrap())
            .unwrap()
            .parse()
            .unwrap()
    }

    fn signed(session: Option<&str>, cluster: &str) -> String {
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            "secret",
            session.map(str::to_owned),
            None,
            "test",
        );
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_500_000);
        token(
            &credentials,
            ("eu-west-1", "sts.eu-west-1.amazonaws.com"),
            cluster,
            now,
        )
        .unwrap()
    }

    #[test]
    fn a_token_is_a_signed_call_of_sts_that_names_the_cluster() {
        let token = signed(Some("session+/="), "shop");
        assert!(token.len() < 4096, "{}", token.len());
        assert_eq!(token, signed(Some("session+/="), "shop"));
        assert_ne!(token, signed(Some("session+/="), "other"));
        let url = decoded(&token);
        assert_eq!(url.scheme_str(), Some("https"));
        assert_eq!(url.authority().unwrap(), "sts.eu-west-1.amazonaws.com");
        assert_eq!(url.path(), "/");
        let mut names = Vec::new();
        for pair in url.query().unwrap().split('&') {
            let (name, value) = pair.split_once('=').unwrap();
            names.push(name);
            let expected = match name {
                "Action" => "GetCallerIdentity",
                "Version" => "2011-06-15",
                "X-Amz-Algorithm" => "AWS4-HMAC-SHA256",
                "X-Amz-Credential" => "AKIDEXAMPLE%2F20261124%2Feu-west-1%2Fsts%2Faws4_request",
                "X-Amz-Date" => "20261124T060000Z",
                "X-Amz-Expires" => "60",
                "X-Amz-SignedHeaders" => "host%3Bx-k8s-aws-id",
                "X-Amz-Security-Token" => "session%2B%2F%3D",
                "X-Amz-Signature" if value.len() == 64 => continue,
                _ => panic!("{pair} is not among what a cluster takes"),
            };
            assert_eq!(value, expected, "{name}");
        }
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!((names.len(), all), (9, 9), "{names:?}");
        assert_eq!(
            decoded(&signed(None, "shop"))
                .query()
                .unwrap()
                .split('&')
                .count(),
            8
        );
    }

    /// The signatures are those that another implementation (botocore) gives for the same.
    #[test]
    fn a_token_is_signed_over_the_cluster_and_the_session() {
        for (session, signature) in [
            (
                None,
                "97f132fe064895b9ff2ef8d6cbb4397c48be3cb79fabf94f7044a9e871351278",
            ),
            (
                Some("session+/="),
                "298085784d107316e77578922950299d17266d6a7d6ed0ca0d4fba0fe5d59cfe",
            ),
        ] {
            let url = decoded(&signed(session, "shop")).to_string();
            assert!(
                url.contains(&format!("X-Amz-Signature={signature}")),
                "{url}"
            );
        }
    }

    #[test]
    fn a_closed_network_is_told() {
        let hint = |text: &str| serde_json::from_str::<Network>(text).unwrap().hint();
        assert!(
            hint(r#"{"endpointPublicAccess":false}"#)
                .unwrap()
                .contains("private")
        );
        assert!(
            hint(r#"{"endpointPublicAccess":true,"publicAccessCidrs":["10.0.0.0/8"]}"#)
                .unwrap()
                .contains("publicAccessCidrs")
        );
        assert_eq!(
            hint(r#"{"endpointPublicAccess":true,"publicAccessCidrs":["0.0.0.0/0"]}"#),
            None
        );
        assert_eq!(hint("{}"), None);
    }
}
