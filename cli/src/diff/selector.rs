//! Label selectors, as `kubectl -l` takes them.

use serde_json::Value;

/// What labels an object must have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    /// The values of which it must have one; `None`: any.
    values: Option<Vec<String>>,
    /// Whether it must not be so.
    not: bool,
}

impl Selector {
    /// Reads `a=b`, `a==b`, `a!=b`, `a`, `!a`, `a in (x,y)` and `a notin (x,y)`,
    /// parted by commas.
    ///
    /// # Errors
    /// A sentence that quotes the part that is none of them.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        parts(text)
            .map(requirement)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether an object's labels are such.
    pub(super) fn matches(&self, object: &Value) -> bool {
        let labels = object.pointer("/metadata/labels");
        self.0.iter().all(|it| {
            let value = labels
                .and_then(|labels| labels.get(&it.key))
                .and_then(Value::as_str);
            let is_so = match (&it.values, value) {
                (None, value) => value.is_some(),
                (Some(values), Some(value)) => values.iter().any(|it| it == value),
                (Some(_), None) => false,
            };
            is_so != it.not
        })
    }
}

/// The parts between the commas that are not in parentheses.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    text.split(move |c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    })
    .map(str::trim)
    .filter(|it| !it.is_empty())
}

fn requirement(part: &str) -> Result<Requirement, String> {
    let wrong = || {
        format!(
            "`{part}` is no requirement on a label: write KEY=VALUE, KEY!=VALUE, KEY, !KEY, KEY in (A,B) or KEY notin (A,B)"
        )
    };
    let of = |key: &str, values: Option<Vec<String>>, not: bool| {
        let key = key.trim();
        let is_key = !key.is_empty()
            && key
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
        is_key
            .then(|| Requirement {
                key: key.to_owned(),
                values,
                not,
            })
            .ok_or_else(wrong)
    };
    let one = |value: &str| Some(vec![value.trim().to_owned()]);
    if let Some((key, value)) = part.split_once("!=") {
        return of(key, one(value), true);
    }
    if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return of(key, one(value), false);
    }
    if let Some(list) = part.strip_suffix(')') {
        let (before, list) = list.split_once('(').ok_or_else(wrong)?;
        let (key, word) = before
            .trim_end()
            .rsplit_once(char::is_whitespace)
            .ok_or_else(wrong)?;
        let not = match word {
            "in" => false,
            "notin" => true,
            _ => return Err(wrong()),
        };
        let values = list.split(',').map(|it| it.trim().to_owned()).collect();
        return of(key, Some(values), not);
    }
    match part.strip_prefix('!') {
        Some(key) => of(key, None, true),
        None => of(part, None, false),
    }
}
