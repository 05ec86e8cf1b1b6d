use domain::look::{Uncovered, UncoveredReason};
use domain::ports::PortErrorKind;
use domain::testing::block_on;
use serde_json::json;

use super::*;
use crate::harness::{REGION, found_beside, look, observed, role, rule, said, told};
use crate::testing::MemoryAttachments;
use crate::{live, parents};

fn added(path: &str, actual: Value) -> RawDifference {
    RawDifference {
        entry: None,
        path: path.to_owned(),
        kind: DifferenceKind::Added,
        expected: None,
        actual: Some(actual),
        potential: false,
        attribution: None,
        cause: None,
    }
}

fn modified(differences: &[RawDifference]) -> Verdict {
    Verdict::Modified(Modified {
        differences: differences.to_vec(),
        expected: json!({"kept": 1}),
        actual: json!({"kept": 2}),
        unread: None,
    })
}

fn world() -> MemoryAttachments {
    let port = MemoryAttachments::new();
    port.add_rule(rule("sgr-1", "sg-1", 443, "10.0.0.0/8"));
    port.add_rule(rule("sgr-2", "sg-1", 22, "0.0.0.0/0"));
    port
}

fn group() -> Declared {
    let entry =
        json!({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"});
    said(
        "AWS::EC2::SecurityGroup",
        "sg-1",
        json!({"SecurityGroupIngress": [entry]}),
    )
}

fn by_hand() -> Value {
    json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"})
}

fn attached() -> Declared {
    let mut fields = by_hand();
    fields["GroupId"] = json!("sg-1");
    said("AWS::EC2::SecurityGroupIngress", "stack-Rule-1ABC", fields)
}

const LINE: &str =
    r#"sg-1 /SecurityGroupIngress[IpProtocol=tcp,FromPort=22,ToPort=22,CidrIp="0.0.0.0/0"]"#;

fn beside(declared: &[Declared]) -> Others {
    let mut others = Others::default();
    others.declare(REGION, catalogue::declared(declared));
    others
}

#[test]
fn what_was_in_sync_becomes_modified_and_keeps_what_its_stack_says() {
    let seen = look(
        &world(),
        (&[group()], &|_| Verdict::InSync),
        &Others::default(),
    );
    assert_eq!(told(&seen), [LINE]);
    let Verdict::Modified(modified) = &seen[0].verdict else {
        panic!("{seen:?}");
    };
    assert_eq!(Some(&modified.expected), group().expected.as_ref());
    assert_eq!(modified.actual, Value::Null);
}

#[test]
fn what_was_modified_gets_more_differences() {
    let other = added("/GroupDescription", json!("x"));
    let verdict = |_: &Declared| modified(std::slice::from_ref(&other));
    let seen = look(&world(), (&[group()], &verdict), &Others::default());
    assert_eq!(told(&seen), ["sg-1 /GroupDescription", LINE]);
    let Verdict::Modified(modified) = &seen[0].verdict else {
        panic!("{seen:?}");
    };
    assert_eq!(
        (&modified.expected, &modified.actual),
        (&json!({"kept": 1}), &json!({"kept": 2}))
    );
}

#[test]
fn what_cloudformation_says_itself_is_not_said_twice() {
    for (path, actual) in [
        ("/SecurityGroupIngress/1", by_hand()),
        ("/SecurityGroupIngress", json!([by_hand()])),
        (
            "/SecurityGroupIngress/1",
            json!({"IpProtocol": "6", "FromPort": "22", "ToPort": "22", "CidrIp": "0.0.0.0/0"}),
        ),
    ] {
        let verdict = |_: &Declared| modified(&[added(path, actual.clone())]);
        let seen = look(&world(), (&[group()], &verdict), &Others::default());
        assert_eq!(told(&seen), [format!("sg-1 {path}")]);
    }
    let mut other = by_hand();
    other["FromPort"] = json!(21);
    let changed = RawDifference {
        kind: DifferenceKind::Changed,
        ..added("/SecurityGroupIngress/1", by_hand())
    };
    for difference in [
        added("/SecurityGroupIngress/1", other),
        added("/SecurityGroupEgress/1", by_hand()),
        added("/SecurityGroupIngress/1/CidrIp", by_hand()),
        added("/SecurityGroupIngress/x", by_hand()),
        changed,
    ] {
        let verdict = |_: &Declared| modified(std::slice::from_ref(&difference));
        let seen = look(&world(), (&[group()], &verdict), &Others::default());
        assert_eq!(
            told(&seen),
            [format!("sg-1 {}", difference.path), LINE.to_owned()]
        );
    }
}

#[test]
fn what_cloudformation_says_of_policies_is_not_said_twice() {
    let port = MemoryAttachments::new();
    let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
    port.add_inline_policy(role("web"), "x");
    port.attach_policy(role("web"), arn);
    let differences = [
        added(
            "/Policies/1",
            json!({"PolicyName": "x", "PolicyDocument": {"a": 1}}),
        ),
        added("/ManagedPolicyArns/0", json!(arn)),
    ];
    let web = said("AWS::IAM::Role", "web", json!({}));
    let seen = look(
        &port,
        (&[web], &|_| modified(&differences)),
        &Others::default(),
    );
    assert_eq!(told(&seen), ["web /Policies/1", "web /ManagedPolicyArns/0"]);
}

#[test]
fn what_a_resource_of_its_own_declares_is_taken_out_of_what_cloudformation_says() {
    let said = [added("/SecurityGroupIngress/1", by_hand())];
    let verdict = |it: &Declared| match it.resource_type.as_str() {
        "AWS::EC2::SecurityGroup" => modified(&said),
        _ => Verdict::InSync,
    };
    // By another watched stack, and by its own.
    let seen = look(&world(), (&[group()], &verdict), &beside(&[attached()]));
    assert!(told(&seen).is_empty());
    assert!(matches!(seen[0].verdict, Verdict::InSync));
    let seen = look(
        &world(),
        (&[group(), attached()], &verdict),
        &Others::default(),
    );
    assert!(told(&seen).is_empty());
    // What stays of a list is said by its own path.
    let list = [added(
        "/SecurityGroupIngress",
        json!([by_hand(), {"IpProtocol": "-1", "CidrIp": "1.2.3.4/32"}]),
    )];
    let port = world();
    port.add_rule(domain::ports::GroupRule {
        protocol: "-1".to_owned(),
        ..rule("sgr-3", "sg-1", -1, "1.2.3.4/32")
    });
    let seen = look(
        &port,
        (&[group()], &|_| modified(&list)),
        &beside(&[attached()]),
    );
    assert_eq!(
        told(&seen),
        [r#"sg-1 /SecurityGroupIngress[IpProtocol=-1,CidrIp="1.2.3.4/32"]"#]
    );
    // What the group says of itself takes nothing out: CloudFormation has compared that.
    let own = [added(
        "/SecurityGroupIngress/0",
        json!({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}),
    )];
    let seen = look(
        &world(),
        (&[group()], &|_| modified(&own)),
        &Others::default(),
    );
    assert_eq!(told(&seen), ["sg-1 /SecurityGroupIngress/0", LINE]);
}

#[test]
fn another_stack_may_call_a_group_by_its_name() {
    let mut fields = by_hand();
    fields["GroupName"] = json!("web");
    let by_name = said("AWS::EC2::SecurityGroupIngress", "stack-Rule-1ABC", fields);
    let others = beside(&[by_name]);
    let named = |name: &str| {
        let mut group = group();
        if let Some(expected) = &mut group.expected {
            expected["GroupName"] = json!(name);
        }
        group
    };
    assert!(found_beside(&world(), &[named("web")], &others).is_empty());
    assert_eq!(found_beside(&world(), &[named("db")], &others), [LINE]);
    assert_eq!(
        found_beside(&world(), &[group()], &others),
        [format!("{LINE} ?")]
    );
}

#[test]
fn what_another_stack_declares_inline_or_in_another_region_does_not_count() {
    assert!(found_beside(&world(), &[group()], &beside(&[attached()])).is_empty());
    let mut others = Others::default();
    others.declare("us-east-1", catalogue::declared(&[attached()]));
    assert_eq!(found_beside(&world(), &[group()], &others), [LINE]);
    let inline = said(
        "AWS::EC2::SecurityGroup",
        "sg-1",
        json!({"SecurityGroupIngress": [by_hand()]}),
    );
    assert_eq!(
        found_beside(&world(), &[group()], &beside(&[inline])),
        [LINE]
    );
}

#[test]
fn policies_are_declared_for_an_account_and_rules_for_a_region() {
    let port = world();
    port.add_inline_policy(role("web"), "x");
    let stack = [group(), said("AWS::IAM::Role", "web", json!({}))];
    let mut others = Others::default();
    others.undecide("us-east-1");
    let policy = "web /Policies[PolicyName=x]";
    assert_eq!(
        found_beside(&port, &stack, &others),
        [LINE.to_owned(), format!("{policy} ?")]
    );
    others.undecide(REGION);
    assert_eq!(
        found_beside(&port, &stack, &others),
        [format!("{LINE} ?"), format!("{policy} ?")]
    );
    let declared = said(
        "AWS::IAM::Policy",
        "p",
        json!({"PolicyName": "x", "Roles": ["web"]}),
    );
    let mut others = Others::default();
    others.declare("us-east-1", catalogue::declared(&[declared]));
    assert_eq!(found_beside(&port, &stack, &others), [LINE]);
}

#[test]
fn what_could_not_be_read_is_unknown_and_a_difference_stays() {
    let port = world();
    port.fail(
        "ec2:DescribeSecurityGroupRules",
        None,
        PortErrorKind::Denied,
    );
    let seen = look(
        &port,
        (&[group()], &|_| Verdict::InSync),
        &Others::default(),
    );
    assert_eq!(told(&seen), ["sg-1 denied"]);
    assert!(matches!(seen[0].verdict, Verdict::Unknown(_)));
    let said = [added("/SecurityGroupIngress/1", by_hand())];
    let seen = look(
        &port,
        (&[group()], &|_| modified(&said)),
        &Others::default(),
    );
    assert_eq!(told(&seen), ["sg-1 /SecurityGroupIngress/1", "sg-1 denied"]);
    // Its only difference was none, and the rest could not be read.
    let seen = look(
        &port,
        (&[group()], &|_| modified(&said)),
        &beside(&[attached()]),
    );
    assert_eq!(told(&seen), ["sg-1 denied"]);
    assert!(matches!(seen[0].verdict, Verdict::Unknown(_)));
    // Nobody asked.
    let mut resources = [observed(&group(), Verdict::InSync)];
    let (declared, live, others) = ([group()], BTreeMap::new(), Others::default());
    let seen = Seen {
        declared: &declared,
        live: &live,
        others: &others,
    };
    complete(&mut resources, &seen);
    assert_eq!(told(&resources), ["sg-1 failed"]);
}

#[test]
fn what_was_not_compared_stays_as_it_is() {
    let uncovered = Uncovered {
        reason: UncoveredReason::NoDriftSupport,
        detail: String::new(),
    };
    for verdict in [
        Verdict::Deleted,
        Verdict::Added(None),
        Verdict::Unknown(Gap::new(Reason::Throttled, "")),
        Verdict::Uncovered(uncovered),
    ] {
        let before = format!("{verdict:?}");
        let seen = look(
            &world(),
            (&[group()], &|_| verdict.clone()),
            &Others::default(),
        );
        assert_eq!(format!("{:?}", seen[0].verdict), before);
    }
    let queue = said("AWS::SQS::Queue", "q", json!({}));
    assert!(
        told(&look(
            &world(),
            (&[queue], &|_| Verdict::InSync),
            &Others::default()
        ))
        .is_empty()
    );
}

#[test]
fn others_are_needed_only_where_something_is_left() {
    let needs = |stack: &[Declared], verdict: Verdict| {
        let port = world();
        let resources: Vec<Observed> = stack
            .iter()
            .map(|it| observed(it, verdict.clone()))
            .collect();
        let live = block_on(live(&port, &parents(stack), &catalogue::declared(stack)));
        let others = Others::default();
        needs_others(
            &resources,
            &Seen {
                declared: stack,
                live: &live,
                others: &others,
            },
        )
    };
    assert!(needs(&[group()], Verdict::InSync));
    assert!(!needs(&[group(), attached()], Verdict::InSync));
    assert!(!needs(&[group()], Verdict::Deleted));
    assert!(!needs(&[], Verdict::InSync));
    let unrelated = modified(&[added("/GroupDescription", json!("x"))]);
    assert!(!needs(&[group(), attached()], unrelated));
    let said = modified(&[added("/SecurityGroupIngress/1", by_hand())]);
    assert!(needs(&[group(), attached()], said));
}
