//! Who may do what.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::call::Verb;

/// What a user may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    verbs: Vec<Verb>,
    only_dry_run: bool,
    escalate: bool,
    without: Vec<(Verb, String)>,
}

impl Rights {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self {
            verbs: vec![
                Verb::Get,
                Verb::List,
                Verb::Watch,
                Verb::Create,
                Verb::Update,
                Verb::Patch,
                Verb::Delete,
            ],
            only_dry_run: false,
            escalate: true,
            without: Vec::new(),
        }
    }

    /// Reading.
    #[must_use]
    pub fn read_only() -> Self {
        Self {
            verbs: vec![Verb::Get, Verb::List, Verb::Watch],
            escalate: false,
            ..Self::all()
        }
    }

    /// Reading, and patching and creating as a dry run: what is to be kept is
    /// refused by a ValidatingAdmissionPolicy.
    #[must_use]
    pub fn dry_run_only() -> Self {
        Self {
            verbs: vec![
                Verb::Get,
                Verb::List,
                Verb::Watch,
                Verb::Create,
                Verb::Patch,
            ],
            only_dry_run: true,
            escalate: false,
            without: Vec::new(),
        }
    }

    /// Nothing.
    #[must_use]
    pub fn none() -> Self {
        Self {
            verbs: Vec::new(),
            escalate: false,
            ..Self::all()
        }
    }

    /// The same without one verb on one resource, `secrets`; `*` is all resources.
    #[must_use]
    pub fn without(mut self, verb: Verb, resource: &str) -> Self {
        self.without.push((verb, resource.to_owned()));
        self
    }

    /// The same with the right to hand out rights that one has not.
    #[must_use]
    pub fn with_escalate(mut self) -> Self {
        self.escalate = true;
        self
    }

    pub(crate) fn allow(&self, verb: Verb, resource: &str) -> bool {
        let lost = |(of, name): &(Verb, String)| *of == verb && (name == "*" || name == resource);
        self.verbs.contains(&verb) && !self.without.iter().any(lost)
    }

    pub(crate) fn only_dry_run(&self) -> bool {
        self.only_dry_run
    }

    /// The rules of a role that this user has not, and so cannot hand out.
    pub(crate) fn lacks<'a>(&self, rules: &'a Value) -> Vec<&'a Value> {
        let rules = rules.as_array().into_iter().flatten();
        if self.escalate {
            return Vec::new();
        }
        let held = |rule: &&Value| {
            let verbs = rule["verbs"].as_array().into_iter().flatten();
            let mut verbs = verbs.filter_map(Value::as_str);
            let resources: Vec<&str> = rule["resources"].as_array().map_or(Vec::new(), |all| {
                all.iter().filter_map(Value::as_str).collect()
            });
            verbs.all(|verb| {
                let own = self.verbs.iter().find(|it| it.as_str() == verb);
                own.is_some_and(|own| resources.iter().all(|name| self.allow(*own, name)))
            })
        };
        rules.filter(|rule| !held(rule)).collect()
    }
}

/// Somebody with a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) rights: Rights,
}

/// Who may come in. As long as nobody is named, everybody is the administrator.
#[derive(Clone, Debug, Default)]
pub(crate) struct Users(BTreeMap<String, User>);

impl Users {
    pub(crate) fn add(&mut self, token: &str, name: &str, rights: Rights) {
        let name = name.to_owned();
        self.0.insert(token.to_owned(), User { name, rights });
    }

    /// Whose token it is; `None` where it is nobody's.
    pub(crate) fn of(&self, token: &str) -> Option<User> {
        match self.0.get(token) {
            Some(user) => Some(user.clone()),
            None if self.0.is_empty() => Some(Self::administrator()),
            None => None,
        }
    }

    pub(crate) fn administrator() -> User {
        User {
            name: "kubernetes-admin".to_owned(),
            rights: Rights::all(),
        }
    }
}
