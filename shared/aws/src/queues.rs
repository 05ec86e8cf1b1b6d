//! Queues of SQS.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::http::HttpResponse;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{
    Message, MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName,
};
use domain::ports::{PortError, PortErrorKind, Queues};
use domain::work::Queue;

use crate::connection::Access;
use crate::failure::{Place, invalid};

const SEND: &str = "sqs:SendMessage";
const RECEIVE: &str = "sqs:ReceiveMessage";
const DELETE: &str = "sqs:DeleteMessage";
const ATTRIBUTES: &str = "sqs:GetQueueAttributes";

/// The most that one call gives.
const MOST: i32 = 10;

/// The functions' queues, by their URLs; nothing is asked of AWS yet.
#[must_use]
pub fn queues(access: &Access, urls: BTreeMap<Queue, String>) -> Arc<dyn Queues> {
    Arc::new(FunctionQueues {
        sqs: Sqs::new(access),
        urls,
    })
}

/// The account of a queue, by its URL; `None` where that names none.
#[must_use]
pub fn account_of(url: &str) -> Option<String> {
    let (path, _name) = url.split_once("://")?.1.rsplit_once('/')?;
    let (_, account) = path.rsplit_once('/')?;
    let is_one = account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit());
    is_one.then(|| account.to_owned())
}

struct FunctionQueues {
    sqs: Sqs,
    urls: BTreeMap<Queue, String>,
}

#[async_trait]
impl Queues for FunctionQueues {
    async fn send(&self, queue: Queue, body: &str, delay: Duration) -> Result<(), PortError> {
        let url = self.urls.get(&queue).ok_or_else(|| {
            let variable = queue.variable();
            invalid(
                SEND,
                format!("this function sends nothing to {queue}: it does not read {variable}"),
            )
        })?;
        let letter = Letter {
            body,
            delay,
            attributes: &[],
        };
        self.sqs.send(url, letter).await
    }
}

/// A message to send.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// Its body.
    pub body: &'a str,
    /// How long the queue holds it back, [`Queue::LONGEST_DELAY`] at most; part of a second counts as one.
    pub delay: Duration,
    /// Its attributes, all of them text. An empty one is left out, since SQS takes none.
    pub attributes: &'a [(&'a str, &'a str)],
}

/// A message that was received and is hidden for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The queue's id of it.
    pub id: String,
    /// What deletes it.
    pub receipt: String,
    /// Its body.
    pub body: String,
    /// Its attributes that are text.
    pub attributes: BTreeMap<String, String>,
    /// When it was sent, in milliseconds since 1970.
    pub sent_at: Option<i64>,
    /// How often it was received, this time included.
    pub times: Option<u32>,
}

/// How many messages a queue holds, about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Those that can be received.
    pub waiting: u64,
    /// Those that somebody has received and not yet deleted.
    pub in_work: u64,
    /// Those that are held back.
    pub delayed: u64,
}

/// SQS in one account and region, queue by queue.
#[derive(Clone, Debug)]
pub struct Sqs {
    client: Client,
    place: Place,
}

impl Sqs {
    /// SQS with these settings; nothing is asked of it yet.
    #[must_use]
    pub fn new(access: &Access) -> Self {
        Self {
            client: Client::new(&access.config),
            place: access.place.clone(),
        }
    }

    /// `sqs:SendMessage`.
    ///
    /// # Errors
    /// [`PortErrorKind::Invalid`] where the delay is longer than a queue can hold back,
    /// [`PortErrorKind::TooLarge`] where body and attributes are more than it takes; else what SQS says.
    pub async fn send(&self, url: &str, letter: Letter<'_>) -> Result<(), PortError> {
        let whole = letter.delay.as_secs() + u64::from(letter.delay.subsec_nanos() > 0);
        let seconds = i32::try_from(whole)
            .ok()
            .filter(|_| whole <= Queue::LONGEST_DELAY.as_secs())
            .ok_or_else(|| invalid(SEND, format!("a queue holds nothing back for {whole} s")))?;
        let mut request = self
            .client
            .send_message()
            .queue_url(url)
            .message_body(letter.body);
        // FIFO queues refuse even a delay of 0.
        if seconds > 0 {
            request = request.delay_seconds(seconds);
        }
        for (name, value) in letter.attributes.iter().filter(|(_, it)| !it.is_empty()) {
            let value = MessageAttributeValue::builder()
                .data_type("String")
                .string_value(*value)
                .build()
                .map_err(|error| invalid(SEND, format!("attribute {name}: {error}")))?;
            request = request.message_attributes(*name, value);
        }
        request
            .send()
            .await
            .map(drop)
            .map_err(|error| self.error(SEND, &error))
    }

    /// `sqs:ReceiveMessage`: up to ten messages, hidden from others for `hide`.
    /// An empty answer does not prove an empty queue.
    ///
    /// # Errors
    /// What SQS says, or [`PortErrorKind::Invalid`] for an answer without id or receipt.
    pub async fn receive(&self, url: &str, hide: Duration) -> Result<Vec<Received>, PortError> {
        let hide = i32::try_from(hide.as_secs()).unwrap_or(i32::MAX);
        let answer = self
            .client
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(MOST)
            .visibility_timeout(hide)
            .wait_time_seconds(1)
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .send()
            .await
            .map_err(|error| self.error(RECEIVE, &error))?;
        answer
            .messages
            .unwrap_or_default()
            .into_iter()
            .map(received)
            .collect()
    }

    /// `sqs:DeleteMessage`, by the receipt of its last reception.
    ///
    /// # Errors
    /// What SQS says.
    pub async fn delete(&self, url: &str, receipt: &str) -> Result<(), PortError> {
        self.client
            .delete_message()
            .queue_url(url)
            .receipt_handle(receipt)
            .send()
            .await
            .map(drop)
            .map_err(|error| self.error(DELETE, &error))
    }

    /// `sqs:GetQueueAttributes`: how many messages there are.
    ///
    /// # Errors
    /// What SQS says, or [`PortErrorKind::Invalid`] for an answer without the numbers.
    pub async fn backlog(&self, url: &str) -> Result<Backlog, PortError> {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        let answer = self
            .client
            .get_queue_attributes()
            .queue_url(url)
            .set_attribute_names(Some(names.to_vec()))
            .send()
            .await
            .map_err(|error| self.error(ATTRIBUTES, &error))?;
        let attributes = answer.attributes.unwrap_or_default();
        let [waiting, in_work, delayed] = names.map(|name| {
            let number = attributes.get(&name).and_then(|text| text.parse().ok());
            number
                .ok_or_else(|| invalid(ATTRIBUTES, format!("the answer has no {}", name.as_str())))
        });
        Ok(Backlog {
            waiting: waiting?,
            in_work: in_work?,
            delayed: delayed?,
        })
    }

    fn error<E>(&self, op: &'static str, error: &SdkError<E, HttpResponse>) -> PortError
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        self.place.error_with(op, error, own_meaning)
    }
}

/// What only SQS's codes mean.
fn own_meaning(code: &str, message: &str) -> Option<PortErrorKind> {
    match code {
        "QueueDoesNotExist" | "AWS.SimpleQueueService.NonExistentQueue" => {
            Some(PortErrorKind::NotFound)
        }
        "InvalidParameterValue" if message.contains("must be shorter than") => {
            Some(PortErrorKind::TooLarge)
        }
        "KmsThrottled" | "OverLimit" => Some(PortErrorKind::Throttled),
        "KmsAccessDenied" | "KmsDisabled" | "KmsNotFound" => Some(PortErrorKind::Denied),
        _ => None,
    }
}

fn received(message: Message) -> Result<Received, PortError> {
    let system = |name| {
        let attributes = message.attributes.as_ref()?;
        attributes.get(&name).map(String::as_str)
    };
    let sent_at = system(MessageSystemAttributeName::SentTimestamp);
    let times = system(MessageSystemAttributeName::ApproximateReceiveCount);
    let (sent_at, times) = (
        sent_at.and_then(|text| text.parse().ok()),
        times.and_then(|text| text.parse().ok()),
    );
    let attributes = message.message_attributes.unwrap_or_default();
    let (Some(id), Some(receipt)) = (message.message_id, message.receipt_handle) else {
        return Err(invalid(
            RECEIVE,
            "the answer has a message without id or receipt",
        ));
    };
    Ok(Received {
        id,
        receipt,
        body: message.body.unwrap_or_default(),
        attributes: attributes
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.string_value?)))
            .collect(),
        sent_at,
        times,
    })
}
