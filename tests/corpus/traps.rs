//! What is not drift, however much it looks like it.

use fastrand::Rng;
use sandbox_cluster::{Hand, Object, Patch, Refusal, SandboxCluster};
use serde_json::{Value, json};

use crate::objects::{self, autoscaler, object};

/// One trap: its name, what Git has of it, and what happens to it on the cluster.
pub(crate) struct Trap {
    pub(crate) name: &'static str,
    pub(crate) git: fn(&mut Rng, (&str, &str)) -> Vec<Value>,
    pub(crate) then: fn(&SandboxCluster, (&str, &str)) -> Result<(), Refusal>,
}

type Done = Result<(), Refusal>;

fn deployment(at: (&str, &str)) -> Object {
    Object::new("apps/v1", "Deployment", at.0, at.1)
}

fn merge(cluster: &SandboxCluster, (hand, object): (&str, &Object), patch: &Value) -> Done {
    cluster
        .patch(&Hand::new(hand), object, Patch::Merge, patch)
        .map(|_| ())
}

fn web(rng: &mut Rng, at: (&str, &str)) -> Vec<Value> {
    vec![objects::workload(rng, "Deployment", at)]
}

fn scaled(rng: &mut Rng, at: (&str, &str), replicas: Option<u32>) -> Vec<Value> {
    let mut web = objects::workload(rng, "Deployment", at);
    let spec = web["spec"].as_object_mut().unwrap();
    spec.remove("replicas");
    if let Some(replicas) = replicas {
        spec.insert("replicas".to_owned(), replicas.into());
    }
    vec![web, autoscaler(at, at.1)]
}

fn nothing(_: &mut Rng, _: (&str, &str)) -> Vec<Value> {
    Vec::new()
}

fn stays(_: &SandboxCluster, _: (&str, &str)) -> Done {
    Ok(())
}

fn owned(kind: &str, at: (&str, &str)) -> Value {
    json!({"metadata": {"name": at.1, "namespace": at.0, "ownerReferences":
        [{"apiVersion": "example.org/v1", "kind": kind, "name": "x", "uid": "00000000-0000-4000-8000-000000000001"}]}})
}

pub(crate) const TRAPS: &[Trap] = &[
    Trap {
        name: "an autoscaler's replicas that Git sets",
        git: |rng, at| scaled(rng, at, Some(2)),
        then: |cluster, at| cluster.autoscale(at.0, at.1, 5),
    },
    Trap {
        name: "an autoscaler's replicas that Git leaves out",
        git: |rng, at| scaled(rng, at, None),
        then: |cluster, at| cluster.autoscale(at.0, at.1, 4),
    },
    Trap {
        name: "replicas scaled by KEDA",
        git: |rng, at| {
            let target = json!({"spec": {"scaleTargetRef": {"name": at.1}, "triggers": [{"type": "cron", "metadata": {"start": "0 6 * * *"}}]}});
            vec![
                objects::workload(rng, "Deployment", at),
                object("keda.sh/v1alpha1", "ScaledObject", at, target),
            ]
        },
        then: |cluster, at| {
            cluster
                .scale(&Hand::new("keda"), &deployment(at), 9)
                .map(|_| ())
        },
    },
    Trap {
        name: "kubectl rollout restart",
        git: web,
        then: |cluster, at| {
            let note = json!({"kubectl.kubernetes.io/restartedAt": "2026-11-24T06:00:00Z"});
            merge(
                cluster,
                ("kubectl-rollout", &deployment(at)),
                &json!({"spec": {"template": {"metadata": {"annotations": note}}}}),
            )
        },
    },
    Trap {
        name: "quantities in other spellings",
        git: |rng, at| {
            let mut web = objects::workload(rng, "StatefulSet", at);
            let resources = json!({"requests": {"cpu": "1000m", "memory": "1024Mi", "ephemeral-storage": "1e3"}, "limits": {"cpu": 2, "memory": "2048Mi"}});
            web["spec"]["template"]["spec"]["containers"][0]["resources"] = resources;
            vec![web]
        },
        then: stays,
    },
    Trap {
        name: "empty values, maps and lists",
        git: |rng, at| {
            let mut web = objects::workload(rng, "DaemonSet", at);
            web["metadata"]["annotations"] = json!({});
            let pod = &mut web["spec"]["template"]["spec"];
            pod["nodeSelector"] = json!({});
            pod["imagePullSecrets"] = json!([]);
            pod["affinity"] = Value::Null;
            pod["containers"][0]["env"] = json!([{"name": "A", "value": ""}, {"name": "B"}]);
            pod["containers"][0]["resources"] = json!({});
            vec![web]
        },
        then: stays,
    },
    Trap {
        name: "defaults written out in Git",
        git: |_, at| {
            let spec = json!({"type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster",
                "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}], "selector": {"app": at.1}});
            vec![object("v1", "Service", at, json!({"spec": spec}))]
        },
        then: stays,
    },
    Trap {
        name: "rules that are aggregated into a ClusterRole",
        git: |_, at| {
            let labels = json!([{"matchLabels": {"aggregate": "yes"}}]);
            vec![object(
                "rbac.authorization.k8s.io/v1",
                "ClusterRole",
                ("", at.1),
                json!({"aggregationRule": {"clusterRoleSelectors": labels}, "rules": []}),
            )]
        },
        then: |cluster, at| {
            let role = Object::new("rbac.authorization.k8s.io/v1", "ClusterRole", "", at.1);
            let rules =
                json!({"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]});
            merge(
                cluster,
                ("clusterrole-aggregation-controller", &role),
                &rules,
            )
        },
    },
    Trap {
        name: "a service account's token",
        git: nothing,
        then: |cluster, at| {
            let note = json!({"kubernetes.io/service-account.name": "default"});
            let mut secret = object(
                "v1",
                "Secret",
                at,
                json!({"type": "kubernetes.io/service-account-token", "data": {"token": "eA=="}}),
            );
            secret["metadata"]["annotations"] = note;
            cluster
                .create(&Hand::new("kubectl-create"), &secret)
                .map(|_| ())
        },
    },
    Trap {
        name: "a lease of a leader and its ConfigMap",
        git: nothing,
        then: |cluster, at| {
            let mut lock = object("v1", "ConfigMap", at, json!({}));
            lock["metadata"]["annotations"] =
                json!({"control-plane.alpha.kubernetes.io/leader": "{}"});
            cluster.create(&Hand::new("manager"), &lock)?;
            cluster
                .create(
                    &Hand::new("manager"),
                    &object("coordination.k8s.io/v1", "Lease", at, json!({"spec": {}})),
                )
                .map(|_| ())
        },
    },
    Trap {
        name: "what another object owns",
        git: nothing,
        then: |cluster, at| {
            cluster
                .create(
                    &Hand::new("operator"),
                    &object("v1", "ConfigMap", at, owned("Widget", at)),
                )
                .map(|_| ())
        },
    },
    Trap {
        name: "the claim of a StatefulSet's pod",
        git: nothing,
        then: |cluster, at| {
            let spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}});
            cluster
                .create(
                    &Hand::new("kube-controller-manager"),
                    &object("v1", "PersistentVolumeClaim", at, json!({"spec": spec})),
                )
                .map(|_| ())
        },
    },
    Trap {
        name: "an object where nothing counts",
        git: nothing,
        then: |cluster, at| {
            cluster.create(
                &Hand::new("kubectl-create"),
                &object("v1", "ConfigMap", ("kube-public", at.1), json!({})),
            )?;
            cluster
                .create(
                    &Hand::new("kubectl-create"),
                    &objects::role("ClusterRole", ("", at.1)),
                )
                .map(|_| ())
        },
    },
    Trap {
        name: "a status",
        git: |_, at| vec![objects::gadget(at)],
        then: |cluster, at| {
            let gadget = Object::new("cor.example.org/v1", "Gadget", at.0, at.1);
            cluster
                .set_status(
                    &Hand::new("operator"),
                    &gadget,
                    &json!({"phase": "Ready", "parts": [{"name": "left"}]}),
                )
                .map(|_| ())
        },
    },
    Trap {
        name: "an edit that was taken back",
        git: |_, at| vec![objects::gadget(at)],
        then: |cluster, at| {
            let gadget = Object::new("cor.example.org/v1", "Gadget", at.0, at.1);
            merge(
                cluster,
                ("kubectl-edit", &gadget),
                &json!({"spec": {"size": 8}}),
            )?;
            merge(
                cluster,
                ("kubectl-edit", &gadget),
                &json!({"spec": {"size": 3}}),
            )
        },
    },
    Trap {
        name: "another manager that applies the same values",
        git: |rng, at| vec![objects::config(rng, at)],
        then: |cluster, at| {
            let same = object(
                "v1",
                "ConfigMap",
                at,
                json!({"data": {"level": "info", "empty": ""}}),
            );
            cluster
                .patch(
                    &Hand::new("terraform"),
                    &Object::of(&same),
                    Patch::Apply,
                    &same,
                )
                .map(|_| ())
        },
    },
    Trap {
        name: "another manager that applies pure defaults",
        git: web,
        then: |cluster, at| {
            let pod = json!({"dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "terminationGracePeriodSeconds": 30,
                "containers": [{"name": "app", "terminationMessagePath": "/dev/termination-log", "ports": [{"containerPort": 8080, "protocol": "TCP"}]}]});
            let patch = object(
                "apps/v1",
                "Deployment",
                at,
                json!({"spec": {"revisionHistoryLimit": 10, "template": {"spec": pod}}}),
            );
            cluster
                .patch(
                    &Hand::new("policy"),
                    &deployment(at),
                    Patch::ApplyByForce,
                    &patch,
                )
                .map(|_| ())
        },
    },
    Trap {
        name: "the same object written once more, whole",
        git: |rng, at| vec![objects::workload(rng, "StatefulSet", at)],
        then: |cluster, at| {
            let set = Object::new("apps/v1", "StatefulSet", at.0, at.1);
            let mut live = cluster.object(&set).unwrap();
            live["spec"]["template"]["spec"]["containers"][0]["env"]
                .as_array_mut()
                .unwrap()
                .reverse();
            cluster
                .replace(&Hand::new("kubectl-replace"), &live)
                .map(|_| ())
        },
    },
    Trap {
        name: "an autoscaler's metrics in another order",
        git: |rng, at| scaled(rng, at, None),
        then: |cluster, at| {
            let scaler = Object::new("autoscaling/v2", "HorizontalPodAutoscaler", at.0, at.1);
            let mut live = cluster.object(&scaler).unwrap();
            live["spec"]["metrics"].as_array_mut().unwrap().reverse();
            cluster
                .replace(&Hand::new("kube-controller-manager"), &live)
                .map(|_| ())
        },
    },
    Trap {
        name: "a certificate authority filled into a webhook",
        git: |_, at| vec![objects::webhook("ValidatingWebhookConfiguration", at.1)],
        then: |cluster, at| {
            let hook = Object::new(
                "admissionregistration.k8s.io/v1",
                "ValidatingWebhookConfiguration",
                "",
                at.1,
            );
            let mut live = cluster.object(&hook).unwrap();
            live["webhooks"][0]["clientConfig"]["caBundle"] = "Q0E=".into();
            cluster
                .replace(&Hand::new("cert-manager-cainjector"), &live)
                .map(|_| ())
        },
    },
    Trap {
        name: "a sidecar that a webhook injects",
        git: |rng, at| {
            let mut web = objects::workload(rng, "Deployment", at);
            web["spec"]["template"]["metadata"]["annotations"] =
                json!({"sidecar.example.org/inject": "true"});
            vec![web]
        },
        then: stays,
    },
    Trap {
        name: "a finalizer of a controller",
        git: |rng, at| vec![objects::service(rng, at)],
        then: |cluster, at| {
            let patch = json!({"metadata": {"finalizers": ["service.kubernetes.io/load-balancer-cleanup"]}});
            merge(
                cluster,
                (
                    "aws-load-balancer-controller",
                    &Object::new("v1", "Service", at.0, at.1),
                ),
                &patch,
            )
        },
    },
    Trap {
        name: "node ports that the server allots",
        git: |_, at| {
            vec![object(
                "v1",
                "Service",
                at,
                json!({"spec": {"type": "NodePort", "selector": {"app": at.1}, "ports": [{"port": 80}]}}),
            )]
        },
        then: stays,
    },
    Trap {
        name: "base64 with line breaks, and plain text beside it",
        git: |_, at| {
            vec![object(
                "v1",
                "Secret",
                at,
                json!({"data": {"a": "aHVu\ndGVyMg==\n"}, "stringData": {"b": "x: y"}}),
            )]
        },
        then: stays,
    },
    Trap {
        name: "kubectl apply of what another tool applied",
        git: |rng, at| vec![objects::service(rng, at)],
        then: |cluster, at| {
            let note = json!({"kubectl.kubernetes.io/last-applied-configuration": "{}"});
            merge(
                cluster,
                (
                    "kubectl-client-side-apply",
                    &Object::new("v1", "Service", at.0, at.1),
                ),
                &json!({"metadata": {"annotations": note}}),
            )
        },
    },
    Trap {
        name: "marks of a deployer",
        git: |rng, at| vec![objects::config(rng, at)],
        then: |cluster, at| {
            let notes = json!({"argocd.argoproj.io/tracking-id": "a:/ConfigMap:b/c", "meta.helm.sh/release-name": "x"});
            let patch = json!({"metadata": {"annotations": notes, "labels": {"app.kubernetes.io/managed-by": "Helm"}}});
            merge(
                cluster,
                (
                    "argocd-controller",
                    &Object::new("v1", "ConfigMap", at.0, at.1),
                ),
                &patch,
            )
        },
    },
];

/// What every corpus has besides: furniture of namespaces, what controllers make of workloads and Services,
/// Helm's releases, and the annotation of what was applied last.
pub(crate) const EVERYWHERE: usize = 6;
