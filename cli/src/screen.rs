//! What goes to the terminal: data on standard output, everything else on standard error.

use std::io::{self, IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};
use render::Style;

/// How the terminal on standard output may be written to.
pub(crate) fn style(strict: bool) -> Style {
    let terminal = io::stdout().is_terminal();
    Style {
        color: terminal && AutoStream::choice(&io::stdout()) != ColorChoice::Never,
        width: terminal
            .then(terminal_size::terminal_size)
            .flatten()
            .map(|(width, _)| usize::from(width.0)),
        unicode: speaks_unicode(),
        strict,
    }
}

/// Whether the locale says that more than ASCII can be shown; a pipe is always UTF-8.
fn speaks_unicode() -> bool {
    if !io::stdout().is_terminal() {
        return true;
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .unwrap_or_default()
        .to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// Writes data to standard output. A reader that went away (`| head`) is no error.
///
/// # Errors
///
/// Where the output cannot be written, a full disk for one.
pub(crate) fn print(data: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let written = out.write_all(data.as_bytes()).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Text without anything that could drive a terminal; names come from outside.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\n' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// Writes a sentence to standard error. If even that fails there is nobody to tell.
pub(crate) fn tell(kind: &str, sentence: &str) {
    let _ = writeln!(io::stderr(), "{kind}: {}", clean(sentence));
}
