//! Two values side by side in little room.

use crate::text;

/// How much of what two long values have in common is shown before they part.
const CONTEXT: usize = 8;

/// Cuts two cleaned values to `columns` together. What one does not need the
/// other may have, and where both begin alike for longer than is shown, both
/// begin shortly before they part: or a cut would hide the difference.
pub(crate) fn fit(
    expected: &str,
    actual: &str,
    columns: usize,
    ellipsis: &str,
) -> (String, String) {
    let half = columns / 2;
    let fits = text::width(expected) + text::width(actual) <= columns;
    let skip = if fits {
        0
    } else {
        alike(expected, actual, half)
    };
    let side = |value: &str| match skip {
        0 => value.to_owned(),
        skip => format!("{ellipsis}{}", &value[skip..]),
    };
    let (expected, actual) = (side(expected), side(actual));
    let wanted = (text::width(&expected), text::width(&actual));
    let share = if wanted.0 <= half {
        (wanted.0, columns - wanted.0)
    } else if wanted.1 <= half {
        (columns - wanted.1, wanted.1)
    } else {
        (half, columns - half)
    };
    (
        text::fit(&expected, share.0, ellipsis).into_owned(),
        text::fit(&actual, share.1, ellipsis).into_owned(),
    )
}

/// How many bytes to leave out of both values' beginning, so that where they
/// part is within the first `columns`; 0 where it is anyway.
fn alike(one: &str, other: &str, columns: usize) -> usize {
    let common = one.char_indices().zip(other.chars());
    let same: Vec<usize> = common
        .take_while(|((_, a), b)| a == b)
        .map(|((at, _), _)| at)
        .collect();
    if same.len() + CONTEXT / 2 < columns {
        return 0;
    }
    same.len()
        .checked_sub(CONTEXT)
        .and_then(|at| same.get(at).copied())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_never_hides_where_two_values_part() {
        let common = "a".repeat(100);
        let (expected, actual) = fit(
            &format!("{common}1 end"),
            &format!("{common}2 end"),
            40,
            "…",
        );
        assert_eq!(expected, "…aaaaaaaa1 end");
        assert_eq!(actual, "…aaaaaaaa2 end");
    }

    #[test]
    fn what_one_side_does_not_need_the_other_may_have() {
        let (expected, actual) = fit("1", &"x".repeat(30), 20, "…");
        assert_eq!(expected, "1");
        assert_eq!(actual, format!("{}…", "x".repeat(18)));
    }

    #[test]
    fn values_that_fit_are_whole() {
        assert_eq!(
            fit("aaaaaaaaaaaa1", "aaaaaaaaaaaa2", 26, "…").0,
            "aaaaaaaaaaaa1"
        );
    }
}
