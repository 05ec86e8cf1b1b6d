//! Whatever is declared and however it is written.

use std::collections::BTreeSet;

use domain::difference::{DifferenceKind, RawDifference};
use domain::look::{Modified, Verdict};
use domain::ports::{GroupRule, Holder};
use domain::stack::Declared;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::harness::{all_out, found, look, role, route, said};
use crate::index::Others;
use crate::testing::MemoryAttachments;

/// A rule, by what tells it from others, in one normal form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Wanted {
    is_egress: bool,
    protocol: u8,
    ports: u8,
    peer: u8,
}

const PROTOCOLS: [[&str; 3]; 5] = [
    ["tcp", "6", "TCP"],
    ["udp", "17", "Udp"],
    ["icmp", "1", "ICMP"],
    ["-1", "all", "-1"],
    ["50", "50", "50"],
];

/// Ways to write the same ports, by the rule's own number of them: the first is how EC2 writes them.
const PORTS: [[(i64, i64); 3]; 4] = [
    [(22, 22), (22, 22), (22, 22)],
    [(443, 443), (443, 443), (443, 443)],
    [(1024, 2048), (1024, 2048), (1024, 2048)],
    [(0, 65535), (0, 65535), (-1, -1)],
];

const PEERS: [[(&str, &str); 3]; 6] = [
    [
        ("CidrIp", "0.0.0.0/0"),
        ("CidrIp", "1.2.3.4/0"),
        ("CidrIp", "0.0.0.0/0"),
    ],
    [
        ("CidrIp", "10.0.0.0/8"),
        ("CidrIp", "10.9.8.7/8"),
        ("CidrIp", "10.0.0.0/8"),
    ],
    [
        ("CidrIpv6", "::/0"),
        ("CidrIpv6", "0:0:0:0:0:0:0:0/0"),
        ("CidrIpv6", "::1/0"),
    ],
    [
        ("CidrIpv6", "2001:db8::/32"),
        ("CidrIpv6", "2001:DB8:0::/32"),
        ("CidrIpv6", "2001:db8::1/32"),
    ],
    [
        ("PrefixListId", "pl-1"),
        ("PrefixListId", "pl-1"),
        ("PrefixListId", "pl-1"),
    ],
    [
        ("SecurityGroupId", "sg-7"),
        ("SecurityGroupId", "sg-7"),
        ("SecurityGroupId", "1/sg-7"),
    ],
];

impl Wanted {
    fn has_ports(&self) -> bool {
        self.protocol < 3
    }

    fn ports(&self, way: usize) -> (i64, i64) {
        match (self.protocol, self.ports) {
            // ICMP: a type with its code, or all of them.
            (2, 3) => (-1, -1),
            (2, ports) => (i64::from(ports), -1),
            (_, ports) => PORTS[usize::from(ports)][way],
        }
    }

    fn live(&self, number: usize) -> GroupRule {
        let (from, to) = if self.has_ports() {
            self.ports(0)
        } else {
            (-1, -1)
        };
        let (name, value) = PEERS[usize::from(self.peer)][0];
        let value = Some(value.to_owned());
        let mut rule = GroupRule {
            id: format!("sgr-{number}"),
            group: "sg-1".to_owned(),
            is_egress: self.is_egress,
            protocol: PROTOCOLS[usize::from(self.protocol)][0].to_owned(),
            from_port: Some(from),
            to_port: Some(to),
            ..GroupRule::default()
        };
        match name {
            "CidrIp" => rule.cidr_ipv4 = value,
            "CidrIpv6" => rule.cidr_ipv6 = value,
            "PrefixListId" => rule.prefix_list = value,
            _ => rule.referenced_group = value,
        }
        rule
    }

    fn written(&self, way: usize) -> Map<String, Value> {
        let mut fields = Map::new();
        fields.insert(
            "IpProtocol".to_owned(),
            PROTOCOLS[usize::from(self.protocol)][way].into(),
        );
        if self.has_ports() || way == 1 {
            let (from, to) = self.ports(way);
            let number = |it: i64| {
                if way == 1 {
                    it.to_string().into()
                } else {
                    Value::from(it)
                }
            };
            fields.insert("FromPort".to_owned(), number(from));
            fields.insert("ToPort".to_owned(), number(to));
        }
        let (name, value) = PEERS[usize::from(self.peer)][way];
        let side = match (name.starts_with("Cidr"), self.is_egress) {
            (true, _) => "",
            (false, true) => "Destination",
            (false, false) => "Source",
        };
        fields.insert(format!("{side}{name}"), value.into());
        fields.insert("Description".to_owned(), way.into());
        fields
    }
}

fn wanted() -> impl Strategy<Value = Wanted> {
    (any::<bool>(), 0..5_u8, 0..4_u8, 0..6_u8).prop_map(|(is_egress, protocol, ports, peer)| {
        Wanted {
            is_egress,
            protocol,
            ports: if protocol < 3 { ports } else { 0 },
            peer,
        }
    })
}

/// A stack that declares rules: each inline or alone, in some way of writing it.
fn stack(rules: &[(Wanted, usize, bool)]) -> Vec<Declared> {
    let mut group = json!({"SecurityGroupIngress": [], "SecurityGroupEgress": []});
    let mut stack = Vec::new();
    for (number, (rule, way, inline)) in rules.iter().enumerate() {
        let (property, kind) = if rule.is_egress {
            ("SecurityGroupEgress", "AWS::EC2::SecurityGroupEgress")
        } else {
            ("SecurityGroupIngress", "AWS::EC2::SecurityGroupIngress")
        };
        let mut fields = rule.written(*way);
        if *inline {
            group[property].as_array_mut().unwrap().push(fields.into());
        } else {
            fields.insert("GroupId".to_owned(), "sg-1".into());
            stack.push(said(kind, &format!("stack-Rule-{number}"), fields.into()));
        }
    }
    stack.push(said("AWS::EC2::SecurityGroup", "sg-1", group));
    stack
}

fn ways() -> impl Strategy<Value = Vec<(Wanted, usize, bool)>> {
    prop::collection::vec((wanted(), 0..3_usize, any::<bool>()), 0..12)
}

fn world(rules: &BTreeSet<Wanted>) -> MemoryAttachments {
    let port = MemoryAttachments::new();
    for (number, rule) in rules.iter().enumerate() {
        port.add_rule(rule.live(number));
    }
    port
}

/// Anything that a template might say.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        prop::sample::select(vec![
            "sg-1",
            "-1",
            "tcp",
            "::/0",
            "1.2.3.4/99",
            "rtb-1",
            "{{resolve:ssm:x}}",
            "web",
            "|",
            "/",
        ])
        .prop_map(Value::from),
    ];
    let names = prop::sample::select(vec![
        "SecurityGroupIngress",
        "SecurityGroupEgress",
        "GroupId",
        "GroupName",
        "IpProtocol",
        "FromPort",
        "ToPort",
        "CidrIp",
        "CidrIpv6",
        "SourceSecurityGroupName",
        "SourceSecurityGroupId",
        "Policies",
        "PolicyName",
        "ManagedPolicyArns",
        "Roles",
        "Users",
        "Groups",
        "RoleName",
        "Bucket",
        "KeyPolicy",
        "PublicAccessBlockConfiguration",
        "RouteTableId",
        "DestinationCidrBlock",
        "ClusterName",
        "Ref",
        "Statement",
    ]);
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map(names.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
}

const TYPES: [&str; 18] = [
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::IAM::Role",
    "AWS::IAM::User",
    "AWS::IAM::Group",
    "AWS::IAM::Policy",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::UserPolicy",
    "AWS::IAM::GroupPolicy",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::KMS::Key",
    "AWS::EC2::RouteTable",
    "AWS::EC2::Route",
    "AWS::EKS::Cluster",
    "AWS::EKS::Nodegroup",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_declared_is_no_addition_however_it_is_written(rules in ways()) {
        let there: BTreeSet<Wanted> = rules.iter().map(|(rule, ..)| rule.clone()).collect();
        prop_assert_eq!(found(&world(&there), &stack(&rules)), Vec::<String>::new());
    }

    #[test]
    fn what_is_planted_is_one_addition_whose_selector_names_it(rules in ways(), planted in wanted()) {
        let mut there: BTreeSet<Wanted> = rules.iter().map(|(rule, ..)| rule.clone()).collect();
        prop_assume!(there.insert(planted.clone()));
        let own = planted.is_egress && planted.protocol == 3 && (planted.peer == 0 || planted.peer == 2);
        // EC2's own rule is none where the group says of itself what it lets out.
        prop_assume!(!own || rules.iter().any(|(rule, _, inline)| rule.is_egress && *inline));
        let lines = found(&world(&there), &stack(&rules));
        prop_assert_eq!(lines.len(), 1);
        // Alone in a group that declares nothing, each rule has a path of its own.
        let others: Vec<String> = there
            .iter()
            .filter(|it| **it != planted)
            .flat_map(|it| found(&world(&BTreeSet::from([it.clone()])), &stack(&[])))
            .collect();
        prop_assert!(!others.contains(&lines[0]));
        prop_assert!(!lines[0].ends_with('?'));
    }

    #[test]
    fn named_things_are_told_by_their_names(
        declared in prop::collection::btree_set("[a-zA-Z0-9+=,.@_-]{1,12}", 0..6),
        planted in "[a-zA-Z0-9+=,.@_-]{1,12}",
        alone in any::<bool>(),
    ) {
        prop_assume!(!declared.contains(&planted));
        let port = MemoryAttachments::new();
        for name in &declared {
            port.add_inline_policy(role("web"), name);
        }
        let entries: Vec<Value> = declared.iter().map(|it| json!({"PolicyName": it})).collect();
        let mut stack = vec![said("AWS::IAM::Role", "web", if alone { json!({}) } else { json!({"Policies": entries}) })];
        if alone {
            stack.extend(declared.iter().map(|it| {
                said("AWS::IAM::Policy", &format!("p-{it}"), json!({"PolicyName": it, "Roles": ["web"]}))
            }));
        }
        prop_assert_eq!(found(&port, &stack), Vec::<String>::new());
        port.add_inline_policy(role("web"), &planted);
        let special = planted.contains(['=', ',']);
        let name = if special { format!("{planted:?}") } else { planted };
        prop_assert_eq!(found(&port, &stack), [format!("web /Policies[PolicyName={name}]")]);
    }

    #[test]
    fn nothing_that_a_template_says_is_too_strange(
        resources in prop::collection::vec(
            (0..TYPES.len(), prop::sample::select(vec!["sg-1", "sgr-1", "web", "rtb-1", "rtb-1|x", "prod/x", "a|b", "", "|", "/"]), prop::option::of(anything())),
            0..6,
        ),
        path in "(/(SecurityGroupIngress|Policies|ManagedPolicyArns|x)){0,2}(/[0-9x]{0,3})?",
        actual in anything(),
    ) {
        let port = MemoryAttachments::new();
        port.add_rule(all_out("sg-1"));
        port.add_route(route("rtb-1", "0.0.0.0/0", "igw-1"));
        for holder in [role("web"), Holder::User("web".to_owned()), Holder::Group("web".to_owned())] {
            port.add_inline_policy(holder.clone(), "x");
            port.attach_policy(holder, "arn:aws:iam::aws:policy/x");
        }
        let stack: Vec<Declared> = resources
            .into_iter()
            .enumerate()
            .map(|(number, (kind, id, expected))| Declared {
                logical_id: format!("R{number}"),
                resource_type: TYPES[kind].to_owned(),
                physical_id: id.to_owned(),
                expected,
            })
            .collect();
        let verdict = |_: &Declared| Verdict::Modified(Modified {
            differences: vec![RawDifference { entry: None,
                path: path.clone(),
                kind: DifferenceKind::Added,
                expected: None,
                actual: Some(actual.clone()),
                potential: false,
                attribution: None,
                cause: None,
            }],
            expected: Value::Null,
            actual: Value::Null,
            unread: None,
        });
        let seen = look(&port, (&stack, &verdict), &Others::default());
        prop_assert_eq!(seen.len(), stack.len());
    }
}
