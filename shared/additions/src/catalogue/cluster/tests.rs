use super::*;
use crate::harness::{found, said, unsaid};
use crate::testing::MemoryAttachments;

#[test]
fn a_node_group_is_told_by_its_physical_id_or_by_what_its_stack_says() {
    let port = MemoryAttachments::new();
    port.add_node_group("prod", "workers-1ABC");
    let cluster = said("AWS::EKS::Cluster", "prod", json!({}));
    let line = "prod /Nodegroups[NodegroupName=workers-1ABC]";
    assert_eq!(found(&port, std::slice::from_ref(&cluster)), [line]);
    let group =
        |id: &str, expected: Value| [cluster.clone(), said("AWS::EKS::Nodegroup", id, expected)];
    // The name need not stand in the template.
    assert!(
        found(
            &port,
            &group("prod/workers-1ABC", json!({"ClusterName": "prod"}))
        )
        .is_empty()
    );
    let named = json!({"ClusterName": "prod", "NodegroupName": "workers-1ABC"});
    assert!(found(&port, &group("old", named)).is_empty());
    let unread = [
        cluster.clone(),
        unsaid("AWS::EKS::Nodegroup", "prod/workers-1ABC"),
    ];
    assert!(found(&port, &unread).is_empty());
    assert_eq!(found(&port, &group("test/workers-1ABC", json!({}))), [line]);
    assert_eq!(found(&port, &group("prod/other", json!({}))), [line]);
    let nameless = json!({"ClusterName": "prod"});
    assert_eq!(found(&port, &group("old", nameless)), [format!("{line} ?")]);
    assert_eq!(
        found(&port, &group("old", json!({"ClusterName": "test"}))),
        [line]
    );
}
