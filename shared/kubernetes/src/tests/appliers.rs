use domain::severity::Cause;
use serde_json::json;

use super::{THEN, WAYS, deployment, differences, is_in_sync, look_at, look_with, told};
use crate::appliers::{Role, Trust};
use crate::look::Options;
use crate::normal::LAST_APPLIED;
use crate::testing::Memory;

#[test]
fn appliers_are_known_by_name_and_operation() {
    let trust = Trust {
        managers: vec!["flux".to_owned(), "spinnaker/Update".to_owned()],
        application: None,
    };
    for (manager, operation, subresource, role) in [
        ("kubectl", "Apply", "", Role::Applies),
        ("kubectl", "Update", "", Role::Foreign),
        ("kubectl", "Update", "scale", Role::Foreign),
        ("argocd-controller", "Update", "scale", Role::Foreign),
        ("kubectl-client-side-apply", "Update", "", Role::Updates),
        ("kubectl-client-side-apply", "Apply", "", Role::Foreign),
        ("argocd-controller", "Apply", "", Role::Applies),
        ("argocd-controller", "Update", "", Role::Updates),
        ("argocd-application-controller", "Update", "", Role::Updates),
        ("helm", "Update", "", Role::Updates),
        ("kustomize-controller", "Apply", "", Role::Applies),
        ("before-first-apply", "Update", "", Role::Updates),
        ("kubectl-create", "Update", "", Role::Foreign),
        ("kubectl-edit", "Update", "", Role::Foreign),
        (
            "kube-controller-manager",
            "Update",
            "scale",
            Role::Controller,
        ),
        ("flux", "Apply", "", Role::Applies),
        ("flux", "Update", "", Role::Foreign),
        ("spinnaker", "Update", "", Role::Updates),
        ("spinnaker", "Apply", "", Role::Foreign),
    ] {
        assert_eq!(
            trust.role(manager, operation, subresource),
            role,
            "{manager} {operation}"
        );
    }
}

#[test]
fn what_git_no_longer_has_and_an_apply_put_there_is_not_applied() {
    let mut before = deployment();
    before["metadata"]["labels"]["old"] = json!("1");
    let cluster = Memory::default();
    cluster.put(&before, ("kubectl", "Apply"), THEN);
    let seen = look_at(&cluster, &[deployment()]);
    assert_eq!(told(&seen), ["/metadata/labels/old added -"]);
    assert_eq!(differences(&seen)[0].cause, Some(Cause::NotApplied));
}

#[test]
fn of_client_side_apply_only_what_it_applied_last_proves_anything() {
    let mut before = deployment();
    before["metadata"]["labels"]["old"] = json!("1");
    let last = before.to_string();
    for (annotated, expected) in [
        (true, vec!["/metadata/labels/old added -"]),
        (false, vec![]),
    ] {
        let cluster = Memory::default();
        let mut applied = before.clone();
        if annotated {
            applied["metadata"]["annotations"] = json!({LAST_APPLIED: last});
        }
        let way = ("kubectl-client-side-apply", "Update");
        cluster.put(&applied, way, THEN);
        if annotated {
            // The annotation is taken out of what is desired, so it has to be there by itself.
            cluster.edit(&applied, ("kubectl-client-side-apply", ""), |it| {
                it["metadata"]["annotations"] = json!({LAST_APPLIED: last});
            });
        }
        assert_eq!(told(&look_at(&cluster, &[deployment()])), expected);
    }
}

#[test]
fn a_value_that_the_deployer_itself_wrote_is_not_applied_yet() {
    for way in WAYS {
        let mut git = deployment();
        let cluster = Memory::default();
        cluster.put(&git, way, THEN);
        git["spec"]["replicas"] = json!(3);
        let seen = look_at(&cluster, &[git]);
        assert_eq!(told(&seen), ["/spec/replicas changed -"]);
        assert_eq!(
            differences(&seen)[0].cause,
            Some(Cause::NotApplied),
            "{way:?}"
        );
    }
}

#[test]
fn a_key_that_was_never_applied_is_not_applied_and_one_that_was_is_removed() {
    let mut git = deployment();
    let last = git.to_string();
    let cluster = Memory::default();
    cluster.put(&git, ("kubectl-client-side-apply", "Update"), THEN);
    cluster.edit(&git, ("kubectl-client-side-apply", ""), |it| {
        it["metadata"]["annotations"] = json!({LAST_APPLIED: last});
    });
    cluster.edit(&git, ("kubectl-edit", ""), |it| {
        it["metadata"]["labels"]
            .as_object_mut()
            .unwrap()
            .remove("app");
    });
    git["metadata"]["labels"]["new"] = json!("1");
    let seen = look_at(&cluster, &[git]);
    assert_eq!(
        told(&seen),
        [
            "/metadata/labels/app removed -",
            "/metadata/labels/new removed -"
        ]
    );
    let causes: Vec<_> = differences(&seen).iter().map(|it| it.cause).collect();
    assert_eq!(causes, [None, Some(Cause::NotApplied)]);
}

#[test]
fn a_trusted_manager_is_no_stranger() {
    let cluster = Memory::default();
    cluster.put(&deployment(), WAYS[0], THEN);
    cluster.edit(&deployment(), ("mesh", ""), |it| {
        it["metadata"]["labels"]["mesh"] = json!("on")
    });
    assert_eq!(
        told(&look_at(&cluster, &[deployment()])),
        ["/metadata/labels/mesh added mesh"]
    );
    let mut options = Options::default();
    options.trust.managers = vec!["mesh/Update".to_owned()];
    assert!(is_in_sync(&look_with(&cluster, &[deployment()], &options)));
}

#[test]
fn a_change_through_a_subresource_says_so_and_has_no_time() {
    let cluster = Memory::default();
    cluster.put(&deployment(), WAYS[0], THEN);
    cluster.edit(&deployment(), ("kubectl", "scale"), |it| {
        it["spec"]["replicas"] = json!(9)
    });
    let seen = look_at(&cluster, &[deployment()]);
    let who = differences(&seen)[0].attribution.clone().unwrap();
    assert_eq!(
        (who.who.as_str(), who.how.as_str(), who.at),
        ("kubectl", "Update scale", None)
    );
}

#[test]
fn who_changed_string_data_and_data_is_told_by_key() {
    let git = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop"},
                     "stringData": {"a": "hello"}, "data": {"a": "b3RoZXI=", "b": "eA=="}});
    let cluster = Memory::default();
    cluster.put(&git, WAYS[0], THEN);
    assert!(is_in_sync(&look_at(&cluster, std::slice::from_ref(&git))));
    cluster.edit(&git, ("kubectl-edit", ""), |it| {
        it["data"]["a"] = json!("eQ==");
        it["data"]["c"] = json!("eg==");
    });
    let seen = look_at(&cluster, &[git]);
    assert_eq!(
        told(&seen),
        ["/data/a changed kubectl-edit", "/data/c added kubectl-edit"]
    );
    assert_eq!(differences(&seen)[0].expected, Some(json!("aGVsbG8=")));
}

#[test]
fn who_created_a_secret_and_left_it_to_an_applier_did_not_change_it() {
    let mut git = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop"},
                         "stringData": {"a": "hello"}});
    let cluster = Memory::default();
    cluster.put(&git, ("kubectl-create", "Update"), THEN);
    cluster.put(&git, ("kubectl", "Apply"), THEN);
    git["stringData"]["a"] = json!("what Git says by now");
    let seen = look_at(&cluster, &[git]);
    assert_eq!(told(&seen), ["/data/a changed -"]);
    assert_eq!(differences(&seen)[0].cause, Some(Cause::NotApplied));
}

#[test]
fn what_an_applier_owns_too_was_not_added_by_who_created_it() {
    let mut before = deployment();
    before["metadata"]["labels"]["old"] = json!("1");
    let cluster = Memory::default();
    cluster.put(&before, ("kubectl-create", "Update"), THEN);
    cluster.put(&before, ("kubectl", "Apply"), THEN);
    let seen = look_at(&cluster, &[deployment()]);
    assert_eq!(told(&seen), ["/metadata/labels/old added -"]);
    // Once it is applied without, only the leftover of who created it is there.
    cluster.put(&deployment(), ("kubectl", "Apply"), THEN);
    let seen = look_at(&cluster, &[deployment()]);
    assert_eq!(told(&seen), ["/metadata/labels/old added kubectl-create"]);
}

#[test]
fn what_is_written_to_the_status_is_nobodys_business() {
    let entry = |subresource: &str| {
        json!({"manager": "kubelet-of-mine", "operation": "Update", "subresource": subresource,
               "fieldsV1": {"f:spec": {"f:paused": {}}}})
    };
    let entries = json!([entry("status"), entry("scale")]);
    let writers = crate::fields::writers(&entries, &Trust::default(), false);
    let through: Vec<&str> = writers.iter().map(|it| it.subresource.as_str()).collect();
    assert_eq!(through, ["scale"]);
}
