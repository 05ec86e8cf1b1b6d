//! Templates: JSON, with parameters and the plain references between resources.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::answer::Failure;
use crate::state::{State, Where};
use crate::types::{self, Origin};

/// A resource that is about to be made.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) logical_id: String,
    pub(crate) resource_type: String,
    pub(crate) properties: Value,
    pub(crate) physical_id: String,
}

/// The stack that a template is read for.
pub(super) struct Reading<'a> {
    pub(super) place: &'a Where,
    pub(super) stack: &'a str,
    pub(super) stack_id: &'a str,
    pub(super) parameters: Vec<(String, String)>,
    /// Physical ids of resources that are there already.
    pub(super) known: BTreeMap<String, String>,
}

/// What a reference can name.
struct Names {
    refs: BTreeMap<String, Value>,
    arns: BTreeMap<String, String>,
}

fn format_error(message: impl AsRef<str>) -> Failure {
    Failure::validation(format!("Template format error: {}", message.as_ref()))
}

/// Reads a template down to resources with properties as CloudFormation would pass them on.
pub(super) fn read(
    body: &str,
    state: &mut State,
    reading: &Reading<'_>,
) -> Result<Vec<Planned>, Failure> {
    let template: Value = serde_json::from_str(body)
        .map_err(|_| format_error("not JSON; the sandbox reads templates in JSON only"))?;
    let resources = template["Resources"]
        .as_object()
        .filter(|resources| !resources.is_empty())
        .ok_or_else(|| format_error("At least one Resources member must be defined."))?;
    let mut names = Names {
        refs: parameters(&template, reading)?,
        arns: BTreeMap::new(),
    };
    let mut planned = Vec::with_capacity(resources.len());
    for (logical_id, resource) in resources {
        let resource_type = resource["Type"].as_str().ok_or_else(|| {
            format_error(format!(
                "[/Resources/{logical_id}] Every Resources object must contain a Type member."
            ))
        })?;
        if resource_type == "AWS::CloudFormation::Stack" {
            return Err(format_error(
                "the sandbox fetches no TemplateURL; make nested stacks through its Rust interface",
            ));
        }
        let unique = state.uuid();
        let origin = Origin {
            account: &reading.place.0,
            region: &reading.place.1,
            stack: reading.stack,
            logical_id,
            unique: &unique,
        };
        // A name may itself be a parameter, never another resource, as properties beside it may.
        let own = resource["Properties"].as_object().into_iter().flatten();
        let own = own.filter_map(|(key, value)| Some((key.clone(), resolve(value, &names).ok()?)));
        let name = types::name(resource_type, &Value::Object(own.collect()), &origin);
        let physical_id = match reading.known.get(logical_id) {
            Some(known) => known.clone(),
            None => types::physical_id(resource_type, &name, &origin),
        };
        let arn = types::arn(resource_type, &name, &origin);
        names.arns.insert(logical_id.clone(), arn);
        planned.push((logical_id, resource_type, physical_id));
    }
    for (logical_id, _, physical_id) in &planned {
        let id = Value::from(physical_id.as_str());
        names.refs.insert((*logical_id).clone(), id);
    }
    let finish = |(logical_id, resource_type, physical_id): (&String, &str, String)| {
        let properties = match &resources[logical_id]["Properties"] {
            Value::Null => Value::Object(Map::new()),
            properties => resolve(properties, &names)?,
        };
        // What is called after others is so only now that these have names.
        let composite = types::composite(resource_type, &properties);
        Ok(Planned {
            logical_id: logical_id.clone(),
            resource_type: resource_type.to_owned(),
            physical_id: composite.unwrap_or(physical_id),
            properties,
        })
    };
    planned.into_iter().map(finish).collect()
}

fn parameters(template: &Value, reading: &Reading<'_>) -> Result<BTreeMap<String, Value>, Failure> {
    let (account, region) = reading.place;
    let mut refs = BTreeMap::from([
        ("AWS::AccountId".to_owned(), Value::from(account.as_str())),
        ("AWS::Region".to_owned(), region.as_str().into()),
        ("AWS::Partition".to_owned(), "aws".into()),
        ("AWS::URLSuffix".to_owned(), "amazonaws.com".into()),
        ("AWS::StackName".to_owned(), reading.stack.into()),
        ("AWS::StackId".to_owned(), reading.stack_id.into()),
    ]);
    let none = Map::new();
    let declared = template["Parameters"].as_object().unwrap_or(&none);
    for (name, parameter) in declared {
        let given = reading.parameters.iter().find(|(given, _)| given == name);
        let value = match (given, &parameter["Default"]) {
            (Some((_, value)), _) => Value::from(value.as_str()),
            (None, Value::Null) => {
                return Err(Failure::validation(format!(
                    "Parameters: [{name}] must have values"
                )));
            }
            (None, default) => default.clone(),
        };
        refs.insert(name.clone(), value);
    }
    Ok(refs)
}

/// A value with its references replaced.
fn resolve(value: &Value, names: &Names) -> Result<Value, Failure> {
    match value {
        Value::Array(list) => list.iter().map(|value| resolve(value, names)).collect(),
        Value::Object(map) => match map.iter().next() {
            Some((key, argument))
                if map.len() == 1 && (key == "Ref" || key.starts_with("Fn::")) =>
            {
                function(key, argument, names)
            }
            _ => {
                let entries = map.iter();
                let entries = entries.map(|(key, value)| Ok((key.clone(), resolve(value, names)?)));
                entries
                    .collect::<Result<Map<_, _>, Failure>>()
                    .map(Value::Object)
            }
        },
        plain => Ok(plain.clone()),
    }
}

fn function(name: &str, argument: &Value, names: &Names) -> Result<Value, Failure> {
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    match (name, argument) {
        ("Ref", Value::String(target)) => reference(target, names),
        ("Fn::GetAtt", Value::String(path)) => {
            let (target, attribute) = path.split_once('.').unwrap_or((path, ""));
            attribute_of(target, attribute, names)
        }
        ("Fn::GetAtt", Value::Array(path)) => {
            let part = |index: usize| path.get(index).and_then(Value::as_str).unwrap_or_default();
            attribute_of(part(0), part(1), names)
        }
        ("Fn::Sub", Value::String(pattern)) => substitute(pattern, names),
        ("Fn::Join", Value::Array(parts)) => {
            let (Some(Value::String(by)), Some(list)) = (parts.first(), parts.get(1)) else {
                return Err(format_error("Fn::Join needs a delimiter and a list"));
            };
            let Value::Array(list) = resolve(list, names)? else {
                return Err(format_error("Fn::Join needs a delimiter and a list"));
            };
            let words: Vec<_> = list.into_iter().map(text).collect();
            Ok(words.join(by).into())
        }
        _ => Err(format_error(format!("the sandbox does not resolve {name}"))),
    }
}

fn reference(target: &str, names: &Names) -> Result<Value, Failure> {
    names.refs.get(target).cloned().ok_or_else(|| {
        format_error(format!(
            "Unresolved resource dependencies [{target}] in the Resources block of the template"
        ))
    })
}

fn attribute_of(target: &str, attribute: &str, names: &Names) -> Result<Value, Failure> {
    let arn = names.arns.get(target);
    let arn = arn.ok_or_else(|| {
        reference(target, names)
            .err()
            .unwrap_or_else(|| format_error(target))
    })?;
    match attribute {
        "Arn" | "TopicArn" | "AlarmArn" => Ok(arn.as_str().into()),
        _ => reference(target, names),
    }
}

/// Replaces `${Name}` and `${Name.Attribute}`; `${!Name}` stands for itself.
fn substitute(pattern: &str, names: &Names) -> Result<Value, Failure> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after
            .split_once('}')
            .ok_or_else(|| format_error("Fn::Sub has a `${` without its end"))?;
        out.push_str(before);
        let value = match (name.strip_prefix('!'), name.split_once('.')) {
            (Some(literal), _) => format!("${{{literal}}}").into(),
            (_, Some((target, attribute))) => attribute_of(target, attribute, names)?,
            (_, None) => reference(name, names)?,
        };
        match value {
            Value::String(text) => out.push_str(&text),
            other => out.push_str(&other.to_string()),
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out.into())
}
