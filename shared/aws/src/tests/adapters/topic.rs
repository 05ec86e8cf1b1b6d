//! The topic of SNS.

use domain::layer::Layer;
use domain::message::{Audience, Kind, Message, Outgoing};
use domain::ports::PortErrorKind::{Denied, NotFound};
use jiff::Timestamp;

use super::always;
use crate::topic::topic;

const ARN: &str = "arn:aws:sns:eu-west-1:111122223333:plumbline-events";

fn outgoing() -> Outgoing {
    Outgoing {
        audience: Audience::Notify,
        layer: Some(Layer::CloudFormation),
        severity: None,
        message: Message::about(
            ("f-1", 4),
            Kind::FindingOpened,
            "production",
            Timestamp::UNIX_EPOCH,
        ),
    }
}

#[tokio::test]
async fn a_message_is_published_under_the_attributes_that_subscriptions_filter_by() {
    let (server, access) = always(
        200,
        "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>",
    )
    .await;
    topic(&access, ARN).publish(&outgoing()).await.unwrap();
    let form = &server.seen()[0].form;
    for part in [
        "Action=Publish",
        "plumbline-events",
        "%22id%22%3A%22f-1.4%22",
        "Name=audience&MessageAttributes.entry.1.Value.DataType=String&MessageAttributes.entry.1.Value.StringValue=notify",
    ] {
        let found = form.contains(part)
            || form.replace("entry.2", "entry.1").contains(part)
            || form.replace("entry.3", "entry.1").contains(part);
        assert!(found, "{part}: {form}");
    }
    assert!(
        form.contains("FindingOpened")
            && form.contains("StringValue=cloudformation")
            && !form.contains("Name=severity"),
        "{form}"
    );
}

#[tokio::test]
async fn a_topic_that_is_gone_or_closed_has_its_kind() {
    for (status, code, kind) in [
        (404, "NotFound", NotFound),
        (403, "AuthorizationError", Denied),
    ] {
        let body = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
        );
        let (_server, access) = always(status, body).await;
        let error = topic(&access, ARN).publish(&outgoing()).await.unwrap_err();
        assert_eq!((error.kind, error.op), (kind, "sns:Publish"), "{error}");
    }
}
