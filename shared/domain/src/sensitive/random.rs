//! Whether a run of text is random, as keys are, or made of words and numbers, as names and ids are.

/// From this length on a run may be a key.
const SHORT: usize = 16;

/// From this length on text without pattern is taken for a key, whatever it is called.
pub(super) const LONG: usize = 32;

/// From this length on hex digits are a key: what AWS calls its resources by has 17 of them at most.
const SHORT_HEX: usize = 20;

/// The letters that follow each letter, from a to z, in words: 97 of 100 pairs of
/// letters in technical English are among them, and 37 of 100 in random text.
const FOLLOWERS: [&str; 26] = [
    "bcdgiklmnprstuvwy",
    "aeilorsu",
    "acehiklortu",
    "adegilorsuy",
    "acdefgilmnpqrstvwx",
    "aefilortu",
    "aehinorsu",
    "aeiortu",
    "abcdefglmnoprstvxz",
    "",
    "einsu",
    "adeilostuy",
    "abeimopsu",
    "acdefgiknostuvy",
    "abcdfgiklmnoprstuvwy",
    "aeiloprstu",
    "u",
    "acdegikmnorstuvy",
    "acehiklopstu",
    "acehilorstuy",
    "abcdeilmnprst",
    "aei",
    "aehinors",
    "pt",
    "ens",
    "e",
];

/// Of 100 pairs of neighbours, how many are ordinary at most in a short key.
const ORDINARY: usize = 55;

/// The same of a key in one case: it may change between letters and digits as seldom as a name does.
const ORDINARY_OF_ONE_CASE: usize = 45;

/// How many pairs of neighbours say anything of a run.
const ENOUGH: usize = 9;

/// Whether a run of 32 characters or more is random. Names made of words change between lower
/// case, upper case and digits now and then; random text does all the time.
pub(super) fn is_long_key(run: &str) -> bool {
    if run.len() < LONG || !run.bytes().all(is_possible) {
        return false;
    }
    // A digest is one to its last digit; nothing is appended to it.
    if run.bytes().all(|it| it.is_ascii_hexdigit()) {
        return run.bytes().filter(u8::is_ascii_digit).count() >= 2
            && run.bytes().filter(u8::is_ascii_alphabetic).count() >= 2;
    }
    let run = without_hash(without_suffix(run));
    let digits = run.bytes().filter(u8::is_ascii_digit).count();
    let letters = run.bytes().filter(u8::is_ascii_alphabetic).count();
    // The length of a secret access key, and what only base64 has.
    let is_aws_key = run.len() == 40 && run.contains(['/', '+']) && !run.contains(['-', '_']);
    let fewest = if is_aws_key { 1 } else { 2 };
    if run.len() < LONG || digits < fewest || letters < 2 {
        return false;
    }
    // `+/-_` are rare in keys, and stand between the words of a name or path. One
    // key in eight of AWS's has three or more of them, though.
    let separators = run.len() - digits - letters;
    let shortest_word = if is_aws_key { 6 } else { 12 };
    if run.len() / (separators + 1) < shortest_word || is_resource_id(run) {
        return false;
    }
    let has_both_cases = run.bytes().any(|it| it.is_ascii_lowercase())
        && run.bytes().any(|it| it.is_ascii_uppercase());
    let pairs = || {
        run.as_bytes()
            .windows(2)
            .filter(|pair| pair.iter().all(u8::is_ascii_alphanumeric))
    };
    let changes = pairs()
        .filter(|pair| class(pair[0]) != class(pair[1]))
        .count();
    let wanted = match (has_both_cases, is_aws_key) {
        (true, true) => 30,
        (true, false) => 42,
        (false, _) => 25,
    };
    changes * 100 >= wanted * pairs().count()
}

/// Whether a run of 16 to 31 characters is random, or has a part of that length that is.
pub(super) fn is_short_key(run: &str) -> bool {
    if !(SHORT..LONG).contains(&run.len()) {
        // A long name may end in a short key.
        return run.len() >= LONG
            && run
                .split(['-', '_', '/'])
                .any(|part| part.len() < LONG && is_short_key(part));
    }
    if !run.bytes().all(is_possible) {
        return false;
    }
    if is_resource_id(run) || is_unique_id(run) {
        return false;
    }
    let parts = || run.split(['-', '_', '/']);
    if parts().count() > 1 && parts().any(|part| part.len() >= SHORT && is_short_key(part)) {
        return true;
    }
    if run.bytes().all(|it| it.is_ascii_hexdigit()) {
        return run.len() >= SHORT_HEX && has(run, u8::is_ascii_digit) && has(run, is_letter);
    }
    let (mut pairs, mut ordinary, mut changes) = (0, 0, 0);
    for part in parts().filter(|part| !is_id(part)).map(without_hash) {
        for pair in part.as_bytes().windows(2) {
            pairs += 1;
            ordinary += usize::from(is_ordinary(pair[0], pair[1]));
            changes += usize::from(class(pair[0]) != class(pair[1]));
        }
    }
    let is_under = |most: usize| ordinary * 100 < most * pairs;
    let has_digit = has(run, u8::is_ascii_digit);
    // Without a digit there must be more to see than an abbreviation.
    let most = if has_digit { ORDINARY } else { ORDINARY / 2 };
    let is_restless = changes * 100 >= 20 * pairs;
    // Names have parts; a run without any need not change its class all the time.
    let is_bare = has_digit && !run.contains(['-', '_', '/']);
    pairs >= ENOUGH && (is_restless && is_under(most) || is_bare && is_under(ORDINARY_OF_ONE_CASE))
}

fn is_possible(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte)
}

fn has(run: &str, is: impl Fn(&u8) -> bool) -> bool {
    run.bytes().any(|byte| is(&byte))
}

fn is_letter(byte: &u8) -> bool {
    byte.is_ascii_alphabetic()
}

/// Whether two neighbours are so in words and numbers.
fn is_ordinary(first: u8, second: u8) -> bool {
    if first.is_ascii_digit() && second.is_ascii_digit() {
        return true;
    }
    // `aB` begins a word, and says nothing for it.
    if !first.is_ascii_alphabetic() || first.is_ascii_lowercase() && second.is_ascii_uppercase() {
        return false;
    }
    FOLLOWERS
        .get(usize::from(first.to_ascii_lowercase() - b'a'))
        .is_some_and(|letters| letters.bytes().any(|it| it == second.to_ascii_lowercase()))
}

/// A part of a name that tells one thing from others and says nothing else: the
/// digits of `sg-0a1b2c3d4e5f67890`, of a commit, or the suffix that CloudFormation makes.
fn is_id(part: &str) -> bool {
    let is_hex = part.len() < SHORT_HEX
        && part
            .bytes()
            .all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it));
    is_hex || is_suffix(part)
}

/// `1A2B3C4D5E6F7`, in one case.
fn is_suffix(part: &str) -> bool {
    (12..=14).contains(&part.len())
        && part.bytes().all(|it| it.is_ascii_alphanumeric())
        && !(has(part, u8::is_ascii_lowercase) && has(part, u8::is_ascii_uppercase))
}

/// A logical id without the eight hex digits that the CDK ends it with.
fn without_hash(part: &str) -> &str {
    let is_hash = |it: &str| {
        it.len() == 8
            && it
                .bytes()
                .all(|it| it.is_ascii_digit() || (b'A'..=b'F').contains(&it))
    };
    part.len()
        .checked_sub(8)
        .filter(|at| part.is_char_boundary(*at) && *at > 0 && is_hash(&part[*at..]))
        .map_or(part, |at| &part[..at])
}

/// A run without what CloudFormation appends to the names that it makes: `-1A2B3C4D5E6F7`.
fn without_suffix(run: &str) -> &str {
    match run.rsplit_once('-') {
        Some((name, suffix))
            if (12..=14).contains(&suffix.len())
                && suffix.bytes().all(|it| it.is_ascii_alphanumeric()) =>
        {
            name
        }
        _ => run,
    }
}

/// `cluster-` and such before one long id in capitals, or the id of a finding or incident.
fn is_resource_id(run: &str) -> bool {
    run.split_once('-').is_some_and(|(kind, id)| {
        let is_own =
            matches!(kind, "f" | "i") && id.len() == SHORT && !has(id, |it| !is_of_an_id(it));
        !kind.is_empty() && has_only_lower(kind) && (is_capital(id) || is_own)
    })
}

fn is_of_an_id(byte: &u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// What IAM calls users and roles, and Route 53 hosted zones: `AROAJQABLZS4A3QDU576Q`.
fn is_unique_id(run: &str) -> bool {
    const BEGINNINGS: [&str; 10] = [
        "AGPA", "AIDA", "AIPA", "ANPA", "ANVA", "APKA", "AROA", "ASCA", "ABIA", "Z",
    ];
    is_capital(run)
        && (20..=21).contains(&run.len())
        && BEGINNINGS.iter().any(|it| run.starts_with(it))
}

fn has_only_lower(text: &str) -> bool {
    text.bytes().all(|it| it.is_ascii_lowercase())
}

fn is_capital(text: &str) -> bool {
    text.bytes()
        .all(|it| it.is_ascii_uppercase() || it.is_ascii_digit())
}

/// The class of a letter or digit.
fn class(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Characters by a linear congruential generator: the same in every run.
    fn random(alphabet: &[u8], length: usize, seed: &mut u64) -> String {
        (0..length)
            .map(|_| {
                *seed = seed
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let at = usize::try_from(*seed >> 33).unwrap() % alphabet.len();
                char::from(alphabet[at])
            })
            .collect()
    }

    /// Of a thousand random runs, how many are taken for keys.
    fn found(alphabet: &str, length: usize) -> usize {
        let mut seed = 7;
        (0..1000)
            .filter(|_| {
                let run = random(alphabet.as_bytes(), length, &mut seed);
                is_short_key(&run) || is_long_key(&run)
            })
            .count()
    }

    #[test]
    fn nearly_all_random_runs_of_sixteen_characters_or_more_are_found() {
        const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        const LOWER: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
        const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        for length in [16, 20, 24, 28, 31] {
            let counts = [LETTERS, LOWER, UPPER].map(|it| found(it, length));
            // Longer ones in capitals alone may be ids of AWS.
            assert!(counts.iter().all(|it| *it >= 940), "{length}: {counts:?}");
        }
        let counts = [LETTERS, LOWER, UPPER].map(|it| found(it, 16));
        assert!(counts.iter().all(|it| *it >= 970), "{counts:?}");
        assert!(found("0123456789abcdef", 20) >= 980);
        // As ids are.
        assert_eq!(found("0123456789abcdef", 17), 0);
    }

    #[test]
    fn of_ten_thousand_names_made_of_words_hardly_one_is_taken_for_a_key() {
        const WORDS: &str = "access account admin agent alarm alert api app archive async audit auth aws backend backup \
            batch billing bucket build bus cache cdk check checkout cidr client cloud cluster code config connect console \
            consumer container core credit cron data db debug default delivery deploy desk dev dlq dns domain download ec2 \
            ecs edge eks email engine env event export feature fetch file filter flow frontend function gateway graph grpc \
            handler hash health helper hook host http https iam image import index ingest input instance invoice \
            job json k8s kafka key kinesis kms lambda layer legacy limit link list listener load lock log main \
            manager map master message metric migrate mobile model monitor mysql nat network nginx node notify object \
            order output owner page parser payment pdf peer pipeline policy pool postgres prefix private prod product proxy \
            public push queue rds read redis region registry release report request resource rest role root route rule s3 \
            sandbox scan schedule schema search security sender server service session shard shop sns source sqs ssl stack \
            stage staging state static status step storage store stream subnet support sync system table target task team \
            template test tls token tool topic trace trail trigger uat update upload user utils v1 v2 value vault vpc waf \
            web webhook west wildcard worker write xml zone";
        let words: Vec<&str> = WORDS.split_whitespace().collect();
        let mut seed = 11;
        let mut next = |below: usize| {
            let digits = random(b"0123456789", 6, &mut seed);
            digits.parse::<usize>().unwrap() % below
        };
        let mut taken = Vec::new();
        for _ in 0..10_000 {
            let (style, number) = (next(4), next(100));
            let mut name = String::new();
            while name.len() < SHORT {
                let word = words[next(words.len())];
                let first = word[..1].to_uppercase();
                match style {
                    0 if !name.is_empty() => name.extend(["-", word]),
                    1 if !name.is_empty() => name.extend(["_", word]),
                    2 => name.extend([&first, &word[1..]]),
                    _ => name.push_str(word),
                }
            }
            if number < 20 {
                name.push_str(&number.to_string());
            }
            if is_short_key(&name) || is_long_key(&name) {
                taken.push(name);
            }
        }
        // Most of them are abbreviations in a row, `EcsKafkaS3Metric`.
        assert!(taken.len() <= 30, "{}: {taken:?}", taken.len());
    }
}
