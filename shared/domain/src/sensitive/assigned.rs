//! Names and their values in running text: `password=x`, `"token": "x"`,
//! `<password>x</password>`, `Value 'x' at 'masterUserPassword'`.

use std::ops::Range;

use super::names;

/// How far back a name is looked for, in bytes.
const LONGEST_NAME: usize = 128;

/// How many spaces may stand between a name and its sign.
const MOST_SPACES: usize = 40;

/// Finds the values of sensitive names.
pub(super) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    // Where the last value ended: within it, nothing begins.
    let mut end = 0;
    for (at, sign) in text.bytes().enumerate() {
        if at < end {
            continue;
        }
        let place = match sign {
            b'=' | b':' => assigned(text, at),
            b'>' => in_element(text, at),
            _ => None,
        };
        end = place.as_ref().map_or(end, |it| it.end);
        found.extend(place);
    }
    attributes(text, found);
    quoted_back(text, found);
}

/// The value behind a sign of assignment, where its name says that it is sensitive.
fn assigned(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let sign = bytes[at];
    let mut from = at + 1;
    let next = bytes.get(from).copied();
    let before = at.checked_sub(1).and_then(|it| bytes.get(it)).copied();
    let is_other = match sign {
        // An address, a path in a module, and `:=`, whose `=` is told apart below.
        b':' => matches!(next, Some(b':' | b'=')) || text[from..].starts_with("//"),
        _ => next == Some(b'=') || matches!(before, Some(b'=' | b'!' | b'<' | b'>')),
    };
    if is_other {
        return None;
    }
    if sign == b'=' && next == Some(b'>') {
        from += 1;
    }
    let end = if sign == b'=' && before == Some(b':') {
        at - 1
    } else {
        at
    };
    let name = name_before(text, end)?;
    if !says_sensitive(&text[name.place.clone()]) {
        return None;
    }
    // `:` is a sign of prose too; a header is named wherever it stands.
    let is_header = text[name.place.clone()].eq_ignore_ascii_case("authorization");
    if sign == b':' && !name.is_quoted && !is_header && !begins(text, name.place.start) {
        return None;
    }
    // `ExpiredToken: The security token …` is an error with its code in front.
    let value = &text[from..];
    if sign == b':' && is_error(&text[name.place.clone()]) && value.starts_with(' ') {
        return None;
    }
    let is_spaced = text[from..].starts_with([' ', '\t']) || name.is_spaced;
    let value = value_after(text, from, sign == b':' || is_spaced)?;
    let is_code = is_spaced && !value.is_quoted && is_expression(&text[value.place.clone()]);
    (!is_code && !is_placeholder(&text[value.place.clone()])).then_some(value.place)
}

/// Whether a name is the code of an error, by how such codes begin and end.
fn is_error(name: &str) -> bool {
    const BEGINNINGS: [&str; 6] = [
        "Expired",
        "Invalid",
        "Missing",
        "Unrecognized",
        "Incomplete",
        "Malformed",
    ];
    const ENDS: [&str; 4] = ["Exception", "Error", "Fault", "Failure"];
    BEGINNINGS.iter().any(|it| name.starts_with(it)) || ENDS.iter().any(|it| name.ends_with(it))
}

struct Part {
    place: Range<usize>,
    is_quoted: bool,
    is_spaced: bool,
}

/// The name that ends before a sign.
fn name_before(text: &str, sign: usize) -> Option<Part> {
    let bytes = text.as_bytes();
    let mut end = sign;
    while end > 0 && sign - end < MOST_SPACES && matches!(bytes[end - 1], b' ' | b'\t') {
        end -= 1;
    }
    let is_spaced = end < sign;
    let is_quoted = end > 0 && matches!(bytes[end - 1], b'"' | b'\'');
    if is_quoted {
        end -= 1;
        // Of a text within a text.
        while end > 0 && bytes[end - 1] == b'\\' {
            end -= 1;
        }
    } else if end > 0 && bytes[end - 1] == b']' {
        // `config["password"] = "x"`.
        end -= 1;
        while end > 0 && matches!(bytes[end - 1], b'"' | b'\'' | b'\\') {
            end -= 1;
        }
    }
    let mut start = end;
    while start > 0 && end - start < LONGEST_NAME && is_of_a_name(bytes[start - 1]) {
        start -= 1;
    }
    (start < end).then_some(Part {
        place: start..end,
        is_quoted,
        is_spaced,
    })
}

fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.$".contains(&byte) || byte >= 0x80
}

/// Whether a place begins a line, an entry of a list or map, or a quoted text.
fn begins(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end_matches([' ', '\t', '-', '*']);
    before
        .chars()
        .next_back()
        .is_none_or(|it| "\n\r{,([;&?|\"'`\\".contains(it))
}

/// What stands behind a sign: in its quotes, or to the end of its line where it may have spaces, or of its word.
fn value_after(text: &str, from: usize, may_have_spaces: bool) -> Option<Part> {
    let rest = &text[from..];
    let start = from + rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let rest = &text[start..];
    let part = |place: Range<usize>, is_quoted| {
        (!place.is_empty()).then_some(Part {
            place,
            is_quoted,
            is_spaced: false,
        })
    };
    // A block of YAML, which reaches as far as it may.
    if ["|\n", "|-\n", ">\n", ">-\n"]
        .iter()
        .any(|it| rest.starts_with(it))
    {
        return part(start..text.len(), true);
    }
    let plain = rest.trim_start_matches('\\');
    let escapes = rest.len() - plain.len();
    if let Some(quote) = plain.chars().next().filter(|it| "\"'`".contains(*it)) {
        let open = start + escapes + 1;
        let end = closing(&text[open..], quote, escapes).map_or(text.len(), |it| open + it);
        return part(open..end, true);
    }
    let is_end = |it: char| {
        "\n\r\"'`;&".contains(it)
            || !may_have_spaces && (it.is_whitespace() || ",|<>)]}".contains(it))
    };
    let line = &rest[..rest.find(is_end).unwrap_or(rest.len())];
    // A flow of entries goes on behind a comma.
    let line = match line.find(", ").or_else(|| line.find('}')) {
        Some(at) if may_have_spaces => &line[..at],
        _ => line,
    };
    part(start..start + line.trim_end().len(), false)
}

/// The first quote of the kind that is escaped as often as the opening one.
fn closing(text: &str, quote: char, escapes: usize) -> Option<usize> {
    text.match_indices(quote).map(|(at, _)| at).find_map(|at| {
        let before = text[..at].len() - text[..at].trim_end_matches('\\').len();
        (before <= escapes).then_some(at - before)
    })
}

/// A call or an entry of something, as code has them.
fn is_expression(value: &str) -> bool {
    let end = value.find(|it: char| !(it.is_ascii_alphanumeric() || "_.".contains(it)));
    let begins = value.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_');
    begins && end.is_some_and(|at| value[at..].starts_with(['(', '[']))
}

/// What stands for a value that is somewhere else, or for none.
fn is_placeholder(value: &str) -> bool {
    const NOTHING: [&str; 8] = ["", "null", "nil", "none", "true", "false", "undefined", "{"];
    const BEGINNINGS: [&str; 10] = [
        "{{",
        "${",
        "$(",
        "%(",
        "arn:aws",
        "secretsmanager:",
        "ssm-secure:",
        "process.env",
        "os.environ",
        "System.getenv",
    ];
    let value = value.trim();
    let is_variable = value.strip_prefix('$').is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|it| it.is_ascii_uppercase() || it == b'_')
    });
    NOTHING.iter().any(|it| value.eq_ignore_ascii_case(it))
        || BEGINNINGS.iter().any(|it| value.starts_with(it)) && is_one(value)
        || is_variable
        || value.trim_end_matches(']') == "[hidden"
        || value.bytes().all(|it| it == b'*')
}

/// Whether a reference is all that there is: nothing hides behind it.
fn is_one(value: &str) -> bool {
    let close = match value.as_bytes() {
        [b'{', b'{', ..] => "}}",
        [b'$', b'{', ..] => "}",
        [b'$' | b'%', b'(', ..] => ")",
        _ => return !value.contains(char::is_whitespace),
    };
    value.find(close) == Some(value.len() - close.len())
}

/// A name in running text: an address (`arn:aws:secretsmanager:…`) is none, nor is a service's prefix.
fn says_sensitive(name: &str) -> bool {
    let name = name.trim_start_matches('-');
    // `Key=a,Value=b` spells a tag.
    !name.eq_ignore_ascii_case("key")
        && !name.eq_ignore_ascii_case("secretsmanager")
        && !name.to_lowercase().ends_with("length")
        && names::says_sensitive(name)
}

/// A text as far as one value may reach.
fn clipped(text: &str) -> &str {
    const LONGEST: usize = 4096;
    let end = (LONGEST..LONGEST + 4).find(|it| text.is_char_boundary(*it));
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// `<password>x</password>`.
fn in_element(text: &str, at: usize) -> Option<Range<usize>> {
    let value = clipped(&text[at + 1..]);
    let end = value.find('<')?;
    let text_of = value[..end].trim();
    if text_of.is_empty() || !value[end..].starts_with("</") {
        return None;
    }
    let from = at.saturating_sub(512);
    let from = (from..=at).find(|it| text.is_char_boundary(*it))?;
    let open = from + text[from..at].rfind('<')?;
    let name = text[open + 1..at].split(char::is_whitespace).next()?;
    (says_sensitive(name) && !is_placeholder(text_of)).then_some(at + 1..at + 1 + end)
}

/// `<add key="DbPassword" value="x"/>`.
fn attributes(text: &str, found: &mut Vec<Range<usize>>) {
    let mut at = 0;
    for tag in text.split('<') {
        let inside = &tag[..tag.find('>').unwrap_or(tag.len())];
        let attribute = |names: &[&str]| {
            names.iter().find_map(|name| {
                let from = inside.find(name)? + name.len();
                let quote = inside[from..]
                    .chars()
                    .next()
                    .filter(|it| "\"'".contains(*it))?;
                let end = inside[from + 1..].find(quote)?;
                Some(from + 1..from + 1 + end)
            })
        };
        if let Some(name) = attribute(&[" key=", " name=", " Key=", " Name="])
            && let Some(value) = attribute(&[" value=", " Value=", " connectionString="])
            && says_sensitive(&inside[name])
            && !is_placeholder(&inside[value.clone()])
        {
            found.push(at + value.start..at + value.end);
        }
        at += tag.len() + 1;
    }
}

/// What the validation of AWS says: `Value 'x' at 'masterUserPassword' failed`, `Value (x) for parameter password`.
fn quoted_back(text: &str, found: &mut Vec<Range<usize>>) {
    let lower = text.to_ascii_lowercase();
    for (at, mark) in lower.match_indices("value ") {
        let from = at + mark.len();
        let Some(close) = text[from..].chars().next().and_then(|it| match it {
            '\'' | '"' => Some(it),
            '(' => Some(')'),
            _ => None,
        }) else {
            continue;
        };
        let rest = clipped(&text[from + 1..]);
        // The value may hold the quote itself.
        let end = ["at ", "for parameter ", "for property ", "for "]
            .iter()
            .find_map(|word| {
                let end = rest.find(&format!("{close} {word}"))?;
                Some((end, end + 2 + word.len()))
            });
        let Some((end, after)) = end else { continue };
        let name = rest[after..].trim_start_matches(['\'', '"']);
        let name = &name[..name
            .find(|it: char| !(it.is_ascii_alphanumeric() || "-_.".contains(it)))
            .unwrap_or(name.len())];
        if says_sensitive(name) {
            found.push(from + 1..from + 1 + end);
        }
    }
}
