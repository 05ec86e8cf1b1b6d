//! One YAML document as JSON, as kubectl makes it.

mod scalar;
mod tag;

use std::collections::HashMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StrInput, StructureStyle, Tag};
use serde_json::{Map, Value};

use crate::limits::{Budget, DEEPEST};
use scalar::Scalar;

pub(crate) use scalar::float;

/// A document and where it begins.
pub(crate) struct Document {
    pub(crate) value: Value,
    /// The line of its first node, from 1.
    pub(crate) line: usize,
    /// The lines of the entries of its own `items`, of a list of objects.
    pub(crate) items: Vec<usize>,
}

/// Why a document cannot be read. Quotes nothing of it.
#[derive(Debug)]
pub(crate) struct Broken {
    /// The line in the text, from 1.
    pub(crate) line: usize,
    pub(crate) problem: String,
}

/// Reads the first document of a text; `None` where it holds nothing.
pub(crate) fn read(text: &str, budget: &mut Budget) -> Result<Option<Document>, Broken> {
    refuse_controls(text)?;
    let mut options = Options::default();
    options.set_emit_comments(false);
    let mut reader = Reader {
        text,
        flow: 0,
        parser: Parser::new_from_str_with_options(text, options),
        anchors: HashMap::new(),
        budget,
        line: 1,
        items: Vec::new(),
    };
    let read = reader.document();
    read.map_err(|problem| Broken {
        line: reader.line,
        problem,
    })
}

/// The library below kubectl reads no control characters, and ends lines at three
/// more characters than YAML 1.2 does.
fn refuse_controls(text: &str) -> Result<(), Broken> {
    // The bytes that such a character begins with: a large text is looked at closely only if it has one.
    let suspicious = |it: u8| match it {
        b'\t' | b'\n' | b'\r' => false,
        0x7F | 0xC2 | 0xE2 => true,
        _ => it < 0x20,
    };
    if !text.bytes().any(suspicious) {
        return Ok(());
    }
    for (line, number) in text.split('\n').zip(1..) {
        let control = |it: char| match it {
            '\t' | '\r' => false,
            '\u{2028}' | '\u{2029}' => true,
            _ => it.is_control(),
        };
        if let Some(found) = line.chars().find(|it| control(*it)) {
            return Err(Broken {
                line: number,
                problem: format!(
                    "holds the character U+{:04X}, which kubectl refuses or takes for the end of a line; write it as an escape in double quotes, or as base64",
                    u32::from(found)
                ),
            });
        }
    }
    Ok(())
}

/// What an anchor stands for, and what it cost.
struct Anchored {
    value: Value,
    /// The scalar itself, for where it is used as a key.
    scalar: Option<Scalar>,
    nodes: usize,
    bytes: usize,
}

/// What a key was before it became text. Two keys of different types may not
/// become the same text: kubectl would take either, by chance.
#[derive(Clone, Copy, PartialEq)]
enum KeyType {
    Flag,
    Number,
    /// Merged from elsewhere, where its type is not known any more.
    Merged,
}

struct Reader<'t, 'b> {
    text: &'t str,
    /// How many lists and mappings in brackets are open.
    flow: usize,
    parser: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, Anchored>,
    budget: &'b mut Budget,
    /// Where reading is, for errors.
    line: usize,
    items: Vec<usize>,
}

impl<'t> Reader<'t, '_> {
    fn document(&mut self) -> Result<Option<Document>, String> {
        let (event, span) = loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(..), _) => {}
                (Event::StreamEnd, _) => return Ok(None),
                found => break found,
            }
        };
        let line = span.start.line();
        let value = self.node(event, 0)?;
        // What follows `...` is nothing that kubectl reads, and nothing that somebody meant to lose.
        loop {
            match self.next()?.0 {
                Event::DocumentEnd => {}
                Event::StreamEnd => break,
                _ => {
                    return Err("kubectl reads nothing of what follows `...`; begin the next document with ---".to_owned());
                }
            }
        }
        Ok(Some(Document {
            value,
            line,
            items: std::mem::take(&mut self.items),
        }))
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), String> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => {
                self.line = span.start.line();
                self.refuse_tabs(&event, &span)?;
                Ok((event, span))
            }
            Some(Err(error)) => {
                self.line = error.marker().line();
                Err(format!("is no YAML that kubectl reads: {}", error.info()))
            }
            None => Err("ends in the middle".to_owned()),
        }
    }

    /// A tab indents nothing outside of brackets, whatever YAML 1.2 says of it.
    fn refuse_tabs(&mut self, event: &Event<'_>, span: &Span) -> Result<(), String> {
        let begins = match event {
            Event::SequenceStart(StructureStyle::Flow, ..)
            | Event::MappingStart(StructureStyle::Flow, ..) => {
                self.flow += 1;
                self.flow == 1
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.flow = self.flow.saturating_sub(1);
                false
            }
            _ => self.flow == 0,
        };
        if !begins {
            return Ok(());
        }
        let before = span.start.byte_offset().and_then(|it| self.text.get(..it));
        let before = before.map_or("", |it| it.rsplit('\n').next().unwrap_or_default());
        let indents = |it: char| matches!(it, ' ' | '\t' | '-' | '?');
        if before.contains('\t') && before.chars().all(indents) {
            return Err("a tab indents, where kubectl wants spaces".to_owned());
        }
        Ok(())
    }

    /// The node that begins with an event.
    fn node(&mut self, event: Event<'t>, depth: usize) -> Result<Value, String> {
        if depth > DEEPEST {
            return Err(format!("is nested deeper than {DEEPEST} levels"));
        }
        let before = self.budget.spent();
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.budget.take(1, text.len())?;
                let scalar = scalar(&text, style, tag.as_deref())?;
                if anchor == 0 {
                    return Ok(scalar.into_json()?);
                }
                let value = scalar.clone().into_json()?;
                self.keep(anchor, &value, Some(scalar), before)?;
                Ok(value)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.budget.take(1, 0)?;
                let list = self.list(depth)?;
                self.keep(anchor, &list, None, before)?;
                Ok(list)
            }
            Event::MappingStart(_, anchor, _) => {
                self.budget.take(1, 0)?;
                let map = Value::Object(self.map(depth)?);
                self.keep(anchor, &map, None, before)?;
                Ok(map)
            }
            Event::Alias(anchor) => {
                let Some(anchored) = self.anchors.get(&anchor) else {
                    return Err("an anchor's value contains its own alias".to_owned());
                };
                self.budget.take(anchored.nodes, anchored.bytes)?;
                Ok(anchored.value.clone())
            }
            _ => Err("ends in the middle".to_owned()),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, String> {
        let mut list = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::Array(list)),
                (event, _) => list.push(self.node(event, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Map<String, Value>, String> {
        let mut map = Map::new();
        let mut types = HashMap::new();
        loop {
            let (event, _) = self.next()?;
            let key = match event {
                Event::MappingEnd => return Ok(map),
                Event::Scalar(text, style, anchor, tag) => {
                    let before = self.budget.spent();
                    self.budget.take(1, text.len())?;
                    if is_merge(&text, style, tag.as_deref()) {
                        self.merge(&mut map, &mut types, depth)?;
                        continue;
                    }
                    let key = scalar(&text, style, tag.as_deref())?;
                    if anchor != 0 {
                        // What no value can be may still be a key: `.inf`.
                        let value = key.clone().into_json().unwrap_or_default();
                        self.keep(anchor, &value, Some(key.clone()), before)?;
                    }
                    key
                }
                Event::Alias(anchor) => match self.anchors.get(&anchor) {
                    Some(Anchored {
                        scalar: Some(scalar),
                        bytes,
                        ..
                    }) => {
                        self.budget.take(1, *bytes)?;
                        scalar.clone()
                    }
                    _ => return Err(KEY_IS_NO_TEXT.to_owned()),
                },
                _ => return Err(KEY_IS_NO_TEXT.to_owned()),
            };
            let key_type = match &key {
                Scalar::Flag(_) => Some(KeyType::Flag),
                Scalar::Int(_) | Scalar::Float(_) => Some(KeyType::Number),
                _ => None,
            };
            let key = key.into_key()?;
            let there = map.contains_key(&key).then(|| types.get(&key).copied());
            if there.is_some_and(|it| it != key_type && it != Some(KeyType::Merged)) {
                return Err("two keys of one mapping are the same once they are text (1 and \"1\", y and \"true\"); kubectl takes either by chance".to_owned());
            }
            if let Some(key_type) = key_type {
                types.insert(key.clone(), key_type);
            }
            let (event, span) = self.next()?;
            let value = if depth == 0 && key == "items" {
                self.items(event, &span)?
            } else {
                self.node(event, depth + 1)?
            };
            // Of keys that stand twice kubectl takes the last.
            map.insert(key, value);
        }
    }

    /// The value of the document's own `items`; remembers the line of each entry.
    fn items(&mut self, event: Event<'t>, span: &Span) -> Result<Value, String> {
        let Event::SequenceStart(_, 0, _) = event else {
            self.items.clear();
            self.line = span.start.line();
            return self.node(event, 1);
        };
        self.budget.take(1, 0)?;
        let (mut list, mut lines) = (Vec::new(), Vec::new());
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => break,
                (event, span) => {
                    lines.push(span.start.line());
                    list.push(self.node(event, 2)?);
                }
            }
        }
        self.items = lines;
        Ok(Value::Array(list))
    }

    /// What `<<` merges. The library sets what it merges where `<<` stands, so
    /// it overrides the keys before it; of a list the first mapping wins.
    fn merge(
        &mut self,
        map: &mut Map<String, Value>,
        types: &mut HashMap<String, KeyType>,
        depth: usize,
    ) -> Result<(), String> {
        const WANTS_A_MAPPING: &str = "what << merges is no mapping and no list of mappings";
        let (event, _) = self.next()?;
        let list = matches!(event, Event::SequenceStart(..));
        let merged = match self.node(event, depth + 1)? {
            it @ Value::Object(_) => vec![it],
            Value::Array(items) if list => items,
            _ => return Err(WANTS_A_MAPPING.to_owned()),
        };
        for value in merged.into_iter().rev() {
            let Value::Object(value) = value else {
                return Err(WANTS_A_MAPPING.to_owned());
            };
            for (key, value) in value {
                types.insert(key.clone(), KeyType::Merged);
                map.insert(key, value);
            }
        }
        Ok(())
    }

    /// Keeps what an anchor stands for; the copy is paid for as well.
    fn keep(
        &mut self,
        anchor: usize,
        value: &Value,
        scalar: Option<Scalar>,
        before: (usize, usize),
    ) -> Result<(), String> {
        if anchor == 0 {
            return Ok(());
        }
        let after = self.budget.spent();
        let (nodes, bytes) = (after.0 - before.0, after.1 - before.1);
        self.budget.take(nodes, bytes)?;
        let anchored = Anchored {
            value: value.clone(),
            scalar,
            nodes,
            bytes,
        };
        self.anchors.insert(anchor, anchored);
        Ok(())
    }
}

const KEY_IS_NO_TEXT: &str = "a key is a list or a mapping, which JSON does not know";

fn is_merge(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> bool {
    text == "<<" && tag.map_or(style == ScalarStyle::Plain, tag::is_merge)
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Scalar, String> {
    match tag {
        Some(tag) => Ok(tag::apply(tag, text)?),
        None if style == ScalarStyle::Plain => Ok(Scalar::plain(text)),
        None => Ok(Scalar::Text(text.to_owned())),
    }
}

#[cfg(test)]
mod tests;
