//! What an answer means.

use domain::ports::{PortError, PortErrorKind};

/// What came back.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Given {
    /// Whether it was taken; if not, what kind of failure that is.
    pub(crate) fn settle(
        &self,
        op: &'static str,
        name: &str,
        advice: impl Fn(&str) -> Option<&'static str>,
    ) -> Result<(), PortError> {
        let kind = match self.status {
            200..300 => return Ok(()),
            408 => PortErrorKind::Timeout,
            409 => PortErrorKind::Conflict,
            413 => PortErrorKind::TooLarge,
            425 | 500.. => PortErrorKind::Unavailable,
            429 => PortErrorKind::Throttled,
            401 | 403 => PortErrorKind::Denied,
            _ => PortErrorKind::Invalid,
        };
        let mut detail = format!("{name}: answered {}", self.status);
        let advice = self.word().map(|word| (word, advice(word)));
        if let Some((word, Some(advice))) = advice {
            detail.push_str(&format!(" {word}: {advice}"));
        } else if let Some(general) = general_advice(self.status) {
            detail.push_str(&format!(": {general}"));
        }
        if let Some(wait) = self.wait() {
            detail.push_str(&format!(", asks to wait {wait}"));
        }
        Err(PortError::new(kind, op, detail))
    }

    /// The answer's body where it is one word, as Slack's errors are.
    fn word(&self) -> Option<&str> {
        let word = std::str::from_utf8(&self.body).ok()?.trim();
        let is_word = (1..=64).contains(&word.len())
            && word
                .bytes()
                .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_');
        is_word.then_some(word)
    }

    /// What Retry-After says, where it is a number of seconds or a date.
    fn wait(&self) -> Option<String> {
        let text = self.retry_after.as_deref()?.trim();
        if !text.is_empty() && text.len() <= 6 && text.bytes().all(|it| it.is_ascii_digit()) {
            return Some(format!("{text} s"));
        }
        let is_date = (20..=40).contains(&text.len())
            && text
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || b" ,:".contains(&it));
        is_date.then(|| format!("until {text}"))
    }
}

fn general_advice(status: u16) -> Option<&'static str> {
    Some(match status {
        300..=399 => "a redirect, which is not followed; give the address it leads to",
        401 | 403 => "it refuses the caller; see whether the address and the key are still right",
        404 | 410 => "nothing is there; see whether the address is still right",
        413 => "the message is too large for it",
        _ => return None,
    })
}

/// What to do about an error of Slack's incoming webhooks.
pub(crate) fn slack_advice(word: &str) -> Option<&'static str> {
    Some(match word {
        "no_service" | "no_service_id" | "invalid_token" | "no_team" | "team_disabled" => {
            "the webhook was removed or its app uninstalled; make a new one and store its URL"
        }
        "channel_not_found" => {
            "its channel was deleted; make a webhook for another one and store its URL"
        }
        "channel_is_archived" => {
            "its channel is archived; unarchive it, or make a webhook for another one"
        }
        "action_prohibited" | "posting_to_general_channel_denied" => {
            "an administrator forbids posts to this channel; ask for leave, or choose another channel"
        }
        "user_not_found" => "the person it writes to is gone; make a webhook for a channel",
        "invalid_payload"
        | "no_text"
        | "invalid_blocks"
        | "invalid_blocks_format"
        | "msg_blocks_too_long"
        | "too_many_attachments" => {
            "Slack cannot read the message; please report this as a defect of Plumbline"
        }
        "rollup_error" | "fatal_error" | "internal_error" | "service_unavailable" => {
            "a failure of Slack's own"
        }
        "ratelimited" | "rate_limited" => "more than about one message a second",
        _ => return None,
    })
}
