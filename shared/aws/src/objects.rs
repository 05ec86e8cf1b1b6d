//! Objects of S3: the configuration, as its writer put it there.

use std::fmt::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use domain::ports::{Fetched, Objects, PortError, PortErrorKind};

use crate::connection::Access;
use crate::failure::invalid;
use crate::signed::{Call, Service, bytes_of};

const S3: Service = Service {
    name: "s3",
    id: "S3",
};
const GET: &str = "s3:GetObject";

/// Bytes of an object. The configurations of a thousand targets are smaller.
const CAP: usize = 4 * 1024 * 1024;

/// Objects at `s3://BUCKET/KEY`; nothing is asked of AWS yet.
#[must_use]
pub fn objects(access: &Access) -> Arc<dyn Objects> {
    Arc::new(S3Objects {
        access: access.clone(),
    })
}

struct S3Objects {
    access: Access,
}

#[async_trait]
impl Objects for S3Objects {
    async fn fetch(&self, location: &str, known: Option<&str>) -> Result<Fetched, PortError> {
        let (bucket, key) = split(location)?;
        let known = known.filter(|tag| !tag.is_empty());
        let call = Call {
            op: GET,
            service: &S3,
            method: "GET",
            url: self.url(bucket, key),
            headers: known
                .map(|tag| ("if-none-match", tag.to_owned()))
                .into_iter()
                .collect(),
            body: String::new(),
            refusal,
        };
        let answer = self
            .access
            .call(&call)
            .await
            .map_err(|error| own_meaning(location, error))?;
        if answer.status().as_u16() == 304 {
            return Ok(Fetched::Unchanged);
        }
        let body = bytes_of(&answer);
        if body.len() > CAP {
            return Err(PortError::new(
                PortErrorKind::TooLarge,
                GET,
                format!("{location} is larger than {CAP} bytes"),
            ));
        }
        let text = String::from_utf8(body.into())
            .map_err(|_| invalid(GET, format!("{location} is not UTF-8")))?;
        Ok(Fetched::New {
            text,
            tag: answer.headers().get("etag").unwrap_or_default().to_owned(),
        })
    }
}

impl S3Objects {
    /// A custom endpoint has no host name for each bucket, and a bucket with
    /// dots none that AWS's certificate covers.
    fn url(&self, bucket: &str, key: &str) -> String {
        let key = encode(key);
        match self.access.own_endpoint(&S3) {
            Some(endpoint) => format!("{endpoint}/{bucket}/{key}"),
            None if bucket.contains('.') => {
                format!("https://{}/{bucket}/{key}", self.access.host(&S3))
            }
            None => format!("https://{bucket}.{}/{key}", self.access.host(&S3)),
        }
    }
}

/// Bucket and key of a location. The bucket becomes part of a host name.
fn split(location: &str) -> Result<(&str, &str), PortError> {
    let is_name = |bucket: &str| {
        let allowed = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.'
        };
        let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        (3..=63).contains(&bucket.len())
            && bucket.bytes().all(allowed)
            && ends(bucket.as_bytes().first())
            && ends(bucket.as_bytes().last())
    };
    location
        .strip_prefix("s3://")
        .and_then(|rest| rest.split_once('/'))
        .filter(|(bucket, key)| is_name(bucket) && !key.is_empty())
        .ok_or_else(|| {
            invalid(
                GET,
                format!("`{}` is not s3://BUCKET/KEY", location.escape_debug()),
            )
        })
}

/// A key as it stands in a URL: everything but the unreserved and `/` in percent.
fn encode(key: &str) -> String {
    let mut text = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                text.push(char::from(byte));
            }
            // Writing to a string does not fail.
            _ => _ = write!(text, "%{byte:02X}"),
        }
    }
    text
}

/// What only S3's codes mean, and what they were about.
fn own_meaning(location: &str, error: PortError) -> PortError {
    let code = error.detail.split([':', ' ']).next().unwrap_or_default();
    let (kind, hint) = match code {
        "NoSuchKey" | "NoSuchBucket" => (PortErrorKind::NotFound, ""),
        "PermanentRedirect"
        | "AuthorizationHeaderMalformed"
        | "IllegalLocationConstraintException" => (
            PortErrorKind::Invalid,
            "; the bucket is in another region than the function",
        ),
        _ => (error.kind, ""),
    };
    PortError {
        kind,
        detail: format!("{location}: {}{hint}", error.detail),
        ..error
    }
}

fn refusal(response: &HttpResponse) -> (Option<String>, String) {
    let body = bytes_of(response);
    let text = String::from_utf8_lossy(&body);
    let between = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        Some(rest.split_once(&format!("</{name}>"))?.0.to_owned())
    };
    (between("Code"), between("Message").unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_bucket_and_a_key_and_nothing_that_changes_the_host() {
        assert_eq!(
            split("s3://my-bucket.x/a/b c.yaml").unwrap(),
            ("my-bucket.x", "a/b c.yaml")
        );
        for bad in [
            "s3://bucket",
            "s3://bucket/",
            "s3://a/b",
            "s3://evil.com#x/k",
            "s3://user@host/k",
            "s3://-bucket/k",
            "https://bucket/key",
            "/etc/plumbline.yaml",
        ] {
            assert_eq!(
                split(bad).unwrap_err().kind,
                PortErrorKind::Invalid,
                "{bad}"
            );
        }
    }

    #[test]
    fn a_key_is_encoded_once_with_its_slashes_kept() {
        assert_eq!(encode("a/b c+ü?.yaml"), "a/b%20c%2B%C3%BC%3F.yaml");
    }
}
