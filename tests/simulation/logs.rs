//! What the handlers log, looked at for what must not be there.

use std::cell::RefCell;
use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::cloud::MARKER;

thread_local! {
    /// The first line with a secret value in it.
    static LEAK: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Lives a world with its logs read along; gives the line that holds a secret value, if one does.
pub(crate) fn read_along<T>(live: impl FnOnce() -> T) -> (T, Option<String>) {
    LEAK.with_borrow_mut(|leak| *leak = None);
    let lived = tracing::subscriber::with_default(Reader, live);
    (lived, LEAK.with_borrow_mut(Option::take))
}

/// Reads every event, and keeps none.
struct Reader;

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, "{field}={value:?} ");
    }
}

impl Subscriber for Reader {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        if line.0.contains(MARKER) {
            LEAK.with_borrow_mut(|leak| {
                leak.get_or_insert(line.0);
            });
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
