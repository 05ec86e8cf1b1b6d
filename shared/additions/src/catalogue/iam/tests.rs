use super::*;
use crate::harness::{found, role, said, unsaid};
use crate::testing::MemoryAttachments;

const READ: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

fn holder(expected: Value) -> Declared {
    said("AWS::IAM::Role", "web", expected)
}

fn with(inline: &[&str], attached: &[&str]) -> MemoryAttachments {
    let port = MemoryAttachments::new();
    for name in inline {
        port.add_inline_policy(role("web"), name);
    }
    for arn in attached {
        port.attach_policy(role("web"), arn);
    }
    port
}

#[test]
fn policies_stand_in_the_holder_or_alone() {
    let port = with(&["a", "b", "c"], &[READ, "arn:aws:iam::1:policy/own"]);
    let stack = [
        holder(json!({"Policies": [{"PolicyName": "a"}], "ManagedPolicyArns": [READ]})),
        said(
            "AWS::IAM::Policy",
            "stack-Poli-1",
            json!({"PolicyName": "b", "Roles": ["web", "x"]}),
        ),
        said(
            "AWS::IAM::RolePolicy",
            "c|web",
            json!({"PolicyName": "c", "RoleName": "web"}),
        ),
        said(
            "AWS::IAM::ManagedPolicy",
            "arn:aws:iam::1:policy/own",
            json!({"Roles": ["web"]}),
        ),
    ];
    assert!(found(&port, &stack).is_empty());
    assert_eq!(
        found(&port, &stack[..1]),
        [
            "web /Policies[PolicyName=b]",
            "web /Policies[PolicyName=c]",
            r#"web /ManagedPolicyArns[="arn:aws:iam::1:policy/own"]"#
        ]
    );
}

#[test]
fn a_policy_of_one_kind_of_holder_is_none_of_another() {
    let port = MemoryAttachments::new();
    port.add_inline_policy(Holder::User("web".to_owned()), "b");
    port.attach_policy(Holder::Group("web".to_owned()), READ);
    let stack = |users: &str, groups: &str| {
        [
            Declared {
                logical_id: "U".to_owned(),
                ..said("AWS::IAM::User", "web", json!({}))
            },
            Declared {
                logical_id: "G".to_owned(),
                ..said("AWS::IAM::Group", "web", json!({}))
            },
            said(
                "AWS::IAM::Policy",
                "p",
                json!({"PolicyName": "b", users: ["web"]}),
            ),
            said("AWS::IAM::ManagedPolicy", READ, json!({groups: ["web"]})),
        ]
    };
    assert!(found(&port, &stack("Users", "Groups")).is_empty());
    assert_eq!(found(&port, &stack("Groups", "Users")).len(), 2);
    let alone = [
        said("AWS::IAM::User", "web", json!({})),
        said(
            "AWS::IAM::UserPolicy",
            "x",
            json!({"PolicyName": "b", "UserName": "web"}),
        ),
    ];
    assert!(found(&port, &alone).is_empty());
}

#[test]
fn a_name_in_another_case_is_the_same_holder() {
    let policy = said(
        "AWS::IAM::Policy",
        "p",
        json!({"PolicyName": "b", "Roles": ["WEB"]}),
    );
    assert!(found(&with(&["b"], &[]), &[holder(json!({})), policy]).is_empty());
}

#[test]
fn what_is_said_of_a_policy_s_document_does_not_matter_here() {
    let inline = holder(json!({"Policies": [{"PolicyName": "a", "PolicyDocument": {"x": 1}}]}));
    assert!(found(&with(&["a"], &[]), &[inline]).is_empty());
}

#[test]
fn a_policy_that_cannot_be_read_makes_potential_what_it_may_stand_for() {
    let port = with(&["a"], &[READ, ADMIN]);
    let inline = "web /Policies[PolicyName=a]";
    let (read, admin) = (
        format!("web /ManagedPolicyArns[={READ:?}]"),
        format!("web /ManagedPolicyArns[={ADMIN:?}]"),
    );
    // The physical id of an inline policy is not its name.
    let some = unsaid("AWS::IAM::Policy", "a");
    assert_eq!(
        found(&port, &[holder(json!({})), some]),
        [format!("{inline} ?"), read.clone(), admin.clone()]
    );
    // That of a managed policy is its ARN; whom it is attached to is not known.
    let managed = unsaid("AWS::IAM::ManagedPolicy", READ);
    assert_eq!(
        found(&port, &[holder(json!({})), managed]),
        [inline.to_owned(), format!("{read} ?"), admin.clone()]
    );
    // That of a role's policy names both.
    let alone = unsaid("AWS::IAM::RolePolicy", "a|web");
    assert_eq!(
        found(&port, &[holder(json!({})), alone]),
        [read.clone(), admin.clone()]
    );
    let unresolved = said(
        "AWS::IAM::Policy",
        "p",
        json!({"PolicyName": "a", "Roles": {"Ref": "R"}}),
    );
    assert_eq!(
        found(&port, &[holder(json!({})), unresolved]),
        [format!("{inline} ?"), read.clone(), admin.clone()]
    );
    let unread = unsaid("AWS::IAM::Role", "web");
    assert_eq!(
        found(&port, &[unread]),
        [
            format!("{inline} ?"),
            format!("{read} ?"),
            format!("{admin} ?")
        ]
    );
    let nameless = unsaid("AWS::IAM::GroupPolicy", "stack-x");
    assert_eq!(
        found(&port, &[holder(json!({})), nameless]),
        [inline.to_owned(), read, admin]
    );
}

#[test]
fn an_arn_that_was_not_resolved_stands_for_one_policy() {
    let resolved_late = holder(json!({"ManagedPolicyArns": ["{{resolve:ssm:/policy}}"]}));
    assert!(found(&with(&[], &[READ]), &[resolved_late]).is_empty());
    let unresolved = holder(json!({"ManagedPolicyArns": [{"Ref": "P"}]}));
    assert!(found(&with(&[], &[READ]), std::slice::from_ref(&unresolved)).is_empty());
    assert_eq!(
        found(&with(&[], &[READ, ADMIN]), &[unresolved]),
        [
            format!("web /ManagedPolicyArns[={READ:?}] ?"),
            format!("web /ManagedPolicyArns[={ADMIN:?}] ?")
        ]
    );
}

#[test]
fn only_policies_of_aws_s_own_path_are_aws_s_own() {
    let own = "arn:aws-cn:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy";
    assert!(found(&with(&[], &[own]), &[holder(json!({}))]).is_empty());
    for arn in [
        "arn:aws:iam::111122223333:policy/aws-service-role/x",
        "arn:aws:iam::aws:policy/service-role/AWSLambdaRole",
        ADMIN,
    ] {
        assert_eq!(
            found(&with(&[], &[arn]), &[holder(json!({}))]).len(),
            1,
            "{arn}"
        );
    }
}
