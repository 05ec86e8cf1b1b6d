//! The topic of SNS that tells what happened.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_sns::Client;
use aws_sdk_sns::types::MessageAttributeValue;
use domain::message::Outgoing;
use domain::ports::{PortError, PortErrorKind, Topic};

use crate::connection::Access;
use crate::failure::{Place, invalid};

const PUBLISH: &str = "sns:Publish";

/// The topic of that ARN; nothing is asked of AWS yet.
#[must_use]
pub fn topic(access: &Access, arn: &str) -> Arc<dyn Topic> {
    Arc::new(SnsTopic {
        client: Client::new(&access.config),
        place: access.place.clone(),
        arn: arn.to_owned(),
    })
}

struct SnsTopic {
    client: Client,
    place: Place,
    arn: String,
}

#[async_trait]
impl Topic for SnsTopic {
    async fn publish(&self, outgoing: &Outgoing) -> Result<(), PortError> {
        let body = serde_json::to_string(&outgoing.message)
            .map_err(|error| invalid(PUBLISH, error.to_string()))?;
        let mut request = self.client.publish().topic_arn(&self.arn).message(body);
        for (name, value) in outgoing.attributes() {
            let value = MessageAttributeValue::builder()
                .data_type("String")
                .string_value(value)
                .build()
                .map_err(|error| invalid(PUBLISH, format!("attribute {name}: {error}")))?;
            request = request.message_attributes(name, value);
        }
        request
            .send()
            .await
            .map(drop)
            .map_err(|error| self.place.error_with(PUBLISH, &error, own_meaning))
    }
}

/// What only SNS's codes mean.
fn own_meaning(code: &str, _message: &str) -> Option<PortErrorKind> {
    match code {
        "NotFound" | "NotFoundException" => Some(PortErrorKind::NotFound),
        "AuthorizationError" | "KMSAccessDenied" | "KMSDisabled" | "KMSNotFound" => {
            Some(PortErrorKind::Denied)
        }
        "KMSThrottling" => Some(PortErrorKind::Throttled),
        _ => None,
    }
}
