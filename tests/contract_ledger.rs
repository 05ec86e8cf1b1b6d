//! What every ledger promises, as one suite over any of them.
//!
//! A rule gets a [`Store`]: it opens as many handles onto one ledger as it
//! wants, as separate processes would. A new kind of ledger is one more
//! `contract_of!` at the end.

mod content;
mod fixture;
mod guards;
mod races;

use std::sync::Arc;

use domain::ports::Ledger;

use content::*;
use fixture::{Store, block_on};
use guards::*;
use races::*;

/// Every rule as a test of one ledger; `and` adds rules that only this one can keep.
macro_rules! contract_of {
    ($ledger:ident, $store:expr $(, and $more:ident)*) => {
        contract_of!(@ $ledger, $store;
            an_empty_ledger_knows_nothing,
            a_finding_comes_back_as_it_was_written,
            null_is_a_value_and_absent_is_none,
            numbers_come_back_to_the_bit,
            a_value_as_deep_as_any_parser_reads_comes_back,
            names_and_values_of_any_script_come_back,
            a_finding_with_a_megabyte_of_differences_is_kept,
            only_the_next_version_is_written,
            the_history_is_in_order_and_only_grows,
            ids_are_found_by_their_beginning,
            units_are_in_order_and_keep_to_themselves,
            a_finding_that_another_unit_took_over_is_found_there_alone,
            only_the_next_generation_is_written,
            what_one_handle_writes_another_sees_at_once,
            two_writers_of_one_finding_lose_nothing,
            of_many_that_open_one_finding_at_once_one_wins,
            of_many_that_close_one_look_at_once_one_wins
            $(, $more)*
        );
    };
    (@ $ledger:ident, $store:expr; $($rule:ident),+) => {
        mod $ledger {
            $(#[test]
            fn $rule() {
                super::block_on(super::$rule($store));
            })+
        }
    };
}

/// A file in a directory that goes with the last handle's opener.
fn file() -> Store {
    let directory = tempfile::tempdir().unwrap();
    Arc::new(move || Arc::new(local::SqliteLedger::open(&directory.path().join("ledger")).unwrap()))
}

fn memory() -> Store {
    let ledger = Arc::new(local::SqliteLedger::in_memory().unwrap());
    Arc::new(move || Arc::clone(&ledger) as Arc<dyn Ledger>)
}

contract_of!(sqlite_file, super::file(), and a_megabyte_of_differences_comes_back_whole);
contract_of!(sqlite_memory, super::memory(), and a_megabyte_of_differences_comes_back_whole);
