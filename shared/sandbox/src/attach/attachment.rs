//! What can hang on a resource beside its own properties.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::Value;

/// Something that hangs on a resource of one of the security types.
#[derive(Clone, Debug, PartialEq)]
pub enum Attachment {
    /// A rule of an `AWS::EC2::SecurityGroup`.
    GroupRule {
        /// Whether it lets traffic out; else in.
        egress: bool,
        /// `tcp`, `-1`, `50`; a number that has a name counts as the name.
        protocol: String,
        /// The first port, or ICMP type; `None` for all.
        from_port: Option<i64>,
        /// The last port, or ICMP code; `None` for all.
        to_port: Option<i64>,
        /// The other side: an IPv4 or IPv6 range, a prefix list `pl-…`, a group
        /// `sg-…`, or another account's group `ACCOUNT/sg-…`.
        peer: String,
        /// What somebody wrote about it; no part of what it is.
        description: Option<String>,
    },
    /// An inline policy of an `AWS::IAM::Role`, `AWS::IAM::User` or `AWS::IAM::Group`.
    InlinePolicy {
        /// Its name.
        name: String,
    },
    /// A managed policy on one of these.
    ManagedPolicy {
        /// Its ARN.
        arn: String,
    },
    /// The policy of an `AWS::S3::Bucket`, in place of another that it may have.
    BucketPolicy {
        /// The policy document.
        document: Value,
    },
    /// No block of public access to an `AWS::S3::Bucket`, which without it has
    /// what its template says, else all four.
    NoPublicAccessBlock,
    /// A grant of an `AWS::KMS::Key`.
    Grant {
        /// Its name, where it has one.
        name: Option<String>,
        /// Who may use it: an ARN or a service.
        grantee: String,
        /// Who may retire it, where somebody is named.
        retiring: Option<String>,
        /// What it allows, `Decrypt`.
        operations: Vec<String>,
    },
    /// A route of an `AWS::EC2::RouteTable`.
    Route {
        /// An IPv4 or IPv6 range, or a prefix list `pl-…`.
        destination: String,
        /// `igw-…`, `nat-…`, `tgw-…`, `vpce-…` and so on.
        target: String,
        /// Whether a virtual private gateway propagated it.
        propagated: bool,
    },
    /// A node group of an `AWS::EKS::Cluster`.
    Nodegroup {
        /// Its name.
        name: String,
    },
}

impl Attachment {
    /// A rule that lets traffic in: a protocol, its ports from and to, the other side.
    #[must_use]
    pub fn ingress(protocol: &str, ports: (i64, i64), peer: &str) -> Self {
        Self::rule(false, protocol, ports, peer)
    }

    /// A rule that lets traffic out: a protocol, its ports from and to, the other side.
    #[must_use]
    pub fn egress(protocol: &str, ports: (i64, i64), peer: &str) -> Self {
        Self::rule(true, protocol, ports, peer)
    }

    fn rule(egress: bool, protocol: &str, (from, to): (i64, i64), peer: &str) -> Self {
        Self::GroupRule {
            egress,
            protocol: protocol.to_owned(),
            from_port: Some(from),
            to_port: Some(to),
            peer: peer.to_owned(),
            description: None,
        }
    }

    /// A managed policy.
    #[must_use]
    pub fn managed(arn: &str) -> Self {
        Self::ManagedPolicy {
            arn: arn.to_owned(),
        }
    }

    /// An inline policy.
    #[must_use]
    pub fn inline(name: &str) -> Self {
        Self::InlinePolicy {
            name: name.to_owned(),
        }
    }

    /// A route that somebody made.
    #[must_use]
    pub fn route(destination: &str, target: &str) -> Self {
        Self::Route {
            destination: destination.to_owned(),
            target: target.to_owned(),
            propagated: false,
        }
    }

    /// A node group.
    #[must_use]
    pub fn nodegroup(name: &str) -> Self {
        Self::Nodegroup {
            name: name.to_owned(),
        }
    }

    /// A grant without name and retiring principal.
    #[must_use]
    pub fn grant(grantee: &str, operations: &[&str]) -> Self {
        Self::Grant {
            name: None,
            grantee: grantee.to_owned(),
            retiring: None,
            operations: operations.iter().map(|it| (*it).to_owned()).collect(),
        }
    }

    /// Whether it can hang on resources of this type.
    pub(crate) fn fits(&self, resource_type: &str) -> bool {
        let types: &[&str] = match self {
            Self::GroupRule { .. } => &["AWS::EC2::SecurityGroup"],
            Self::InlinePolicy { .. } | Self::ManagedPolicy { .. } => {
                &["AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"]
            }
            Self::BucketPolicy { .. } | Self::NoPublicAccessBlock => &["AWS::S3::Bucket"],
            Self::Grant { .. } => &["AWS::KMS::Key"],
            Self::Route { .. } => &["AWS::EC2::RouteTable"],
            Self::Nodegroup { .. } => &["AWS::EKS::Cluster"],
        };
        types.contains(&resource_type)
    }

    /// Whether both are one thing in the account: what AWS would refuse to have twice.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self.canonical(), other.canonical()) {
            (Self::BucketPolicy { .. }, Self::BucketPolicy { .. }) => true,
            (Self::Route { destination: a, .. }, Self::Route { destination: b, .. }) => a == b,
            (mut a, mut b) => {
                for rule in [&mut a, &mut b] {
                    if let Self::GroupRule { description, .. } = rule {
                        *description = None;
                    }
                }
                a == b
            }
        }
    }

    /// The same as the account tells it: protocols by name, ranges in their own
    /// spelling, all ports as -1.
    pub(crate) fn canonical(&self) -> Self {
        let mut whole = self.clone();
        match &mut whole {
            Self::GroupRule {
                protocol,
                from_port,
                to_port,
                peer,
                ..
            } => {
                *protocol = protocol_name(protocol);
                *peer = range(peer);
                let all = !matches!(protocol.as_str(), "tcp" | "udp" | "icmp" | "icmpv6");
                for port in [from_port, to_port] {
                    *port = Some(if all { -1 } else { port.unwrap_or(-1) });
                }
            }
            Self::Route { destination, .. } => *destination = range(destination),
            _ => {}
        }
        whole
    }
}

fn protocol_name(protocol: &str) -> String {
    match protocol.to_ascii_lowercase().as_str() {
        "6" => "tcp",
        "17" => "udp",
        "1" => "icmp",
        "58" => "icmpv6",
        other => return other.to_owned(),
    }
    .to_owned()
}

/// A range with its address cut to its length; anything else as it is.
fn range(text: &str) -> String {
    let cut = || {
        let (address, length) = text.split_once('/')?;
        let length: u32 = length.parse().ok()?;
        if let Ok(address) = address.parse::<Ipv4Addr>() {
            let mask = u32::MAX
                .checked_shl(32_u32.checked_sub(length)?)
                .unwrap_or(0);
            let address = Ipv4Addr::from(u32::from(address) & mask);
            return Some(format!("{address}/{length}"));
        }
        let address = address.parse::<Ipv6Addr>().ok()?;
        let mask = u128::MAX
            .checked_shl(128_u32.checked_sub(length)?)
            .unwrap_or(0);
        let address = Ipv6Addr::from(u128::from(address) & mask);
        Some(format!("{address}/{length}"))
    };
    cut().unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_the_same_by_what_they_let_through() {
        let ssh = Attachment::ingress("tcp", (22, 22), "10.1.2.3/16");
        assert!(ssh.is(&Attachment::ingress("6", (22, 22), "10.1.0.0/16")));
        assert!(!ssh.is(&Attachment::egress("tcp", (22, 22), "10.1.0.0/16")));
        assert!(!ssh.is(&Attachment::ingress("tcp", (22, 23), "10.1.0.0/16")));
        let all = Attachment::ingress("-1", (0, 65535), "0:0:0:0:0:0:0:0/0");
        assert!(all.is(&Attachment::ingress("-1", (-1, -1), "::/0")));
        let nat = Attachment::route("0.0.0.0/0", "nat-1");
        assert!(nat.is(&Attachment::route("1.2.3.4/0", "igw-1")));
    }
}
