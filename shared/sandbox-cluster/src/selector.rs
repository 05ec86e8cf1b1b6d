//! Label and field selectors.

use serde_json::Value;

/// Which objects a list wants.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    labels: Vec<Term>,
    fields: Vec<(String, String, bool)>,
}

#[derive(Clone, Debug)]
struct Term {
    key: String,
    /// `None`: the label has to be there, or not.
    values: Option<Vec<String>>,
    wanted: bool,
}

impl Selector {
    /// Reads `a=b,c!=d,e in (f,g),!h` and `metadata.name=x`.
    ///
    /// # Errors
    /// What could not be read.
    pub(crate) fn read(labels: &str, fields: &str) -> Result<Self, String> {
        let mut selector = Self::default();
        for term in split(labels) {
            let term = read_term(&term);
            selector
                .labels
                .push(term.ok_or_else(|| format!("unable to parse requirement in {labels:?}"))?);
        }
        for term in split(fields) {
            let (path, value, wanted) = match term.split_once("!=") {
                Some((path, value)) => (path, value, false),
                None => {
                    let pair = term.split_once("==").or_else(|| term.split_once('='));
                    let (path, value) =
                        pair.ok_or_else(|| format!("invalid selector: {fields:?}"))?;
                    (path, value, true)
                }
            };
            selector
                .fields
                .push((path.to_owned(), value.to_owned(), wanted));
        }
        Ok(selector)
    }

    pub(crate) fn fits(&self, object: &Value) -> bool {
        let labels = &object["metadata"]["labels"];
        let label = |term: &Term| {
            let found = labels[&term.key].as_str();
            let holds = match (&term.values, found) {
                (None, found) => found.is_some(),
                (Some(values), Some(found)) => values.iter().any(|value| value == found),
                (Some(_), None) => false,
            };
            holds == term.wanted
        };
        let field = |(path, value, wanted): &(String, String, bool)| {
            let pointer = format!("/{}", path.replace('.', "/"));
            let found = object.pointer(&pointer).and_then(Value::as_str);
            (found.unwrap_or_default() == value) == *wanted
        };
        self.labels.iter().all(label) && self.fields.iter().all(field)
    }
}

/// At the commas that are not in parentheses.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    let parts = parts.into_iter().map(|part| part.trim().to_owned());
    parts.filter(|part| !part.is_empty()).collect()
}

fn read_term(term: &str) -> Option<Term> {
    let make = |key: &str, values: Option<Vec<String>>, wanted| Term {
        key: key.trim().to_owned(),
        values,
        wanted,
    };
    let one = |value: &str| Some(vec![value.trim().to_owned()]);
    if let Some((key, rest)) = term
        .split_once(" notin ")
        .or_else(|| term.split_once(" in "))
    {
        let inner = rest.trim().strip_prefix('(')?.strip_suffix(')')?;
        let values = inner.split(',').map(|value| value.trim().to_owned());
        let wanted = !term.contains(" notin ");
        return Some(make(key, Some(values.collect()), wanted));
    }
    if let Some((key, value)) = term.split_once("!=") {
        return Some(make(key, one(value), false));
    }
    if let Some((key, value)) = term.split_once("==").or_else(|| term.split_once('=')) {
        return Some(make(key, one(value), true));
    }
    Some(match term.strip_prefix('!') {
        Some(key) => make(key, None, false),
        None => make(term, None, true),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn selectors_choose_by_labels_and_fields() {
        let object =
            json!({"metadata": {"name": "web", "labels": {"app": "web", "tier": "front"}}});
        let fits = |labels, fields| Selector::read(labels, fields).unwrap().fits(&object);
        for labels in [
            "app=web",
            "app==web,tier",
            "app in (a, web)",
            "tier!=back",
            "!x",
            "x notin (y)",
        ] {
            assert!(fits(labels, ""), "{labels}");
        }
        for labels in ["app=a", "x", "app notin (web)", "!app", "tier!=front"] {
            assert!(!fits(labels, ""), "{labels}");
        }
        assert!(fits("", "metadata.name=web") && !fits("", "metadata.name!=web"));
    }
}
