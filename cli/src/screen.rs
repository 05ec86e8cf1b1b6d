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

/// Text in which nothing acts, with its lines kept: what could drive a terminal,
/// or turn round what stands beside it, is written out as `\u{1b}`. Names come
/// from outside.
pub(crate) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\n' && acts(c) {
            cleaned.extend(c.escape_unicode());
        } else {
            cleaned.push(c);
        }
    }
    cleaned
}

/// Whether a terminal obeys a character rather than showing it: controls, and
/// the marks, embeddings, overrides and isolates of writing directions.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Writes a sentence to standard error. If even that fails there is nobody to tell.
pub(crate) fn tell(kind: &str, sentence: &str) {
    let _ = writeln!(io::stderr(), "{kind}: {}", clean(sentence));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_written_out_and_lines_stay() {
        assert_eq!(clean("a\x1b[31mb\nc\r\t"), "a\\u{1b}[31mb\nc\\u{d}\\u{9}");
        for c in "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\u{9b}".chars() {
            assert_eq!(clean(&format!("a{c}b")), format!("a{}b", c.escape_unicode()));
        }
        assert_eq!(clean("größe שלום …"), "größe שלום …");
    }
}
