//! On any tree: order is recognised, and a leaf that really changed never is.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::harness::{BOTH, changed, drift};

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

fn block() -> impl Strategy<Value = (u32, u32)> {
    // Few different bits, so that many pairs cover the same addresses.
    let address =
        prop::sample::select(&[0_u32, 1, 0x0a00_0000, 0x0a00_0001, 0x0b00_0000, 0x8000_0000][..]);
    (address, 0_u32..=32)
}

fn covers((address, prefix): (u32, u32)) -> (u64, u64) {
    let size = 1_u64 << (32 - prefix);
    let first = u64::from(address) / size * size;
    (first, first + size)
}

proptest! {
    #[test]
    fn two_blocks_are_one_only_where_they_cover_the_same_addresses(one in block(), other in block()) {
        let text = |(address, prefix)| json!(format!("{}/{prefix}", std::net::Ipv4Addr::from_bits(address)));
        let path = "/SecurityGroupIngress/0/CidrIp";
        let said = changed(TYPES[0], path, &text(one), &text(other));
        prop_assert_eq!(said.is_some() || one == other, covers(one) == covers(other));
        let six = |(address, prefix): (u32, u32)| {
            let address = u128::from(address) << 96;
            json!(format!("{}/{prefix}", std::net::Ipv6Addr::from_bits(address)))
        };
        let path = "/SecurityGroupIngress/0/CidrIpv6";
        let said = changed(TYPES[0], path, &six(one), &six(other));
        prop_assert_eq!(said.is_some() || one == other, covers(one) == covers(other));
    }

    #[test]
    fn two_names_are_one_only_where_their_letters_are(
        one in "[ab]{1,2}(\\.[AB]){1,2}\\.?",
        other in "([abAB]|\\\\1[04]1){1,2}(\\.[abAB]){1,2}\\.?",
    ) {
        let read = |name: &str| {
            let name = name.replace("\\101", "A").replace("\\141", "a");
            name.strip_suffix('.').unwrap_or(&name).to_ascii_lowercase()
        };
        let said = changed("AWS::Route53::RecordSet", "/Name", &json!(one), &json!(other));
        prop_assert_eq!(said.is_some() || one == other, read(&one) == read(&other), "{:?}", said);
    }

    #[test]
    fn a_capacity_is_the_work_of_scaling_only_within_the_bounds(
        least in 0_i64..5,
        more in 0_i64..5,
        (from, to) in (0_i64..12, 0_i64..12),
    ) {
        let group = |desired| json!({"MinSize": least, "MaxSize": least + more, "DesiredCapacity": desired});
        let left = drift("AWS::AutoScaling::AutoScalingGroup", &group(from), &group(to), BOTH[0]);
        let within = (least..=least + more).contains(&to);
        prop_assert_eq!(left.is_empty(), from == to || within);
    }

    #[test]
    fn a_version_is_an_upgrade_only_upwards_within_its_major_version(
        (major, minor) in (10_u32..13, 0_u32..12),
        (other_major, other_minor) in (10_u32..13, 0_u32..12),
    ) {
        let database = |major, minor| json!({
            "Engine": "postgres", "EngineVersion": format!("{major}.{minor}"), "AutoMinorVersionUpgrade": true});
        let (expected, actual) = (database(major, minor), database(other_major, other_minor));
        let left = drift("AWS::RDS::DBInstance", &expected, &actual, BOTH[0]);
        prop_assert_eq!(left.is_empty(), major == other_major && other_minor >= minor);
    }

    #[test]
    fn a_schedule_is_the_same_only_where_it_names_the_same_days(one in 1_usize..=7, other in 1_usize..=7) {
        let names = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
        let (named, numbered) = (format!("cron(0 8 ? * {} *)", names[one - 1]), format!("cron(0 8 ? * {other} *)"));
        let said = changed("AWS::Events::Rule", "/ScheduleExpression", &json!(named), &json!(numbered));
        prop_assert_eq!(said.is_some(), one == other);
    }

    #[test]
    fn another_letter_is_drift_wherever_two_spellings_are_known(
        which in prop::sample::select(KNOWN),
        at in any::<prop::sample::Index>(),
    ) {
        let (resource_type, path, text) = which;
        let letters: Vec<usize> = text.char_indices()
            .filter(|(_, letter)| letter.is_ascii_alphanumeric())
            .map(|(at, _)| at)
            .collect();
        let at = *at.get(&letters);
        // The next digit or letter: no spelling of a text takes one for the other.
        let next = match text.as_bytes()[at] {
            b'9' => '1', b'z' => 'b', b'Z' => 'B', byte => char::from(byte + 1),
        };
        let bent = format!("{}{next}{}", &text[..at], &text[at + 1..]);
        let said = changed(resource_type, path, &json!(text), &json!(bent));
        prop_assert_eq!(said, None, "{} {}", text, bent);
    }
}

/// One text of every rule that knows two spellings of one.
const KNOWN: &[(&str, &str, &str)] = &[
    ("AWS::RDS::DBInstance", "/DBInstanceIdentifier", "MyApp-DB"),
    (
        "AWS::RDS::DBInstance",
        "/PreferredMaintenanceWindow",
        "Sun:05:00-Sun:06:00",
    ),
    ("AWS::RDS::DBInstance", "/EngineVersion", "13.3"),
    (
        "AWS::DMS::Endpoint",
        "/KmsKeyId",
        "1234abcd-12ab-34cd-56ef-1234567890ab",
    ),
    (
        "AWS::ApiGateway::Stage",
        "/AccessLogSetting/DestinationArn",
        "arn:aws:logs:eu-central-1:111122223333:log-group:api:*",
    ),
    ("AWS::Route53::RecordSet", "/Name", "www.Example.com."),
    (
        "AWS::Route53::RecordSet",
        "/HostedZoneId",
        "/hostedzone/Z1PA6795UKMFR9",
    ),
    ("AWS::EC2::SecurityGroupIngress", "/IpProtocol", "tcp"),
    (
        "AWS::EC2::SecurityGroupIngress",
        "/CidrIp",
        "10.20.30.40/32",
    ),
    (
        "AWS::EC2::SecurityGroupIngress",
        "/CidrIpv6",
        "2001:db8::/32",
    ),
    (
        "AWS::ElasticLoadBalancingV2::ListenerRule",
        "/Conditions/0/HttpHeaderConfig/HttpHeaderName",
        "X-Tenant",
    ),
    (
        "AWS::ElasticLoadBalancingV2::ListenerRule",
        "/Conditions/0/HostHeaderConfig/Values/0",
        "api.example.com",
    ),
    (
        "AWS::ApiGateway::RestApi",
        "/BinaryMediaTypes/0",
        "image/png",
    ),
    (
        "AWS::S3::Bucket",
        "/LifecycleConfiguration/Rules/0/ExpirationDate",
        "2031-01-01T00:00:00Z",
    ),
];
