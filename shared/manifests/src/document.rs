//! A file as documents: where kubectl sees the end of one and the beginning of
//! the next, and what each holds.

use serde_json::Value;

use crate::limits::Budget;
use crate::yaml;

/// A document, or why it cannot be read.
pub(crate) struct Document {
    /// Which one of the file, from 1. Empty ones are not counted.
    pub(crate) number: usize,
    /// The line where it begins, or where it is broken, from 1.
    pub(crate) line: usize,
    pub(crate) read: Result<Content, String>,
}

/// What a document holds.
pub(crate) struct Content {
    pub(crate) value: Value,
    /// The lines of the entries of its `items`, as far as they are known.
    pub(crate) items: Vec<usize>,
}

/// Reads every document of a text, one broken one or more among them or not.
pub(crate) fn each(text: &str, budget: &mut Budget, mut found: impl FnMut(Document, &mut Budget)) {
    let mut number = 0;
    let mut rest = (text, 1);
    let mut as_json = None;
    if text.trim_start().starts_with('{') {
        match json(text, budget, &mut |document, budget| {
            number = document.number;
            found(document, budget);
        }) {
            Ended::AtEnd => return,
            Ended::NotJson { at, line, problem } => {
                as_json = (at == 0).then_some(problem);
                rest = (&text[at..], line);
            }
        }
    }
    for chunk in Chunks::new(rest.0, rest.1) {
        if chunk.is_empty() {
            continue;
        }
        number += 1;
        if let Err(problem) = budget.begin() {
            let line = chunk.line;
            let read = Err(problem);
            return found(Document { number, line, read }, budget);
        }
        let (line, read) = match chunk.read(budget) {
            Ok(None) => continue,
            Ok(Some(document)) => {
                let content = Content {
                    value: document.value,
                    items: document.items,
                };
                (document.line, Ok(content))
            }
            Err(broken) => {
                let problem = match as_json.take() {
                    Some(json) => format!("{}; nor is it JSON: {json}", broken.problem),
                    None => broken.problem,
                };
                (broken.line, Err(problem))
            }
        };
        as_json = None;
        found(Document { number, line, read }, budget);
    }
}

/// Where a stream of JSON objects ended.
enum Ended {
    AtEnd,
    /// At a byte and its line, and why there.
    NotJson {
        at: usize,
        line: usize,
        problem: String,
    },
}

/// The objects of a stream of JSON. kubectl tries JSON first where a file begins
/// with a brace, and changes to YAML where that fails at the first or second object.
fn json(text: &str, budget: &mut Budget, found: &mut dyn FnMut(Document, &mut Budget)) -> Ended {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let mut number = 0;
    let (mut at, mut line) = (0, 1);
    loop {
        let rest = &text[at..];
        let blank = rest.len() - rest.trim_start().len();
        line += lines(&rest[..blank]);
        at += blank;
        let next = stream.next();
        number += 1;
        let end = stream.byte_offset();
        let read = match next {
            None => return Ended::AtEnd,
            Some(Ok(value)) => budget
                .begin()
                .and_then(|()| content(value, &text[at..end], line, budget)),
            Some(Err(error)) if number <= 2 => {
                return Ended::NotJson {
                    at,
                    line,
                    problem: error.to_string(),
                };
            }
            Some(Err(error)) => Err(format!("is no JSON: {error}")),
        };
        let stop = read.is_err();
        found(Document { number, line, read }, budget);
        if stop {
            return Ended::AtEnd;
        }
        line += lines(&text[at..end]);
        at = end;
    }
}

fn lines(text: &str) -> usize {
    text.bytes().filter(|it| *it == b'\n').count()
}

fn content(
    mut value: Value,
    text: &str,
    line: usize,
    budget: &mut Budget,
) -> Result<Content, String> {
    normalise(&mut value, budget)?;
    let mut items = Vec::new();
    if value.get("items").is_some_and(Value::is_array) {
        // Only for the lines of its entries; without them the list's own line is said.
        if let Ok(Some(document)) = yaml::read(text, &mut Budget::default()) {
            items = document.items;
            items.iter_mut().for_each(|it| *it += line - 1);
        }
    }
    Ok(Content { value, items })
}

/// Numbers as kubectl sends them on: whole ones are integers, those above 64 bits floats.
fn normalise(value: &mut Value, budget: &mut Budget) -> Result<(), String> {
    budget.take(1, value.as_str().map_or(0, str::len))?;
    match value {
        Value::Number(number) if !number.is_i64() => {
            if let Some(number) = number.as_f64() {
                *value = yaml::float(number);
            }
        }
        Value::Array(items) => {
            for item in items {
                normalise(item, budget)?;
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                budget.take(0, key.len())?;
                normalise(item, budget)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// What stands between two lines that begin with `---`.
struct Chunk<'t> {
    text: &'t str,
    /// The line of the text's first, from 1.
    line: usize,
    /// The line of the separator before it, where kubectl takes that for none.
    bad_separator: Option<usize>,
}

impl Chunk<'_> {
    fn is_empty(&self) -> bool {
        let blank = |line: &str| {
            let line = line.trim();
            line.is_empty() || line.starts_with('#')
        };
        self.bad_separator.is_none() && self.text.lines().all(blank)
    }

    fn read(&self, budget: &mut Budget) -> Result<Option<yaml::Document>, yaml::Broken> {
        if let Some(line) = self.bad_separator {
            let problem = "only a comment may follow --- on its line, or kubectl reads nothing of the file from here on; begin what follows on a line of its own";
            return Err(yaml::Broken {
                line,
                problem: problem.to_owned(),
            });
        }
        let first = self
            .text
            .lines()
            .zip(self.line..)
            .find(|(line, _)| !line.trim().is_empty() && !line.starts_with('#'));
        if let Some((text, line)) = first
            && text.starts_with('%')
        {
            let problem = "is a YAML directive, which kubectl does not read; remove the line";
            return Err(yaml::Broken {
                line,
                problem: problem.to_owned(),
            });
        }
        match yaml::read(self.text, budget) {
            Ok(None) => Ok(None),
            Ok(Some(mut document)) => {
                document.line += self.line - 1;
                document
                    .items
                    .iter_mut()
                    .for_each(|it| *it += self.line - 1);
                Ok(Some(document))
            }
            Err(mut broken) => {
                broken.line = broken.line.max(1) + self.line - 1;
                Err(broken)
            }
        }
    }
}

/// The chunks of a text, cut by its lines and not by YAML's rules, as kubectl does.
struct Chunks<'t> {
    rest: Option<&'t str>,
    line: usize,
    bad_separator: Option<usize>,
}

impl<'t> Chunks<'t> {
    fn new(text: &'t str, line: usize) -> Self {
        Self {
            rest: Some(text),
            line,
            bad_separator: None,
        }
    }
}

impl<'t> Iterator for Chunks<'t> {
    type Item = Chunk<'t>;

    fn next(&mut self) -> Option<Chunk<'t>> {
        let text = self.rest?;
        let begins = self.line;
        let bad_separator = self.bad_separator.take();
        let mut end = 0;
        for line in text.split_inclusive('\n') {
            self.line += 1;
            if let Some(after) = line.strip_prefix("---") {
                let after = after.trim();
                if !after.is_empty() && !after.starts_with('#') {
                    self.bad_separator = Some(self.line - 1);
                }
                self.rest = Some(&text[end + line.len()..]);
                return Some(Chunk {
                    text: &text[..end],
                    line: begins,
                    bad_separator,
                });
            }
            end += line.len();
        }
        self.rest = None;
        Some(Chunk {
            text,
            line: begins,
            bad_separator,
        })
    }
}

#[cfg(test)]
mod tests;
