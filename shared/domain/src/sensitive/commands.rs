//! Secrets in command lines, written as one text or as a list of arguments.

use std::ops::Range;

use super::names;

/// How many words before a flag its command is looked for.
const FARTHEST: usize = 24;

/// Ends of flags that say a word of the sensitive ones and take something else.
const OTHERS: [&str; 14] = [
    "arn", "stdin", "file", "id", "name", "path", "ttl", "type", "length", "expiry", "url",
    "key-type", "endpoint", "policy",
];

/// Commands, the flag that takes their password, and whether that may be one word with its value.
const FLAGS: [(&[&str], &str, bool); 11] = [
    (&["sshpass"], "-p", true),
    (
        &["mysql", "mysqldump", "mysqladmin", "mariadb", "mysqlimport"],
        "-p",
        true,
    ),
    (
        &["mongo", "mongosh", "mongodump", "mongorestore"],
        "-p",
        false,
    ),
    (&["redis-cli", "valkey-cli"], "-a", false),
    (
        &["ldapsearch", "ldapmodify", "ldapadd", "ldapwhoami"],
        "-w",
        true,
    ),
    (&["sqlcmd", "bcp", "ipmitool", "zip", "unzip"], "-P", true),
    (&["login"], "-p", false),
    (&["7z", "7za"], "-p", true),
    (&["kinit"], "-w", false),
    (&["smbclient"], "-U", false),
    (&["rabbitmqadmin"], "-p", false),
];

/// Commands whose `-u` takes user and password.
const WITH_USERS: [&str; 6] = ["curl", "wget", "http", "https", "ab", "siege"];

/// Finds what passwords a command line names.
pub(super) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    // Without a flag, or a command that reads its input, there is nothing.
    if !text.contains('-') && !text.contains("chpasswd") && !text.contains("pass:") {
        return;
    }
    let words = split(text);
    let bare: Vec<&str> = words.iter().map(|it| &text[it.clone()]).collect();
    for (at, place) in in_words(&bare) {
        let from = words[at].start;
        // One that was taken away before.
        if bare[at] == "hidden" && text[..from].ends_with('[') {
            continue;
        }
        found.push(from + place.start..from + place.end);
    }
}

/// The arguments of a list that are secrets or hold one, by their places.
pub(super) fn in_list(arguments: &[&str]) -> Vec<usize> {
    in_words(arguments).into_iter().map(|(at, _)| at).collect()
}

/// The places of a text's words, without their quotes.
fn split(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let (mut start, mut quote) = (None, None);
    for (at, it) in text.char_indices() {
        match (quote, it) {
            (Some(open), it) if it == open => {
                words.extend(start.take().map(|start| start..at));
                quote = None;
            }
            (None, '"' | '\'') if start.is_none() => {
                quote = Some(it);
                start = Some(at + 1);
            }
            // A quote that is never closed ends with its line.
            (Some(_), '\n') | (None, ' ' | '\t' | '\n' | '\r' | ',' | '[' | ']') => {
                words.extend(start.take().map(|start| start..at));
                quote = None;
            }
            (None, ';' | '|' | '&') => {
                words.extend(start.take().map(|start| start..at));
                words.push(at..at + 1);
            }
            _ => start = start.or(Some(at)),
        }
    }
    words.extend(start.map(|start| start..text.len()));
    words.retain(|it| !it.is_empty());
    words
}

/// The secret parts of words.
fn in_words(words: &[&str]) -> Vec<(usize, Range<usize>)> {
    let mut found = Vec::new();
    let whole = |at: usize| (at, 0..words[at].len());
    for (at, word) in words.iter().copied().enumerate() {
        let next = words.get(at + 1).copied().filter(|it| is_argument(it));
        if let (Some(flag), Some(next)) = (word.strip_prefix('-'), next)
            && is_of_a_password(flag.trim_start_matches('-'))
            && !is_a_place(next)
        {
            found.push(whole(at + 1));
        }
        if is_of_user(word)
            && is_after(words, at, &WITH_USERS)
            && next.is_some_and(|it| it.contains(':') && !it.ends_with(':'))
        {
            found.push(whole(at + 1));
        }
        if let Some(user) = word.strip_prefix("-u").filter(|it| it.contains(':'))
            && is_after(words, at, &WITH_USERS)
        {
            found.push((at, word.len() - user.len()..word.len()));
        }
        for (commands, flag, is_one_word) in FLAGS {
            let Some(rest) = word
                .strip_prefix(flag)
                .filter(|_| is_after(words, at, commands))
            else {
                continue;
            };
            if rest.is_empty() && next.is_some() {
                found.push(whole(at + 1));
            } else if is_one_word && !rest.is_empty() && !rest.starts_with('=') {
                found.push((at, flag.len()..word.len()));
            }
        }
        if let Some(from) = word
            .find("pass:")
            .filter(|from| word.len() > from + 5 && (*from == 0 || word[..*from].ends_with('=')))
            && is_after(words, at, &["openssl"])
        {
            found.push((at, from + 5..word.len()));
        }
        if word.ends_with("password-stdin") || word == "chpasswd" {
            let echo = (0..at)
                .rev()
                .take(FARTHEST)
                .find(|it| matches!(words[*it], "echo" | "printf"));
            let end = echo.and_then(|from| (from..at).find(|it| words[*it] == "|"));
            if let (Some(from), Some(end)) = (echo, end) {
                found.extend(
                    (from + 1..end)
                        .filter(|it| is_argument(words[*it]))
                        .map(whole),
                );
            }
        }
    }
    found
}

/// Whether one of these commands stands before a word, and no other one begins between.
fn is_after(words: &[&str], at: usize, commands: &[&str]) -> bool {
    words[..at]
        .iter()
        .rev()
        .take(FARTHEST)
        .take_while(|word| !matches!(**word, ";" | "|" | "&"))
        .any(|word| {
            let name = word.rsplit('/').next().unwrap_or(word);
            commands.contains(&name.trim_matches(['$', '(', '`']))
        })
}

fn is_of_user(word: &str) -> bool {
    matches!(
        word,
        "-u" | "--user" | "--proxy-user" | "-U" | "-a" | "--auth"
    )
}

/// Whether a flag is that of a password, and not of where one lies.
fn is_of_a_password(flag: &str) -> bool {
    let lower = flag.to_lowercase();
    !flag.contains(['=', ':', ' '])
        && lower != "key"
        && !OTHERS.iter().any(|end| lower.ends_with(end))
        && names::says_sensitive(flag)
}

/// Whether a word is no flag, no sign, and nothing that stands for a value elsewhere.
fn is_argument(word: &str) -> bool {
    let is_variable = word.starts_with("${")
        || word.strip_prefix('$').is_some_and(|name| {
            !name.is_empty() && name.bytes().all(|it| it.is_ascii_uppercase() || it == b'_')
        });
    !word.is_empty()
        && !word.starts_with("--")
        && !matches!(word, ";" | "|" | "&" | "-n" | "-e" | "-")
        && word != "[hidden]"
        && !word.starts_with("{{resolve:")
        && !is_variable
}

/// Whether a word is a file or an address, as `--private-key /etc/key.pem` has it.
fn is_a_place(word: &str) -> bool {
    word.starts_with('/') && word[1..].contains('/')
        || word.starts_with("./")
        || word.starts_with("~/")
        || word.starts_with("file:")
        || word.starts_with("arn:aws")
        || [".pem", ".key", ".txt", ".json"]
            .iter()
            .any(|end| word.ends_with(end))
}
