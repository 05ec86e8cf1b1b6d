//! Tokens that end: kept while they hold, renewed before they end or when the server refuses one.

use std::fmt;

use async_trait::async_trait;
use domain::ports::{PortError, PortErrorKind};
use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

/// A token is not used in the last minute before it ends: the request still has to get there, and clocks differ.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// A new token serves at least that long, whatever its end: with a clock that is wrong, each request would fetch its own.
const LEAST: SignedDuration = SignedDuration::from_secs(30);

/// A token as requests carry it.
#[derive(Clone)]
pub(crate) struct Issued {
    /// The `Authorization` header.
    pub(crate) header: HeaderValue,
    /// When it ends; `None` where nothing says so.
    pub(crate) until: Option<Timestamp>,
}

impl Issued {
    /// A bearer token.
    pub(crate) fn bearer(
        op: &'static str,
        token: &str,
        until: Option<Timestamp>,
    ) -> Result<Self, PortError> {
        let mut header = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| {
            let detail = "the token has characters that no HTTP header can carry";
            PortError::new(PortErrorKind::Invalid, op, detail)
        })?;
        header.set_sensitive(true);
        Ok(Self { header, until })
    }
}

/// Not even a debug print shows a token.
impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued")
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// Who gives tokens.
#[async_trait]
pub(crate) trait Issuer: Send + Sync {
    /// A new token.
    async fn issue(&self) -> Result<Issued, PortError>;
}

/// The token in use.
pub(crate) struct Token {
    issuer: Box<dyn Issuer>,
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    issued: Issued,
    since: Timestamp,
    /// Whether it was fetched because the one before it was refused.
    instead: bool,
}

impl Kept {
    fn is_new(&self, now: Timestamp) -> bool {
        self.since.duration_until(now) < LEAST
    }

    fn holds(&self, now: Timestamp) -> bool {
        let until = self.issued.until;
        until.is_none_or(|until| now.duration_until(until) > MARGIN) || self.is_new(now)
    }
}

impl Token {
    pub(crate) fn new(issuer: impl Issuer + 'static, first: Option<Issued>) -> Self {
        Self {
            issuer: Box::new(issuer),
            kept: Mutex::new(first.map(|issued| Kept {
                issued,
                since: Timestamp::now(),
                instead: false,
            })),
        }
    }

    /// The header of a token that still holds.
    pub(crate) async fn header(&self) -> Result<HeaderValue, PortError> {
        self.header_at(Timestamp::now()).await
    }

    async fn header_at(&self, now: Timestamp) -> Result<HeaderValue, PortError> {
        let mut kept = self.kept.lock().await;
        match &*kept {
            Some(it) if it.holds(now) => Ok(it.issued.header.clone()),
            _ => self.renewed(&mut kept, now, false).await,
        }
    }

    /// The header of another token than the one that was refused; requests that were refused together share it. `None`
    /// where that one was new and fetched for the same reason: another would be refused too.
    pub(crate) async fn instead_of(
        &self,
        refused: &HeaderValue,
    ) -> Result<Option<HeaderValue>, PortError> {
        let now = Timestamp::now();
        let mut kept = self.kept.lock().await;
        match &*kept {
            Some(it) if it.issued.header != refused => Ok(Some(it.issued.header.clone())),
            Some(it) if it.instead && it.is_new(now) => Ok(None),
            _ => self.renewed(&mut kept, now, true).await.map(Some),
        }
    }

    async fn renewed(
        &self,
        kept: &mut Option<Kept>,
        now: Timestamp,
        instead: bool,
    ) -> Result<HeaderValue, PortError> {
        let issued = self.issuer.issue().await?;
        let header = issued.header.clone();
        *kept = Some(Kept {
            issued,
            since: now,
            instead,
        });
        Ok(header)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    struct Counting(Arc<AtomicU32>, Option<Timestamp>);

    #[async_trait]
    impl Issuer for Counting {
        async fn issue(&self) -> Result<Issued, PortError> {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            Issued::bearer("test", &format!("token-{number}"), self.1)
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[tokio::test]
    async fn a_token_is_used_until_a_minute_before_its_end() {
        let issued = Arc::new(AtomicU32::new(0));
        let token = Token::new(Counting(Arc::clone(&issued), Some(at(1000))), None);
        for now in [0, 500, 939] {
            assert_eq!(token.header_at(at(now)).await.unwrap(), "Bearer token-0");
        }
        assert_eq!(token.header_at(at(940)).await.unwrap(), "Bearer token-1");
        assert_eq!(issued.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn requests_that_were_refused_together_share_one_new_token() {
        let issued = Arc::new(AtomicU32::new(0));
        let token = Token::new(Counting(Arc::clone(&issued), None), None);
        let first = token.header().await.unwrap();
        let (one, two) = tokio::join!(token.instead_of(&first), token.instead_of(&first));
        assert_eq!(one.unwrap().unwrap(), "Bearer token-1");
        let second = two.unwrap().unwrap();
        assert_eq!(second, "Bearer token-1");
        // Where that is refused too, a third would not help.
        assert_eq!(token.instead_of(&second).await.unwrap(), None);
        assert_eq!(issued.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_token_that_seems_to_have_ended_already_serves_a_while() {
        let issued = Arc::new(AtomicU32::new(0));
        let token = Token::new(Counting(Arc::clone(&issued), Some(at(100))), None);
        for (now, header) in [
            (500, "Bearer token-0"),
            (529, "Bearer token-0"),
            (530, "Bearer token-1"),
        ] {
            assert_eq!(token.header_at(at(now)).await.unwrap(), header);
        }
    }

    #[test]
    fn a_token_is_not_printed() {
        let issued = Issued::bearer("test", "very-secret", None).unwrap();
        let printed = format!("{issued:?} {:?}", issued.header);
        assert!(!printed.contains("very-secret"), "{printed}");
    }
}
