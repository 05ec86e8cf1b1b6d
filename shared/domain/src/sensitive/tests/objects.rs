//! Objects of Kubernetes: paths that select, and texts that proxies read.

use serde_json::json;

use super::{alone, within};

#[test]
fn what_stands_beside_an_item_that_a_path_selects_by_its_key_counts() {
    let kind = "apps/v1/Deployment";
    let pod = json!({"spec": {"containers": [
        {"name": "proxy", "args": ["--mode", "blue"]},
        {"name": "app", "args": ["serve", "--token", "blue"], "ports": [{"port": 80}],
            "headers": [{"name": "Authorization", "value": "blue"}, {"name": "Accept", "value": "blue"}]}]}});
    for (path, is_hidden) in [
        ("/spec/containers[name=app]/args/2", true),
        ("/spec/containers[name=app]/args/0", false),
        ("/spec/containers[name=proxy]/args/1", false),
        ("/spec/containers[name=none]/args/2", false),
        ("/spec/containers[name=app]/headers/0/value", true),
        ("/spec/containers[name=app]/headers/1/value", false),
        (
            "/spec/containers[name=app]/headers[name=Accept,x=y]/value",
            false,
        ),
    ] {
        assert_eq!(within(kind, path, &pod, &json!({})), is_hidden, "{path}");
    }
}

#[test]
fn the_header_of_an_authorization_hides_even_a_short_word() {
    let kind = "networking.k8s.io/v1/Ingress";
    let path = "/metadata/annotations/example.com~1snippet";
    for (text, is_hidden) in [
        ("proxy_set_header Authorization \"Bearer blue\";", true),
        ("proxy_set_header Authorization 'basic blue';", true),
        ("proxy_set_header Authorization \"Bearer $token\";", false),
        ("proxy_set_header Authorization $http_authorization;", false),
        ("proxy_set_header Accept \"bearer blue\";", false),
    ] {
        assert_eq!(alone(kind, path, &json!(text)), is_hidden, "{text}");
    }
}
