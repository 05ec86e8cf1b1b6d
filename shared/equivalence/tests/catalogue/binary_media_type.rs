use serde_json::json;

use crate::harness::changed;

#[test]
fn an_escaped_media_type_is_the_same() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::ApiGateway::RestApi",
            "/BinaryMediaTypes/0",
            json!("image~1png"),
            json!("image/png"),
        ),
        (
            "AWS::ApiGateway::RestApi",
            "/BinaryMediaTypes/0",
            json!("*~1*"),
            json!("*/*"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(
            said,
            Some("binary-media-type"),
            "{path} {expected} {actual}"
        );
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(
            said,
            Some("binary-media-type"),
            "{path} {actual} {expected}"
        );
    }
}

#[test]
fn a_real_drift_to_another_media_type_stays() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::ApiGateway::RestApi",
            "/BinaryMediaTypes/0",
            json!("image~1png"),
            json!("image/jpeg"),
        ),
        (
            "AWS::ApiGateway::RestApi",
            "/BinaryMediaTypes/0",
            json!("image~1png"),
            json!("*/*"),
        ),
        (
            "AWS::ApiGateway::RestApi",
            "/Name",
            json!("a~1b"),
            json!("a/b"),
        ),
        (
            "AWS::ApiGatewayV2::Api",
            "/BinaryMediaTypes/0",
            json!("image~1png"),
            json!("image/png"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, None, "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, None, "{path} {actual} {expected}");
    }
}
