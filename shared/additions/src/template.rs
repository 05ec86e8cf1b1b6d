//! What a stack says of resources that CloudFormation cannot compare.
//!
//! Of a type without drift support (`AWS::IAM::Policy`, with which the CDK gives
//! every role its rights, and `AWS::S3::BucketPolicy`) CloudFormation tells no
//! expected properties. Its template does, with references; those to resources
//! of the same stack and to the stack itself are resolved here. All others read
//! as not known (`null`), and nothing is made up of them.

use std::collections::BTreeMap;

use domain::stack::{Declared, StackId};
use serde_json::{Map, Value};

use crate::catalogue;
use crate::yaml;

/// Deeper than functions are nested in any template.
const DEEPEST: usize = 20;

/// Whether the template is to be asked for: something is not said that it may say.
#[must_use]
pub fn needs_template(declared: &[Declared]) -> bool {
    declared
        .iter()
        .any(|it| it.expected.is_none() && catalogue::concerns(&it.resource_type))
}

/// Puts in what the template says of resources of which nothing is said yet.
/// A template that cannot be read changes nothing.
pub fn fill(declared: &mut [Declared], template: &str, stack: &StackId) {
    let Some(tree) = yaml::read(template) else {
        return;
    };
    let ids: BTreeMap<String, String> = declared
        .iter()
        .filter(|it| !it.physical_id.is_empty())
        .map(|it| (it.logical_id.clone(), it.physical_id.clone()))
        .collect();
    let scope = Scope { ids, stack };
    for it in declared.iter_mut().filter(|it| it.expected.is_none()) {
        let resource = &tree["Resources"][it.logical_id.as_str()];
        // One of another type under the same name is from another version of the template.
        if resource["Type"].as_str() != Some(it.resource_type.as_str()) {
            continue;
        }
        it.expected = Some(match &resource["Properties"] {
            Value::Object(_) => scope.resolve(&resource["Properties"], 0),
            _ => Value::Object(Map::new()),
        });
    }
}

/// What references can mean.
struct Scope<'a> {
    /// Physical ids by logical id.
    ids: BTreeMap<String, String>,
    stack: &'a StackId,
}

impl Scope<'_> {
    fn resolve(&self, value: &Value, depth: usize) -> Value {
        if depth > DEEPEST {
            return Value::Null;
        }
        match value {
            Value::Array(list) => list.iter().map(|it| self.resolve(it, depth + 1)).collect(),
            Value::Object(map) => match only(map) {
                Some(("Ref", name)) => text(name.as_str().and_then(|it| self.reference(it))),
                Some(("Fn::GetAtt", of)) => text(self.attribute(of)),
                Some(("Fn::Sub", Value::String(pattern))) => text(self.substitute(pattern)),
                Some(("Fn::Join", parts)) => text(self.join(parts, depth)),
                Some((name, _)) if name.starts_with("Fn::") => Value::Null,
                _ => map
                    .iter()
                    .map(|(key, value)| (key.clone(), self.resolve(value, depth + 1)))
                    .collect::<Map<_, _>>()
                    .into(),
            },
            plain => plain.clone(),
        }
    }

    /// A resource's physical id, or what the stack itself is called.
    fn reference(&self, name: &str) -> Option<String> {
        let own = match name {
            "AWS::StackName" => self.stack.name(),
            "AWS::Region" => self.stack.region(),
            "AWS::AccountId" => self.stack.account(),
            "AWS::StackId" => self.stack.as_str(),
            "AWS::Partition" => self.stack.as_str().split(':').nth(1)?,
            _ => return self.ids.get(name).cloned(),
        };
        Some(own.to_owned())
    }

    /// The attributes of the catalogue's types that are their physical ids.
    fn attribute(&self, of: &Value) -> Option<String> {
        let (resource, attribute) = match of {
            Value::Array(parts) => (parts.first()?.as_str()?, parts.get(1)?.as_str()?),
            _ => of.as_str()?.split_once('.')?,
        };
        matches!(attribute, "GroupId" | "Id" | "RouteTableId" | "KeyId")
            .then(|| self.ids.get(resource).cloned())?
    }

    fn substitute(&self, pattern: &str) -> Option<String> {
        let mut text = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}')?;
            text.push_str(before);
            match name.strip_prefix('!') {
                Some(literal) => text.push_str(&format!("${{{literal}}}")),
                None if name.contains('.') => {
                    text.push_str(&self.attribute(&Value::from(name))?);
                }
                None => text.push_str(&self.reference(name)?),
            }
            rest = after;
        }
        text.push_str(rest);
        Some(text)
    }

    fn join(&self, parts: &Value, depth: usize) -> Option<String> {
        let separator = parts.get(0)?.as_str()?;
        let parts = self.resolve(parts.get(1)?, depth + 1);
        let parts: Option<Vec<&str>> = parts.as_array()?.iter().map(Value::as_str).collect();
        Some(parts?.join(separator))
    }
}

fn only(map: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut entries = map.iter();
    let (key, value) = entries.next()?;
    entries.next().is_none().then_some((key.as_str(), value))
}

fn text(text: Option<String>) -> Value {
    text.map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stack() -> StackId {
        StackId::parse("arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/g").unwrap()
    }

    fn declared(logical_id: &str, kind: &str, physical_id: &str) -> Declared {
        Declared {
            logical_id: logical_id.to_owned(),
            resource_type: kind.to_owned(),
            physical_id: physical_id.to_owned(),
            expected: None,
        }
    }

    fn filled(properties: Value) -> Option<Value> {
        let template = json!({"Resources": {
            "Rights": {"Type": "AWS::IAM::Policy", "Properties": properties},
        }});
        let mut all = [
            declared("Role", "AWS::IAM::Role", "shop-Role-1X"),
            declared("Rights", "AWS::IAM::Policy", "shop-Righ-1Y"),
        ];
        all[0].expected = Some(json!({}));
        fill(&mut all, &template.to_string(), &stack());
        assert_eq!(all[0].expected, Some(json!({})), "what is said stays");
        all[1].expected.clone()
    }

    #[test]
    fn references_within_the_stack_are_resolved_and_others_are_not_known() {
        let properties = json!({
            "PolicyName": {"Fn::Sub": "${AWS::StackName}-${Role}-${!Literal}"},
            "Roles": [{"Ref": "Role"}, {"Ref": "RoleParameter"}, {"Fn::ImportValue": "x"}],
            "Users": [{"Fn::Join": ["-", ["u", {"Ref": "AWS::Region"}]]}],
            "Groups": [{"Fn::Join": ["-", ["g", {"Ref": "Parameter"}]]}],
            "Group": {"Fn::GetAtt": ["Role", "GroupId"]},
            "Arn": {"Fn::GetAtt": ["Role", "Arn"]},
            "Port": 22,
        });
        assert_eq!(
            filled(properties),
            Some(json!({
                "PolicyName": "shop-shop-Role-1X-${Literal}",
                "Roles": ["shop-Role-1X", null, null],
                "Users": ["u-eu-west-1"],
                "Groups": [null],
                "Group": "shop-Role-1X",
                "Arn": null,
                "Port": 22,
            }))
        );
    }

    #[test]
    fn a_resource_of_another_type_or_not_in_the_template_stays_unsaid() {
        let mut all = [
            declared("Rights", "AWS::S3::BucketPolicy", "b"),
            declared("Gone", "AWS::IAM::Policy", "g"),
        ];
        let template = json!({"Resources": {"Rights": {"Type": "AWS::IAM::Policy"}}});
        fill(&mut all, &template.to_string(), &stack());
        assert!(all.iter().all(|it| it.expected.is_none()));
        assert!(needs_template(&all));
        fill(&mut all, "neither: [", &stack());
        assert!(needs_template(&all));
    }

    #[test]
    fn what_is_said_needs_no_template() {
        let mut all = [declared("Rights", "AWS::IAM::Policy", "g")];
        all[0].expected = Some(json!({}));
        assert!(!needs_template(&all));
    }

    #[test]
    fn a_nest_without_end_is_not_known() {
        let mut deep = json!("x");
        for _ in 0..30 {
            deep = json!({"Fn::Join": ["", [deep]]});
        }
        assert_eq!(
            filled(json!({"PolicyName": deep})),
            Some(json!({"PolicyName": null}))
        );
    }
}
