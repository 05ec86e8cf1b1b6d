//! What a name from an event may be.

use crate::Malformed;

/// What is taken as a name, which becomes part of a key or of a list of facts.
/// It is never empty and has no control character; the rest is the reader's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names {
    /// The longest one, in bytes.
    pub longest: usize,
    /// The characters that must not be in it: those that separate the parts of a key.
    pub forbidden: &'static str,
}

impl Names {
    /// Gives back a text that is a name.
    ///
    /// # Errors
    ///
    /// Where it is none, with the path and without the text.
    pub fn check(&self, path: &str, text: String) -> Result<String, Malformed> {
        let is_forbidden = |it: char| it.is_control() || self.forbidden.contains(it);
        let wrong = if text.is_empty() {
            "is empty".to_owned()
        } else if text.len() > self.longest {
            format!("is longer than {} bytes", self.longest)
        } else if text.contains(is_forbidden) {
            let forbidden = self.forbidden.chars().map(|it| format!("a {it} or "));
            format!("has {}a control character", forbidden.collect::<String>())
        } else {
            return Ok(text);
        };
        Err(Malformed::at(path, wrong))
    }
}
