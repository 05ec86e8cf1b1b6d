//! What is known of one image, copy by copy.

use std::collections::BTreeMap;

use domain::ports::{Item, Key, PortError, Write};
use jiff::Timestamp;
use registry::{Coverage, Fact, Image, Origin, Place, Scan, Scanner, StorageClass};
use serde::{Deserialize, Serialize};

use crate::{Latest, change};

/// Tags of one copy that are kept, the newest: ECR allows a thousand, each of
/// three hundred characters, and an item holds 400 KB.
const TAGS: usize = 100;

/// The body of `IMG#repository#digest / META`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageState {
    /// Which image.
    #[serde(flatten)]
    pub image: Image,
    /// The type of its manifest, where a push told it.
    pub media_type: Option<String>,
    /// The type of what the manifest describes, where a push told it.
    pub artifact_type: Option<String>,
    /// It is a signature, an attestation or a list of parts, and no image to run.
    pub refers: bool,
    /// Its copies, by `ACCOUNT/REGION`: what happens to one happens to no other.
    pub copies: BTreeMap<String, RegistryCopy>,
}

/// An image in one registry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistryCopy {
    /// The registry.
    #[serde(flatten)]
    pub place: Place,
    /// The first push that is known; `None` where only later events were seen.
    pub pushed_at: Option<Timestamp>,
    /// Where it was last copied from, where it was.
    pub origin: Option<Latest<Origin>>,
    /// What became of it, as far as the events tell. Whoever acts on it asks ECR.
    pub state: State,
    /// Its tags, those that were deleted included.
    pub tags: BTreeMap<String, Latest<TagMark>>,
    /// Its last push or deletion that named no tag.
    pub untagged: Option<Latest<TagMark>>,
    /// The last change of its storage class.
    pub storage: Option<Latest<StorageClass>>,
    /// The last result of each scanner.
    pub scans: BTreeMap<Scanner, Latest<Scan>>,
    /// Whether Inspector scans it.
    pub coverage: Option<Latest<Coverage>>,
}

/// What became of a copy, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// What.
    pub name: StateName,
    /// Since when, by the event that made it so; `None` before any such event.
    pub since: Option<Timestamp>,
}

/// What can become of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StateName {
    /// It can be pulled.
    Present,
    /// It must be restored first.
    Archived,
    /// It is gone.
    Deleted,
}

/// What happened last to a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TagMark {
    /// The image was pushed under it. It may since point to another image.
    Pushed,
    /// It was deleted.
    Deleted,
}

/// What an event about an image has besides the fact.
pub(crate) struct News<'a> {
    pub(crate) image: &'a Image,
    pub(crate) place: &'a Place,
    pub(crate) at: Timestamp,
    pub(crate) event: &'a str,
}

impl News<'_> {
    fn latest<T>(&self, what: T) -> Latest<T> {
        Latest {
            at: self.at,
            event: self.event.to_owned(),
            what,
        }
    }
}

/// The write that adds a fact to what is stored; none where it adds nothing.
pub(crate) fn settle(
    key: &Key,
    stored: Option<&Item>,
    news: &News<'_>,
    fact: &Fact,
) -> Result<Option<Write>, PortError> {
    let before: Option<ImageState> = stored.map(Item::read).transpose()?;
    let mut next = before.clone().unwrap_or_else(|| ImageState {
        image: news.image.clone(),
        media_type: None,
        artifact_type: None,
        refers: false,
        copies: BTreeMap::new(),
    });
    next.add(news, fact);
    change(key, (stored, before.as_ref()), &next)
}

impl ImageState {
    fn add(&mut self, news: &News<'_>, fact: &Fact) {
        if let Fact::Pushed {
            media_type,
            artifact_type,
            refers,
            ..
        } = fact
        {
            // A digest has one manifest: whoever tells its type first is right.
            self.media_type = self.media_type.take().or_else(|| media_type.clone());
            self.artifact_type = self.artifact_type.take().or_else(|| artifact_type.clone());
            self.refers |= refers;
        }
        let name = format!("{}/{}", news.place.account, news.place.region);
        self.copies
            .entry(name)
            .or_insert_with(|| RegistryCopy::new(news.place.clone()))
            .add(news, fact);
    }
}

impl RegistryCopy {
    fn new(place: Place) -> Self {
        Self {
            place,
            pushed_at: None,
            origin: None,
            state: State {
                name: StateName::Present,
                since: None,
            },
            tags: BTreeMap::new(),
            untagged: None,
            storage: None,
            scans: BTreeMap::new(),
            coverage: None,
        }
    }

    fn add(&mut self, news: &News<'_>, fact: &Fact) {
        match fact {
            Fact::Pushed { tag, origin, .. } => {
                let first = self.pushed_at.map_or(news.at, |it| it.min(news.at));
                self.pushed_at = Some(first);
                if let Some(origin) = origin {
                    Latest::settle(&mut self.origin, news.latest(origin.clone()));
                }
                self.mark(tag.as_deref(), news.latest(TagMark::Pushed));
            }
            Fact::Deleted { tag } => self.mark(tag.as_deref(), news.latest(TagMark::Deleted)),
            Fact::Stored(class) => Latest::settle(&mut self.storage, news.latest(*class)),
            Fact::Scanned(scan) => {
                let mut slot = self.scans.remove(&scan.scanner);
                Latest::settle(&mut slot, news.latest(scan.clone()));
                self.scans.extend(slot.map(|it| (scan.scanner, it)));
            }
            Fact::Covered(coverage) => {
                Latest::settle(&mut self.coverage, news.latest(coverage.clone()));
            }
            // Kept in an item of its own.
            Fact::Vulnerable(_) => {}
        }
        self.state = self.judged();
    }

    fn mark(&mut self, tag: Option<&str>, mark: Latest<TagMark>) {
        let Some(tag) = tag else {
            return Latest::settle(&mut self.untagged, mark);
        };
        let mut slot = self.tags.remove(tag);
        Latest::settle(&mut slot, mark);
        self.tags.extend(slot.map(|it| (tag.to_owned(), it)));
        if self.tags.len() > TAGS {
            let oldest = self.tags.iter().min_by_key(|(_, it)| it.order());
            let oldest = oldest.map(|(tag, _)| tag.clone());
            self.tags.retain(|tag, _| Some(tag) != oldest.as_ref());
        }
    }

    /// What became of it: a deletion without a tag takes the image and all of
    /// its tags, one with a tag only that tag, and the image with the last of them.
    fn judged(&self) -> State {
        let marks = || self.tags.values().chain(&self.untagged);
        let newest = marks().max_by_key(|it| it.order());
        let wiped = self.untagged.as_ref();
        let wiped = wiped.filter(|it| it.what == TagMark::Deleted);
        let has_tag = self.tags.values().any(|it| {
            it.what == TagMark::Pushed && wiped.is_none_or(|wiped| wiped.order() < it.order())
        });
        if let Some(newest) = newest.filter(|it| it.what == TagMark::Deleted && !has_tag) {
            return State {
                name: StateName::Deleted,
                since: Some(newest.at),
            };
        }
        let pushed = marks()
            .filter(|it| it.what == TagMark::Pushed)
            .max_by_key(|it| it.order());
        let stored = self.storage.as_ref();
        let stored = stored.filter(|it| pushed.is_none_or(|pushed| pushed.order() < it.order()));
        match (stored, pushed) {
            (Some(stored), _) => State {
                name: match stored.what {
                    StorageClass::Archive => StateName::Archived,
                    StorageClass::Standard => StateName::Present,
                },
                since: Some(stored.at),
            },
            (None, pushed) => State {
                name: StateName::Present,
                since: pushed.map(|it| it.at),
            },
        }
    }
}
