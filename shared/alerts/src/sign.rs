//! How bodies are signed.

use std::fmt::Write as _;

use domain::ports::{PortError, PortErrorKind};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// `v1=` and the hexadecimal HMAC-SHA256 of timestamp, dot and body. The
/// timestamp is signed too, so that an old body cannot be sent again as a new one.
pub(crate) fn signature(key: &str, timestamp: &str, body: &str) -> Result<String, PortError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).map_err(|_| {
        PortError::new(
            PortErrorKind::Invalid,
            "webhook:sign",
            "the key that signs bodies cannot be used as one",
        )
    })?;
    for part in [timestamp, ".", body] {
        mac.update(part.as_bytes());
    }
    let mut text = String::from("v1=");
    for byte in mac.finalize().into_bytes() {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}
