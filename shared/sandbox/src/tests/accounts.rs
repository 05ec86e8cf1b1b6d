//! Many accounts and regions: roles, limits, faults and the log.

use serde_json::json;

use super::client::Client;
use super::{PLACE, start};
use crate::{Effect, Fault, NewResource, NewStack, Rate};

const ROLE: &str = "arn:aws:iam::222222222222:role/plumbline-read";

fn assume(client: &Client, role: &str, external_id: Option<&str>) -> super::client::Answer {
    let mut parameters = vec![("RoleArn", role), ("RoleSessionName", "plumbline")];
    parameters.extend(external_id.map(|id| ("ExternalId", id)));
    client.query("sts", "AssumeRole", &parameters).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_is_assumed_only_with_its_external_id() {
    let (sandbox, client, _) = start().await;
    assert_eq!(
        assume(&client, ROLE, None).status,
        200,
        "before any role is named, all are there"
    );
    sandbox.trust(ROLE, Some("x-1"));
    for (role, id) in [
        (ROLE, None),
        (ROLE, Some("x-2")),
        ("arn:aws:iam::333333333333:role/plumbline-read", Some("x-1")),
    ] {
        let (status, code, message) = assume(&client, role, id).refusal();
        assert_eq!(
            (status, code.as_str()),
            (403, "AccessDenied"),
            "{role} {id:?}"
        );
        let expected = format!(
            "User: arn:aws:iam::{PLACE}:user/sandbox is not authorized to perform: sts:AssumeRole on resource: {role}"
        );
        assert_eq!(message, expected);
    }
    let session = assume(&client, ROLE, Some("x-1")).good();
    let key = session.text("AccessKeyId").unwrap();
    let there = client.with(&key, "eu-west-1");
    let identity = there.query("sts", "GetCallerIdentity", &[]).unwrap().good();
    assert_eq!(identity.text("Account").unwrap(), "222222222222");
    sandbox.trust("arn:aws:iam::444444444444:role/open", None);
    let open = assume(&client, "arn:aws:iam::444444444444:role/open", Some("any"));
    assert_eq!(open.status, 200);
    sandbox.distrust(ROLE);
    assert_eq!(assume(&client, ROLE, Some("x-1")).status, 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_service_has_its_own_limit_in_every_account_and_region() {
    let (sandbox, client, watch) = start().await;
    let rate = Rate {
        per_second: 1.0,
        burst: 1,
    };
    for service in ["ec2", "iam", "s3", "kms", "eks"] {
        sandbox.limit(&format!("{service}:*"), Some(rate));
    }
    let north = client.with(PLACE, "eu-north-1");
    let ask = |client: &Client, service: &str| match service {
        "ec2" | "iam" => {
            let action = if service == "ec2" {
                "DescribeRouteTables"
            } else {
                "ListRolePolicies"
            };
            client.query(service, action, &[("RoleName", "x")]).unwrap()
        }
        "s3" => client.get("s3", "/x?policy"),
        "kms" => client.kms("ListGrants", &json!({"KeyId": "x"})),
        _ => client.get("eks", "/clusters/x/node-groups"),
    };
    for (service, status, code) in [
        ("ec2", 503, "RequestLimitExceeded"),
        ("iam", 400, "Throttling"),
        ("s3", 503, "SlowDown"),
        ("kms", 400, "ThrottlingException"),
        ("eks", 429, "TooManyRequestsException"),
    ] {
        let is_limited = |client: &Client| {
            let answer = ask(client, service);
            let told = answer.text("Code").unwrap_or_else(|| answer.error.clone());
            (answer.status, told.as_str()) == (status, code)
        };
        assert!(!is_limited(&client), "{service}");
        assert!(is_limited(&client), "{service}");
        assert_eq!(is_limited(&north), service == "iam", "{service}");
        assert!(
            !is_limited(&client.with("222222222222", "eu-west-1")),
            "{service}"
        );
        watch.pass(1000);
        assert!(!is_limited(&client), "{service}");
    }
    let lookup = |client: &Client| client.lookup(&json!({})).status;
    let two = |client: &Client| [lookup(client), lookup(client), lookup(client)];
    assert_eq!(two(&client), [200, 200, 400]);
    assert_eq!(two(&north), [200, 200, 400], "two a second in every region");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_reach_every_service_as_it_refuses() {
    let (sandbox, client, _) = start().await;
    let rows = vec![
        NewResource::new("Role", "AWS::IAM::Role", json!({"RoleName": "app"})),
        NewResource::new("Other", "AWS::IAM::Role", json!({"RoleName": "other"})),
    ];
    sandbox.create_stack(NewStack::new("roles", rows)).unwrap();
    let faults = sandbox.faults();
    faults.add(Fault::on("ec2:DescribeSecurityGroupRules", Effect::Deny));
    faults.add(Fault::on("iam:*", Effect::Deny).resource("app"));
    faults.add(Fault::on("s3:GetBucketPolicy", Effect::Deny));
    faults.add(Fault::on("kms:GetKeyPolicy", Effect::Deny));
    faults.add(Fault::on("eks:ListNodegroups", Effect::Deny));
    let group = client
        .query("ec2", "DescribeSecurityGroupRules", &[])
        .unwrap();
    assert_eq!(
        (group.refusal().0, group.refusal().1.as_str()),
        (403, "UnauthorizedOperation")
    );
    let role = |name: &str| {
        client
            .query("iam", "ListRolePolicies", &[("RoleName", name)])
            .unwrap()
    };
    assert_eq!(role("app").refusal().1, "AccessDenied");
    assert_eq!(role("other").status, 200);
    let bucket = client.get("s3", "/data?policy");
    assert_eq!(
        (bucket.status, bucket.text("Code").unwrap().as_str()),
        (403, "AccessDenied")
    );
    let key = client.kms("GetKeyPolicy", &json!({"KeyId": "k"}));
    assert_eq!(
        (key.status, key.error.as_str()),
        (400, "AccessDeniedException")
    );
    let nodes = client.get("eks", "/clusters/prod/node-groups");
    assert_eq!(
        (nodes.status, nodes.error.as_str()),
        (403, "AccessDeniedException")
    );
    assert!(
        nodes.json()["message"]
            .as_str()
            .unwrap()
            .contains("eks:ListNodegroups")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_tells_account_region_service_and_operation_of_every_request() {
    let (sandbox, client, _) = start().await;
    let there = client.with("222222222222", "eu-north-1");
    there.query("ec2", "DescribeRouteTables", &[]).unwrap();
    there
        .query("iam", "ListAttachedUserPolicies", &[("UserName", "x")])
        .unwrap();
    there.get("s3", "/x?publicAccessBlock");
    there.kms("ListGrants", &json!({"KeyId": "x"}));
    there.get("eks", "/clusters/x/node-groups");
    let told: Vec<_> = sandbox
        .requests()
        .iter()
        .map(|request| {
            assert_eq!(
                (request.account.as_str(), request.region.as_str()),
                ("222222222222", "eu-north-1")
            );
            format!(
                "{} {} {} {}",
                request.method,
                request.service(),
                request.operation(),
                request.status
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "POST ec2 DescribeRouteTables 200",
            "POST iam ListAttachedUserPolicies 404",
            "GET s3 GetBucketPublicAccessBlock 404",
            "POST kms ListGrants 400",
            "GET eks ListNodegroups 404",
        ]
    );
}
