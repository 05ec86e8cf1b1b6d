use serde_json::{Value, json};

use super::{THEN, deployment, is_in_sync, look_at, look_with, told};
use crate::look::Options;
use crate::normal::LAST_APPLIED;
use crate::rules::RULES;
use crate::testing::Memory;

/// Applies `git`, edits it as a stranger, and gives what the look says of it.
fn after(git: &Value, edit: impl FnOnce(&mut Value)) -> Vec<crate::look::Seen> {
    let cluster = Memory::default();
    cluster.put(git, ("kubectl", "Apply"), THEN);
    cluster.edit(git, ("somebody", ""), edit);
    look_at(&cluster, std::slice::from_ref(git))
}

fn counted(seen: &[crate::look::Seen], rule: &str) -> u64 {
    let of = |it: &crate::look::Seen| it.observed.aside.same_meaning.get(rule).copied();
    seen.iter().filter_map(of).sum()
}

fn ignored(seen: &[crate::look::Seen]) -> Vec<String> {
    seen.iter()
        .flat_map(|it| &it.observed.aside.not_ours)
        .map(|it| format!("{} {} {}", it.path, it.rule, it.detail))
        .collect()
}

#[test]
fn rules_are_documented_in_order_and_once() {
    assert!(RULES.windows(2).all(|it| it[0].name < it[1].name));
    for rule in RULES {
        assert!(rule.summary.ends_with('.'), "{}", rule.name);
        assert!(rule.source.starts_with("https://"), "{}", rule.name);
    }
}

#[test]
fn marks_of_deployers_and_controllers_are_no_drift_where_git_has_none() {
    for (field, name, value, rule) in [
        ("annotations", LAST_APPLIED, "{}", "deployer-mark"),
        (
            "annotations",
            "argocd.argoproj.io/tracking-id",
            "shop:apps/Deployment:shop/web",
            "deployer-mark",
        ),
        (
            "annotations",
            "meta.helm.sh/release-name",
            "web",
            "deployer-mark",
        ),
        (
            "annotations",
            "meta.helm.sh/release-namespace",
            "shop",
            "deployer-mark",
        ),
        (
            "annotations",
            "deployment.kubernetes.io/revision",
            "3",
            "controller-mark",
        ),
        (
            "labels",
            "app.kubernetes.io/managed-by",
            "Helm",
            "deployer-mark",
        ),
        (
            "labels",
            "kustomize.toolkit.fluxcd.io/name",
            "x",
            "deployer-mark",
        ),
    ] {
        let seen = after(&deployment(), |it| {
            it["metadata"][field][name] = json!(value)
        });
        assert!(is_in_sync(&seen), "{name}");
        assert_eq!(counted(&seen, rule), 1, "{name}");
        let mut git = deployment();
        git["metadata"][field][name] = json!("what Git says");
        if name != LAST_APPLIED {
            let seen = after(&git, |it| it["metadata"][field][name] = json!(value));
            assert!(
                !is_in_sync(&seen),
                "{name} is Git's to say where Git says it"
            );
        }
    }
    for (field, name, value) in [
        ("annotations", "meta.helm.sh/other", "x"),
        ("labels", "app.kubernetes.io/managed-by", "somebody"),
        ("labels", "app.kubernetes.io/instance", "web"),
    ] {
        let seen = after(&deployment(), |it| {
            it["metadata"][field][name] = json!(value)
        });
        assert_eq!(told(&seen).len(), 1, "{name}");
    }
}

#[test]
fn the_instance_label_is_argo_cds_only_if_it_names_the_application() {
    let cluster = Memory::default();
    let mut git = deployment();
    git["metadata"]["labels"]["app.kubernetes.io/instance"] = json!("web");
    cluster.put(&git, ("kubectl", "Apply"), THEN);
    let mut options = Options::default();
    options.trust.application = Some("shop".to_owned());
    let name = |value: &'static str| {
        cluster.edit(&git, ("somebody", ""), |it| {
            it["metadata"]["labels"]["app.kubernetes.io/instance"] = json!(value);
        });
        told(&look_with(&cluster, std::slice::from_ref(&git), &options)).len()
    };
    assert_eq!((name("shop"), name("other")), (0, 1));
}

#[test]
fn a_restart_is_no_drift_and_another_annotation_of_the_template_is() {
    let at = "kubectl.kubernetes.io/restartedAt";
    let edit = |name: &'static str| {
        after(&deployment(), move |it| {
            it["spec"]["template"]["metadata"]["annotations"] = json!({name: "now"});
        })
    };
    let seen = edit(at);
    assert!(is_in_sync(&seen));
    assert_eq!(counted(&seen, "restarted-at"), 1);
    assert_eq!(
        told(&edit("other")),
        ["/spec/template/metadata/annotations/other added somebody"]
    );
}

#[test]
fn finalizers_of_controllers_are_no_drift_and_others_are() {
    for (name, count) in [
        ("kubernetes.io/pvc-protection", 0),
        ("foregroundDeletion", 0),
        ("service.k8s.aws/resources", 0),
        ("elbv2.k8s.aws/resources", 0),
        ("example.org/hold", 1),
        ("notkubernetes.io/x", 1),
    ] {
        let seen = after(&deployment(), |it| {
            it["metadata"]["finalizers"] = json!([name])
        });
        assert_eq!(told(&seen).len(), count, "{name}");
    }
    let seen = after(&deployment(), |it| {
        it["metadata"]["finalizers"] = json!(["x", "foregroundDeletion"])
    });
    assert_eq!(told(&seen), ["/metadata/finalizers[=x] added somebody"]);
}

#[test]
fn what_the_server_allots_is_no_drift() {
    let git = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
                     "spec": {"ports": [{"port": 80}, {"port": 53, "protocol": "UDP"}]}});
    let seen = after(&git, |it| {
        it["spec"]["clusterIP"] = json!("10.0.0.1");
        it["spec"]["clusterIPs"] = json!(["10.0.0.1"]);
        it["spec"]["ports"][0]["nodePort"] = json!(30080);
        it["spec"]["externalTrafficPolicy"] = json!("Cluster");
    });
    assert!(
        told(&seen).is_empty() || told(&seen) == ["/spec/externalTrafficPolicy added somebody"]
    );
    assert_eq!(counted(&seen, "server-allocated"), 3);
    let seen = after(&git, |it| it["spec"]["ports"][1]["name"] = json!("dns"));
    assert_eq!(
        told(&seen),
        ["/spec/ports[port=53,protocol=UDP]/name added somebody"]
    );
}

#[test]
fn defaults_that_another_owns_are_no_drift_and_other_values_are() {
    let dns = |value: &'static str| {
        after(&deployment(), move |it| {
            it["spec"]["template"]["spec"]["dnsPolicy"] = json!(value)
        })
    };
    // The default is there already, so that setting it is no edit; owning it beside Git is.
    let cluster = Memory::default();
    cluster.put(&deployment(), ("kubectl-create", "Update"), THEN);
    cluster.put(&deployment(), ("kubectl", "Apply"), THEN);
    let seen = look_at(&cluster, &[deployment()]);
    assert!(is_in_sync(&seen));
    assert!(counted(&seen, "server-default") > 0);
    assert_eq!(cluster.dry_runs(), 0);
    assert_eq!(
        told(&dns("Default")),
        ["/spec/template/spec/dnsPolicy added somebody"]
    );
}

#[test]
fn an_autoscalers_replicas_are_its_own() {
    let scaler = |group: &str, kind: &str, target: Value| {
        json!({"apiVersion": group, "kind": kind, "metadata": {"name": "web", "namespace": "shop"},
               "spec": {"scaleTargetRef": target}})
    };
    let exact = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"});
    for (scaler, detail) in [
        (
            scaler("autoscaling/v2", "HorizontalPodAutoscaler", exact.clone()),
            Some("HorizontalPodAutoscaler web"),
        ),
        (
            scaler("keda.sh/v1alpha1", "ScaledObject", json!({"name": "web"})),
            Some("ScaledObject web"),
        ),
        (
            scaler(
                "autoscaling/v2",
                "HorizontalPodAutoscaler",
                json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "other"}),
            ),
            None,
        ),
        (
            scaler(
                "autoscaling/v2",
                "HorizontalPodAutoscaler",
                json!({"apiVersion": "example.org/v1", "kind": "Deployment", "name": "web"}),
            ),
            None,
        ),
        (
            scaler("example.org/v1", "HorizontalPodAutoscaler", exact),
            None,
        ),
    ] {
        let cluster = Memory::default();
        cluster.put(&deployment(), ("kubectl", "Apply"), THEN);
        cluster.edit(&deployment(), ("kube-controller-manager", "scale"), |it| {
            it["spec"]["replicas"] = json!(7)
        });
        let seen = look_at(&cluster, &[deployment(), scaler]);
        match detail {
            Some(detail) => {
                assert!(told(&seen).is_empty());
                assert_eq!(
                    ignored(&seen),
                    [format!("/spec/replicas owned-by-autoscaler {detail}")]
                );
                assert_eq!(cluster.dry_runs(), 0);
            }
            None => assert_eq!(
                told(&seen),
                ["/spec/replicas changed kube-controller-manager"]
            ),
        }
    }
}

#[test]
fn replicas_that_nobody_owns_were_scaled_unless_an_autoscaler_did() {
    let mut git = deployment();
    git["spec"].as_object_mut().unwrap().remove("replicas");
    let mut scaled = git.clone();
    scaled["spec"]["replicas"] = json!(5);
    let cluster = Memory::default();
    cluster.put(&git, ("kubectl", "Apply"), THEN);
    assert!(is_in_sync(&look_at(&cluster, std::slice::from_ref(&git))));
    // A scale of what nobody owned leaves no entry: as if the value had always been there.
    cluster.put(&scaled, ("kubectl", "Apply"), THEN);
    cluster.put(&git, ("kubectl", "Apply"), THEN);
    assert_eq!(
        told(&look_at(&cluster, std::slice::from_ref(&git))),
        ["/spec/replicas added -"]
    );
    let scaler = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}});
    cluster.put(&scaler, ("kubectl", "Apply"), THEN);
    assert!(is_in_sync(&look_at(&cluster, &[git, scaler])));
}

#[test]
fn aggregated_rules_are_the_controllers_and_others_are_not() {
    let git = |aggregates: bool| {
        let mut role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
                              "metadata": {"name": "r"}, "rules": []});
        if aggregates {
            role["aggregationRule"] = json!({"clusterRoleSelectors": []});
        } else {
            role["rules"] = json!([{"verbs": ["get"]}]);
        }
        role
    };
    for aggregates in [true, false] {
        let seen = after(&git(aggregates), |it| {
            it["rules"] = json!([{"verbs": ["*"]}])
        });
        assert_eq!(told(&seen).is_empty(), aggregates);
        assert_eq!(ignored(&seen).len(), usize::from(aggregates));
    }
}

#[test]
fn a_certificate_authority_is_filled_in_only_where_git_leaves_it_open() {
    use crate::known::{Around, of_difference};
    use crate::path::Path;
    let (trust, autoscalers) = (crate::Trust::default(), crate::Autoscalers::default());
    let target = crate::Target {
        group: String::new(),
        kind: String::new(),
        namespace: String::new(),
        name: String::new(),
    };
    let asks = json!({"metadata": {"annotations": {"cert-manager.io/inject-ca-from": "a/b"}}});
    let path = Path::parse("/webhooks[name=a]/clientConfig/caBundle").unwrap();
    let known = |desired: &Value, expected: Option<Value>, path: &Path| {
        let kind = "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration";
        let around = Around {
            kind,
            desired,
            target: &target,
            autoscalers: &autoscalers,
            trust: &trust,
        };
        of_difference(&around, path, expected.as_ref(), Some(&json!("QUJD"))).is_some()
    };
    assert!(known(&json!({}), None, &path));
    assert!(known(&json!({}), Some(json!("Cg==")), &path));
    assert!(!known(&json!({}), Some(json!("WFla")), &path));
    assert!(known(&asks, Some(json!("WFla")), &path));
    for other in [
        "/webhooks[name=a]/clientConfig/url",
        "/webhooks[name=a]/clientConfig/service/port",
    ] {
        assert!(!known(&asks, None, &Path::parse(other).unwrap()), "{other}");
    }
}

#[test]
fn what_a_dry_run_creation_gives_as_well_was_put_there_by_the_server() {
    // The color of a widget has a default that Git does not write and somebody else owns.
    let git = json!({"apiVersion": "example.org/v1", "kind": "Widget",
                     "metadata": {"name": "w", "namespace": "shop"}, "spec": {}});
    for (color, count) in [("red", 0), ("blue", 1)] {
        let cluster = Memory::default();
        cluster.put(&git, ("kubectl", "Apply"), THEN);
        cluster.edit(&git, ("somebody", ""), |it| {
            it["spec"]["color"] = json!("green")
        });
        cluster.edit(&git, ("somebody", ""), |it| {
            it["spec"]["color"] = json!(color)
        });
        assert_eq!(
            told(&look_at(&cluster, std::slice::from_ref(&git))).len(),
            count
        );
    }
}
