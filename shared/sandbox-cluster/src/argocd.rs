//! Argo CD's Applications, as its controller keeps them.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cluster::SandboxCluster;
use crate::hands::{Hand, Object, Patch, Refusal};
use crate::time::rfc3339;

/// An Application, and how far its last sync has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Its name.
    pub name: String,
    /// The namespace that Argo CD runs in, which has to be there: `argocd`.
    pub namespace: String,
    /// Where its manifests are: `https://github.com/org/shop`.
    pub repository: String,
    /// The directory in there.
    pub path: String,
    /// What it follows: `main`.
    pub target: String,
    /// The namespace that it syncs into.
    pub destination: String,
    /// The commit that was synced last.
    pub revision: String,
    /// When that sync ended.
    pub synced: Timestamp,
    /// The phase of the last sync: `Succeeded`, `Running`, `Failed`.
    pub phase: String,
    /// Whether Argo CD thinks that the cluster is as Git says.
    pub in_sync: bool,
}

impl SandboxCluster {
    /// Sets an Application, and its status as Argo CD would have it.
    ///
    /// # Errors
    /// Where its namespace or its definition is missing.
    pub fn set_application(&self, application: &Application) -> Result<(), Refusal> {
        let object = Object::new(
            "argoproj.io/v1alpha1",
            "Application",
            &application.namespace,
            &application.name,
        );
        if self.object(&object).is_none() {
            let made = application.manifest();
            self.create(&Hand::new("kubectl-create"), &made)?;
        }
        let controller = Hand::new("argocd-application-controller");
        // A merge patch keeps fields of the status that are gone; Argo CD writes the whole.
        let drop = json!({"operation": null, "status": null});
        self.patch(&controller, &object, Patch::Merge, &drop)?;
        let patch = application.state();
        self.patch(&controller, &object, Patch::Merge, &patch)
            .map(|_| ())
    }
}

impl Application {
    fn source(&self) -> Value {
        json!({"repoURL": self.repository, "path": self.path, "targetRevision": self.target})
    }

    fn manifest(&self) -> Value {
        json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
            "metadata": {"name": self.name, "namespace": self.namespace},
            "spec": {"project": "default", "source": self.source(), "destination": self.place(),
                "syncPolicy": {"automated": {"prune": true, "selfHeal": false}}}})
    }

    fn place(&self) -> Value {
        json!({"server": "https://kubernetes.default.svc", "namespace": self.destination})
    }

    fn state(&self) -> Value {
        let at = rfc3339(self.synced);
        let sync = json!({"revision": self.revision});
        let runs = self.phase == "Running";
        let mut operation = json!({"phase": self.phase, "startedAt": at, "operation": {"sync": sync},
            "syncResult": {"revision": self.revision, "source": self.source()}});
        if !runs {
            operation["finishedAt"] = at.clone().into();
        }
        let compared = json!({"source": self.source(), "destination": self.place()});
        let status = json!({
            "sync": {"status": if self.in_sync { "Synced" } else { "OutOfSync" }, "revision": self.revision, "comparedTo": compared},
            "health": {"status": if runs { "Progressing" } else { "Healthy" }},
            "history": [{"id": 0, "revision": self.revision, "deployedAt": at, "source": self.source()}],
            "operationState": operation, "reconciledAt": at, "sourceType": "Directory",
        });
        match runs {
            true => json!({"status": status, "operation": {"sync": sync}}),
            false => json!({"status": status}),
        }
    }
}
