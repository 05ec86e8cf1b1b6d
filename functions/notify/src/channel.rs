//! The channels of the configuration, and which of them this version can reach.

use domain::ports::Address;
use policy::Channel;

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
    let kind = match channel {
        Channel::Slack(slack) => match &slack.webhook {
            Some(url) => {
                let url = url.as_str().to_owned();
                return Ok((Form::Slack, Address::SlackWebhook { url }));
            }
            None => "Slack with a bot token",
        },
        Channel::Webhook(webhook) => {
            let address = Address::Webhook {
                url: webhook.url.as_str().to_owned(),
                secret: webhook.secret.as_ref().map(|it| it.as_str().to_owned()),
            };
            return Ok((Form::Webhook, address));
        }
        Channel::Pagerduty(_) => "PagerDuty",
        Channel::Github(_) => "GitHub issues",
        Channel::Sns(_) => "SNS",
        Channel::Email(_) => "e-mail",
    };
    Err(format!(
        "{kind} comes with a later version of Plumbline; until then use slack with webhook, or webhook, \
         and see that a route leads there"
    ))
}

/// Whether a channel wakes people up: it is told of incidents and of nothing else.
pub(crate) const fn is_pager(channel: &Channel) -> bool {
    matches!(channel, Channel::Pagerduty(_))
}
