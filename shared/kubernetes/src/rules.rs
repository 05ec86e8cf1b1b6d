//! The rules by which something that differs is no drift, for the documentation.

use domain::judge::SuppressionKind::{self, NotOurs, SameMeaning};

/// One rule, as the documentation describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleDoc {
    /// The name that reports give it.
    pub name: &'static str,
    /// What something that it recognises counts as.
    pub kind: SuppressionKind,
    /// The documentation that justifies it: an address, or a title.
    pub source: &'static str,
    /// What it recognises, in one sentence.
    pub summary: &'static str,
}

/// Every rule that the comparison of Kubernetes objects applies, by name.
pub const RULES: &[RuleDoc] = &[
    RuleDoc {
        name: "aggregated-cluster-role",
        kind: NotOurs,
        source: "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles",
        summary: "The rules of a ClusterRole with an aggregation rule are the controller's, which overwrites what a manifest says.",
    },
    RuleDoc {
        name: "base64-spelling",
        kind: SameMeaning,
        source: "https://kubernetes.io/docs/concepts/configuration/secret/",
        summary: "Two base64 texts of the same bytes: line breaks in them say nothing.",
    },
    RuleDoc {
        name: "controller-mark",
        kind: SameMeaning,
        source: "https://kubernetes.io/docs/reference/labels-annotations-taints/",
        summary: "Annotations and finalizers by which controllers of the cluster and of AWS keep their books, where Git has none of them.",
    },
    RuleDoc {
        name: "deployer-mark",
        kind: SameMeaning,
        source: "https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/",
        summary: "Annotations and labels by which Argo CD, Helm, Flux and kubectl know what they deployed, where Git has none of them.",
    },
    RuleDoc {
        name: "empty-absent",
        kind: SameMeaning,
        source: "https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#optional-vs-required",
        summary: "An empty list, an empty map of free keys or an empty environment value, and none at all.",
    },
    RuleDoc {
        name: "injected-ca-bundle",
        kind: NotOurs,
        source: "https://cert-manager.io/docs/concepts/ca-injector/",
        summary: "The certificate authority of a webhook, a conversion or an APIService, where Git leaves it out, has a placeholder or asks for one to be filled in.",
    },
    RuleDoc {
        name: "list-order",
        kind: SameMeaning,
        source: "https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy",
        summary: "Another order of items that are known by their keys, or of an autoscaler's metrics; init containers excepted, which run in theirs.",
    },
    RuleDoc {
        name: "number-spelling",
        kind: SameMeaning,
        source: "https://www.rfc-editor.org/rfc/rfc8259#section-6",
        summary: "One number with and without a fraction of zero: 1 and 1.0.",
    },
    RuleDoc {
        name: "owned-by-autoscaler",
        kind: NotOurs,
        source: "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
        summary: "The replicas of what a HorizontalPodAutoscaler or a ScaledObject targets.",
    },
    RuleDoc {
        name: "quantity-spelling",
        kind: SameMeaning,
        source: "https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/",
        summary: "One quantity in two spellings: 1000m and 1, 1Gi and 1024Mi.",
    },
    RuleDoc {
        name: "restarted-at",
        kind: SameMeaning,
        source: "https://kubernetes.io/docs/reference/kubectl/generated/kubectl_rollout/kubectl_rollout_restart/",
        summary: "The annotation by which kubectl rollout restart makes new pods of the same template.",
    },
    RuleDoc {
        name: "server-allocated",
        kind: SameMeaning,
        source: "https://kubernetes.io/docs/concepts/services-networking/service/",
        summary: "Addresses, node ports, volumes and the like that the server or a controller allots where Git leaves the choice to them.",
    },
    RuleDoc {
        name: "server-default",
        kind: SameMeaning,
        source: "https://kubernetes.io/docs/reference/using-api/server-side-apply/",
        summary: "A value that somebody owns and that the server would give by itself, by its schema or by what a dry run makes of a new object.",
    },
    RuleDoc {
        name: "server-normalised",
        kind: SameMeaning,
        source: "https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run",
        summary: "A value that the server stores in another form, as a dry run of the same manifest shows.",
    },
    RuleDoc {
        name: "time-spelling",
        kind: SameMeaning,
        source: "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/",
        summary: "One point in time in two time zones, or one length of time in two spellings, where the schema says that it is one.",
    },
];
