//! What hangs on resources and nobody declares.

use domain::handled::Handled;
use domain::ports::{GroupRule, Ledger as _, PortErrorKind, Stacks};
use domain::stack::StackId;
use domain::testing::block_on;
use domain::work::Work;
use serde_json::json;

use super::desk::{Desk, ended, unit};

pub(super) const GROUP: &str = "sg-0123456789abcdef0";

/// A stack with one security group that lets nobody in by its template.
pub(super) fn group(desk: &Desk) -> StackId {
    let id = desk.stack("shop-net", &["Group"]);
    typed(desk, &id, "AWS::EC2::SecurityGroup", GROUP);
    desk.cloud.change(&id, |stack| {
        let expected = json!({"GroupDescription": "the shop", "SecurityGroupEgress": []});
        stack.expected.insert("Group".to_owned(), expected);
    });
    id
}

fn typed(desk: &Desk, id: &StackId, resource_type: &str, physical_id: &str) {
    desk.cloud.change(id, |stack| {
        for row in &mut stack.rows {
            resource_type.clone_into(&mut row.resource_type);
            physical_id.clone_into(&mut row.physical_id);
        }
    });
}

/// Port 22 open to everybody.
pub(super) fn ssh() -> GroupRule {
    GroupRule {
        id: "sgr-0000000000000022".to_owned(),
        group: GROUP.to_owned(),
        protocol: "tcp".to_owned(),
        from_port: Some(22),
        to_port: Some(22),
        cidr_ipv4: Some("0.0.0.0/0".to_owned()),
        ..GroupRule::default()
    }
}

/// A stack that declares that very rule as a resource of its own.
fn ingress(desk: &Desk) -> StackId {
    let id = desk.stack("shop-ssh", &["Ingress"]);
    typed(
        desk,
        &id,
        "AWS::EC2::SecurityGroupIngress",
        "sgr-0000000000000022",
    );
    desk.cloud.change(&id, |stack| {
        let expected = json!({"GroupId": GROUP, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
                              "CidrIp": "0.0.0.0/0"});
        stack.expected.insert("Ingress".to_owned(), expected);
    });
    id
}

fn paths(desk: &Desk, id: &StackId) -> Vec<String> {
    let findings = block_on(desk.store.unit_findings(&unit(id))).unwrap();
    let open = findings.iter().filter(|it| it.closed.is_none());
    open.flat_map(|it| it.differences.iter().map(|it| it.path.clone()))
        .collect()
}

#[test]
fn a_rule_made_by_hand_is_a_difference_of_its_group() {
    let desk = Desk::new();
    let id = group(&desk);
    desk.look_through(&id);
    assert!(desk.findings(&id).is_empty());
    desk.attachments.add_rule(ssh());
    desk.pass(3600);
    desk.look_through(&id);
    assert_eq!(desk.findings(&id), ["Group open"]);
    assert_eq!(
        paths(&desk, &id),
        [r#"/SecurityGroupIngress[IpProtocol=tcp,FromPort=22,ToPort=22,CidrIp="0.0.0.0/0"]"#]
    );
    desk.attachments.remove_rules(|_| true);
    desk.pass(3600);
    desk.look_through(&id);
    assert_eq!(desk.findings(&id), ["Group resolved"]);
}

#[test]
fn a_rule_that_another_watched_stack_declares_is_none() {
    let desk = Desk::new();
    let (net, ssh_stack) = (group(&desk), ingress(&desk));
    desk.attachments.add_rule(ssh());
    desk.pass(60);
    desk.look_through(&ssh_stack);
    desk.look_through(&net);
    assert!(desk.findings(&net).is_empty(), "{:?}", desk.findings(&net));
    assert_eq!(desk.generation(&net), 1);
}

#[test]
fn what_a_stack_that_was_changed_since_its_look_may_declare_waits_for_its_look() {
    let desk = Desk::new();
    let net = group(&desk);
    desk.look_through(&net);
    // A stack is deployed that opens the port, and the group is looked at first.
    desk.pass(60);
    let ssh_stack = ingress(&desk);
    desk.attachments.add_rule(ssh());
    desk.pass(60);
    desk.look_through(&net);
    assert!(desk.findings(&net).is_empty());
    assert_eq!(desk.generation(&net), 1, "the look was not complete");
    let asked: Vec<Work> = desk
        .queues
        .take()
        .iter()
        .map(|it| {
            Work::read(&serde_json::from_str(&it.body).unwrap())
                .unwrap()
                .unwrap()
        })
        .collect();
    assert!(
        matches!(&asked[..], [Work::LookAtStack { stack_id, .. }] if stack_id == ssh_stack.as_str()),
        "{asked:?}"
    );
    assert_eq!(desk.handle(&asked[0].body()), Handled::Done);
    desk.look_ends(&ssh_stack);
    desk.pass(300);
    desk.look_through(&net);
    assert_eq!(desk.generation(&net), 2);
    assert!(desk.findings(&net).is_empty());
}

#[test]
fn after_somebody_elses_detection_nobody_is_blamed_for_what_a_stack_may_declare_either() {
    let desk = Desk::new();
    let net = group(&desk);
    desk.look_through(&net);
    desk.pass(60);
    ingress(&desk);
    desk.attachments.add_rule(ssh());
    desk.pass(60);
    // Without a lease nothing says how often this was left to a later look: it is, each time.
    for _ in 0..5 {
        let started = block_on(Stacks::detect(&*desk.cloud, net.as_str())).unwrap();
        let end = ended(&net, &started.id.0, "DETECTION_COMPLETE");
        assert_eq!(desk.handle(&end), Handled::Done);
        assert!(desk.findings(&net).is_empty(), "{:?}", paths(&desk, &net));
        assert_eq!(desk.generation(&net), 1, "the look was not complete");
        desk.pass(60);
    }
}

#[test]
fn a_group_that_cannot_be_read_is_unknown_and_closes_nothing() {
    let desk = Desk::new();
    let id = group(&desk);
    desk.attachments.add_rule(ssh());
    desk.look_through(&id);
    assert_eq!(desk.findings(&id), ["Group open"]);
    desk.attachments.remove_rules(|_| true);
    desk.attachments.fail(
        "ec2:DescribeSecurityGroupRules",
        None,
        PortErrorKind::Denied,
    );
    desk.pass(3600);
    desk.look_through(&id);
    assert_eq!(desk.findings(&id), ["Group open"]);
    assert_eq!(desk.generation(&id), 1);
}

#[test]
fn what_cloudformation_cannot_compare_is_read_from_the_template() {
    let desk = Desk::new();
    let id = desk.stack("shop-app", &["Role", "Rights"]);
    desk.cloud.change(&id, |stack| {
        let types = ["AWS::IAM::Role", "AWS::IAM::Policy"];
        for (row, kind) in stack.rows.iter_mut().zip(types) {
            kind.clone_into(&mut row.resource_type);
        }
        stack.rows[0].physical_id = "shop-app-Role-1X".to_owned();
        stack.rows[1].drift_status = domain::stack::DriftStatus::NotChecked;
        stack
            .expected
            .insert("Role".to_owned(), json!({"Path": "/"}));
        stack.template = json!({"Resources": {
            "Role": {"Type": "AWS::IAM::Role"},
            "Rights": {"Type": "AWS::IAM::Policy", "Properties": {
                "PolicyName": "DefaultPolicy", "Roles": [{"Ref": "Role"}], "PolicyDocument": {}}},
        }})
        .to_string();
    });
    let role = domain::ports::Holder::Role("shop-app-Role-1X".to_owned());
    desk.attachments
        .add_inline_policy(role.clone(), "DefaultPolicy");
    desk.look_through(&id);
    assert!(desk.findings(&id).is_empty(), "{:?}", paths(&desk, &id));
    desk.attachments.add_inline_policy(role, "by-hand");
    desk.pass(3600);
    desk.look_through(&id);
    assert_eq!(paths(&desk, &id), ["/Policies[PolicyName=by-hand]"]);
}
