//! What every API server fills in where a manifest says nothing.
//!
//! Only what is part of a stable version, which can never change, and what the
//! field has wherever it means anything at all. The OpenAPI documents carry few
//! of these, and each one known here saves a question to the server; what is
//! not here, the server is asked for.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Value, json};

/// The default of a definition's field, by the definition's name in the documents.
pub(crate) fn of(definition: &str, field: &str) -> Option<&'static Value> {
    let short = definition.strip_prefix("io.k8s.api.")?;
    DEFAULTS.get(short)?.get(field)
}

type Table = HashMap<&'static str, Value>;

static DEFAULTS: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::new();
    let mut of = |definition: &'static str, fields: Value| {
        table.insert(definition, fields);
    };
    workloads(&mut of);
    pods(&mut of);
    rest(&mut of);
    table
});

fn workloads(of: &mut impl FnMut(&'static str, Value)) {
    of(
        "apps.v1.DeploymentSpec",
        json!({"replicas": 1, "progressDeadlineSeconds": 600, "revisionHistoryLimit": 10}),
    );
    of(
        "apps.v1.StatefulSetSpec",
        json!({"replicas": 1, "podManagementPolicy": "OrderedReady", "revisionHistoryLimit": 10}),
    );
    let rolling = json!({"maxSurge": "25%", "maxUnavailable": "25%"});
    of(
        "apps.v1.DeploymentStrategy",
        json!({"rollingUpdate": rolling}),
    );
    of(
        "apps.v1.StatefulSetUpdateStrategy",
        json!({"rollingUpdate": {"partition": 0}}),
    );
    of(
        "apps.v1.DaemonSetUpdateStrategy",
        json!({"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}),
    );
    of("apps.v1.ReplicaSetSpec", json!({"replicas": 1}));
    of("apps.v1.DaemonSetSpec", json!({"revisionHistoryLimit": 10}));
    of(
        "batch.v1.CronJobSpec",
        json!({"concurrencyPolicy": "Allow", "suspend": false,
               "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1}),
    );
    of("batch.v1.JobSpec", json!({"suspend": false}));
}

fn pods(of: &mut impl FnMut(&'static str, Value)) {
    of(
        "core.v1.PodSpec",
        json!({"restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "securityContext": {},
               "terminationGracePeriodSeconds": 30, "schedulerName": "default-scheduler"}),
    );
    of(
        "core.v1.Container",
        json!({"terminationMessagePath": "/dev/termination-log",
               "terminationMessagePolicy": "File", "resources": {}}),
    );
    of("core.v1.ContainerPort", json!({"protocol": "TCP"}));
    of(
        "core.v1.Probe",
        json!({"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}),
    );
    of("core.v1.HTTPGetAction", json!({"scheme": "HTTP"}));
    of("core.v1.GRPCAction", json!({"service": ""}));
    of("core.v1.ObjectFieldSelector", json!({"apiVersion": "v1"}));
    of("core.v1.ResourceFieldSelector", json!({"divisor": "0"}));
    of("core.v1.ConfigMapVolumeSource", json!({"defaultMode": 420}));
    of("core.v1.SecretVolumeSource", json!({"defaultMode": 420}));
    of(
        "core.v1.DownwardAPIVolumeSource",
        json!({"defaultMode": 420}),
    );
    of("core.v1.ProjectedVolumeSource", json!({"defaultMode": 420}));
    of(
        "core.v1.ServiceAccountTokenProjection",
        json!({"expirationSeconds": 3600}),
    );
    of("core.v1.HostPathVolumeSource", json!({"type": ""}));
}

fn rest(of: &mut impl FnMut(&'static str, Value)) {
    of(
        "core.v1.ServiceSpec",
        json!({"type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster",
               "externalTrafficPolicy": "Cluster", "allocateLoadBalancerNodePorts": true,
               "ipFamilyPolicy": "SingleStack",
               "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}}}),
    );
    of("core.v1.ServicePort", json!({"protocol": "TCP"}));
    of("core.v1.EnvVar", json!({"value": ""}));
    of("core.v1.Secret", json!({"type": "Opaque"}));
    of(
        "core.v1.PersistentVolumeClaim",
        // A StatefulSet's templates carry these.
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "status": {"phase": "Pending"}}),
    );
    of(
        "core.v1.PersistentVolumeClaimSpec",
        json!({"volumeMode": "Filesystem"}),
    );
    of(
        "core.v1.PersistentVolumeSpec",
        json!({"volumeMode": "Filesystem", "persistentVolumeReclaimPolicy": "Retain"}),
    );
    of(
        "networking.v1.NetworkPolicyPort",
        json!({"protocol": "TCP"}),
    );
    of(
        "autoscaling.v2.HorizontalPodAutoscalerSpec",
        json!({"minReplicas": 1}),
    );
    of(
        "storage.v1.StorageClass",
        json!({"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"}),
    );
    of(
        "admissionregistration.v1.ServiceReference",
        json!({"port": 443}),
    );
    let hooks = json!({"failurePolicy": "Fail", "matchPolicy": "Equivalent", "timeoutSeconds": 10,
                       "namespaceSelector": {}, "objectSelector": {}, "reinvocationPolicy": "Never"});
    of("admissionregistration.v1.MutatingWebhook", hooks.clone());
    of("admissionregistration.v1.ValidatingWebhook", hooks);
    of(
        "admissionregistration.v1.RuleWithOperations",
        json!({"scope": "*"}),
    );
}
