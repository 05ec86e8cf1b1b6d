//! What a file in order asks for that this version cannot do yet.

use super::path::Path;
use super::{Loaded, Problem};
use crate::config::ComesLater;

impl Loaded {
    /// The channels that this version cannot reach, in the order of the file.
    /// No part of [`Loaded::warnings`]: a scan from a shell tells nobody.
    #[must_use]
    pub fn channels_of_later(&self) -> Vec<Problem> {
        let channels = Path::root().key("notify").key("channels");
        let named = self.config.notify.channels.iter();
        let mut later: Vec<Problem> = named
            .filter_map(|(name, channel)| {
                let later = channel.reached().err()?;
                let path = later
                    .keys
                    .iter()
                    .fold(channels.key(name), |path, key| path.key(key));
                Some(self.warning(&path, later))
            })
            .collect();
        later.sort_by_key(|it| it.place);
        later
    }

    fn warning(&self, path: &Path, later: ComesLater) -> Problem {
        let place = self.root.place_of_key(path);
        Problem {
            file: self.file.clone(),
            place: Some((place.line, place.column)),
            path: path.to_string(),
            message: format!(
                "{} comes with a later version of Plumbline; until then every message to this channel \
                 ends as a dead letter; {}",
                later.kind,
                ComesLater::INSTEAD
            ),
        }
    }
}
