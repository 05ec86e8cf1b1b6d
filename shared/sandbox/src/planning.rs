//! From resources as they are written to resources with names and without references.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::account::NewResource;
use crate::cloudformation::Planned;
use crate::state::{State, Where};
use crate::types::{self, Origin};

/// Physical ids and ARNs of a stack's resources, by their logical ids.
pub(crate) type Names = BTreeMap<String, (String, String)>;

/// Gives resources of a new stack their names in the account.
pub(crate) fn plan(
    state: &mut State,
    stack: (&Where, &str),
    resources: Vec<NewResource>,
) -> Vec<Planned> {
    plan_beside(state, stack, (resources, Names::new()))
}

/// The same beside resources that have names already.
pub(crate) fn plan_beside(
    state: &mut State,
    stack: (&Where, &str),
    (resources, mut names): (Vec<NewResource>, Names),
) -> Vec<Planned> {
    let mut planned = Vec::with_capacity(resources.len());
    for resource in resources {
        let named = name(state, stack, &resource);
        let (physical_id, arn) = names.get(&resource.logical_id).cloned().unwrap_or(named);
        let known = (physical_id.clone(), arn);
        names.insert(resource.logical_id.clone(), known);
        planned.push(Planned {
            physical_id,
            logical_id: resource.logical_id,
            resource_type: resource.resource_type,
            properties: resource.properties,
        });
    }
    for row in &mut planned {
        resolve(&mut row.properties, &names);
        if let Some(id) = types::composite(&row.resource_type, &row.properties) {
            row.physical_id = id;
        }
    }
    planned
}

/// The name and ARN of a resource.
fn name(
    state: &mut State,
    ((account, region), stack): (&Where, &str),
    resource: &NewResource,
) -> (String, String) {
    let unique = state.uuid();
    let origin = Origin {
        account,
        region,
        stack,
        logical_id: &resource.logical_id,
        unique: &unique,
    };
    let kind = &resource.resource_type;
    let name = types::name(kind, &resource.properties, &origin);
    (
        types::physical_id(kind, &name, &origin),
        types::arn(kind, &name, &origin),
    )
}

/// Replaces references to named resources; what names none stays as it is.
fn resolve(value: &mut Value, names: &Names) {
    if let Some(id) = reference(value, names) {
        *value = id.into();
        return;
    }
    match value {
        Value::Array(list) => list.iter_mut().for_each(|value| resolve(value, names)),
        Value::Object(map) => map.values_mut().for_each(|value| resolve(value, names)),
        _ => {}
    }
}

fn reference(value: &Value, names: &Names) -> Option<String> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    if let Some(target) = map.get("Ref") {
        return Some(names.get(target.as_str()?)?.0.clone());
    }
    let path = map.get("Fn::GetAtt")?;
    let (id, arn) = names.get(path[0].as_str()?)?;
    let is_arn = path[1] == "Arn";
    Some(if is_arn { arn } else { id }.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_within_the_stack_become_names_and_all_else_stays() {
        let names = Names::from([("A".to_owned(), ("id".to_owned(), "arn".to_owned()))]);
        let mut value = json!({
            "Ref": [{"Ref": "A"}, {"Fn::GetAtt": ["A", "Arn"]}, {"Fn::GetAtt": ["A", "GroupId"]}],
            "Same": [{"Ref": "B"}, {"Ref": "A", "More": 1}, {"Fn::Sub": "${A}"}, {"Ref": 1}],
        });
        let same = value["Same"].clone();
        resolve(&mut value, &names);
        assert_eq!(
            value,
            json!({"Ref": ["id", "arn", "id"], "Same": [{"Ref": "B"}, {"Ref": "A", "More": 1}, same[2], same[3]]})
        );
    }
}
