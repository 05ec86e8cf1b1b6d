//! What DynamoDB's refusals mean.

use std::error::Error;

use aws::Place;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::CancellationReason;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use domain::ports::{PortError, PortErrorKind};

use crate::rows::Row;

/// Why a write was not carried out.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Guards do not hold.
    Guards(Vec<Unmet>),
    /// Others write the same at the same moment, or too much is written; it may go next time.
    Busy(PortError),
    /// Anything else.
    Failed(PortError),
}

/// A guard that does not hold.
#[derive(Debug)]
pub(crate) struct Unmet {
    /// Which of the changes it guards.
    pub(crate) change: usize,
    /// What is stored there, where DynamoDB told.
    pub(crate) stored: Option<Row>,
}

/// What a failed call means to a port.
pub(crate) fn explain<E>(
    (place, table): (&Place, &str),
    op: &'static str,
    error: &SdkError<E, HttpResponse>,
) -> PortError
where
    E: Error + ProvideErrorMetadata + 'static,
{
    let mut error = place.error_with(op, error, own_meaning);
    if error.kind == PortErrorKind::NotFound {
        error.detail.push_str(&format!(
            " (table `{table}`: check the table's name, the region and the account)"
        ));
    }
    error
}

/// What only DynamoDB's codes mean.
fn own_meaning(code: &str, message: &str) -> Option<PortErrorKind> {
    Some(match code {
        "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "LimitExceededException" => PortErrorKind::Throttled,
        "ConditionalCheckFailedException"
        | "TransactionConflictException"
        | "TransactionInProgressException"
        | "ReplicatedWriteConflictException" => PortErrorKind::Conflict,
        "ItemCollectionSizeLimitExceededException" => PortErrorKind::TooLarge,
        "ValidationException" if is_about_size(message) => PortErrorKind::TooLarge,
        _ => return None,
    })
}

/// Whether a refusal of a request's content is about how much it is. The code
/// is the one of any mistake, so the words decide.
pub(crate) fn is_about_size(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["maximum allowed size", "size limit"]
        .iter()
        .any(|words| message.contains(words))
}

/// What a cancelled transaction's reasons come to: one for each change, in order.
pub(crate) fn cancelled(op: &'static str, reasons: &[CancellationReason]) -> Refused {
    let unmet: Vec<Unmet> = reasons
        .iter()
        .enumerate()
        .filter(|(_, it)| it.code() == Some("ConditionalCheckFailed"))
        .map(|(change, it)| Unmet {
            change,
            stored: it.item.clone(),
        })
        .collect();
    if !unmet.is_empty() {
        return Refused::Guards(unmet);
    }
    // The gravest decides: what is wrong with the request stays wrong however often it is sent.
    let grave = reasons.iter().filter_map(meaning).max_by_key(|it| it.0);
    let Some((_, kind, detail)) = grave else {
        let detail = "the transaction was cancelled without a reason";
        return Refused::Busy(PortError::new(PortErrorKind::Conflict, op, detail));
    };
    let error = PortError::new(kind, op, detail);
    match kind {
        PortErrorKind::Conflict | PortErrorKind::Throttled => Refused::Busy(error),
        _ => Refused::Failed(error),
    }
}

/// How grave one reason is, what it means, and its words. None where its change was not to blame.
fn meaning(reason: &CancellationReason) -> Option<(u8, PortErrorKind, String)> {
    let code = reason.code().filter(|it| *it != "None")?;
    let message = reason.message().unwrap_or_default();
    let (grave, kind) = match code {
        "TransactionConflict" => (0, PortErrorKind::Conflict),
        "ThrottlingError" | "ProvisionedThroughputExceeded" | "RequestLimitExceeded" => {
            (1, PortErrorKind::Throttled)
        }
        "ItemCollectionSizeLimitExceeded" => (2, PortErrorKind::TooLarge),
        "ValidationError" if is_about_size(message) => (2, PortErrorKind::TooLarge),
        "AccessDenied" => (2, PortErrorKind::Denied),
        _ => (2, PortErrorKind::Invalid),
    };
    let text: String = format!("{code}: {message}").chars().take(300).collect();
    Some((grave, kind, text))
}
