//! What is on a cluster before anybody comes.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::access::Users;
use crate::call::Call;
use crate::cluster::SandboxCluster;
use crate::custom;
use crate::hands::Hand;
use crate::lock;
use crate::shared::Shared;

impl SandboxCluster {
    /// Puts the cluster's own things on it.
    pub(crate) fn furnish(&self) {
        let server = Hand::new("kube-apiserver");
        for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
            let namespace =
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            // Nobody has been here before, so nothing stands in the way.
            let _ = self.create(&server, &namespace);
        }
        let service = json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "kubernetes", "namespace": "default", "labels": {"component": "apiserver", "provider": "kubernetes"}},
            "spec": {"clusterIP": "10.96.0.1", "ports": [{"name": "https", "port": 443, "targetPort": 6443}]}});
        let _ = self.create(&server, &service);
        if self.shared.options.custom_kinds {
            for definition in custom::definitions() {
                let _ = self.create(&Hand::new("kubectl-create"), &definition);
            }
        }
    }
}

impl Shared {
    /// Puts into a new namespace what a cluster's controllers put there.
    pub(crate) fn furnish_namespace(&self, name: &str, now: Timestamp) {
        for (plural, own) in of_namespace(name) {
            let Some(kind) = lock(&self.state).kinds.find("", "v1", plural) else {
                continue;
            };
            let mut call = Call::to("POST", &kind, (name, "", ""));
            call.add_query("fieldManager", "kube-controller-manager");
            call.body = own.to_string().into_bytes();
            // A namespace that was there before has it.
            let _ = self.answer(&call, &Users::administrator(), now);
        }
    }
}

/// What a cluster's controllers put into every namespace.
fn of_namespace(name: &str) -> [(&'static str, Value); 2] {
    let note = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";
    [
        (
            "serviceaccounts",
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}}),
        ),
        (
            "configmaps",
            json!({"apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": "kube-root-ca.crt", "namespace": name, "annotations": {"kubernetes.io/description": note}},
                "data": {"ca.crt": "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n"}}),
        ),
    ]
}
