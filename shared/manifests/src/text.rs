//! Bytes as text, and names as they are shown.

/// The text of a file: without byte order mark, lines ended as kubectl ends them.
/// An error says what is wrong and on which line.
pub(crate) fn decode(bytes: &[u8]) -> Result<String, (usize, String)> {
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest)?,
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        _ => utf8(bytes)?,
    };
    if text.contains('\r') {
        return Ok(text.replace("\r\n", "\n"));
    }
    Ok(text)
}

fn utf8(bytes: &[u8]) -> Result<String, (usize, String)> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let before = &bytes[..error.valid_up_to()];
            let line = before.iter().filter(|it| **it == b'\n').count() + 1;
            let problem =
                "is not UTF-8, and kubectl would apply it damaged; save the file as UTF-8";
            Err((line, problem.to_owned()))
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, (usize, String)> {
    let broken = || {
        (
            1,
            "begins as UTF-16 and is none; save the file as UTF-8".to_owned(),
        )
    };
    if !bytes.len().is_multiple_of(2) {
        return Err(broken());
    }
    let units = bytes.chunks_exact(2).map(|it| unit([it[0], it[1]]));
    char::decode_utf16(units)
        .collect::<Result<String, _>>()
        .map_err(|_| broken())
}

/// A name as it is shown: control characters, and those that turn the direction
/// of writing, as escapes.
pub(crate) fn shown(name: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    for c in name.chars() {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || turns {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}
