//! The whole way of an undeclared addition: a detection, what the stack says, what hangs there, and what is left.

use additions::index::Others;
use additions::{Seen, template};
use domain::look::{Observed, Verdict};
use domain::stack::{Declared, StackId, collect};
use domain::testing::ManualClock;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::account::{Account, REGION, Side};
use super::hanging::{Hand, document, resource};

/// What a look saw of one stack.
struct Looked {
    resources: Vec<Observed>,
    declared: Vec<Declared>,
}

impl Account {
    /// A look at a stack as `stack-drift` takes it, up to where what hangs on its resources is read.
    async fn look(&self, stack: &str) -> Looked {
        let (started, _) = self.detect(stack).await;
        let detection = self.stacks.detection(&started.id).await.unwrap();
        let id: StackId = self.stacks.describe(stack).await.unwrap().id;
        let clock = ManualClock::at(Timestamp::now());
        let asked = (&detection, additions::concerns as _);
        let collected = collect(&*self.stacks, &clock, &id, asked).await.unwrap();
        let (mut resources, mut declared) = (collected.resources, collected.declared);
        if template::needs_template(&declared) {
            let text = self.stacks.template(id.reference()).await.unwrap();
            template::fill(&mut declared, &text, &id);
        }
        if matches!(self.side, Side::Emulator(_)) {
            resources.iter_mut().for_each(as_compared);
        }
        Looked {
            resources,
            declared,
        }
    }

    /// The paths of what hangs on a stack's resources and neither it nor the others declare.
    async fn undeclared(&self, stack: &str, others: &[&str]) -> Vec<String> {
        let mut known = Others::default();
        for other in others {
            let looked = self.look(other).await;
            known.declare(REGION, additions::declared(&looked.declared));
        }
        let Looked {
            mut resources,
            declared,
        } = self.look(stack).await;
        let parents = additions::parents(&declared);
        assert!(!parents.is_empty(), "nothing could hang on {stack}");
        let port = self.hanging().await;
        let live = additions::live(&*port, &parents, &additions::declared(&declared)).await;
        for (parent, read) in &live {
            assert!(read.is_ok(), "{parent:?}: {read:?}");
        }
        let seen = Seen {
            declared: &declared,
            live: &live,
            others: &known,
        };
        additions::complete(&mut resources, &seen);
        resources.iter().flat_map(paths).collect()
    }

    /// Asserts that a stack shows nothing until something is done by hand, and then that alone.
    async fn shows_alone(&self, stack: &str, (on, hand): (&str, Hand<'_>), path: &str) {
        assert_eq!(self.undeclared(stack, &[]).await, [""; 0], "before");
        self.hang(stack, on, hand).await;
        assert_eq!(self.undeclared(stack, &[]).await, [format!("{on} {path}")]);
    }
}

/// The emulator compares fewer types than CloudFormation, which lists all of these as types with drift support.
fn as_compared(observed: &mut Observed) {
    const COMPARED: [&str; 5] = [
        "AWS::EC2::RouteTable",
        "AWS::EC2::SecurityGroup",
        "AWS::EKS::Cluster",
        "AWS::IAM::User",
        "AWS::KMS::Key",
    ];
    let is_compared = COMPARED.contains(&observed.resource.kind.as_str());
    if is_compared && matches!(observed.verdict, Verdict::Uncovered(_)) {
        observed.verdict = Verdict::InSync;
    }
}

fn paths(observed: &Observed) -> Vec<String> {
    let name = &observed.resource.name;
    match &observed.verdict {
        Verdict::Modified(modified) => {
            assert!(modified.unread.is_none(), "{name}: {:?}", modified.unread);
            let said = modified.differences.iter().map(|it| {
                let doubt = if it.potential { " (potential)" } else { "" };
                format!("{name} {}{doubt}", it.path)
            });
            said.collect()
        }
        Verdict::InSync | Verdict::Uncovered(_) => Vec::new(),
        other => vec![format!("{name} is {other:?}")],
    }
}

const SSH: &str =
    r#"/SecurityGroupIngress[IpProtocol=tcp,FromPort=22,ToPort=22,CidrIp="0.0.0.0/0"]"#;

fn standalone(group: &Value, port: u16) -> Value {
    let properties = json!({"GroupId": group, "IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/8"});
    resource("AWS::EC2::SecurityGroupIngress", properties)
}

/// The emulator's CloudFormation does not know `AWS::EC2::SecurityGroupIngress`: there the rules stand in the group.
pub(super) async fn a_port_opened_by_hand_beside_declared_rules_is_the_one_addition(
    account: &Account,
) {
    let mut group = json!({"GroupDescription": "contract"});
    let mut resources = Vec::new();
    match &account.side {
        Side::Sandbox { .. } => {
            let own = json!({"Fn::GetAtt": ["Group", "GroupId"]});
            resources.push(("Https", standalone(&own, 443)));
        }
        Side::Emulator(_) => {
            group["SecurityGroupIngress"] = json!([{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}]);
        }
    }
    resources.push(("Group", resource("AWS::EC2::SecurityGroup", group)));
    account.create("net", &resources);
    let hand = Hand::Port(22, "0.0.0.0/0");
    account.shows_alone("net", ("Group", hand), SSH).await;
}

pub(super) async fn a_port_that_another_watched_stack_opens_is_no_addition(account: &Account) {
    let group = json!({"GroupDescription": "contract"});
    let own = json!({"Fn::GetAtt": ["Group", "GroupId"]});
    account.create(
        "net",
        &[
            ("Group", resource("AWS::EC2::SecurityGroup", group)),
            ("Https", standalone(&own, 443)),
        ],
    );
    let id = json!(account.id("net", "Group").await);
    account.create("app", &[("Admin", standalone(&id, 8443))]);
    assert_eq!(account.undeclared("net", &["app"]).await, [""; 0]);
    account
        .hang("net", "Group", Hand::Port(22, "0.0.0.0/0"))
        .await;
    assert_eq!(
        account.undeclared("net", &["app"]).await,
        [format!("Group {SSH}")]
    );
    // Nobody watches the other stack, and so nobody says that its rule is meant.
    assert_eq!(account.undeclared("net", &[]).await.len(), 2);
}

/// Of `AWS::IAM::Policy` CloudFormation tells no expected properties: what it declares stands in the template alone.
pub(super) async fn a_policy_attached_by_hand_beside_a_policy_resource_is_the_one_addition(
    account: &Account,
) {
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                               "Principal": {"Service": "lambda.amazonaws.com"}}]});
    let role = json!({"RoleName": "contract-app", "AssumeRolePolicyDocument": trust});
    let rights =
        json!({"PolicyName": "rights", "Roles": [{"Ref": "Role"}], "PolicyDocument": document()});
    account.create(
        "app",
        &[
            ("Role", resource("AWS::IAM::Role", role)),
            ("Rights", resource("AWS::IAM::Policy", rights)),
        ],
    );
    let hand = Hand::Managed("arn:aws:iam::aws:policy/AdministratorAccess");
    let path = r#"/ManagedPolicyArns[="arn:aws:iam::aws:policy/AdministratorAccess"]"#;
    account.shows_alone("app", ("Role", hand), path).await;
    account.hang("app", "Role", Hand::Inline("by-hand")).await;
    let mut both = account.undeclared("app", &[]).await;
    both.sort();
    assert_eq!(
        both,
        [
            format!("Role {path}"),
            "Role /Policies[PolicyName=by-hand]".to_owned()
        ]
    );
}

pub(super) async fn a_policy_put_on_a_bucket_by_hand_is_the_one_addition(account: &Account) {
    let bucket = |name: &str| resource("AWS::S3::Bucket", json!({"BucketName": name}));
    let policy = |name: &str| {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*",
                                                       "Resource": format!("arn:aws:s3:::{name}/*")}]})
    };
    let declared =
        json!({"Bucket": {"Ref": "Closed"}, "PolicyDocument": policy("contract-closed")});
    account.create(
        "store",
        &[
            ("Closed", bucket("contract-closed")),
            ("Policy", resource("AWS::S3::BucketPolicy", declared)),
            ("Bare", bucket("contract-bare")),
        ],
    );
    let policy = policy("contract-bare");
    let hand = Hand::BucketPolicy(&policy);
    account
        .shows_alone("store", ("Bare", hand), "/BucketPolicy")
        .await;
}

pub(super) async fn a_route_made_by_hand_is_the_one_addition(account: &Account) {
    let route = json!({"RouteTableId": {"Ref": "Table"}, "DestinationCidrBlock": "192.0.2.0/24", "GatewayId": account.gateway()});
    let mut route = resource("AWS::EC2::Route", route);
    route["DependsOn"] = "Gate".into();
    let table = resource("AWS::EC2::RouteTable", json!({"VpcId": {"Ref": "Vpc"}}));
    account.network("net", &[("Table", table), ("Route", route)]);
    let gateway = account.gateway_id("net").await;
    let hand = Hand::Route("0.0.0.0/0", &gateway);
    let path = r#"/Routes[DestinationCidrBlock="0.0.0.0/0"]"#;
    account.shows_alone("net", ("Table", hand), path).await;
}

pub(super) async fn a_grant_made_by_hand_is_the_one_addition(account: &Account) {
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*",
                                                                "Principal": {"AWS": "arn:aws:iam::000000000000:root"}}]});
    let key = resource("AWS::KMS::Key", json!({"KeyPolicy": policy}));
    account.create("store", &[("Key", key)]);
    assert_eq!(account.undeclared("store", &[]).await, [""; 0], "before");
    let hand = Hand::Grant("arn:aws:iam::000000000000:role/partner");
    account.hang("store", "Key", hand).await;
    let key = account.id("store", "Key").await;
    let grants = account.hanging().await.grants(&key).await.unwrap();
    let path = format!("Key /Grants[GrantId={}]", grants[0].id);
    assert_eq!(account.undeclared("store", &[]).await, [path]);
}

pub(super) async fn a_node_group_made_by_hand_is_the_one_addition(account: &Account) {
    let cluster = account.cluster("prod", Some("general"));
    account.network("cluster", &cluster);
    let hand = Hand::NodeGroup("by-hand");
    let path = "/Nodegroups[NodegroupName=by-hand]";
    account
        .shows_alone("cluster", ("Cluster", hand), path)
        .await;
}
