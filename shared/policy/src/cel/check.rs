//! What can be said of a condition before it is ever asked: names that do not
//! exist, patterns that are none, loops that nest too deep.

use cel::common::ast::{EntryExpr, Expr, LiteralValue};
use cel::{IdedExpr, Program};

use super::values::VARIABLES;
use super::{Compiled, DEEPEST_LOOP, check_pattern, place};
use crate::suggest::nearest;

/// What a condition is about, which decides the names it may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// A difference, with the variables of the reference.
    Difference,
    /// A live object, `object`, whose fields are the object's own.
    Object,
}

/// Functions that a rule may call. Operators and the expansions of macros have
/// names that no rule can spell.
const FUNCTIONS: [&str; 12] = [
    "bool",
    "bytes",
    "contains",
    "double",
    "endsWith",
    "int",
    "matches",
    "size",
    "startsWith",
    "string",
    "type",
    "uint",
];

/// Macros, for the suggestion only: a macro that is used rightly is no call any more.
const MACROS: [&str; 6] = ["all", "exists", "exists_one", "filter", "has", "map"];

/// Types are values in CEL: `type(difference.actual) == string`.
const TYPES: [&str; 10] = [
    "bool",
    "bytes",
    "double",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "type",
    "uint",
];

/// Something wrong at a place of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Slip(String);

/// Checks an expression as it stands in a file; a placeholder is a warning.
pub(crate) fn check(source: &str, sight: Sight) -> Result<Option<String>, String> {
    if source.trim().is_empty() {
        return Err("is empty".to_owned());
    }
    let compiled = Compiled::new(source)?;
    let Some(program) = compiled.program() else {
        return Ok(Some(
            "is a placeholder that matches nothing; write a CEL condition".to_owned(),
        ));
    };
    match slips(source, program, sight).into_iter().next() {
        Some(Slip(text)) => Err(text),
        None => Ok(None),
    }
}

/// Everything wrong with a compiled expression.
fn slips(source: &str, program: &Program, sight: Sight) -> Vec<Slip> {
    let mut walk = Walk {
        source,
        program,
        sight,
        locals: Vec::new(),
        loops: 0,
        slips: Vec::new(),
    };
    walk.expression(program.expression());
    walk.slips
}

struct Walk<'e> {
    source: &'e str,
    program: &'e Program,
    sight: Sight,
    /// Loop variables in scope.
    locals: Vec<&'e str>,
    loops: usize,
    slips: Vec<Slip>,
}

impl<'e> Walk<'e> {
    fn slip(&mut self, at: &IdedExpr, message: &str) {
        let offset = self.program.source_info().offset_for(at.id);
        let place = offset.map_or_else(String::new, |(start, _)| {
            let start = usize::try_from(start).unwrap_or_default();
            let before: String = self.source.chars().take(start).collect();
            let line = before.matches('\n').count() + 1;
            let column = before
                .rsplit('\n')
                .next()
                .unwrap_or_default()
                .chars()
                .count()
                + 1;
            format!("{}: ", place(self.source, line, column))
        });
        self.slips.push(Slip(format!("{place}{message}")));
    }

    fn expression(&mut self, at: &'e IdedExpr) {
        match &at.expr {
            Expr::Unspecified | Expr::Literal(_) => {}
            Expr::Ident(name) => self.name(at, name),
            Expr::Select(select) => {
                self.expression(&select.operand);
                if let Expr::Ident(variable) = &select.operand.expr {
                    self.field(at, variable, &select.field);
                }
            }
            Expr::Call(call) => {
                self.call(at, &call.func_name, &call.args);
                for part in call.target.iter().map(AsRef::as_ref).chain(&call.args) {
                    self.expression(part);
                }
            }
            Expr::List(list) => list.elements.iter().for_each(|it| self.expression(it)),
            Expr::Map(map) => {
                for entry in &map.entries {
                    self.entry(&entry.expr);
                }
            }
            Expr::Struct(it) => {
                self.slip(at, &format!("type {:?} is not known", it.type_name));
                for entry in &it.entries {
                    self.entry(&entry.expr);
                }
            }
            Expr::Comprehension(it) => {
                self.expression(&it.iter_range);
                self.expression(&it.accu_init);
                self.loops += 1;
                if self.loops == DEEPEST_LOOP + 1 {
                    self.slip(
                        &it.iter_range,
                        "more than two loops are nested here; split the rule",
                    );
                }
                let outer = self.locals.len();
                self.locals
                    .extend([it.iter_var.as_str(), it.accu_var.as_str()]);
                self.locals.extend(it.iter_var2.as_deref());
                for part in [&it.loop_cond, &it.loop_step, &it.result] {
                    self.expression(part);
                }
                self.locals.truncate(outer);
                self.loops -= 1;
            }
        }
    }

    fn entry(&mut self, entry: &'e EntryExpr) {
        match entry {
            EntryExpr::StructField(field) => self.expression(&field.value),
            EntryExpr::MapEntry(entry) => {
                self.expression(&entry.key);
                self.expression(&entry.value);
            }
        }
    }

    fn name(&mut self, at: &IdedExpr, name: &str) {
        let plain = name.trim_start_matches('.');
        let known = self.locals.contains(&plain)
            || plain.starts_with('@')
            || TYPES.contains(&plain)
            || match self.sight {
                Sight::Difference => VARIABLES.iter().any(|(variable, _)| *variable == plain),
                Sight::Object => plain == "object",
            };
        if !known {
            let hint = match self.sight {
                Sight::Difference => nearest(plain, VARIABLES.map(|(variable, _)| variable)),
                Sight::Object => nearest(plain, ["object"]),
            };
            self.slip(at, &format!("unknown variable {plain:?}{hint}"));
        }
    }

    fn field(&mut self, at: &IdedExpr, variable: &str, field: &str) {
        if self.sight == Sight::Object || self.locals.contains(&variable) {
            return;
        }
        let Some((_, fields)) = VARIABLES.iter().find(|(name, _)| *name == variable) else {
            return;
        };
        if !fields.contains(&field) {
            let hint = nearest(field, fields.iter().copied());
            self.slip(at, &format!("{variable} has no field {field:?}{hint}"));
        }
    }

    fn call(&mut self, at: &IdedExpr, function: &str, arguments: &[IdedExpr]) {
        if function
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_')
            && function.starts_with(|c: char| c.is_ascii_alphabetic())
            && !FUNCTIONS.contains(&function)
        {
            let hint = nearest(function, FUNCTIONS.into_iter().chain(MACROS));
            self.slip(at, &format!("unknown function {function:?}{hint}"));
        }
        let literal = |argument: &IdedExpr| match &argument.expr {
            Expr::Literal(LiteralValue::String(text)) => Some(text.inner().to_owned()),
            _ => None,
        };
        if function == "matches" {
            // The pattern is the last argument, whether it is called on a text or with one.
            if let Some(Err(message)) = arguments
                .last()
                .and_then(literal)
                .map(|it| check_pattern(&it))
            {
                self.slip(at, &message);
            }
        }
        if function == "_[_]"
            && let [variable, key] = arguments
            && let (Expr::Ident(variable), Some(key)) = (&variable.expr, literal(key))
        {
            self.field(at, variable, &key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(source: &str) -> String {
        check(source, Sight::Difference).unwrap_err()
    }

    #[test]
    fn names_that_do_not_exist_are_found_with_their_place() {
        for (source, message) in [
            (
                "finding.lyer == 'x'",
                "finding has no field \"lyer\"; did you mean \"layer\"?",
            ),
            (
                "true || findin.layer == 'x'",
                "unknown variable \"findin\"; did you mean \"finding\"?",
            ),
            (
                "resource['typ'] == 'x'",
                "resource has no field \"typ\"; did you mean \"type\"?",
            ),
            (
                "has(difference.pth)",
                "difference has no field \"pth\"; did you mean \"path\"?",
            ),
            (
                "resource.name.startWith('a')",
                "unknown function \"startWith\"; did you mean \"startsWith\"?",
            ),
            (
                "resource.name.matches('(')",
                "\"(\" is no regular expression, or too large a one",
            ),
            (
                "resource.name.matches('((a{1000}){1000}){1000}')",
                "is no regular expression, or too large a one",
            ),
            ("[1].exists(x, y == 1)", "unknown variable \"y\""),
        ] {
            let error = wrong(source);
            assert!(error.contains(message), "{source}: {error}");
            assert!(error.starts_with("column "), "{source}: {error}");
        }
        assert!(
            wrong("finding.layer == 'a'\n  && finding.lyer == 'b'").starts_with("line 2 column ")
        );
    }

    #[test]
    fn what_is_no_cel_is_named_with_its_place() {
        assert_eq!(
            wrong("finding.layer = 'x'"),
            "is no CEL expression: column 15: token recognition error at: '= '; CEL compares with =="
        );
        assert!(wrong("finding.layer ==\n  &&").contains("line 2 column "));
        assert_eq!(wrong("  "), "is empty");
        assert!(wrong(&format!("'{}' == ''", "x".repeat(5000))).contains("longer than 4096"));
    }

    #[test]
    fn loops_nest_twice_and_no_deeper() {
        let two = "difference.actual.exists(s, s.Action.exists(a, a == '*'))";
        assert_eq!(check(two, Sight::Difference), Ok(None));
        let three = "[1].all(a, [1].all(b, [1].all(c, a == b && b == c)))";
        assert!(wrong(three).contains("more than two loops"));
        let beside = "[1].all(a, a == 1) && [1].all(a, a == 1) && [1].all(a, a == 1)";
        assert_eq!(check(beside, Sight::Difference), Ok(None));
    }

    #[test]
    fn every_documented_variable_function_and_type_is_known() {
        for (variable, fields) in VARIABLES {
            for field in fields {
                assert_eq!(
                    check(&format!("{variable}.{field} == ''"), Sight::Difference),
                    Ok(None)
                );
            }
        }
        for source in [
            "size(resource.name) > 1 && resource.name.size() > 1",
            "string(1) == '1' && int('1') == 1 && double('1') == 1.0 && uint(1) == 1u && bool('true')",
            "type(difference.actual) == list || type(difference.actual) == null_type",
            "resource.name.contains('a') || resource.name.endsWith('b') || bytes('a') == b'a'",
            "difference.actual.filter(x, x.y == 1).map(x, x.y).exists_one(x, x == 1)",
            "difference.expected.a['b'] in [1, 2] ? true : !attribution.console",
            "resource.name.matches('^a+$')",
        ] {
            assert_eq!(check(source, Sight::Difference), Ok(None), "{source}");
        }
        assert_eq!(
            check("object.metadata.name == 'x'", Sight::Object),
            Ok(None)
        );
        assert!(check("finding.layer == 'x'", Sight::Object).is_err());
    }

    #[test]
    fn a_placeholder_is_accepted_with_a_warning() {
        assert!(
            check("…", Sight::Difference)
                .unwrap()
                .unwrap()
                .contains("placeholder")
        );
    }
}
