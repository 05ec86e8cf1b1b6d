//! What a cluster's controllers would have done by now.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::cluster::SandboxCluster;
use crate::hands::{Hand, Object, Refusal};
use crate::lock;
use crate::state::hex;

const MANAGER: &str = "kube-controller-manager";

impl SandboxCluster {
    /// Lets the controllers run once: workloads get their ReplicaSets, revisions and
    /// pods, and a status that says that all is well; Services get their Endpoints and
    /// EndpointSlices. What was made for a template that has changed since stays, with
    /// no replicas.
    ///
    /// # Errors
    /// Where the server refuses something, a fault of the pretended controllers.
    pub fn run_controllers(&self) -> Result<(), Refusal> {
        for deployment in self.all("apps", "v1", "deployments") {
            self.roll_out(&deployment)?;
        }
        for plural in ["statefulsets", "daemonsets"] {
            for workload in self.all("apps", "v1", plural) {
                self.revise(&workload)?;
            }
        }
        for service in self.all("", "v1", "services") {
            self.publish(&service)?;
        }
        Ok(())
    }

    fn all(&self, group: &str, version: &str, plural: &str) -> Vec<Value> {
        let state = lock(&self.shared.state);
        let kind = state.kinds.find(group, version, plural);
        let objects = kind.map_or(Vec::new(), |kind| state.list(&kind, ""));
        objects
            .iter()
            .map(|object| object.as_ref().clone())
            .collect()
    }

    fn make_once(&self, object: &Value) -> Result<(), Refusal> {
        if self.object(&Object::of(object)).is_some() {
            return Ok(());
        }
        self.create(&Hand::new(MANAGER), object).map(|_| ())
    }

    fn roll_out(&self, deployment: &Value) -> Result<(), Refusal> {
        let (meta, spec) = (&deployment["metadata"], &deployment["spec"]);
        let hash = hash_of(&spec["template"]);
        let replicas = spec["replicas"].as_i64().unwrap_or(1);
        let mut template = spec["template"].clone();
        template["metadata"]["labels"]["pod-template-hash"] = hash.clone().into();
        let mut selector = spec["selector"].clone();
        selector["matchLabels"]["pod-template-hash"] = hash.clone().into();
        let set = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {"name": format!("{}-{hash}", text(&meta["name"])), "namespace": meta["namespace"],
                "labels": template["metadata"]["labels"], "ownerReferences": [owner(deployment)]},
            "spec": {"replicas": replicas, "selector": selector, "template": template}});
        let sets = self.all("apps", "v1", "replicasets").into_iter();
        let mine = |set: &Value| set["metadata"]["ownerReferences"][0]["uid"] == meta["uid"];
        for old in sets.filter(mine) {
            let wanted = if old["metadata"]["name"] == set["metadata"]["name"] {
                replicas
            } else {
                0
            };
            if old["spec"]["replicas"] != wanted {
                let wanted = u32::try_from(wanted).unwrap_or(0);
                self.scale(&Hand::new(MANAGER), &Object::of(&old), wanted)?;
            }
        }
        self.make_once(&set)?;
        if let Some(set) = self.object(&Object::of(&set)) {
            self.populate(&set, replicas)?;
        }
        let at = &meta["creationTimestamp"];
        let condition = |name: &str, reason: &str| json!({"type": name, "status": "True", "reason": reason, "lastTransitionTime": at, "lastUpdateTime": at});
        let mut status = json!({"observedGeneration": meta["generation"], "conditions": [
            condition("Available", "MinimumReplicasAvailable"), condition("Progressing", "NewReplicaSetAvailable")]});
        for name in [
            "replicas",
            "updatedReplicas",
            "readyReplicas",
            "availableReplicas",
        ] {
            status[name] = replicas.into();
        }
        let notes = json!({"deployment.kubernetes.io/revision": "1"});
        let patch = json!({"metadata": {"annotations": notes}, "status": status});
        let object = Object::of(deployment);
        self.patch_part(
            &Hand::new(MANAGER),
            (&object, "status"),
            crate::hands::Patch::Merge,
            &patch,
        )
        .map(|_| ())
    }

    /// A workload that keeps its revisions itself.
    fn revise(&self, workload: &Value) -> Result<(), Refusal> {
        let (meta, spec) = (&workload["metadata"], &workload["spec"]);
        let hash = hash_of(&spec["template"]);
        let name = format!("{}-{hash}", text(&meta["name"]));
        let mut labels = spec["template"]["metadata"]["labels"].clone();
        labels["controller-revision-hash"] = hash.clone().into();
        let revision = json!({"apiVersion": "apps/v1", "kind": "ControllerRevision", "revision": 1,
            "metadata": {"name": name, "namespace": meta["namespace"], "labels": labels, "ownerReferences": [owner(workload)]},
            "data": {"spec": {"template": spec["template"]}}});
        self.make_once(&revision)?;
        let replicas = spec["replicas"].as_i64().unwrap_or(1);
        let status = match workload["kind"].as_str() {
            Some("StatefulSet") => {
                json!({"observedGeneration": meta["generation"], "replicas": replicas,
                "readyReplicas": replicas, "availableReplicas": replicas, "currentReplicas": replicas,
                "updatedReplicas": replicas, "currentRevision": name, "updateRevision": name, "collisionCount": 0})
            }
            _ => {
                json!({"observedGeneration": meta["generation"], "currentNumberScheduled": 1, "desiredNumberScheduled": 1,
                "numberMisscheduled": 0, "numberReady": 1, "numberAvailable": 1, "updatedNumberScheduled": 1})
            }
        };
        self.populate(workload, replicas)?;
        self.set_status(&Hand::new(MANAGER), &Object::of(workload), &status)
            .map(|_| ())
    }

    /// The pods of a workload.
    fn populate(&self, workload: &Value, replicas: i64) -> Result<(), Refusal> {
        let template = &workload["spec"]["template"];
        for index in 0..replicas {
            let mut meta = template["metadata"].clone();
            meta["name"] = format!("{}-{index}", text(&workload["metadata"]["name"])).into();
            meta["namespace"] = workload["metadata"]["namespace"].clone();
            meta["ownerReferences"] = json!([owner(workload)]);
            let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": template["spec"]});
            self.make_once(&pod)?;
        }
        Ok(())
    }

    fn publish(&self, service: &Value) -> Result<(), Refusal> {
        let (meta, spec) = (&service["metadata"], &service["spec"]);
        if !spec["selector"].is_object() {
            return Ok(());
        }
        let name = text(&meta["name"]);
        let addresses = json!([{"ip": "10.244.0.10"}]);
        let number = |port: &Value| port["targetPort"].as_i64().unwrap_or(8080);
        let ports = spec["ports"].as_array().into_iter().flatten();
        let ports: Vec<Value> = ports
            .map(|port| {
                json!({"name": port["name"], "port": number(port), "protocol": port["protocol"]})
            })
            .collect();
        let mut labels = meta["labels"].clone();
        labels["endpoints.kubernetes.io/managed-by"] = "endpoint-controller".into();
        let endpoints = json!({"apiVersion": "v1", "kind": "Endpoints",
            "metadata": {"name": name, "namespace": meta["namespace"], "labels": labels},
            "subsets": [{"addresses": addresses, "ports": ports}]});
        self.make_once(&endpoints)?;
        let labels = json!({"kubernetes.io/service-name": name,
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"});
        let slice = json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": format!("{name}-{}", &hash_of(meta)[..5]), "namespace": meta["namespace"],
                "labels": labels, "ownerReferences": [owner(service)]},
            "endpoints": [{"addresses": ["10.244.0.10"], "conditions": {"ready": true}}], "ports": ports});
        let slices = self.all("discovery.k8s.io", "v1", "endpointslices");
        let mut slices = slices.iter();
        if slices.any(|slice| slice["metadata"]["ownerReferences"][0]["uid"] == meta["uid"]) {
            return Ok(());
        }
        self.make_once(&slice)
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn owner(object: &Value) -> Value {
    json!({"apiVersion": object["apiVersion"], "kind": object["kind"], "name": object["metadata"]["name"],
        "uid": object["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true})
}

fn hash_of(value: &Value) -> String {
    hex(&Sha256::digest(value.to_string()))[..10].to_owned()
}
