//! The configuration: fetched, validated, put in force or refused.

use domain::current::{self, Current, Refused};
use domain::ports::{Fetched, PortError, PortErrorKind};
use jiff::Timestamp;
use policy::Config;

use crate::Deps;

/// Bytes of a configuration that are taken: it is kept as one item of the
/// ledger, and an item holds 400 KB.
pub const LARGEST: usize = 256 * 1024;

/// Bytes of what is wrong with a version that are kept.
const ERRORS: usize = 8 * 1024;

/// The environment of a message before any configuration told one.
const NO_ENVIRONMENT: &str = "-";

/// Takes the configuration where its source has another version than the one in
/// force. A version that is refused is told of once and read again by each run:
/// what this version of Plumbline refuses, the next may understand.
pub(crate) async fn refresh(deps: &Deps, now: Timestamp) -> Result<(), PortError> {
    let store = &*deps.store;
    let location = deps.config.as_str();
    let in_force = current::in_force(store).await?;
    let refuse = async |tag: &str, errors: String| {
        let environment = in_force.as_ref().map(|it| it.environment.as_str());
        let errors = errors[..errors.floor_char_boundary(ERRORS)].to_owned();
        let refused = Refused {
            tag: tag.to_owned(),
            errors,
            at: now,
        };
        let environment = environment.unwrap_or(NO_ENVIRONMENT);
        if current::refuse(store, &refused, environment).await? {
            tracing::error!(
                config.location = location,
                config.errors = refused.errors,
                "configuration refused"
            );
        }
        Ok(())
    };

    if let Some(reason) = unreadable(location) {
        return refuse(location, reason).await;
    }
    let known = in_force.as_ref().filter(|it| it.location == location);
    let known = known.map(|it| it.tag.as_str()).filter(|it| !it.is_empty());
    let (text, tag) = match deps.objects.fetch(location, known).await {
        Ok(Fetched::Unchanged) => return current::stands(&*deps.store).await,
        Ok(Fetched::New { text, tag }) => (text, tag),
        Err(error) => match error.kind {
            PortErrorKind::Invalid | PortErrorKind::TooLarge => {
                return refuse(location, error.to_string()).await;
            }
            // Whoever has just deployed has not put it there yet. S3 says `denied` of
            // what is not there to those that may not list, GitHub `not found` of
            // what may not be seen.
            PortErrorKind::NotFound | PortErrorKind::Denied if in_force.is_none() => {
                tracing::warn!(config.location = location, error = %error, "no configuration yet");
                return Ok(());
            }
            _ => return Err(error),
        },
    };
    if text.len() > LARGEST {
        let length = text.len();
        return refuse(
            &tag,
            format!("{location}: is {length} bytes, and {LARGEST} is the most: split what it watches over two deployments"),
        )
        .await;
    }
    let loaded = match Config::parse(&text, location, now) {
        Ok(loaded) => loaded,
        Err(errors) => return refuse(&tag, errors.to_string()).await,
    };
    let taken = Current {
        location: location.to_owned(),
        environment: loaded.config.environment.as_str().to_owned(),
        hash: loaded.hash,
        text,
        tag,
        since: now,
    };
    if current::take(store, &taken).await? {
        tracing::info!(
            config.location = location,
            config.hash = taken.hash,
            "configuration in force"
        );
    }
    Ok(())
}

/// Why nothing can be read from a location, where that is so by its form.
fn unreadable(location: &str) -> Option<String> {
    let (scheme, _) = location.split_once("://")?;
    match scheme {
        "s3" | "github" => None,
        _ => Some(format!(
            "PLUMBLINE_CONFIG: `{scheme}://` is no location that can be read; set it to github://OWNER/NAME/PATH@REF or s3://BUCKET/KEY"
        )),
    }
}
