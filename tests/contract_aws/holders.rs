//! Policies of roles, users and groups.

use domain::ports::{Holder, PortErrorKind::NotFound};
use plumbline_tests::aws::Aws;
use serde_json::{Value, json};

use super::account::{Account, Side};
use super::hanging::{Hand, document, resource};

const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

fn trust() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                   "Principal": {"Service": "lambda.amazonaws.com"}}]})
}

/// Inline policies and attached ones, each in order.
async fn held(account: &Account, holder: &Holder) -> (Vec<String>, Vec<String>) {
    let port = account.hanging().await;
    let mut inline = port.inline_policies(holder).await.unwrap();
    let mut attached = port.attached_policies(holder).await.unwrap();
    inline.sort();
    attached.sort();
    (inline, attached)
}

fn are(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub(super) async fn a_roles_policies_are_told_whoever_made_them(account: &Account) {
    let inline = json!([{"PolicyName": "inline", "PolicyDocument": document()}]);
    let role = json!({"AssumeRolePolicyDocument": trust(), "Policies": inline, "ManagedPolicyArns": [READ_ONLY]});
    let rights =
        json!({"PolicyName": "rights", "Roles": [{"Ref": "Role"}], "PolicyDocument": document()});
    let bare = json!({"AssumeRolePolicyDocument": trust()});
    account.create(
        "app",
        &[
            ("Role", resource("AWS::IAM::Role", role)),
            ("Rights", resource("AWS::IAM::Policy", rights)),
            ("Bare", resource("AWS::IAM::Role", bare)),
        ],
    );
    let (role, bare) = (
        Holder::Role(account.id("app", "Role").await),
        Holder::Role(account.id("app", "Bare").await),
    );
    let declared = (are(&["inline", "rights"]), are(&[READ_ONLY]));
    assert_eq!(held(account, &role).await, declared);
    assert_eq!(held(account, &bare).await, (vec![], vec![]));
    account
        .hang("app", "Role", Hand::Managed(ADMINISTRATOR))
        .await;
    account.hang("app", "Role", Hand::Inline("by-hand")).await;
    let all = (
        are(&["by-hand", "inline", "rights"]),
        are(&[ADMINISTRATOR, READ_ONLY]),
    );
    assert_eq!(held(account, &role).await, all);
}

pub(super) async fn a_users_policies_are_told_whoever_made_them(account: &Account) {
    account.create("app", &[("User", resource("AWS::IAM::User", json!({})))]);
    let user = Holder::User(account.id("app", "User").await);
    assert_eq!(held(account, &user).await, (vec![], vec![]));
    account.hang("app", "User", Hand::Inline("by-hand")).await;
    account.hang("app", "User", Hand::Managed(READ_ONLY)).await;
    let by_hand = (are(&["by-hand"]), are(&[READ_ONLY]));
    assert_eq!(held(account, &user).await, by_hand);
}

/// The emulator has groups, but its CloudFormation does not know `AWS::IAM::Group`.
pub(super) async fn a_groups_policies_are_told_whoever_made_them(account: &Account) {
    let group = Holder::Group("ops".to_owned());
    match &account.side {
        Side::Sandbox { .. } => {
            let named = json!({"GroupName": "ops"});
            account.create("app", &[("Group", resource("AWS::IAM::Group", named))]);
        }
        Side::Emulator(_) => on_group(&account.aws, "CreateGroup", &[]),
    }
    assert_eq!(held(account, &group).await, (vec![], vec![]));
    match &account.side {
        Side::Sandbox { .. } => {
            account.hang("app", "Group", Hand::Inline("by-hand")).await;
            account.hang("app", "Group", Hand::Managed(READ_ONLY)).await;
        }
        Side::Emulator(_) => {
            let document = document().to_string();
            let inline = [("PolicyName", "by-hand"), ("PolicyDocument", &document)];
            on_group(&account.aws, "PutGroupPolicy", &inline);
            let attached = [("PolicyArn", READ_ONLY)];
            on_group(&account.aws, "AttachGroupPolicy", &attached);
        }
    }
    let by_hand = (are(&["by-hand"]), are(&[READ_ONLY]));
    assert_eq!(held(account, &group).await, by_hand);
}

fn on_group(aws: &Aws, action: &str, more: &[(&str, &str)]) {
    let parameters = [&[("GroupName", "ops")], more].concat();
    aws.query("iam", action, &parameters).good();
}

pub(super) async fn a_holder_that_is_not_there_is_not_found(account: &Account) {
    let port = account.hanging().await;
    for holder in [Holder::Role, Holder::User, Holder::Group] {
        let holder = holder("nobody".to_owned());
        for error in [
            port.inline_policies(&holder).await.unwrap_err(),
            port.attached_policies(&holder).await.unwrap_err(),
        ] {
            assert_eq!(error.kind, NotFound, "{holder:?}: {error}");
            assert!(error.to_string().contains("nobody"), "{error}");
        }
    }
}
