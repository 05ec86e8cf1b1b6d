//! Who asks AWS, and what time it is there.

use std::sync::{Arc, Mutex, PoisonError};

use aws::{Access, Connection};
use aws_sdk_sts::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_sts::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sts::error::BoxError;
use aws_sdk_sts::primitives::{DateTime, DateTimeFormat};
use domain::ports::PortError;
use jiff::Timestamp;

const OP: &str = "sts:GetCallerIdentity";

/// The region that is asked where none is set: every account has it.
pub(crate) const ANY_REGION: &str = "us-east-1";

/// An identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The account that it belongs to.
    pub(crate) account: String,
    /// The user or session.
    pub(crate) arn: String,
}

impl Caller {
    /// Its partition: `aws`, `aws-cn`, `aws-us-gov`.
    pub(crate) fn partition(&self) -> &str {
        self.arn.split(':').nth(1).unwrap_or("aws")
    }
}

/// An answer to the question who asks, and the other side's time.
pub(crate) struct Asked {
    /// Who it is, or why that could not be found out.
    pub(crate) caller: Result<Caller, PortError>,
    /// The time of the answer by the other side's clock, also of a refusal.
    pub(crate) at: Option<Timestamp>,
}

/// Asks STS who the caller is, in the connection's region or any other.
pub(crate) async fn caller(connection: &Connection) -> Asked {
    let region = connection.default_region();
    let access = connection
        .access(region.as_deref().or(Some(ANY_REGION)), None)
        .await;
    match access {
        Ok(access) => ask(&access).await,
        Err(error) => Asked {
            caller: Err(error),
            at: None,
        },
    }
}

async fn ask(access: &Access) -> Asked {
    let dated = Dated::default();
    let answer = aws_sdk_sts::Client::new(&access.config)
        .get_caller_identity()
        .customize()
        .interceptor(dated.clone())
        .send()
        .await;
    let caller = answer
        .map(|it| Caller {
            account: it.account.unwrap_or_default(),
            arn: it.arn.unwrap_or_default(),
        })
        .map_err(|error| access.place.error(OP, &error));
    Asked {
        caller,
        at: *dated.0.lock().unwrap_or_else(PoisonError::into_inner),
    }
}

/// Keeps the `Date` of an answer.
#[derive(Clone, Debug, Default)]
struct Dated(Arc<Mutex<Option<Timestamp>>>);

impl Intercept for Dated {
    fn name(&self) -> &'static str {
        "Dated"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let at = context
            .response()
            .headers()
            .get("date")
            .and_then(|it| DateTime::from_str(it, DateTimeFormat::HttpDate).ok())
            .and_then(|it| Timestamp::from_second(it.secs()).ok());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
        Ok(())
    }
}
