//! What a rule means, whatever way it is written.

use std::net::IpAddr;

use serde_json::Value;

use super::{Likeness, is_id};
use crate::said::Said;

/// A protocol by its number; `None` for all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// Every protocol.
    All,
    /// The protocol of this number.
    Number(u8),
    /// One that EC2 may know and this does not.
    Other(String),
}

const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// The protocols that EC2 calls by name.
const NAMED: [(&str, u8); 4] = [
    ("tcp", TCP),
    ("udp", UDP),
    ("icmp", ICMP),
    ("icmpv6", ICMPV6),
];

impl Protocol {
    /// Reads a name or a number.
    pub(super) fn of(text: &str) -> Self {
        let text = text.trim().to_ascii_lowercase();
        if text == "-1" || text == "all" {
            return Protocol::All;
        }
        let named = NAMED.iter().find(|(name, _)| *name == text);
        match named
            .map(|(_, number)| *number)
            .or_else(|| text.parse().ok())
        {
            Some(number) => Protocol::Number(number),
            None => Protocol::Other(text),
        }
    }

    /// The name that EC2 gives it.
    pub(super) fn name(&self) -> String {
        match self {
            Protocol::All => "-1".to_owned(),
            Protocol::Number(number) => NAMED
                .iter()
                .find(|(_, named)| named == number)
                .map_or_else(|| number.to_string(), |(name, _)| (*name).to_owned()),
            Protocol::Other(text) => text.clone(),
        }
    }

    /// Whether ports, or an ICMP type and code, limit it; of all other protocols EC2 lets everything through.
    pub(super) fn has_ports(&self) -> bool {
        matches!(self, Protocol::Number(TCP | UDP | ICMP | ICMPV6))
    }
}

/// One part of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part<T> {
    Known(T),
    /// It is there and cannot be read.
    Unclear,
}

impl<T: PartialEq> Part<T> {
    fn likeness(&self, other: &Self) -> Likeness {
        match (self, other) {
            (Part::Known(one), Part::Known(other)) if one == other => Likeness::Same,
            (Part::Known(_), Part::Known(_)) => Likeness::No,
            _ => Likeness::Likely,
        }
    }
}

/// The other side of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Peer {
    /// No side at all.
    Nobody,
    /// A range of addresses, by its first and its length.
    Range(Part<(IpAddr, u8)>),
    /// A prefix list.
    PrefixList(Part<String>),
    /// Another group, by its id.
    Group(Part<String>),
}

/// A rule by what tells it from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    protocol: Part<Protocol>,
    ports: Part<(i64, i64)>,
    peer: Peer,
}

impl Rule {
    /// Reads the fields of an item.
    pub(super) fn of(fields: &Value) -> Self {
        let said = |name: &str| Said::of(fields.get(name));
        let protocol = match said("IpProtocol") {
            Said::Text(text) => Part::Known(Protocol::of(&text)),
            Said::Nothing | Said::Unclear => Part::Unclear,
        };
        Self {
            ports: ports(&protocol, said("FromPort"), said("ToPort")),
            protocol,
            peer: peer(said),
        }
    }

    /// How much two rules of one direction are alike.
    pub(super) fn likeness(&self, other: &Self) -> Likeness {
        let peer = match (&self.peer, &other.peer) {
            (Peer::Range(one), Peer::Range(other)) => one.likeness(other),
            (Peer::PrefixList(one), Peer::PrefixList(other))
            | (Peer::Group(one), Peer::Group(other)) => one.likeness(other),
            _ => Likeness::No,
        };
        self.protocol
            .likeness(&other.protocol)
            .min(self.ports.likeness(&other.ports))
            .min(peer)
    }

    /// Whether it allows every protocol to every address of IPv4 or IPv6.
    pub(super) fn allows_all(&self) -> bool {
        self.protocol == Part::Known(Protocol::All)
            && matches!(&self.peer, Peer::Range(Part::Known((first, 0))) if first.is_unspecified())
    }
}

/// The ports, or the ICMP type and code; (-1, -1) where nothing limits them.
fn ports(protocol: &Part<Protocol>, from: Said, to: Said) -> Part<(i64, i64)> {
    let Part::Known(protocol) = protocol else {
        return Part::Unclear;
    };
    if !protocol.has_ports() {
        return Part::Known((-1, -1));
    }
    let number = |said: Said| match said {
        Said::Nothing => Some(None),
        // CloudFormation passes a number on that was written as a text.
        Said::Text(text) => text.parse::<i64>().ok().map(Some),
        Said::Unclear => None,
    };
    let (Some(from), Some(to)) = (number(from), number(to)) else {
        return Part::Unclear;
    };
    let from = from.unwrap_or(-1);
    Part::Known(match protocol {
        Protocol::Number(ICMP | ICMPV6) if from == -1 => (-1, -1),
        Protocol::Number(ICMP | ICMPV6) => (from, to.unwrap_or(-1)),
        _ => match (from, to.unwrap_or(from)) {
            (-1, _) | (0, 65535) => (-1, -1),
            ports => ports,
        },
    })
}

fn peer(said: impl Fn(&str) -> Said) -> Peer {
    let part = |said: Said| match said {
        Said::Text(text) => Part::Known(text),
        Said::Nothing | Said::Unclear => Part::Unclear,
    };
    for name in ["CidrIp", "CidrIpv6"] {
        match said(name) {
            Said::Nothing => {}
            Said::Text(text) => {
                return Peer::Range(range(&text).map_or(Part::Unclear, Part::Known));
            }
            Said::Unclear => return Peer::Range(Part::Unclear),
        }
    }
    for name in ["SourcePrefixListId", "DestinationPrefixListId"] {
        match said(name) {
            Said::Nothing => {}
            list => return Peer::PrefixList(part(list)),
        }
    }
    for name in ["SourceSecurityGroupId", "DestinationSecurityGroupId"] {
        match said(name) {
            Said::Nothing => {}
            Said::Text(text) if is_id(&text) => return Peer::Group(Part::Known(text)),
            Said::Text(_) | Said::Unclear => return Peer::Group(Part::Unclear),
        }
    }
    match said("SourceSecurityGroupName") {
        Said::Nothing => Peer::Nobody,
        // Only EC2 knows which group has that name.
        Said::Text(_) | Said::Unclear => Peer::Group(Part::Unclear),
    }
}

/// A range of addresses as EC2 keeps it: without the bits past its length.
pub(in crate::catalogue) fn range(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u8>().ok()?)),
        None => (text, None),
    };
    match address.parse::<IpAddr>().ok()? {
        IpAddr::V4(address) => {
            let length = length.unwrap_or(32);
            let mask = u32::MAX.checked_shl(32_u32.checked_sub(length.into())?);
            let bits = u32::from(address) & mask.unwrap_or(0);
            Some((IpAddr::V4(bits.into()), length))
        }
        IpAddr::V6(address) => {
            let length = length.unwrap_or(128);
            let mask = u128::MAX.checked_shl(128_u32.checked_sub(length.into())?);
            let bits = u128::from(address) & mask.unwrap_or(0);
            Some((IpAddr::V6(bits.into()), length))
        }
    }
}
