//! Tokens that their beginning gives away.

/// How tokens of known services begin, and how long what follows is at least.
const BEGINNINGS: [(&str, usize); 38] = [
    ("AIza", 30),
    ("AKIA", 16),
    ("ASIA", 16),
    ("ATATT3", 20),
    ("EAACEdEose0cBA", 10),
    ("FwoGZXIvYXdz", 20),
    ("IQoJb3JpZ2lu", 20),
    ("LTAI", 16),
    ("PMAK-", 20),
    ("SG.", 20),
    ("SK", 32),
    ("AGE-SECRET-KEY-1", 20),
    ("dapi", 32),
    ("dckr_pat_", 16),
    ("dop_v1_", 20),
    ("ghp_", 16),
    ("gho_", 16),
    ("ghr_", 16),
    ("ghs_", 16),
    ("ghu_", 16),
    ("github_pat_", 16),
    ("glpat-", 16),
    ("glsa_", 20),
    ("hvs.", 16),
    ("lin_api_", 16),
    ("npm_", 30),
    ("pypi-", 30),
    ("rk_live_", 16),
    ("shpat_", 16),
    ("sk-", 20),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("whsec_", 16),
    ("xapp-", 10),
    ("xoxa-", 10),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xoxs-", 10),
];

/// No token is shorter.
const SHORTEST: usize = 15;

/// Whether a word holds a token of a known beginning, or a JSON web token.
pub(super) fn is_token(word: &str) -> bool {
    word.len() >= SHORTEST
        && (BEGINNINGS
            .iter()
            .any(|(beginning, length)| begins(word, beginning, *length))
            || is_web_token(word))
}

fn begins(word: &str, beginning: &str, length: usize) -> bool {
    word.match_indices(beginning).any(|(at, _)| {
        let starts_here = word[..at]
            .chars()
            .next_back()
            .is_none_or(|it| !it.is_alphanumeric());
        let token = word.as_bytes()[at + beginning.len()..].get(..length);
        starts_here && token.is_some_and(|token| follows(beginning, token))
    })
}

/// Whether a token of a known beginning goes on like one.
fn follows(beginning: &str, token: &[u8]) -> bool {
    let goes_on = token.iter().all(|it| match beginning {
        "AKIA" | "ASIA" => it.is_ascii_uppercase() || it.is_ascii_digit(),
        "SK" | "dapi" => it.is_ascii_digit() || (b'a'..=b'f').contains(it),
        "FwoGZXIvYXdz" | "IQoJb3JpZ2lu" => it.is_ascii_alphanumeric() || b"+/=-_%".contains(it),
        _ => it.is_ascii_alphanumeric() || b"-_.".contains(it),
    });
    goes_on && (beginning != "sk-" || token.iter().any(u8::is_ascii_digit))
}

/// Three parts of base64, the first the header's `{"…`.
fn is_web_token(word: &str) -> bool {
    word.split(|it: char| !it.is_ascii_alphanumeric() && !"-_.".contains(it))
        .any(|run| {
            let parts: Vec<&str> = run.split('.').collect();
            parts.windows(3).any(|parts| {
                let header = parts[0].find("eyJ").map_or(0, |at| parts[0].len() - at);
                header >= 10 && parts[1].len() >= 10
            })
        })
}
