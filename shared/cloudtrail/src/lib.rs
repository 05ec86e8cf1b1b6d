//! CloudTrail: records freed of values, and who bent a resource.
//!
//! [`read`] takes one record, as `LookupEvents` and EventBridge give it, and
//! leaves what attribution needs: who called what on which resources, and no
//! value. [`author`] picks, of such calls, the one that bent a resource, or
//! none: it is better to name nobody than somebody who did not do it. Both are
//! pure. The feature `aws` adds [`trail`], which asks CloudTrail.

mod author;
mod catalogue;
mod changes;
mod identity;
mod names;
mod question;
mod record;
mod region;
#[cfg(test)]
mod tests;
#[cfg(feature = "aws")]
mod trail;

pub use author::{Drifted, author};
pub use question::Question;
pub use record::{Malformed, read};
pub use region::region_of;
#[cfg(feature = "aws")]
pub use trail::{Found, Turns, lookup, trail};
