//! When an answer was given, by the other side's clock.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_cloudformation::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_cloudformation::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_cloudformation::error::BoxError;
use aws_sdk_cloudformation::primitives::{DateTime, DateTimeFormat};
use jiff::Timestamp;

/// Keeps the `Date` of the last answer of one call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dated(Arc<Mutex<Option<Timestamp>>>);

impl Dated {
    /// The time of the answer; `None` where it did not say.
    pub(crate) fn at(&self) -> Option<Timestamp> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

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
        let date = context.response().headers().get("date");
        let at = date
            .and_then(|it| DateTime::from_str(it, DateTimeFormat::HttpDate).ok())
            .and_then(|it| Timestamp::from_second(it.secs()).ok());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
        Ok(())
    }
}
