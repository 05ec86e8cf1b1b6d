//! How far a scan is, on standard error and only on a terminal.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use domain::judge::Judged;
use indicatif::{ProgressBar, ProgressStyle};

use crate::screen;

/// A scan's progress.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A progress bar, or nothing where standard error is no terminal.
    pub(crate) fn on_terminal() -> Self {
        if !io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template(
            "{spinner} {pos}/{len} stacks {bar:24} {elapsed} {wide_msg}",
        ) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// So many more units were found.
    pub(crate) fn found(&self, units: usize) {
        self.0.inc_length(units as u64);
    }

    /// One unit is done.
    pub(crate) fn done(&self, judged: &Judged) {
        self.0.inc(1);
        self.0.set_message(screen::clean(&judged.unit.name));
    }

    /// Takes the bar away, so that the report stands alone.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
