//! Credentials that are asked for once, and again shortly before they expire.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{
    ProvideCredentials, Result, SharedCredentialsProvider, future,
};
use tokio::sync::Mutex;

/// How long before they expire credentials are asked for anew.
const EARLY: Duration = Duration::from_secs(300);

/// How long credentials are kept that do not say when they expire.
const KEPT: Duration = Duration::from_secs(900);

/// A provider that is not asked for every call. SDK clients have a cache of
/// their own before it; calls that are signed here have none.
#[derive(Debug)]
pub(crate) struct Session {
    provider: SharedCredentialsProvider,
    last: Mutex<Option<(Credentials, SystemTime)>>,
}

impl Session {
    pub(crate) fn of(provider: impl ProvideCredentials + 'static) -> SharedCredentialsProvider {
        SharedCredentialsProvider::new(Self {
            provider: SharedCredentialsProvider::new(provider),
            last: Mutex::new(None),
        })
    }

    async fn credentials(&self) -> Result {
        // Who comes while they are asked for waits for the same answer.
        let mut last = self.last.lock().await;
        let now = SystemTime::now();
        if let Some((credentials, until)) = &*last
            && now < *until
        {
            return Ok(credentials.clone());
        }
        let credentials = self.provider.provide_credentials().await?;
        let until = match credentials.expiry() {
            Some(expiry) => expiry.checked_sub(EARLY).unwrap_or(now),
            None => now + KEPT,
        };
        *last = Some((credentials.clone(), until));
        Ok(credentials)
    }
}

impl ProvideCredentials for Session {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Gives credentials that end after so long, and counts.
    #[derive(Debug)]
    struct Counted(Arc<AtomicU32>, Option<Duration>);

    impl ProvideCredentials for Counted {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            self.0.fetch_add(1, Ordering::Relaxed);
            let end = self.1.map(|it| SystemTime::now() + it);
            let given = Credentials::new("AKID", "secret", None, end, "test");
            future::ProvideCredentials::ready(Ok(given))
        }
    }

    async fn asked(life: Option<Duration>) -> u32 {
        let count = Arc::new(AtomicU32::new(0));
        let session = Session::of(Counted(Arc::clone(&count), life));
        for _ in 0..5 {
            session.provide_credentials().await.unwrap();
        }
        count.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn credentials_are_asked_for_once_until_shortly_before_they_expire() {
        assert_eq!(asked(Some(Duration::from_secs(3600))).await, 1);
        assert_eq!(asked(None).await, 1);
        let about_to_end = Some(EARLY - Duration::from_secs(1));
        assert_eq!(asked(about_to_end).await, 5);
    }
}
