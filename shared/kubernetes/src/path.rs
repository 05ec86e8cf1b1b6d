//! Paths within an object, as reports write them.
//!
//! RFC 6901 with selectors: `/spec/ports[port=80,protocol=TCP]/nodePort`,
//! `/metadata/finalizers[=x]`, `/rules/0/verbs`. A path is read back as it was
//! written, whatever is in its keys and values, with two additions to what the
//! contract names: a string that would read as a number, a boolean or null is
//! written as a JSON string, and so is the empty one; and a `[` of a key that
//! could be taken for a selector's is written `~2` (which RFC 6901 leaves an
//! error, so nothing else can mean it). A key of digits reads as an index, as in
//! every JSON Pointer: only the object tells which of the two it is.

use std::fmt;

use serde_json::Value;

/// One step from a node to a node below it.
#[derive(Clone, Debug, PartialEq)]
pub enum Segment {
    /// A key of a map or a field of a struct.
    Key(String),
    /// A place in an atomic list.
    Index(usize),
    /// The item of a keyed list whose key fields have these values.
    Item(Vec<(String, Value)>),
    /// The member of a set.
    Member(Value),
}

/// Where in an object something is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path(pub Vec<Segment>);

impl Path {
    /// The object itself.
    #[must_use]
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// The path one step further down.
    #[must_use]
    pub fn then(&self, segment: Segment) -> Self {
        let mut segments = Vec::with_capacity(self.0.len() + 1);
        segments.extend_from_slice(&self.0);
        segments.push(segment);
        Self(segments)
    }

    /// The path to a key of the node here.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.then(Segment::Key(key.to_owned()))
    }

    /// The keys of a path that consists of keys alone.
    #[must_use]
    pub fn keys(&self) -> Option<Vec<&str>> {
        self.0
            .iter()
            .map(|it| match it {
                Segment::Key(key) => Some(key.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Whether the path is that of these keys, where `*` stands for any one step.
    #[must_use]
    pub fn is(&self, pattern: &[&str]) -> bool {
        self.0.len() == pattern.len() && self.starts_with(pattern)
    }

    /// Whether the path begins with these keys, where `*` stands for any one step.
    #[must_use]
    pub fn starts_with(&self, pattern: &[&str]) -> bool {
        self.0.len() >= pattern.len()
            && pattern.iter().zip(&self.0).all(|(&want, have)| {
                want == "*" || matches!(have, Segment::Key(key) if key == want)
            })
    }

    /// Reads a path as reports write it; `None` where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut segments = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            rest = rest.strip_prefix('/')?;
            rest = segment(rest, &mut segments)?;
        }
        Some(Self(segments))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.0 {
            match segment {
                Segment::Key(key) => write!(f, "/{}", escaped(key))?,
                Segment::Index(index) => write!(f, "/{index}")?,
                Segment::Item(keys) => {
                    f.write_str("[")?;
                    for (at, (name, value)) in keys.iter().enumerate() {
                        let comma = if at == 0 { "" } else { "," };
                        write!(f, "{comma}{}={}", field_name(name), scalar(value))?;
                    }
                    f.write_str("]")?;
                }
                Segment::Member(value) => write!(f, "[={}]", scalar(value))?,
            }
        }
        Ok(())
    }
}

/// A key as it is written: `~0`, `~1`, and `~2` for each `[` that could begin a
/// selector, as only one with a `=` or `"` after it in the key can.
fn escaped(key: &str) -> String {
    let last = key.rfind(['=', '"']).unwrap_or(0);
    let mut text = String::with_capacity(key.len());
    for (at, c) in key.char_indices() {
        match c {
            '~' => text.push_str("~0"),
            '/' => text.push_str("~1"),
            '[' if at < last => text.push_str("~2"),
            c => text.push(c),
        }
    }
    text
}

/// What a bare name or value of a selector must not hold.
const SPECIAL: [char; 7] = ['[', ']', ',', '=', '~', '/', '"'];

fn field_name(name: &str) -> String {
    if name.is_empty() || name.contains(SPECIAL) {
        Value::from(name).to_string()
    } else {
        name.to_owned()
    }
}

fn scalar(value: &Value) -> String {
    let quoted = |text: &str| {
        text.is_empty()
            || text.starts_with(['[', '{'])
            || text.contains([']', ',', '=', '~', '/', '"'])
            || serde_json::from_str::<Value>(text).is_ok_and(|it| !it.is_string())
    };
    match value {
        Value::String(text) if !quoted(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Reads one segment and the selectors behind it; gives what comes after.
fn segment<'a>(text: &'a str, segments: &mut Vec<Segment>) -> Option<&'a str> {
    let mut key = String::new();
    let mut chars = text.char_indices();
    let mut selectors = Vec::new();
    let mut end = text.len();
    while let Some((at, c)) = chars.next() {
        match c {
            '/' => {
                end = at;
                break;
            }
            '~' => key.push(match chars.next()?.1 {
                '0' => '~',
                '1' => '/',
                '2' => '[',
                _ => return None,
            }),
            '[' => {
                if let Some(rest) = all_selectors(&text[at..], &mut selectors) {
                    end = text.len() - rest.len();
                    break;
                }
                selectors.clear();
                key.push('[');
            }
            c => key.push(c),
        }
    }
    segments.push(index(&key).map_or(Segment::Key(key), Segment::Index));
    segments.append(&mut selectors);
    Some(&text[end..])
}

/// The number that a segment is, if it is written as an index is.
fn index(text: &str) -> Option<usize> {
    let plain = text == "0" || !text.starts_with('0');
    let digits = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if plain && digits {
        text.parse().ok()
    } else {
        None
    }
}

/// Reads selectors up to the segment's end; `None` where they are none.
fn all_selectors<'a>(mut text: &'a str, into: &mut Vec<Segment>) -> Option<&'a str> {
    while let Some(rest) = text.strip_prefix('[') {
        text = selector(rest, into)?;
    }
    (text.is_empty() || text.starts_with('/')).then_some(text)
}

fn selector<'a>(mut text: &'a str, into: &mut Vec<Segment>) -> Option<&'a str> {
    if let Some(rest) = text.strip_prefix('=') {
        let (value, rest) = read_scalar(rest)?;
        into.push(Segment::Member(value));
        return rest.strip_prefix(']');
    }
    let mut keys = Vec::new();
    loop {
        let (name, rest) = read_name(text)?;
        let (value, rest) = read_scalar(rest.strip_prefix('=')?)?;
        keys.push((name, value));
        match rest.strip_prefix(',') {
            Some(rest) => text = rest,
            None => {
                into.push(Segment::Item(keys));
                return rest.strip_prefix(']');
            }
        }
    }
}

fn read_name(text: &str) -> Option<(String, &str)> {
    if text.starts_with('"') {
        let (Value::String(name), rest) = read_json(text)? else {
            return None;
        };
        return Some((name, rest));
    }
    let end = text.find(SPECIAL)?;
    (end > 0).then(|| (text[..end].to_owned(), &text[end..]))
}

fn read_scalar(text: &str) -> Option<(Value, &str)> {
    if text.starts_with(['"', '{', '[']) {
        return read_json(text);
    }
    let end = text.find([']', ',', '=', '~', '/', '"'])?;
    let bare = &text[..end];
    if bare.is_empty() {
        return None;
    }
    let value = match serde_json::from_str::<Value>(bare) {
        Ok(value) => value,
        Err(_) => Value::from(bare),
    };
    Some((value, &text[end..]))
}

/// The JSON value at the beginning of a text, and what comes after it.
fn read_json(text: &str) -> Option<(Value, &str)> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = stream.next()?.ok()?;
    Some((value, &text[stream.byte_offset()..]))
}
