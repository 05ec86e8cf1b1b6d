//! Ids that follow from what they name.

/// A number that follows from a text (FNV-1a), the same in every run.
pub(crate) fn mark(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// An id with a prefix and 17 hex digits, as EC2 has them.
pub(crate) fn ec2_id(prefix: &str, text: &str) -> String {
    format!("{prefix}0{:016x}", mark(text))
}

/// An id of IAM's kind, `AROA…`.
pub(crate) fn iam_id(prefix: &str, text: &str) -> String {
    format!("{prefix}{:016X}", mark(text))
}
