//! Lists of many pages.

use std::collections::HashSet;

/// Pages of one list. Nothing that hangs on one resource comes near; a server that never ends does.
const MAX_PAGES: usize = 1_000;

/// Follows the token of a list to its end.
pub(crate) struct Pages {
    /// What the service calls it: `NextToken`, `Marker`.
    name: &'static str,
    seen: HashSet<String>,
    pub(crate) token: Option<String>,
}

impl Pages {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            seen: HashSet::new(),
            token: None,
        }
    }

    /// Takes the token of the page just read; false at the end. A token seen
    /// before would go round for ever, and the list would not be whole.
    pub(crate) fn turn(&mut self, token: Option<&str>) -> Result<bool, String> {
        let Some(token) = token.filter(|token| !token.is_empty()) else {
            return Ok(false);
        };
        if !self.seen.insert(token.to_owned()) {
            return Err(format!(
                "the answer repeats a {}, so the list never ends",
                self.name
            ));
        }
        if self.seen.len() >= MAX_PAGES {
            return Err(format!("the list has more than {MAX_PAGES} pages"));
        }
        self.token = Some(token.to_owned());
        Ok(true)
    }

    /// The same where a flag says whether there is more: a list that says so
    /// and gives no token is not whole.
    pub(crate) fn turn_if(&mut self, more: bool, token: Option<&str>) -> Result<bool, String> {
        match (more, token) {
            (false, _) => Ok(false),
            (true, Some(token)) if !token.is_empty() => self.turn(Some(token)),
            (true, _) => Err(format!(
                "the answer says that there is more and gives no {}",
                self.name
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_without_end_is_given_up() {
        let mut pages = Pages::new("Marker");
        for page in 1..MAX_PAGES {
            assert_eq!(pages.turn(Some(&page.to_string())), Ok(true));
        }
        assert!(pages.turn(Some("one more")).is_err());
    }
}
