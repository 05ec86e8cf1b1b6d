//! What a file in order asks for that this version cannot do yet.

use super::path::Path;
use super::{Loaded, Problem};
use crate::config::Channel;

impl Loaded {
    /// The channels that this version cannot reach, in the order of the file.
    /// No part of [`Loaded::warnings`]: a scan from a shell tells nobody.
    #[must_use]
    pub fn channels_of_later(&self) -> Vec<Problem> {
        let channels = Path::root().key("notify").key("channels");
        let named = self.config.notify.channels.iter();
        let mut later: Vec<Problem> = named
            .filter_map(|(name, channel)| {
                let (keys, kind) = comes_later(channel)?;
                let path = keys
                    .iter()
                    .fold(channels.key(name), |path, key| path.key(key));
                Some(self.warning(&path, kind))
            })
            .collect();
        later.sort_by_key(|it| it.place);
        later
    }

    fn warning(&self, path: &Path, kind: &str) -> Problem {
        let place = self.root.place_of_key(path);
        Problem {
            file: self.file.clone(),
            place: Some((place.line, place.column)),
            path: path.to_string(),
            message: format!(
                "{kind} comes with a later version of Plumbline; until then every message to this channel \
                 ends as a dead letter; use slack with webhook, or webhook"
            ),
        }
    }
}

/// The keys within a channel that ask for a kind of a later version, and the kind.
const fn comes_later(channel: &Channel) -> Option<(&'static [&'static str], &'static str)> {
    Some(match channel {
        Channel::Slack(slack) if slack.webhook.is_none() => {
            (&["slack", "token"], "Slack with a bot token")
        }
        Channel::Slack(_) | Channel::Webhook(_) => return None,
        Channel::Pagerduty(_) => (&["pagerduty"], "PagerDuty"),
        Channel::Github(_) => (&["github"], "GitHub issues"),
        Channel::Sns(_) => (&["sns"], "SNS"),
        Channel::Email(_) => (&["email"], "e-mail"),
    })
}
