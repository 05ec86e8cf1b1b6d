//! Where schemas are kept from one look to the next.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;

/// Keeps documents by keys that name their content, so what is kept is never out of date. It only saves requests: what
/// it cannot give is fetched again, and what it cannot keep is not kept.
#[async_trait]
pub trait Cache: Send + Sync {
    /// The document of a key, if it is there.
    async fn get(&self, key: &str) -> Option<Bytes>;

    /// Keeps a document.
    async fn put(&self, key: &str, document: &Bytes);
}

/// How the name of a file begins that is not written whole yet.
const PART: &str = ".schema-";

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCache;

#[async_trait]
impl Cache for NoCache {
    async fn get(&self, _key: &str) -> Option<Bytes> {
        None
    }

    async fn put(&self, _key: &str, _document: &Bytes) {}
}

/// Keeps each document as a file of a directory, `KEY.json`. Several processes may share it.
#[derive(Clone, Debug)]
pub struct DiskCache {
    directory: PathBuf,
    cap: u64,
}

impl DiskCache {
    /// The bytes that all documents together have at most, unless told otherwise: those of a few large clusters.
    const CAP: u64 = 256 * 1024 * 1024;

    /// In a directory, which is made when it is first needed.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            cap: Self::CAP,
        }
    }

    /// With another limit, in bytes. The oldest documents make room.
    #[must_use]
    pub fn with_cap(self, cap: u64) -> Self {
        Self { cap, ..self }
    }

    /// Keys come from the server: what is not plainly a hash is no name of a file.
    fn file(&self, key: &str) -> Option<PathBuf> {
        let is_hash =
            (16..=128).contains(&key.len()) && key.bytes().all(|it| it.is_ascii_alphanumeric());
        is_hash.then(|| self.directory.join(format!("{key}.json")))
    }

    async fn on_disk<T: Send + 'static>(
        &self,
        key: &str,
        work: impl FnOnce(Self, PathBuf) -> Option<T> + Send + 'static,
    ) -> Option<T> {
        let (cache, file) = (self.clone(), self.file(key)?);
        let done = tokio::task::spawn_blocking(move || work(cache, file));
        done.await.ok().flatten()
    }

    fn write(&self, file: &Path, document: &[u8]) -> io::Result<()> {
        if document.len() as u64 > self.cap {
            return Ok(());
        }
        fs::create_dir_all(&self.directory)?;
        // A process that is ended while it writes leaves no half of a document under the name.
        let mut part = tempfile::Builder::new()
            .prefix(PART)
            .tempfile_in(&self.directory)?;
        part.write_all(document)?;
        part.persist(file).map_err(|failed| failed.error)?;
        self.make_room()
    }

    fn make_room(&self) -> io::Result<()> {
        let mut files: Vec<(SystemTime, u64, PathBuf)> = fs::read_dir(&self.directory)?
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let about = entry.metadata().ok()?;
                let path = entry.path();
                // What a process left that was ended while it wrote makes room too.
                let is_part = entry
                    .file_name()
                    .as_encoded_bytes()
                    .starts_with(PART.as_bytes());
                let is_whole = path.extension().is_some_and(|it| it == "json");
                let ours = about.is_file() && (is_part || is_whole);
                ours.then_some((about.modified().ok()?, about.len(), path))
            })
            .collect();
        files.sort_unstable();
        let mut bytes: u64 = files.iter().map(|it| it.1).sum();
        for (_, size, path) in files {
            if bytes <= self.cap {
                break;
            }
            // Another process may have been faster.
            _ = fs::remove_file(path);
            bytes -= size;
        }
        Ok(())
    }
}

#[async_trait]
impl Cache for DiskCache {
    async fn get(&self, key: &str) -> Option<Bytes> {
        self.on_disk(key, |cache, file| {
            let size = fs::metadata(&file).ok()?.len();
            if size > cache.cap {
                return None;
            }
            fs::read(file).ok().map(Bytes::from)
        })
        .await
    }

    async fn put(&self, key: &str, document: &Bytes) {
        let document = document.clone();
        self.on_disk(key, move |cache, file| cache.write(&file, &document).ok())
            .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789ABCDEF0123456789ABCDEF";

    #[tokio::test]
    async fn what_was_put_is_there_for_the_next_process() {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path().join("made/when/needed");
        let document = Bytes::from_static(b"{}");
        assert_eq!(DiskCache::new(&at).get(KEY).await, None);
        DiskCache::new(&at).put(KEY, &document).await;
        assert_eq!(DiskCache::new(&at).get(KEY).await, Some(document));
        let names: Vec<_> = fs::read_dir(at)
            .unwrap()
            .map(|it| it.unwrap().file_name())
            .collect();
        assert_eq!(names, [format!("{KEY}.json").as_str()]);
    }

    #[tokio::test]
    async fn a_key_that_is_no_hash_is_no_file() {
        let directory = tempfile::tempdir().unwrap();
        let cache = DiskCache::new(directory.path());
        for key in [
            "../../../../../../tmp/evil",
            "short",
            "0123456789abcdef/0123456789",
            "",
        ] {
            cache.put(key, &Bytes::from_static(b"{}")).await;
            assert_eq!(cache.get(key).await, None, "{key}");
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn the_oldest_documents_make_room() {
        let directory = tempfile::tempdir().unwrap();
        let cache = DiskCache::new(directory.path()).with_cap(250);
        let document = Bytes::from(vec![b' '; 100]);
        let keys = ["a", "b", "c"].map(|it| it.repeat(20));
        for (age, key) in keys.iter().enumerate() {
            cache.put(key, &document).await;
            if let Ok(file) = fs::File::options()
                .write(true)
                .open(cache.file(key).unwrap())
            {
                let before = SystemTime::now() - std::time::Duration::from_secs(100 - age as u64);
                file.set_modified(before).unwrap();
            }
        }
        let kept: Vec<bool> = {
            let mut kept = Vec::new();
            for key in &keys {
                kept.push(cache.get(key).await.is_some());
            }
            kept
        };
        assert_eq!(kept, [false, true, true]);
        cache
            .put(&"d".repeat(20), &Bytes::from(vec![b' '; 251]))
            .await;
        assert_eq!(cache.get(&"d".repeat(20)).await, None);
    }
}
