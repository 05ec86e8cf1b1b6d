//! CEL conditions: compiled once, asked often, and never able to run away.
//!
//! An expression is at most [`LONGEST`] characters long, nests at most two loops
//! (`all`, `exists`, `map`, …) and sees values of at most [`LARGEST_VALUE`]
//! bytes; regular expressions are linear. So the cost of one evaluation is bounded.

mod check;
mod values;

use std::sync::{Arc, LazyLock};

use cel::{Context, Env, ExecutionError, Program, Value};

pub(crate) use check::{Sight, check};
pub(crate) use values::Bindings;

/// The longest expression, in bytes.
pub(crate) const LONGEST: usize = 4096;

/// The largest value a rule sees, in bytes of its JSON. A larger one is left
/// out, so that a rule that asks for it fails and is reported instead of being wrong.
pub(crate) const LARGEST_VALUE: usize = 64 * 1024;

/// How deep loops may nest.
const DEEPEST_LOOP: usize = 2;

/// What stands for a condition that is still to be written: it is accepted with a warning and matches nothing.
const PLACEHOLDER: &str = "…";

static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// A compiled condition.
#[derive(Debug)]
pub(crate) struct Compiled {
    source: String,
    /// `None` for a placeholder.
    program: Option<Program>,
}

impl Compiled {
    /// Compiles an expression.
    ///
    /// # Errors
    ///
    /// What is wrong with it, with the place inside.
    pub(crate) fn new(source: &str) -> Result<Self, String> {
        let program = if source.trim() == PLACEHOLDER {
            None
        } else if source.len() > LONGEST {
            return Err(format!(
                "is longer than {LONGEST} characters; split it into several rules"
            ));
        } else {
            Some(
                ENVIRONMENT
                    .compile(source)
                    .map_err(|errors| syntax(source, &errors))?,
            )
        };
        Ok(Self {
            source: source.to_owned(),
            program,
        })
    }

    /// Whether the condition holds.
    ///
    /// # Errors
    ///
    /// Why it cannot be said, without any value.
    pub(crate) fn holds(&self, bindings: &Bindings) -> Result<bool, String> {
        let Some(program) = &self.program else {
            return Ok(false);
        };
        let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
        bindings.bind(&mut context);
        match program.execute(&context) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(other) => Err(format!("gives a {}, not true or false", other.type_of())),
            Err(error) => Err(self.told(&error)),
        }
    }

    pub(crate) const fn program(&self) -> Option<&Program> {
        self.program.as_ref()
    }

    /// The error in words that cannot hold a value: CEL's own messages print operands.
    fn told(&self, error: &ExecutionError) -> String {
        match error {
            // A key may be computed from a value; one that stands in the rule itself is no secret.
            ExecutionError::NoSuchKey(key) if self.source.contains(key.as_str()) => {
                format!("there is no {key:?} in what it looks at")
            }
            ExecutionError::NoSuchKey(_) => "a key is not there".to_owned(),
            ExecutionError::NoSuchOverload(overload) => overload.to_string(),
            ExecutionError::UndeclaredReference(name) if self.source.contains(name.as_str()) => {
                format!("{name:?} is not known")
            }
            ExecutionError::FunctionError { function, .. } => format!("{function}() failed"),
            ExecutionError::IndexOutOfBounds(_) => "an index is out of bounds".to_owned(),
            ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
                "divides by zero".to_owned()
            }
            ExecutionError::Overflow(..) => "a number overflows".to_owned(),
            ExecutionError::InvalidArgumentCount { expected, actual } => {
                format!("a function takes {expected} arguments, not {actual}")
            }
            _ => "compares or combines values of types that do not go together".to_owned(),
        }
    }
}

/// A compile error with its place inside the expression.
fn syntax(source: &str, errors: &cel::ParseErrors) -> String {
    let Some(first) = errors.errors.first() else {
        return "is no CEL expression".to_owned();
    };
    let (line, column) = first.pos;
    let message = first.msg.lines().next().unwrap_or_default();
    let message = message.strip_prefix("Syntax error: ").unwrap_or(message);
    // The slip that everybody makes.
    let hint = if message.contains("'= '") || message.contains("'='") {
        "; CEL compares with =="
    } else {
        ""
    };
    format!(
        "is no CEL expression: {}: {message}{hint}",
        place(
            source,
            usize::try_from(line).unwrap_or(1),
            usize::try_from(column).unwrap_or(1)
        )
    )
}

/// `column 5`, or `line 2 column 5` where there is more than one line.
fn place(source: &str, line: usize, column: usize) -> String {
    if source.trim_end().lines().count() > 1 {
        format!("line {line} column {column}")
    } else {
        format!("column {column}")
    }
}

/// Whether a regular expression is one, as `matches()` would understand it.
pub(crate) fn check_pattern(pattern: &str) -> Result<(), String> {
    let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
    context.add_variable_from_value("pattern", pattern);
    let asked = ENVIRONMENT
        .compile("''.matches(pattern)")
        .ok()
        .map(|program| program.execute(&context));
    match asked {
        Some(Ok(_)) => Ok(()),
        _ => Err(format!(
            "{pattern:?} is no regular expression, or too large a one"
        )),
    }
}
