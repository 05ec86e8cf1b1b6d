//! Roles of other accounts.

use domain::ports::{PortErrorKind::Denied, Role};
use serde_json::json;

use super::account::{Account, Side, queue};

const THERE: &str = "222222222222";
const ROLE: &str = "arn:aws:iam::222222222222:role/plumbline-read";

/// What the role asks for; it stands in no error.
const RIGHT: &str = "right-4b1c9d";

/// The emulator looks at trust only where it enforces rights.
pub(super) async fn a_role_is_assumed_with_its_external_id_and_with_no_other(account: &Account) {
    let there = account.aws.account(THERE);
    match &account.side {
        Side::Sandbox { sandbox, .. } => sandbox.trust(ROLE, Some(RIGHT)),
        Side::Emulator(_) => {
            let condition = json!({"StringEquals": {"sts:ExternalId": RIGHT}});
            let trust = json!({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sts:AssumeRole",
                "Condition": condition}]})
            .to_string();
            let named = ("RoleName", "plumbline-read");
            let create = [named, ("AssumeRolePolicyDocument", trust.as_str())];
            there.query("iam", "CreateRole", &create).good();
            let may = "arn:aws:iam::aws:policy/ReadOnlyAccess";
            there
                .query("iam", "AttachRolePolicy", &[named, ("PolicyArn", may)])
                .good();
        }
    }
    there.create_stack("there", &json!({"Resources": {"Queue": queue("there")}}));
    // One connection for all: the credentials of one external id must not serve another.
    let connection = account.connection("test").await;
    let list = async |arn: &str, external_id: Option<&str>| {
        let role = Role {
            arn: arn.to_owned(),
            external_id: external_id.map(str::to_owned),
        };
        let port = cloudformation::stacks(&connection, None, Some(&role)).await?;
        port.list().await
    };
    let stacks = list(ROLE, Some(RIGHT)).await.unwrap();
    assert_eq!((stacks.len(), stacks[0].id.account()), (1, THERE));
    for external_id in [Some("wrong-77aa21"), None] {
        let error = list(ROLE, external_id).await.unwrap_err();
        assert_eq!(error.kind, Denied, "{external_id:?}: {error}");
        let text = error.to_string();
        assert!(text.contains("sts:AssumeRole"), "{text}");
        assert!(
            !text.contains(RIGHT) && !text.contains("wrong-77aa21"),
            "{text}"
        );
    }
    let nobody = "arn:aws:iam::222222222222:role/nobody";
    let error = list(nobody, Some(RIGHT)).await.unwrap_err();
    assert_eq!(error.kind, Denied, "AWS does not say that it is not there");
    assert_eq!(list(ROLE, Some(RIGHT)).await.unwrap().len(), 1);
}
