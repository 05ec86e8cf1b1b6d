//! RFC 6901 paths into JSON values.

use serde_json::Value;

/// The value at a JSON pointer, or `None`. The empty pointer is the whole value.
#[must_use]
pub fn get<'v>(value: &'v Value, pointer: &str) -> Option<&'v Value> {
    value.pointer(pointer)
}

/// The reference tokens of a pointer, unescaped.
pub fn segments(pointer: &str) -> impl Iterator<Item = String> + '_ {
    pointer
        .split('/')
        .skip(1)
        .map(|segment| segment.replace("~1", "/").replace("~0", "~"))
}

/// The pointer to the container of what `pointer` points at, and the last
/// segment as it stands (escaped); `None` at the root.
#[must_use]
pub fn parent(pointer: &str) -> Option<(&str, &str)> {
    pointer.rsplit_once('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn segments_are_unescaped_in_the_order_of_the_rfc() {
        assert_eq!(segments("/a~1b/~01").collect::<Vec<_>>(), ["a/b", "~1"]);
        assert_eq!(segments("").count(), 0);
    }

    #[test]
    fn a_pointer_reaches_into_lists() {
        assert_eq!(get(&json!({"T": [{"K": 1}]}), "/T/0/K"), Some(&json!(1)));
        assert_eq!(parent("/T/0/K"), Some(("/T/0", "K")));
        assert_eq!(parent(""), None);
    }
}
