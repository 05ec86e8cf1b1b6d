//! What AWS promises to the product's adapters, as one suite over everything that plays AWS: the sandbox and the emulator.
//!
//! A rule sees an [`Account`] only through the product's own port; what it bends there, each side bends in its own way.
//! Where one of them differs from AWS, the rule says so. Overlapping detections and stacks in motion are asked of the
//! sandbox alone: the emulator detects within the call, and its stack operations end too soon to be caught.

mod account;
mod detecting;
mod drifting;
mod listing;

use detecting::*;
use drifting::*;
use listing::*;

/// Every rule as a test of one side; `and` adds rules that only this one can keep.
macro_rules! contract_of {
    ($side:ident, $start:path $(, and $more:ident)*) => {
        contract_of!(@ $side, $start;
            stacks_are_listed_unless_they_are_deleted,
            a_list_of_more_than_a_page_is_whole,
            a_stack_is_described_by_name_and_by_id,
            a_stack_is_described_by_id_after_its_deletion,
            a_detection_gives_an_id_and_a_date_and_ends_complete,
            resources_are_not_checked_before_a_detection_and_in_sync_after_it,
            a_list_knows_when_drift_was_last_checked,
            results_stay_until_the_next_detection,
            what_is_not_there_is_not_found,
            a_resource_alone_is_checked_at_once,
            a_type_without_drift_support_is_not_checked_and_refused_alone,
            a_changed_property_is_told_with_both_values,
            a_removed_property_is_told_with_the_expected_value,
            entries_of_a_map_are_added_removed_and_changed,
            tags_are_added_removed_and_changed_at_their_place,
            an_element_deep_in_a_list_is_told_with_its_path,
            a_deleted_resource_is_deleted_and_has_no_properties,
            a_mended_resource_is_in_sync_again,
            accounts_and_regions_share_nothing,
            the_callers_account_is_told
            $(, $more)*
        );
    };
    (@ $side:ident, $start:path; $($rule:ident),+) => {
        mod $side {
            $(#[test]
            fn $rule() {
                super::account::with($start, super::$rule);
            })+
        }
    };
}

contract_of!(
    sandbox,
    crate::contract_aws::account::sandbox,
    and a_second_detection_is_a_conflict_until_the_first_has_ended,
    and a_stack_in_motion_is_refused,
    and a_check_that_fails_is_unknown_and_named_in_the_reason,
    and a_role_sees_the_stacks_of_its_own_account
);
contract_of!(emulator, crate::contract_aws::account::emulator);
