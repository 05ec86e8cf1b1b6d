//! Secrets in addresses.

use std::ops::Range;

/// Addresses that whoever knows them may post to.
const HOOKS: [&str; 6] = [
    "hooks.slack.com/services/",
    "hooks.slack.com/workflows/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "webhook.office.com/webhookb2/",
    "hooks.zapier.com/hooks/catch/",
];

/// From this length on what stands for a user without a password is a token.
const TOKEN: usize = 16;

/// Finds passwords in addresses: `scheme://user:password@host`, a long token in
/// place of the user, `jdbc:oracle:thin:user/password@`, the path of a webhook.
pub(super) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    for (at, mark) in text.match_indices("://") {
        let from = at + mark.len();
        let rest = &text[from..];
        let end = rest.find(|it: char| is_end(it) || "/?#".contains(it));
        let place = in_authority(&rest[..end.unwrap_or(rest.len())]);
        found.extend(place.map(|it| from + it.start..from + it.end));
    }
    let mut at = 0;
    for word in text.split(is_end) {
        in_word(word, at, found);
        at += word.len();
        at += text[at..].chars().next().map_or(0, char::len_utf8);
    }
}

fn is_end(it: char) -> bool {
    it.is_whitespace() || "\"'<>`".contains(it)
}

/// What one look at a whole word finds.
fn in_word(word: &str, at: usize, found: &mut Vec<Range<usize>>) {
    // Somebody forgot to escape a `/` in the password.
    if let Some((scheme, rest)) = word.split_once("://")
        && let Some((user, _)) = rest.rsplit_once('@')
        && let Some((name, password)) = user.split_once(':')
        && !password.is_empty()
        && !name.contains(['/', '.'])
    {
        let from = at + scheme.len() + 3;
        found.push(from + name.len() + 1..from + user.len());
    }
    for hook in HOOKS {
        if let Some(place) = word.find(hook) {
            found.push(at + place + hook.len()..at + word.len());
        }
    }
    if let Some((before, rest)) = word.split_once("jdbc:oracle:")
        && let Some((user, _)) = rest.split_once('@')
        && let Some((name, _)) = user.split_once('/')
    {
        let from = at + before.len() + "jdbc:oracle:".len();
        found.push(from + name.len() + 1..from + user.len());
    }
}

fn in_authority(authority: &str) -> Option<Range<usize>> {
    let (user, _) = authority.rsplit_once('@')?;
    match user.split_once(':') {
        Some((name, password)) => (!password.is_empty()).then_some(name.len() + 1..user.len()),
        None => (user.len() >= TOKEN).then_some(0..user.len()),
    }
}
