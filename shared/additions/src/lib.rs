//! What is there beside what stacks declare: the catalogue of security types.
//!
//! CloudFormation compares what a template says and nothing else, so it does
//! not see port 22 opened beside declared rules or a policy attached by hand.
//! For a closed list of types a look reads what hangs on a resource (a
//! [`Parent`]) and subtracts what any watched stack declares on it, in the
//! resource itself or as a resource of its own. What is left is an addition:
//! a difference of kind `added` on the parent.
//!
//! The order of a look:
//!
//! 1. [`parents`] and [`declared()`] of what the look's own stack says;
//! 2. [`live()`] asks what is there, and not for what CloudFormation compares itself;
//! 3. [`needs_others`] tells whether anything is left; most looks end here;
//! 4. [`index::read`] and [`index::Others::of`] tell what other watched stacks declare;
//! 5. [`complete()`] puts what is left into the look.
//!
//! After a complete look [`index::put`] remembers what the stack declares, for
//! the looks at other stacks.

mod catalogue;
mod complete;
pub mod index;
mod item;
mod live;
mod path;
mod said;
pub mod template;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod undeclared;
mod yaml;

pub use catalogue::{concerns, declared, parents};
pub use complete::{Seen, complete, needs_others};
pub use item::{Claim, Item, Kind, Parent};
pub use live::{AT_ONCE, live};
pub use undeclared::{Around, undeclared};

#[cfg(test)]
mod harness;
#[cfg(test)]
mod pairs;
#[cfg(test)]
mod properties;
