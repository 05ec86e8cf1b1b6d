//! How much of something there is: replicas and capacity.

use domain::judge::Facts;
use domain::severity::Cause;

use super::{is_kubernetes, segments};

/// Properties that are a number of things, or the size of one that is chosen freely.
const CAPACITY: [&str; 42] = [
    "AllocatedStorage",
    "DesiredCapacity",
    "DesiredCount",
    "DesiredInstances",
    "DesiredSize",
    "DesiredWorkers",
    "InstanceCount",
    "MaxAllocatedStorage",
    "MaxCapacity",
    "MaxCount",
    "MaxSize",
    "MaximumConcurrency",
    "MemorySize",
    "MinCapacity",
    "MinCount",
    "MinSize",
    "NumCacheClusters",
    "NumCacheNodes",
    "NumNodeGroups",
    "NumShards",
    "NumberOfBrokerNodes",
    "NumberOfNodes",
    "NumberOfWorkers",
    "OnDemandThroughput",
    "ProvisionedConcurrencyConfig",
    "ProvisionedConcurrentExecutions",
    "ProvisionedThroughput",
    "ReadCapacityUnits",
    "ReplicasPerNodeGroup",
    "ReservedConcurrency",
    "ReservedConcurrentExecutions",
    "ScalingConfig",
    "ServerlessV2ScalingConfiguration",
    "ShardCount",
    "TargetCapacity",
    "WriteCapacityUnits",
    "desired_capacity",
    "desired_count",
    "max_size",
    "memory_size",
    "min_size",
    "reserved_concurrent_executions",
];

/// Replicas and capacity.
pub(super) fn capacity(facts: &Facts<'_>) -> Option<Cause> {
    let path = segments(facts.path);
    let last = path.last()?.as_str();
    let is_capacity = if is_kubernetes(facts) {
        path.len() == 2
            && path[0] == "spec"
            && matches!(
                last,
                "replicas" | "minReplicas" | "maxReplicas" | "parallelism"
            )
    } else {
        // A whole structure of numbers, or a number deeper down.
        path.iter()
            .any(|segment| CAPACITY.contains(&segment.as_str()))
            || (facts.resource.kind == "AWS::ECS::TaskDefinition"
                && matches!(last, "Cpu" | "Memory"))
    };
    is_capacity.then_some(Cause::ManualScaling)
}
