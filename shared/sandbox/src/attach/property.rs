//! Attachments in CloudFormation's words: elements of a resource's own lists, or resources of their own.

use serde_json::{Map, Value, json};

use super::Attachment;

/// The document of an inline policy that somebody made by hand.
pub(crate) fn open_document() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
}

/// The list of a resource's own that holds attachments of this kind, where it has one.
pub(crate) fn list(resource_type: &str, attachment: &Attachment) -> Option<&'static str> {
    Some(match attachment {
        Attachment::GroupRule { egress: false, .. } => "SecurityGroupIngress",
        Attachment::GroupRule { egress: true, .. } => "SecurityGroupEgress",
        Attachment::InlinePolicy { .. } => "Policies",
        Attachment::ManagedPolicy { .. } => "ManagedPolicyArns",
        _ => return None,
    })
    .filter(|_| attachment.fits(resource_type))
}

/// An attachment as an element of such a list.
pub(crate) fn element(attachment: &Attachment) -> Value {
    match attachment {
        Attachment::GroupRule { .. } => rule_properties(attachment),
        Attachment::InlinePolicy { name } => {
            json!({"PolicyName": name, "PolicyDocument": open_document()})
        }
        Attachment::ManagedPolicy { arn } => arn.as_str().into(),
        _ => Value::Null,
    }
}

fn rule_properties(rule: &Attachment) -> Value {
    let Attachment::GroupRule {
        egress,
        protocol,
        from_port,
        to_port,
        peer,
        description,
    } = rule
    else {
        return Value::Null;
    };
    let mut map = Map::new();
    map.insert("IpProtocol".to_owned(), protocol.as_str().into());
    for (key, port) in [("FromPort", from_port), ("ToPort", to_port)] {
        if let Some(port) = port {
            map.insert(key.to_owned(), (*port).into());
        }
    }
    let (account, group) = peer
        .split_once("/sg-")
        .map_or((None, None), |(account, id)| {
            (Some(account), Some(format!("sg-{id}")))
        });
    let side = if *egress { "Destination" } else { "Source" };
    let key = match peer.as_str() {
        _ if group.is_some() => format!("{side}SecurityGroupId"),
        peer if peer.starts_with("sg-") => format!("{side}SecurityGroupId"),
        peer if peer.starts_with("pl-") => format!("{side}PrefixListId"),
        peer if peer.contains(':') => "CidrIpv6".to_owned(),
        _ => "CidrIp".to_owned(),
    };
    map.insert(key, group.unwrap_or_else(|| peer.clone()).into());
    if let Some(account) = account {
        map.insert("SourceSecurityGroupOwnerId".to_owned(), account.into());
    }
    if let Some(text) = description {
        map.insert("Description".to_owned(), text.as_str().into());
    }
    map.into()
}

/// The attachments in the lists of a resource's own.
pub(crate) fn own(resource_type: &str, properties: &Value) -> Vec<Attachment> {
    let elements = |key: &str| properties[key].as_array().into_iter().flatten();
    match resource_type {
        "AWS::EC2::SecurityGroup" => {
            let mut rules: Vec<_> = elements("SecurityGroupIngress")
                .filter_map(|rule| read_rule(false, rule))
                .collect();
            match properties.get("SecurityGroupEgress") {
                Some(_) => rules.extend(
                    elements("SecurityGroupEgress").filter_map(|rule| read_rule(true, rule)),
                ),
                // What EC2 gives every group whose template says nothing else.
                None => rules.push(Attachment::egress("-1", (-1, -1), "0.0.0.0/0")),
            }
            rules
        }
        "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group" => elements("Policies")
            .filter_map(|policy| policy["PolicyName"].as_str())
            .map(Attachment::inline)
            .chain(
                elements("ManagedPolicyArns")
                    .filter_map(Value::as_str)
                    .map(Attachment::managed),
            )
            .collect(),
        _ => Vec::new(),
    }
}

/// What a resource hangs on others: the type and physical id of each, and what hangs there.
pub(crate) fn hung(
    resource_type: &str,
    physical_id: &str,
    properties: &Value,
) -> Vec<(&'static str, String, Attachment)> {
    let text = |key: &str| properties[key].as_str();
    let one = |parent: &'static str, id: Option<&str>, attachment: Option<Attachment>| {
        id.zip(attachment)
            .map(|(id, attachment)| (parent, id.to_owned(), attachment))
            .into_iter()
            .collect()
    };
    match resource_type {
        "AWS::EC2::SecurityGroupIngress" | "AWS::EC2::SecurityGroupEgress" => {
            let egress = resource_type.ends_with("Egress");
            let rule = read_rule(egress, properties);
            one("AWS::EC2::SecurityGroup", text("GroupId"), rule)
        }
        "AWS::EC2::Route" => one(
            "AWS::EC2::RouteTable",
            text("RouteTableId"),
            read_route(properties),
        ),
        "AWS::EKS::Nodegroup" => {
            let tail = physical_id.rsplit('/').next().unwrap_or_default();
            let name = text("NodegroupName").unwrap_or(tail);
            let group = Some(Attachment::nodegroup(name));
            one("AWS::EKS::Cluster", text("ClusterName"), group)
        }
        "AWS::S3::BucketPolicy" => {
            let document = properties["PolicyDocument"].clone();
            let policy = Some(Attachment::BucketPolicy { document });
            one("AWS::S3::Bucket", text("Bucket"), policy)
        }
        "AWS::IAM::Policy" => {
            let policy = text("PolicyName").map(Attachment::inline);
            holders(properties, policy)
        }
        "AWS::IAM::ManagedPolicy" => holders(properties, Some(Attachment::managed(physical_id))),
        "AWS::IAM::RolePolicy" => {
            let policy = text("PolicyName").map(Attachment::inline);
            one("AWS::IAM::Role", text("RoleName"), policy)
        }
        "AWS::IAM::UserPolicy" => {
            let policy = text("PolicyName").map(Attachment::inline);
            one("AWS::IAM::User", text("UserName"), policy)
        }
        "AWS::IAM::GroupPolicy" => {
            let policy = text("PolicyName").map(Attachment::inline);
            one("AWS::IAM::Group", text("GroupName"), policy)
        }
        _ => Vec::new(),
    }
}

fn holders(
    properties: &Value,
    policy: Option<Attachment>,
) -> Vec<(&'static str, String, Attachment)> {
    let kinds = [
        ("Roles", "AWS::IAM::Role"),
        ("Users", "AWS::IAM::User"),
        ("Groups", "AWS::IAM::Group"),
    ];
    let mut found = Vec::new();
    for (key, parent) in kinds {
        let names = properties[key].as_array().into_iter().flatten();
        for name in names.filter_map(Value::as_str) {
            let here = policy.clone();
            found.extend(here.map(|policy| (parent, name.to_owned(), policy)));
        }
    }
    found
}

fn read_rule(egress: bool, properties: &Value) -> Option<Attachment> {
    let side = if egress { "Destination" } else { "Source" };
    let text = |key: &str| properties.get(key).and_then(Value::as_str);
    let group = text(&format!("{side}SecurityGroupId")).map(|group| {
        match text("SourceSecurityGroupOwnerId") {
            Some(account) => format!("{account}/{group}"),
            None => group.to_owned(),
        }
    });
    let peer = text("CidrIp")
        .or_else(|| text("CidrIpv6"))
        .map(str::to_owned)
        .or_else(|| text(&format!("{side}PrefixListId")).map(str::to_owned))
        .or(group)
        .or_else(|| text("SourceSecurityGroupName").map(str::to_owned))?;
    let number = |key: &str| match properties.get(key)? {
        Value::String(text) => text.parse().ok(),
        number => number.as_i64(),
    };
    let protocol = match &properties["IpProtocol"] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let rule = Attachment::GroupRule {
        egress,
        protocol,
        from_port: number("FromPort"),
        to_port: number("ToPort"),
        peer,
        description: text("Description").map(str::to_owned),
    };
    Some(rule.canonical())
}

fn read_route(properties: &Value) -> Option<Attachment> {
    let first = |keys: &[&str]| keys.iter().find_map(|key| properties[*key].as_str());
    let destination = first(&[
        "DestinationCidrBlock",
        "DestinationIpv6CidrBlock",
        "DestinationPrefixListId",
    ])?;
    let target = first(&[
        "GatewayId",
        "NatGatewayId",
        "TransitGatewayId",
        "NetworkInterfaceId",
        "InstanceId",
        "VpcPeeringConnectionId",
        "EgressOnlyInternetGatewayId",
        "LocalGatewayId",
        "CarrierGatewayId",
        "VpcEndpointId",
    ])?;
    Some(Attachment::route(destination, target).canonical())
}
