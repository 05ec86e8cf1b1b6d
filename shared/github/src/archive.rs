//! A commit's files, as GitHub packs them. A repository is a user's own, but
//! what it holds may be a mistake or a bomb.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use domain::ports::{PortError, PortErrorKind};
use flate2::bufread::GzDecoder;

const OP: &str = "github:GetArchive";

/// What may stand between two files: headers, and names too long for them.
const BETWEEN: u64 = 256 << 10;

/// Links to links that are followed.
const LONGEST_CHAIN: usize = 5;

/// How large a commit's archive may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The archive, packed, in bytes.
    pub packed: usize,
    /// All of its files, in bytes, those that are passed over too.
    pub unpacked: u64,
    /// Its files, directories and links.
    pub files: usize,
    /// The files of one source that are held in memory, in bytes.
    pub held: usize,
}

impl Default for Limits {
    /// 64 MiB packed, 512 MiB unpacked, 100,000 files, 64 MiB held: what a
    /// function has room for.
    fn default() -> Self {
        Self {
            packed: 64 << 20,
            unpacked: 512 << 20,
            files: 100_000,
            held: manifests::LARGEST_SOURCE,
        }
    }
}

/// A commit's files, packed.
#[derive(Clone)]
pub struct Archive {
    /// What errors call it: `owner/name at COMMIT`.
    pub(crate) name: String,
    pub(crate) packed: Bytes,
    pub(crate) limits: Limits,
}

/// Files of an archive.
#[derive(Default)]
pub struct Files {
    /// By their paths in the repository.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Links that lead to no file of the archive, by their paths, with where they lead.
    pub dangling: BTreeMap<String, String>,
    /// Whether anything at all lies at or below the path.
    pub is_there: bool,
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive")
            .field("name", &self.name)
            .field("packed", &self.packed.len())
            .finish_non_exhaustive()
    }
}

/// Manifests may hold secrets, so not even a debug print shows them.
impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files")
            .field("files", &self.files.len())
            .field("is_there", &self.is_there)
            .finish_non_exhaustive()
    }
}

/// What an entry is.
enum Entry {
    File,
    /// A symbolic link and where it leads.
    Link(String),
    Directory,
}

impl Archive {
    /// The files at or below a path that are wanted, links to files of the
    /// archive followed. A file above [`manifests::LARGEST_FILE`] is cut one
    /// byte after that, so that it shows. Takes time: not for an async thread.
    ///
    /// # Errors
    ///
    /// [`PortErrorKind::TooLarge`] above a limit, [`PortErrorKind::Unavailable`]
    /// where the archive is damaged or cut off.
    pub fn files(&self, path: &str, wanted: impl Fn(&str) -> bool) -> Result<Files, PortError> {
        let mut found = Files::default();
        let mut links: BTreeMap<String, String> = BTreeMap::new();
        let mut held = 0;
        self.each(|name, entry, content| {
            if let Entry::Link(target) = &entry {
                links.insert(name.to_owned(), target.clone());
            }
            if !is_within(name, path) {
                return Ok(());
            }
            found.is_there = true;
            if matches!(entry, Entry::File) && (name == path || wanted(name)) {
                let content = self.hold(content, &mut held)?;
                found.files.insert(name.to_owned(), content);
            }
            Ok(())
        })?;
        let mut targets: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, target) in &links {
            if !is_within(name, path) || !(name == path || wanted(name)) {
                continue;
            }
            found.dangling.insert(name.clone(), target.clone());
            if let Some(end) = follow(name, &links) {
                targets.entry(end).or_default().push(name.clone());
            }
        }
        if targets.is_empty() {
            return Ok(found);
        }
        self.each(|name, entry, content| {
            let Some(names) = targets.get(name).filter(|_| matches!(entry, Entry::File)) else {
                return Ok(());
            };
            let content = self.hold(content, &mut held)?;
            for name in names {
                found.dangling.remove(name);
                found.files.insert(name.clone(), content.clone());
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Writes all files below a directory that exists. Links are made last, and
    /// only those that lead to something inside it: no file is ever written
    /// through one. Takes time: not for an async thread.
    ///
    /// # Errors
    ///
    /// As of [`Archive::files`]; [`PortErrorKind::Unavailable`] where the disk fails.
    pub fn unpack(&self, to: &Path) -> Result<(), PortError> {
        let failed = |error: &io::Error| {
            let what = format!("cannot be unpacked: {}", error.kind());
            self.error(PortErrorKind::Unavailable, &what)
        };
        let to = fs::canonicalize(to).map_err(|error| failed(&error))?;
        let mut links = Vec::new();
        self.each(|name, entry, content| {
            let path = to.join(name);
            match entry {
                Entry::Directory => fs::create_dir_all(&path).map_err(|error| failed(&error)),
                Entry::Link(target) => {
                    links.push((path, target));
                    Ok(())
                }
                Entry::File => {
                    let parent = path.parent().unwrap_or(&to);
                    fs::create_dir_all(parent).map_err(|error| failed(&error))?;
                    let mut file = fs::File::create(&path).map_err(|error| failed(&error))?;
                    match io::copy(content, &mut file) {
                        Ok(_) => Ok(()),
                        Err(error) => Err(self.broken(&error)),
                    }
                }
            }
        })?;
        // A link may lead to another that is made after it.
        for _ in 0..LONGEST_CHAIN {
            links.retain(|(path, target)| !link(&to, path, target));
        }
        Ok(())
    }

    /// Reads a file as far as it is kept.
    fn hold(&self, content: &mut dyn Read, held: &mut usize) -> Result<Vec<u8>, PortError> {
        let mut bytes = Vec::new();
        let most = u64::try_from(manifests::LARGEST_FILE).unwrap_or(u64::MAX);
        content
            .take(most.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|error| self.broken(&error))?;
        *held += bytes.len();
        if *held > self.limits.held {
            let what = format!(
                "holds more than {} MiB of manifests there; name a smaller directory",
                self.limits.held >> 20
            );
            return Err(self.error(PortErrorKind::TooLarge, &what));
        }
        Ok(bytes)
    }

    /// Goes through the entries, each under its path in the repository. What
    /// is neither file, link nor directory, or would lie outside, is passed over.
    fn each(
        &self,
        visit: impl FnMut(&str, Entry, &mut dyn Read) -> Result<(), PortError>,
    ) -> Result<(), PortError> {
        let meter = Meter::default();
        meter.granted.set(BETWEEN);
        meter.left.set(self.limits.unpacked);
        // What reads through the meter wraps its error, so the meter itself is asked.
        self.walk(&meter, visit).map_err(|error| {
            if !meter.is_spent.get() {
                return error;
            }
            let what = format!(
                "unpacks to more than {} MiB; Plumbline reads smaller repositories",
                self.limits.unpacked >> 20
            );
            self.error(PortErrorKind::TooLarge, &what)
        })
    }

    fn walk(
        &self,
        meter: &Meter,
        mut visit: impl FnMut(&str, Entry, &mut dyn Read) -> Result<(), PortError>,
    ) -> Result<(), PortError> {
        let mut archive = tar::Archive::new(Metered {
            inner: GzDecoder::new(&*self.packed),
            meter,
        });
        let mut count = 0;
        let entries = archive.entries().map_err(|error| self.broken(&error))?;
        for entry in entries {
            let mut entry = entry.map_err(|error| self.broken(&error))?;
            count += 1;
            if count > self.limits.files {
                let what = format!(
                    "has more than {} files; Plumbline reads smaller repositories",
                    self.limits.files
                );
                return Err(self.error(PortErrorKind::TooLarge, &what));
            }
            let kind = entry.header().entry_type();
            let path = entry.path_bytes();
            let path = std::str::from_utf8(&path).ok().and_then(inner);
            let what = match kind {
                _ if kind.is_file() => Some(Entry::File),
                _ if kind.is_dir() => Some(Entry::Directory),
                _ if kind.is_symlink() => entry
                    .link_name_bytes()
                    .and_then(|it| std::str::from_utf8(&it).ok().map(str::to_owned))
                    .map(Entry::Link),
                _ => None,
            };
            meter.granted.set(entry.size());
            if let (Some(path), Some(what)) = (path, what) {
                visit(&path, what, &mut entry)?;
            }
            // Here and not on the way to the next: that way is granted little.
            io::copy(&mut entry, &mut io::sink()).map_err(|error| self.broken(&error))?;
            meter.granted.set(BETWEEN);
        }
        // The checksum is at the very end.
        meter.granted.set(u64::MAX);
        let mut rest = archive.into_inner();
        io::copy(&mut rest, &mut io::sink()).map_err(|error| self.broken(&error))?;
        if count == 0 {
            return Err(self.error(PortErrorKind::Unavailable, "is an empty archive"));
        }
        Ok(())
    }

    fn broken(&self, _: &io::Error) -> PortError {
        self.error(
            PortErrorKind::Unavailable,
            "is damaged or cut off; it is downloaded anew next time",
        )
    }

    pub(crate) fn error(&self, kind: PortErrorKind, what: &str) -> PortError {
        PortError::new(kind, OP, format!("{} {what}", self.name))
    }
}

/// A path without the directory that GitHub puts everything into; `None` for
/// that itself and for what would lie outside.
fn inner(path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) | Component::ParentDir => return None,
        }
    }
    (parts.len() > 1).then(|| parts[1..].join("/"))
}

/// Whether a name is a path, or lies below it; everything lies below the root.
pub(crate) fn is_within(name: &str, path: &str) -> bool {
    path.is_empty()
        || name
            .strip_prefix(path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Where a link leads in the end, if not out of the archive or around in a circle.
fn follow(name: &str, links: &BTreeMap<String, String>) -> Option<String> {
    let mut name = name.to_owned();
    for _ in 0..LONGEST_CHAIN {
        let Some(target) = links.get(&name) else {
            return Some(name);
        };
        let mut path = PathBuf::from(&name);
        path.pop();
        for part in Path::new(target).components() {
            match part {
                Component::Normal(part) => path.push(part),
                Component::CurDir => {}
                Component::ParentDir if path.pop() => {}
                Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
            }
        }
        name = path.to_str()?.to_owned();
    }
    None
}

/// Makes a link to what it leads to in fact, if that is there and inside; whether it was made.
fn link(root: &Path, path: &Path, target: &str) -> bool {
    let Some(parent) = path.parent() else {
        return false;
    };
    // A parent that is a link itself was made by this function, and leads inside.
    let Ok(real) = fs::canonicalize(parent.join(target)) else {
        return false;
    };
    real.starts_with(root)
        && fs::create_dir_all(parent).is_ok()
        && std::os::unix::fs::symlink(real, path).is_ok()
}

/// How much may still be read.
#[derive(Default)]
struct Meter {
    /// Until more is granted.
    granted: Cell<u64>,
    /// In all.
    left: Cell<u64>,
    is_spent: Cell<bool>,
}

/// A reader that gives no more than was granted, nor than is left in all.
struct Metered<'a, R> {
    inner: R,
    meter: &'a Meter,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Meter { granted, left, .. } = self.meter;
        let most = granted.get().min(left.get());
        let length = usize::try_from(most).map_or(buffer.len(), |it| it.min(buffer.len()));
        if length == 0 && !buffer.is_empty() {
            self.meter.is_spent.set(true);
            return Err(io::Error::other("too large"));
        }
        let read = self.inner.read(&mut buffer[..length])?;
        let spent = u64::try_from(read).unwrap_or(u64::MAX);
        granted.set(granted.get().saturating_sub(spent));
        left.set(left.get().saturating_sub(spent));
        Ok(read)
    }
}
