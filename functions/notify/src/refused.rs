//! That a new version of the configuration was refused.

use domain::conceal::{self, sha256};
use domain::current::{self, Refused};
use domain::handled::Handled;
use domain::ports::PortError;

use crate::Deps;
use crate::render;
use crate::telling::Telling;

/// Tells of the version that was refused last, once a version.
pub(crate) async fn tell(deps: &Deps) -> Result<Handled, PortError> {
    let store = &*deps.store;
    let Some(refused) = current::refused(store).await? else {
        let what = "a later version of the configuration was taken";
        return Ok(Handled::Drop(what.to_owned()));
    };
    let Some(config) = deps.config.read_if_any(store).await? else {
        // The very first version: it would have named the channels. The clock's log has the errors.
        let what = "no configuration is in force, so there is no channel to tell";
        return Ok(Handled::Drop(what.to_owned()));
    };
    // Versions of one tag can differ in what is wrong with them, and one may come back later.
    let version = sha256(format!("{}\n{}\n{}", refused.tag, refused.errors, refused.at).as_bytes());
    let subject = format!("config-{}", &version[..16]);
    // What is wrong with it may quote it, and a secret may stand where none should.
    let refused = Refused {
        errors: conceal::text(&refused.errors),
        ..refused
    };
    let now = deps.clock.now();
    let write = |form, key: &str| {
        let location = config.loaded.file();
        render::refused(form, (&refused, location), (config.environment(), key), now)
    };
    let telling = Telling::new(deps, &config);
    let tally = telling
        .everybody((&subject, "refused"), false, &write)
        .await?;
    Ok(tally.handled())
}
