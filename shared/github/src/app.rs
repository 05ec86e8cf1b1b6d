//! Who asks: a GitHub App, a token, or nobody.

use domain::ports::Secret;
use jiff::Timestamp;
use rustls::SignatureScheme;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

/// Seconds that an App's own token begins before now: GitHub's clock may be behind.
const BEFORE: i64 = 60;

/// Seconds after now at which it ends: GitHub takes ten minutes in all.
const AFTER: i64 = 540;

/// What a secret holds.
pub(crate) enum Credentials {
    App(App),
    Token(Secret),
}

/// A GitHub App's installation.
pub(crate) struct App {
    /// Its id, or its client id.
    id: Value,
    /// The installation's number.
    pub(crate) installation: String,
    key: Secret,
}

impl Credentials {
    /// Reads a secret: JSON is an App, anything else a token. An error says what
    /// is wrong without quoting from it.
    pub(crate) fn read(secret: &Secret) -> Result<Self, String> {
        let text = secret.reveal().trim();
        if text.is_empty() {
            return Err("is empty; store a token or an App's key there".to_owned());
        }
        if !text.starts_with(['{', '[', '"']) {
            return Ok(Self::Token(Secret::new(text)));
        }
        let body: Value =
            serde_json::from_str(text).map_err(|_| format!("is damaged JSON; {}", App::FORM))?;
        App::read(&body).map(Self::App)
    }
}

impl App {
    const FORM: &'static str =
        "store {\"appId\": …, \"installationId\": …, \"privateKey\": \"-----BEGIN…\"} there";

    fn read(body: &Value) -> Result<Self, String> {
        let text = |name: &str| match &body[name] {
            Value::String(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err(format!("has no {name}; {}", Self::FORM)),
        };
        let (id, installation) = (text("appId")?, text("installationId")?);
        let is_number = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
        // It becomes part of an address.
        if !is_number(&installation) {
            return Err("has an installationId that is no number; it is the last part of the installation's address".to_owned());
        }
        if !id
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'.')
        {
            return Err("has an appId that is neither the App's id nor its client id".to_owned());
        }
        // Variables often hold a key on one line, its breaks written out.
        let key = Secret::new(text("privateKey")?.replace("\\n", "\n"));
        Ok(Self {
            // Older servers take only a number for an id.
            id: id.parse::<u64>().map_or_else(|_| json!(id), |it| json!(it)),
            installation,
            key,
        })
    }

    /// The App's own token (a JWT, RS256), with which it asks for the installation's.
    pub(crate) fn token(&self, now: Timestamp) -> Result<Secret, String> {
        const WRONG: &str = "has a privateKey that is no RSA key in PEM; store the file that GitHub gave, its line breaks as \\n";
        let der = PrivateKeyDer::from_pem_slice(self.key.reveal().as_bytes())
            .map_err(|_| WRONG.to_owned())?;
        let key =
            rustls::crypto::ring::sign::any_supported_type(&der).map_err(|_| WRONG.to_owned())?;
        let signer = key
            .choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256])
            .ok_or(WRONG)?;
        let now = now.as_second();
        let head = json!({"alg": "RS256", "typ": "JWT"});
        let claims = json!({"iat": now - BEFORE, "exp": now + AFTER, "iss": self.id});
        let text = format!(
            "{}.{}",
            base64(head.to_string().as_bytes()),
            base64(claims.to_string().as_bytes())
        );
        let signature = signer
            .sign(text.as_bytes())
            .map_err(|_| "has a privateKey that cannot sign".to_owned())?;
        Ok(Secret::new(format!("{text}.{}", base64(&signature))))
    }
}

/// Base64 for addresses, without padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let three = [0, 1, 2].map(|at| u32::from(chunk.get(at).copied().unwrap_or_default()));
        let bits = three[0] << 16 | three[1] << 8 | three[2];
        for at in 0..=chunk.len() {
            let digit = bits >> (18 - 6 * at) & 63;
            text.push(char::from(
                DIGITS[usize::try_from(digit).unwrap_or_default()],
            ));
        }
    }
    text
}
