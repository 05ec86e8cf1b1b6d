//! How much is read. A source is a user's own, but one file of it may be a mistake or a bomb.

/// The largest file, in bytes. The API server takes objects of about 3 MiB, so
/// no manifest is near it.
pub const LARGEST_FILE: usize = 32 << 20;

/// All files of a source together, in bytes.
pub const LARGEST_SOURCE: usize = 64 << 20;

/// The files of a source.
pub const MOST_FILES: usize = 50_000;

/// The documents of a source, entries of lists counted one by one.
pub const MOST_DOCUMENTS: usize = 100_000;

/// The deepest nesting of a document, the same as that of the API server's
/// answers when they are read.
pub(crate) const DEEPEST: usize = 127;

/// The nodes and the bytes of text that one document may become, aliases expanded.
const DOCUMENT: (usize, usize) = (1_000_000, LARGEST_FILE);

/// The same of all documents of a source.
const SOURCE: (usize, usize) = (5_000_000, 4 * LARGEST_SOURCE);

/// What is left to be read.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    document: (usize, usize),
    source: (usize, usize),
    documents: usize,
}

impl Budget {
    /// Begins a document.
    pub(crate) fn begin(&mut self) -> Result<(), String> {
        self.document = (0, 0);
        self.count(1)
    }

    /// Counts entries of a list as the documents that they are.
    pub(crate) fn count(&mut self, documents: usize) -> Result<(), String> {
        self.documents = self.documents.saturating_add(documents);
        if self.documents > MOST_DOCUMENTS {
            return Err(format!(
                "is not read: the source holds more than {MOST_DOCUMENTS} documents; name a smaller one"
            ));
        }
        Ok(())
    }

    /// Nodes and bytes of text that the present document took.
    pub(crate) fn spent(&self) -> (usize, usize) {
        self.document
    }

    /// Takes nodes and bytes of text.
    pub(crate) fn take(&mut self, nodes: usize, bytes: usize) -> Result<(), String> {
        for (spent, most, whose) in [
            (&mut self.document, DOCUMENT, "the document"),
            (&mut self.source, SOURCE, "the source so far"),
        ] {
            spent.0 = spent.0.saturating_add(nodes);
            spent.1 = spent.1.saturating_add(bytes);
            if spent.0 > most.0 || spent.1 > most.1 {
                return Err(format!(
                    "is too large: with its aliases expanded, {whose} has more than {} nodes or {} MiB of text",
                    most.0,
                    most.1 >> 20
                ));
            }
        }
        Ok(())
    }
}
