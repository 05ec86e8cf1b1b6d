//! Who is told what, and where.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::scalar::{Condition, Name, Repository, SecretRef, TopicArn, UrlOrSecret};

/// Who is told what, and where.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Notify {
    /// Which findings go to which channels; every route that matches counts. Default: none.
    pub routes: Vec<Route>,
    /// The channels, by name. Default: none.
    pub channels: BTreeMap<String, Channel>,
}

/// Which findings go to which channels.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Route {
    /// A CEL condition over the finding.
    pub when: Condition,
    /// The channels, each a name of `channels`.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub to: Vec<Name>,
}

/// A channel.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Channel {
    /// A PagerDuty service.
    Pagerduty(PagerdutyChannel),
    /// A Slack channel.
    Slack(SlackChannel),
    /// Issues of a GitHub repository.
    Github(GithubChannel),
    /// An SNS topic; at least once.
    Sns(SnsChannel),
    /// Any HTTP endpoint; at least once.
    Webhook(WebhookChannel),
    /// E-mail through SES; at least once.
    Email(EmailChannel),
}

/// A channel that this version can reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reached<'c> {
    /// An incoming webhook of Slack, by the reference to its address.
    SlackWebhook(&'c SecretRef),
    /// Any HTTP endpoint.
    Webhook(&'c WebhookChannel),
}

/// Why a channel cannot be reached yet: its kind comes with a later version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComesLater {
    /// The kind, as a sentence begins with it.
    pub kind: &'static str,
    /// The keys within the channel that ask for it.
    pub keys: &'static [&'static str],
}

impl ComesLater {
    /// What to use until then.
    pub const INSTEAD: &'static str = "use slack with webhook, or webhook";
}

impl Channel {
    /// How this version reaches the channel. Whoever tells, tests or checks channels asks here.
    ///
    /// # Errors
    ///
    /// That it cannot yet.
    pub const fn reached(&self) -> Result<Reached<'_>, ComesLater> {
        let (kind, keys): (_, &[_]) = match self {
            Self::Slack(slack) => match &slack.webhook {
                Some(url) => return Ok(Reached::SlackWebhook(url)),
                None => ("Slack with a bot token", &["slack", "token"]),
            },
            Self::Webhook(webhook) => return Ok(Reached::Webhook(webhook)),
            Self::Pagerduty(_) => ("PagerDuty", &["pagerduty"]),
            Self::Github(_) => ("GitHub issues", &["github"]),
            Self::Sns(_) => ("SNS", &["sns"]),
            Self::Email(_) => ("e-mail", &["email"]),
        };
        Err(ComesLater { kind, keys })
    }
}

/// A PagerDuty service.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PagerdutyChannel {
    /// A reference to the routing key of an Events API v2 integration.
    pub routing_key: SecretRef,
}

/// A Slack channel. It has either `token` and `channel` (one message per incident, edited in place) or `webhook` (at least once, never edited).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SlackChannel {
    /// A reference to the bot's token.
    #[serde(default)]
    pub token: Option<SecretRef>,
    /// The channel's name (`#oncall`) or id.
    #[serde(default)]
    pub channel: Option<Name>,
    /// A reference to the address of an incoming webhook.
    #[serde(default)]
    pub webhook: Option<SecretRef>,
}

/// Issues of a GitHub repository.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GithubChannel {
    /// The repository, `owner/name`. Default: that of `github`.
    #[serde(default)]
    pub repository: Option<Repository>,
    /// Labels that every issue gets. Default: none besides Plumbline's own.
    #[serde(default)]
    pub labels: Vec<Name>,
}

/// An SNS topic.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SnsChannel {
    /// The topic's ARN.
    pub topic: TopicArn,
}

/// Any HTTP endpoint.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WebhookChannel {
    /// The address, or a reference to it where it is a secret itself.
    pub url: UrlOrSecret,
    /// A reference to the key that signs each body. Default: bodies are not signed.
    #[serde(default)]
    pub secret: Option<SecretRef>,
}

/// E-mail through SES.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EmailChannel {
    /// The sender, a verified identity.
    pub from: Name,
    /// The recipients.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub to: Vec<Name>,
}
