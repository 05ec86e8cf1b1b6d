//! User rules that lower what is below the floor. They may; but nobody should
//! do it without noticing, so `policy check` prints them.

use std::collections::BTreeSet;
use std::fmt;

use cel::IdedExpr;
use cel::common::ast::{Expr, LiteralValue};
use domain::difference::{Change, DifferenceKind};
use domain::judge::Facts;
use domain::layer::Layer;
use domain::resource::Resource;
use domain::severity::{Cause, Severity};

use super::{Outcome, Policy, UserSeverity};
use crate::cel::Bindings;
use crate::defaults::{decide, samples};

/// A user rule that makes a security change milder than the default rules do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FloorWarning {
    /// Its place, `severity[0]`.
    pub rule: String,
    /// The config file.
    pub file: String,
    /// Its line there, from 1.
    pub line: u64,
    /// The cause it lowers.
    pub cause: Cause,
    /// The severity it gives.
    pub severity: Severity,
    /// A resource type that it does it for.
    pub example: String,
}

impl fmt::Display for FloorWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {} lowers {} to {} (for example {}); it is still never put straight automatically unless remediation.allowAutomatic names it",
            self.file, self.line, self.rule, self.cause, self.severity, self.example
        )
    }
}

impl Policy {
    /// The user rules that lower a security cause, once per rule and cause.
    ///
    /// Each rule is tried on one sample of every security type and path, with the
    /// rule's own literals put where it compares them (a name, a stack, a path).
    /// A rule that depends on values or on computed text can escape that;
    /// [`Policy::explain`] says for any real difference whether the floor holds.
    #[must_use]
    pub fn floor_warnings(&self) -> Vec<FloorWarning> {
        let mut warnings = Vec::new();
        for user in &self.severity {
            let Some(severity) = user.severity.filter(|it| *it < Severity::Critical) else {
                continue;
            };
            let mut said = BTreeSet::new();
            for (cause, example) in lowered(user) {
                if said.insert(cause) {
                    warnings.push(FloorWarning {
                        rule: user.rule.place.clone(),
                        file: self.file.clone(),
                        line: user.rule.line,
                        cause,
                        severity,
                        example,
                    });
                }
            }
        }
        warnings
    }
}

/// The security causes that a rule matches, each with a resource type.
fn lowered(user: &UserSeverity) -> Vec<(Cause, String)> {
    let Ok(compiled) = &user.rule.when else {
        return Vec::new();
    };
    let mut words = Words::default();
    if let Some(program) = compiled.program() {
        words.collect(program.expression());
    }
    let mut found = Vec::new();
    let mut tried = samples();
    // A type or path that the rule names may be a security type that no sample has.
    for kind in &words.types {
        for layer in [Layer::CloudFormation, Layer::Kubernetes, Layer::Terraform] {
            tried.extend(
                words
                    .paths
                    .iter()
                    .chain([&String::new()])
                    .map(|path| (layer, kind.clone(), path.clone())),
            );
        }
    }
    for (layer, kind, path) in tried {
        for word in words.others.iter().map(String::as_str).chain([""]) {
            let text = || Some(word.to_owned());
            let resource = Resource {
                kind: kind.clone(),
                id: word.to_owned(),
                name: word.to_owned(),
                namespace: text(),
                account: text(),
                region: text(),
                stack: text(),
                cluster: text(),
                ..Resource::default()
            };
            for change in [Change::Modified, Change::Deleted, Change::Added] {
                let facts = sample((layer, word), &resource, (change, &path));
                let (_, cause, _) = decide(&facts);
                if cause.needs_a_person()
                    && user.rule.ask(&Bindings::of(&facts)) == Outcome::Matched
                {
                    found.push((cause, kind.clone()));
                }
            }
        }
    }
    found
}

fn sample<'f>(
    (layer, word): (Layer, &'f str),
    resource: &'f Resource,
    (change, path): (Change, &'f str),
) -> Facts<'f> {
    Facts {
        layer,
        target: word,
        change,
        severity: None,
        cause: None,
        resource,
        path: if change == Change::Modified { path } else { "" },
        kind: match change {
            Change::Modified => DifferenceKind::Changed,
            Change::Deleted => DifferenceKind::Removed,
            Change::Added => DifferenceKind::Added,
        },
        expected: None,
        actual: None,
        attribution: None,
        console: false,
    }
}

/// The literals of a rule, by what they could be.
#[derive(Default)]
struct Words {
    types: BTreeSet<String>,
    paths: BTreeSet<String>,
    others: BTreeSet<String>,
}

impl Words {
    fn collect(&mut self, at: &IdedExpr) {
        match &at.expr {
            Expr::Literal(LiteralValue::String(text)) => {
                let text = text.inner().to_owned();
                if text.starts_with('/') {
                    self.paths.insert(text);
                } else if text.contains("::") || text.contains('/') || text.starts_with("aws_") {
                    self.types.insert(text);
                } else {
                    self.others.insert(text);
                }
            }
            Expr::Select(it) => self.collect(&it.operand),
            Expr::Call(it) => it
                .target
                .iter()
                .map(AsRef::as_ref)
                .chain(&it.args)
                .for_each(|it| self.collect(it)),
            Expr::List(it) => it.elements.iter().for_each(|it| self.collect(it)),
            Expr::Comprehension(it) => [&it.iter_range, &it.loop_step]
                .into_iter()
                .for_each(|it| self.collect(it)),
            _ => {}
        }
    }
}
