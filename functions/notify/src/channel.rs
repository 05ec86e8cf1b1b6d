//! The channels of the configuration, and which of them this version can reach.

use domain::ports::Address;
use policy::{Channel, ComesLater, Reached};

/// How a message is written for a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Slack's blocks.
    Slack,
    /// Plumbline's own JSON.
    Webhook,
}

/// How a channel is reached.
///
/// # Errors
///
/// That this version cannot reach it, and what to do until one can.
pub(crate) fn way(channel: &Channel) -> Result<(Form, Address), String> {
    match channel.reached() {
        Ok(Reached::SlackWebhook(url)) => {
            let url = url.as_str().to_owned();
            Ok((Form::Slack, Address::SlackWebhook { url }))
        }
        Ok(Reached::Webhook(webhook)) => {
            let address = Address::Webhook {
                url: webhook.url.as_str().to_owned(),
                secret: webhook.secret.as_ref().map(|it| it.as_str().to_owned()),
            };
            Ok((Form::Webhook, address))
        }
        Err(later) => Err(format!(
            "{} comes with a later version of Plumbline; until then {}, and see that a route leads there",
            later.kind,
            ComesLater::INSTEAD
        )),
    }
}

/// Whether a channel wakes people up: it is told of incidents and of nothing else.
pub(crate) const fn is_pager(channel: &Channel) -> bool {
    matches!(channel, Channel::Pagerduty(_))
}
