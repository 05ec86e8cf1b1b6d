//! What AWS promises to the product's adapters, as one suite over everything that plays AWS: the sandbox and the emulator.
//!
//! A rule sees an [`Account`] only through the product's own port; what it bends there, each side bends in its own way.
//! Where one of them differs from AWS, the rule says so. Overlapping detections and stacks in motion are asked of the
//! sandbox alone: the emulator detects within the call, and its stack operations end too soon to be caught.

mod account;
mod chain;
mod detecting;
mod drifting;
mod failing;
mod groups;
mod hanging;
mod holders;
mod listing;
mod roles;
mod saying;
mod stores;
mod trails;

use chain::*;
use detecting::*;
use drifting::*;
use failing::*;
use groups::*;
use holders::*;
use listing::*;
use roles::*;
use saying::*;
use stores::*;
use trails::*;

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
            the_callers_account_is_told,
            a_template_in_json_comes_back,
            a_stack_says_when_it_was_made_and_then_when_it_was_updated,
            every_checked_resource_tells_what_is_expected_of_it,
            a_rule_is_told_with_its_ports_and_its_other_side,
            a_group_lets_everything_out_until_its_template_says_otherwise,
            a_rule_made_by_hand_is_told_beside_the_declared_ones,
            a_prefix_list_is_a_rules_other_side,
            the_rules_of_as_many_groups_as_fit_a_filter_are_whole,
            a_group_that_is_gone_costs_the_others_nothing,
            of_no_groups_and_no_tables_nothing_is_told,
            a_tables_routes_are_told_with_destination_target_and_origin,
            a_roles_policies_are_told_whoever_made_them,
            a_users_policies_are_told_whoever_made_them,
            a_groups_policies_are_told_whoever_made_them,
            a_holder_that_is_not_there_is_not_found,
            a_buckets_policy_is_told_and_that_it_has_none,
            a_buckets_block_of_public_access_is_told_and_that_it_has_none,
            a_bucket_that_is_not_there_is_not_found,
            a_bucket_of_another_region_is_read_there,
            a_keys_policy_is_told,
            a_keys_grants_are_told_also_those_of_a_second_page,
            a_key_that_is_not_there_is_not_found,
            a_clusters_node_groups_are_told_whoever_made_them,
            a_cluster_has_no_node_groups_or_is_not_found,
            a_write_is_told_with_who_made_it_and_a_read_is_not,
            calls_of_another_time_or_resource_are_not_told,
            a_port_opened_by_hand_beside_declared_rules_is_the_one_addition,
            a_policy_attached_by_hand_beside_a_policy_resource_is_the_one_addition,
            a_policy_put_on_a_bucket_by_hand_is_the_one_addition,
            a_route_made_by_hand_is_the_one_addition,
            a_grant_made_by_hand_is_the_one_addition,
            a_node_group_made_by_hand_is_the_one_addition,
            an_answer_that_is_cut_off_is_an_error,
            an_answer_that_is_damaged_is_an_error,
            an_answer_without_its_list_is_an_error,
            an_answer_in_another_form_is_an_error,
            a_service_that_is_down_is_an_error,
            a_list_that_never_ends_is_an_error
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
    and a_role_sees_the_stacks_of_its_own_account,
    and a_write_by_these_credentials_and_what_it_made_cloudformation_do_are_told,
    and a_port_that_another_watched_stack_opens_is_no_addition,
    and a_role_is_assumed_with_its_external_id_and_with_no_other
);
contract_of!(
    emulator,
    crate::contract_aws::account::emulator,
    and a_template_in_yaml_comes_back_as_it_was_written
);

mod emulator_with_rights {
    #[test]
    fn a_role_is_assumed_with_its_external_id_and_with_no_other() {
        super::account::with(
            super::account::emulator_with_rights,
            super::a_role_is_assumed_with_its_external_id_and_with_no_other,
        );
    }
}
