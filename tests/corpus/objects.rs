//! Objects as Git has them.

use fastrand::Rng;
use serde_json::{Value, json};

pub(crate) const GROUP: &str = "cor.example.org";

/// An object of a type with a spec, or with whatever else `rest` says.
pub(crate) fn object(
    api_version: &str,
    kind: &str,
    (namespace, name): (&str, &str),
    rest: Value,
) -> Value {
    let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}});
    if !namespace.is_empty() {
        object["metadata"]["namespace"] = namespace.into();
    }
    for (key, value) in rest.as_object().unwrap() {
        object[key] = value.clone();
    }
    object
}

/// Some objects have labels and annotations in Git, and some have none.
fn dress(rng: &mut Rng, mut object: Value) -> Value {
    if rng.u8(..3) > 0 {
        object["metadata"]["labels"] = json!({"team": "blue", "app.kubernetes.io/part-of": "shop"});
    }
    if rng.u8(..3) > 1 {
        object["metadata"]["annotations"] =
            json!({"example.org/owner": "ops@example.org", "note": "a: b # c"});
    }
    object
}

/// What runs somewhere, with a container `app`.
pub(crate) fn template(rng: &mut Rng, name: &str) -> Value {
    let cpu = ["1", "1000m", "0.5", "250m", "1.5"][rng.usize(..5)];
    let memory = ["1Gi", "1024Mi", "512Mi", "536870912", "0.5Gi"][rng.usize(..5)];
    let image = ["web:1.4", "web", "registry.example.org/web@sha256:00a1"][rng.usize(..3)];
    let mut app = json!({
        "name": "app", "image": image, "args": ["--listen", "8080"],
        "ports": [{"containerPort": 8080, "name": "http"}, {"containerPort": 9090, "protocol": "TCP"}],
        "env": [
            {"name": "MODE", "value": "fast"}, {"name": "LEVEL", "value": "3"},
            {"name": "EMPTY", "value": ""},
            {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
            {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": name, "key": "password"}}},
        ],
        "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": "2Gi"}},
        "volumeMounts": [{"name": "config", "mountPath": "/etc/app"}],
    });
    if rng.bool() {
        app["livenessProbe"] =
            json!({"httpGet": {"path": "/live", "port": "http"}, "periodSeconds": 5});
        app["securityContext"] = json!({"runAsNonRoot": true});
    }
    let mut containers = vec![app];
    if rng.bool() {
        containers.push(json!({"name": "log", "image": "log:2", "env": [{"name": "MODE"}]}));
    }
    let mut pod = json!({"containers": containers, "volumes": [{"name": "config", "configMap": {"name": name}}]});
    if rng.bool() {
        pod["serviceAccountName"] = name.into();
        pod["tolerations"] = json!([{"key": "spot", "operator": "Exists"}]);
        pod["topologySpreadConstraints"] = json!([{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"app": name}}}]);
    }
    json!({"metadata": {"labels": {"app": name}}, "spec": pod})
}

pub(crate) fn workload(rng: &mut Rng, kind: &str, at: (&str, &str)) -> Value {
    let mut spec =
        json!({"selector": {"matchLabels": {"app": at.1}}, "template": template(rng, at.1)});
    match kind {
        "StatefulSet" => {
            spec["serviceName"] = at.1.into();
            spec["replicas"] = 3.into();
            spec["volumeClaimTemplates"] = json!([{"metadata": {"name": "data"},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}}]);
        }
        "Deployment" if rng.bool() => spec["replicas"] = 2.into(),
        _ => {}
    }
    dress(rng, object("apps/v1", kind, at, json!({"spec": spec})))
}

pub(crate) fn autoscaler(at: (&str, &str), target: &str) -> Value {
    let metric = |name: &str, target: i32| json!({"type": "Resource", "resource": {"name": name, "target": {"type": "Utilization", "averageUtilization": target}}});
    object(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        at,
        json!({"spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target},
        "minReplicas": 2, "maxReplicas": 6, "metrics": [metric("memory", 70), metric("cpu", 60)]}}),
    )
}

pub(crate) fn config(rng: &mut Rng, at: (&str, &str)) -> Value {
    let mut rest = json!({"data": {"level": "info", "app.properties": "a=1\nb=2\n", "yes": "on", "empty": ""}});
    if rng.bool() {
        rest["binaryData"] = json!({"blob": "AAEC/w=="});
    }
    dress(rng, object("v1", "ConfigMap", at, rest))
}

pub(crate) fn secret(rng: &mut Rng, at: (&str, &str)) -> Value {
    let rest = match rng.u8(..3) {
        0 => json!({"stringData": {"user": "shop", "password": "hunter2"}}),
        1 => json!({"type": "Opaque", "data": {"user": "c2hvcA==", "password": "aHVudGVyMg=="}}),
        _ => json!({"data": {"user": "c2hvcA=="}, "stringData": {"password": "hunter2"}}),
    };
    dress(rng, object("v1", "Secret", at, rest))
}

pub(crate) fn service(rng: &mut Rng, at: (&str, &str)) -> Value {
    let ports = json!([{"name": "http", "port": 80, "targetPort": "http"}, {"name": "admin", "port": 8081, "protocol": "TCP", "targetPort": 9090}]);
    let mut spec = json!({"selector": {"app": at.1}, "ports": ports});
    if rng.bool() {
        spec["type"] = "ClusterIP".into();
    }
    dress(rng, object("v1", "Service", at, json!({"spec": spec})))
}

pub(crate) fn role(kind: &str, at: (&str, &str)) -> Value {
    object(
        "rbac.authorization.k8s.io/v1",
        kind,
        at,
        json!({"rules": [
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]}]}),
    )
}

pub(crate) fn binding(kind: &str, at: (&str, &str)) -> Value {
    let role = kind.trim_end_matches("Binding");
    object(
        "rbac.authorization.k8s.io/v1",
        kind,
        at,
        json!({
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role, "name": at.1},
        "subjects": [{"kind": "ServiceAccount", "name": at.1, "namespace": "shop"}]}),
    )
}

/// All that belongs to one application.
pub(crate) fn application(rng: &mut Rng, at: (&str, &str)) -> Vec<Value> {
    let mut objects = vec![
        workload(rng, "Deployment", at),
        service(rng, at),
        config(rng, at),
        secret(rng, at),
        object(
            "v1",
            "ServiceAccount",
            at,
            json!({"automountServiceAccountToken": false}),
        ),
        object(
            "policy/v1",
            "PodDisruptionBudget",
            at,
            json!({"spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": at.1}}}}),
        ),
        object(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            at,
            json!({"spec": {
            "podSelector": {"matchLabels": {"app": at.1}}, "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "front"}}}], "ports": [{"port": 8080}]}]}}),
        ),
        object(
            "networking.k8s.io/v1",
            "Ingress",
            at,
            json!({"spec": {"ingressClassName": "nginx",
            "tls": [{"hosts": ["a.example.org"], "secretName": "tls"}],
            "rules": [{"host": "a.example.org", "http": {"paths": [{"path": "/", "pathType": "Prefix",
                "backend": {"service": {"name": at.1, "port": {"name": "http"}}}}]}}]}}),
        ),
        role("Role", at),
        binding("RoleBinding", at),
    ];
    if rng.bool() {
        objects.push(cron_job(rng, at));
    }
    objects
        .into_iter()
        .map(|it| if rng.u8(..4) == 0 { dress(rng, it) } else { it })
        .collect()
}

fn cron_job(rng: &mut Rng, at: (&str, &str)) -> Value {
    let pod = json!({"restartPolicy": "Never", "containers": [{"name": "job", "image": "job:1", "command": ["run"]}]});
    let mut spec =
        json!({"schedule": "*/5 * * * *", "jobTemplate": {"spec": {"template": {"spec": pod}}}});
    if rng.bool() {
        spec["suspend"] = false.into();
    }
    object("batch/v1", "CronJob", at, json!({"spec": spec}))
}

/// What a namespace has besides its applications.
pub(crate) fn extras(rng: &mut Rng, namespace: &str) -> Vec<Value> {
    let at = |name: &'static str| (namespace, name);
    let once = json!({"restartPolicy": "OnFailure", "containers": [{"name": "job", "image": "migrate:3"}]});
    let scaled = workload(rng, "Deployment", at("scaled"));
    let mut objects = vec![
        scaled,
        autoscaler(at("scaled"), "scaled"),
        workload(rng, "StatefulSet", at("db")),
        workload(rng, "DaemonSet", at("agent")),
        cron_job(rng, at("nightly")),
        object(
            "batch/v1",
            "Job",
            at("migrate"),
            json!({"spec": {"parallelism": 1, "template": {"spec": once}}}),
        ),
        object(
            "v1",
            "PersistentVolumeClaim",
            at("files"),
            json!({"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}}),
        ),
        object(
            "v1",
            "ResourceQuota",
            at("quota"),
            json!({"spec": {"hard": {"pods": "50", "requests.cpu": "20"}}}),
        ),
        object(
            "v1",
            "LimitRange",
            at("limits"),
            json!({"spec": {"limits": [{"type": "Container", "default": {"cpu": "1"}, "defaultRequest": {"cpu": "100m"}}]}}),
        ),
        object(
            "monitoring.coreos.com/v1",
            "ServiceMonitor",
            at("web"),
            json!({"spec": {"selector": {"matchLabels": {"app": "web"}}, "endpoints": [{"port": "http", "interval": "30s"}]}}),
        ),
        object(
            "configuration.konghq.com/v1",
            "KongPlugin",
            at("limit"),
            json!({"plugin": "rate-limiting", "config": {"minute": 60, "policy": "local"}, "protocols": ["http", "https"]}),
        ),
    ];
    for name in ["small", "large"] {
        objects.push(gadget((namespace, name)));
    }
    objects
}

pub(crate) fn gadget(at: (&str, &str)) -> Value {
    object(
        &format!("{GROUP}/v1"),
        "Gadget",
        at,
        json!({"spec": {
        "size": 3, "port": 80, "parts": [{"name": "left", "count": 1}, {"name": "right"}],
        "tags": ["a", "b"], "steps": ["one", "two"], "free": {"x": {"y": [1, 2.5, null]}}}}),
    )
}

fn definition(kind: &str, plural: &str, (scope, spec): (&str, Value)) -> Value {
    object(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        ("", &format!("{plural}.{GROUP}")),
        json!({"spec": {
        "group": GROUP, "scope": scope, "names": {"kind": kind, "plural": plural},
        "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
            "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                "spec": spec, "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}}]}}),
    )
}

/// What is not in a namespace; definitions and namespaces first.
pub(crate) fn cluster_wide(namespaces: &[&str]) -> Vec<Value> {
    let text = json!({"type": "string"});
    let gadget = json!({"type": "object", "properties": {
        "size": {"type": "integer"}, "mode": {"type": "string", "default": "auto"},
        "port": {"x-kubernetes-int-or-string": true},
        "parts": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
            "items": {"type": "object", "required": ["name"], "properties": {"name": text, "count": {"type": "integer", "default": 1}, "hue": text}}},
        "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": text},
        "steps": {"type": "array", "items": text},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}});
    let depot = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let mut objects: Vec<Value> = namespaces
        .iter()
        .map(|name| object("v1", "Namespace", ("", name), json!({})))
        .collect();
    objects.push(definition("Gadget", "gadgets", ("Namespaced", gadget)));
    objects.push(definition("Depot", "depots", ("Cluster", depot)));
    for name in ["north", "south"] {
        objects.push(object(
            &format!("{GROUP}/v1"),
            "Depot",
            ("", name),
            json!({"spec": {"racks": 4, "doors": [{"id": 1}]}}),
        ));
        objects.push(role("ClusterRole", ("", name)));
        objects.push(binding("ClusterRoleBinding", ("", name)));
        for kind in [
            "MutatingWebhookConfiguration",
            "ValidatingWebhookConfiguration",
        ] {
            objects.push(webhook(kind, name));
        }
    }
    objects
}

pub(crate) fn webhook(kind: &str, name: &str) -> Value {
    object(
        "admissionregistration.k8s.io/v1",
        kind,
        ("", name),
        json!({"webhooks": [{
        "name": "check.example.org", "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Ignore",
        "clientConfig": {"service": {"name": "hook", "namespace": "shop", "path": "/check"}},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]}]}),
    )
}
