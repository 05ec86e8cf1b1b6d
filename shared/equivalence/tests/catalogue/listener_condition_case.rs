use serde_json::json;

use crate::harness::changed;

#[test]
fn a_condition_without_case_is_the_same() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::ElasticLoadBalancingV2::ListenerRule",
            "/Conditions/0/HostHeaderConfig/Values/0",
            json!("API.Example.com"),
            json!("api.example.com"),
        ),
        (
            "AWS::ElasticLoadBalancingV2::ListenerRule",
            "/Conditions/0/HttpHeaderConfig/Values/0",
            json!("Chrome*"),
            json!("chrome*"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(
            said,
            Some("listener-condition-case"),
            "{path} {expected} {actual}"
        );
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(
            said,
            Some("listener-condition-case"),
            "{path} {actual} {expected}"
        );
    }
}

#[test]
fn a_real_drift_to_another_condition_stays() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::ElasticLoadBalancingV2::ListenerRule",
            "/Conditions/0/HostHeaderConfig/Values/0",
            json!("api.example.com"),
            json!("*.example.com"),
        ),
        (
            "AWS::ElasticLoadBalancingV2::ListenerRule",
            "/Conditions/0/PathPatternConfig/Values/0",
            json!("/Admin"),
            json!("/admin"),
        ),
        (
            "AWS::ElasticLoadBalancingV2::ListenerRule",
            "/Conditions/0/Values/0",
            json!("/Admin"),
            json!("/admin"),
        ),
        (
            "AWS::ElasticLoadBalancingV2::ListenerRule",
            "/Conditions/0/SourceIpConfig/Values/0",
            json!("10.0.0.0/8"),
            json!("0.0.0.0/0"),
        ),
        (
            "AWS::ElasticLoadBalancingV2::ListenerRule",
            "/Actions/0/RedirectConfig/Host",
            json!("A.example.com"),
            json!("a.example.com"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, None, "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, None, "{path} {actual} {expected}");
    }
}
