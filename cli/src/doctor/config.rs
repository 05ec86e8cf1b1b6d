//! The configuration file.

use std::path::Path;

use policy::{Config, Loaded};

use super::Check;
use crate::commands::CONFIG;

/// Whether it is there and in order, and what it says if so.
pub(super) fn look(config: Option<&Path>) -> (Vec<Check>, Option<Loaded>) {
    const WHAT: &str = "config";
    let path = config.unwrap_or(Path::new(CONFIG));
    if config.is_none() && !path.exists() {
        let found = format!("there is no {CONFIG} here: places and channels are not looked at");
        let check = Check::warn(
            WHAT,
            found,
            "let plumbline init write one, or name it with --config",
        );
        return (vec![check], None);
    }
    let loaded = match Config::load(path) {
        Ok(loaded) => loaded,
        Err(errors) => {
            let check = Check::fail(
                WHAT,
                errors,
                "mend it; plumbline policy check says the same",
            );
            return (vec![check], None);
        }
    };
    let config = &loaded.config;
    let mut checks = vec![Check::ok(
        WHAT,
        format!(
            "{} is in order: {} target(s), {} ignore(s), {} channel(s)",
            loaded.file(),
            config.targets.len(),
            config.ignore.len(),
            config.notify.channels.len()
        ),
    )];
    let later = loaded.channels_of_later();
    let fix = "lead its routes to a channel of this version";
    checks.extend(later.iter().map(|it| Check::warn(WHAT, it, fix)));
    let warnings = loaded.warnings.iter();
    checks.extend(warnings.map(|it| Check::warn(WHAT, it, "change it there")));
    if config.targets.is_empty() {
        checks.push(Check::warn(
            WHAT,
            "it has no target: nothing is watched",
            "add one, as docs/policy.md shows",
        ));
    }
    for target in &config.targets {
        if let Some(layer) = target.layer().filter(|_| target.cloudformation().is_none()) {
            checks.push(Check::warn(
                WHAT,
                format!(
                    "target {}: this version cannot look at layer {layer} from a shell",
                    target.name
                ),
                "leave it out of a scan by naming the other targets, or take it out",
            ));
        }
    }
    (checks, Some(loaded))
}
