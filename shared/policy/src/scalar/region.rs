//! AWS regions. The list lets a slip be told from a region that is newer than this version.

use super::Said;
use crate::suggest::{near, nearest};

/// The regions that this version knows.
const REGIONS: [&str; 40] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-west-1",
    "us-west-2",
];

/// The words that a region's name ends in, before its number.
const DIRECTIONS: [&str; 9] = [
    "central",
    "east",
    "north",
    "northeast",
    "northwest",
    "south",
    "southeast",
    "southwest",
    "west",
];

/// Known regions are fine. A name that is built like a region but not known is
/// a new region or a slip, so it is accepted with a warning; anything else is wrong.
pub(super) fn check(text: &str) -> Said {
    if REGIONS.contains(&text) {
        return Ok(None);
    }
    if is_built_like_one(text) {
        let hint = near(text, &REGIONS)
            .map(|meant| format!("; did you mean {meant:?}?"))
            .unwrap_or_default();
        return Ok(Some(format!(
            "{text:?} is no region that this version of Plumbline knows{hint}"
        )));
    }
    let hint = match near(text, &REGIONS) {
        Some(_) => nearest(text, REGIONS).to_string(),
        None => "; write it like eu-west-1".to_owned(),
    };
    Err(format!("{text:?} is no AWS region{hint}"))
}

fn is_built_like_one(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [area, between @ .., direction, number] = &parts[..] else {
        return false;
    };
    let letters = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    letters(area)
        && area.len() >= 2
        && between.iter().all(letters)
        && DIRECTIONS.contains(direction)
        && matches!(
            number.as_bytes(),
            [b'1'..=b'9'] | [b'1'..=b'9', b'0'..=b'9']
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_an_error_with_the_region_that_was_meant() {
        assert_eq!(
            check("us-esat-1").unwrap_err(),
            "\"us-esat-1\" is no AWS region; did you mean \"us-east-1\"?"
        );
        assert_eq!(
            check("EU-WEST-1").unwrap_err(),
            "\"EU-WEST-1\" is no AWS region; did you mean \"eu-west-1\"?"
        );
        assert_eq!(
            check("Frankfurt").unwrap_err(),
            "\"Frankfurt\" is no AWS region; write it like eu-west-1"
        );
        for text in ["us-east-1a", "us-east", "", "us-east-0", "-east-1"] {
            assert!(check(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_region_newer_than_this_version_is_only_a_warning() {
        for text in [
            "ap-southeast-9",
            "xx-central-1",
            "us-isob-east-1",
            "eu-west-12",
        ] {
            assert!(check(text).unwrap().is_some(), "{text}");
        }
        for region in REGIONS {
            assert_eq!(check(region), Ok(None));
            assert!(is_built_like_one(region), "{region}");
        }
    }
}
