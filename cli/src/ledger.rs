//! The ledger that a command works on, and its key.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws::Connection;
use domain::conceal::HashKey;
use domain::current;
use domain::finding::Finding;
use domain::identity::FindingId;
use domain::ports::{Ledger, PortErrorKind, Secrets as _, Store};
use ledger::DynamoLedger;
use local::SqliteLedger;

use crate::failure::Failure;
use crate::outside::LazySecrets;
use crate::screen;

/// The word that stands for no ledger at all.
pub(crate) const NONE: &str = "none";

/// The key of a deployment's hashes, from where PLUMBLINE_HMAC_KEY says.
pub(crate) async fn table_key(connection: &Arc<Connection>) -> Result<HashKey, Failure> {
    let secret = LazySecrets(Arc::clone(connection))
        .resolve(&hmac_key()?)
        .await
        .map_err(Failure::unusable)?;
    Ok(HashKey::of_text(secret.reveal()))
}

/// Opens the ledger for a scan, making it if need be. `none` is one in memory,
/// under a random key that dies with the run.
pub(crate) fn for_scan(path: &Path) -> Result<(Arc<SqliteLedger>, HashKey), Failure> {
    if path == Path::new(NONE) {
        let ledger = SqliteLedger::in_memory().map_err(Failure::unusable)?;
        let key = local::hash_key::random().map_err(Failure::unusable)?;
        return Ok((Arc::new(ledger), key));
    }
    let ledger = SqliteLedger::open(path).map_err(Failure::unusable)?;
    keep_out_of_git(path);
    let key = local::hash_key(path).map_err(Failure::unusable)?;
    Ok((Arc::new(ledger), key))
}

/// Keeps the directory `.plumbline`, and with it the ledger's key, out of Git.
/// Where that cannot be written, the ledger could not be either.
fn keep_out_of_git(path: &Path) {
    let Some(directory) = path.parent().filter(|it| it.ends_with(".plumbline")) else {
        return;
    };
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(directory.join(".gitignore"))
        .and_then(|mut file| file.write_all(b"*\n"));
    match made {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => screen::tell(
            "warning",
            &format!(
                "{} could not be kept out of Git: {error}",
                directory.display()
            ),
        ),
        _ => {}
    }
}

/// Opens the ledger for a command that only makes sense on one that exists.
pub(crate) async fn existing(place: &Place) -> Result<Arc<dyn Ledger>, Failure> {
    match place {
        Place::File(path) => Ok(Arc::new(existing_file(path)?)),
        Place::Table(name) => {
            let connection = Connection::from_env(aws::Options::default()).await;
            Ok(Arc::new(table(name, &connection).await?))
        }
    }
}

/// Opens a ledger's file for a command that only makes sense on one that exists.
pub(crate) fn existing_file(path: &Path) -> Result<SqliteLedger, Failure> {
    if path == Path::new(NONE) {
        return Err(Failure::unusable(
            "--ledger none keeps no findings: name the ledger of an earlier scan",
        ));
    }
    if !path.exists() {
        return Err(Failure::unusable(format!(
            "there is no ledger at {}: run plumbline scan first, or name another with --ledger",
            path.display()
        )));
    }
    SqliteLedger::open(path).map_err(Failure::unusable)
}

/// The finding whose id begins with `text`.
pub(crate) async fn find(ledger: &dyn Ledger, text: &str) -> Result<Finding, Failure> {
    let prefix = FindingId::prefix(text).ok_or_else(|| {
        Failure::unusable(format!(
            "{text:?} is no finding's id: they look like f-7k3qz2m90abcdef1, and the beginning of one is enough"
        ))
    })?;
    let ids = ledger.ids(&prefix, 6).await.map_err(Failure::unusable)?;
    match &ids[..] {
        [] => Err(Failure::not_done(format!(
            "no finding's id begins with {prefix}: plumbline findings list --all shows them"
        ))),
        [id] => ledger
            .finding(id)
            .await
            .map_err(Failure::unusable)?
            .ok_or_else(|| Failure::not_done(format!("finding {id} is gone"))),
        several => {
            let several: Vec<&str> = several.iter().map(FindingId::as_str).collect();
            Err(Failure::not_done(format!(
                "{prefix} is the beginning of several ids, {}: give more of it",
                several.join(", ")
            )))
        }
    }
}

/// Which ledger: a file of this machine, or the table of a deployment.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A file, or `none`.
    File(PathBuf),
    /// A DynamoDB table.
    Table(String),
}

impl Place {
    /// What the command line names.
    pub(crate) fn of(file: &Path, table: Option<&str>) -> Self {
        table.map_or_else(
            || Place::File(file.to_owned()),
            |it| Place::Table(it.to_owned()),
        )
    }
}

/// The variable that holds the reference to the key of a deployment's hashes.
const HMAC_KEY: &str = "PLUMBLINE_HMAC_KEY";

/// A ledger with everything in it, and the reference to the key of its hashes.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) hash_key: String,
}

/// Opens the whole ledger for the functions, making a file if need be.
pub(crate) async fn store(place: &Place, connection: &Connection) -> Result<Opened, Failure> {
    match place {
        Place::File(path) if path == Path::new(NONE) => Err(Failure::unusable(
            "--ledger none keeps nothing that a function could work on: name a file",
        )),
        Place::File(path) => {
            let ledger = SqliteLedger::open(path).map_err(Failure::unusable)?;
            keep_out_of_git(path);
            local::hash_key(path).map_err(Failure::unusable)?;
            Ok(Opened {
                store: Arc::new(ledger),
                hash_key: format!("file:{}.key", path.display()),
            })
        }
        Place::Table(name) => Ok(Opened {
            store: Arc::new(table(name, connection).await?),
            hash_key: hmac_key()?,
        }),
    }
}

/// The ledger of a deployment, in the SDK's own region.
///
/// # Errors
///
/// That there is no such table, in words that name the option it came from. Any
/// other failure is for the command's own first call to tell.
pub(crate) async fn table(name: &str, connection: &Connection) -> Result<DynamoLedger, Failure> {
    let access = connection
        .access(None, None)
        .await
        .map_err(Failure::unusable)?;
    let ledger = DynamoLedger::new(&access, name);
    match current::in_force(&ledger).await {
        Err(error) if error.kind == PortErrorKind::NotFound => {
            let region = connection.default_region().unwrap_or_default();
            Err(Failure::unusable(format!(
                "--table {name}: there is no such table in {region} for these credentials: give the stack's \
                 output `Table`, with AWS_REGION and AWS_PROFILE of its region and account"
            )))
        }
        _ => Ok(ledger),
    }
}

/// The reference to the key of a deployment's hashes.
pub(crate) fn hmac_key() -> Result<String, Failure> {
    std::env::var(HMAC_KEY)
        .ok()
        .filter(|it| !it.is_empty())
        .ok_or_else(|| {
            Failure::unusable(format!(
                "{HMAC_KEY} is not set: set it to a reference to the deployment's key, secretsmanager: and the stack's output HmacKeyArn"
            ))
        })
}
