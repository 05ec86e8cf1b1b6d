//! Base64 with the standard alphabet, as Secrets hold it.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The base64 of some bytes, padded.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            if at <= chunk.len() {
                let index = (bits >> (18 - 6 * at)) & 63;
                text.push(char::from(ALPHABET[index as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

/// The bytes of a base64 text, line breaks in it left out as the server leaves
/// them out; `None` where it is none.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let signs: Vec<u8> = text.bytes().filter(|it| !b"\r\n".contains(it)).collect();
    let padding = signs.iter().rev().take_while(|it| **it == b'=').count();
    if !signs.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(signs.len() / 4 * 3);
    let (mut bits, mut have) = (0_u32, 0_u32);
    for sign in &signs[..signs.len() - padding] {
        let index = ALPHABET.iter().position(|it| it == sign)?;
        bits = (bits << 6 | u32::try_from(index).ok()?) & 0xff_ffff;
        have += 6;
        if have >= 8 {
            have -= 8;
            bytes.push(u8::try_from(bits >> have & 0xff).ok()?);
        }
    }
    Some(bytes)
}
