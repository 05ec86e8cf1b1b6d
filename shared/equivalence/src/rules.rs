//! The rules, one file each.

mod absent_empty;
mod all_protocols_ports;
mod aws_tags;
mod binary_media_type;
mod cidr_canonical;
mod condition_key_case;
mod declared_default;
mod desired_capacity;
mod dns_escape;
mod dns_name_case;
mod dns_trailing_dot;
mod engine_parameter_default;
mod engine_version_prefix;
mod header_name_case;
mod hosted_zone_id;
mod iam_policy;
mod ipv6_spelling;
mod json_string;
mod kms_key_spelling;
mod lifecycle_whole_bucket;
mod listener_condition_case;
mod log_group_arn;
mod maintenance_window_case;
mod minor_version_upgrade;
mod nodegroup_desired_size;
mod nothing_read;
mod null_absent;
mod number_string;
mod on_demand_throughput;
mod option_setting_default;
mod oracle_database_name;
mod oversized_notification;
mod protocol_name;
mod schedule_names;
mod service_default;
mod set_order;
mod storage_autoscaling;
mod stored_lowercase;
mod tag_order;
mod target_group_attribute;
mod timestamp_spelling;
mod update_instruction;

use crate::rule::Rule;

/// Every rule, in the order in which they are asked.
pub(crate) const ALL: &[&dyn Rule] = &[
    &tag_order::TagOrder,
    &aws_tags::AwsTags,
    &json_string::JsonString,
    &set_order::SetOrder,
    &number_string::NumberString,
    &absent_empty::AbsentEmpty,
    &null_absent::NullAbsent,
    &iam_policy::IamPolicy,
    &condition_key_case::ConditionKeyCase,
    &service_default::ServiceDefault,
    &declared_default::DeclaredDefault,
    &target_group_attribute::TargetGroupAttribute,
    &engine_parameter_default::EngineParameterDefault,
    &option_setting_default::OptionSettingDefault,
    &on_demand_throughput::OnDemandThroughput,
    &lifecycle_whole_bucket::LifecycleWholeBucket,
    &update_instruction::UpdateInstruction,
    &stored_lowercase::StoredLowercase,
    &oracle_database_name::OracleDatabaseName,
    &maintenance_window_case::MaintenanceWindowCase,
    &engine_version_prefix::EngineVersionPrefix,
    &kms_key_spelling::KmsKeySpelling,
    &log_group_arn::LogGroupArn,
    &hosted_zone_id::HostedZoneId,
    &dns_trailing_dot::DnsTrailingDot,
    &dns_name_case::DnsNameCase,
    &dns_escape::DnsEscape,
    &header_name_case::HeaderNameCase,
    &listener_condition_case::ListenerConditionCase,
    &binary_media_type::BinaryMediaType,
    &protocol_name::ProtocolName,
    &all_protocols_ports::AllProtocolsPorts,
    &ipv6_spelling::Ipv6Spelling,
    &cidr_canonical::CidrCanonical,
    &timestamp_spelling::TimestampSpelling,
    &schedule_names::ScheduleNames,
    &minor_version_upgrade::MinorVersionUpgrade,
    &storage_autoscaling::StorageAutoscaling,
    &desired_capacity::DesiredCapacity,
    &nodegroup_desired_size::NodegroupDesiredSize,
    &oversized_notification::OversizedNotification,
    &nothing_read::NothingRead,
];

/// Names as a sentence lists them.
fn listed(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
