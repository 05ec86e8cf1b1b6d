//! A port that somebody opened beside the rules of two stacks: what CloudFormation itself does not see.

use plumbline_tests::deploy::{PLACE, STACK};
use plumbline_tests::proxy::{Fault, Proxy, Rule};
use plumbline_tests::xml;
use serde_json::{Value, json};

use super::support::{End, Stack, System, called};

const GROUP: &str = "AWS::EC2::SecurityGroup";
const INGRESS: &str = "AWS::EC2::SecurityGroupIngress";

/// Where a port is open to everybody, as a finding says it.
const OPENED: &str =
    r#"/SecurityGroupIngress[IpProtocol=tcp,FromPort=22,ToPort=22,CidrIp="0.0.0.0/0"]"#;

#[test]
fn e2e_a_port_opened_by_hand_beside_the_rules_of_two_stacks_is_one_finding_with_its_author() {
    let system = System::start_without_pager();
    let plumbline = &system.plumbline;
    let group = Group::with_ports(&system, &[443, 8443]);
    let [https, admin] = [443, 8443].map(|port| group.rule(&system, port));
    let parts = [
        StandIn::of(GROUP, &group.id, json!({"GroupDescription": "web"})),
        StandIn::of(INGRESS, &https, group.ingress(443)),
        StandIn::of(INGRESS, &admin, group.ingress(8443)),
    ];
    let _disguise = disguise(&system, parts);

    // The group and one rule are of one stack, another rule of another.
    let app = make_stack(&system, "shop-app", &[("Admin", &admin)]);
    system.scan(std::slice::from_ref(&app), End::Event);
    let network = [("WebGroup", group.id.as_str()), ("Https", https.as_str())];
    let network = make_stack(&system, "shop-network", &network);
    let stacks = [app, network];
    let [app, network] = &stacks;
    system.scan(&stacks, End::Event);
    plumbline.wait("the digest", || (system.told() == [1, 1]).then_some(()));
    system.once_more();
    assert_eq!(
        system.findings(network),
        [],
        "what a stack declares is none's hand"
    );

    // Opened by hand; the trail tells of it, twice, and so do the schedule and every queue.
    group.authorize(&system, 22);
    let (account, _) = PLACE;
    let call = ("ec2", "AuthorizeSecurityGroupIngress");
    let event = called(call, (account, "alice"), json!({"groupId": group.id}));
    assert_eq!(plumbline.tell_rules(&event, 2), 1);
    system.scan(&stacks, End::Event);
    plumbline.wait("the message", || (system.told() == [2, 2]).then_some(()));
    plumbline.wait("the author", || {
        plumbline.run_schedule("clock", 1);
        let finding = system.finding(network);
        (finding["differences"][0]["attribution"]["who"] == "alice").then_some(())
    });
    system.once_more();
    let finding = system.finding(network);
    assert_eq!(finding["severity"], "critical");
    let paths: Vec<&Value> = finding["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["path"])
        .collect();
    assert_eq!(paths, [OPENED]);
    assert_eq!(finding["differences"][0]["kind"], "added");
    assert_eq!(
        finding["differences"][0]["attribution"]["how"],
        "AuthorizeSecurityGroupIngress"
    );
    assert_eq!(system.findings(app), []);
    assert_eq!(system.kinds(), ["BaselineDigest", "IncidentFired"]);
    assert_eq!(system.told(), [2, 2]);

    // Closed by hand: one resolve.
    group.revoke(&system, 22);
    system.scan(&stacks, End::Event);
    assert_eq!(system.finding(network)["closed"]["how"], "resolved");
    system.settle(network, 3);
    system.once_more();
    assert_eq!(
        system.kinds(),
        ["BaselineDigest", "IncidentFired", "IncidentResolved"]
    );
    assert_eq!(system.told(), [3, 3]);
    assert!(plumbline.count_dead_letters().is_empty());
}

/// A group of the emulator's EC2.
struct Group {
    id: String,
}

impl Group {
    fn with_ports(system: &System, ports: &[u16]) -> Self {
        let parameters = [("GroupName", "web"), ("GroupDescription", "web")];
        let answer = ec2(system, "CreateSecurityGroup", &parameters);
        let id = xml::text(&answer, "groupId").unwrap();
        let group = Self { id };
        ports.iter().for_each(|port| group.authorize(system, *port));
        group
    }

    fn authorize(&self, system: &System, port: u16) {
        self.change(system, "AuthorizeSecurityGroupIngress", port);
    }

    fn revoke(&self, system: &System, port: u16) {
        self.change(system, "RevokeSecurityGroupIngress", port);
    }

    fn change(&self, system: &System, action: &str, port: u16) {
        let port = port.to_string();
        let parameters = [
            ("GroupId", self.id.as_str()),
            ("IpPermissions.1.IpProtocol", "tcp"),
            ("IpPermissions.1.FromPort", &port),
            ("IpPermissions.1.ToPort", &port),
            ("IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0"),
        ];
        ec2(system, action, &parameters);
    }

    /// The id of the rule of a port.
    fn rule(&self, system: &System, port: u16) -> String {
        let parameters = [
            ("Filter.1.Name", "group-id"),
            ("Filter.1.Value.1", self.id.as_str()),
        ];
        let answer = ec2(system, "DescribeSecurityGroupRules", &parameters);
        let of_port = format!("<fromPort>{port}</fromPort>");
        let rule = answer
            .split("<item>")
            .find(|it| it.contains(&of_port))
            .unwrap_or_else(|| panic!("no rule of port {port}: {answer}"));
        xml::text(rule, "securityGroupRuleId").unwrap()
    }

    /// What a template says of the rule of a port.
    fn ingress(&self, port: u16) -> Value {
        json!({"GroupId": self.id, "IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "0.0.0.0/0"})
    }
}

fn ec2(system: &System, action: &str, parameters: &[(&str, &str)]) -> String {
    let mut all = vec![("Version", "2016-11-15")];
    all.extend(parameters);
    system
        .plumbline
        .aws()
        .query("ec2", action, &all)
        .good()
        .body
}

/// A stack whose resources are log groups of these names, as stand-ins.
fn make_stack(system: &System, name: &str, parts: &[(&str, &str)]) -> Stack {
    let resources: serde_json::Map<String, Value> = parts
        .iter()
        .map(|(logical_id, id)| {
            let properties = json!({"LogGroupName": id});
            let resource = json!({"Type": "AWS::Logs::LogGroup", "Properties": properties});
            ((*logical_id).to_owned(), resource)
        })
        .collect();
    let aws = system.plumbline.aws();
    let id = aws.create_stack(name, &json!({"Resources": resources}));
    Stack {
        name: name.to_owned(),
        id,
    }
}

/// What a log group of this name stands in for: the emulator's CloudFormation neither makes single rules nor compares
/// groups.
struct StandIn {
    kind: &'static str,
    id: String,
    properties: Value,
}

impl StandIn {
    fn of(kind: &'static str, id: &str, properties: Value) -> Self {
        let id = id.to_owned();
        Self {
            kind,
            id,
            properties,
        }
    }

    fn dress(&self, entry: &str) -> String {
        let entry = xml::with_text(entry, "ResourceType", self.kind);
        let properties = self.properties.to_string();
        let entry = xml::with_text(&entry, "ExpectedProperties", &properties);
        xml::with_text(&entry, "ActualProperties", &properties)
    }
}

/// Has CloudFormation tell `stack-drift` of the resources that log groups stand in for, until it is dropped. All else
/// that it says, whether they are there and when it looked, is its own.
fn disguise(system: &System, parts: [StandIn; 3]) -> Proxy {
    let plumbline = &system.plumbline;
    let url = plumbline.output("StackDriftQueueUrl");
    let emulator = url.split('/').take(3).collect::<Vec<_>>().join("/");
    let proxy = Proxy::start(&emulator);
    proxy.set([Rule::new(Fault::rewrite(move |body| {
        let lists = ["StackResourceSummaries", "StackResourceDrifts"];
        let entries = lists.into_iter().flat_map(|list| xml::list(body, list));
        entries.fold(body.to_owned(), |told, entry| {
            let id = xml::text(entry, "PhysicalResourceId");
            match parts.iter().find(|it| Some(&it.id) == id.as_ref()) {
                Some(part) => told.replacen(entry, &part.dress(entry), 1),
                None => told,
            }
        })
    }))]);
    let mut variables = plumbline.variables("stack-drift");
    let here = "AWS_ENDPOINT_URL_CLOUDFORMATION".to_owned();
    variables.insert(here, proxy.endpoint());
    let environment = json!({"Environment": {"Variables": variables}});
    let function = format!("{STACK}-stack-drift");
    plumbline.aws().update_function(&function, &environment);
    proxy
}
