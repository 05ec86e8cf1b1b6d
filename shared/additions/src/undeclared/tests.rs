use serde_json::{Value, json};

use super::*;
use crate::harness::{ACCOUNT, said};

fn parent() -> Parent {
    Parent::of(Kind::Role, "web").unwrap()
}

fn policy(name: &str) -> Item {
    Item::new("Policies", json!({ "PolicyName": name }))
}

fn told(claims: &[&Claim], own: Option<&Declared>, undecided: bool) -> Vec<(String, bool)> {
    let around = Around {
        own,
        account: ACCOUNT,
        claims,
        undecided,
    };
    undeclared(&parent(), &[policy("x")], &around)
        .into_iter()
        .map(|it| (it.path, it.potential))
        .collect()
}

#[test]
fn an_addition_is_certain_only_where_everybody_has_said_what_they_declare() {
    let own = said("AWS::IAM::Role", "web", json!({}));
    let path = || "/Policies[PolicyName=x]".to_owned();
    assert_eq!(told(&[], Some(&own), false), [(path(), false)]);
    assert_eq!(told(&[], Some(&own), true), [(path(), true)]);
    assert_eq!(told(&[], None, false), [(path(), true)]);
    let unread = Claim::attached(Kind::Role, None, Item::new("Policies", Value::Null));
    assert_eq!(told(&[&unread], Some(&own), false), [(path(), true)]);
    let other_kind = Claim::attached(Kind::User, None, Item::new("Policies", Value::Null));
    assert_eq!(told(&[&other_kind], Some(&own), false), [(path(), false)]);
    let other_property = Claim::attached(
        Kind::Role,
        None,
        Item::new("ManagedPolicyArns", Value::Null),
    );
    assert_eq!(
        told(&[&other_property], Some(&own), false),
        [(path(), false)]
    );
    // What is declared is no addition, whoever else has not spoken yet.
    let declared = Claim::attached(Kind::Role, Some("web"), policy("x"));
    assert!(told(&[&unread, &declared], None, true).is_empty());
}

#[test]
fn a_difference_says_what_is_there_and_no_more() {
    let own = said("AWS::IAM::Role", "web", json!({}));
    let around = Around {
        own: Some(&own),
        account: ACCOUNT,
        claims: &[],
        undecided: false,
    };
    let found = undeclared(&parent(), &[policy("a=b")], &around);
    assert_eq!(
        found,
        [RawDifference {
            entry: None,
            path: r#"/Policies[PolicyName="a=b"]"#.to_owned(),
            kind: DifferenceKind::Added,
            expected: None,
            actual: Some(json!({"PolicyName": "a=b"})),
            potential: false,
            attribution: None,
            cause: None,
        }]
    );
}

#[test]
fn one_declaration_said_twice_stands_for_one_item_only() {
    let parent = Parent::of(Kind::SecurityGroup, "sg-1").unwrap();
    let own = said("AWS::EC2::SecurityGroup", "sg-1", json!({}));
    let fields = |name: &str, peer: &str| json!({"IpProtocol": "-1", name: peer});
    let named = |name: &str, physical: Option<&str>| {
        let item = Item {
            physical_id: physical.map(str::to_owned),
            ..Item::new(
                "SecurityGroupIngress",
                fields("SourceSecurityGroupName", name),
            )
        };
        Claim::attached(Kind::SecurityGroup, Some("sg-1"), item)
    };
    let live: Vec<Item> = ["sg-8", "sg-9"]
        .iter()
        .map(|peer| Item {
            physical_id: Some(format!("sgr-of-{peer}")),
            ..Item::new(
                "SecurityGroupIngress",
                fields("SourceSecurityGroupId", peer),
            )
        })
        .collect();
    let left = |claims: &[&Claim]| {
        let around = Around {
            own: Some(&own),
            account: ACCOUNT,
            claims,
            undecided: false,
        };
        let left = undeclared(&parent, &live, &around);
        left.iter().filter(|it| it.potential).count()
    };
    let (a, again, b) = (named("a", None), named("a", None), named("b", None));
    assert_eq!(left(&[&a, &again]), 2);
    assert_eq!(left(&[&a, &b]), 0);
    // One that is there by its own id stands for no other.
    let known = named("a", Some("sgr-of-sg-8"));
    let around = Around {
        own: Some(&own),
        account: ACCOUNT,
        claims: &[&known],
        undecided: false,
    };
    let left = undeclared(&parent, &live, &around);
    assert_eq!(left.len(), 1);
    assert!(!left[0].potential);
}
