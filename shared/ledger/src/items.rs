//! The ledger's items over the table.

use async_trait::async_trait;
use domain::ports::{Item, Items, Key, PortError, PortErrorKind, Range, Write};

use crate::change::Change;
use crate::findings::DynamoLedger;
use crate::keys::is_of_findings;
use crate::refusal::Refused;
use crate::rows::{self, Row};
use crate::table::Rows;

#[async_trait]
impl Items for DynamoLedger {
    async fn get(&self, key: &Key) -> Result<Option<Item>, PortError> {
        if is_of_findings(key) {
            return Ok(None);
        }
        let row = self.table.get(key).await?;
        row.as_ref().map(rows::item).transpose()
    }

    async fn query(&self, pk: &str, range: &Range, limit: usize) -> Result<Vec<Item>, PortError> {
        let rows = Rows {
            pk,
            range,
            index: false,
        };
        self.table.query(rows, limit, item).await
    }

    async fn write(&self, writes: &[Write]) -> Result<(), PortError> {
        let changes = changes(writes)?;
        let written = self.table.write(&changes).await;
        written.map_err(|refused| explain("ledger:write", refused, &changes))
    }
}

/// An item from a row; none where the row is one of findings and looks.
fn item(row: &Row) -> Result<Option<Item>, PortError> {
    if is_of_findings(&rows::key(row)?) {
        return Ok(None);
    }
    rows::item(row).map(Some)
}

/// The changes that some writes are.
pub(crate) fn changes(writes: &[Write]) -> Result<Vec<Change>, PortError> {
    writes.iter().map(change).collect()
}

fn change(write: &Write) -> Result<Change, PortError> {
    let key = write.key();
    if is_of_findings(key) {
        let detail = format!("{} {} belongs to the findings", key.pk, key.sk);
        let kind = PortErrorKind::Invalid;
        return Err(PortError::new(kind, "ledger:write", detail));
    }
    Ok(match write {
        Write::Put(item, guard) => Change::Put(rows::of_item(item)?, (*guard).into()),
        Write::Delete(key, guard) => Change::Delete(key.clone(), (*guard).into()),
        Write::Add(key, by) => Change::Add(key.clone(), *by),
    })
}

/// What a refused write means to a port.
pub(crate) fn explain(op: &'static str, refused: Refused, changes: &[Change]) -> PortError {
    match refused {
        Refused::Busy(error) | Refused::Failed(error) => error,
        Refused::Guards(unmet) => {
            let place = unmet
                .first()
                .and_then(|it| changes.get(it.change))
                .map_or_else(String::new, Change::place);
            let detail = format!("{place} is not as it was when it was decided on");
            PortError::new(PortErrorKind::Conflict, op, detail)
        }
    }
}
