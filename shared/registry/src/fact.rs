//! What the events say, in words of our own.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a body turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Read {
    /// An event with something to record.
    Event(Box<Event>),
    /// Nothing that is recorded, and why.
    NotForUs(String),
}

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// EventBridge's id of it, which a second delivery repeats.
    pub id: String,
    /// Its detail-type.
    pub kind: String,
    /// Where it was raised.
    pub place: Place,
    /// When, as AWS says; `None` where what it says is no date.
    pub time: Option<Timestamp>,
    /// What it is about.
    pub subject: Subject,
}

/// An account and a region, that is, a registry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// AWS account id.
    pub account: String,
    /// AWS region.
    pub region: String,
}

/// What an event is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// One image.
    Image {
        /// Which.
        image: Image,
        /// The registry that holds it, which is not always where the event was raised.
        at: Place,
        /// What happened to it.
        fact: Fact,
    },
    /// A copy of an image that did not arrive.
    NotCopied {
        /// Its repository.
        repository: String,
        /// Its digest, where the event has one.
        digest: Option<String>,
        /// Where it was to come from.
        origin: Origin,
        /// What the event gives as its outcome.
        outcome: String,
    },
    /// How often repositories are scanned from now on.
    ScanFrequency {
        /// Repository to frequency, `SCAN_ON_PUSH`.
        repositories: BTreeMap<String, String>,
        /// `BASIC` or `ENHANCED`, where the event says.
        scan_type: Option<String>,
    },
}

/// An image, or what hangs on one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// The repository's plain name.
    pub repository: String,
    /// The digest of its manifest.
    pub digest: String,
}

/// What happened to an image.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// It was pushed, or copied here.
    Pushed {
        /// The tag; `None` for a push without one, as of each platform's part of an index.
        tag: Option<String>,
        /// The type of its manifest.
        media_type: Option<String>,
        /// The type of what the manifest describes.
        artifact_type: Option<String>,
        /// It is a signature, an attestation or a list of parts that refers to an image.
        refers: bool,
        /// Where it was copied from; `None` for a push.
        origin: Option<Origin>,
    },
    /// It, or one tag of it, was deleted.
    Deleted {
        /// The tag that the deletion named.
        tag: Option<String>,
    },
    /// Its storage class changed.
    Stored(StorageClass),
    /// It was scanned.
    Scanned(Scan),
    /// Whether it is scanned at all.
    Covered(Coverage),
    /// One vulnerability was found in it, changed or closed.
    Vulnerable(Vulnerability),
}

/// Where a copy comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Origin {
    /// Another registry.
    Replication {
        /// Its account, where the event says.
        account: Option<String>,
        /// Its region, where the event says.
        region: Option<String>,
    },
    /// A registry of somebody else, through the pull-through cache.
    PullThrough {
        /// Its host, where the event says.
        upstream: Option<String>,
    },
}

/// Whether an image can be pulled at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StorageClass {
    /// It can.
    Standard,
    /// It must be restored first.
    Archive,
}

/// Who scans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scanner {
    /// ECR's own basic scan.
    Basic,
    /// Inspector, that is, ECR's enhanced scan.
    Inspector,
}

/// A scan's result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// By whom.
    pub scanner: Scanner,
    /// What became of it, `COMPLETE`. Only a complete one says anything about the image.
    pub status: String,
    /// Findings by severity, as counted by the scanner; a severity without any is left out.
    /// Inspector's `TOTAL` is more than the sum of those that it names.
    pub counts: BTreeMap<String, u64>,
}

/// Whether Inspector scans an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// `ACTIVE` or `INACTIVE`.
    pub status: String,
    /// Why, `UNSUPPORTED_OS`: a scan that will never come.
    pub reason: Option<String>,
}

/// A finding of Inspector about one vulnerability of an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Vulnerability {
    /// The finding's ARN; one finding keeps it over its life.
    pub finding: String,
    /// The vulnerability, `CVE-2024-6119`; `None` for a finding of another kind.
    pub vulnerability: Option<String>,
    /// Inspector's severity, `CRITICAL` to `UNTRIAGED`.
    pub severity: String,
    /// `ACTIVE`, `SUPPRESSED` or `CLOSED`.
    pub status: String,
    /// Whether an exploit is known, `YES` or `NO`; `None` where Inspector does not say.
    pub exploit_available: Option<String>,
    /// The chance of an exploit within 30 days, from 0 to 1.
    pub epss: Option<f64>,
    /// Whether there is a version without it, `YES`, `NO` or `PARTIAL`.
    pub fix_available: Option<String>,
    /// The packages that have it, with the version that mends it where there is one.
    pub packages: BTreeMap<String, Option<String>>,
}
