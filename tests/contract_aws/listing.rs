//! Stacks in lists and alone.

use domain::ports::PortErrorKind::NotFound;
use serde_json::json;

use super::account::{ACCOUNT, Account, REGION};

pub(super) async fn stacks_are_listed_unless_they_are_deleted(account: &Account) {
    let (kept, gone) = (account.queue("kept"), account.queue("gone"));
    account.aws.delete_stack(&gone);
    let list = account.stacks.list().await.unwrap();
    assert_eq!(list.len(), 1);
    let stack = &list[0];
    assert_eq!(stack.id.as_str(), kept);
    let place = (stack.id.account(), stack.id.region(), stack.id.name());
    assert_eq!(place, (ACCOUNT, REGION, "kept"));
    assert_eq!(stack.status, "CREATE_COMPLETE");
    assert_eq!((&stack.root, stack.drift_checked_at), (&None, None));
}

pub(super) async fn a_list_of_more_than_a_page_is_whole(account: &Account) {
    for index in 0..101 {
        account.create(
            &format!("stack-{index}"),
            &[(
                "Handle",
                json!({"Type": "AWS::CloudFormation::WaitConditionHandle"}),
            )],
        );
    }
    let list = account.stacks.list().await.unwrap();
    let mut names: Vec<_> = list.iter().map(|stack| stack.id.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 101);
}

pub(super) async fn a_stack_is_described_by_name_and_by_id(account: &Account) {
    let id = account.queue("orders");
    for name in ["orders", &id] {
        let stack = account.stacks.describe(name).await.unwrap();
        assert_eq!(stack.id.as_str(), id);
        assert_eq!(stack.status, "CREATE_COMPLETE");
    }
    let template = json!({"Resources": {"Queue": super::account::queue("orders"),
                                        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}});
    account.aws.update_stack("orders", &template);
    let stack = account.stacks.describe(&id).await.unwrap();
    assert_eq!(stack.status, "UPDATE_COMPLETE");
    assert_eq!(
        account.stacks.describe("nothing").await.unwrap_err().kind,
        NotFound
    );
}

pub(super) async fn a_stack_is_described_by_id_after_its_deletion(account: &Account) {
    let id = account.queue("orders");
    account.aws.delete_stack("orders");
    assert_eq!(
        account.stacks.describe("orders").await.unwrap_err().kind,
        NotFound
    );
    let stack = account.stacks.describe(&id).await.unwrap();
    assert_eq!(stack.status, "DELETE_COMPLETE");
}

pub(super) async fn accounts_and_regions_share_nothing(account: &Account) {
    account.queue("orders");
    let elsewhere = account.connection("222222222222").await;
    let same = account.connection("test").await;
    for (connection, region, stacks) in [
        (&elsewhere, REGION, 0),
        (&same, "eu-west-1", 0),
        (&same, REGION, 1),
    ] {
        let port = cloudformation::stacks(connection, Some(region), None)
            .await
            .unwrap();
        assert_eq!(port.list().await.unwrap().len(), stacks, "{region}");
    }
    account.aws.account("222222222222").create_stack(
        "orders",
        &json!({"Resources": {"Queue": super::account::queue("orders")}}),
    );
    let port = cloudformation::stacks(&elsewhere, None, None)
        .await
        .unwrap();
    assert_eq!(port.list().await.unwrap()[0].id.account(), "222222222222");
}

pub(super) async fn the_callers_account_is_told(account: &Account) {
    for (key, number) in [("test", ACCOUNT), ("222222222222", "222222222222")] {
        let connection = account.connection(key).await;
        assert_eq!(connection.account(None).await.unwrap(), number);
    }
}
