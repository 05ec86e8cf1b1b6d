//! The change of the configuration file that accepts findings for everybody, as
//! a patch. It keeps every byte that is there. What a patch would make of the
//! file is read back first: it must say what it said, and the new ignores.

use std::path::{Component, Path, PathBuf};

use jiff::Timestamp;
use policy::Config;

use crate::commands::CONFIG;
use crate::ignore::Entry;

/// How many unchanged lines a patch shows around a change.
const CONTEXT: usize = 3;

/// What to add, and how.
pub(crate) struct Addition {
    /// A patch; where there is none to be had, the entries themselves.
    pub(crate) text: String,
    /// What to do with it.
    pub(crate) note: String,
}

/// The patch that adds these entries to the configuration file.
pub(crate) fn addition(config: Option<&Path>, entries: &[Entry]) -> Addition {
    let path = config.unwrap_or(Path::new(CONFIG));
    match patch(path, entries) {
        Ok(text) => {
            let place = match nearby(path) {
                Some(_) => String::new(),
                None => path
                    .parent()
                    .map_or(String::new(), |it| format!(" in {}", it.display())),
            };
            Addition {
                text,
                note: format!(
                    "recorded in this ledger. To accept it everywhere, apply this change of {}{place}: pipe it into `git apply` or `patch -p0`",
                    path.display()
                ),
            }
        }
        Err(why) => Addition {
            text: format!(
                "ignore:\n{}",
                entries.iter().map(|it| it.block(2)).collect::<String>()
            ),
            note: format!(
                "recorded in this ledger. To accept it everywhere, add this to the configuration ({}: {why})",
                path.display()
            ),
        },
    }
}

fn patch(path: &Path, entries: &[Entry]) -> Result<String, String> {
    let before = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let file = path.display().to_string();
    let now = Timestamp::now();
    let was = Config::parse(&before, &file, now)
        .map_err(|_| "it is not in order; plumbline policy check says why".to_owned())?
        .config;
    let unclear = "where its ignores are cannot be told".to_owned();
    let after = added(&before, entries).ok_or_else(|| unclear.clone())?;
    let mut is = Config::parse(&after, &file, now)
        .map_err(|_| unclear.clone())?
        .config;
    if is.ignore.len() != was.ignore.len() + entries.len() {
        return Err(unclear);
    }
    is.ignore.truncate(was.ignore.len());
    if is != was {
        return Err(unclear);
    }
    let name = nearby(path).unwrap_or_else(|| {
        path.file_name()
            .map_or_else(|| PathBuf::from(CONFIG), PathBuf::from)
    });
    Ok(unified(&name.display().to_string(), &before, &after))
}

/// The path below the working directory, if it is there.
fn nearby(path: &Path) -> Option<PathBuf> {
    let path = if path.is_absolute() {
        path.strip_prefix(std::env::current_dir().ok()?).ok()?
    } else {
        path
    };
    let plain: PathBuf = path
        .components()
        .filter(|it| *it != Component::CurDir)
        .collect();
    plain
        .components()
        .all(|it| matches!(it, Component::Normal(_)))
        .then_some(plain)
}

/// The file with the entries in it; `None` where their place cannot be told.
fn added(text: &str, entries: &[Entry]) -> Option<String> {
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let block = |indent| {
        let lines: String = entries.iter().map(|it| it.block(indent)).collect();
        lines.replace('\n', ending)
    };
    let flow = || {
        let entries: Vec<String> = entries.iter().map(Entry::flow).collect();
        entries.join(", ")
    };
    let lines = Lines::of(text);
    if let Some(at) = lines.0.iter().position(|line| is_key(line)) {
        let line = lines.0[at];
        let colon = line.find(':')? + 1;
        let value = line[colon..].trim();
        if value.is_empty() || value.starts_with('#') {
            let (after, indent) = lines.end_of_block(at)?;
            return Some(lines.inserted(after, &block(indent), ending));
        }
        let start = text_offset(&lines, at) + colon + line[colon..].find('[')?;
        let end = closing(text, start)?;
        if text[start + 1..end].trim().is_empty() {
            let new = format!("{}{}", text[..start].trim_end(), &text[end + 1..]);
            let lines = Lines::of(&new);
            return Some(lines.inserted(at + 1, &block(2), ending));
        }
        return Some(before_closing(text, (start, end), &flow()));
    }
    let first = text
        .lines()
        .find(|it| !it.trim().is_empty() && !it.trim_start().starts_with('#') && *it != "---")?;
    if first.starts_with('{') {
        let start = text.find(first)?;
        let end = closing(text, start)?;
        let list = format!("\"ignore\": [{}]", flow());
        return Some(before_closing(text, (start, end), &list));
    }
    let all = lines.0.len();
    let gap = if lines.0.last().is_none_or(|it| it.trim().is_empty()) {
        ""
    } else {
        ending
    };
    let new = format!("{gap}ignore:{ending}{}", block(2));
    Some(lines.inserted(all, &new, ending))
}

/// The lines of a text, each with its end.
struct Lines<'t>(Vec<&'t str>);

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        Self(text.split_inclusive('\n').collect())
    }

    /// After which line the list below a key ends, and how far its dashes are indented.
    fn end_of_block(&self, key: usize) -> Option<(usize, usize)> {
        let is_nothing = |line: &str| line.trim().is_empty() || line.trim().starts_with('#');
        let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let below = self.0[key + 1..].iter().zip(key + 1..);
        let mut items = below.filter(|(line, _)| !is_nothing(line));
        let dash = items
            .next()
            .filter(|(line, _)| line.trim_start().starts_with('-'))?;
        let depth = indent(dash.0);
        let belongs = |line: &str| {
            indent(line) > depth || (indent(line) == depth && line.trim_start().starts_with('-'))
        };
        let mut last = dash.1;
        for (line, at) in items {
            if !belongs(line) {
                break;
            }
            last = at;
        }
        // A comment below the last item that is as deep as the item is part of it.
        while let Some(line) = self.0.get(last + 1)
            && line.trim().starts_with('#')
            && indent(line) > depth
        {
            last += 1;
        }
        Some((last + 1, depth))
    }

    /// The text with more after so many lines.
    fn inserted(&self, after: usize, more: &str, ending: &str) -> String {
        let mut text: String = self.0[..after].concat();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push_str(ending);
        }
        text.push_str(more);
        text.push_str(&self.0[after..].concat());
        text
    }
}

fn is_key(line: &str) -> bool {
    ["ignore", "\"ignore\"", "'ignore'"].iter().any(|key| {
        line.strip_prefix(key)
            .is_some_and(|rest| rest.trim_start().starts_with(':'))
    })
}

/// How many bytes come before a line.
fn text_offset(lines: &Lines<'_>, line: usize) -> usize {
    lines.0[..line].iter().map(|it| it.len()).sum()
}

/// Where the bracket at `start` is closed, quotes and comments passed over.
fn closing(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut quote = None;
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        match (quote, byte) {
            (Some(b'"'), b'\\') => at += 1,
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'#') if at > 0 && bytes[at - 1].is_ascii_whitespace() => {
                at += text[at..].find('\n')?;
            }
            // Inside a plain word a quote is only a letter.
            (None, b'"' | b'\'') if at == 0 || !bytes[at - 1].is_ascii_alphanumeric() => {
                quote = Some(byte);
            }
            (None, b'[' | b'{') => depth += 1,
            (None, b']' | b'}') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The text with one more entry before a closing bracket, in the way the others stand there.
fn before_closing(text: &str, (start, end): (usize, usize), entry: &str) -> String {
    let inside = text[start..end].trim_end();
    let last = start + inside.len();
    let comma = if inside.ends_with([',', '{', '[']) {
        ""
    } else {
        ","
    };
    let line = text[..last].rfind('\n').map_or(0, |it| it + 1);
    let several = text[last..end].contains('\n');
    let (gap, comma_after) = if several {
        let indent: String = text[line..].chars().take_while(|c| *c == ' ').collect();
        let after = if inside.ends_with(',') { "," } else { "" };
        (format!("\n{indent}"), after)
    } else {
        (" ".to_owned(), "")
    };
    format!(
        "{}{comma}{gap}{entry}{comma_after}{}",
        &text[..last],
        &text[last..]
    )
}

/// A unified diff. Its names begin with `./`: `patch -p0` takes them as they
/// are, and `git apply` without that first part.
fn unified(name: &str, before: &str, after: &str) -> String {
    let (old, new) = (Lines::of(before).0, Lines::of(after).0);
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same;
    let same_end = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(rest)
        .take_while(|(a, b)| a == b)
        .count();
    let from = same.saturating_sub(CONTEXT);
    let until = same_end.saturating_sub(CONTEXT);
    let (old_end, new_end) = (old.len() - until, new.len() - until);
    let mut text = format!(
        "--- ./{name}\n+++ ./{name}\n@@ -{},{} +{},{} @@\n",
        from + 1,
        old_end - from,
        from + 1,
        new_end - from
    );
    let mut put = |mark: char, lines: &[&str]| {
        for line in lines {
            text.push(mark);
            text.push_str(line);
            if !line.ends_with('\n') {
                text.push_str("\n\\ No newline at end of file\n");
            }
        }
    };
    put(' ', &old[from..same]);
    put('-', &old[same..old.len() - same_end]);
    put('+', &new[same..new.len() - same_end]);
    put(' ', &old[old.len() - same_end..old_end]);
    text
}

#[cfg(test)]
mod tests;
