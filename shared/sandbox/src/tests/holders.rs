//! IAM: the policies of roles, users and groups.

use serde_json::json;

use super::client::Answer;
use super::{operator, start};
use crate::{Attachment, NewResource, NewStack};

const OPEN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// The texts of the members of a list of plain names.
fn names(answer: &Answer) -> Vec<String> {
    answer.texts("member")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_role_holds_is_inline_from_any_stack_and_by_hand_whatever_the_region() {
    let (sandbox, client, _) = start().await;
    let own = json!({"RoleName": "app", "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
                     "Policies": [{"PolicyName": "own", "PolicyDocument": {}}]});
    let role = NewResource::new("Role", "AWS::IAM::Role", own);
    sandbox
        .create_stack(NewStack::new("app", vec![role]))
        .unwrap();
    let mut other = NewStack::new(
        "other",
        vec![
            NewResource::new(
                "Shared",
                "AWS::IAM::Policy",
                json!({"PolicyName": "shared", "PolicyDocument": {}, "Roles": ["app"], "Users": ["bob"]}),
            ),
            NewResource::new(
                "One",
                "AWS::IAM::RolePolicy",
                json!({"PolicyName": "one", "RoleName": "app"}),
            ),
            NewResource::new(
                "Managed",
                "AWS::IAM::ManagedPolicy",
                json!({"ManagedPolicyName": "team", "Roles": ["app"]}),
            ),
        ],
    );
    other.place = Some((super::PLACE.to_owned(), "eu-north-1".to_owned()));
    sandbox.create_stack(other).unwrap();
    assert_eq!(sandbox.physical_id("other", "One").unwrap(), "one|app");
    sandbox
        .attach("app", "Role", Attachment::inline("hand"), operator())
        .unwrap();
    sandbox
        .attach("app", "Role", Attachment::managed(OPEN), operator())
        .unwrap();
    let client = client.with(super::PLACE, "us-east-1");
    let ask = |action: &str| {
        client
            .query("iam", action, &[("RoleName", "app")])
            .unwrap()
            .good()
    };
    let inline = ask("ListRolePolicies");
    assert!(
        inline
            .body
            .contains("xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"")
    );
    assert_eq!(names(&inline), ["hand", "one", "own", "shared"]);
    assert_eq!(inline.text("IsTruncated").unwrap(), "false");
    let attached = ask("ListAttachedRolePolicies");
    let team = "arn:aws:iam::111122223333:policy/team";
    assert_eq!(
        attached.texts("PolicyArn"),
        [team, OPEN, "arn:aws:iam::aws:policy/ReadOnlyAccess"]
    );
    assert_eq!(
        attached.texts("PolicyName"),
        ["team", "AdministratorAccess", "ReadOnlyAccess"]
    );
    let foreign = client.with("222222222222", "us-east-1");
    let foreign = foreign.query("iam", "ListRolePolicies", &[("RoleName", "app")]);
    assert_eq!(foreign.unwrap().refusal().1, "NoSuchEntity");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_and_groups_hold_policies_as_roles_do() {
    let (sandbox, client, _) = start().await;
    let policy = |kind: &str| json!({"PolicyName": "p", format!("{kind}Name"): kind.to_lowercase(), "PolicyDocument": {}});
    for kind in ["User", "Group"] {
        let rows = vec![
            NewResource::new(
                "Holder",
                &format!("AWS::IAM::{kind}"),
                json!({format!("{kind}Name"): kind.to_lowercase()}),
            ),
            NewResource::new("One", &format!("AWS::IAM::{kind}Policy"), policy(kind)),
        ];
        sandbox.create_stack(NewStack::new(kind, rows)).unwrap();
        let hand = sandbox.attach(kind, "Holder", Attachment::managed(OPEN), operator());
        assert_eq!(hand.unwrap().event_name, format!("Attach{kind}Policy"));
        let name = kind.to_lowercase();
        let key = format!("{kind}Name");
        let ask =
            |action: String, name: &str| client.query("iam", &action, &[(&key, name)]).unwrap();
        assert_eq!(
            names(&ask(format!("List{kind}Policies"), &name).good()),
            ["p"]
        );
        let attached = ask(format!("ListAttached{kind}Policies"), &name).good();
        assert_eq!(attached.texts("PolicyArn"), [OPEN]);
        let message = format!("The {name} with name nobody cannot be found.");
        assert_eq!(
            ask(format!("ListAttached{kind}Policies"), "nobody").refusal(),
            (404, "NoSuchEntity".to_owned(), message)
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policies_are_paged_by_markers() {
    let (sandbox, client, _) = start().await;
    let role = NewResource::new("Role", "AWS::IAM::Role", json!({"RoleName": "app"}));
    sandbox
        .create_stack(NewStack::new("app", vec![role]))
        .unwrap();
    for index in 0..5 {
        let policy = Attachment::inline(&format!("p{index}"));
        sandbox.attach("app", "Role", policy, operator()).unwrap();
    }
    let (mut marker, mut seen) = (String::new(), Vec::new());
    for (size, truncated) in [(2, "true"), (2, "true"), (1, "false")] {
        let parameters = [("RoleName", "app"), ("MaxItems", "2"), ("Marker", &marker)];
        let page = client
            .query("iam", "ListRolePolicies", &parameters)
            .unwrap()
            .good();
        assert_eq!(names(&page).len(), size);
        assert_eq!(page.text("IsTruncated").unwrap(), truncated);
        seen.extend(names(&page));
        marker = page.text("Marker").unwrap_or_default();
    }
    assert_eq!((seen.len(), marker.as_str()), (5, ""));
    for bad in [("MaxItems", "0"), ("MaxItems", "1001"), ("Marker", "x")] {
        let answer = client.query("iam", "ListRolePolicies", &[("RoleName", "app"), bad]);
        assert_eq!(answer.unwrap().refusal().1, "ValidationError", "{bad:?}");
    }
    let nameless = client
        .query("iam", "ListRolePolicies", &[])
        .unwrap()
        .refusal();
    assert!(nameless.2.contains("roleName"), "{}", nameless.2);
    let other = client.query("iam", "ListRoles", &[]).unwrap().refusal();
    assert_eq!(other.1, "InvalidAction");
}
