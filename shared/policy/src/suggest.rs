//! What somebody who mistyped a name may have meant.

use std::fmt;

/// The end of an error message about an unknown name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// One name is near enough to be meant.
    DidYouMean(String),
    /// None is; these are all there are.
    Known(Vec<String>),
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Hint::DidYouMean(name) => write!(f, "; did you mean {name:?}?"),
            Hint::Known(names) if names.is_empty() => f.write_str("; there is none"),
            Hint::Known(names) => write!(f, "; known: {}", names.join(", ")),
        }
    }
}

/// The known name nearest to a mistyped one, or all of them where none is near.
pub(crate) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Hint {
    let known: Vec<&str> = known.into_iter().collect();
    match near(name, &known) {
        Some(best) => Hint::DidYouMean(best.to_owned()),
        None => Hint::Known(known.into_iter().map(str::to_owned).collect()),
    }
}

/// The known name that is near enough to be meant: a third of its letters may be
/// wrong, and capitals and hyphens do not count.
pub(crate) fn near<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_'], "");
    let name = plain(name);
    known
        .iter()
        .map(|candidate| {
            let plain = plain(candidate);
            let distance = strsim::damerau_levenshtein(&name, &plain);
            (distance, plain.chars().count(), *candidate)
        })
        .filter(|(distance, length, _)| *distance <= (length / 3).max(1))
        .min_by_key(|(distance, ..)| *distance)
        .map(|(.., candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_swapped_left_out_or_capitalised_are_understood() {
        let known = ["cloudformation", "kubernetes", "maxAge"];
        for (typed, meant) in [
            ("cloudformatoin", "cloudformation"),
            ("CloudFormation", "cloudformation"),
            ("kubernets", "kubernetes"),
            ("max-age", "maxAge"),
            ("max_age", "maxAge"),
        ] {
            assert_eq!(
                nearest(typed, known).to_string(),
                format!("; did you mean {meant:?}?")
            );
        }
    }

    #[test]
    fn a_name_that_is_near_to_nothing_gets_the_whole_list() {
        assert_eq!(nearest("zzz", ["a", "bcd"]).to_string(), "; known: a, bcd");
        assert_eq!(nearest("zzz", []).to_string(), "; there is none");
    }
}
