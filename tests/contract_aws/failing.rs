//! Answers that are none, over each protocol that tells of what hangs on resources: an error of the right kind that
//! names call and place and quotes nothing, never a short list.

use std::sync::Arc;
use std::time::Duration;

use attachments::AwsEvidence;
use aws::Options;
use domain::ports::PortErrorKind::{self, Invalid, Unavailable};
use domain::ports::{Attachments, Evidence, Holder, PortError, Trail};
use jiff::{Timestamp, ToSpan as _};
use plumbline_tests::proxy::{Fault, Proxy, Rule};
use serde_json::json;

use super::account::{Account, REGION, connect_with};
use super::hanging::{Hand, document, resource};

/// Stands in the values of every answer that has any, and must stand in no error.
const MARKER: &str = "hunter2-5c1f";

/// One call of each kind of answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Rules,
    Routes,
    Inline,
    Attached,
    BucketPolicy,
    Block,
    KeyPolicy,
    Grants,
    Nodes,
    Trail,
}

/// The error of a service that gives no answer, and of an answer that makes no sense, with the requests that it takes.
const DOWN: (PortErrorKind, usize) = (Unavailable, 2);
const SENSELESS: (PortErrorKind, usize) = (Invalid, 1);

const CALLS: [Call; 10] = [
    Call::Rules,
    Call::Routes,
    Call::Inline,
    Call::Attached,
    Call::BucketPolicy,
    Call::Block,
    Call::KeyPolicy,
    Call::Grants,
    Call::Nodes,
    Call::Trail,
];

impl Call {
    fn op(self) -> &'static str {
        match self {
            Self::Rules => "ec2:DescribeSecurityGroupRules",
            Self::Routes => "ec2:DescribeRouteTables",
            Self::Inline => "iam:ListRolePolicies",
            Self::Attached => "iam:ListAttachedRolePolicies",
            Self::BucketPolicy => "s3:GetBucketPolicy",
            Self::Block => "s3:GetBucketPublicAccessBlock",
            Self::KeyPolicy => "kms:GetKeyPolicy",
            Self::Grants => "kms:ListGrants",
            Self::Nodes => "eks:ListNodegroups",
            Self::Trail => "cloudtrail:LookupEvents",
        }
    }

    /// The name of the answer's list; S3's two answers and a key's policy have none.
    fn list(self) -> Option<&'static str> {
        match self {
            Self::Rules => Some("securityGroupRuleSet"),
            Self::Routes => Some("routeTableSet"),
            Self::Inline => Some("PolicyNames"),
            Self::Attached => Some("AttachedPolicies"),
            Self::BucketPolicy | Self::Block => None,
            Self::KeyPolicy => Some("Policy"),
            Self::Grants => Some("Grants"),
            Self::Nodes => Some("nodegroups"),
            Self::Trail => Some("Events"),
        }
    }

    /// A page that promises another one, by a token that stays the same.
    fn endless(self) -> Option<String> {
        let iam = |action: &str, list: &str| {
            format!(
                "<{action}Response><{action}Result><{list}/><IsTruncated>true</IsTruncated><Marker>same</Marker>\
                 </{action}Result></{action}Response>"
            )
        };
        Some(match self {
            Self::Rules => "<DescribeSecurityGroupRulesResponse><securityGroupRuleSet/><nextToken>same</nextToken>\
                            </DescribeSecurityGroupRulesResponse>"
                .to_owned(),
            Self::Routes => "<DescribeRouteTablesResponse><routeTableSet/><nextToken>same</nextToken>\
                             </DescribeRouteTablesResponse>"
                .to_owned(),
            Self::Inline => iam("ListRolePolicies", "PolicyNames"),
            Self::Attached => iam("ListAttachedRolePolicies", "AttachedPolicies"),
            Self::BucketPolicy | Self::Block | Self::KeyPolicy => return None,
            Self::Grants => json!({"Grants": [], "Truncated": true, "NextMarker": "same"}).to_string(),
            Self::Nodes => json!({"nodegroups": [], "nextToken": "same"}).to_string(),
            Self::Trail => json!({"Events": [], "NextToken": "same"}).to_string(),
        })
    }

    fn is_json(self) -> bool {
        !matches!(
            self,
            Self::Rules | Self::Routes | Self::Inline | Self::Attached | Self::Block
        )
    }
}

/// A world in which each call has something to tell, and the way to it through a proxy.
struct Behind {
    proxy: Proxy,
    hanging: Arc<dyn Attachments>,
    trail: Arc<dyn Trail>,
    group: Vec<String>,
    table: Vec<String>,
    role: Holder,
    key: String,
}

const BUCKET: &str = "contract-marked";

impl Behind {
    async fn of(account: &Account) -> Self {
        account.record();
        let statement = json!({"Sid": MARKER, "Effect": "Allow", "Action": "*", "Resource": "*",
                               "Principal": {"AWS": "arn:aws:iam::000000000000:root"}});
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                                   "Principal": {"Service": "lambda.amazonaws.com"}}]});
        let role = json!({"AssumeRolePolicyDocument": trust,
                          "Policies": [{"PolicyName": MARKER, "PolicyDocument": document()}],
                          "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]});
        let ingress = json!([{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8", "Description": MARKER}]);
        let group = json!({"GroupDescription": "contract", "SecurityGroupIngress": ingress});
        let block = json!({"BlockPublicAcls": true, "BlockPublicPolicy": true,
                           "IgnorePublicAcls": true, "RestrictPublicBuckets": true});
        let bucket = json!({"BucketName": BUCKET, "PublicAccessBlockConfiguration": block});
        let mut resources = account.cluster("prod", Some(MARKER));
        resources.extend([
            ("Group", resource("AWS::EC2::SecurityGroup", group)),
            (
                "Table",
                resource("AWS::EC2::RouteTable", json!({"VpcId": {"Ref": "Vpc"}})),
            ),
            ("Role", resource("AWS::IAM::Role", role)),
            ("Bucket", resource("AWS::S3::Bucket", bucket)),
            (
                "Key",
                resource("AWS::KMS::Key", json!({"KeyPolicy": policy})),
            ),
        ]);
        account.network("world", &resources);
        let grantee = format!("arn:aws:iam::000000000000:role/{MARKER}");
        let hand = Hand::Grant(&grantee);
        account.hang("world", "Key", hand).await;
        // By hand, so that the trail tells of it.
        let hand = Hand::BucketPolicy(&policy);
        account.hang("world", "Bucket", hand).await;
        let proxy = Proxy::start(&account.endpoint());
        // Quick, and not more often than it takes to see that it was tried again.
        let options = Options {
            max_attempts: 2,
            initial_backoff: Duration::from_millis(1),
            max_backoff: Duration::from_millis(1),
            ..Options::default()
        };
        let evidence = AwsEvidence(Arc::new(
            connect_with(&proxy.endpoint(), "test", options).await,
        ));
        let behind = Self {
            hanging: evidence.attachments(None, None).await.unwrap(),
            trail: evidence.trail(None, None).await.unwrap(),
            proxy,
            group: vec![account.id("world", "Group").await],
            table: vec![account.id("world", "Table").await],
            role: Holder::Role(account.id("world", "Role").await),
            key: account.id("world", "Key").await,
        };
        for call in CALLS {
            let told = behind.ask(call).await;
            assert!(told.is_ok_and(|entries| entries > 0), "{call:?}");
        }
        behind
    }

    /// How many things the answer tells.
    async fn ask(&self, call: Call) -> Result<usize, PortError> {
        let hanging = &*self.hanging;
        let now = Timestamp::now();
        Ok(match call {
            Call::Rules => hanging.security_group_rules(&self.group).await?.len(),
            Call::Routes => hanging.routes(&self.table).await?.len(),
            Call::Inline => hanging.inline_policies(&self.role).await?.len(),
            Call::Attached => hanging.attached_policies(&self.role).await?.len(),
            Call::BucketPolicy => hanging.bucket_policy(BUCKET).await?.iter().count(),
            Call::Block => hanging.public_access_block(BUCKET).await?.iter().count(),
            Call::KeyPolicy => hanging.key_policy(&self.key).await.map(|_| 1)?,
            Call::Grants => hanging.grants(&self.key).await?.len(),
            Call::Nodes => hanging.node_groups("prod").await?.len(),
            Call::Trail => {
                let hour = (now - 1.hour(), now + 1.hour());
                self.trail.calls(BUCKET, hour.0, hour.1).await?.len()
            }
        })
    }

    /// Asserts that a fault makes a call an error of this kind, after so many requests: what is unavailable is asked
    /// twice here, and what makes no sense once.
    async fn fails(&self, call: Call, fault: Fault, (kind, requests): (PortErrorKind, usize)) {
        let name = fault.name();
        self.proxy.forget();
        self.proxy.set([Rule::new(fault)]);
        let error = match self.ask(call).await {
            Ok(entries) => panic!("{call:?}, {name}: {entries} entries instead of an error"),
            Err(error) => error,
        };
        self.proxy.clear();
        let text = error.to_string();
        assert_eq!(error.kind, kind, "{call:?}, {name}: {text}");
        assert_eq!(error.op, call.op(), "{name}: {text}");
        assert!(
            text.contains(REGION),
            "{call:?}, {name}: no place in `{text}`"
        );
        assert!(!text.contains(MARKER), "{call:?}, {name}: {text}");
        let made = self.proxy.requests().len();
        assert_eq!(made, requests, "requests of {call:?}, {name}");
    }
}

pub(super) async fn an_answer_that_is_cut_off_is_an_error(account: &Account) {
    let behind = Behind::of(account).await;
    for call in CALLS {
        behind.fails(call, Fault::CutMidBody, DOWN).await;
        // Whole as far as HTTP can tell.
        for part in [1, 2, 9] {
            let cut = Fault::rewrite(move |body| {
                let body = body.trim_end();
                let end = body.floor_char_boundary(body.len() * part / 10);
                body[..end].to_owned()
            });
            behind.fails(call, cut, SENSELESS).await;
        }
        let last = Fault::rewrite(|body| {
            let body = body.trim_end();
            body[..body.len() - 1].to_owned()
        });
        behind.fails(call, last, SENSELESS).await;
    }
}

pub(super) async fn an_answer_that_is_damaged_is_an_error(account: &Account) {
    let behind = Behind::of(account).await;
    for call in CALLS {
        let (mark, instead) = if call.is_json() {
            ("\":", "\";")
        } else {
            ("</", "<")
        };
        let damaged = Fault::rewrite(move |body| body.replacen(mark, instead, 1));
        behind.fails(call, damaged, SENSELESS).await;
    }
}

pub(super) async fn an_answer_without_its_list_is_an_error(account: &Account) {
    let behind = Behind::of(account).await;
    for call in CALLS {
        let Some(list) = call.list() else { continue };
        let (names, other) = if call.is_json() {
            (format!("\"{list}\":"), "\"else\":")
        } else {
            (format!("{list}>"), "else>")
        };
        let without = Fault::rewrite(move |body| body.replace(&names, other));
        behind.fails(call, without, SENSELESS).await;
    }
}

/// A page of a proxy that asks for a log-in, and the answer of another protocol, each with a status of success.
pub(super) async fn an_answer_in_another_form_is_an_error(account: &Account) {
    let behind = Behind::of(account).await;
    let page = "<!DOCTYPE html><html><body>Log in, hunter2-5c1f</body></html>";
    for call in CALLS {
        let xml = "<ListBucketResult></ListBucketResult>";
        let other = if call.is_json() { xml } else { "{}" };
        for body in [page, other, "", "[]"] {
            let answer = Fault::Answer {
                status: 200,
                body: body.to_owned(),
            };
            behind.fails(call, answer, SENSELESS).await;
        }
    }
}

pub(super) async fn a_service_that_is_down_is_an_error(account: &Account) {
    let behind = Behind::of(account).await;
    for call in CALLS {
        for fault in [
            Fault::ServerError(503),
            Fault::ServerError(500),
            Fault::Reset,
        ] {
            behind.fails(call, fault, DOWN).await;
        }
        let page = Fault::Answer {
            status: 503,
            body: format!("<html>{MARKER}</html>"),
        };
        behind.fails(call, page, DOWN).await;
    }
}

pub(super) async fn a_list_that_never_ends_is_an_error(account: &Account) {
    let behind = Behind::of(account).await;
    for call in CALLS {
        let Some(body) = call.endless() else { continue };
        behind
            .fails(call, Fault::Answer { status: 200, body }, (Invalid, 2))
            .await;
    }
}
