//! Where in a resource a difference stands.

use domain::judge::Comparison;
use domain::pointer;
use serde_json::Value;

/// The path and each of its containers, the outermost first, without the root.
pub(crate) fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/')
        .map(|(at, _)| at)
        .skip(1)
        .chain(std::iter::once(path.len()))
        .filter_map(|end| path.get(..end))
        .filter(|prefix| !prefix.is_empty())
}

/// The last segment of a path, unescaped.
pub(crate) fn last(path: &str) -> String {
    pointer::segments(path).last().unwrap_or_default()
}

/// Whether one of the path's segments is one of the names.
pub(crate) fn passes(path: &str, names: &[&str]) -> bool {
    pointer::segments(path).any(|segment| names.contains(&segment.as_str()))
}

/// Whether a path fits a pattern in which `*` stands for the index of a list.
pub(crate) fn fits(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some("*"), Some(index)) if is_index(index) => {}
            (Some(one), Some(other)) if one == other => {}
            _ => return false,
        }
    }
}

/// Whether a segment is the index of a list.
pub(crate) fn is_index(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit())
}

/// What both sides have at a path that is the difference's own or contains it.
pub(crate) fn both<'c>(comparison: &Comparison<'c>, path: &str) -> Option<(&'c Value, &'c Value)> {
    if path == comparison.difference.path {
        let difference = comparison.difference;
        return Some((difference.expected.as_ref()?, difference.actual.as_ref()?));
    }
    Some((
        pointer::get(comparison.expected, path)?,
        pointer::get(comparison.actual, path)?,
    ))
}

/// An item of a list on a path: the index, and what of the path is below it.
pub(crate) fn item<'p>(path: &'p str, list: &str) -> Option<(usize, &'p str)> {
    let rest = path.strip_prefix(list)?.strip_prefix('/')?;
    let (index, below) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    is_index(index)
        .then(|| index.parse().ok())
        .flatten()
        .map(|index| (index, below))
}
