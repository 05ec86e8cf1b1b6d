//! A configuration on disk, for whoever runs the function on a machine of their own.

use std::io::{ErrorKind, Read as _};
use std::sync::Arc;

use async_trait::async_trait;
use domain::conceal::sha256;
use domain::ports::{Fetched, Objects, PortError, PortErrorKind};

use crate::config::LARGEST;

const OP: &str = "file:read";

/// Objects at paths. Their tag is the hash of their content.
#[must_use]
pub fn files() -> Arc<dyn Objects> {
    Arc::new(Files)
}

struct Files;

#[async_trait]
impl Objects for Files {
    async fn fetch(&self, location: &str, known: Option<&str>) -> Result<Fetched, PortError> {
        let text = read(location)?;
        let tag = sha256(text.as_bytes());
        Ok(if known == Some(tag.as_str()) {
            Fetched::Unchanged
        } else {
            Fetched::New { text, tag }
        })
    }
}

/// The file's text, read no further than to see that it is too large.
fn read(location: &str) -> Result<String, PortError> {
    let fail = |kind, what: &str| PortError::new(kind, OP, format!("{location}: {what}"));
    // No file is called so, and `is not there` would have somebody look for it.
    if location.contains("://") {
        let what = "is no path; the deployed function reads it, this machine reads files";
        return Err(fail(PortErrorKind::Invalid, what));
    }
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => fail(PortErrorKind::NotFound, "is not there"),
        ErrorKind::PermissionDenied => fail(PortErrorKind::Denied, "may not be read by this user"),
        ErrorKind::IsADirectory => fail(PortErrorKind::Invalid, "is a directory"),
        _ => fail(
            PortErrorKind::Unavailable,
            &format!("cannot be read: {error}"),
        ),
    };
    let mut bytes = Vec::new();
    std::fs::File::open(location)
        .and_then(|file| file.take(LARGEST as u64 + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() > LARGEST {
        let what = format!("is larger than {LARGEST} bytes");
        return Err(fail(PortErrorKind::TooLarge, &what));
    }
    String::from_utf8(bytes).map_err(|_| fail(PortErrorKind::Invalid, "is no UTF-8 text"))
}
