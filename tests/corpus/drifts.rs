//! The edits that are planted, each with where it has to be found.

/// One edit: kind (`*` is any, `Workload` what has a container `app`), path, what is there then.
///
/// The path begins with what has to be told: `~` changed, `+` added, `-` removed. A value is
/// JSON; with `-` there is none. The path is where it is planted and where it has to be found.
pub(crate) type Edit = (&'static str, &'static str, &'static str);

pub(crate) const EDITS: &[Edit] = &[
    // Metadata of anything.
    ("*", "~/metadata/labels/team", "\"red\""),
    ("*", "+/metadata/labels/by-hand", "\"yes\""),
    ("*", "+/metadata/labels/example.org~1tier", "\"1\""),
    ("*", "-/metadata/labels/team", ""),
    ("*", "~/metadata/annotations/note", "\"other\""),
    (
        "*",
        "+/metadata/annotations/example.org~1touched",
        "\"true\"",
    ),
    ("*", "-/metadata/annotations/note", ""),
    (
        "*",
        "+/metadata/finalizers[=\"example.org/hold\"]",
        "\"example.org/hold\"",
    ),
    // Workloads and their containers.
    (
        "Workload",
        "~/spec/template/spec/containers[name=app]/image",
        "\"web:2.0-rc1\"",
    ),
    (
        "Workload",
        "~/spec/template/spec/containers[name=app]/env[name=MODE]/value",
        "\"slow\"",
    ),
    (
        "Workload",
        "+/spec/template/spec/containers[name=app]/env[name=DEBUG]",
        r#"{"value":"1"}"#,
    ),
    (
        "Workload",
        "-/spec/template/spec/containers[name=app]/env[name=LEVEL]",
        "",
    ),
    (
        "Workload",
        "~/spec/template/spec/containers[name=app]/env[name=EMPTY]/value",
        "\"full\"",
    ),
    (
        "Workload",
        "~/spec/template/spec/containers[name=app]/env[name=NODE]/valueFrom/fieldRef/fieldPath",
        "\"status.hostIP\"",
    ),
    (
        "Workload",
        "~/spec/template/spec/containers[name=app]/resources/requests/cpu",
        "\"2\"",
    ),
    (
        "Workload",
        "~/spec/template/spec/containers[name=app]/resources/limits/memory",
        "\"3Gi\"",
    ),
    (
        "Workload",
        "+/spec/template/spec/containers[name=app]/resources/limits/cpu",
        "\"2\"",
    ),
    (
        "Workload",
        "-/spec/template/spec/containers[name=app]/resources/requests/memory",
        "",
    ),
    (
        "Workload",
        "+/spec/template/spec/containers[name=debug]",
        r#"{"image":"busybox"}"#,
    ),
    ("Workload", "-/spec/template/spec/containers[name=log]", ""),
    (
        "Workload",
        "+/spec/template/spec/containers[name=app]/ports[containerPort=9229,protocol=TCP]",
        r#"{"name":"debug"}"#,
    ),
    (
        "Workload",
        "-/spec/template/spec/containers[name=app]/ports[containerPort=9090,protocol=TCP]",
        "",
    ),
    (
        "Workload",
        "~/spec/template/spec/containers[name=app]/args/1",
        "\"9999\"",
    ),
    (
        "Workload",
        "~/spec/template/spec/containers[name=app]/args",
        r#"["--listen","8080","--verbose"]"#,
    ),
    (
        "Workload",
        "~/spec/template/spec/containers[name=app]/args",
        r#"["--listen"]"#,
    ),
    (
        "Workload",
        "+/spec/template/spec/containers[name=app]/command",
        r#"["sh"]"#,
    ),
    (
        "Workload",
        "+/spec/template/spec/containers[name=app]/imagePullPolicy",
        "\"Never\"",
    ),
    (
        "Workload",
        "+/spec/template/spec/containers[name=app]/livenessProbe/failureThreshold",
        "9",
    ),
    (
        "Workload",
        "~/spec/template/spec/containers[name=app]/livenessProbe/httpGet/path",
        "\"/\"",
    ),
    (
        "Workload",
        "+/spec/template/spec/containers[name=app]/readinessProbe",
        r#"{"tcpSocket":{"port":8080}}"#,
    ),
    (
        "Workload",
        "~/spec/template/spec/containers[name=app]/securityContext/runAsNonRoot",
        "false",
    ),
    (
        "Workload",
        "+/spec/template/spec/containers[name=app]/securityContext/privileged",
        "true",
    ),
    (
        "Workload",
        "+/spec/template/spec/containers[name=app]/volumeMounts[mountPath=\"/etc/app\"]/readOnly",
        "true",
    ),
    (
        "Workload",
        "+/spec/template/spec/initContainers",
        r#"[{"name":"wait","image":"busybox"}]"#,
    ),
    (
        "Workload",
        "+/spec/template/spec/volumes[name=scratch]",
        r#"{"emptyDir":{}}"#,
    ),
    (
        "Workload",
        "+/spec/template/spec/terminationGracePeriodSeconds",
        "90",
    ),
    (
        "Workload",
        "+/spec/template/spec/nodeSelector",
        r#"{"disk":"ssd"}"#,
    ),
    (
        "Workload",
        "+/spec/template/spec/tolerations/1",
        r#"{"key":"gpu","operator":"Exists"}"#,
    ),
    ("Workload", "+/spec/template/spec/hostNetwork", "true"),
    (
        "Workload",
        "+/spec/template/spec/priorityClassName",
        "\"high\"",
    ),
    (
        "Workload",
        "+/spec/template/metadata/annotations/example.org~1touched",
        "\"now\"",
    ),
    (
        "Workload",
        "+/spec/template/metadata/labels/canary",
        "\"yes\"",
    ),
    ("Workload", "+/spec/minReadySeconds", "15"),
    ("Workload", "+/spec/revisionHistoryLimit", "2"),
    ("Deployment", "~/spec/replicas", "7"),
    ("Deployment", "+/spec/paused", "true"),
    ("Deployment", "+/spec/strategy/rollingUpdate/maxSurge", "3"),
    ("Deployment", "+/spec/progressDeadlineSeconds", "60"),
    ("StatefulSet", "~/spec/replicas", "1"),
    (
        "StatefulSet",
        "+/spec/updateStrategy/rollingUpdate/partition",
        "2",
    ),
    (
        "DaemonSet",
        "+/spec/updateStrategy/rollingUpdate/maxUnavailable",
        "3",
    ),
    ("CronJob", "~/spec/schedule", "\"0 * * * *\""),
    ("CronJob", "~/spec/suspend", "true"),
    ("CronJob", "+/spec/suspend", "true"),
    ("CronJob", "+/spec/concurrencyPolicy", "\"Forbid\""),
    (
        "CronJob",
        "~/spec/jobTemplate/spec/template/spec/containers[name=job]/image",
        "\"job:2\"",
    ),
    ("Job", "~/spec/parallelism", "2"),
    ("Job", "+/spec/backoffLimit", "2"),
    // Network.
    ("Service", "~/spec/selector/app", "\"other\""),
    ("Service", "+/spec/selector/canary", "\"yes\""),
    (
        "Service",
        "~/spec/ports[port=80,protocol=TCP]/targetPort",
        "8081",
    ),
    (
        "Service",
        "+/spec/ports[port=9999,protocol=TCP]",
        r#"{"name":"debug","targetPort":9999}"#,
    ),
    ("Service", "-/spec/ports[port=8081,protocol=TCP]", ""),
    ("Service", "~/spec/type", "\"NodePort\""),
    ("Service", "+/spec/type", "\"NodePort\""),
    ("Service", "+/spec/sessionAffinity", "\"ClientIP\""),
    ("Service", "+/spec/externalIPs", r#"["192.0.2.1"]"#),
    ("Ingress", "~/spec/rules/0/host", "\"b.example.org\""),
    ("Ingress", "~/spec/ingressClassName", "\"kong\""),
    ("Ingress", "+/spec/tls/1", r#"{"hosts":["b.example.org"]}"#),
    (
        "Ingress",
        "+/spec/rules/0/http/paths/1",
        r#"{"path":"/admin","pathType":"Exact","backend":{"service":{"name":"a","port":{"number":80}}}}"#,
    ),
    ("NetworkPolicy", "~/spec/ingress/0/ports/0/port", "9090"),
    (
        "NetworkPolicy",
        "+/spec/ingress/1",
        r#"{"from":[{"ipBlock":{"cidr":"0.0.0.0/0"}}]}"#,
    ),
    (
        "NetworkPolicy",
        "~/spec/podSelector/matchLabels/app",
        "\"nobody\"",
    ),
    ("NetworkPolicy", "+/spec/policyTypes/1", "\"Egress\""),
    // Content.
    ("ConfigMap", "~/data/level", "\"debug\""),
    ("ConfigMap", "~/data/empty", "\"not\""),
    ("ConfigMap", "+/data/extra", "\"1\""),
    ("ConfigMap", "+/data/10", "\"digits\""),
    ("ConfigMap", "-/data/yes", ""),
    ("ConfigMap", "~/binaryData/blob", "\"AAEC\""),
    ("ConfigMap", "+/binaryData/more", "\"AAEC\""),
    ("ConfigMap", "-/binaryData/blob", ""),
    ("ConfigMap", "+/immutable", "true"),
    ("Secret", "~/data/password", "\"b3RoZXI=\""),
    ("Secret", "~/data/user", "\"b3RoZXI=\""),
    ("Secret", "+/data/token", "\"b3RoZXI=\""),
    ("Secret", "-/data/user", ""),
    // Rights.
    ("Role", "+/rules/0/verbs/2", "\"delete\""),
    ("Role", "~/rules/1/verbs/0", "\"*\""),
    (
        "Role",
        "+/rules/2",
        r#"{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}"#,
    ),
    ("Role", "-/rules/1", ""),
    ("ClusterRole", "~/rules/0/resources/0", "\"secrets\""),
    (
        "RoleBinding",
        "+/subjects/1",
        r#"{"kind":"User","name":"mallory","apiGroup":"rbac.authorization.k8s.io"}"#,
    ),
    ("RoleBinding", "~/subjects/0/name", "\"other\""),
    (
        "ClusterRoleBinding",
        "+/subjects/1",
        r#"{"kind":"Group","name":"all","apiGroup":"rbac.authorization.k8s.io"}"#,
    ),
    ("ServiceAccount", "~/automountServiceAccountToken", "true"),
    (
        "ServiceAccount",
        "+/imagePullSecrets",
        r#"[{"name":"registry"}]"#,
    ),
    // Limits and scale.
    ("PodDisruptionBudget", "~/spec/minAvailable", "0"),
    ("HorizontalPodAutoscaler", "~/spec/maxReplicas", "50"),
    ("HorizontalPodAutoscaler", "~/spec/minReplicas", "1"),
    ("ResourceQuota", "~/spec/hard/pods", "\"500\""),
    ("ResourceQuota", "+/spec/hard/secrets", "\"9\""),
    ("LimitRange", "~/spec/limits/0/default/cpu", "\"8\""),
    (
        "PersistentVolumeClaim",
        "~/spec/resources/requests/storage",
        "\"20Gi\"",
    ),
    // Hooks, definitions, custom resources.
    (
        "MutatingWebhookConfiguration",
        "~/webhooks[name=check.example.org]/failurePolicy",
        "\"Fail\"",
    ),
    (
        "MutatingWebhookConfiguration",
        "+/webhooks[name=check.example.org]/timeoutSeconds",
        "29",
    ),
    (
        "ValidatingWebhookConfiguration",
        "+/webhooks[name=check.example.org]/rules/0/operations/1",
        "\"DELETE\"",
    ),
    (
        "CustomResourceDefinition",
        "+/spec/names/categories",
        r#"["all"]"#,
    ),
    (
        "Namespace",
        "+/metadata/labels/pod-security.kubernetes.io~1enforce",
        "\"privileged\"",
    ),
    ("Gadget", "~/spec/size", "4"),
    ("Gadget", "~/spec/port", "\"http\""),
    ("Gadget", "+/spec/mode", "\"manual\""),
    ("Gadget", "~/spec/parts[name=left]/count", "2"),
    ("Gadget", "+/spec/parts[name=right]/count", "5"),
    ("Gadget", "+/spec/parts[name=middle]", r#"{"hue":"red"}"#),
    ("Gadget", "-/spec/parts[name=left]", ""),
    ("Gadget", "+/spec/tags[=c]", "\"c\""),
    ("Gadget", "-/spec/tags[=a]", ""),
    ("Gadget", "+/spec/steps/2", "\"three\""),
    ("Gadget", "~/spec/free/x/y/0", "9"),
    ("Gadget", "+/spec/free/z", r#"{"on":true}"#),
    ("Depot", "~/spec/racks", "5"),
    ("Depot", "+/spec/roof", "\"flat\""),
    ("ServiceMonitor", "~/spec/endpoints/0/interval", "\"5m\""),
    ("ServiceMonitor", "+/spec/jobLabel", "\"x\""),
    ("KongPlugin", "~/config/minute", "6000"),
    ("KongPlugin", "+/config/hour", "1"),
    ("KongPlugin", "-/protocols[=http]", ""),
];

/// Whether an edit is for a kind.
pub(crate) fn is_for(edit: &Edit, kind: &str) -> bool {
    match edit.0 {
        "*" => true,
        "Workload" => matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet"),
        own => own == kind,
    }
}
