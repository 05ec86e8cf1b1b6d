//! Who writes to objects: those that apply what Git says, the cluster's own, and everybody else.

/// What the user says of the deployer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// Field managers that apply what Git says besides those that are known:
    /// `NAME` for its applies, `NAME/Update` for its updates.
    pub managers: Vec<String>,
    /// The Argo CD Application that deploys the objects.
    pub application: Option<String>,
}

/// What a field manager is to an object that Git describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It applies what Git says, and owns exactly what Git said when it last did.
    Applies,
    /// It updates the object to what Git says, and owns the server's defaults besides.
    Updates,
    /// It is one of the cluster's own.
    Controller,
    /// Anybody else: a person, or a tool.
    Foreign,
}

/// The operation of an apply, as managed fields name it.
pub(crate) const APPLY: &str = "Apply";

/// Appliers and the operations in which they are.
const APPLIERS: [(&str, Operations); 9] = [
    ("argocd-controller", Operations::Both),
    ("argocd-application-controller", Operations::Update),
    ("kubectl", Operations::Apply),
    ("kubectl-client-side-apply", Operations::Update),
    ("helm", Operations::Both),
    ("kustomize-controller", Operations::Both),
    ("helm-controller", Operations::Both),
    ("before-first-apply", Operations::Update),
    // Plumbline's own dry runs are never stored; its fixes put back what Git says.
    ("plumbline", Operations::Both),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operations {
    Apply,
    Update,
    Both,
}

/// Managers of the cluster's own controllers.
const CONTROLLERS: [&str; 7] = [
    "aws-cloud-controller-manager",
    "cloud-controller-manager",
    "clusterrole-aggregation-controller",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
];

impl Trust {
    /// What a manager is by its name and operation; `subresource` is empty for the object itself.
    #[must_use]
    pub fn role(&self, manager: &str, operation: &str, subresource: &str) -> Role {
        if CONTROLLERS.contains(&manager) {
            return Role::Controller;
        }
        if !subresource.is_empty() {
            return Role::Foreign;
        }
        let is_apply = operation == APPLY;
        let (role, operations) = if is_apply {
            (Role::Applies, Operations::Apply)
        } else {
            (Role::Updates, Operations::Update)
        };
        let is_known = APPLIERS
            .iter()
            .any(|(name, it)| *name == manager && (*it == operations || *it == Operations::Both));
        let is_trusted = self
            .managers
            .iter()
            .any(|it| match it.strip_suffix("/Update") {
                Some(name) => !is_apply && name == manager,
                None => is_apply && it == manager,
            });
        if is_known || is_trusted {
            role
        } else {
            Role::Foreign
        }
    }
}
