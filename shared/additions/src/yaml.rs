//! A CloudFormation template as a JSON tree, from either of its spellings.
//!
//! YAML's short forms become the long ones: `!Ref X` is `{"Ref": "X"}`, `!Sub`
//! and all others `{"Fn::Sub": …}`, and `!GetAtt A.B` names its two parts, as
//! “Intrinsic function reference” of the CloudFormation User Guide defines them.

use granit_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value, json};

/// Deeper than any template that CloudFormation takes; ends a bomb.
const DEEPEST: usize = 100;

/// The tree of a template; `None` where it is neither JSON nor YAML.
pub(crate) fn read(template: &str) -> Option<Value> {
    if template.trim_start().starts_with('{')
        && let Ok(tree) = serde_json::from_str(template)
    {
        return Some(tree);
    }
    let mut events = Events(Parser::new_from_str(template));
    loop {
        match events.next()? {
            Event::StreamStart | Event::DocumentStart(..) => {}
            Event::StreamEnd | Event::DocumentEnd => return None,
            event => return events.node(event, 0),
        }
    }
}

/// The parser's events, the comments left out.
struct Events<'t>(Parser<'t, granit_parser::StrInput<'t>>);

impl<'t> Events<'t> {
    fn next(&mut self) -> Option<Event<'t>> {
        loop {
            match self.0.next()?.ok()?.0 {
                Event::Comment(..) | Event::Anchor(..) => {}
                event => return Some(event),
            }
        }
    }

    /// The node that begins with an event.
    fn node(&mut self, event: Event<'t>, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        match event {
            Event::Scalar(text, style, _, tag) => Some(match tag {
                Some(tag) => tagged(&tag, Value::from(text.as_ref())),
                None if style == ScalarStyle::Plain => plain(&text),
                None => Value::from(text.as_ref()),
            }),
            Event::SequenceStart(_, _, tag) => {
                let mut list = Vec::new();
                loop {
                    match self.next()? {
                        Event::SequenceEnd => break,
                        event => list.push(self.node(event, depth + 1)?),
                    }
                }
                Some(wrapped(tag.as_deref(), Value::Array(list)))
            }
            Event::MappingStart(_, _, tag) => {
                let mut map = Map::new();
                loop {
                    let key = match self.next()? {
                        Event::MappingEnd => break,
                        Event::Scalar(text, ..) => text.into_owned(),
                        // A key that is no text is in no template.
                        _ => return None,
                    };
                    let event = self.next()?;
                    map.insert(key, self.node(event, depth + 1)?);
                }
                Some(wrapped(tag.as_deref(), Value::Object(map)))
            }
            // What an alias stands for is not looked up: it reads as not known.
            Event::Alias(_) | Event::UnresolvedAlias(_) => Some(Value::Null),
            _ => None,
        }
    }
}

fn wrapped(tag: Option<&Tag>, value: Value) -> Value {
    tag.map_or(value.clone(), |tag| tagged(tag, value))
}

fn tagged(tag: &Tag, value: Value) -> Value {
    // YAML's own tags say of what type a scalar is.
    if tag.handle() != "!" {
        return value;
    }
    match tag.suffix() {
        "Ref" => json!({"Ref": value}),
        "Condition" => json!({"Condition": value}),
        "GetAtt" => {
            let parts = value.as_str().and_then(|it| it.split_once('.'));
            let value = parts.map_or(value.clone(), |(resource, attribute)| {
                json!([resource, attribute])
            });
            json!({"Fn::GetAtt": value})
        }
        name => {
            let mut map = Map::new();
            map.insert(format!("Fn::{name}"), value);
            Value::Object(map)
        }
    }
}

/// A scalar without quotes: a number, a flag, nothing, or text.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => match text.parse::<i64>() {
            Ok(number) if !text.starts_with(['+', '0']) || text == "0" => number.into(),
            _ => Value::from(text),
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_spellings_of_a_template_are_one_tree() {
        let yaml = "
# The role of the shop.
Resources:
  Policy:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: shop
      Roles: [!Ref Role, !GetAtt 'Other.Name']
      Port: 22
      Quoted: '22'
      Zeros: 0123
      On: true
      Name: !Sub '${AWS::StackName}-x'
      List: !Join ['-', [a, !Ref B]]
";
        let tree = read(yaml).unwrap();
        assert_eq!(
            tree["Resources"]["Policy"]["Properties"],
            json!({
                "PolicyName": "shop",
                "Roles": [{"Ref": "Role"}, {"Fn::GetAtt": ["Other", "Name"]}],
                "Port": 22, "Quoted": "22", "Zeros": "0123", "On": true,
                "Name": {"Fn::Sub": "${AWS::StackName}-x"},
                "List": {"Fn::Join": ["-", ["a", {"Ref": "B"}]]},
            })
        );
        assert_eq!(read(&tree.to_string()), Some(tree));
    }

    #[test]
    fn what_is_no_template_is_none() {
        for text in ["", "a: [", "{\"a\":", "[]: 1\n? {a: 1}\n: 2"] {
            assert_eq!(read(text), None, "{text}");
        }
        let deep = "[".repeat(5_000) + &"]".repeat(5_000);
        assert_eq!(read(&deep), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,200}") {
            read(&text);
        }
    }
}
