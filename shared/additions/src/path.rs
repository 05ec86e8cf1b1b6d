//! The path of an addition: the parent's property with a selector of the item's own fields.

use serde_json::Value;

/// What a bare value of a selector may not hold.
const SPECIAL: [char; 6] = [']', ',', '=', '~', '/', '"'];

/// `/Property[Name=value,…]`; without fields the property alone. A value
/// without a name (of a list of texts) has an empty one: `[="…"]`.
pub(crate) fn path(property: &str, fields: &[(&str, &Value)]) -> String {
    let mut path = format!("/{property}");
    if fields.is_empty() {
        return path;
    }
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", text(value)))
        .collect();
    path.push('[');
    path.push_str(&fields.join(","));
    path.push(']');
    path
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text)
            if !text.is_empty()
                && !text.contains(|c: char| SPECIAL.contains(&c) || c.is_control()) =>
        {
            text.clone()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_with_a_special_character_is_a_json_string() {
        let (port, cidr, name) = (json!(22), json!("10.0.0.0/8"), json!("plain-1.x:y"));
        assert_eq!(
            path("P", &[("A", &port), ("B", &cidr), ("C", &name)]),
            r#"/P[A=22,B="10.0.0.0/8",C=plain-1.x:y]"#
        );
        for special in ["]", ",", "=", "~", "/", "\"", "", "\n"] {
            let value = json!(special);
            let quoted = serde_json::to_string(special).unwrap();
            assert_eq!(path("P", &[("", &value)]), format!("/P[={quoted}]"));
        }
        assert_eq!(path("P", &[]), "/P");
    }
}
