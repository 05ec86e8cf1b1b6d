//! What the text of a value says of it.

use std::ops::Range;

use serde_json::Value;

use super::{assigned, commands, names, outline, random, tokens, urls};

/// How many times what a text holds in base64 or escaped is read as a text again.
const DEEPEST: usize = 3;

/// From this length on a run of base64 is read. Nothing shorter is a token or key either.
const SHORTEST_ENCODED: usize = 12;

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

/// How a digest begins that says which one it is.
const DIGESTS: [&str; 5] = ["sha1:", "sha256:", "sha256-", "sha384-", "sha512-"];

/// The ends of the names of hosts that AWS makes up, with an id in front.
const HOSTS: [&str; 6] = [
    ".acm-validations.aws",
    ".amazonaws.com",
    ".amazoncognito.com",
    ".cloudfront.net",
    ".eks.amazonaws.com",
    ".on.aws",
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
    !secrets(text, names).is_empty()
}

/// Where in a text secrets stand, sorted and apart from each other.
pub(super) fn secrets(text: &str, names: &[&str]) -> Vec<Range<usize>> {
    let mut found = at_depth(text, names, 0);
    found.sort_by_key(|it| (it.start, it.end));
    found.dedup_by(|next, last| {
        let overlaps = next.start <= last.end;
        if overlaps {
            last.end = last.end.max(next.end);
        }
        overlaps
    });
    found
}

fn at_depth(text: &str, names: &[&str], depth: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    private_keys(text, &mut found);
    urls::find(text, &mut found);
    assigned::find(text, &mut found);
    outline::find(text, &mut found);
    bearers(text, &mut found);
    commands::find(text, &mut found);
    let open = public(text);
    let is_open = |it: &Range<usize>| {
        open.iter()
            .any(|open| open.start <= it.start && it.end <= open.end)
    };
    let is_fingerprint = names.iter().any(|name| is_of_a_fingerprint(name));
    let is_id = names.iter().any(|name| names::is_id(name));
    for (at, word) in words(text) {
        if word.len() < SHORTEST_ENCODED {
            continue;
        }
        let place = at..at + word.len();
        let is_key = || !is_fingerprint && !is_open(&place) && is_key(word, is_id);
        if tokens::is_token(word) || is_key() {
            found.push(place);
        } else if depth < DEEPEST && !is_open(&place) {
            encoded(word, at, depth, &mut found);
        }
    }
    found.retain(|it| !it.is_empty() && !is_open(it));
    found
}

/// The words of a text, each with its place.
pub(super) fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_end = |it: char| it.is_whitespace() || "\"'`,;(){}[]<>|\\".contains(it);
    let mut rest = 0;
    text.split(is_end).filter_map(move |word| {
        let at = rest;
        // What ended the word is a character of its own length.
        rest += word.len();
        rest += text[rest..].chars().next().map_or(0, char::len_utf8);
        (!word.is_empty()).then_some((at, word))
    })
}

fn is_of_a_fingerprint(name: &str) -> bool {
    let plain: String = name
        .to_lowercase()
        .chars()
        .filter(|it| it.is_alphanumeric())
        .collect();
    FINGERPRINTS.iter().any(|part| plain.contains(part))
}

/// Blocks of private keys; one that is cut off reaches to the end.
fn private_keys(text: &str, found: &mut Vec<Range<usize>>) {
    blocks(text, found, |title| title.contains("PRIVATE KEY"));
}

fn blocks(text: &str, found: &mut Vec<Range<usize>>, is_meant: impl Fn(&str) -> bool) {
    let mut from = 0;
    while let Some(at) = text[from..].find("-----BEGIN ").map(|at| from + at) {
        let title = &text[at + 11..];
        let title = &title[..title.find(['\n', '\\', '-']).unwrap_or(title.len())];
        let end = text[at..].find("-----END ").map(|end| {
            let end = at + end + 9;
            let closing = text[end..]
                .find("-----")
                .map_or(text.len(), |it| end + it + 5);
            closing.min(text.len())
        });
        let end = end.unwrap_or(text.len());
        if is_meant(title) {
            found.push(at..end);
        }
        from = end;
    }
}

/// What is long, without pattern, and made to be given away: certificates, public keys,
/// references to where a secret lies.
fn public(text: &str) -> Vec<Range<usize>> {
    let mut open = Vec::new();
    blocks(text, &mut open, |title| {
        title.starts_with("CERTIFICATE") || title.contains("PUBLIC KEY")
    });
    for (at, mark) in text.match_indices("{{resolve:") {
        let Some(end) = text[at + mark.len()..].find("}}") else {
            break;
        };
        open.push(at..at + mark.len() + end + 2);
    }
    for kind in ["ssh-rsa ", "ssh-ed25519 ", "ecdsa-sha2-nistp256 "] {
        for (at, _) in text.match_indices(kind) {
            let from = at + kind.len();
            let key = &text[from..];
            let end = key.find(char::is_whitespace).unwrap_or(key.len());
            if key.starts_with("AAAA") {
                open.push(from..from + end);
            }
        }
    }
    open
}

/// `Bearer x`, `Basic x`, whatever the case.
fn bearers(text: &str, found: &mut Vec<Range<usize>>) {
    let (mut before, mut last) = ("", "");
    for (at, word) in words(text) {
        let is_scheme = last.eq_ignore_ascii_case("bearer") || last.eq_ignore_ascii_case("basic");
        let is_long = word.len() >= 16 && word.bytes().any(|it| it.is_ascii_digit());
        // The header's name leaves no doubt: `proxy_set_header Authorization "Basic x"`.
        let is_of_header = before.eq_ignore_ascii_case("authorization") && !word.starts_with('$');
        if is_scheme && (is_long || is_of_header) {
            found.push(at..at + word.len());
        }
        before = last;
        last = word.rsplit([':', '=']).next().unwrap_or_default();
    }
}

/// Text without pattern, as keys are. What is called an id may have one of less than 32 characters.
fn is_key(word: &str, is_id: bool) -> bool {
    let is_address = word.starts_with("arn:")
        || DIGESTS.iter().any(|it| word.contains(it))
        || FILES.iter().any(|end| word.to_lowercase().ends_with(end));
    // After the name of a host of AWS, or after all.
    let after_host = HOSTS
        .iter()
        .filter_map(|host| Some(word.find(host)? + host.len()))
        .max();
    let rest = after_host
        .filter(|at| !word[..*at].contains(['@', '=']))
        .map_or(word, |at| &word[at..]);
    // A cluster's provider of identities has the id of the cluster's issuer.
    let is_issuer = word.contains("oidc.eks.") && rest.starts_with("/id/");
    !is_address
        && !is_issuer
        && rest
            .split([
                ':', '@', '.', '=', '&', '?', '#', '$', '%', '*', '!', '^', '~',
            ])
            .any(|run| random::is_long_key(run) || !is_id && random::is_short_key(run))
}

/// What a word holds in base64, or escaped as in a URL, where that is a text with secrets.
fn encoded(word: &str, at: usize, depth: usize, found: &mut Vec<Range<usize>>) {
    let is_secret = |text: &str| !at_depth(text, &[], depth + 1).is_empty();
    if word.contains('%') && unescaped(word).is_some_and(|text| is_secret(&text)) {
        found.push(at..at + word.len());
    }
    let mut from = 0;
    let is_end = |it: char| !(it.is_ascii_alphanumeric() || "+/-_".contains(it));
    for run in word.split(is_end) {
        if run.len() >= SHORTEST_ENCODED && decoded(run).is_some_and(|text| is_secret(&text)) {
            found.push(at + from..at + from + run.len());
        }
        from += run.len();
        from += word[from..].chars().next().map_or(0, char::len_utf8);
    }
}

/// The text that base64 without its padding stands for, in either alphabet.
pub(super) fn decoded(run: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(run.len());
    let (mut bits, mut count) = (0_u32, 0);
    for byte in run.bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).unwrap_or_default());
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    let is_text = text
        .chars()
        .all(|it| !it.is_control() || it.is_whitespace());
    is_text.then_some(text)
}

/// A text without the escapes of URLs; `None` where there are none.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    let mut any = false;
    while let [first, after @ ..] = rest {
        let escaped = match after {
            [high, low, ..] if *first == b'%' => {
                let digit = |it: u8| {
                    char::from(it)
                        .to_digit(16)
                        .and_then(|it| u8::try_from(it).ok())
                };
                digit(*high)
                    .zip(digit(*low))
                    .map(|(high, low)| high * 16 + low)
            }
            _ => None,
        };
        any |= escaped.is_some();
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() {
            &after[2..]
        } else {
            after
        };
    }
    any.then(|| String::from_utf8(bytes).ok()).flatten()
}
