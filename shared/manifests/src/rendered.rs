//! What another program rendered.

use domain::ports::{Manifest, Manifests};

use crate::files::{self, File};
use crate::limits::Budget;

/// Reads what a program rendered: documents as of one YAML file. `name` says what
/// rendered them, and is the file of every place.
#[must_use]
pub fn read_rendered(name: &str, output: Vec<u8>) -> Manifests {
    keep(name, output, |_| true)
}

/// The same, of the objects that are to be kept.
pub(crate) fn keep(
    name: &str,
    output: Vec<u8>,
    mut keep: impl FnMut(&Manifest) -> bool,
) -> Manifests {
    let mut out = Manifests::default();
    let file = File {
        name: name.to_owned(),
        content: Ok(output),
    };
    files::read_one(file, &mut Budget::default(), &mut out);
    out.objects.retain(|manifest| keep(manifest));
    files::finish(out)
}
