//! Answers as JSON.

use serde::de::DeserializeOwned;

/// Levels that an answer has at most. The parser's own limit of 128 is too few for a list of the largest definitions,
/// and none at all would let one hostile object end the process.
const DEEPEST: usize = 400;

/// Reads an answer. The error says where it breaks, and never what is there: the parser's own words would quote values.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let first = match serde_json::from_slice(bytes) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let deep = depth(bytes);
    if deep > DEEPEST {
        return Err(format!("it is nested deeper than {DEEPEST} levels"));
    }
    let broken =
        |error: &serde_json::Error| format!("line {}, column {}", error.line(), error.column());
    // Only depth can make the second reading better than the first.
    if deep < 100 {
        return Err(broken(&first));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    reader.disable_recursion_limit();
    let value = T::deserialize(&mut reader).map_err(|error| broken(&error))?;
    reader.end().map_err(|error| broken(&error))?;
    Ok(value)
}

/// How many lists and objects are open at a time at most.
fn depth(bytes: &[u8]) -> usize {
    let (mut deepest, mut open) = (0_usize, 0_usize);
    let (mut quoted, mut escaped) = (false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                open += 1;
                deepest = deepest.max(open);
            }
            b'}' | b']' if !quoted => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn nested(levels: usize) -> String {
        format!("{}1{}", "[".repeat(levels), "]".repeat(levels))
    }

    #[test]
    fn an_answer_may_be_deeper_than_the_parsers_own_limit_and_not_without_end() {
        for (levels, readable) in [
            (1, true),
            (127, true),
            (128, true),
            (400, true),
            (401, false),
            (1_000_000, false),
        ] {
            let read = read::<Value>(nested(levels).as_bytes());
            assert_eq!(read.is_ok(), readable, "{levels}");
        }
        let trailing = format!("{} x", nested(200));
        assert!(read::<Value>(trailing.as_bytes()).is_err());
    }

    #[test]
    fn brackets_in_strings_do_not_count() {
        assert_eq!(depth(br#"{"a[[[": "\"[[", "b": [{}]}"#), 3);
    }

    #[test]
    fn an_error_quotes_nothing() {
        let error = read::<Vec<u8>>(br#"["secret-value"]"#).unwrap_err();
        assert_eq!(error, "line 1, column 15");
    }
}
