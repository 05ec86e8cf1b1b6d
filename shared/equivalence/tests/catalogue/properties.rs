//! On any tree: order is recognised, and a leaf that really changed never is.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::harness::{BOTH, drift};

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z:/0-9 ]{1,8}".prop_map(Value::from),
    ]
}

fn tree() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        "[A-Z][a-z]{0,4}",
        Just("Tags".to_owned()),
        Just("Policy".to_owned()),
        Just("SecurityGroupIngress".to_owned()),
        Just("Path".to_owned()),
    ];
    let node = scalar().prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..5)
                .prop_map(|map| map.into_iter().collect::<Map<_, _>>().into()),
        ]
    });
    prop::collection::btree_map("[A-Z][a-z]{0,4}", node, 1..6)
        .prop_map(|map| map.into_iter().collect::<Map<_, _>>().into())
}

fn tags() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::btree_map("(aws:)?[a-zA-Z]{1,3}", "[a-c]{0,2}", 1..7).prop_map(|tags| {
        tags.into_iter()
            .map(|(key, value)| json!({"Key": key, "Value": value}))
            .collect()
    })
}

fn rules() -> impl Strategy<Value = Vec<Value>> {
    let rule = (0_u16..4, 0_u16..3).prop_map(|(port, net)| {
        json!({"IpProtocol": "tcp", "FromPort": port, "CidrIp": format!("10.{net}.0.0/16")})
    });
    prop::collection::vec(rule, 1..6)
}

fn statements() -> impl Strategy<Value = Vec<Value>> {
    let names = |of: &'static str| prop::collection::btree_set(of, 1..4);
    let statement = (
        names("(s3|sqs):[A-Z][a-z]{1,3}"),
        names("arn:aws:s3:::[a-z]{1,3}"),
        any::<bool>(),
    )
        .prop_map(|(actions, resources, allow)| {
            json!({
                "Effect": if allow { "Allow" } else { "Deny" },
                "Action": actions.into_iter().collect::<Vec<_>>(),
                "Resource": resources.into_iter().collect::<Vec<_>>(),
            })
        });
    prop::collection::vec(statement, 1..5)
}

/// A list, and the same list in another order.
fn shuffled(
    list: impl Strategy<Value = Vec<Value>>,
) -> impl Strategy<Value = (Vec<Value>, Vec<Value>)> {
    list.prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle()))
}

/// The paths of all leaves.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                leaves(value, &format!("{path}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                leaves(value, &format!("{path}/{at}"), found);
            }
        }
        _ => found.push(path.to_owned()),
    }
}

/// Another value in place of a leaf; `None` where the tree has none.
fn bent(tree: &Value, which: prop::sample::Index) -> Option<(Value, String)> {
    let mut paths = Vec::new();
    leaves(tree, "", &mut paths);
    if paths.is_empty() {
        return None;
    }
    let path = which.get(&paths).clone();
    let mut bent = tree.clone();
    let leaf = bent.pointer_mut(&path)?;
    *leaf = match &leaf {
        Value::Bool(flag) => (!*flag).into(),
        Value::Number(number) => (number.as_i64()? + 1).into(),
        Value::String(text) => format!("{text}~").into(),
        _ => return None,
    };
    Some((bent, path))
}

const TYPES: [&str; 5] = [
    "AWS::EC2::SecurityGroup",
    "AWS::IAM::Role",
    "AWS::SQS::Queue",
    "AWS::Lambda::Function",
    "AWS::S3::Bucket",
];

proptest! {
    #[test]
    fn reordered_tags_are_no_drift((expected, actual) in shuffled(tags())) {
        let (expected, actual) = (json!({ "Tags": expected }), json!({ "Tags": actual }));
        for lists in BOTH {
            prop_assert_eq!(drift("AWS::SQS::Queue", &expected, &actual, lists), [""; 0]);
        }
    }

    #[test]
    fn a_bent_tag_in_a_reordered_list_is_drift(
        (expected, actual) in shuffled(tags()),
        which in any::<prop::sample::Index>(),
    ) {
        let expected = json!({ "Tags": expected });
        let (actual, _) = bent(&json!({ "Tags": actual }), which).unwrap();
        for lists in BOTH {
            prop_assert!(!drift("AWS::SQS::Queue", &expected, &actual, lists).is_empty());
        }
    }

    #[test]
    fn any_two_lists_of_tags_agree_or_show_drift(expected in tags(), actual in tags()) {
        let ours = |tags: &[Value], other: &[Value]| {
            let has = |list: &[Value], key: &Value| list.iter().any(|tag| tag["Key"] == *key);
            let mut tags: Vec<String> = tags
                .iter()
                .filter(|tag| {
                    has(other, &tag["Key"]) || !tag["Key"].as_str().unwrap().starts_with("aws:")
                })
                .map(Value::to_string)
                .collect();
            tags.sort();
            tags
        };
        let removed = expected.iter().any(|tag| !actual.iter().any(|it| it["Key"] == tag["Key"]));
        let same = !removed && ours(&expected, &actual) == ours(&actual, &expected);
        let (expected, actual) = (json!({ "Tags": expected }), json!({ "Tags": actual }));
        for lists in BOTH {
            prop_assert_eq!(drift("T", &expected, &actual, lists).is_empty(), same, "{:?}", lists);
        }
    }

    #[test]
    fn reordered_sets_are_no_drift((expected, actual) in shuffled(rules())) {
        let tree = |rules: Vec<Value>| json!({ "SecurityGroupIngress": rules });
        let (expected, actual) = (tree(expected), tree(actual));
        for lists in BOTH {
            prop_assert_eq!(drift(TYPES[0], &expected, &actual, lists), [""; 0]);
        }
    }

    #[test]
    fn any_two_sets_agree_or_show_drift(expected in rules(), actual in rules()) {
        let sorted = |rules: &[Value]| {
            let mut rules: Vec<String> = rules.iter().map(Value::to_string).collect();
            rules.sort();
            rules
        };
        let same = sorted(&expected) == sorted(&actual);
        let tree = |rules: Vec<Value>| json!({ "SecurityGroupIngress": rules });
        let (expected, actual) = (tree(expected), tree(actual));
        for lists in BOTH {
            prop_assert_eq!(drift(TYPES[0], &expected, &actual, lists).is_empty(), same, "{:?}", lists);
        }
    }

    #[test]
    fn reordered_policies_are_no_drift((expected, mut actual) in shuffled(statements())) {
        for statement in &mut actual {
            for element in ["Action", "Resource"] {
                let names = statement[element].as_array_mut().unwrap();
                names.reverse();
                if names.len() == 1 {
                    statement[element] = names[0].clone();
                }
            }
        }
        let tree = |it: Vec<Value>| json!({"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": it}});
        let (expected, actual) = (tree(expected), tree(actual));
        for lists in BOTH {
            prop_assert_eq!(drift(TYPES[1], &expected, &actual, lists), [""; 0]);
        }
    }

    #[test]
    fn a_bent_leaf_of_a_policy_is_drift(
        (expected, actual) in shuffled(statements()),
        which in any::<prop::sample::Index>(),
    ) {
        let tree = |it: Vec<Value>| json!({"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": it}});
        let expected = tree(expected);
        let (actual, _) = bent(&tree(actual), which).unwrap();
        for lists in BOTH {
            prop_assert!(!drift(TYPES[1], &expected, &actual, lists).is_empty());
        }
    }

    #[test]
    fn a_bent_leaf_of_any_tree_is_drift(
        tree in tree(),
        which in any::<prop::sample::Index>(),
        resource_type in prop::sample::select(&TYPES[..]),
    ) {
        if let Some((actual, path)) = bent(&tree, which) {
            for lists in BOTH {
                let left = drift(resource_type, &tree, &actual, lists);
                prop_assert!(!left.is_empty(), "{} {:?}", path, lists);
            }
        }
    }

    #[test]
    fn any_two_trees_leave_the_catalogue_standing(expected in tree(), actual in tree()) {
        for lists in BOTH {
            for resource_type in TYPES {
                drift(resource_type, &expected, &actual, lists);
            }
        }
    }
}
