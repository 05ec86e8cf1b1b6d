//! What the text of a value says of it.

use serde_json::Value;

use super::names;

/// From this length on text without pattern is taken for a key.
const LONG: usize = 32;

/// How tokens of known services begin, and how long what follows is at least.
const BEGINNINGS: [(&str, usize); 24] = [
    ("AIza", 30),
    ("AKIA", 16),
    ("ASIA", 16),
    ("SG.", 20),
    ("dop_v1_", 20),
    ("ghp_", 16),
    ("gho_", 16),
    ("ghr_", 16),
    ("ghs_", 16),
    ("ghu_", 16),
    ("github_pat_", 16),
    ("glpat-", 16),
    ("hvs.", 16),
    ("npm_", 30),
    ("pypi-", 30),
    ("rk_live_", 16),
    ("sk-", 20),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("xapp-", 10),
    ("xoxa-", 10),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xoxs-", 10),
];

/// Parts of a name whose value is a fingerprint or an address of something, not a key.
const FINGERPRINTS: [&str; 20] = [
    "asset",
    "canonical",
    "checksum",
    "commit",
    "digest",
    "etag",
    "fingerprint",
    "hash",
    "image",
    "keyid",
    "md5",
    "publickey",
    "revision",
    "s3key",
    "sha1",
    "sha256",
    "sha512",
    "template",
    "thumbprint",
    "version",
];

/// The ends of words that are names of files.
const FILES: [&str; 12] = [
    ".css",
    ".gz",
    ".html",
    ".jar",
    ".js",
    ".json",
    ".png",
    ".template",
    ".whl",
    ".yaml",
    ".yml",
    ".zip",
];

/// The object or list that a text is, where it is JSON.
pub(super) fn document(text: &str) -> Option<Value> {
    let is_likely = text.trim_start().starts_with(['{', '[']);
    is_likely
        .then(|| serde_json::from_str(text).ok())
        .flatten()
        .filter(|value: &Value| value.is_object() || value.is_array())
}

/// Whether a text looks like a secret, or holds one. `names` are what the value
/// is called: a fingerprint looks like a key and is none.
pub(super) fn is_secret(text: &str, names: &[&str]) -> bool {
    if holds_private_key(text) || has_password_in_url(text) || says_a_secret(text) {
        return true;
    }
    let is_fingerprint = names.iter().any(|name| {
        let plain: String = name
            .to_lowercase()
            .chars()
            .filter(|it| it.is_alphanumeric())
            .collect();
        FINGERPRINTS.iter().any(|part| plain.contains(part))
    });
    words(text).any(|word| is_token(word) || !is_fingerprint && is_key(word))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|it: char| it.is_whitespace() || "\"'`,;(){}[]<>|".contains(it))
        .filter(|word| !word.is_empty())
}

fn holds_private_key(text: &str) -> bool {
    text.split("-----BEGIN ").skip(1).any(|rest| {
        rest.lines()
            .next()
            .is_some_and(|line| line.contains("PRIVATE KEY"))
    })
}

/// `scheme://user:password@host`, or a long token in place of the user.
fn has_password_in_url(text: &str) -> bool {
    let escaped = text.match_indices("://").any(|(at, mark)| {
        let rest = &text[at + mark.len()..];
        let end = rest.find(|it: char| it.is_whitespace() || "/?#\"'<>".contains(it));
        let authority = end.map_or(rest, |end| &rest[..end]);
        authority.rsplit_once('@').is_some_and(|(user, _)| {
            user.split_once(':')
                .map_or(user.len() >= 16, |(_, password)| !password.is_empty())
        })
    });
    // Somebody forgot to escape a `/` in the password.
    let unescaped = || {
        text.split_whitespace()
            .filter_map(|word| {
                word.split_once("://")?
                    .1
                    .rsplit_once('@')?
                    .0
                    .split_once(':')
            })
            .any(|(user, password)| !password.is_empty() && !user.contains(['/', '.']))
    };
    escaped || unescaped() || text.contains("hooks.slack.com/services/")
}

/// `password=x` anywhere, `password: x` at the start of a line, `Bearer x`.
fn says_a_secret(text: &str) -> bool {
    let in_a_word = text
        .split(|it: char| it.is_whitespace() || "\"';&?,|".contains(it))
        .filter_map(|word| word.split_once('='))
        .any(|(name, value)| !value.is_empty() && says_sensitive(name));
    let on_a_line = text.lines().any(|line| {
        let line = line.trim_start_matches(['-', ' ', '\t']);
        line.split_once([':', '=']).is_some_and(|(name, value)| {
            let name = name.trim().trim_matches(['"', '\'']);
            !value.trim().is_empty() && !name.contains(' ') && says_sensitive(name)
        })
    });
    let follows = ["Bearer ", "Basic "].iter().any(|word| {
        text.match_indices(word).any(|(at, _)| {
            let credentials = words(&text[at + word.len()..]).next();
            credentials.is_some_and(|it| it.len() >= 16 && it.bytes().any(|it| it.is_ascii_digit()))
        })
    });
    in_a_word || on_a_line || follows
}

/// A name in running text: an address (`arn:aws:secretsmanager:…`) is none.
fn says_sensitive(name: &str) -> bool {
    let is_name = |it: char| it.is_alphanumeric() || "-_.".contains(it);
    let name = name.trim_start_matches('-');
    // `Key=a,Value=b` spells a tag.
    !name.eq_ignore_ascii_case("key") && name.chars().all(is_name) && names::says_sensitive(name)
}

/// A token that its beginning gives away, or a JSON web token, anywhere in a word.
fn is_token(word: &str) -> bool {
    let begins = BEGINNINGS.iter().any(|(beginning, length)| {
        word.match_indices(beginning).any(|(at, _)| {
            let starts_here = word[..at]
                .chars()
                .next_back()
                .is_none_or(|it| !it.is_alphanumeric());
            let token = word.as_bytes()[at + beginning.len()..].get(..*length);
            starts_here && token.is_some_and(|token| follows(beginning, token))
        })
    });
    begins || is_web_token(word)
}

/// Whether a token of a known beginning goes on like one.
fn follows(beginning: &str, token: &[u8]) -> bool {
    token.iter().all(|it| match beginning {
        "AKIA" | "ASIA" => it.is_ascii_uppercase() || it.is_ascii_digit(),
        _ => it.is_ascii_alphanumeric() || b"-_.".contains(it),
    }) && (beginning != "sk-" || token.iter().any(u8::is_ascii_digit))
}

/// Three parts of base64, the first the header's `{"…`.
fn is_web_token(word: &str) -> bool {
    word.split(|it: char| !it.is_ascii_alphanumeric() && !"-_.".contains(it))
        .any(|run| {
            let parts: Vec<&str> = run.split('.').collect();
            parts.windows(3).any(|parts| {
                let header = parts[0].find("eyJ").map_or(0, |at| parts[0].len() - at);
                header >= 10 && parts[1].len() >= 10
            })
        })
}

/// Text without pattern, as keys are.
fn is_key(word: &str) -> bool {
    let is_address = word.starts_with("arn:")
        || word.contains("sha256:")
        || FILES.iter().any(|end| word.to_lowercase().ends_with(end));
    !is_address
        && word
            .split([':', '@', '.', '=', '&', '?', '#', '$', '%', '*', '!'])
            .any(is_random)
}

/// Whether a run of text is random. Names made of words change between lower
/// case, upper case and digits now and then; random text does all the time.
fn is_random(run: &str) -> bool {
    let is_possible = |it: u8| it.is_ascii_alphanumeric() || b"+/-_".contains(&it);
    if run.len() < LONG || !run.bytes().all(is_possible) {
        return false;
    }
    let run = without_suffix(run);
    let digits = run.bytes().filter(u8::is_ascii_digit).count();
    let letters = run.bytes().filter(u8::is_ascii_alphabetic).count();
    // The length of a secret access key, and what only base64 has.
    let is_aws_key = run.len() == 40 && run.contains(['/', '+']) && !run.contains(['-', '_']);
    let fewest = if is_aws_key { 1 } else { 2 };
    if run.len() < LONG || digits < fewest || letters < 2 {
        return false;
    }
    if run.bytes().all(|it| it.is_ascii_hexdigit()) {
        return true;
    }
    // `+/-_` are rare in keys, and stand between the words of a name or path. One
    // key in eight of AWS's has three or more of them, though.
    let separators = run.len() - digits - letters;
    let shortest_word = if is_aws_key { 6 } else { 12 };
    if run.len() / (separators + 1) < shortest_word || is_resource_id(run) {
        return false;
    }
    let has_both_cases = run.bytes().any(|it| it.is_ascii_lowercase())
        && run.bytes().any(|it| it.is_ascii_uppercase());
    let pairs = || {
        run.as_bytes()
            .windows(2)
            .filter(|pair| pair.iter().all(u8::is_ascii_alphanumeric))
    };
    let changes = pairs()
        .filter(|pair| class(pair[0]) != class(pair[1]))
        .count();
    let wanted = match (has_both_cases, is_aws_key) {
        (true, true) => 30,
        (true, false) => 42,
        (false, _) => 25,
    };
    changes * 100 >= wanted * pairs().count()
}

/// A run without what CloudFormation appends to the names that it makes: `-1A2B3C4D5E6F7`.
fn without_suffix(run: &str) -> &str {
    match run.rsplit_once('-') {
        Some((name, suffix))
            if (12..=14).contains(&suffix.len())
                && suffix.bytes().all(|it| it.is_ascii_alphanumeric()) =>
        {
            name
        }
        _ => run,
    }
}

/// `cluster-` and such before one long id in capitals.
fn is_resource_id(run: &str) -> bool {
    run.split_once('-').is_some_and(|(kind, id)| {
        kind.bytes().all(|it| it.is_ascii_lowercase())
            && id
                .bytes()
                .all(|it| it.is_ascii_uppercase() || it.is_ascii_digit())
    })
}

/// The class of a letter or digit.
fn class(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        _ => 2,
    }
}
