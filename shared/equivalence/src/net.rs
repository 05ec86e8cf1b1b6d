//! Blocks of addresses: where they stand, and when two of them are one.

use std::net::IpAddr;

use crate::texts::{Place, place};

const RANGE: &str = "Amazon EC2 API Reference, IpRange: EC2 makes the block canonical";
const RANGE6: &str = "Amazon EC2 API Reference, Ipv6Range: EC2 makes the block canonical";
const ENTRY: &str =
    "Amazon EC2 API Reference, CreateNetworkAclEntry: EC2 makes the block canonical";
const ROUTE: &str = "Amazon EC2 API Reference, CreateRoute: EC2 makes the block canonical";
const VPC: &str = "Amazon EC2 API Reference, CreateVpc: EC2 makes the block canonical";

/// The properties whose blocks EC2 makes canonical.
pub(crate) const PLACES: &[Place] = &[
    place("AWS::EC2::NetworkAclEntry", "/CidrBlock", ENTRY),
    place("AWS::EC2::NetworkAclEntry", "/Ipv6CidrBlock", ENTRY),
    place("AWS::EC2::Route", "/DestinationCidrBlock", ROUTE),
    place("AWS::EC2::Route", "/DestinationIpv6CidrBlock", ROUTE),
    place(
        "AWS::EC2::SecurityGroup",
        "/SecurityGroupEgress/*/CidrIp",
        RANGE,
    ),
    place(
        "AWS::EC2::SecurityGroup",
        "/SecurityGroupEgress/*/CidrIpv6",
        RANGE6,
    ),
    place(
        "AWS::EC2::SecurityGroup",
        "/SecurityGroupIngress/*/CidrIp",
        RANGE,
    ),
    place(
        "AWS::EC2::SecurityGroup",
        "/SecurityGroupIngress/*/CidrIpv6",
        RANGE6,
    ),
    place("AWS::EC2::SecurityGroupEgress", "/CidrIp", RANGE),
    place("AWS::EC2::SecurityGroupEgress", "/CidrIpv6", RANGE6),
    place("AWS::EC2::SecurityGroupIngress", "/CidrIp", RANGE),
    place("AWS::EC2::SecurityGroupIngress", "/CidrIpv6", RANGE6),
    place("AWS::EC2::VPC", "/CidrBlock", VPC),
];

/// An address with the length of its prefix.
#[derive(PartialEq)]
pub(crate) struct Block {
    address: IpAddr,
    prefix: u8,
}

impl Block {
    /// Reads `10.0.0.0/8` or `2001:db8::/32`; `None` for anything else.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let prefix: u8 = length.parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        (prefix <= longest && prefix.to_string() == length).then_some(Self { address, prefix })
    }

    /// Whether it is one of IPv6.
    pub(crate) const fn is_ipv6(&self) -> bool {
        self.address.is_ipv6()
    }

    /// The block with nothing but zeros behind its prefix.
    pub(crate) fn masked(&self) -> Self {
        let prefix = u32::from(self.prefix);
        let address = match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
                IpAddr::V4((address.to_bits() & mask).into())
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
                IpAddr::V6((address.to_bits() & mask).into())
            }
        };
        Self {
            address,
            prefix: self.prefix,
        }
    }
}
