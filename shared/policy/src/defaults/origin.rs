//! Who made a change, and what became of the resource as a whole.

use domain::difference::Change;
use domain::judge::Facts;
use domain::severity::Cause;

use super::is_kubernetes;

/// Tools that people use by hand, by the field manager they leave.
const HUMAN_TOOLS: [&str; 12] = [
    "Mozilla",
    "OpenLens",
    "Freelens",
    "Lens",
    "curl",
    "dashboard",
    "headlamp",
    "k9s",
    "lens",
    "node-fetch",
    "octant",
    "kubernetes-dashboard",
];

/// The layer itself knows when Git is ahead for too long, and says so by the cause it comes with.
pub(super) fn not_applied(facts: &Facts<'_>) -> Option<Cause> {
    (facts.cause == Some(Cause::NotApplied)).then_some(Cause::NotApplied)
}

/// A person's own tool: any `kubectl` command but its applies, which pipelines use too.
pub(super) fn manual_edit(facts: &Facts<'_>) -> Option<Cause> {
    let attribution = facts.attribution.filter(|_| is_kubernetes(facts))?;
    let who = attribution.who.as_str();
    let human = match who.strip_prefix("kubectl") {
        Some("") => !attribution.how.starts_with("Apply"),
        Some("-client-side-apply" | "-last-applied") => false,
        Some(command) => command.starts_with('-'),
        None => HUMAN_TOOLS.contains(&who),
    };
    human.then_some(Cause::ManualEdit)
}

/// A change made in a console session, as the trail says.
pub(super) fn console_session(facts: &Facts<'_>) -> Option<Cause> {
    facts.console.then_some(Cause::AwsConsoleChange)
}

/// Git has it, reality has not.
pub(super) fn deleted(facts: &Facts<'_>) -> Option<Cause> {
    (facts.change == Change::Deleted).then_some(Cause::ResourceDeleted)
}

/// Reality has it, Git has not.
pub(super) fn added(facts: &Facts<'_>) -> Option<Cause> {
    (facts.change == Change::Added).then_some(Cause::UnmanagedResource)
}
