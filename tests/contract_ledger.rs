//! What every ledger promises, as one suite over any of them.
//!
//! A rule gets a [`Store`]: it opens as many handles onto one ledger as it
//! wants, as separate processes would. A new kind of ledger is one more
//! `contract_of!` at the end.

mod content;
mod deployed;
mod faults;
mod fixture;
mod guards;
mod items;
mod kept;
mod modules;
mod races;
mod table;

use std::sync::Arc;

use content::*;
use deployed::dynamo;
use fixture::{Handle, Store, block_on};
use guards::*;
use items::*;
use kept::*;
use modules::*;
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
            of_many_that_close_one_look_at_once_one_wins,
            an_item_comes_back_as_it_was_written,
            an_item_is_replaced_as_a_whole,
            a_guard_that_does_not_hold_writes_nothing,
            a_guard_that_holds_lets_through,
            the_same_write_twice_is_two_writes,
            a_counter_counts_and_keeps_its_version,
            a_query_gives_a_range_in_order,
            a_query_of_several_megabytes_is_whole,
            a_hundred_writes_go_at_once_and_no_more,
            what_belongs_to_a_decision_is_written_with_it_or_not_at_all,
            what_belongs_to_a_look_is_written_with_it_or_not_at_all,
            findings_and_looks_are_no_items,
            of_many_writers_of_one_version_one_wins,
            counts_of_many_at_once_are_exact,
            what_is_to_be_told_stays_until_it_is_published,
            a_decision_puts_its_message_and_count_beside_the_finding,
            timers_are_due_in_their_order_and_not_before,
            slots_are_never_given_twice,
            an_event_is_taken_once_by_one_of_many,
            an_effect_is_claimed_by_one_and_taken_over_after_its_time,
            a_unit_is_leased_to_one_until_it_is_released,
            an_incident_follows_its_finding_to_its_resolve,
            a_baseline_is_told_when_its_last_unit_had_its_look,
            the_shards_of_a_counter_add_up,
            what_a_stack_declares_comes_back_until_it_is_gone,
            a_call_that_was_heard_is_found_by_its_resource_and_time,
            who_made_it_in_the_console_and_since_when_comes_back
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
    Arc::new(move || Arc::clone(&ledger) as Handle)
}

contract_of!(dynamodb, super::dynamo());
contract_of!(sqlite_file, super::file(), and a_megabyte_of_differences_comes_back_whole);
contract_of!(sqlite_memory, super::memory(), and a_megabyte_of_differences_comes_back_whole);
