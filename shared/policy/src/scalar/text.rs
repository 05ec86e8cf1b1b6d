//! What is wrong with a text of each simple kind.

use super::Said;
use crate::suggest::near;

pub(super) fn check_name(text: &str) -> Said {
    if text.trim().is_empty() {
        return Err("is empty".to_owned());
    }
    Ok(None)
}

pub(super) fn check_account(text: &str) -> Said {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    Err(format!(
        "{text:?} is no account id; it is 12 digits in quotes"
    ))
}

pub(super) fn check_role(text: &str) -> Said {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let fine = matches!(parts[..], ["arn", partition, "iam", "", account, role]
        if is_partition(partition) && check_account(account).is_ok()
            && role.strip_prefix("role/").is_some_and(|name| !name.is_empty()));
    if fine {
        return Ok(None);
    }
    Err(format!(
        "{text:?} is no role ARN; write arn:aws:iam::ACCOUNT:role/NAME"
    ))
}

pub(super) fn check_topic(text: &str) -> Said {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let fine = matches!(parts[..], ["arn", partition, "sns", region, account, topic]
        if is_partition(partition) && !region.is_empty() && check_account(account).is_ok() && !topic.is_empty());
    if fine {
        return Ok(None);
    }
    Err(format!(
        "{text:?} is no topic ARN; write arn:aws:sns:REGION:ACCOUNT:NAME"
    ))
}

fn is_partition(text: &str) -> bool {
    text == "aws" || text.starts_with("aws-")
}

pub(super) fn check_glob(text: &str) -> Said {
    check_name(text)?;
    globset::Glob::new(text)
        .map(|_| None)
        .map_err(|error| format!("{text:?} is no glob: {}", error.kind()))
}

pub(super) fn check_pattern(text: &str) -> Said {
    check_name(text)?;
    crate::cel::check_pattern(text).map(|()| None)
}

const SECRET_PLACES: [&str; 4] = ["ssm-secure", "secretsmanager", "env", "file"];

/// A text that is no reference may be the secret itself, so it is not repeated;
/// only what stands before the colon may be, and only where it is a slip for a known place.
pub(super) fn check_secret(text: &str) -> Said {
    let how = "write ssm-secure:NAME, secretsmanager:NAME[#key], env:NAME or file:PATH";
    let Some((place, name)) = text.split_once(':') else {
        return Err(format!(
            "a secret is never written here, only where it is kept; {how}"
        ));
    };
    if !SECRET_PLACES.contains(&place) {
        return Err(match near(place, &SECRET_PLACES) {
            Some(meant) => format!("unknown place of a secret; did you mean \"{meant}:…\"?"),
            None => format!("a secret is never written here, only where it is kept; {how}"),
        });
    }
    if name.trim().is_empty() {
        return Err(format!("nothing stands after \"{place}:\"; {how}"));
    }
    Ok(None)
}

/// The address is not repeated: it may carry a token.
pub(super) fn check_url(text: &str) -> Said {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .ok_or("is no address; write https://HOST/PATH")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || rest.contains(char::is_whitespace) {
        return Err("is no address; write https://HOST/PATH".to_owned());
    }
    if rest.contains('@') {
        return Err(
            "holds a user or password; leave it out, or keep the address as a secret".to_owned(),
        );
    }
    Ok(None)
}

pub(super) fn check_url_or_secret(text: &str) -> Said {
    if text.starts_with("http:") || text.starts_with("https:") {
        return check_url(text);
    }
    check_secret(text)
}

pub(super) fn check_repository(text: &str) -> Said {
    let plain = |part: &str, more: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    match text.split_once('/') {
        Some((owner, name)) if plain(owner, "-") && plain(name, "-._") => Ok(None),
        _ => Err(format!("{text:?} is no repository; write owner/name")),
    }
}

pub(super) fn check_percentage(text: &str) -> Said {
    text.strip_suffix('%')
        .filter(|number| {
            number
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
        })
        .and_then(|number| number.parse::<f64>().ok())
        .map(|_| None)
        .ok_or_else(|| format!("{text:?} is no share; write it as \"20%\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_secret_is_refused_and_not_repeated() {
        for literal in [
            "hunter2secret",
            "xoxb-123-abc",
            "R0UT1NGK3Y:",
            "https://hooks.slack.com/T0/B0/xyz",
            "ghp_abcdef:x",
        ] {
            let error = check_secret(literal).unwrap_err();
            assert!(!error.contains(literal.trim_end_matches(':')), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        assert_eq!(
            check_secret("ssm:/plumbline/github").unwrap_err(),
            "a secret is never written here, only where it is kept; write ssm-secure:NAME, secretsmanager:NAME[#key], env:NAME or file:PATH"
        );
        assert_eq!(
            check_secret("secretmanager:x").unwrap_err(),
            "unknown place of a secret; did you mean \"secretsmanager:…\"?"
        );
        assert!(check_secret("env:").is_err());
        for fine in [
            "ssm-secure:/a/b",
            "secretsmanager:a#key",
            "env:TOKEN",
            "file:/run/secrets/x",
        ] {
            assert_eq!(check_secret(fine), Ok(None), "{fine}");
        }
    }

    #[test]
    fn arns_and_account_ids_are_what_they_look_like() {
        assert!(check_role("arn:aws:iam::222222222222:role/plumbline-read").is_ok());
        assert!(check_role("arn:aws-us-gov:iam::222222222222:role/path/name").is_ok());
        for text in [
            "plumbline-read",
            "arn:aws:iam::22222222222:role/x",
            "arn:aws:iam::222222222222:user/x",
            "arn:aws:iam::222222222222:role/",
            "arn:aws:sts::222222222222:role/x",
        ] {
            assert!(check_role(text).is_err(), "{text}");
        }
        assert!(check_account("222222222222").is_ok());
        for text in ["22222222222", "2222222222222", "22222222222x", ""] {
            assert!(check_account(text).is_err(), "{text}");
        }
        assert!(check_topic("arn:aws:sns:eu-west-1:222222222222:alerts").is_ok());
        assert!(check_topic("arn:aws:sqs:eu-west-1:222222222222:alerts").is_err());
    }

    #[test]
    fn addresses_carry_no_password() {
        assert!(check_url("https://api.example.com/products/health").is_ok());
        assert!(check_url("http://127.0.0.1:8080").is_ok());
        for text in [
            "api.example.com",
            "https://",
            "https://a b",
            "ftp://x",
            "https://me:pw@host/",
        ] {
            let error = check_url(text).unwrap_err();
            assert!(!error.contains("pw"), "{error}");
        }
        assert!(check_url_or_secret("ssm-secure:/hook").is_ok());
        assert!(check_url_or_secret("https://host/x").is_ok());
        assert!(check_url_or_secret("host").is_err());
    }

    #[test]
    fn the_rest_is_checked_too() {
        assert!(check_repository("your-org/kong.ref_app").is_ok());
        assert!(check_repository("https://github.com/a/b").is_err());
        assert!(check_percentage("20%").is_ok());
        assert!(check_percentage("20").is_err());
        assert!(check_percentage("%").is_err());
        assert!(check_glob("*Kong*").is_ok());
        assert!(check_glob("[a").is_err());
        assert!(check_name(" ").is_err());
        assert!(check_pattern("^v[0-9]+$").is_ok());
        assert!(check_pattern("(").is_err());
    }
}
