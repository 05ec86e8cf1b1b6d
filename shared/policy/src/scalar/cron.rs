//! Times that recur.

use super::Said;

/// The fields with their names, bounds, and the words that stand for numbers.
const FIELDS: [(&str, u32, u32, &[&str]); 5] = [
    ("minute", 0, 59, &[]),
    ("hour", 0, 23, &[]),
    ("day of month", 1, 31, &[]),
    (
        "month",
        1,
        12,
        &[
            "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
        ],
    ),
    (
        "day of week",
        0,
        7,
        &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    ),
];

pub(super) fn check(text: &str) -> Said {
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(format!(
            "{text:?} has {} fields; write minute, hour, day of month, month and day of week: \"0 18 * * FRI\"",
            fields.len()
        ));
    }
    for (field, (name, low, high, words)) in fields.into_iter().zip(FIELDS) {
        let wrong = || {
            format!(
                "{field:?} is no {name}; it is *, or from {low} to {high}, or a list (1,2), range (1-3) or step (*/5) of them"
            )
        };
        for part in field.split(',') {
            let (range, step) = part
                .split_once('/')
                .map_or((part, None), |(r, s)| (r, Some(s)));
            if step.is_some_and(|step| !step.parse::<u32>().is_ok_and(|n| (1..=high).contains(&n)))
            {
                return Err(wrong());
            }
            if range == "*" {
                continue;
            }
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            let number = |word: &str| number(word, low, words).filter(|n| (low..=high).contains(n));
            match (number(from), number(to)) {
                (Some(from), Some(to)) if from <= to => {}
                _ => return Err(wrong()),
            }
        }
    }
    Ok(None)
}

fn number(word: &str, low: u32, words: &[&str]) -> Option<u32> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        return word.parse().ok();
    }
    let position = words
        .iter()
        .position(|known| word.eq_ignore_ascii_case(known))?;
    u32::try_from(position).ok().map(|position| position + low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_five_fields_are_checked_one_by_one() {
        for text in [
            "0 18 * * FRI",
            "*/5 0-6 1,15 JAN-MAR 1-5",
            "59 23 31 12 7",
            "0 0 * * sat,sun",
        ] {
            assert_eq!(check(text), Ok(None), "{text}");
        }
        for (text, named) in [
            ("0 18 * *", "4 fields"),
            ("60 18 * * *", "minute"),
            ("0 24 * * *", "hour"),
            ("0 0 0 * *", "day of month"),
            ("0 0 * 13 *", "month"),
            ("0 0 * * FRY", "day of week"),
            ("0 0 * * 5-1", "day of week"),
            ("*/0 0 * * *", "minute"),
            (", 0 * * *", "minute"),
        ] {
            assert!(check(text).unwrap_err().contains(named), "{text}");
        }
    }
}
